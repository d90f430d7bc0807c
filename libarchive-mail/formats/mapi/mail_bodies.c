/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which parts are what a person reads: of alternatives the plain one and the
 * HTML; else the first text, and plain text that goes on behind plain text (the
 * footers of mailing lists).  What has a file name, or is called an
 * attachment, is none.
 */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/charset_names.h"
#include "base/utf8.h"
#include "mime/recode.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum { UTF8 = 65001, NATIVE_PLAIN = 1, NATIVE_HTML = 3 };

struct bodies {
	struct am_making *m;
	bool *taken;
	GString *plain; /* UTF-8 with CRLF */
	bool has_plain;
	uint64_t stashed; /* of a long one: where it begins there */
	bool long_plain;
	struct am_error *err;
};

/* ---- plain text ---- */

static void append(void *user, const char *s, size_t len)
{
	g_string_append_len(user, s, (gssize)len);
}

static void recode_all(const char *charset, const struct am_leaf *leaf,
                       GString *out)
{
	struct am_charset_name name = am_charset_names_find(charset);
	const char *s = (const char *)leaf->data;

	/* Most text is ASCII, and so in nearly all charsets. */
	if (name.way != AM_CHARSET_SHIFTED && name.way != AM_CHARSET_HZ &&
	    (name.way != AM_CHARSET_UNSAID || !charset || !*charset) &&
	    am_utf8_ascii(s, leaf->len) == leaf->len) {
		g_string_append_len(out, s, (gssize)leaf->len);
		return;
	}
	struct am_recode *recode = am_recode_new(charset, append, out);
	am_recode_feed(recode, s, leaf->len);
	am_recode_finish(recode);
	am_recode_free(&recode);
}

void am_making_lines(GString *to, const char *s, size_t len, bool *after_cr)
{
	while (len) {
		const char *lf = memchr(s, '\n', len);
		size_t n = lf ? (size_t)(lf - s) : len;
		if (n) {
			*after_cr = s[n - 1] == '\r';
			g_string_append_len(to, s, (gssize)n);
		}
		if (lf) {
			g_string_append(to, *after_cr ? "\n" : "\r\n");
			*after_cr = false;
			n++;
		}
		s += n;
		len -= n;
	}
}

static bool has_lone_end(const uint8_t *s, size_t len)
{
	for (const uint8_t *p = s, *end = s + len;
	     (p = memchr(p, '\r', (size_t)(end - p))); p++)
		if (end - p < 2 || p[1] != '\n')
			return true;
	for (const uint8_t *p = s, *end = s + len;
	     (p = memchr(p, '\n', (size_t)(end - p))); p++)
		if (p == s || p[-1] != '\r')
			return true;
	return false;
}

/* Where the text is its bytes in UTF-8, it gives them back. */
static void note_plain_span(struct bodies *b, size_t part,
                            const struct am_leaf *leaf, const GString *text,
                            size_t from)
{
	const struct am_part *p = &b->m->scan.parts[part];
	bool lf = leaf->len && !memchr(leaf->data, '\r', leaf->len);
	struct am_original_span span = {.at = p->body,
	                                .len = p->end - p->body,
	                                .kind = AM_ORIGINAL_TEXT,
	                                .base64 = leaf->base64,
	                                .lf = lf,
	                                .from = from,
	                                .n = b->plain->len - from,
	                                .form = leaf->form};

	if (leaf->exact && text->len == leaf->len && leaf->len &&
	    !memcmp(text->str, leaf->data, leaf->len) &&
	    !memchr(leaf->data, '\0', leaf->len) &&
	    (lf || !has_lone_end(leaf->data, leaf->len)))
		g_array_append_val(b->m->spans, span);
}

static int take_short_plain(struct bodies *b, size_t part, const char *charset)
{
	GString *text = g_string_new(NULL);
	struct am_leaf leaf;
	bool after_cr = false;
	int r = am_leaf_read(b->m, part, &leaf, b->err);

	if (r) {
		g_string_free(text, TRUE);
		return r;
	}
	recode_all(charset, &leaf, text);
	if (b->plain->len && !g_str_has_suffix(b->plain->str, "\n"))
		g_string_append(b->plain, "\r\n");
	size_t from = b->plain->len;
	am_making_lines(b->plain, text->str, text->len, &after_cr);
	note_plain_span(b, part, &leaf, text, from);
	/* A NUL would be the end of the string to some. */
	for (char *nul = b->plain->str + from;
	     (nul = memchr(nul, '\0',
	                   (size_t)(b->plain->str + b->plain->len - nul)));)
		*nul = ' ';
	g_string_free(text, TRUE);
	return AM_OK;
}

/* Text that is too long for one piece goes through to the stash. */
struct streaming {
	struct bodies *b;
	struct am_arena *arena;
	GString *lines;
	bool after_cr;
	int status;
};

