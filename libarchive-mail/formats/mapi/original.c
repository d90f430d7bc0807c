/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writing and reading of originals have in common: the mark. */
#include "formats/mapi/original.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "formats/mapi/mapi_headers.h"
#include "formats/mapi/own_names.h"
#include "outlook/mapi/tags.h"

#include <string.h>

static void mark_number(struct am_sha256 *sha, uint64_t n)
{
	uint8_t bytes[8];

	am_put_le64(bytes, n);
	am_sha256_update(sha, bytes, sizeof(bytes));
}

static void mark_text(struct am_sha256 *sha, const char *text)
{
	mark_number(sha, text ? strlen(text) : 0);
	if (text)
		am_sha256_update(sha, text, strlen(text));
}

/* Missing and empty are the same: containers do not keep them apart. */
static int mark_value(struct am_sha256 *sha, struct am_mapi_container *in,
                      const struct am_mapi_prop *prop, struct am_error *err)
{
	struct am_reader *from = NULL;
	const uint8_t *data;
	uint64_t all = 0;
	size_t n;
	int r = AM_OK;

	if (prop) {
		r = am_mapi_value_open(in, prop, &from, err);
		while (!r && !(r = am_reader_peek(from, 1, &data, &n, err))) {
			am_sha256_update(sha, data, n);
			all += n;
			am_reader_skip(from, n);
		}
		am_reader_close(&from);
	}
	mark_number(sha, all);
	return r == AM_END ? AM_OK : r;
}

static int mark_bodies(struct am_sha256 *sha, struct am_mapi_container *in,
                       const struct am_mapi_props *props, struct am_error *err)
{
	mark_text(sha, am_mapi_subject(props));
	int r = mark_value(sha, in, am_mapi_find(props, AM_PR_BODY), err);
	return r ? r
	         : mark_value(sha, in, am_mapi_find(props, AM_PR_HTML), err);
}

static void mark_attachment(struct am_sha256 *sha,
                            const struct am_mapi_props *props, uint64_t size)
{
	int64_t method = 0;

	(void)am_mapi_int(props, AM_PR_ATTACH_METHOD, &method);
	mark_number(sha, (uint64_t)method);
	mark_number(sha, method == AM_ATTACH_EMBEDDED ? 0 : size);
	mark_text(sha, am_mapi_text(props, AM_PR_ATTACH_LONG_NAME));
}

static void finish_mark(struct am_sha256 **sha, uint8_t out[8])
{
	uint8_t hash[AM_SHA256_LEN];

	am_sha256_final(*sha, hash);
	am_sha256_free(sha);
	memcpy(out, hash, 8);
}

int am_original_mark(const struct am_mapi_message *msg,
                     const struct am_mapi_enclosure *atts, size_t n,
                     uint8_t out[8], struct am_error *err)
{
	struct am_sha256 *sha = am_sha256_new();
	int r = mark_bodies(sha, msg->in, &msg->props, err);

	for (size_t i = 0; i < n; i++) {
		const struct am_mapi_prop *data =
			am_mapi_find(&atts[i].props, AM_PR_ATTACH_DATA);
		mark_attachment(sha, &atts[i].props,
		                !data        ? 0
		                : data->data ? data->len
		                             : data->size);
	}
	finish_mark(&sha, out);
	return r;
}

int am_original_mark_item(const struct am_mapi_item *item, uint8_t out[8],
                          struct am_error *err)
{
	struct am_sha256 *sha = am_sha256_new();
	int r = mark_bodies(sha, NULL, &item->props, err);

	for (size_t i = 0; i < item->n_attachments; i++) {
		const struct am_mapi_attachment *att = &item->attachments[i];
		mark_attachment(sha, &att->props,
		                att->data ? am_blob_size(att->data) : 0);
	}
	finish_mark(&sha, out);
	return r;
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
