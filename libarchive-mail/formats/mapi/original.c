/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writing and reading of originals have in common: the mark. */
#include "formats/mapi/original.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "formats/mapi/mapi_headers.h"
#include "formats/mapi/own_names.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

/* What the mark is a hash of: gathered as long as it is short, so that it can
 * be hashed side by side with the mail. */
struct marking {
	GByteArray *bytes;
	struct am_sha256 *sha; /* NULL: all of it is in bytes */
};

static void mark_bytes(struct marking *m, const void *data, size_t len)
{
	enum { GATHERED = 256 * 1024 };

	if (!m->sha && len <= GATHERED - m->bytes->len) {
		if (len)
			g_byte_array_append(m->bytes, data, (guint)len);
		return;
	}
	if (!m->sha) {
		m->sha = am_sha256_new();
		am_sha256_update(m->sha, m->bytes->data, m->bytes->len);
	}
	am_sha256_update(m->sha, data, len);
}

static void mark_number(struct marking *m, uint64_t n)
{
	uint8_t bytes[8];

	am_put_le64(bytes, n);
	mark_bytes(m, bytes, sizeof(bytes));
}

static void mark_text(struct marking *m, const char *text)
{
	mark_number(m, text ? strlen(text) : 0);
	if (text)
		mark_bytes(m, text, strlen(text));
}

/* Missing and empty are the same: containers do not keep them apart. */
static int mark_value(struct marking *m, struct am_mapi_container *in,
                      const struct am_mapi_prop *prop, struct am_error *err)
{
	struct am_reader *from = NULL;
	const uint8_t *data;
	uint64_t all = 0;
	size_t n;
	int r = AM_OK;

	if (prop && prop->data) {
		mark_bytes(m, prop->data, prop->len);
		all = prop->len;
	} else if (prop) {
		r = am_mapi_value_open(in, prop, &from, err);
		while (!r && !(r = am_reader_peek(from, 1, &data, &n, err))) {
			mark_bytes(m, data, n);
			all += n;
			am_reader_skip(from, n);
		}
		am_reader_close(&from);
	}
	mark_number(m, all);
	return r == AM_END ? AM_OK : r;
}

static int mark_bodies(struct marking *m, struct am_mapi_container *in,
                       const struct am_mapi_props *props, struct am_error *err)
{
	mark_text(m, am_mapi_subject(props));
	int r = mark_value(m, in, am_mapi_find(props, AM_PR_BODY), err);
	return r ? r : mark_value(m, in, am_mapi_find(props, AM_PR_HTML), err);
}

static void mark_attachment(struct marking *m,
                            const struct am_mapi_props *props, uint64_t size)
{
	int64_t method = 0;

	(void)am_mapi_int(props, AM_PR_ATTACH_METHOD, &method);
	mark_number(m, (uint64_t)method);
	mark_number(m, method == AM_ATTACH_EMBEDDED ? 0 : size);
	mark_text(m, am_mapi_text(props, AM_PR_ATTACH_LONG_NAME));
}

/* mail: NULL, or what is to be hashed too. */
static void finish_mark(struct marking *m, const struct am_piece *mail,
                        uint8_t *mail_hash, uint8_t out[8])
{
	struct am_piece pieces[2] = {{m->bytes->data, m->bytes->len}};
	uint8_t hashes[2][AM_SHA256_LEN];

	if (mail)
		pieces[1] = *mail;
	if (m->sha)
		am_sha256_final(m->sha, hashes[0]);
	else
		am_sha256_many(pieces, mail ? 2 : 1, hashes);
	if (m->sha && mail)
		am_sha256(mail->data, mail->len, hashes[1]);
	am_sha256_free(&m->sha);
	g_byte_array_free(m->bytes, TRUE);
	memcpy(out, hashes[0], 8);
	if (mail)
		memcpy(mail_hash, hashes[1], AM_SHA256_LEN);
}

int am_original_mark(const struct am_mapi_message *msg,
                     const struct am_mapi_enclosure *atts, size_t n,
                     uint8_t out[8], struct am_error *err)
{
	struct marking m = {g_byte_array_new(), NULL};
	int r = mark_bodies(&m, msg->in, &msg->props, err);

	for (size_t i = 0; i < n; i++) {
		const struct am_mapi_prop *data =
			am_mapi_find(&atts[i].props, AM_PR_ATTACH_DATA);
		mark_attachment(&m, &atts[i].props,
		                !data        ? 0
		                : data->data ? data->len
		                             : data->size);
	}
	finish_mark(&m, NULL, NULL, out);
	return r;
}

int am_original_mark_both(const struct am_mapi_item *item,
                          const struct am_piece *mail, uint8_t *mail_hash,
                          uint8_t out[8], struct am_error *err)
{
	struct marking m = {g_byte_array_sized_new(8192), NULL};
	int r = mark_bodies(&m, NULL, &item->props, err);

	for (size_t i = 0; i < item->n_attachments; i++) {
		const struct am_mapi_attachment *att = &item->attachments[i];
		mark_attachment(&m, &att->props,
		                att->data ? am_blob_size(att->data) : 0);
	}
	finish_mark(&m, mail, mail_hash, out);
	return r;
}

int am_original_mark_item(const struct am_mapi_item *item, uint8_t out[8],
                          struct am_error *err)
{
	return am_original_mark_both(item, NULL, NULL, out, err);
}

bool am_original_head_of(const struct am_mapi_container *in,
                         const struct am_mapi_props *props,
                         struct am_original_head *out)
{
	const struct am_mapi_prop *prop =
		am_own_find(in, props, &am_own_original);
	struct am_reader *from = NULL;
	uint8_t head[AM_ORIGINAL_HEAD];
	size_t got = 0;

	if (!prop ||
	    am_mapi_value_open((struct am_mapi_container *)(uintptr_t)in, prop,
	                       &from, NULL))
		return false;
	int r = am_reader_read(from, head, sizeof(head), &got, NULL);
	am_reader_close(&from);
	if (r || got < sizeof(head) || memcmp(head, "MkO1", 4))
		return false;
	struct am_cursor c = am_cursor(head + 4, 8);
	out->size = am_get_le64(&c);
	memcpy(out->hash, head + 12, sizeof(out->hash));
	memcpy(out->mark, head + 44, sizeof(out->mark));
	return true;
}