static void stream_text(void *user, const char *s, size_t len)
{
	struct streaming *t = user;
	size_t wide;

	if (t->status)
		return;
	g_string_truncate(t->lines, 0);
	am_making_lines(t->lines, s, len, &t->after_cr);
	for (size_t i = 0; i < t->lines->len; i++)
		if (!t->lines->str[i])
			t->lines->str[i] = ' ';
	const uint8_t *data =
		am_mapi_utf16_of(t->arena, t->lines->str, t->lines->len, &wide);
	t->status = am_stash_write(&t->b->m->stash, data, wide, t->b->err);
	am_arena_reset(t->arena);
}

static int take_long_plain(struct bodies *b, size_t part, const char *charset)
{
	struct streaming t = {b, am_arena_new(), g_string_new(NULL), false, 0};
	struct am_recode *recode = am_recode_new(charset, stream_text, &t);
	int r;

	b->long_plain = true;
	b->stashed = b->m->stash.size;
	r = am_leaf_feed(b->m, part, recode, b->err);
	if (!r)
		am_recode_finish(recode);
	am_recode_free(&recode);
	if (!r && !t.status)
		am_stash_for_value(&b->m->stash, b->m->item,
		                   (uint32_t)AM_PR_BODY << 16 | AM_MAPI_STRING,
		                   b->stashed);
	g_string_free(t.lines, TRUE);
	am_arena_free(&t.arena);
	return r ? r : t.status;
}

static int take_plain(struct bodies *b, size_t part, const char *charset)
{
	b->taken[part - b->m->part] = true;
	b->has_plain = true;
	return am_making_part_len(b->m, part) > AM_MAKING_TEXT_MAX
	               ? take_long_plain(b, part, charset)
	               : take_short_plain(b, part, charset);
}

/* ---- HTML ---- */

/* "charset=" near its front, where the mail itself says nothing. */
static const char *charset_inside(struct am_making *m,
                                  const struct am_leaf *leaf)
{
	size_t len = MIN(leaf->len, (size_t)2048);
	char *head = g_ascii_strdown((const char *)leaf->data, (gssize)len);
	const char *at = memmem(head, strlen(head), "charset=", 8);
	char *name = NULL;

	if (at) {
		at += 8;
		at += strspn(at, "\"' ");
		name = am_arena_strndup(m->arena, at,
		                        strcspn(at, "\"' ;/>\r\n"));
	}
	g_free(head);
	return name && *name ? name : NULL;
}

static unsigned codepage_of(const char *charset, const struct am_leaf *leaf)
{
	unsigned codepage = charset ? am_mapi_codepage(charset) : 0;
	bool utf8 = leaf->data &&
	            am_utf8_valid((const char *)leaf->data, leaf->len);

	/* Those are no bytes of ASCII, which HTML in a mail has to be of. */
	if (codepage == 1200 || codepage == 1201 || codepage == 65000)
		return 0;
	/* us-ascii that is none, or not said at all. */
	if (codepage == 20127 || (!charset && !codepage))
		return utf8 ? UTF8 : 1252;
	return codepage;
}

/* In a charset that Outlook does not know: as UTF-8. */
static int put_recoded(struct am_making *m, const char *charset,
                       const struct am_leaf *leaf, struct am_error *err)
{
	GString *text = g_string_new(NULL);

	recode_all(charset, leaf, text);
	m->html = am_arena_strndup(m->arena, text->str, text->len);
	m->html_len = text->len;
	int r = am_making_binary(m, AM_PR_HTML, (const uint8_t *)m->html,
	                         m->html_len, err);
	g_string_free(text, TRUE);
	return r;
}

static int take_short_html(struct bodies *b, size_t part, const char *charset,
                           unsigned *codepage)
{
	struct am_making *m = b->m;
	const struct am_part *p = &m->scan.parts[part];
	struct am_leaf leaf;
	int r = am_leaf_read(m, part, &leaf, b->err);

	if (r)
		return r;
	if (!charset)
		charset = charset_inside(m, &leaf);
	*codepage = codepage_of(charset, &leaf);
	if (!*codepage) {
		*codepage = UTF8;
		return put_recoded(m, charset, &leaf, b->err);
	}
	struct am_original_span span = {.at = p->body,
	                                .len = p->end - p->body,
	                                .kind = AM_ORIGINAL_HTML,
	                                .base64 = leaf.base64,
	                                .n = leaf.len,
	                                .form = leaf.form};
	if (leaf.exact && leaf.len)
		g_array_append_val(m->spans, span);
	m->html = (const char *)leaf.data;
	m->html_len = leaf.len;
	return am_making_binary(m, AM_PR_HTML, leaf.data, leaf.len, b->err);
}

