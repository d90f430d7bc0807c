/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark search: full text over one archive or several. */
#include "cmd/saved_searches.h"
#include "cmd/search_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/result.h"
#include "index/spelling.h"
#include "store/archive.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* So few hits may be because of a word that nobody writes like that. */
#define FEW 2

/* ---- what is asked ---------------------------------------------------------
 */

static int parse_sort(struct search *q)
{
	static const char *const names[] = {"relevance", "date", "date-asc",
	                                    "size",      "from", "subject"};

	q->sort = SORT_RELEVANCE;
	if (!q->o->sort)
		return EXIT_DONE;
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!strcmp(q->o->sort, names[i])) {
			q->sort = (enum search_sort)i;
			return EXIT_DONE;
		}
	return session_usage(q->s, "--sort is relevance, date, date-asc, size, "
	                           "from or subject");
}

/* --limit N; without it a screenful for people, everything for programs and
 * for what is copied. */
static int parse_limit(struct search *q)
{
	const char *text = q->o->limit;
	char *end;

	q->limit =
		q->o->json || q->o->format || q->o->copy_to ? UINT64_MAX : 50;
	if (!text)
		return EXIT_DONE;
	q->limit = g_ascii_strtoull(text, &end, 10);
	if (!g_ascii_isdigit(*text) || *end || q->limit > UINT32_MAX)
		return session_usage(q->s, "--limit: \"%s\" is no number",
		                     text);
	return EXIT_DONE;
}

static int check_options(struct search *q)
{
	const struct search_options *o = q->o;

	if (o->collapse && strcmp(o->collapse, "exact") &&
	    strcmp(o->collapse, "near"))
		return session_usage(q->s, "--collapse is exact or near");
	if ((o->json && o->format) || (o->threads && o->format))
		return session_usage(q->s, "--format is for lines of hits, "
		                           "without --json and --threads");
	if (o->count &&
	    (o->threads || o->facets || o->timeline || o->format || o->copy_to))
		return session_usage(q->s, "--count prints a number and "
		                           "nothing else");
	if (parse_sort(q) || parse_limit(q) || search_facets_check(q) ||
	    search_format_check(q) || search_stub_check(q))
		return EXIT_COULD_NOT;
	return EXIT_DONE;
}

/* Leading arguments that are there are archives; the rest is the query, in one
 * word or in several.  A query that is saved needs none. */
static int split_arguments(const struct search *q, int argc, char **argv)
{
	struct stat st;
	int n = q->o->save || q->o->stub ? 0 : 1;

	while (n < argc - 1 &&
	       (!stat(argv[n], &st) || g_str_has_prefix(argv[n], "archive:")))
		n++;
	return n;
}

/* "… at column 17 …": the query, and a mark below the place. */
static void point_at(const struct search *q, const struct am_error *err)
{
	const char *at = strstr(err->text, "column ");
	char *clean = out_clean(q->text, false);
	uint64_t column =
		at ? g_ascii_strtoull(at + strlen("column "), NULL, 10) : 0;
	size_t from = 0, width = 0, room = 70;

	if (!column || !g_utf8_validate(q->text, -1, NULL)) {
		g_free(clean);
		return;
	}
	/* Of a long one what stands around it. */
	if (column > room)
		from = (size_t)column - room / 2;
	for (size_t i = 0; i < from; i++)
		if (clean[0])
			memmove(clean, g_utf8_next_char(clean),
			        strlen(g_utf8_next_char(clean)) + 1);
	char *shown = out_fit(clean, room);
	for (const char *p = clean; *p && width + 1 < column - from;
	     p = g_utf8_next_char(p))
		width++;
	fprintf(stderr, "  %s%s\n  %*s^\n", from ? "…" : "", shown,
	        (int)(width + (from ? 1 : 0)), "");
	g_free(shown);
	g_free(clean);
}

static int parse_query(struct search *q, char **words)
{
	struct am_error err = {0};
	char *text = g_strjoinv(" ", words);

	q->text = saved_searches_expand(q->s, text);
	if (!q->text) {
		g_free(text);
		return EXIT_COULD_NOT;
	}
	q->now = am_time_now();
	if (am_query_parse(&q->query, q->text, q->now, &err)) {
		session_error(q->s, "query", &err);
		point_at(q, &err);
		g_free(text);
		return EXIT_COULD_NOT;
	}
	am_query_words_collect(&q->words, q->query);
	int status = q->o->save ? search_saved_save(q, text) : EXIT_DONE;
	g_free(text);
	return status;
}

