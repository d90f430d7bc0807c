/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_body.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/reader.h"
#include "outlook/mapi/tags.h"
#include "outlook/rtf/lzfu.h"
#include "outlook/rtf/rtf.h"

#include <glib.h>

#include <string.h>

/* Text that is converted; more goes as it is.  RTF that is looked into; more is
 * not, and the message says so. */
enum { TEXT_MAX = 16 << 20, RTF_MAX = 64 << 20 };

bool am_mapi_body_there(const struct am_mapi_body *body)
{
	return body->data || body->large;
}

static void take_string(struct am_mapi_body *to,
                        const struct am_mapi_props *props,
                        const struct am_mapi_prop *p,
                        struct am_mapi_container *in)
{
	struct am_mapi_prop now = *p;
	uint8_t *held = NULL;

	if (!p->data &&
	    am_mapi_value_all(in, p, TEXT_MAX, &held, &now.len, NULL)) {
		/* Too large, or damaged: as it is, piece by piece. */
		to->large = p;
		to->charset = am_mapi_type_of(p) == AM_MAPI_STRING
		                      ? "utf-16le"
		                      : am_mapi_charset(props->codepage);
		return;
	}
	if (!p->data)
		now.data = held;
	const char *text = am_mapi_prop_text(props, &now);
	if (text && *text) {
		to->data = (const uint8_t *)text;
		to->len = strlen(text);
		to->charset = "utf-8";
	}
	g_free(held);
}

/* Would these bytes be text in that charset? */
static bool fits(const char *charset, const uint8_t *data, size_t len)
{
	GError *error = NULL;
	gsize got;

	if (!strcmp(charset, "utf-8"))
		return am_utf8_valid((const char *)data, len);
	if (!strcmp(charset, "us-ascii")) {
		for (size_t i = 0; i < len; i++)
			if (data[i] >= 0x80)
				return false;
		return true;
	}
	char *text = g_convert((const char *)data, (gssize)len, "UTF-8",
	                       charset, NULL, &got, &error);
	g_clear_error(&error);
	g_free(text);
	return text != NULL;
}

/* charset=… of a meta element near the top, into room of 40; NULL: none. */
static const char *meta_charset(const uint8_t *data, size_t len,
                                struct am_arena *arena)
{
	char *top = am_arena_strndup(arena, (const char *)data, MIN(len, 4096));
	char *at = NULL;

	for (char *p = top; *p; p++)
		*p = g_ascii_tolower(*p);
	at = strstr(top, "charset=");
	if (!at)
		return NULL;
	at += strlen("charset=");
	at += strspn(at, "\"' ");
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	return n && n < 40 ? am_arena_strndup(arena, at, n) : NULL;
}

static void take_html(struct am_mapi_body *to,
                      const struct am_mapi_props *props,
                      const struct am_mapi_prop *p,
                      struct am_mapi_container *in)
{
	int64_t codepage = 0;

	if (am_mapi_type_of(p) != AM_MAPI_BINARY) {
		take_string(to, props, p, in);
		return;
	}
	(void)am_mapi_int(props, AM_PR_INTERNET_CODEPAGE, &codepage);
	const char *said =
		codepage > 0 ? am_mapi_charset((unsigned)codepage) : NULL;
	to->data = p->data && p->len ? p->data : NULL;
	to->len = p->len;
	to->large = p->data ? NULL : p;
	to->charset = said ? said : am_mapi_charset(props->codepage);
	if (!to->data)
		return;
	/* The property says it, unless the bytes say that this is wrong. */
	if (said && fits(said, p->data, p->len))
		return;
	const char *meta = meta_charset(p->data, p->len, props->arena);
	if (meta && fits(meta, p->data, p->len))
		to->charset = meta;
	else if (am_utf8_valid((const char *)p->data, p->len))
		to->charset = "utf-8";
	else if (!said)
		to->charset = "windows-1252";
}

