/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --stub: the same question to many published indexes, here or at servers.
 *
 * One that does not answer must not keep the others from answering, and must
 * not be missed without a word: it is named, and the exit status is 1.
 */
#include "cmd/search_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/published.h"
#include "index/snippet.h"
#include "index/xapian_published.h"
#include "model/message.h"

#include <stdio.h>
#include <string.h>

/* To connect, and for an answer. */
#define TIMEOUT_MS 15000

/* A hit, kept until all have answered. */
struct far {
	double weight;
	int64_t id;
	char *strings[9];
	struct am_when date;
	uint64_t size;
	uint32_t n_attachments, flags;
};
enum { ARCHIVE, FROM, TO, CC, SUBJECT, MESSAGE_ID, THREAD, FOLDER, TEXT };

struct stub {
	struct search *q;
	GArray *found; /* struct far */
	enum am_sort sort;
	uint64_t room;
	size_t silent; /* databases that did not answer */
	bool refused;  /* the question, by all of them */
};

static void clear_far(gpointer p)
{
	struct far *f = p;

	for (size_t i = 0; i < AM_COUNT(f->strings); i++)
		g_free(f->strings[i]);
}

static int on_hit(void *user, const struct am_published_hit *h,
                  struct am_error *err)
{
	struct stub *s = user;
	struct far f = {.weight = h->weight,
	                .id = h->id,
	                .date = h->date,
	                .size = h->size,
	                .n_attachments = h->n_attachments,
	                .flags = h->flags};
	const char *const from[] = {
		[ARCHIVE] = h->archive, [FROM] = h->from,
		[TO] = h->to,           [CC] = h->cc,
		[SUBJECT] = h->subject, [MESSAGE_ID] = h->message_id,
		[THREAD] = h->thread,   [FOLDER] = h->folder,
		[TEXT] = h->text};

	(void)err;
	for (size_t i = 0; i < AM_COUNT(from); i++)
		f.strings[i] = g_strdup(from[i]);
	g_array_append_val(s->found, f);
	return AM_OK;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct far *x = a, *y = b;
	const struct stub *s = user;
	int64_t d = x->date.known ? x->date.sec : INT64_MIN;
	int64_t e = y->date.known ? y->date.sec : INT64_MIN;

	switch (s->sort) {
	case AM_SORT_RELEVANCE:
		return x->weight > y->weight ? -1 : x->weight < y->weight;
	case AM_SORT_DATE:
		return d > e ? -1 : d < e;
	case AM_SORT_DATE_ASC:
		return d < e ? -1 : d > e;
	case AM_SORT_SIZE:
		break;
	}
	return x->size > y->size ? -1 : x->size < y->size;
}

/* ---- asking ----------------------------------------------------------------
 */

static void ask(struct stub *s, const struct am_xplace *place, const char *name)
{
	struct search *q = s->q;
	struct am_published *p = NULL;
	struct am_error err = {0};
	guint before = s->found->len;
	uint64_t total = 0;
	bool exact = true;
	int r = am_published_open(&p, place, TIMEOUT_MS, &err);

	bool opened = !r;
	if (!r)
		r = am_published_search(p, q->query, s->sort, (size_t)s->room,
		                        q->o->count, on_hit, s, &total, &exact,
		                        &err);
	am_published_close(&p);
	if (!r) {
		q->total += MAX(total, s->found->len - before);
		q->estimated = q->estimated || !exact;
		return;
	}
	if (opened && err.kind == AM_E_UNSUPPORTED) {
		session_error(q->s, "query", &err);
		s->refused = true;
		return;
	}
	/* Half of an answer looks like a whole one. */
	g_array_set_size(s->found, before);
	s->silent++;
	char *clean = out_clean(err.text, false);
	session_say(q->s,
	            "%s: no answer, so its mail is not among the "
	            "results: %s",
	            name, clean);
	g_free(clean);
}

/* ---- showing ---------------------------------------------------------------
 */

static void write_far(const struct stub *s, const struct far *f,
                      struct am_json *json)
{
	char *snippet =
		s->q->o->no_snippets
			? NULL
			: am_snippet_of(s->q->query, f->strings[TEXT], "", "");

	am_json_open(json, '{');
	am_json_key(json, "id");
	am_json_int(json, f->id);
	am_json_key(json, "score");
	am_json_double(json, f->weight);
	out_json_when(json, "date", &f->date);
	out_json_text(json, "from", f->strings[FROM]);
	out_json_text(json, "to", f->strings[TO]);
	out_json_text(json, "cc", f->strings[CC]);
	out_json_text(json, "subject", f->strings[SUBJECT]);
	out_json_text(json, "message_id", f->strings[MESSAGE_ID]);
	out_json_text(json, "thread", f->strings[THREAD]);
	am_json_key(json, "size");
	am_json_uint(json, f->size);
	am_json_key(json, "attachments");
	am_json_uint(json, f->n_attachments);
	/* Printed, the first of several: what a filter takes. */
	char *first = g_strndup(f->strings[FOLDER],
	                        strcspn(f->strings[FOLDER], "\n"));
	out_json_text(json, "folder", first);
	g_free(first);
	am_json_key(json, "flags");
	out_json_flags(json, f->flags);
	out_json_text(json, "snippet", snippet);
	out_json_text(json, "archive", f->strings[ARCHIVE]);
	am_json_close(json, '}');
	out_json_line(json);
	g_free(snippet);
}