static int explain(const struct search *q)
{
	char *text = NULL;
	struct am_error err = {0};

	if (am_query_explain(&text, q->query, q->text,
	                     q->n_in ? q->in[0].in.index : NULL,
	                     q->n_in ? q->in[0].in.archive : NULL, &err))
		return session_error(q->s, "--explain", &err);
	if (q->o->json) {
		struct am_json *json = am_json_new();
		am_json_open(json, '{');
		out_json_text(json, "explain", text);
		am_json_close(json, '}');
		out_json_line(json);
		am_json_free(&json);
		g_free(text);
		return EXIT_DONE;
	}
	char *clean = out_clean(text, true);
	fputs(clean, stdout);
	g_free(clean);
	g_free(text);
	return EXIT_DONE;
}

static int open_all(struct search *q, char **names)
{
	for (size_t i = 0; i < q->n_in; i++) {
		struct searched *in = &q->in[i].in;
		struct am_error err = {0};
		if (!searched_open(in, q->s, names[i]))
			return EXIT_COULD_NOT;
		if (!in->index &&
		    am_fail(&err, AM_FAILED, AM_E_NOTFOUND,
		            "has no index yet: mailark index %s makes one",
		            in->name))
			return session_error(q->s, in->name, &err);
		q->incomplete = q->incomplete || in->missing;
	}
	return EXIT_DONE;
}

/* ---- the answer ------------------------------------------------------------
 */

static int count_all(struct search *q)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < q->n_in; i++) {
		struct search_in *in = &q->in[i];
		struct am_error err = {0};
		uint64_t n = 0;
		int r;
		if (q->o->collapse) {
			r = search_result(q, in, &err);
			if (!r)
				r = am_collapse_find(
					&in->collapse, in->result,
					!strcmp(q->o->collapse, "near")
						? AM_COLLAPSE_NEAR
						: AM_COLLAPSE_EXACT,
					&err);
			if (!r)
				n = am_result_count(in->result) -
				    am_collapse_hidden(in->collapse);
		} else {
			r = am_index_count(in->in.index, in->in.archive,
			                   q->query, &n, &err);
		}
		if (r)
			return session_error(q->s, in->in.name, &err);
		sum += n;
	}
	printf("%" PRIu64 "\n", sum);
	return EXIT_DONE;
}

/* Little was found: the words may be written otherwise. */
static void suggest(struct search *q)
{
	char *best = NULL, n[OUT_ROOM];
	uint64_t most = q->total;

	if (q->total > FEW || q->s->quiet)
		return;
	for (size_t i = 0; i < q->n_in; i++) {
		char *text;
		uint64_t hits;
		if (am_index_suggest(&text, &hits, q->in[i].in.index,
		                     q->in[i].in.archive, q->text, q->query,
		                     q->now, NULL))
			continue;
		if (hits > most) {
			g_free(best);
			best = g_steal_pointer(&text);
			most = hits;
		}
		g_free(text);
	}
	if (!best)
		return;
	char *clean = out_clean(best, false);
	out_count(most, n);
	session_say(q->s, "did you mean: %s (%s hits)", clean, n);
	g_free(clean);
	g_free(best);
}

static int answer(struct search *q)
{
	int status;

	if (q->o->explain && explain(q))
		return EXIT_COULD_NOT;
	if (q->o->count)
		return count_all(q);
	status = search_find(q);
	if (status == EXIT_DONE && q->o->copy_to)
		return search_copy(q);
	if (status == EXIT_DONE && q->limit)
		status = q->o->threads ? search_threads(q) : search_show(q);
	if (status == EXIT_DONE)
		status = search_sum(q);
	if (status == EXIT_DONE)
		suggest(q);
	return status;
}

/* What is searched; an exit status. */
static int open_searched(struct search *q, int n, char **argv, GPtrArray *names)
{
	if (q->o->stub)
		return search_reach(q, names);
	q->n_in = (size_t)n;
	q->in = g_new0(struct search_in, q->n_in);
	return open_all(q, argv);
}

