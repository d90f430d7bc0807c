/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/fingerprint.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/crlf_size.h"
#include "mime/scan.h"

#include <glib.h>

/* What is looked at of a header; beyond it everything is alike. */
#define HEADER_MOST (256u << 10)

static const char *const names[] = {"Message-ID", "Date", "From", "Subject",
                                    "Received"};

/* FNV-1a over what survives any server. */
static uint64_t mix(uint64_t h, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];
		if (c > ' ' && c < 0x7f && c != '?')
			h = (h ^ c) * UINT64_C(0x100000001b3);
	}
	return h;
}

/* A sum of hashes does not care for their order; each is stirred once more so
 * that equal parts of two do not cancel. */
static uint64_t stir(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	return h;
}

uint64_t am_imap_fingerprint(const void *header, size_t len, uint64_t size)
{
	struct am_fields fields;
	struct am_field field;
	uint64_t sum = 0;
	bool strong = false;

	am_fields_init(&fields, header, len, 0);
	while (am_fields_next(&fields, &field)) {
		for (size_t i = 0; i < AM_COUNT(names); i++) {
			if (!am_field_is(&field, names[i]))
				continue;
			uint64_t h = UINT64_C(0xcbf29ce484222325) + i;
			sum += stir(mix(h, field.value, field.value_len));
			strong |= i == 0 || i == 4;
		}
	}
	return strong ? sum : sum + stir(size);
}

static int read_through(struct am_reader *in, GByteArray *header,
                        struct am_crlf_size *sum, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(in, 1, &data, &len, err))) {
		am_crlf_size_add(sum, data, len);
		if (header->len < HEADER_MOST)
			g_byte_array_append(
				header, data,
				(guint)MIN(len, HEADER_MOST - header->len));
		am_reader_skip(in, len);
	}
	return r == AM_END ? AM_OK : r;
}

int am_imap_fingerprint_of(const struct am_blob *raw, uint64_t *fingerprint,
                           uint64_t *size, struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(raw);
	struct am_crlf_size sum = {0};
	GByteArray *header = NULL;
	struct am_reader *in = NULL;
	size_t len = (size_t)MIN(am_blob_size(raw), HEADER_MOST);
	int r = AM_OK;

	if (bytes) {
		am_crlf_size_add(&sum, bytes, (size_t)am_blob_size(raw));
	} else {
		header = g_byte_array_new();
		r = am_blob_open(raw, &in, err);
		if (!r)
			r = read_through(in, header, &sum, err);
		am_reader_close(&in);
		bytes = header->data;
		len = header->len;
	}
	if (!r) {
		*size = sum.size;
		*fingerprint = am_imap_fingerprint(
			bytes, am_header_len(bytes, len), sum.size);
	}
	if (header)
		g_byte_array_unref(header);
	return r;
}