static void print_far(const struct stub *s, const struct far *f)
{
	const struct search *q = s->q;
	char when[OUT_ROOM], *from = out_fit(f->strings[FROM], 32);
	char *subject =
		search_marked(q, AM_REGION_SUBJECT, f->strings[SUBJECT], 0);
	char *archive = out_clean(f->strings[ARCHIVE], false);
	char *snippet = q->o->no_snippets
	                        ? NULL
	                        : am_snippet_of(q->query, f->strings[TEXT],
	                                        MARK_ON, MARK_OFF);

	out_when(&f->date, when);
	printf("%s: %" PRId64 "  %s  ", archive, f->id, when);
	out_padded(from, 32);
	fputs("  ", stdout);
	search_print_marked(subject, true);
	putchar('\n');
	if (snippet && *snippet) {
		char *clean = out_clean(snippet, false);
		fputs("        ", stdout);
		search_print_marked(clean, false);
		putchar('\n');
		g_free(clean);
	}
	g_free(snippet);
	g_free(archive);
	g_free(subject);
	g_free(from);
}

static void show(const struct stub *s)
{
	const struct search *q = s->q;
	struct am_json *json = am_json_new();
	guint first = (guint)MIN(q->o->offset, s->found->len);
	guint n = (guint)MIN(s->found->len - first, q->limit);
	char shown[OUT_ROOM], total[OUT_ROOM];

	for (guint i = first; i < first + n; i++) {
		const struct far *f = &g_array_index(s->found, struct far, i);
		if (q->o->json)
			write_far(s, f, json);
		else
			print_far(s, f);
	}
	am_json_free(&json);
	out_count(n, shown);
	out_count(q->total, total);
	if (!q->o->json && q->total > n)
		session_say(q->s,
		            "%s of %s%s hits (--limit and --offset show "
		            "others)",
		            shown, q->estimated ? "about " : "", total);
	else if (!q->o->json && !n && !q->o->explain)
		session_say(q->s, "nothing found");
}

/* ---- all of it -------------------------------------------------------------
 */

int search_stub_check(const struct search *q)
{
	const struct search_options *o = q->o;

	if (o->stub && (o->threads || o->facets || o->timeline || o->collapse ||
	                o->format || o->copy_to))
		return session_usage(q->s, "--stub shows hits or counts them: "
		                           "without --threads, --facets, "
		                           "--timeline, --collapse, --format "
		                           "and --copy-to");
	if (o->stub && (q->sort == SORT_FROM || q->sort == SORT_SUBJECT))
		return session_usage(q->s, "--stub sorts by relevance, date, "
		                           "date-asc or size");
	return EXIT_DONE;
}

int search_stub(struct search *q)
{
	static const enum am_sort sorts[] = {[SORT_RELEVANCE] =
	                                             AM_SORT_RELEVANCE,
	                                     [SORT_DATE] = AM_SORT_DATE,
	                                     [SORT_DATE_ASC] = AM_SORT_DATE_ASC,
	                                     [SORT_SIZE] = AM_SORT_SIZE};
	struct am_stub stub = {0};
	struct am_error err = {0};
	struct stub s = {
		.q = q,
		.sort = sorts[q->sort],
		.room = q->o->count              ? 0
	                : q->limit == UINT64_MAX ? UINT32_MAX
	                                         : q->limit + q->o->offset,
		.found = g_array_new(FALSE, FALSE, sizeof(struct far))};
	int status = EXIT_COULD_NOT;

	g_array_set_clear_func(s.found, clear_far);
	s.room = MIN(s.room, UINT32_MAX);
	if (am_stub_read(&stub, q->o->stub, &err)) {
		session_error(q->s, "--stub", &err);
		goto out;
	}
	for (size_t i = 0; i < stub.n && !s.refused; i++)
		ask(&s, &stub.places[i], stub.names[i]);
	if (s.refused)
		goto out;
	g_array_sort_with_data(s.found, compare, &s);
	if (s.silent < stub.n && q->o->count)
		printf("%" PRIu64 "\n", q->total);
	else if (s.silent < stub.n)
		show(&s);
	if (s.silent)
		session_say(q->s,
		            "%zu of %zu indexes did not answer: this is not "
		            "all there is",
		            s.silent, stub.n);
	status = !s.silent           ? EXIT_DONE
	         : s.silent < stub.n ? EXIT_SOME_FAILED
	                             : EXIT_COULD_NOT;
out:
	am_stub_clear(&stub);
	g_array_unref(s.found);
	return status;
}
