/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hits as lines for people, or as JSON. */
#include "cmd/search_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "model/folder.h"
#include "store/archive.h"

#include <stdio.h>
#include <string.h>

/* Snippets read at a time. */
enum { PAGE = 64 };

void search_page(const struct search *q, guint *first, guint *n)
{
	uint64_t from = MIN(q->o->offset, q->found->len);

	*first = (guint)from;
	*n = (guint)MIN(q->found->len - from, q->limit);
}

/* ---- what matched ----------------------------------------------------------
 */

static int by_place(const void *a, const void *b)
{
	const struct found *x = *(struct found *const *)a;
	const struct found *y = *(struct found *const *)b;

	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* In the order in which the messages are stored: neighbours share a block,
 * which is then unpacked once. */
void search_read_matched(const struct search *q, struct found *first, guint n)
{
	const char *on = q->o->json ? "" : MARK_ON;
	const char *off = q->o->json ? "" : MARK_OFF;
	struct found **order = g_new(struct found *, n + 1);

	for (guint i = 0; i < n; i++)
		order[i] = &first[i];
	qsort(order, n, sizeof(struct found *), by_place);
	/* What cannot be read has no snippet; showing the hit says why. */
	for (guint i = 0; !q->o->no_snippets && i < n; i++)
		if (am_index_matched(&order[i]->matched, order[i]->in->in.index,
		                     order[i]->in->in.archive, q->query,
		                     order[i]->id, on, off, NULL))
			order[i]->matched = (struct am_matched){0};
	g_free(order);
}

void search_print_marked(const char *text, bool bold)
{
	static const char begins[] = {MARK_ON[0], '\0'};
	bool colours = out_colours();

	if (colours && bold)
		fputs("\033[1m", stdout);
	for (const char *p = text; *p;) {
		size_t plain = strcspn(p, begins);
		bool on = g_str_has_prefix(p + plain, MARK_ON);
		fwrite(p, 1, plain, stdout);
		p += plain;
		if (!on && !g_str_has_prefix(p, MARK_OFF)) {
			if (*p)
				putchar(*p++);
			continue;
		}
		p += strlen(MARK_ON);
		if (colours)
			fputs(on     ? "\033[31m"
			      : bold ? "\033[0;1m"
			             : "\033[0m",
			      stdout);
	}
	if (colours)
		fputs("\033[0m", stdout);
}

char *search_marked(const struct search *q, enum am_region region,
                    const char *text, size_t columns)
{
	char *clean = columns ? out_fit(text, columns) : out_clean(text, false);
	char *marked = am_query_words_mark(&q->words, AM_REGION_BIT(region),
	                                   clean, MARK_ON, MARK_OFF);

	g_free(clean);
	return marked;
}

static void write_matched(struct am_json *json, const struct found *f)
{
	am_json_key(json, "matched");
	am_json_open(json, '[');
	for (int i = 0; i < AM_REGION_COUNT; i++)
		if (f->matched.regions & AM_REGION_BIT(i))
			am_json_string(json, am_region_name((enum am_region)i));
	am_json_close(json, ']');
	am_json_key(json, "files");
	am_json_open(json, '[');
	for (char **file = f->matched.files; file && *file; file++)
		am_json_string(json, *file);
	am_json_close(json, ']');
}

/* ---- a hit -----------------------------------------------------------------
 */

struct where {
	const struct am_folder *folder; /* of the first live place */
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
	out_json_text(json, "cc", m->cc);
	out_json_text(json, "subject", m->subject);
	out_json_text(json, "message_id", m->message_id);
	out_json_text(json, "thread", m->thread);
	am_json_key(json, "size");
	am_json_uint(json, m->size);
	am_json_key(json, "attachments");
	am_json_uint(json, m->n_attachments);
	if (am_archive_placements(f->in->in.archive, f->id, first_place, &w,
	                          NULL))
		w.found = false;
	am_json_key(json, "folder");
	out_json_folder(json, w.folder);
	am_json_key(json, "flags");
	out_json_flags(json, w.flags);
	am_folder_unref(&w.folder);
	out_json_text(json, "snippet", f->matched.snippet);
	if (!q->o->no_snippets)
		write_matched(json, f);
	if (q->o->collapse) {
		am_json_key(json, "copies");
		am_json_uint(json, f->copies);
	}
	if (q->n_in > 1)
		out_json_text(json, "archive", f->in->in.name);
	am_json_close(json, '}');
	out_json_line(json);
}

/* Where it matched, when that is not to be seen: "cc, report.pdf". */
static char *elsewhere(const struct am_matched *m)
{
	static const enum am_region told[] = {AM_REGION_TO, AM_REGION_CC,
	                                      AM_REGION_BCC, AM_REGION_LIST};
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < AM_COUNT(told); i++)
		if (m->regions & AM_REGION_BIT(told[i]))
			g_string_append_printf(out, "%s%s",
			                       out->len ? ", " : "",
			                       am_region_name(told[i]));
	for (char **file = m->files; file && *file; file++) {
		char *clean = out_fit(*file, 60);
		g_string_append_printf(out, "%s%s", out->len ? ", " : "",
		                       clean);
		g_free(clean);
	}
	if ((m->regions & AM_REGION_BIT(AM_REGION_ATTACHED)) &&
	    !(m->files && *m->files))
		g_string_append_printf(out, "%san attachment",
		                       out->len ? ", " : "");
	return g_string_free(out, FALSE);
}

