/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/blob_sum.h"

#include "base/blob.h"
#include "base/reader.h"

int am_reader_sum(uint8_t out[AM_SHA256_LEN], uint64_t *size,
                  struct am_reader *reader, struct am_error *err)
{
	struct am_sha256 *hash = am_sha256_new();
	const uint8_t *data;
	size_t len;
	int r;

	*size = 0;
	while (!(r = am_reader_peek(reader, 1, &data, &len, err))) {
		am_sha256_update(hash, data, len);
		*size += len;
		am_reader_skip(reader, len);
	}
	am_sha256_final(hash, out);
	am_sha256_free(&hash);
	return r == AM_END ? AM_OK : r;
}

int am_blob_sum(uint8_t out[AM_SHA256_LEN], const struct am_blob *blob,
                struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(blob);
	struct am_reader *reader = NULL;
	uint64_t size = am_blob_size(blob), got = 0;

	if (bytes) {
		am_sha256(bytes, (size_t)size, out);
		return AM_OK;
	}
	int r = am_blob_open(blob, &reader, err);
	if (!r)
		r = am_reader_sum(out, &got, reader, err);
	am_reader_close(&reader);
	if (!r && got != size)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message ended at %" PRIu64 " of %" PRIu64
		            " bytes",
		            got, size);
	return r;
}