static int begin(struct search *q, int argc, char **argv, GPtrArray *names)
{
	int n = split_arguments(q, argc, argv);
	int status = parse_query(q, argv + n);
	bool far = q->o->stub && !search_reach_wanted(q->o);

	if (status == EXIT_DONE && q->o->stub && n)
		return session_usage(q->s, "--stub says what is searched: no "
		                           "archive beside it");
	if (status == EXIT_DONE && far && q->o->explain)
		status = explain(q);
	if (status == EXIT_DONE && far)
		return search_stub(q);
	if (status != EXIT_DONE || (!n && !q->o->stub))
		return status;
	status = open_searched(q, n, argv, names);
	if (status == EXIT_DONE)
		status = answer(q);
	if (status == EXIT_DONE && (q->s->n_errors || q->incomplete))
		status = EXIT_SOME_FAILED;
	return status;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct search_options *o = options;
	struct search q = {.s = s, .o = o};
	int status;

	session_voice(s, o->quiet, o->verbose);
	if (o->list_saved && !o->save && !o->forget)
		return search_saved_list(&q);
	if (o->forget)
		return search_saved_forget(&q);
	if (argc < (o->save || o->stub ? 1 : 2))
		return session_usage(s, "an archive and a query are needed");
	if (check_options(&q))
		return EXIT_COULD_NOT;
	if (!o->stub && session_turned_round(argc, argv))
		return session_usage(s,
		                     "the archive comes first: mailark "
		                     "search %s …",
		                     argv[argc - 1]);
	q.found = g_array_new(FALSE, FALSE, sizeof(struct found));
	g_array_set_clear_func(q.found, search_found_clear);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	status = begin(&q, argc, argv, names);
	for (size_t i = 0; i < q.n_in; i++) {
		am_collapse_free(&q.in[i].collapse);
		am_result_free(&q.in[i].result);
		searched_close(&q.in[i].in);
	}
	am_query_words_clear(&q.words);
	am_query_free(&q.query);
	g_array_unref(q.found);
	g_ptr_array_unref(names);
	g_free(q.in);
	g_free(q.text);
	return status;
}

#define AT(member) offsetof(struct search_options, member)
static const struct opt table[] = {
	{0, "json", NULL, "one JSON object a hit", OPT_SWITCH, AT(json)},
	{'c', "count", NULL, "only how many messages match", OPT_SWITCH,
         AT(count)},
	{'l', "limit", "N", "at most so many hits (50; all with --json)",
         OPT_STRING, AT(limit)},
	{0, "offset", "N", "pass over so many first", OPT_NUMBER, AT(offset)},
	{'s', "sort", "ORDER",
         "relevance, date, date-asc, size, from or subject", OPT_STRING,
         AT(sort)},
	{'t', "threads", NULL, "show the whole threads of the hits", OPT_SWITCH,
         AT(threads)},
	{0, "by-subject", NULL, "threads also by the same subject", OPT_SWITCH,
         AT(by_subject)},
	{0, "collapse", "HOW", "leave out copies: exact or near", OPT_STRING,
         AT(collapse)},
	{0, "facets", "LIST",
         "count all hits by year, from, domain, list, folder, type, size",
         OPT_STRING, AT(facets)},
	{0, "timeline", NULL, "draw all hits over time", OPT_SWITCH,
         AT(timeline)},
	{0, "format", "TEXT", "print this for each hit: \"{date} {subject}\"",
         OPT_STRING, AT(format)},
	{0, "copy-to", "LOCATION", "copy all hits into a mailbox of any format",
         OPT_STRING, AT(copy_to)},
	{0, "save", "NAME", "keep the query, for saved:NAME", OPT_STRING,
         AT(save)},
	{0, "saved", NULL, "list the saved queries", OPT_SWITCH,
         AT(list_saved)},
	{0, "forget", "NAME", "forget a saved query", OPT_STRING, AT(forget)},
	{0, "stub", "FILE", "ask the published indexes that this stub names",
         OPT_STRING, AT(stub)},
	{0, "explain", NULL, "show how the query is understood", OPT_SWITCH,
         AT(explain)},
	{0, "no-snippets", NULL, "do not show the text around what matched",
         OPT_SWITCH, AT(no_snippets)},
	{'q', "quiet", NULL, "only errors", OPT_SWITCH, AT(quiet)},
	{'v', "verbose", NULL, "every note", OPT_SWITCH, AT(verbose)},
	{0},
};

const struct cmd cmd_search = {
	.name = "search",
	.usage = "[options] ARCHIVE… QUERY",
	.summary = "Search the text of archived mail",
	.examples =
		"  mailark search mail.mailark invoice from:alice\n"
		"  mailark search mail.mailark 'subject:\"annual report\" "
		"since:2019'\n"
		"  mailark search --json --limit 10 a.mailark b.mailark "
		"has:attachment\n"
		"  mailark search --count mail.mailark is:unread\n"
		"  mailark search --threads --sort date mail.mailark budget\n"
		"  mailark search --limit 0 --timeline --facets year,from "
		"mail.mailark budget\n"
		"  mailark search --copy-to bills.mbox mail.mailark "
		"'invoice has:attachment'\n"
		"  mailark search --save bills 'invoice has:attachment'\n"
		"  mailark search mail.mailark saved:bills since:1y\n",
	.options = table,
	.options_size = sizeof(struct search_options),
	.run = run,
};