static void print_snippet(const struct found *f)
{
	char *clean = out_clean(f->matched.snippet, false);
	char *where = elsewhere(&f->matched);

	if (*where || *clean)
		fputs("        ", stdout);
	if (*where)
		printf("[%s]%s", where, *clean ? " " : "");
	search_print_marked(clean, false);
	if (*where || *clean)
		putchar('\n');
	g_free(where);
	g_free(clean);
}

struct line {
	const struct search *q;
	const struct found *f;
	bool shown;
};

static int print_hit(void *user, const struct am_archive_head *m,
                     struct am_error *err)
{
	struct line *line = user;
	const struct search *q = line->q;
	const struct found *f = line->f;
	char when[OUT_ROOM], *from = out_fit(m->from, 32);
	char *subject = search_marked(q, AM_REGION_SUBJECT, m->subject, 0);

	(void)err;
	line->shown = true;
	out_when(&m->date, when);
	if (q->n_in > 1)
		printf("%s: ", f->in->in.name);
	printf("%" PRId64 "  %s  ", f->id, when);
	out_padded(from, 32);
	fputs("  ", stdout);
	search_print_marked(subject, true);
	if (f->copies)
		printf(" (+%" PRIu32 ")", f->copies);
	putchar('\n');
	g_free(from);
	g_free(subject);
	if (f->matched.snippet)
		print_snippet(f);
	return AM_OK;
}

/* ---- the page --------------------------------------------------------------
 */

static void say_counts(const struct search *q, guint n)
{
	char shown[OUT_ROOM], total[OUT_ROOM], hidden[OUT_ROOM];
	uint64_t groups = q->total - q->hidden;

	out_count(n, shown);
	out_count(groups, total);
	out_count(q->hidden, hidden);
	if (groups > n)
		session_say(q->s,
		            "%s of %s%s hits (--limit and --offset show "
		            "others)",
		            shown, q->estimated ? "about " : "", total);
	else if (!n && !q->o->explain)
		session_say(q->s, "nothing found");
	if (q->hidden)
		session_say(q->s, "not shown: %s %scopies of these", hidden,
		            !strcmp(q->o->collapse, "near") ? "near " : "");
}

static int show_hit(const struct search *q, const struct found *f,
                    struct am_json *json, struct am_error *err)
{
	struct am_archive *archive = f->in->in.archive;
	struct line line = {q, f, false};
	struct am_archive_message m;
	int r = AM_OK;

	/* A line needs no more than the header: a message's thread takes as
	 * long to find as all else. */
	if (!q->o->format && !q->o->json)
		r = am_archive_each_head(archive, f->id, f->id, print_hit,
		                         &line, err);
	if (r || line.shown)
		return r;
	r = am_archive_message(archive, f->id, &m, err);
	if (!r && q->o->format)
		search_format_print(q, f);
	else if (!r)
		write_hit(q, f, &m, json);
	return r;
}

int search_show(struct search *q)
{
	struct am_json *json = am_json_new();
	guint first, n;

	search_page(q, &first, &n);
	for (guint i = first; i < first + n; i++) {
		struct found *f = &g_array_index(q->found, struct found, i);
		struct am_error err = {0};
		if ((i - first) % PAGE == 0)
			search_read_matched(q, f, MIN(PAGE, first + n - i));
		if (show_hit(q, f, json, &err) < 0) {
			session_error(q->s, f->in->in.name, &err);
			q->s->n_errors++;
		}
		am_matched_clear(&f->matched);
	}
	am_json_free(&json);
	if (!q->o->json && !q->o->format)
		say_counts(q, n);
	return EXIT_DONE;
}
