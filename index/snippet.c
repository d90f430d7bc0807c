/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/snippet.h"
#include "index/attached.h"
#include "index/index_impl.h"
#include "index/order.h"
#include "index/places.h"
#include "index/query_run.h"
#include "index/query_words.h"
#include "index/texts.h"

#include "base/bytes.h"

#include <glib.h>

#include <string.h>

/*
 * The line that shows why a message was found: the stretch of its text with
 * the most different words of the query, words marked.  When only the header
 * matched, the text's beginning.
 *
 * The beginning of the text is in the index (index/texts.h).  That is enough
 * when nothing better can stand behind it: the line is the same as if all of
 * the message had been read.
 */

#define AM_REGIONS_SHOWN (AM_REGIONS_TEXT | AM_REGION_BIT(AM_REGION_ATTACHED))

#define AROUND_WORDS 24 /* how far the words of a stretch lie apart at most */
#define BEFORE       50 /* bytes before the first */
#define LENGTH       200

struct mark {
	size_t start, end; /* in the text */
	size_t position;   /* counting words */
	unsigned word;
};

struct snippet {
	struct am_query_words words;
	enum am_region region; /* of the stretch */
	char *source, *file;   /* attached file: of what comes now, of it */
	GArray *marks;         /* of the run that is looked at */
	char *text;            /* the best stretch so far, or the beginning */
	size_t len;
	unsigned best; /* different words in it */
	GArray *kept;  /* its marks, counted from its start */
	bool cut_before, cut_after;
};

/* Marks [at, stop) lie within AROUND_WORDS; how many different words? */
static unsigned different(const GArray *marks, guint at, guint *stop)
{
	const struct mark *m = (const struct mark *)(void *)marks->data;
	uint64_t seen = 0;
	guint i = at;

	for (; i < marks->len && m[i].position - m[at].position < AROUND_WORDS;
	     i++)
		seen |= UINT64_C(1) << m[i].word;
	*stop = i;
	return (unsigned)__builtin_popcountll(seen);
}

