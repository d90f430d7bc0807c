/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [MS-OLEDS] 2.3.6: the stream "\1Ole10Native" of a package has
 *
 *   size u32, 2 u16, label NUL, path NUL, 4 bytes, length u32, path of that
 *   many bytes, length u32, and the bytes of the file
 *
 * Outlook's own pasted pictures are in a stream "CONTENTS", as a bitmap file or
 * as one without its first 14 bytes.
 */
#include "formats/mapi/mapi_ole.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "base/reader.h"
#include "model/ctx.h"
#include "outlook/cfb/cfb.h"

#include <glib.h>

#include <string.h>

enum { HEAD = 4096, BITMAP_HEADER = 14 };

static const struct {
	const char *stream, *type, *ending;
} documents[] = {
	{"WordDocument", "application/msword", ".doc"},
	{"Workbook", "application/vnd.ms-excel", ".xls"},
	{"Book", "application/vnd.ms-excel", ".xls"},
	{"PowerPoint Document", "application/vnd.ms-powerpoint", ".ppt"},
	{"VisioDocument", "application/vnd.visio", ".vsd"},
};

static int to_blob(struct am_blob **out, struct am_mapi_container *in,
                   const struct am_mapi_prop *value, const struct am_ctx *ctx)
{
	struct am_limits limits = am_limits_or_default(&ctx->limits);
	struct am_spool *spool = NULL;
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_mapi_value_open(in, value, &from, NULL);

	if (!r)
		r = am_spool_open(&spool, limits.spool_memory,
		                  am_ctx_tmpdir(ctx), NULL);
	while (!r && !(r = am_reader_peek(from, 1, &data, &len, NULL))) {
		r = am_spool_write(spool, data, len, NULL);
		am_reader_skip(from, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, NULL);
	am_spool_drop(&spool);
	am_reader_close(&from);
	return r;
}

/* "Picture" and ".bmp"; what is there already is not put behind it again. */
static char *name_file(const char *name, const char *ending)
{
	if (!name || !*name)
		name = "object";
	return g_str_has_suffix(name, ending) ? g_strdup(name)
	                                      : g_strconcat(name, ending, NULL);
}

/* ---- pictures ---- */

/* What a file of a bitmap has in front of it. */
static bool bitmap_header(struct am_mapi_ole *out, const uint8_t *data,
                          size_t len, uint64_t size)
{
	struct am_cursor c = am_cursor(data, len);
	uint32_t header = am_get_le32(&c);

	(void)am_get_bytes(&c, 10);
	uint16_t bits = am_get_le16(&c);
	uint32_t packing = am_get_le32(&c);
	(void)am_get_bytes(&c, 12);
	uint32_t colours = am_get_le32(&c);
	if (c.bad || (header != 40 && header != 108 && header != 124) ||
	    bits > 32 || colours > 256)
		return false;
	if (!colours && bits <= 8)
		colours = 1u << bits;
	uint32_t at = BITMAP_HEADER + header + 4 * colours +
	              (packing == 3 && header == 40 ? 12 : 0);
	if (size > UINT32_MAX - BITMAP_HEADER || at > size + BITMAP_HEADER)
		return false;
	memcpy(out->head, "BM", 2);
	am_put_le32(out->head + 2, (uint32_t)size + BITMAP_HEADER);
	am_put_le32(out->head + 10, at);
	out->n_head = BITMAP_HEADER;
	return true;
}

static bool is_picture(struct am_mapi_ole *out, const uint8_t *data, size_t len,
                       uint64_t size)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *type, *ending;
	} list[] = {
		{"BM", 2, "image/bmp", ".bmp"},
		{"\x89PNG", 4, "image/png", ".png"},
		{"\xff\xd8\xff", 3, "image/jpeg", ".jpg"},
		{"GIF8", 4, "image/gif", ".gif"},
		{"\xd7\xcd\xc6\x9a", 4, "image/wmf", ".wmf"},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		if (len < list[i].len ||
		    memcmp(data, list[i].magic, list[i].len) != 0)
			continue;
		out->file_type = list[i].type;
		out->ending = list[i].ending;
		return true;
	}
	if (!bitmap_header(out, data, len, size))
		return false;
	out->file_type = "image/bmp";
	out->ending = ".bmp";
	return true;
}

static bool find_picture(struct am_mapi_ole *out, const char *name)
{
	uint32_t stream = am_cfb_find(out->cfb, 0, "CONTENTS");
	const uint8_t *data;
	size_t len;

	if (stream == AM_CFB_NONE ||
	    am_cfb_stream(out->cfb, stream, &out->from, NULL))
		return false;
	out->size = am_cfb_entry(out->cfb, stream)->size;
	int r = am_reader_peek(out->from, 64, &data, &len, NULL);
	bool yes = r >= 0 && len && is_picture(out, data, len, out->size);
	if (yes)
		out->file_name = name_file(name, out->ending);
	out->ending = NULL; /* that is the picture's */
	return yes;
}

