/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/complete.h"

#include "base/arena.h"
#include "base/blob.h"
#include "index/attached.h"
#include "index/content.h"
#include "index/index.h"
#include "index/tokens.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

enum { WORD, PHRASE, ADDRESS, NAME, BEGINNING, KINDS };

struct asked {
	char *query;
	GString *row; /* " word word ", or " word" for a beginning */
	uint32_t regions;
	GArray *found, *seen; /* int64_t: by the index, by looking */
};

struct running {
	struct complete *out;
	struct am_archive *archive;
	struct am_index *index;
	struct am_extractor *files;
	GRand *rand;
	GPtrArray *asked; /* struct asked */
	/* While a message is read. */
	GPtrArray *texts; /* GString: the region's number, then its text */
	int64_t id;
};

/* ---- drawing ---------------------------------------------------------------
 */

static int keep_text(void *user, enum am_region region, const char *text,
                     size_t len, struct am_error *err)
{
	struct running *r = user;
	GString *one;

	(void)err;
	if (region == AM_REGION_SOURCE)
		return AM_OK;
	one = g_string_new(NULL);
	g_string_append_c(one, (char)region);
	g_string_append_len(one, text, (gssize)len);
	g_ptr_array_add(r->texts, one);
	return AM_OK;
}

static void free_string(gpointer p)
{
	g_string_free(p, TRUE);
}

static void free_asked(gpointer p)
{
	struct asked *a = p;

	g_free(a->query);
	g_string_free(a->row, TRUE);
	g_array_unref(a->found);
	g_array_unref(a->seen);
	g_free(a);
}

static int read_message(struct running *run, int64_t id, am_content_fn *fn,
                        struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *raw = NULL;
	struct am_facts facts;
	uint32_t statuses;
	int r = am_archive_load(run->archive, id, &raw, err);

	run->id = id;
	if (!r)
		r = am_content_read(&facts, raw, NULL, arena, fn, run, err);
	if (!r && run->files)
		r = am_attached_read(run->files, raw, &facts, NULL, fn, run,
		                     &statuses, err);
	am_blob_unref(&raw);
	am_arena_free(&arena);
	return r;
}

/* Words [first, first + n) of a text: where they stand in it. */
static bool slice(const GString *text, guint first, guint n, size_t *from,
                  size_t *to, GString *row)
{
	struct am_tokens t;
	struct am_token tok;
	guint at = 0;

	g_string_assign(row, " ");
	am_tokens_init(&t, text->str + 1, text->len - 1);
	while (am_tokens_next(&t, &tok)) {
		if (at == first)
			*from = tok.start;
		if (at++ < first)
			continue;
		if (!tok.len)
			return false;
		g_string_append_len(row, tok.text, (gssize)tok.len);
		g_string_append_c(row, ' ');
		*to = tok.end;
		if (at == first + n)
			return true;
	}
	return false;
}

static guint count_words(const GString *text)
{
	struct am_tokens t;
	struct am_token tok;
	guint n = 0;

	am_tokens_init(&t, text->str + 1, text->len - 1);
	while (am_tokens_next(&t, &tok))
		n++;
	return n;
}

static const char *field_of(enum am_region region)
{
	static const char *const names[] = {
		"subject", "from", "to",       "cc",     "bcc",      "filename",
		"list",    "new",  "attached", "quoted", "signature"};

	return names[region];
}

static bool fits(int kind, enum am_region region)
{
	bool address = region >= AM_REGION_FROM && region <= AM_REGION_BCC;

	return kind == ADDRESS ? address
	       : kind == NAME  ? region == AM_REGION_FILENAME
	                       : true;
}

/* A query of this kind from one of the texts; false: none would do. */
static bool draw(struct running *run, int kind)
{
	GString *text, *row;
	size_t from = 0, to = 0;
	enum am_region region;

	if (!run->texts->len)
		return false;
	text = run->texts->pdata[g_rand_int_range(run->rand, 0,
	                                          (gint)run->texts->len)];
	region = (enum am_region)text->str[0];
	guint words = count_words(text);
	guint n = kind == WORD || kind == BEGINNING
	                  ? 1
	                  : (guint)g_rand_int_range(run->rand, 2, 6);
	if (kind == NAME)
		n = words;
	if (!words || n > words || n > 40 || !fits(kind, region))
		return false;
	row = g_string_new(NULL);
	guint first =
		(guint)g_rand_int_range(run->rand, 0, (gint)(words - n + 1));
	if (!slice(text, first, n, &from, &to, row)) {
		g_string_free(row, TRUE);
		return false;
	}
	GString *query = g_string_new(NULL);
	bool in_field = kind == NAME || kind == ADDRESS ||
	                g_rand_int_range(run->rand, 0, 3) == 0;
	if (in_field)
		g_string_append_printf(query, "%s:", field_of(region));
	g_string_append_c(query, '"');
	g_string_append_len(query, text->str + 1 + from, (gssize)(to - from));
	for (gsize i = query->len - (to - from); i < query->len; i++)
		if (query->str[i] == '"' || !query->str[i])
			query->str[i] = ' ';
	if (kind == BEGINNING) {
		gsize cut = row->len - 1;
		glong letters = g_utf8_strlen(row->str + 1, (gssize)(cut - 1));
		if (letters > 3)
			letters = 3;
		/* Of the folded word: the other may be longer or shorter. */
		g_string_truncate(row, (gsize)(g_utf8_offset_to_pointer(
						       row->str + 1, letters) -
		                               row->str));
		g_string_truncate(query,
		                  in_field ? strlen(field_of(region)) + 1 : 0);
		g_string_append_printf(query, "%s*", row->str + 1);
	} else {
		g_string_append_c(query, '"');
	}
	struct asked *a = g_new0(struct asked, 1);
	a->query = g_string_free(query, FALSE);
	a->row = row;
	a->regions = in_field ? AM_REGION_BIT(region) : AM_REGION_ALL;
	a->found = g_array_new(FALSE, FALSE, sizeof(int64_t));
	a->seen = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_ptr_array_add(run->asked, a);
	run->out->kinds[kind]++;
	return true;
}

