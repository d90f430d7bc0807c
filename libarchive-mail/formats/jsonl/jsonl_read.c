/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line without having it in memory: the string "raw" of the outermost object
 * is decoded as it comes by, wherever it stands, and an empty one takes its
 * place in the rest, which jansson then reads.
 */
#include "base/blob.h"
#include "base/reader.h"
#include "formats/jsonl/jsonl.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

/* Of a line without its raw.  A header block has 4 MiB at most, a text as
 * much, and JSON may make six bytes of one. */
#define MAX_REST (128u << 20)

struct line {
	struct am_spool *spool; /* NULL: raw is not wanted */
	GString *rest;
	GString *key; /* of the outermost object, being read or the last */
	int depth;
	bool in_string, escaped, is_key, is_raw, has_raw;
	bool wants_key; /* the next string of the outermost object is one */
	gint state;     /* of the base64 decoder */
	guint save;
	bool too_long, broken;
};

static void begin_string(struct line *l)
{
	l->in_string = true;
	l->is_key = l->depth == 1 && l->wants_key;
	if (l->is_key)
		g_string_truncate(l->key, 0);
	else if (l->depth == 1 && !strcmp(l->key->str, "raw"))
		l->is_raw = l->has_raw = true;
}

/* A run of raw, to the quote that ends it or to the end of the data.  The
 * decoder passes over what is no letter of base64, as the '\' of "\/". */
static size_t take_raw(struct line *l, const uint8_t *data, size_t len,
                       int *status, struct am_error *err)
{
	const uint8_t *quote = memchr(data, '"', len);
	const uint8_t *feed = memchr(data, '\n', len);
	size_t n = quote ? (size_t)(quote - data) : len;
	guchar out[4096];

	/* A line ends within a string: it is no JSON. */
	if (feed && (size_t)(feed - data) < n)
		n = (size_t)(feed - data);
	for (size_t at = 0; l->spool && at < n && !*status;) {
		size_t piece = n - at < 4096 ? n - at : 4096;
		gsize got =
			g_base64_decode_step((const gchar *)data + at, piece,
		                             out, &l->state, &l->save);
		*status = am_spool_write(l->spool, out, got, err);
		at += piece;
	}
	return n;
}

static void take_byte(struct line *l, uint8_t c)
{
	if (l->rest->len >= MAX_REST) {
		l->too_long = true;
		return;
	}
	g_string_append_c(l->rest, (char)c);
	if (l->in_string) {
		if (l->escaped) {
			l->escaped = false;
		} else if (c == '\\') {
			l->escaped = true;
		} else if (c == '"') {
			l->in_string = l->is_raw = false;
			return;
		}
		if (l->is_key)
			g_string_append_c(l->key, (char)c);
		return;
	}
	switch (c) {
	case '"':
		begin_string(l);
		break;
	case '{':
	case '[':
		l->depth++;
		l->wants_key = l->depth == 1 && c == '{';
		break;
	case '}':
	case ']':
		l->depth--;
		break;
	case ':':
		if (l->depth == 1)
			l->wants_key = false;
		break;
	case ',':
		if (l->depth == 1)
			l->wants_key = true;
		break;
	default:
		break;
	}
}

/* To the line feed or the end of all.  AM_END: there was nothing. */
static int take_line(struct line *l, struct am_reader *reader,
                     const struct am_ctx *ctx, struct am_error *err)
{
	const uint8_t *data;
	bool any = false;
	size_t len;
	int r;

	while (!(r = am_reader_peek(reader, 1, &data, &len, err))) {
		size_t at = 0;
		int status = AM_OK;

		any = true;
		if (am_ctx_cancelled(ctx))
			return am_ctx_fail_cancelled(err);
		while (at < len && !status && data[at] != '\n') {
			if (l->is_raw && data[at] != '"')
				at += take_raw(l, data + at, len - at, &status,
				               err);
			else
				take_byte(l, data[at++]);
		}
		bool over = at < len && data[at] == '\n';
		am_reader_skip(reader, over ? at + 1 : at);
		if (status || over)
			return status;
	}
	l->broken = r < 0;
	return r == AM_END && any ? AM_OK : r;
}

const char *am_jsonl_kind(const json_t *object)
{
	const char *kind =
		json_string_value(json_object_get(object, "mailark"));

	if (kind && !strcmp(kind, AM_JSONL_MESSAGE))
		return AM_JSONL_MESSAGE;
	return kind && !strcmp(kind, AM_JSONL_FOLDER) ? AM_JSONL_FOLDER : NULL;
}

static int parse(struct am_jsonl_line *out, const struct line *l,
                 struct am_error *err)
{
	json_error_t why;

	if (l->too_long)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "the line is longer than %u MiB without the "
		               "bytes of its message",
		               MAX_REST >> 20);
	out->object =
		json_loadb(l->rest->str, l->rest->len, JSON_ALLOW_NUL, &why);
	if (!out->object)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "the line is no JSON: %.120s", why.text);
	if (!am_jsonl_kind(out->object))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "the line has no \"mailark\": \"%s\" in it",
		               AM_JSONL_MESSAGE);
	return AM_OK;
}

static bool blank(const GString *s)
{
	return strspn(s->str, " \t\r") == s->len;
}

int am_jsonl_read(struct am_jsonl_line *out, struct am_reader *reader,
                  bool want_raw, const struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct line l = {.rest = g_string_new(NULL), .key = g_string_new(NULL)};
	int r;

	*out = (struct am_jsonl_line){0};
	do {
		g_string_truncate(l.rest, 0);
		r = want_raw && !l.spool
		            ? am_spool_open(&l.spool, limits.spool_memory,
		                            am_ctx_tmpdir(ctx), err)
		            : AM_OK;
		if (!r)
			r = take_line(&l, reader, ctx, err);
	} while (!r && blank(l.rest));
	if (!r)
		r = parse(out, &l, err);
	out->has_raw = l.has_raw;
	out->broken = l.broken;
	if (!r && l.has_raw && want_raw)
		r = am_spool_seal(&l.spool, &out->raw, err);
	if (r && out->object) {
		json_decref(out->object);
		out->object = NULL;
	}
	am_spool_drop(&l.spool);
	g_string_free(l.rest, TRUE);
	g_string_free(l.key, TRUE);
	return r;
}