static int take_long_html(struct bodies *b, size_t part, const char *charset,
                          unsigned *codepage)
{
	struct am_making *m = b->m;
	const struct am_part *p = &m->scan.parts[part];
	const uint32_t tag = (uint32_t)AM_PR_HTML << 16 | AM_MAPI_BINARY;
	struct am_original_span span = {.at = p->body,
	                                .len = p->end - p->body,
	                                .kind = AM_ORIGINAL_HTML};
	struct am_leaf leaf = {.exact = true};
	int r;

	*codepage = codepage_of(charset, &leaf);
	if (!*codepage)
		*codepage = UTF8;
	if (!am_leaf_is_encoded(m, part)) {
		struct am_blob *blob = NULL;
		span.n = span.len;
		r = am_blob_range(&blob, m->raw, p->body, span.len, b->err);
		if (!r)
			am_mapi_put_blob(&m->item->props, tag, blob);
		am_blob_unref(&blob);
	} else {
		r = am_leaf_stash(m, part, &leaf, b->err);
		span.n = m->stash.size - leaf.at;
		span.base64 = leaf.base64;
		span.form = leaf.form;
		if (!r)
			am_stash_for_value(&m->stash, m->item, tag, leaf.at);
	}
	if (!r && leaf.exact)
		g_array_append_val(m->spans, span);
	return r;
}

static int take_html(struct bodies *b, size_t part, const char *charset)
{
	struct am_making *m = b->m;
	unsigned codepage = UTF8;

	b->taken[part - m->part] = true;
	m->has_html = true;
	int r = am_making_part_len(m, part) > AM_MAKING_TEXT_MAX
	                ? take_long_html(b, part, charset, &codepage)
	                : take_short_html(b, part, charset, &codepage);
	am_mapi_put_int(&m->item->props, AM_PR_INTERNET_CODEPAGE,
	                (int32_t)codepage);
	return r;
}

/* ---- which ---- */

static bool in_alternative(const struct am_making *m, size_t part)
{
	for (size_t i = part; i != m->part;) {
		i = m->scan.parts[i].parent;
		if (!strcmp(m->scan.parts[i].type, "multipart/alternative"))
			return true;
		if (i < m->part)
			break;
	}
	return false;
}

/* A charset, and that it is text to be read: not a file. */
static int look_at(struct am_making *m, size_t part, bool *reads,
                   const char **charset, struct am_error *err)
{
	struct am_part_header header;
	struct am_part_fields fields;
	int r = am_part_header_read(&header, m->raw, &m->scan.parts[part],
	                            m->limits.header_bytes, err);

	*charset = NULL;
	if (!r) {
		am_part_fields_find(&fields, &header);
		*reads = !am_part_is_disposed(&fields, "attachment") &&
		         (part == m->part || !am_part_name(m->arena, &fields));
		if (fields.type.name)
			*charset =
				am_param_get(m->arena, fields.type.value,
			                     fields.type.value_len, "charset");
	}
	am_part_header_drop(&header);
	return r;
}

static int consider(struct bodies *b, size_t part)
{
	struct am_making *m = b->m;
	const struct am_part *p = &m->scan.parts[part];
	bool html = !strcmp(p->type, "text/html");
	bool plain = !strcmp(p->type, "text/plain") ||
	             (part == m->part && !strncmp(p->type, "multipart/", 10));
	bool reads = false;
	const char *charset;

	if ((!html && !plain) || (html && m->has_html) ||
	    (plain && b->has_plain && (m->has_html || b->long_plain)))
		return AM_OK;
	/* Behind text of the other kind it is no body, unless it is the same
	 * in another form. */
	if (((html && b->has_plain) || (plain && m->has_html) ||
	     (plain && b->has_plain)) &&
	    in_alternative(m, part) == (plain && b->has_plain))
		return AM_OK;
	if (plain && b->has_plain &&
	    am_making_part_len(m, part) > AM_MAKING_TEXT_MAX)
		return AM_OK;
	int r = look_at(m, part, &reads, &charset, b->err);
	if (r || !reads)
		return r;
	return html ? take_html(b, part, charset)
	            : take_plain(b, part, charset);
}

int am_making_bodies(struct am_making *m, bool *taken, struct am_error *err)
{
	struct bodies b = {.m = m,
	                   .taken = taken,
	                   .plain = g_string_new(NULL),
	                   .err = err};
	int r = AM_OK;

	for (size_t i = m->part; i < m->end && !r; i++) {
		const struct am_part *p = &m->scan.parts[i];
		if (p->kind == AM_PART_LEAF)
			r = consider(&b, i);
		else if (p->kind == AM_PART_MESSAGE)
			i = am_making_part_end(m, i) - 1;
	}
	if (!r && b.has_plain && !b.long_plain)
		r = am_making_text(m, AM_PR_BODY, b.plain->str, b.plain->len,
		                   err);
	/* What an answer would be written in. */
	if (!m->has_html)
		am_mapi_put_int(&m->item->props, AM_PR_INTERNET_CODEPAGE, UTF8);
	if (b.has_plain || m->has_html)
		am_mapi_put_int(&m->item->props, AM_TO_NATIVE_BODY,
		                m->has_html ? NATIVE_HTML : NATIVE_PLAIN);
	g_string_free(b.plain, TRUE);
	return r;
}
