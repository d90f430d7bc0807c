/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/received.h"

#include "base/blob.h"
#include "mime/scan.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

#define FIRST_LOOK  16384
#define NEAR_ENOUGH (48 * 3600)
#define DOS_EPOCH   INT64_C(315532800) /* 1980-01-01 */
#define A_DAY       86400

struct am_when am_received_stamp(int64_t sec)
{
	bool nothing = sec < A_DAY ||
	               (sec > DOS_EPOCH - A_DAY && sec < DOS_EPOCH + A_DAY);

	return (struct am_when){.sec = nothing ? 0 : sec, .known = !nothing};
}

static void read_fields(struct am_received *out, const uint8_t *block,
                        size_t len)
{
	struct am_fields fields;
	struct am_field f;

	/* A byte-order mark in front would belong to the first name. */
	if (len >= 3 && !memcmp(block, "\xef\xbb\xbf", 3)) {
		block += 3;
		len -= 3;
	}
	am_fields_init(&fields, block, len, 0);
	while (am_fields_next(&fields, &f)) {
		if (!out->received.known && am_field_is(&f, "Received")) {
			am_time_parse_received(f.value, f.value_len,
			                       &out->received);
		} else if (!out->date.known && am_field_is(&f, "Date")) {
			am_time_parse_mail(f.value, f.value_len, &out->date);
		}
		if (out->received.known && out->date.known)
			return;
	}
}

int am_received_read(struct am_received *out, const struct am_blob *raw,
                     const struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	uint64_t size = am_blob_size(raw);
	const uint8_t *bytes = am_blob_bytes(raw);
	uint8_t *buf = NULL;
	size_t room, got, head;
	int r = AM_OK;

	memset(out, 0, sizeof(*out));
	if (bytes) {
		size_t len = (size_t)size;

		if (len > limits.header_bytes)
			len = limits.header_bytes;
		read_fields(out, bytes, am_header_len(bytes, len));
		return AM_OK;
	}
	/* A header block is small as a rule: double until its end shows. */
	for (room = FIRST_LOOK;; room *= 2) {
		if (room > limits.header_bytes)
			room = limits.header_bytes;
		buf = g_realloc(buf, room);
		r = am_blob_read(raw, 0, buf, room, &got, err);
		if (r)
			goto out;
		head = am_header_len(buf, got);
		if (head < got || got < room || room == limits.header_bytes)
			break;
	}
	read_fields(out, buf, head);
out:
	g_free(buf);
	return r;
}

void am_received_add(struct am_message *msg, const struct am_received *headers)
{
	if (headers->received.known)
		am_message_add_date(msg, "header.received", &headers->received);
	if (headers->date.known)
		am_message_add_date(msg, "header.date", &headers->date);
}

static bool take(struct am_message *msg, const struct am_when *when,
                 const char *from)
{
	if (!when->known)
		return false;
	msg->received = *when;
	msg->received_from = from;
	return true;
}

static bool take_header(struct am_message *msg,
                        const struct am_received *headers)
{
	return take(msg, &headers->received, "header.received") ||
	       take(msg, &headers->date, "header.date");
}

void am_received_choose_file(struct am_message *msg,
                             const struct am_received *headers,
                             const struct am_when *mtime, const char *mtime_is)
{
	am_received_add(msg, headers);
	if (mtime->known)
		am_message_add_date(msg, mtime_is, mtime);
	if (!take_header(msg, headers))
		take(msg, mtime, mtime_is);
}

/* Seconds between two moments, without overflow. */
static uint64_t distance(const struct am_when *a, const struct am_when *b)
{
	if (!a->known || !b->known)
		return UINT64_MAX;
	return a->sec > b->sec ? (uint64_t)a->sec - (uint64_t)b->sec
	                       : (uint64_t)b->sec - (uint64_t)a->sec;
}

void am_received_choose_maildir(struct am_message *msg,
                                const struct am_received *headers,
                                const struct am_when *mtime,
                                const struct am_when *name, bool named_surely)
{
	const struct am_when *header =
		headers->received.known ? &headers->received : &headers->date;
	uint64_t to_mtime = distance(mtime, header);
	uint64_t to_name = distance(name, header);

	if (mtime->known)
		am_message_add_date(msg, "maildir.mtime", mtime);
	if (name->known)
		am_message_add_date(msg, "maildir.name", name);
	am_received_add(msg, headers);

	if (named_surely && take(msg, name, "maildir.name"))
		return;
	if (!header->known) {
		bool older = mtime->known &&
		             (!name->known || mtime->sec <= name->sec);

		if (!older || !take(msg, mtime, "maildir.mtime"))
			take(msg, name, "maildir.name");
	} else if (to_mtime <= NEAR_ENOUGH && to_mtime <= to_name) {
		take(msg, mtime, "maildir.mtime");
	} else if (to_name <= NEAR_ENOUGH) {
		take(msg, name, "maildir.name");
	} else {
		take_header(msg, headers);
	}
}
