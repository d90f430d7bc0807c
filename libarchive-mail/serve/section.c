/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How parts are counted: the parts of a multipart are 1, 2, …; of a message
 * within a message the parts of that one; of anything else there is part 1,
 * which is its body.
 */
#include "serve/section.h"

#include "base/blob.h"
#include "mime/scan.h"
#include "serve/session_impl.h"

#include <string.h>

/* ---- parsing ---- */

static const char *take_parts(struct am_section *s, const char *p,
                              const char *end)
{
	while (p < end && g_ascii_isdigit(*p)) {
		uint64_t n = 0;
		while (p < end && g_ascii_isdigit(*p) && n <= UINT32_MAX)
			n = n * 10 + (uint64_t)(*p++ - '0');
		if (!n || n > UINT32_MAX || s->depth == AM_COUNT(s->part))
			return NULL;
		s->part[s->depth++] = (uint32_t)n;
		if (p == end)
			return p;
		if (*p++ != '.' || p == end)
			return NULL;
	}
	return p;
}

/* "(A "B" {…})": the parser of lines left it as it was. */
static bool take_fields(struct am_section *s, const char *p, const char *end)
{
	GPtrArray *names = g_ptr_array_new();
	bool good = p < end && *p == '(';

	for (p++; good && p < end && *p != ')';) {
		GString *name = g_string_new("");
		if (*p == ' ') {
			p++;
			g_string_free(name, TRUE);
			continue;
		}
		bool quoted = *p == '"';
		p += quoted;
		while (p < end &&
		       (quoted ? *p != '"' : *p != ' ' && *p != ')')) {
			if (quoted && *p == '\\' && p + 1 < end)
				p++;
			g_string_append_c(name, *p++);
		}
		good = p < end && name->len;
		p += quoted;
		g_ptr_array_add(names, g_ascii_strup(name->str, -1));
		g_string_free(name, TRUE);
	}
	good &= p + 1 == end && *p == ')' && names->len;
	g_ptr_array_add(names, NULL);
	s->fields = (char **)g_ptr_array_free(names, FALSE);
	return good;
}

static void put_text(struct am_section *s)
{
	static const char *const words[] = {
		"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
		"TEXT", "MIME"};
	GString *text = g_string_new("");

	for (size_t i = 0; i < s->depth; i++)
		g_string_append_printf(text, "%s%" PRIu32, i ? "." : "",
		                       s->part[i]);
	if (s->depth && s->kind)
		g_string_append_c(text, '.');
	g_string_append(text, words[s->kind]);
	for (char **f = s->fields; f && *f; f++) {
		g_string_append(text, f == s->fields ? " (" : " ");
		if (am_imap_keyword_ok(*f))
			g_string_append(text, *f);
		else
			am_put_string(text, *f);
	}
	if (s->fields)
		g_string_append_c(text, ')');
	s->text = g_string_free(text, FALSE);
}

static bool is_word(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) == len && !g_ascii_strncasecmp(p, word, len);
}

static bool begins(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) > len && !g_ascii_strncasecmp(p, word, len);
}

bool am_section_parse(struct am_section *s, const char *text, size_t len)
{
	const char *end = text + len;
	bool good = true;

	*s = (struct am_section){.kind = AM_SECTION_ALL};
	const char *p = take_parts(s, text, end);
	if (!p)
		return false;
	if (p == end) {
		s->kind = AM_SECTION_ALL;
	} else if (is_word(p, end, "HEADER")) {
		s->kind = AM_SECTION_HEADER;
	} else if (is_word(p, end, "TEXT")) {
		s->kind = AM_SECTION_TEXT;
	} else if (is_word(p, end, "MIME")) {
		s->kind = AM_SECTION_MIME;
		good = s->depth > 0;
	} else if (begins(p, end, "HEADER.FIELDS.NOT ")) {
		s->kind = AM_SECTION_FIELDS_NOT;
		good = take_fields(s, p + 18, end);
	} else if (begins(p, end, "HEADER.FIELDS ")) {
		s->kind = AM_SECTION_FIELDS;
		good = take_fields(s, p + 14, end);
	} else {
		good = false;
	}
	if (good)
		put_text(s);
	else
		am_section_clear(s);
	return good;
}

void am_section_clear(struct am_section *s)
{
	g_strfreev(s->fields);
	g_free(s->text);
	s->fields = NULL;
	s->text = NULL;
}

/* ---- finding ---- */

static size_t child(const struct am_scan *scan, size_t of, uint32_t number)
{
	for (size_t i = of + 1; i < scan->n_parts; i++) {
		if (scan->parts[i].depth <= scan->parts[of].depth)
			break;
		if (scan->parts[i].parent == of &&
		    scan->parts[i].number == number)
			return i;
	}
	return SIZE_MAX;
}

