/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark search: full text over one archive or several. */
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/indexing.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/index.h"
#include "model/folder.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct options {
	bool json, count, quiet, verbose, no_snippets;
	const char *limit, *sort;
	uint64_t offset;
};

struct searched {
	const char *name;
	struct am_archive *archive;
	struct am_index *index;
};

struct found {
	struct searched *in;
	int64_t id;
	double score;
	int64_t date; /* for merging */
	uint64_t size;
	char *snippet; /* while its page is shown */
};

struct search {
	struct session *s;
	const struct options *o;
	struct am_query *query;
	struct searched *in;
	size_t n_in;
	enum am_sort sort;
	GArray *found; /* struct found */
	uint64_t total;
	bool incomplete; /* messages are left out that might match */
};

/* Marks that survive cleaning and no mail has any business with. */
#define MARK_ON  "\xEE\x80\x80" /* U+E000 */
#define MARK_OFF "\xEE\x80\x81" /* U+E001 */

/* Fewer new messages than this are indexed before a search, which takes a few
 * seconds at most; more are somebody's decision. */
#define CATCH_UP 10000

static int open_index(struct searched *in, struct am_error *err)
{
	char *at = am_archive_index_path(in->archive);
	int r = am_index_open(&in->index, at, false, err);

	g_free(at);
	return r;
}

/* An answer that leaves out what came last looks like one that does not: the
 * index is brought up to date first, or the user told what is left out. */
static int catch_up(struct search *q, struct searched *in, const char *path,
                    struct am_error *err)
{
	struct am_error why = {0};
	char n[OUT_ROOM];
	uint64_t missing;
	int r = am_index_missing(in->index, in->archive, &missing, err);

	if (r || !missing)
		return r;
	if (missing <= CATCH_UP) {
		am_index_close(&in->index);
		int failed = indexing_update(q->s, path, false, 0, &why);
		r = open_index(in, err);
		if (r || !failed)
			return r;
	}
	out_count(missing, n);
	session_say(q->s,
	            "%s: %s newer messages are not searched%s%s: "
	            "mailark index %s adds them to the index",
	            in->name, n, why.text[0] ? ", " : "", why.text, in->name);
	q->incomplete = true;
	return AM_OK;
}

static int open_one(struct search *q, struct searched *in, const char *name)
{
	struct am_archive_stats now = {0};
	struct am_index_stats then = {0};
	struct am_error err = {0};

	in->name = name;
	q->s->subject = name;
	const char *path = session_archive(q->s, name);
	if (!path)
		return AM_FATAL;
	int r = am_archive_open(&in->archive, path, false, &q->s->ctx, &err);
	if (!r)
		r = open_index(in, &err);
	if (r == AM_END)
		r = am_fail(&err, AM_FAILED, AM_E_NOTFOUND,
		            "has no index yet: mailark index %s makes one",
		            name);
	if (!r)
		r = am_archive_stats(in->archive, &now, &err);
	if (!r)
		r = am_index_stats(in->index, &then, &err);
	if (!r && then.seq < now.max_seq)
		r = catch_up(q, in, path, &err);
	if (r) {
		session_error(q->s, name, &err);
		return AM_FATAL;
	}
	return AM_OK;
}

/* What results of several archives are merged by. */
static int fill_keys(struct search *q, struct found *f, struct am_error *err)
{
	struct am_archive_message m;

	if (q->n_in == 1 || q->sort == AM_SORT_RELEVANCE)
		return AM_OK;
	int r = am_archive_message(f->in->archive, f->id, &m, err);
	if (r)
		return r < 0 ? r : AM_OK;
	f->date = m.date.known ? m.date.sec : INT64_MIN;
	f->size = m.size;
	return AM_OK;
}

static gint compare_found(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct found *x = a, *y = b;
	const struct search *q = user;

	switch (q->sort) {
	case AM_SORT_RELEVANCE:
		return x->score > y->score ? -1 : x->score < y->score;
	case AM_SORT_DATE:
		return x->date > y->date ? -1 : x->date < y->date;
	case AM_SORT_DATE_ASC:
		return x->date < y->date ? -1 : x->date > y->date;
	case AM_SORT_SIZE:
		return x->size > y->size ? -1 : x->size < y->size;
	}
	return 0;
}