/* ---- packages ---- */

static const char *take_text(struct am_cursor *c)
{
	const uint8_t *end = memchr(c->at, 0, am_cursor_left(c));

	if (!end) {
		c->bad = true;
		return "";
	}
	const char *text = (const char *)c->at;
	c->at = end + 1;
	return text;
}

/* What is behind the last slash of either kind. */
static const char *last_part(const char *path)
{
	const char *name = path;

	for (const char *p = path; *p; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	return name;
}

/* Windows' 8-bit text, of nobody knows which code page. */
static char *to_utf8(const char *text)
{
	struct am_arena *arena = am_arena_new();
	char *out = g_strdup(am_charset_to_utf8(arena, "windows-1252", text,
	                                        strlen(text), NULL));

	am_arena_free(&arena);
	return out;
}

static bool find_package(struct am_mapi_ole *out)
{
	uint32_t stream = am_cfb_find(out->cfb, 0, "\1Ole10Native");
	const uint8_t *data;
	size_t len;

	if (stream == AM_CFB_NONE ||
	    am_cfb_stream(out->cfb, stream, &out->from, NULL))
		return false;
	if (am_reader_peek(out->from, HEAD, &data, &len, NULL) < 0 || !len)
		return false;
	struct am_cursor c = am_cursor(data, len);
	(void)am_get_bytes(&c, 6);
	const char *label = c.bad ? "" : take_text(&c);
	const char *path = c.bad ? "" : take_text(&c);
	(void)am_get_bytes(&c, 4);
	(void)am_get_bytes(&c, c.bad ? 0 : am_get_le32(&c));
	uint32_t size = am_get_le32(&c);
	uint64_t before = (uint64_t)(c.at - data);
	uint64_t all = am_cfb_entry(out->cfb, stream)->size;
	if (c.bad || before > all || size > all - before)
		return false;
	const char *name = last_part(*label ? label : path);
	out->file_name = *name ? to_utf8(name) : g_strdup("package");
	out->size = size;
	am_reader_skip(out->from, (size_t)before);
	return true;
}

/* ---- the door ---- */

static bool find_document(struct am_mapi_ole *out)
{
	for (size_t i = 0; i < AM_COUNT(documents); i++) {
		if (am_cfb_find(out->cfb, 0, documents[i].stream) ==
		    AM_CFB_NONE)
			continue;
		out->type = documents[i].type;
		out->ending = documents[i].ending;
		return true;
	}
	return false;
}

bool am_mapi_ole_open(struct am_mapi_ole *out, struct am_mapi_container *in,
                      const struct am_mapi_prop *value, const char *name,
                      const struct am_ctx *ctx)
{
	struct am_blob *blob = NULL;

	*out = (struct am_mapi_ole){.type = NULL};
	if (to_blob(&blob, in, value, ctx) ||
	    am_cfb_open(&out->cfb, blob, NULL)) {
		am_blob_unref(&blob);
		return false;
	}
	am_blob_unref(&blob);
	if (find_document(out))
		return true;
	if (find_package(out))
		return true;
	am_reader_close(&out->from);
	if (find_picture(out, name))
		return true;
	am_reader_close(&out->from);
	return false;
}

int am_mapi_ole_put(struct am_mail_out *out, struct am_mapi_ole *ole,
                    struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = AM_OK;

	am_mail_out_printf(out, "Content-Type: %s", ole->file_type);
	am_mail_out_param(out, "name", ole->file_name);
	am_mail_out_text(out,
	                 "\r\nContent-Transfer-Encoding: base64\r\n"
	                 "Content-Description: file in the object before it"
	                 "\r\nContent-Disposition: attachment");
	am_mail_out_param(out, "filename", ole->file_name);
	am_mail_out_text(out, "\r\n\r\n");
	am_mail_out_base64(out, ole->head, ole->n_head);
	while (ole->size && !r && !out->status) {
		r = am_reader_peek(ole->from, 1, &data, &len, err);
		if (r)
			break;
		len = (size_t)MIN((uint64_t)len, ole->size);
		am_mail_out_base64(out, data, len);
		am_reader_skip(ole->from, len);
		ole->size -= len;
	}
	am_mail_out_base64_end(out);
	return r == AM_END ? am_fail(err, AM_FAILED, AM_E_FORMAT,
	                             "the file in an OLE object is cut off")
	                   : r;
}

void am_mapi_ole_close(struct am_mapi_ole *ole)
{
	am_reader_close(&ole->from);
	am_cfb_close(&ole->cfb);
	g_clear_pointer(&ole->file_name, g_free);
}
