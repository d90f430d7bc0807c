/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hits of published indexes, shown. */
#include "cmd/search_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "index/published.h"
#include "index/snippet.h"
#include "model/message.h"

#include <stdio.h>
#include <string.h>

void search_far_keep(struct far_hit *out, const struct am_published_hit *h)
{
	const char *const from[FAR_STRINGS] = {
		[FAR_ARCHIVE] = h->archive, [FAR_FROM] = h->from,
		[FAR_TO] = h->to,           [FAR_CC] = h->cc,
		[FAR_SUBJECT] = h->subject, [FAR_MESSAGE_ID] = h->message_id,
		[FAR_THREAD] = h->thread,   [FAR_FOLDER] = h->folder,
		[FAR_TEXT] = h->text};

	*out = (struct far_hit){.weight = h->weight,
	                        .id = h->id,
	                        .date = h->date,
	                        .size = h->size,
	                        .n_attachments = h->n_attachments,
	                        .flags = h->flags};
	for (size_t i = 0; i < FAR_STRINGS; i++)
		out->strings[i] = g_strdup(from[i]);
}

void search_far_clear(gpointer p)
{
	struct far_hit *f = p;

	for (size_t i = 0; i < FAR_STRINGS; i++)
		g_free(f->strings[i]);
}

static char *snippet_of(const struct search *q, const struct far_hit *f,
                        const char *on, const char *off)
{
	return q->o->no_snippets
	               ? NULL
	               : am_snippet_of(q->query, f->strings[FAR_TEXT], on, off);
}

/* ---- as JSON ---------------------------------------------------------------
 */

static void write_far(const struct search *q, const struct far_hit *f,
                      struct am_json *json)
{
	char *snippet = snippet_of(q, f, "", "");

	am_json_open(json, '{');
	am_json_key(json, "id");
	am_json_int(json, f->id);
	am_json_key(json, "score");
	am_json_double(json, f->weight);
	out_json_when(json, "date", &f->date);
	out_json_text(json, "from", f->strings[FAR_FROM]);
	out_json_text(json, "to", f->strings[FAR_TO]);
	out_json_text(json, "cc", f->strings[FAR_CC]);
	out_json_text(json, "subject", f->strings[FAR_SUBJECT]);
	out_json_text(json, "message_id", f->strings[FAR_MESSAGE_ID]);
	out_json_text(json, "thread", f->strings[FAR_THREAD]);
	am_json_key(json, "size");
	am_json_uint(json, f->size);
	am_json_key(json, "attachments");
	am_json_uint(json, f->n_attachments);
	/* Printed, the first of several: what a filter takes. */
	char *first = g_strndup(f->strings[FAR_FOLDER],
	                        strcspn(f->strings[FAR_FOLDER], "\n"));
	out_json_text(json, "folder", first);
	g_free(first);
	am_json_key(json, "flags");
	out_json_flags(json, f->flags);
	out_json_text(json, "snippet", snippet);
	out_json_text(json, "archive", f->strings[FAR_ARCHIVE]);
	am_json_close(json, '}');
	out_json_line(json);
	g_free(snippet);
}

/* ---- by --format -----------------------------------------------------------
 */

struct far_line {
	const struct search *q;
	const struct far_hit *f;
};

static char *flags_of(uint32_t flags)
{
	GString *s = g_string_new(NULL);

	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (flags & (1u << i))
			g_string_append_printf(
				s, "%s%s", s->len ? "," : "",
				am_flag_name((enum am_flag)(1u << i)));
	return g_string_free(s, FALSE);
}

static char *folders_of(const struct far_hit *f)
{
	char **names = g_strsplit(f->strings[FAR_FOLDER], "\n", -1);
	char *out = g_strjoinv(", ", names);

	g_strfreev(names);
	return out;
}

static char *value_of(void *user, const char *name)
{
	static const struct {
		const char *name;
		int string;
	} strings[] = {{"archive", FAR_ARCHIVE}, {"from", FAR_FROM},
	               {"to", FAR_TO},           {"cc", FAR_CC},
	               {"subject", FAR_SUBJECT}, {"message-id", FAR_MESSAGE_ID},
	               {"thread", FAR_THREAD}};
	const struct far_line *line = user;
	const struct far_hit *f = line->f;
	char text[MAX(OUT_ROOM, AM_TIME_ROOM)];

	for (size_t i = 0; i < AM_COUNT(strings); i++)
		if (!strcmp(name, strings[i].name))
			return g_strdup(f->strings[strings[i].string]);
	if (!strcmp(name, "id"))
		return g_strdup_printf("%" PRId64, f->id);
	if (!strcmp(name, "size"))
		return g_strdup_printf("%" PRIu64, f->size);
	if (!strcmp(name, "attachments"))
		return g_strdup_printf("%" PRIu32, f->n_attachments);
	if (!strcmp(name, "score"))
		return g_strdup_printf("%.2f", f->weight);
	if (!strcmp(name, "flags"))
		return flags_of(f->flags);
	if (!strcmp(name, "folder"))
		return folders_of(f);
	if (!strcmp(name, "snippet"))
		return snippet_of(line->q, f, "", "");
	if (!strcmp(name, "iso"))
		am_time_iso(&f->date, text);
	else
		out_when(&f->date, text);
	return g_strdup(g_strstrip(text));
}

/* ---- for people ------------------------------------------------------------
 */

static void print_far(const struct search *q, const struct far_hit *f)
{
	char when[OUT_ROOM], *from = out_fit(f->strings[FAR_FROM], 32);
	char *subject =
		search_marked(q, AM_REGION_SUBJECT, f->strings[FAR_SUBJECT], 0);
	char *archive = out_clean(f->strings[FAR_ARCHIVE], false);
	char *snippet = snippet_of(q, f, MARK_ON, MARK_OFF);

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

void search_far_show(const struct search *q, const struct far_hit *hits,
                     size_t n)
{
	struct am_json *json = am_json_new();

	for (size_t i = 0; i < n; i++) {
		struct far_line line = {q, &hits[i]};
		if (q->o->json)
			write_far(q, &hits[i], json);
		else if (q->o->format)
			search_format_line(q->o->format, value_of, &line);
		else
			print_far(q, &hits[i]);
	}
	am_json_free(&json);
}