/* The first `room` hits of one archive. */
static int search_one(struct search *q, struct searched *in, uint64_t room,
                      struct am_error *err)
{
	struct am_hit *hits = NULL;
	uint64_t total = 0;
	size_t got = 0;
	int r = AM_OK;

	if (room == UINT64_MAX)
		r = am_index_count(in->index, in->archive, q->query, &room,
		                   err);
	if (r || !room)
		return r;
	hits = g_new(struct am_hit, room);
	r = am_index_search(in->index, in->archive, q->query, q->sort, 0,
	                    (size_t)room, hits, &got, &total, err);
	q->total += total > got ? total : got;
	for (size_t i = 0; !r && i < got; i++) {
		struct found f = {
			.in = in, .id = hits[i].id, .score = hits[i].score};
		r = fill_keys(q, &f, err);
		g_array_append_val(q->found, f);
	}
	g_free(hits);
	return r;
}

/* ---- showing a hit
 * ------------------------------------------------------------ */

struct where {
	struct am_json *json;           /* folders of all places, or NULL */
	const struct am_folder *folder; /* of the first live one */
	uint32_t flags;
	bool found;
};

static int first_place(void *user, const struct am_archive_placement *p,
                       struct am_error *err)
{
	struct where *w = user;

	(void)err;
	if (p->gone || w->found)
		return AM_OK;
	w->found = true;
	w->folder = am_folder_ref(p->folder);
	w->flags = p->meta->flags;
	return AM_OK;
}

static char *read_snippet(const struct search *q, const struct found *f)
{
	char *snippet = NULL;

	if (q->o->no_snippets)
		return NULL;
	if (am_index_snippet(f->in->index, f->in->archive, q->query, f->id,
	                     q->o->json ? "" : MARK_ON,
	                     q->o->json ? "" : MARK_OFF, &snippet, NULL))
		return NULL;
	return snippet;
}

/* Snippets read at a time. */
enum { PAGE = 64 };

