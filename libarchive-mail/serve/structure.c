/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BODYSTRUCTURE from the scanner's parts, which come depth first: what follows
 * a part's children is said when the first part comes that is none of them.
 * Header fields are taken apart but not decoded (RFC 9051 §7.5.2).
 */
#include "serve/structure.h"

#include "base/blob.h"
#include "mime/part.h"
#include "model/ctx.h"
#include "serve/envelope.h"
#include "serve/session_impl.h"

#include <string.h>

enum { PIECE = 64 * 1024 };

struct fields {
	GString *type, *id, *description, *encoding, *md5, *disposition,
		*language, *location;
};

struct writer {
	GString *out;
	const struct am_blob *raw;
	const struct am_scan *scan;
	const struct am_limits *limits;
	bool extended;
};

/* ---- fields ---- */

static void take(const struct am_field *f, const char *name, GString **to)
{
	if (!*to && am_field_is(f, name))
		*to = am_field_unfold(f->value, f->value_len);
}

static int read_fields(const struct writer *w, const struct am_part *part,
                       struct fields *out, struct am_error *err)
{
	struct am_part_header header;
	struct am_fields walk;
	struct am_field f;

	*out = (struct fields){NULL};
	int r = am_part_header_read(&header, w->raw, part,
	                            w->limits->header_bytes, err);
	if (r)
		return r;
	am_fields_init(&walk, header.block, header.len, 0);
	while (am_fields_next(&walk, &f)) {
		if (f.name_len < 10 ||
		    g_ascii_strncasecmp(f.name, "Content-", 8))
			continue;
		take(&f, "Content-Type", &out->type);
		take(&f, "Content-ID", &out->id);
		take(&f, "Content-Description", &out->description);
		take(&f, "Content-Transfer-Encoding", &out->encoding);
		take(&f, "Content-MD5", &out->md5);
		take(&f, "Content-Disposition", &out->disposition);
		take(&f, "Content-Language", &out->language);
		take(&f, "Content-Location", &out->location);
	}
	am_part_header_drop(&header);
	return AM_OK;
}

static void drop(GString *s)
{
	if (s)
		g_string_free(s, TRUE);
}

static void drop_fields(struct fields *f)
{
	drop(f->type);
	drop(f->id);
	drop(f->description);
	drop(f->encoding);
	drop(f->md5);
	drop(f->disposition);
	drop(f->language);
	drop(f->location);
}

static void put_or_nil(GString *out, const GString *s)
{
	if (s && s->len)
		am_put_bytes(out, s->str, s->len);
	else
		g_string_append(out, "NIL");
}

/* ---- "type; name=value" ---- */

static const char *skip_blanks(const char *p)
{
	for (;;) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p != '(')
			return p;
		for (unsigned depth = 0; *p; p++) {
			if (*p == '\\' && p[1])
				p++;
			else if (*p == '(')
				depth++;
			else if (*p == ')' && !--depth) {
				p++;
				break;
			}
		}
	}
}

static const char *take_value(const char *p, GString *value)
{
	g_string_truncate(value, 0);
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			g_string_append_c(value, *p);
		}
		return *p ? p + 1 : p;
	}
	while (*p && *p != ';' && *p != ' ' && *p != '\t')
		g_string_append_c(value, *p++);
	return p;
}

static const char *next_param(const char *p, GString *name, GString *value)
{
	for (;;) {
		p = strchr(p, ';');
		if (!p)
			return NULL;
		p = skip_blanks(p + 1);
		g_string_truncate(name, 0);
		while (*p && !strchr("=; \t(", *p))
			g_string_append_c(name, *p++);
		p = skip_blanks(p);
		if (*p != '=' || !name->len)
			continue;
		return take_value(skip_blanks(p + 1), value);
	}
}

/* Behind the first word, where a ';' within quotes cannot be one.  Text that
 * does not say its charset gets the one it has by default. */
