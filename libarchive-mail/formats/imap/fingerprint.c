/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/fingerprint.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/mend_head.h"
#include "formats/imap/odd.h"
#include "mime/scan.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

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

/* *strong: it says enough without the size; *id: what of it the Message-ID
 * is. */
static uint64_t sum_of(const void *header, size_t len, bool *strong,
                       uint64_t *id)
{
	struct am_fields fields;
	struct am_field field;
	uint64_t sum = 0;

	*strong = false;
	*id = 0;
	am_fields_init(&fields, header, len, 0);
	while (am_fields_next(&fields, &field)) {
		/* "From : x" is a field to some servers only. */
		if (field.name[field.name_len] != ':')
			continue;
		for (size_t i = 0; i < AM_COUNT(names); i++) {
			if (!am_field_is(&field, names[i]))
				continue;
			uint64_t h = UINT64_C(0xcbf29ce484222325) + i;
			h = stir(mix(h, field.value, field.value_len));
			sum += h;
			*id += i ? 0 : h;
			*strong |= i == 0 || i == 4;
		}
	}
	return sum;
}

uint64_t am_imap_fingerprint(const void *header, size_t len, uint64_t size,
                             bool *weak)
{
	uint64_t id;
	bool strong;
	uint64_t sum = sum_of(header, len, &strong, &id);

	if (weak)
		*weak = !strong;

	return strong ? sum : sum + stir(size);
}

uint64_t am_imap_fingerprint_nameless(const void *header, size_t len)
{
	uint64_t id;
	bool strong;
	uint64_t sum = sum_of(header, len, &strong, &id);

	return id ? sum - id : 0;
}

uint64_t am_imap_fingerprint_sized(uint64_t fingerprint, uint64_t from,
                                   uint64_t to)
{
	return fingerprint - stir(from) + stir(to);
}

uint64_t am_imap_fingerprint_blind(uint64_t size, int64_t received)
{
	return stir(stir(size) + (uint64_t)received) + 1;
}

static int read_through(struct am_reader *in, GByteArray *header,
                        struct am_imap_odd *odd, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(in, 1, &data, &len, err))) {
		am_imap_odd_add(odd, data, len);
		if (header->len < HEADER_MOST)
			g_byte_array_append(
				header, data,
				(guint)MIN(len, HEADER_MOST - header->len));
		am_reader_skip(in, len);
	}
	return r == AM_END ? AM_OK : r;
}

static bool is_8bit(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] >= 0x80)
			return true;
	return false;
}

/* "From nobody Fri Mar  7 15:17:43 2014", as CRLF counts it. */
static size_t mbox_line(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = len > 5 && !memcmp(bytes, "From ", 5)
	                             ? memchr(bytes, '\n', len)
	                             : NULL;

	if (!end)
		return 0;
	return (size_t)(end - bytes) - (end[-1] == '\r') + 2;
}

static void print(struct am_imap_print *out, const uint8_t *bytes, size_t len,
                  const struct am_imap_odd *odd)
{
	struct am_imap_odd head = {0};
	uint64_t id;
	bool strong;

	len = am_header_len(bytes, len);
	uint64_t sum = sum_of(bytes, len, &strong, &id);
	out->nameless = id ? sum - id : 0;
	am_imap_odd_add(&head, bytes, len);
	am_imap_odd_end(&head);
	out->size = odd->size;
	out->fingerprint = strong ? sum : sum + stir(odd->size);
	out->tidied = strong ? sum : sum + stir(odd->size - odd->droppable);
	out->bared =
		strong ? sum : sum + stir(odd->size - mbox_line(bytes, len));
	out->nul = odd->nul;
	out->lone_cr = odd->lone_cr;
	out->header_8bit = is_8bit(bytes, len);
	out->weak = !strong;
	out->bare = !sum;
	out->mends = out->header_8bit || head.nul || head.lone_cr ||
	             head.long_line ||
	             am_imap_head_is_odd((const char *)bytes, len, false);
	if (!strong)
		out->mends |= odd->nul || odd->lone_cr || odd->long_line ||
		              odd->open || !odd->begun;
}

int am_imap_print_of(const struct am_blob *raw, struct am_imap_print *out,
                     struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(raw);
	struct am_imap_odd odd = {0};
	GByteArray *header = NULL;
	struct am_reader *in = NULL;
	size_t len = (size_t)MIN(am_blob_size(raw), HEADER_MOST);
	int r = AM_OK;

	if (bytes) {
		am_imap_odd_add(&odd, bytes, (size_t)am_blob_size(raw));
	} else {
		header = g_byte_array_new();
		r = am_blob_open(raw, &in, err);
		if (!r)
			r = read_through(in, header, &odd, err);
		am_reader_close(&in);
		bytes = header->data;
		len = header->len;
	}
	am_imap_odd_end(&odd);
	if (!r)
		print(out, bytes, len, &odd);
	if (header)
		g_byte_array_unref(header);
	return r;
}

struct am_imap_marks am_imap_print_marks(const struct am_imap_print *p,
                                         const struct am_message *meta)
{
	const struct am_when *when = &meta->received;

	return (struct am_imap_marks){
		.fingerprint = p->fingerprint,
		.blind = when->known
	                         ? am_imap_fingerprint_blind(p->size, when->sec)
	                         : 0,
	};
}
