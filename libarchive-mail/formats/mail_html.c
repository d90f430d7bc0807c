/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mail_html.h"

#include "base/reader.h"
#include "mime/html_safe.h"
#include "mime/recode.h"
#include "model/ctx.h"
#include "model/message.h"

#include <string.h>

/* Of one text; what is longer is in the original. */
#define MAX_TEXT (4u << 20)

struct rendering {
	struct am_mail_html *html;
	const struct am_mail_facts *facts;
	GString *text; /* of the part, in UTF-8 */
};

static void take(void *user, const char *s, size_t len)
{
	struct rendering *r = user;

	if (r->text->len + len > MAX_TEXT) {
		r->html->cut = true;
		return;
	}
	g_string_append_len(r->text, s, (gssize)len);
}

/* The part in UTF-8, as far as its bytes can be had. */
static void read_part(struct rendering *r, const struct am_blob *raw,
                      size_t part, const char *charset)
{
	struct am_recode *recode = am_recode_new(charset, take, r);
	struct am_reader *reader = NULL;
	const uint8_t *data;
	size_t len;

	g_string_truncate(r->text, 0);
	if (!am_part_decoded(&reader, raw, &r->facts->scan, part, NULL))
		while (!r->html->cut &&
		       !am_reader_peek(reader, 1, &data, &len, NULL)) {
			am_recode_feed(recode, (const char *)data, len);
			am_reader_skip(reader, len);
		}
	am_recode_finish(recode);
	am_recode_free(&recode);
	am_reader_close(&reader);
}

static const char *by_cid(void *user, const char *cid)
{
	struct rendering *r = user;

	for (size_t i = 0; i < r->facts->n_files; i++) {
		const char *id = r->facts->files[i].info.content_id;
		if (id && !strcmp(id, cid))
			return r->html->picture
			               ? r->html->picture(r->html->user, i)
			               : NULL;
	}
	return NULL;
}

/* Quoted lines stand out. */
static void write_plain(GString *out, const char *text)
{
	bool quoted = false;

	g_string_append(out, "<div class=\"part plain\">");
	for (const char *line = text; *line;) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) + 1 : strlen(line);
		if ((*line == '>') != quoted) {
			quoted = !quoted;
			g_string_append(out, quoted ? "<span class=\"q\">"
			                            : "</span>");
		}
		am_html_escape_linked(out, line, len);
		line += len;
	}
	if (quoted)
		g_string_append(out, "</span>");
	g_string_append(out, "</div>\n");
}

static void write_part(struct rendering *r, GString *out, const char *type)
{
	/* A NUL would end it; there is none in a text that is one. */
	for (gsize i = 0; i < r->text->len; i++)
		if (!r->text->str[i])
			r->text->str[i] = ' ';
	if (!strcmp(type, "text/html")) {
		struct am_html_safe safe = {.picture = by_cid, .user = r};
		g_string_append(out, "<div class=\"part html\">");
		am_html_safe(&safe, out, r->text->str, r->text->len);
		g_string_append(out, "</div>\n");
		r->html->n_remote += safe.n_remote;
	} else {
		write_plain(out, r->text->str);
	}
}

/* Is there HTML in the innermost multipart/alternative around the part? */
static bool has_html_beside(const struct am_scan *scan, size_t part)
{
	size_t at = part;

	while (at && strcmp(scan->parts[at].type, "multipart/alternative") != 0)
		at = scan->parts[at].parent;
	if (strcmp(scan->parts[at].type, "multipart/alternative") != 0)
		return false;
	for (size_t i = at + 1; i < scan->n_parts; i++) {
		if (scan->parts[i].depth <= scan->parts[at].depth)
			break;
		if (!strcmp(scan->parts[i].type, "text/html"))
			return true;
	}
	return false;
}

/* In a message that is attached: that is a file of its own. */
static bool is_inside(const struct am_mail_facts *facts, size_t part)
{
	const struct am_scan *scan = &facts->scan;

	for (size_t i = 0; i < facts->n_files; i++) {
		size_t file = facts->files[i].part;
		if (scan->parts[file].kind != AM_PART_MESSAGE)
			continue;
		for (size_t at = part; at; at = scan->parts[at].parent)
			if (at == file)
				return true;
	}
	return false;
}

static bool is_body(const struct am_mail_facts *facts, size_t part,
                    const struct am_part_info *info)
{
	const char *type = facts->scan.parts[part].type;

	if (facts->scan.parts[part].kind != AM_PART_LEAF || info->attachment ||
	    is_inside(facts, part))
		return false;
	if (!strcmp(type, "text/html"))
		return true;
	return g_str_has_prefix(type, "text/") &&
	       !has_html_beside(&facts->scan, part);
}

void am_mail_html_body(struct am_mail_html *html, GString *out,
                       const struct am_message *msg,
                       const struct am_mail_facts *facts,
                       const struct am_ctx *ctx)
{
	struct rendering r = {html, facts, g_string_new(NULL)};
	gsize before = out->len;

	for (size_t i = 0; i < facts->scan.n_parts; i++) {
		struct am_part_info info;
		if (am_ctx_cancelled(ctx))
			break;
		if (am_part_info_read(&info, msg->raw, &facts->scan, i,
		                      facts->arena, NULL) ||
		    !is_body(facts, i, &info))
			continue;
		read_part(&r, msg->raw, i, info.charset);
		write_part(&r, out, facts->scan.parts[i].type);
	}
	if (out->len == before)
		g_string_append(out, "<p class=\"note\">No text.</p>\n");
	g_string_free(r.text, TRUE);
}

void am_mail_html_remarks(GString *out, const struct am_mail_html *html,
                          const struct am_message *msg)
{
	bool one = html->n_remote == 1;

	if (html->n_remote)
		g_string_append_printf(
			out,
			"<p class=\"note\">%u picture%s of the network %s not "
			"shown: nothing is fetched.</p>\n",
			html->n_remote, one ? "" : "s", one ? "is" : "are");
	if (html->cut)
		g_string_append(out, "<p class=\"note\">The text is longer "
		                     "than is shown here.</p>\n");
	if (msg->incomplete)
		g_string_append(out, "<p class=\"note\">A part of this message "
		                     "could not be had.</p>\n");
}

void am_mail_html_field(GString *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	g_string_append_printf(out, "<dt>%s</dt><dd>", name);
	am_html_escape(out, value, strlen(value));
	g_string_append(out, "</dd>\n");
}

void am_mail_html_when(GString *out, const struct am_when *when)
{
	char iso[AM_TIME_ROOM];

	am_time_iso(when, iso);
	/* "2020-02-03T04:05:06+01:00" */
	if (strlen(iso) == 25)
		g_string_append_printf(out, "%.10s %.5s", iso, iso + 11);
	else
		g_string_append(out, iso);
}

void am_mail_html_size(GString *out, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	double n = (double)bytes;
	size_t unit = 0;

	while (n >= 1024 && unit + 1 < AM_COUNT(units)) {
		n /= 1024;
		unit++;
	}
	g_string_append_printf(out, unit && n < 10 ? "%.1f %s" : "%.0f %s", n,
	                       units[unit]);
}