static int by_place(const void *a, const void *b)
{
	const struct found *x = *(struct found *const *)a;
	const struct found *y = *(struct found *const *)b;

	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The snippets of n hits, in the order in which the messages are stored:
 * neighbours share a block, which is then unpacked once. */
static void read_snippets(const struct search *q, struct found *first, size_t n)
{
	struct found *order[PAGE];

	for (size_t i = 0; i < n; i++)
		order[i] = &first[i];
	/* cppcheck-suppress uninitvar; n of them are set */
	qsort(order, n, sizeof(struct found *), by_place);
	for (size_t i = 0; i < n; i++)
		order[i]->snippet = read_snippet(q, order[i]);
}

static void write_hit(const struct search *q, const struct found *f,
                      const struct am_archive_message *m, struct am_json *json)
{
	struct where w = {0};

	am_json_open(json, '{');
	am_json_key(json, "id");
	am_json_int(json, f->id);
	am_json_key(json, "score");
	am_json_double(json, f->score);
	/* All that comes from the message first: asking for its places ends
	 * the strings. */
	out_json_when(json, "date", &m->date);
	out_json_text(json, "from", m->from);
	out_json_text(json, "to", m->to);
	out_json_text(json, "subject", m->subject);
	out_json_text(json, "message_id", m->message_id);
	out_json_text(json, "thread", m->thread);
	am_json_key(json, "size");
	am_json_uint(json, m->size);
	am_json_key(json, "attachments");
	am_json_uint(json, m->n_attachments);
	if (am_archive_placements(f->in->archive, f->id, first_place, &w, NULL))
		w.found = false;
	am_json_key(json, "folder");
	out_json_folder(json, w.folder);
	am_json_key(json, "flags");
	out_json_flags(json, w.flags);
	am_folder_unref(&w.folder);
	out_json_text(json, "snippet", f->snippet);
	if (q->n_in > 1)
		out_json_text(json, "archive", f->in->name);
	am_json_close(json, '}');
	out_json_line(json);
}

static void print_replaced(const char *text, const char *on, const char *off)
{
	for (const char *p = text; *p;) {
		if (g_str_has_prefix(p, MARK_ON)) {
			fputs(on, stdout);
			p += strlen(MARK_ON);
		} else if (g_str_has_prefix(p, MARK_OFF)) {
			fputs(off, stdout);
			p += strlen(MARK_OFF);
		} else {
			putchar(*p++);
		}
	}
}

static void print_hit(const struct search *q, const struct found *f,
                      const struct am_archive_message *m)
{
	bool colours = out_colours();
	char when[OUT_ROOM];
	char *from = out_fit(m->from, 32);
	char *subject = out_clean(m->subject, false);

	out_when(&m->date, when);
	if (q->n_in > 1)
		printf("%s: ", f->in->name);
	printf("%" PRId64 "  %s  ", f->id, when);
	out_padded(from, 32);
	printf("  %s%s%s\n", colours ? "\033[1m" : "", subject,
	       colours ? "\033[0m" : "");
	g_free(from);
	g_free(subject);
	if (f->snippet && *f->snippet) {
		char *clean = out_clean(f->snippet, false);
		fputs("        ", stdout);
		print_replaced(clean, colours ? "\033[31m" : "",
		               colours ? "\033[0m" : "");
		fputs(colours ? "\033[0m\n" : "\n", stdout);
		g_free(clean);
	}
}

static int exit_status(const struct search *q)
{
	return q->s->n_errors || q->incomplete ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int show_all(struct search *q, uint64_t limit)
{
	struct am_json *json = am_json_new();
	uint64_t from = MIN(q->o->offset, q->found->len);
	uint64_t n = MIN(q->found->len - from, limit);
	char a[OUT_ROOM], b[OUT_ROOM];

	for (uint64_t i = from; i < from + n; i++) {
		struct found *f = &g_array_index(q->found, struct found, i);
		struct am_archive_message m;
		struct am_error err = {0};
		if ((i - from) % PAGE == 0)
			read_snippets(q, f, MIN(PAGE, from + n - i));
		int r = am_archive_message(f->in->archive, f->id, &m, &err);
		if (r < 0) {
			session_error(q->s, f->in->name, &err);
			q->s->n_errors++;
		}
		if (!r && q->o->json)
			write_hit(q, f, &m, json);
		else if (!r)
			print_hit(q, f, &m);
		/* else gone since it was indexed */
		g_clear_pointer(&f->snippet, g_free);
	}
	am_json_free(&json);
	out_count(n, a);
	out_count(q->total, b);
	if (!q->o->json && q->total > n)
		session_say(q->s,
		            "%s of %s hits (--limit and --offset show others)",
		            a, b);
	else if (!q->o->json && !n)
		session_say(q->s, "nothing found");
	return exit_status(q);
}

static int count_all(struct search *q)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < q->n_in; i++) {
		struct am_error err = {0};
		uint64_t n = 0;
		if (am_index_count(q->in[i].index, q->in[i].archive, q->query,
		                   &n, &err))
			return session_error(q->s, q->in[i].name, &err);
		sum += n;
	}
	printf("%" PRIu64 "\n", sum);
	return exit_status(q);
}

static int search_all(struct search *q, uint64_t limit)
{
	uint64_t room = limit;

	if (limit != UINT64_MAX && q->o->offset < UINT32_MAX)
		room += q->o->offset;
	for (size_t i = 0; i < q->n_in; i++) {
		struct am_error err = {0};
		if (search_one(q, &q->in[i], room, &err))
			return session_error(q->s, q->in[i].name, &err);
	}
	if (q->n_in > 1)
		g_array_sort_with_data(q->found, compare_found, q);
	return show_all(q, limit);
}