/* As many of each kind; of one that is rare, what is found in so many tries. */
static int draw_all(struct running *run, uint64_t last, unsigned queries,
                    struct am_error *err)
{
	for (int kind = 0; kind < KINDS; kind++) {
		unsigned want = (queries + (unsigned)kind) / KINDS;
		for (unsigned tries = 40 * want; want && tries; tries--) {
			int64_t id = 1 + (int64_t)(g_rand_double(run->rand) *
			                           (double)last);
			g_ptr_array_set_size(run->texts, 0);
			int r = read_message(run, id, keep_text, err);
			if (r && err->kind != AM_E_NOTFOUND)
				return r;
			want -= !r && draw(run, kind);
		}
	}
	return AM_OK;
}

/* ---- both sides ------------------------------------------------------------
 */

static int ask(struct running *run, struct asked *a, struct am_error *err)
{
	struct am_query *q = NULL;
	struct am_hit *hits = NULL;
	uint64_t total = 0;
	size_t got = 0;
	int r = am_query_parse(&q, a->query, 0, err);

	if (!r)
		r = am_index_count(run->index, run->archive, q, &total, err);
	if (!r) {
		hits = g_new(struct am_hit, total + 1);
		r = am_index_search(run->index, run->archive, q, AM_SORT_DATE,
		                    0, total + 1, hits, &got, &total, err);
	}
	for (size_t i = 0; i < got; i++)
		g_array_append_val(a->found, hits[i].id);
	am_query_free(&q);
	g_free(hits);
	return r ? am_wrap(err, r, "%s", a->query) : AM_OK;
}

static int look(void *user, enum am_region region, const char *text, size_t len,
                struct am_error *err)
{
	struct running *run = user;
	GString *words;
	struct am_tokens t;
	struct am_token tok;

	(void)err;
	if (region == AM_REGION_SOURCE)
		return AM_OK;
	words = g_string_new(" ");
	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok)) {
		g_string_append_len(words, tok.len ? tok.text : "\x01",
		                    (gssize)MAX(tok.len, 1));
		g_string_append_c(words, ' ');
	}
	for (guint i = 0; i < run->asked->len; i++) {
		struct asked *a = run->asked->pdata[i];
		if (!(a->regions & AM_REGION_BIT(region)) ||
		    (a->seen->len &&
		     g_array_index(a->seen, int64_t, a->seen->len - 1) ==
		             run->id))
			continue;
		if (memmem(words->str, words->len, a->row->str, a->row->len))
			g_array_append_val(a->seen, run->id);
	}
	g_string_free(words, TRUE);
	return AM_OK;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void judge(struct running *run, struct asked *a,
                  void (*say)(const char *line))
{
	g_array_sort(a->found, by_id);
	run->out->hits += a->seen->len;
	if (a->found->len == a->seen->len &&
	    (!a->seen->len || !memcmp(a->found->data, a->seen->data,
	                              a->seen->len * sizeof(int64_t))))
		return;
	run->out->wrong++;
	guint i = 0;
	while (i < a->found->len && i < a->seen->len &&
	       g_array_index(a->found, int64_t, i) ==
	               g_array_index(a->seen, int64_t, i))
		i++;
	char *line = g_strdup_printf(
		"%s: %u by the index, %u by looking; the first that differs: "
		"%" PRIi64 " and %" PRIi64,
		a->query, a->found->len, a->seen->len,
		i < a->found->len ? g_array_index(a->found, int64_t, i) : 0,
		i < a->seen->len ? g_array_index(a->seen, int64_t, i) : 0);
	say(line);
	g_free(line);
}

int complete_run(struct complete *out, struct am_archive *archive,
                 struct am_index *index, struct am_extractor *files,
                 uint64_t last, unsigned queries, uint32_t seed,
                 void (*say)(const char *line), struct am_error *err)
{
	struct running run = {.out = out,
	                      .archive = archive,
	                      .index = index,
	                      .files = files,
	                      .rand = g_rand_new_with_seed(seed)};
	int r;

	*out = (struct complete){0};
	run.asked = g_ptr_array_new_with_free_func(free_asked);
	run.texts = g_ptr_array_new_with_free_func(free_string);
	r = draw_all(&run, last, queries, err);
	for (guint i = 0; i < run.asked->len && !r; i++)
		r = ask(&run, run.asked->pdata[i], err);
	for (int64_t id = 1; !r && id <= (int64_t)last; id++) {
		r = read_message(&run, id, look, err);
		out->messages += !r;
		if (r && err->kind == AM_E_NOTFOUND)
			r = AM_OK;
	}
	for (guint i = 0; i < run.asked->len && !r; i++)
		judge(&run, run.asked->pdata[i], say);
	out->queries = run.asked->len;
	g_ptr_array_unref(run.asked);
	g_ptr_array_unref(run.texts);
	g_rand_free(run.rand);
	return r;
}
