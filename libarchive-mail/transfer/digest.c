/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/digest.h"

#include "base/blob.h"

#include <glib.h>

#include <string.h>

#define PIECE ((size_t)64 << 10)

/* Pieces of a blob, wherever it lies. */
struct pieces {
	const struct am_blob *blob;
	const uint8_t *bytes; /* in memory: one piece */
	uint8_t *buf;
	uint64_t at;
};

static void start_pieces(struct pieces *p, const struct am_blob *blob)
{
	*p = (struct pieces){.blob = blob, .bytes = am_blob_bytes(blob)};
	if (!p->bytes)
		p->buf = g_malloc(PIECE);
}

/* AM_END behind the last. */
static int next_piece(struct pieces *p, const uint8_t **data, size_t *len,
                      struct am_error *err)
{
	uint64_t left = am_blob_size(p->blob) - p->at;

	if (!left)
		return AM_END;
	if (p->bytes) {
		*data = p->bytes;
		*len = (size_t)left;
	} else {
		size_t want = left < PIECE ? (size_t)left : PIECE;
		int r = am_blob_read(p->blob, p->at, p->buf, want, len, err);
		if (r)
			return r;
		if (*len < want)
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "file shrank while it was read");
		*data = p->buf;
	}
	p->at += *len;
	return AM_OK;
}

/* A CR at the end of one piece may belong to an LF at the start of the next. */
struct lf_hash {
	struct am_sha256 *hash;
	bool held_cr;
	uint8_t last;
};

static void feed_lf(struct lf_hash *h, const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len;

	if (!len)
		return;
	if (h->held_cr && *data != '\n')
		am_sha256_update(h->hash, "\r", 1);
	h->held_cr = false;
	while (data < end) {
		const uint8_t *cr = memchr(data, '\r', (size_t)(end - data));
		while (cr && cr + 1 < end && cr[1] != '\n')
			cr = memchr(cr + 1, '\r', (size_t)(end - cr - 1));
		const uint8_t *stop = cr ? cr : end;
		am_sha256_update(h->hash, data, (size_t)(stop - data));
		if (cr && cr + 1 == end)
			h->held_cr = true;
		data = cr ? cr + 1 : end;
	}
	h->last = end[-1];
}

static void end_lf(struct lf_hash *h, bool newline, uint8_t out[AM_SHA256_LEN])
{
	if (h->held_cr)
		am_sha256_update(h->hash, "\r", 1);
	if (newline && h->last != '\n')
		am_sha256_update(h->hash, "\n", 1);
	am_sha256_final(h->hash, out);
}

static int hash_lf(const struct am_blob *blob, struct am_sha256 *hash,
                   bool newline, uint8_t out[AM_SHA256_LEN],
                   struct am_error *err)
{
	struct lf_hash h = {.hash = hash};
	const uint8_t *data;
	struct pieces p;
	size_t len;
	int r;

	start_pieces(&p, blob);
	while (!(r = next_piece(&p, &data, &len, err)))
		feed_lf(&h, data, len);
	g_free(p.buf);
	if (r < 0)
		return r;
	end_lf(&h, newline, out);
	return AM_OK;
}

int am_digest_read(struct am_digest *out, const struct am_blob *blob,
                   struct am_error *err)
{
	struct am_sha256 *hash = am_sha256_new();
	bool crlf = false, held_cr = false;
	const uint8_t *data;
	struct pieces p;
	size_t len;
	int r;

	start_pieces(&p, blob);
	while (!(r = next_piece(&p, &data, &len, err))) {
		am_sha256_update(hash, data, len);
		crlf = crlf || (held_cr && *data == '\n') ||
		       memmem(data, len, "\r\n", 2);
		held_cr = data[len - 1] == '\r';
	}
	g_free(p.buf);
	if (r < 0)
		goto out;
	am_sha256_final(hash, out->raw);
	memcpy(out->lf, out->raw, sizeof out->lf);
	/* A second look only where it differs: most mail on disk has LF. */
	r = crlf ? hash_lf(blob, hash, false, out->lf, err) : AM_OK;
out:
	am_sha256_free(&hash);
	return r;
}

int am_digest_text(uint8_t out[AM_SHA256_LEN], const struct am_blob *blob,
                   struct am_error *err)
{
	struct am_sha256 *hash = am_sha256_new();

	int r = hash_lf(blob, hash, true, out, err);
	am_sha256_free(&hash);
	return r;
}
