/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The storage headers are those that mbox readers, Thunderbird, Evolution,
 * Gmail and synchronisers write into mail; the content is public-inbox's idea
 * of it with the Message-ID added.
 */
#include "mime/alike.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/overview.h"
#include "mime/part.h"
#include "mime/walk.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

static const char *const storage_headers[] = {
	"Status",
	"X-Status",
	"X-Keywords",
	"X-UID",
	"X-IMAP",
	"X-IMAPbase",
	"X-Mozilla-Status",
	"X-Mozilla-Status2",
	"X-Mozilla-Keys",
	"X-Gmail-Labels",
	"X-GM-THRID",
	"X-Evolution",
	"X-Evolution-Source",
	"Content-Length",
	"Lines",
	"X-TUID",
	"X-OfflineIMAP",
};

const char *am_alike_header_name(unsigned bit)
{
	return bit < AM_COUNT(storage_headers) ? storage_headers[bit] : NULL;
}

int am_alike_header(const struct am_field *field)
{
	for (size_t i = 0; i < AM_COUNT(storage_headers); i++)
		if (am_field_is(field, storage_headers[i]))
			return (int)i;
	return -1;
}

void am_alike_print_headers(uint32_t headers, char *out, size_t room)
{
	size_t len = 0;

	*out = '\0';
	for (unsigned i = 0; i < AM_COUNT(storage_headers); i++) {
		if (!(headers & 1u << i))
			continue;
		size_t want = strlen(storage_headers[i]) + (len ? 2 : 0);
		if (len + want + 1 > room)
			return;
		len += (size_t)g_snprintf(out + len, room - len, "%s%s",
		                          len ? ", " : "", storage_headers[i]);
	}
}

/* Bytes on their way into a hash, with line ends as LF and without those at
 * the end; of text also without blanks at the ends of lines. */
struct feed {
	struct am_sha256 *hash;
	bool trim;
	uint64_t lines;  /* held back */
	GString *blanks; /* held back, with trim */
	bool cr;         /* the last byte was one, held back */
};

static void feed_init(struct feed *f, bool trim)
{
	*f = (struct feed){.hash = am_sha256_new(), .trim = trim};
	f->blanks = g_string_new(NULL);
}

static void feed_held(struct feed *f)
{
	for (; f->lines; f->lines--)
		am_sha256_update(f->hash, "\n", 1);
	am_sha256_update(f->hash, f->blanks->str, f->blanks->len);
	g_string_truncate(f->blanks, 0);
}

static void feed_text(struct feed *f, const uint8_t *p, size_t len)
{
	size_t keep = len;

	while (f->trim && keep && (p[keep - 1] == ' ' || p[keep - 1] == '\t'))
		keep--;
	if (keep) {
		feed_held(f);
		am_sha256_update(f->hash, p, keep);
	}
	g_string_append_len(f->blanks, (const char *)p + keep,
	                    (gssize)(len - keep));
}

static void feed_bytes(struct feed *f, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf ? lf : end;
		bool cr = f->cr;
		f->cr = false;
		if (cr && stop != p)
			feed_text(f, (const uint8_t *)"\r", 1);
		else if (cr && !lf)
			f->cr = true;
		if (stop > p && stop[-1] == '\r') {
			/* What follows it says whether it is part of an end. */
			feed_text(f, p, (size_t)(stop - p) - 1);
			f->cr = !lf;
		} else {
			feed_text(f, p, (size_t)(stop - p));
		}
		if (lf) {
			g_string_truncate(f->blanks, 0);
			f->lines++;
		}
		p = lf ? lf + 1 : end;
	}
}

static void feed_end(struct feed *f, uint8_t out[AM_SHA256_LEN])
{
	if (f->cr)
		feed_text(f, (const uint8_t *)"\r", 1);
	am_sha256_final(f->hash, out);
	am_sha256_free(&f->hash);
	g_string_free(f->blanks, TRUE);
}

static int feed_reader(struct feed *f, struct am_reader *reader,
                       struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(reader, 1, &data, &len, err))) {
		feed_bytes(f, data, len);
		am_reader_skip(reader, len);
	}
	return r == AM_END ? AM_OK : r;
}

/* ---- stored ---- */

/* From there on, whatever it is. */
static int feed_rest(struct feed *feed, const struct am_blob *raw,
                     uint64_t from, struct am_error *err)
{
	struct am_reader *reader = NULL;
	struct am_blob *rest = NULL;
	/* Counting is not changing: the blob stays as const as it was. */
	struct am_blob *whole = (struct am_blob *)(uintptr_t)raw;

	int r = am_blob_range(&rest, whole, from, am_blob_size(raw) - from,
	                      err);
	if (!r)
		r = am_blob_open(rest, &reader, err);
	if (!r)
		r = feed_reader(feed, reader, err);
	am_reader_close(&reader);
	am_blob_unref(&rest);
	return r;
}