static void take_rtf(struct am_mapi_bodies *out,
                     const struct am_mapi_props *props,
                     const struct am_mapi_prop *p, struct am_mapi_container *in)
{
	struct am_error err = {0};
	uint8_t *held = NULL, *rtf = NULL;
	const uint8_t *packed = NULL;
	size_t len = 0, rtf_len = 0, text_len = 0;
	enum am_rtf_kind kind = AM_RTF_RICH;
	char *text = NULL;
	int r = AM_OK;

	if (p->data) {
		packed = p->data;
		len = p->len;
	} else {
		r = am_mapi_value_all(in, p, RTF_MAX, &held, &len, &err);
		packed = held;
	}
	if (!r && !len) {
		g_free(held);
		return;
	}
	if (!r)
		r = am_lzfu_unpack(packed, len, RTF_MAX, &rtf, &rtf_len, &err);
	int cut = r;
	if (rtf_len)
		r = am_rtf_read(rtf, rtf_len, &kind, &text, &text_len,
		                cut ? NULL : &err);
	if ((r || cut) && *err.text)
		out->trouble = am_arena_strdup(props->arena, err.text);
	struct am_mapi_body *to = kind == AM_RTF_HTML ? &out->html : &out->text;
	if (!r && text_len && !am_mapi_body_there(to)) {
		to->data = (const uint8_t *)am_arena_strndup(props->arena, text,
		                                             text_len);
		to->len = text_len;
		to->charset = "utf-8";
	}
	if (!r && kind == AM_RTF_RICH) {
		out->rich.data = (const uint8_t *)am_arena_strndup(
			props->arena, (const char *)rtf, rtf_len);
		out->rich.len = rtf_len;
	}
	g_free(text);
	g_free(rtf);
	g_free(held);
}

void am_mapi_bodies_find(struct am_mapi_bodies *out,
                         const struct am_mapi_message *msg)
{
	const struct am_mapi_props *props = &msg->props;
	const struct am_mapi_prop *text = am_mapi_find(props, AM_PR_BODY);
	const struct am_mapi_prop *html = am_mapi_find(props, AM_PR_HTML);
	const struct am_mapi_prop *rtf =
		am_mapi_find(props, AM_PR_RTF_COMPRESSED);

	memset(out, 0, sizeof(*out));
	if (text && (am_mapi_type_of(text) == AM_MAPI_STRING ||
	             am_mapi_type_of(text) == AM_MAPI_STRING8))
		take_string(&out->text, props, text, msg->in);
	if (html)
		take_html(&out->html, props, html, msg->in);
	if (rtf && !am_mapi_body_there(&out->html) &&
	    am_mapi_type_of(rtf) == AM_MAPI_BINARY)
		take_rtf(out, props, rtf, msg->in);
}

/* ---- writing ---- */

static int stream(struct am_mail_out *out, struct am_mapi_container *in,
                  const struct am_mapi_prop *prop,
                  void (*put)(struct am_mail_out *out, const uint8_t *data,
                              size_t len),
                  struct am_error *err)
{
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;
	int r;

	if (prop->data) {
		put(out, prop->data, prop->len);
		return AM_OK;
	}
	r = am_mapi_value_open(in, prop, &from, err);
	while (!r && !out->status &&
	       !(r = am_reader_peek(from, 1, &data, &len, err))) {
		put(out, data, len);
		am_reader_skip(from, len);
	}
	am_reader_close(&from);
	return r == AM_END ? AM_OK : r;
}

static void put_raw(struct am_mail_out *out, const uint8_t *data, size_t len)
{
	am_mail_out_write(out, data, len);
}

int am_mapi_stream_base64(struct am_mail_out *out, struct am_mapi_container *in,
                          const struct am_mapi_prop *prop, struct am_error *err)
{
	int r = stream(out, in, prop, am_mail_out_base64, err);

	am_mail_out_base64_end(out);
	return r;
}

int am_mapi_stream_raw(struct am_mail_out *out, struct am_mapi_container *in,
                       const struct am_mapi_prop *prop, struct am_error *err)
{
	return stream(out, in, prop, put_raw, err);
}

/* Text whose lines end in LF alone, as Exchange writes HTML: in a mail they end
 * in CRLF.  A line end of another kind, or a NUL, as wider characters have: it
 * is left as it is.  NULL; else g_free() it. */
static char *mend_lines(const uint8_t *data, size_t len, size_t *out)
{
	size_t lines = 0, n = 0;
	const uint8_t *at = data, *end = data + len;

	if (!len || memchr(data, '\r', len) || memchr(data, '\0', len))
		return NULL;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		lines++;
		at++;
	}
	if (!lines)
		return NULL;
	char *text = g_malloc(len + lines);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n')
			text[n++] = '\r';
		text[n++] = (char)data[i];
	}
	*out = n;
	return text;
}

int am_mapi_body_put(struct am_mail_out *out, const struct am_mapi_body *body,
                     const char *type, struct am_mapi_container *in,
                     struct am_error *err)
{
	am_mail_out_printf(out, "Content-Type: %s", type);
	if (body->charset)
		am_mail_out_printf(out, "; charset=%s", body->charset);
	am_mail_out_text(out, "\r\n");
	if (body->data) {
		size_t len = body->len;
		char *mended = mend_lines(body->data, body->len, &len);
		am_mail_out_body(out,
		                 mended ? (const uint8_t *)mended : body->data,
		                 len);
		g_free(mended);
		return AM_OK;
	}
	am_mail_out_text(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	return am_mapi_stream_base64(out, in, body->large, err);
}