/* To the beginning of a word, or of a character at least. */
static size_t settle_start(const char *text, size_t from, size_t first)
{
	size_t at = from;

	while (at < first && text[at] != ' ' && text[at] != '\n')
		at++;
	if (at < first)
		return at;
	while (from < first && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	return from;
}

static size_t settle_end(const char *text, size_t from, size_t least,
                         size_t len)
{
	size_t at = from;

	if (from == len)
		return len;
	while (at > least && text[at] != ' ' && text[at] != '\n')
		at--;
	if (at > least)
		return at;
	while (from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	return from;
}

static void keep(struct snippet *s, enum am_region region, const char *text,
                 size_t len, size_t first, unsigned words)
{
	s->region = region;
	g_free(s->file);
	s->file = g_strdup(s->source);
	size_t start =
		settle_start(text, first > BEFORE ? first - BEFORE : 0, first);
	size_t end = settle_end(text, MIN(start + LENGTH, len), first, len);

	if (first <= BEFORE)
		start = 0;
	g_free(s->text);
	s->text = g_memdup2(text + start, end - start); /* NULs too */
	s->len = end - start;
	s->best = words;
	s->cut_before = start > 0;
	s->cut_after = end < len;
	g_array_set_size(s->kept, 0);
	for (guint i = 0; i < s->marks->len; i++) {
		struct mark m = g_array_index(s->marks, struct mark, i);
		if (m.start < start || m.end > end)
			continue;
		m.start -= start;
		m.end -= start;
		g_array_append_val(s->kept, m);
	}
}

/* Is the best stretch found, and all that is marked in it?  Where several words
 * are sought only the end of the text knows. */
static bool is_enough(const struct snippet *s, size_t at)
{
	if (!s->words.n)
		return true;
	return s->words.n == 1 && s->marks->len &&
	       at > g_array_index(s->marks, struct mark, 0).start + LENGTH;
}

static int on_run(void *user, enum am_region region, const char *text,
                  size_t len, struct am_error *err)
{
	struct snippet *s = user;
	struct am_tokens t;
	struct am_token tok;
	size_t position = 0;
	guint best_at = 0;
	unsigned best = 0;

	(void)err;
	if (region == AM_REGION_SOURCE) {
		g_free(s->source);
		s->source = len ? g_strndup(text, len) : NULL;
		return AM_OK;
	}
	if (!(AM_REGION_BIT(region) & AM_REGIONS_SHOWN))
		return AM_OK;
	if (s->source)
		region = AM_REGION_ATTACHED;
	/* It cannot become better. */
	if (s->text && s->best >= s->words.n)
		return AM_OK;
	g_array_set_size(s->marks, 0);
	am_tokens_init(&t, text, len);
	for (; am_tokens_next(&t, &tok); position++) {
		int word =
			am_query_words_find(&s->words, &tok, AM_REGIONS_SHOWN);
		struct mark m = {tok.start, tok.end, position, (unsigned)word};
		if (word >= 0)
			g_array_append_val(s->marks, m);
		if (is_enough(s, tok.start)) {
			position++;
			break;
		}
	}
	for (guint i = 0, stop; i < s->marks->len; i++) {
		unsigned n = different(s->marks, i, &stop);
		if (n > best) {
			best = n;
			best_at = i;
		}
	}
	if (best > s->best)
		keep(s, region, text, len,
		     g_array_index(s->marks, struct mark, best_at).start, best);
	else if (!s->text && position)
		keep(s, region, text, len, 0, 0);
	return AM_OK;
}

/* One line: what is no text becomes one space. */
static char *print(const struct snippet *s, const char *on, const char *off)
{
	GString *out = g_string_new(s->cut_before ? "…" : "");
	bool space = false;
	guint m = 0;

	for (size_t i = 0; i < s->len; i++) {
		const struct mark *mark =
			m < s->kept->len
				? &g_array_index(s->kept, struct mark, m)
				: NULL;
		unsigned char c = (unsigned char)s->text[i];
		if (c <= ' ' || c == 0x7f) {
			space = out->len > 0;
			continue;
		}
		if (space)
			g_string_append_c(out, ' ');
		space = false;
		if (mark && i == mark->start)
			g_string_append(out, on);
		g_string_append_c(out, s->text[i]);
		if (mark && i + 1 == mark->end) {
			g_string_append(out, off);
			m++;
		}
	}
	if (s->cut_after)
		g_string_append(out, "…");
	return g_string_free(out, FALSE);
}

/* ---- from the index --------------------------------------------------------
 */

/* Different words of the query that the text may hold; of a beginning of a word
 * that cannot be known. */
static int count_possible(const struct snippet *s, struct am_index *index,
                          size_t shard, uint32_t id, unsigned *out,
                          struct am_error *err)
{
	uint32_t text = AM_REGIONS_SHOWN;
	uint32_t document;

	*out = 0;
	int f = am_places_find(index->places[shard], id, &document, err);
	if (f)
		return f;
	for (unsigned i = 0; i < s->words.n; i++) {
		const char *word = s->words.words[i].text;
		size_t len = s->words.words[i].len;
		bool many = s->words.words[i].matcher != NULL;
		struct am_token same = {.text = word, .len = len};
		uint64_t hash = am_word_hash(word, len);
		bool has = true;
		/* A word that is asked for twice counts as the first. */
		if (!many &&
		    am_query_words_find(&s->words, &same, text) != (int)i)
			continue;
		int r = many ? AM_OK
		             : am_place_has(index, shard, document, &hash, 1,
		                            text, &has, err);
		if (r)
			return r;
		*out += has;
	}
	return AM_OK;
}

static int read_head(struct snippet *s, const uint8_t *text, size_t len,
                     struct am_error *err)
{
	struct am_cursor c = am_cursor(text, len);

	while (am_cursor_left(&c)) {
		enum am_region region = (enum am_region)am_get_u8(&c);
		size_t n = (size_t)am_get_varint(&c);
		const uint8_t *piece = am_get_bytes(&c, n);
		if (c.bad)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "a text of the index is damaged");
		int r = on_run(s, region, (const char *)piece, n, err);
		if (r)
			return r;
	}
	return AM_OK;
}

/* AM_END: the index has too little of the message. */
static int from_index(struct snippet *s, struct am_index *index, uint32_t id,
                      struct am_error *err)
{
	const uint8_t *text;
	unsigned possible = 0;
	size_t shard = 0, len;
	bool more;
	int r = am_index_load(index, err);

	while (!r && shard < index->state.n_shards &&
	       index->state.shards[shard].last < id)
		shard++;
	if (r || shard == index->state.n_shards)
		return r ? r : AM_END;
	struct am_texts *texts;
	r = am_index_texts(index, shard, &texts, err);
	if (!r)
		r = am_texts_find(texts, id, &text, &len, &more, err);
	if (!r)
		r = read_head(s, text, len, err);
	if (r || !more)
		return r;
	/* A stretch that ends where the text was cut may go on. */
	if (!s->cut_after)
		return AM_END;
	r = count_possible(s, index, shard, id, &possible, err);
	return r ? r : s->best >= possible ? AM_OK : AM_END;
}

static void forget(struct snippet *s)
{
	g_clear_pointer(&s->text, g_free);
	g_clear_pointer(&s->source, g_free);
	g_clear_pointer(&s->file, g_free);
	g_array_set_size(s->kept, 0);
	s->len = 0;
	s->best = 0;
	s->cut_before = s->cut_after = false;
}

int am_snippet_read(char **out, enum am_region *region, char **file,
                    struct am_index *index, struct am_archive *archive,
                    const struct am_query *query, int64_t id, const char *on,
                    const char *off, struct am_error *err)
{
	struct snippet s = {.region = AM_REGION_BODY};
	int r = AM_END;

	*out = NULL;
	s.marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
	s.kept = g_array_new(FALSE, FALSE, sizeof(struct mark));
	am_query_words_collect(&s.words, query);
	if (id > 0 && id <= UINT32_MAX)
		r = from_index(&s, index, (uint32_t)id, err);
	/* The archive knows better than a damaged index. */
	if (r) {
		forget(&s);
		r = am_attached_message(archive, id, am_index_extracts(index),
		                        on_run, &s, NULL, err);
	}
	if (!r)
		*out = print(&s, on, off);
	*region = s.best ? s.region : AM_REGION_SUBJECT;
	*file = s.best ? g_steal_pointer(&s.file) : NULL;
	am_query_words_clear(&s.words);
	g_free(s.text);
	g_free(s.source);
	g_free(s.file);
	g_array_unref(s.marks);
	g_array_unref(s.kept);
	return r;
}

int am_index_snippet(struct am_index *index, struct am_archive *archive,
                     const struct am_query *query, int64_t id, const char *on,
                     const char *off, char **out, struct am_error *err)
{
	enum am_region region;
	char *file;
	int r = am_snippet_read(out, &region, &file, index, archive, query, id,
	                        on, off, err);

	g_free(file);
	return r;
}

char *am_snippet_of(const struct am_query *query, const char *text,
                    const char *on, const char *off)
{
	struct snippet s = {.region = AM_REGION_BODY};
	char *out;

	s.marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
	s.kept = g_array_new(FALSE, FALSE, sizeof(struct mark));
	am_query_words_collect(&s.words, query);
	int r = on_run(&s, AM_REGION_BODY, text, strlen(text), NULL);
	out = r ? g_strdup("") : print(&s, on, off);
	am_query_words_clear(&s.words);
	g_free(s.text);
	g_free(s.file);
	g_array_unref(s.marks);
	g_array_unref(s.kept);
	return out;
}