/* Everything but the storage headers, lines that are no fields too. */
static int read_stored(struct am_alike *out, const struct am_blob *raw,
                       const struct am_part_header *head, struct am_error *err)
{
	const char *at = head->block, *end = head->block + head->len;
	struct am_fields fields;
	struct am_field field;
	struct feed feed;

	feed_init(&feed, false);
	am_fields_init(&fields, head->block, head->len, 0);
	while (am_fields_next(&fields, &field)) {
		int bit = am_alike_header(&field);
		if (bit < 0)
			continue;
		out->headers |= 1u << bit;
		feed_bytes(&feed, (const uint8_t *)at,
		           (size_t)(field.name - at));
		at = field.value + field.value_len;
		while (at < end && *at != '\n')
			at++;
		at += at < end;
	}
	feed_bytes(&feed, (const uint8_t *)at, (size_t)(end - at));
	int r = feed_rest(&feed, raw, head->len, err);
	feed_end(&feed, out->stored);
	return r;
}

/* ---- content ---- */

static void add_text(struct am_sha256 *hash, const char *text)
{
	/* With its end, so that two fields do not run into each other. */
	am_sha256_update(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void add_head(struct am_sha256 *hash, const struct am_overview *v)
{
	char number[32];

	add_text(hash, v->message_id);
	add_text(hash, v->from);
	add_text(hash, v->subject);
	g_snprintf(number, sizeof number, "%" PRId64,
	           v->date.known ? v->date.sec : INT64_MIN);
	add_text(hash, number);
	add_text(hash, v->to);
	add_text(hash, v->cc);
	for (size_t i = 0; i < v->n_references; i++)
		if (strcmp(v->references[i], v->message_id) != 0)
			add_text(hash, v->references[i]);
}

static int add_part(struct am_sha256 *hash, const struct am_blob *raw,
                    const struct am_scan *scan, size_t i, struct am_error *err)
{
	const struct am_part *part = &scan->parts[i];
	struct am_reader *reader = NULL;
	uint8_t digest[AM_SHA256_LEN];
	struct feed feed;

	if (part->kind != AM_PART_LEAF)
		return AM_OK;
	int r = am_part_decoded(&reader, raw, scan, i, err);
	if (r)
		return r;
	feed_init(&feed, g_str_has_prefix(part->type, "text/"));
	r = feed_reader(&feed, reader, err);
	am_reader_close(&reader);
	feed_end(&feed, digest);
	add_text(hash, part->type);
	am_sha256_update(hash, digest, sizeof digest);
	return r;
}

/* The header of a message within is part of what was said. */
static int add_nested(struct am_sha256 *hash, const struct am_blob *raw,
                      const struct am_scan *scan, size_t i, size_t max,
                      struct am_error *err)
{
	const struct am_part *part = &scan->parts[i];
	struct am_part_header head;
	uint8_t digest[AM_SHA256_LEN];
	struct feed feed;

	if (!i || scan->parts[part->parent].kind != AM_PART_MESSAGE)
		return AM_OK;
	int r = am_part_header_read(&head, raw, part, max, err);
	if (r)
		return r;
	feed_init(&feed, true);
	feed_bytes(&feed, (const uint8_t *)head.block, head.len);
	feed_end(&feed, digest);
	am_sha256_update(hash, digest, sizeof digest);
	am_part_header_drop(&head);
	return AM_OK;
}

static int read_content(struct am_alike *out, const struct am_blob *raw,
                        const struct am_scan *scan,
                        const struct am_limits *limits, struct am_arena *arena,
                        struct am_error *err)
{
	struct am_overview v;
	int r = am_overview_read(&v, raw, scan, limits, arena, err);

	if (r)
		return r;
	memcpy(out->content, out->stored, sizeof out->content);
	if (!v.message_id || !*v.message_id)
		return AM_OK;
	struct am_sha256 *hash = am_sha256_new();
	add_head(hash, &v);
	for (size_t i = 0; i < scan->n_parts && !r; i++) {
		r = add_nested(hash, raw, scan, i, limits->header_bytes, err);
		if (!r)
			r = add_part(hash, raw, scan, i, err);
	}
	am_sha256_final(hash, out->content);
	am_sha256_free(&hash);
	return r;
}

int am_alike_read(struct am_alike *out, const struct am_blob *raw,
                  const struct am_limits *given, struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(given);
	struct am_arena *arena = am_arena_new();
	struct am_part_header head = {0};
	struct am_scan scan;

	*out = (struct am_alike){.headers = 0};
	int r = am_scan_message(&scan, raw, &limits, arena, err);
	if (!r)
		r = am_part_header_read(&head, raw, &scan.parts[0],
		                        limits.header_bytes, err);
	if (!r)
		r = read_stored(out, raw, &head, err);
	if (!r)
		r = read_content(out, raw, &scan, &limits, arena, err);
	am_part_header_drop(&head);
	am_arena_free(&arena);
	return r;
}