static int parse_sort(struct search *q)
{
	static const struct {
		const char *name;
		enum am_sort sort;
	} names[] = {{"relevance", AM_SORT_RELEVANCE},
	             {"date", AM_SORT_DATE},
	             {"date-asc", AM_SORT_DATE_ASC},
	             {"size", AM_SORT_SIZE}};

	q->sort = AM_SORT_RELEVANCE;
	for (size_t i = 0; q->o->sort && i < AM_COUNT(names); i++)
		if (!strcmp(q->o->sort, names[i].name)) {
			q->sort = names[i].sort;
			return EXIT_DONE;
		}
	if (!q->o->sort)
		return EXIT_DONE;
	return session_usage(q->s, "--sort is relevance, date, date-asc or "
	                           "size");
}

/* --limit N; without it a screenful for people, everything for programs. */
static int parse_limit(struct search *q, uint64_t *out)
{
	const char *text = q->o->limit;
	char *end;

	*out = q->o->json ? UINT64_MAX : 50;
	if (!text)
		return EXIT_DONE;
	*out = g_ascii_strtoull(text, &end, 10);
	if (!g_ascii_isdigit(*text) || *end || *out > UINT32_MAX)
		return session_usage(q->s, "--limit: \"%s\" is no number",
		                     text);
	return EXIT_DONE;
}

/* Leading arguments that are there are archives; the rest is the query, in one
 * word or in several. */
static int split_arguments(int argc, char **argv)
{
	struct stat st;
	int n = 1;

	while (n < argc - 1 &&
	       (!stat(argv[n], &st) || g_str_has_prefix(argv[n], "archive:")))
		n++;
	return n;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct search q = {.s = s, .o = o};
	struct am_error err = {0};
	int status = EXIT_COULD_NOT;
	uint64_t limit;

	session_voice(s, o->quiet, o->verbose);
	if (argc < 2)
		return session_usage(s, "an archive and a query are needed");
	if (parse_sort(&q) || parse_limit(&q, &limit))
		return EXIT_COULD_NOT;
	q.n_in = (size_t)split_arguments(argc, argv);
	q.in = g_new0(struct searched, q.n_in);
	q.found = g_array_new(FALSE, FALSE, sizeof(struct found));
	char *text = g_strjoinv(" ", argv + q.n_in);
	if (am_query_parse(&q.query, text, am_time_now(), &err)) {
		session_error(s, "query", &err);
		goto out;
	}
	for (size_t i = 0; i < q.n_in; i++)
		if (open_one(&q, &q.in[i], argv[i]))
			goto out;
	status = o->count ? count_all(&q) : search_all(&q, limit);
out:
	for (size_t i = 0; i < q.n_in; i++) {
		am_index_close(&q.in[i].index);
		am_archive_close(&q.in[i].archive);
	}
	am_query_free(&q.query);
	g_array_unref(q.found);
	g_free(q.in);
	g_free(text);
	return status;
}

static const struct opt table[] = {
	{0, "json", NULL, "one JSON object a hit", OPT_SWITCH,
         offsetof(struct options, json)},
	{'c', "count", NULL, "only how many messages match", OPT_SWITCH,
         offsetof(struct options, count)},
	{'l', "limit", "N", "at most so many hits (50; all with --json)",
         OPT_STRING, offsetof(struct options, limit)},
	{0, "offset", "N", "pass over so many first", OPT_NUMBER,
         offsetof(struct options, offset)},
	{'s', "sort", "ORDER", "relevance, date, date-asc or size", OPT_STRING,
         offsetof(struct options, sort)},
	{0, "no-snippets", NULL, "do not show the text around what matched",
         OPT_SWITCH, offsetof(struct options, no_snippets)},
	OPT_QUIET,
	{'v', "verbose", NULL, "every note", OPT_SWITCH,
         offsetof(struct options, verbose)},
	{0},
};

const struct cmd cmd_search = {
	.name = "search",
	.usage = "[options] ARCHIVE… QUERY",
	.summary = "Search the text of archived mail",
	.examples = "  mailark search mail.mailark invoice from:alice\n"
		    "  mailark search mail.mailark 'subject:\"annual report\" "
		    "since:2019'\n"
		    "  mailark search --json --limit 10 a.mailark b.mailark "
		    "has:attachment\n"
		    "  mailark search --count mail.mailark is:unread\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