static void put_params(GString *out, const char *from, bool text)
{
	GString *name = g_string_new(""), *value = g_string_new("");
	unsigned n = 0;

	while (from && n < 1000 && (from = next_param(from, name, value))) {
		g_string_append_c(out, n++ ? ' ' : '(');
		am_put_bytes(out, name->str, name->len);
		g_string_append_c(out, ' ');
		am_put_bytes(out, value->str, value->len);
		text &= g_ascii_strncasecmp(name->str, "charset", 7) != 0;
	}
	if (text)
		g_string_append_printf(out, "%s\"charset\" \"us-ascii\"",
		                       n++ ? " " : "(");
	g_string_append(out, n ? ")" : "NIL");
	g_string_free(name, TRUE);
	g_string_free(value, TRUE);
}

/* "text/html" of the scanner, or what stands for it. */
static void put_type(GString *out, const char *type)
{
	const char *slash = strchr(type, '/');

	am_put_bytes(out, type, slash ? (size_t)(slash - type) : strlen(type));
	g_string_append_c(out, ' ');
	am_put_string(out, slash && slash[1] ? slash + 1 : "x-unknown");
}

static void put_disposition(GString *out, const GString *field)
{
	if (!field || !field->len) {
		g_string_append(out, "NIL");
		return;
	}
	const char *p = skip_blanks(field->str);
	size_t len = strcspn(p, "; \t(");
	g_string_append_c(out, '(');
	am_put_bytes(out, p, len);
	g_string_append_c(out, ' ');
	put_params(out, p + len, false);
	g_string_append_c(out, ')');
}

/* "en, de" */
static void put_language(GString *out, const GString *field)
{
	char **words = g_strsplit_set(field ? field->str : "", ", \t", -1);
	unsigned n = 0;

	for (char **w = words; *w; w++)
		if (**w) {
			g_string_append_c(out, n++ ? ' ' : '(');
			am_put_string(out, *w);
		}
	g_string_append(out, n ? ")" : "NIL");
	g_strfreev(words);
}

static void put_extension(const struct writer *w, const struct fields *f,
                          bool md5)
{
	if (!w->extended)
		return;
	g_string_append_c(w->out, ' ');
	if (md5) {
		put_or_nil(w->out, f->md5);
		g_string_append_c(w->out, ' ');
	}
	put_disposition(w->out, f->disposition);
	g_string_append_c(w->out, ' ');
	put_language(w->out, f->language);
	g_string_append_c(w->out, ' ');
	put_or_nil(w->out, f->location);
}

/* ---- parts ---- */

static int count_lines(const struct writer *w, const struct am_part *part,
                       uint64_t *out, struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(w->raw);
	uint8_t *buf = bytes ? NULL : g_malloc(PIECE);
	int r = AM_OK;

	*out = 0;
	for (uint64_t at = part->body; at < part->end && !r;) {
		size_t n = (size_t)MIN(part->end - at, PIECE);
		const uint8_t *data = bytes ? bytes + at : buf;
		if (!bytes)
			r = am_blob_read(w->raw, at, buf, n, &n, err);
		if (r || !n)
			break;
		for (size_t i = 0; i < n; i++)
			*out += data[i] == '\n';
		at += n;
	}
	g_free(buf);
	return r;
}

static const char *type_of(const struct am_part *part, bool *params)
{
	*params = true;
	if (part->kind != AM_PART_LEAF)
		return part->type;
	/* A leaf that says it is none: what has no parts, or too many. */
	if (g_str_has_prefix(part->type, "multipart/")) {
		*params = false;
		return "text/plain";
	}
	if (!strcmp(part->type, "message/rfc822") ||
	    !strcmp(part->type, "message/global")) {
		*params = false;
		return "application/octet-stream";
	}
	return part->type;
}