size_t am_section_part(const struct am_section *s, const struct am_scan *scan)
{
	size_t at = 0; /* whose children are counted */

	for (size_t i = 0; i < s->depth; i++) {
		bool message = i && scan->parts[at].kind == AM_PART_MESSAGE;
		if (message)
			at = child(scan, at, 1);
		if (at == SIZE_MAX)
			return at;
		if (scan->parts[at].kind == AM_PART_MULTIPART)
			at = child(scan, at, s->part[i]);
		else if (s->part[i] != 1 || (i && !message))
			return SIZE_MAX;
		if (at == SIZE_MAX)
			return at;
	}
	return at;
}

static bool is_named(const struct am_section *s, const struct am_field *f)
{
	for (char **name = s->fields; *name; name++)
		if (strlen(*name) == f->name_len &&
		    !g_ascii_strncasecmp(*name, f->name, f->name_len))
			return true;
	return false;
}

#define COMMON                                                                \
	" FROM SENDER REPLY-TO TO CC BCC SUBJECT DATE MESSAGE-ID REFERENCES " \
	"IN-REPLY-TO CONTENT-TYPE CONTENT-TRANSFER-ENCODING MIME-VERSION "    \
	"PRIORITY X-PRIORITY IMPORTANCE NEWSGROUPS LIST-ID LIST-POST "        \
	"DELIVERED-TO USER-AGENT X-MAILER LINES CONTENT-LENGTH X-LABEL "      \
	"MAIL-FOLLOWUP-TO MAIL-REPLY-TO FOLLOWUP-TO ORGANIZATION "            \
	"DISPOSITION-NOTIFICATION-TO AUTO-SUBMITTED X-SPAM-FLAG "

const char am_section_common[] = "HEADER.FIELDS (" COMMON ")";

bool am_section_is_common(const struct am_section *s)
{
	if (s->kind != AM_SECTION_FIELDS || s->depth)
		return false;
	for (char **f = s->fields; *f; f++) {
		char *word = g_strdup_printf(" %s ", *f);
		bool there = strstr(COMMON, word);
		g_free(word);
		if (!there)
			return false;
	}
	return true;
}

/* From a line that is a field's beginning to the next one. */
void am_section_pick(const struct am_section *s, const char *block, size_t len,
                     GString *out)
{
	const char *at = block, *end = block + len;
	bool taking = false, ended = false;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		const char *next = lf ? lf + 1 : end;
		ended = *at == '\r' || *at == '\n';
		if (ended)
			break;
		if (*at != ' ' && *at != '\t') {
			const char *colon =
				memchr(at, ':', (size_t)(next - at));
			const char *stop = colon;
			while (stop && stop > at &&
			       (stop[-1] == ' ' || stop[-1] == '\t'))
				stop--;
			struct am_field f = {
				.name = at,
				.name_len = stop ? (size_t)(stop - at) : 0};
			bool named = colon && is_named(s, &f);
			taking = named == (s->kind == AM_SECTION_FIELDS);
		}
		if (taking)
			g_string_append_len(out, at, next - at);
		at = next;
	}
	if (out->len && out->str[out->len - 1] != '\n')
		g_string_append(out, "\r\n");
	/* The empty line belongs to it; of all but some fields, where there is
	 * one. */
	if (ended || s->kind == AM_SECTION_FIELDS)
		g_string_append(out, "\r\n");
}

static int pick_fields(const struct am_section *s, const struct am_blob *raw,
                       const struct am_part *part, struct am_section_bytes *out,
                       struct am_error *err)
{
	size_t len = (size_t)(part->body - part->header), got;
	char *block = g_malloc(len + 1);

	int r = am_blob_read(raw, part->header, block, len, &got, err);
	if (!r) {
		out->own = g_string_new("");
		am_section_pick(s, block, got, out->own);
		out->len = out->own->len;
	}
	g_free(block);
	return r;
}

int am_section_find(const struct am_section *s, const struct am_blob *raw,
                    const struct am_scan *scan, struct am_section_bytes *out,
                    struct am_error *err)
{
	size_t at = am_section_part(s, scan);

	*out = (struct am_section_bytes){.from = 0};
	if (at == SIZE_MAX)
		return AM_END;
	const struct am_part *part = &scan->parts[at];
	if (!s->depth && s->kind == AM_SECTION_ALL) {
		out->len = am_blob_size(raw);
		return AM_OK;
	}
	/* Headers and text are those of a message. */
	if (s->depth && s->kind != AM_SECTION_ALL &&
	    s->kind != AM_SECTION_MIME) {
		if (part->kind != AM_PART_MESSAGE || at + 1 >= scan->n_parts)
			return AM_END;
		part = &scan->parts[at + 1];
	}
	switch (s->kind) {
	case AM_SECTION_ALL:
		out->from = part->body;
		out->len = part->end - part->body;
		break;
	case AM_SECTION_HEADER:
	case AM_SECTION_MIME:
		out->from = part->header;
		out->len = part->body - part->header;
		break;
	case AM_SECTION_TEXT:
		out->from = part->body;
		/* Of the whole message there is nothing behind its end. */
		out->len =
			(s->depth ? part->end : am_blob_size(raw)) - part->body;
		break;
	case AM_SECTION_FIELDS:
	case AM_SECTION_FIELDS_NOT:
		return pick_fields(s, raw, part, out, err);
	}
	return AM_OK;
}