/* Type, parameters, id, description, encoding, size. */
static void put_basics(const struct writer *w, const struct am_part *part,
                       const struct fields *f)
{
	bool params;
	const char *type = type_of(part, &params);
	GString *out = w->out;

	put_type(out, type);
	g_string_append_c(out, ' ');
	put_params(out, params && f->type ? f->type->str : NULL,
	           g_str_has_prefix(type, "text/"));
	g_string_append_c(out, ' ');
	put_or_nil(out, f->id);
	g_string_append_c(out, ' ');
	put_or_nil(out, f->description);
	g_string_append_c(out, ' ');
	size_t len = f->encoding ? strcspn(f->encoding->str, "; \t(") : 0;
	if (len)
		am_put_bytes(out, f->encoding->str, len);
	else
		g_string_append(out, "\"7bit\"");
	g_string_append_printf(out, " %" PRIu64, part->end - part->body);
}

static int open_part(const struct writer *w, size_t i, struct am_error *err)
{
	const struct am_part *part = &w->scan->parts[i];
	struct fields f;
	uint64_t lines;
	bool params;
	int r = AM_OK;

	g_string_append_c(w->out, '(');
	if (part->kind == AM_PART_MULTIPART)
		return AM_OK;
	r = read_fields(w, part, &f, err);
	if (r)
		return r;
	put_basics(w, part, &f);
	if (part->kind == AM_PART_MESSAGE) {
		g_string_append_c(w->out, ' ');
		if (i + 1 < w->scan->n_parts)
			r = am_envelope_put(w->out, w->raw,
			                    &w->scan->parts[i + 1], w->limits,
			                    err);
		g_string_append_c(w->out, ' ');
	} else {
		if (g_str_has_prefix(type_of(part, &params), "text/")) {
			r = count_lines(w, part, &lines, err);
			g_string_append_printf(w->out, " %" PRIu64, lines);
		}
		put_extension(w, &f, true);
		g_string_append_c(w->out, ')');
	}
	drop_fields(&f);
	return r;
}

static int close_part(const struct writer *w, size_t i, bool childless,
                      struct am_error *err)
{
	const struct am_part *part = &w->scan->parts[i];
	struct fields f;
	uint64_t lines;

	if (part->kind == AM_PART_LEAF)
		return AM_OK;
	int r = read_fields(w, part, &f, err);
	if (r)
		return r;
	if (part->kind == AM_PART_MULTIPART) {
		const char *slash = strchr(part->type, '/');
		if (childless)
			g_string_append_printf(
				w->out,
				"(\"text\" \"plain\" NIL NIL NIL \"7bit\" "
				"0 0%s)",
				w->extended ? " NIL NIL NIL NIL" : "");
		g_string_append_c(w->out, ' ');
		am_put_string(w->out, slash ? slash + 1 : "mixed");
		if (w->extended) {
			g_string_append_c(w->out, ' ');
			put_params(w->out, f.type ? f.type->str : NULL, false);
		}
		put_extension(w, &f, false);
	} else {
		r = count_lines(w, part, &lines, err);
		g_string_append_printf(w->out, " %" PRIu64, lines);
		put_extension(w, &f, true);
	}
	g_string_append_c(w->out, ')');
	drop_fields(&f);
	return r;
}

int am_structure_put(GString *out, const struct am_blob *raw,
                     const struct am_scan *scan, bool extended,
                     const struct am_limits *limits, struct am_error *err)
{
	struct writer w = {.out = out,
	                   .raw = raw,
	                   .scan = scan,
	                   .limits = limits,
	                   .extended = extended};
	size_t at = 0; /* the part that is open, innermost */
	int r = open_part(&w, 0, err);

	for (size_t i = 1; i < scan->n_parts && !r; i++) {
		while (at != scan->parts[i].parent && !r) {
			r = close_part(&w, at, at == i - 1, err);
			at = scan->parts[at].parent;
		}
		if (!r)
			r = open_part(&w, i, err);
		at = i;
	}
	for (;; at = scan->parts[at].parent) {
		if (!r)
			r = close_part(&w, at, at == scan->n_parts - 1, err);
		if (!at)
			break;
	}
	return r;
}
