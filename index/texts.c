/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/texts.h"

#include "base/bytes.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "index/side_file.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

#define HEADER  AM_SIDE_HEADER
#define RECORD  16
#define VERSION 2
/* Unpacked, half of it for a text on average: groups of 48 KiB take a tenth
 * less space, and 200,000 instructions more for each hit. */
#define GROUP     (16 * 1024)
#define GROUP_MAX (GROUP + AM_TEXT_MAX)
#define LEVEL     1
#define RECORDS   256 /* read at a time */

struct record {
	uint32_t id, at, len;
	uint64_t group;
	bool more;
};

static void encode_record(uint8_t to[RECORD], const struct record *r)
{
	uint8_t buf[8];

	am_put_le32(to, r->id);
	am_put_le64(buf, r->group);
	memcpy(to + 4, buf, 6);
	am_put_le32(buf, r->at);
	memcpy(to + 10, buf, 3);
	am_put_le16(to + 13, (uint16_t)r->len);
	to[15] = r->more;
}

static void decode_record(const uint8_t *from, struct record *r)
{
	struct am_cursor c = am_cursor(from, RECORD);

	r->id = am_get_le32(&c);
	r->group = am_get_le32(&c);
	r->group |= (uint64_t)am_get_le16(&c) << 32;
	r->at = am_get_le16(&c);
	r->at |= (uint32_t)am_get_u8(&c) << 16;
	r->len = am_get_le16(&c);
	r->more = am_get_u8(&c) & 1;
}

static void encode_header(uint8_t to[HEADER], uint64_t n, uint64_t table)
{
	memset(to, 0, HEADER);
	memcpy(to, "amtexts", 8);
	am_put_le32(to + 8, VERSION);
	am_put_le64(to + 16, n);
	am_put_le64(to + 24, table);
	am_put_le32(to + 12, am_crc32(0, to, HEADER));
}

/* ---- writing ---------------------------------------------------------------
 */

struct am_texts_writer {
	struct am_side_file side;
	uint64_t n;
	GByteArray *group;
	struct am_coder *coder;
};

int am_texts_create(struct am_texts_writer **out, const char *path,
                    struct am_error *err)
{
	struct am_texts_writer *w = g_new0(struct am_texts_writer, 1);
	int r = am_side_open(&w->side, path, err);

	w->group = g_byte_array_new();
	w->coder = am_coder_new();
	if (r)
		am_texts_abandon(&w);
	*out = w;
	return r;
}

static int close_group(struct am_texts_writer *w, struct am_error *err)
{
	size_t room = am_codec_bound(AM_CODEC_ZSTD, w->group->len);
	GByteArray *to = w->side.pending;
	guint at = to->len;
	int r;

	if (!w->group->len)
		return AM_OK;
	g_byte_array_set_size(to, at + 8 + (guint)room);
	r = am_codec_pack(w->coder, AM_CODEC_ZSTD, LEVEL, w->group->data,
	                  w->group->len, to->data + at + 8, &room, err);
	if (r)
		return r;
	g_byte_array_set_size(to, at + 8 + (guint)room);
	am_put_le32(to->data + at, (uint32_t)room);
	am_put_le32(to->data + at + 4, w->group->len);
	w->side.offset += 8 + room;
	g_byte_array_set_size(w->group, 0);
	return am_side_flush(&w->side, true, err);
}

int am_texts_add(struct am_texts_writer *w, uint32_t id, const uint8_t *text,
                 size_t len, bool more, struct am_error *err)
{
	struct record r = {.id = id,
	                   .group = w->side.offset,
	                   .at = w->group->len,
	                   .len = (uint32_t)len,
	                   .more = more};
	uint8_t record[RECORD];

	assert(len <= AM_TEXT_MAX);
	encode_record(record, &r);
	g_byte_array_append(w->side.table, record, RECORD);
	w->n++;
	if (len)
		g_byte_array_append(w->group, text, (guint)len);
	return w->group->len >= GROUP ? close_group(w, err) : AM_OK;
}

int am_texts_finish(struct am_texts_writer **writer, struct am_error *err)
{
	struct am_texts_writer *w = *writer;
	uint8_t header[HEADER];
	int r = close_group(w, err);

	encode_header(header, w->n, w->side.offset);
	if (!r)
		r = am_side_finish(&w->side, header, err);
	am_texts_abandon(writer);
	return r;
}

void am_texts_abandon(struct am_texts_writer **writer)
{
	struct am_texts_writer *w = *writer;

	if (!w)
		return;
	am_side_close(&w->side);
	g_byte_array_unref(w->group);
	am_coder_free(&w->coder);
	g_free(w);
	*writer = NULL;
}

/* ---- reading ---------------------------------------------------------------
 */

struct am_texts {
	struct am_file *file;
	uint64_t n, table;
	uint8_t records[RECORDS * RECORD];
	uint64_t first;   /* record in there */
	uint64_t n_read;  /* how many are */
	uint64_t group;   /* that is unpacked; 0: none */
	size_t unpacked;  /* how much of it */
	uint32_t raw_len; /* what there is of it */
	GByteArray *packed, *raw;
	struct am_coder *coder;
};

static int corrupt(const struct am_texts *t, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(t->file));
}

static int read_header(struct am_texts *t, struct am_error *err)
{
	uint8_t h[HEADER], same[HEADER];
	struct am_cursor c = am_cursor(h, HEADER);
	size_t got;
	int r = am_file_read(t->file, 0, h, HEADER, &got, err);

	if (r)
		return r;
	(void)am_get_bytes(&c, 16);
	t->n = am_get_le64(&c);
	t->table = am_get_le64(&c);
	encode_header(same, t->n, t->table);
	if (got != HEADER || memcmp(h, same, HEADER) != 0 ||
	    t->n > UINT32_MAX || t->table < HEADER ||
	    t->table > am_file_size(t->file) ||
	    am_file_size(t->file) - t->table != t->n * RECORD)
		return corrupt(t, err);
	return AM_OK;
}

int am_texts_open(struct am_texts **out, const char *path, struct am_error *err)
{
	struct am_texts *t = g_new0(struct am_texts, 1);
	int r = am_file_open(&t->file, path, err);

	*out = NULL;
	t->packed = g_byte_array_new();
	t->raw = g_byte_array_new();
	t->coder = am_coder_new();
	if (!r)
		r = read_header(t, err);
	if (r)
		am_texts_close(&t);
	else
		*out = t;
	return r;
}

void am_texts_close(struct am_texts **texts)
{
	struct am_texts *t = *texts;

	if (!t)
		return;
	am_file_unref(&t->file);
	g_byte_array_unref(t->packed);
	g_byte_array_unref(t->raw);
	am_coder_free(&t->coder);
	g_free(t);
	*texts = NULL;
}

static int record_at(struct am_texts *t, uint64_t i, struct record *out,
                     struct am_error *err)
{
	if (i < t->first || i - t->first >= t->n_read) {
		/* Whoever comes next stands near, on either side. */
		uint64_t from = i - MIN(i, RECORDS / 2);
		size_t n = (size_t)MIN(RECORDS, t->n - from);
		t->n_read = 0;
		int r = am_file_read_all(t->file, t->table + from * RECORD,
		                         t->records, n * RECORD, err);
		if (r)
			return r;
		t->first = from;
		t->n_read = n;
	}
	decode_record(t->records + (i - t->first) * RECORD, out);
	return AM_OK;
}

/* Ids ascend, so the one sought is no further from the first than they are
 * apart; without gaps it is just there. */
static int find_record(struct am_texts *t, uint32_t id, struct record *out,
                       struct am_error *err)
{
	uint64_t low = 0, high, at;
	int r;

	if (!t->n)
		return AM_END;
	r = record_at(t, 0, out, err);
	if (r || id < out->id)
		return r ? r : AM_END;
	high = MIN(id - out->id, t->n - 1) + 1;
	at = high - 1;
	while (low < high) {
		r = record_at(t, at, out, err);
		if (r || out->id == id)
			return r;
		if (out->id > id)
			high = at;
		else
			low = at + 1;
		at = low + (high - low) / 2;
	}
	return AM_END;
}

/* The first `want` bytes of a group, unpacked. */
static int load_group(struct am_texts *t, uint64_t group, size_t want,
                      struct am_error *err)
{
	uint8_t head[8];
	struct am_cursor c = am_cursor(head, sizeof(head));
	int r;

	if (t->group != group) {
		t->group = 0;
		t->unpacked = 0;
		if (group < HEADER || group > t->table - MIN(t->table, 8))
			return corrupt(t, err);
		r = am_file_read_all(t->file, group, head, sizeof(head), err);
		if (r)
			return r;
		uint32_t len = am_get_le32(&c);
		t->raw_len = am_get_le32(&c);
		if (len > t->table - group - 8 || t->raw_len > GROUP_MAX)
			return corrupt(t, err);
		g_byte_array_set_size(t->packed, len);
		g_byte_array_set_size(t->raw, t->raw_len);
		r = am_file_read_all(t->file, group + 8, t->packed->data, len,
		                     err);
		if (r)
			return r;
		t->group = group;
	}
	if (want > t->raw_len)
		return corrupt(t, err);
	if (want <= t->unpacked)
		return AM_OK;
	return am_codec_unpack_some(t->coder, AM_CODEC_ZSTD, t->packed->data,
	                            t->packed->len, t->raw->data, t->raw_len,
	                            want, &t->unpacked, err);
}

uint64_t am_texts_documents(const struct am_texts *texts)
{
	return texts->n;
}

int am_texts_find(struct am_texts *t, uint32_t id, const uint8_t **text,
                  size_t *len, bool *more, struct am_error *err)
{
	struct record rec;
	int r = find_record(t, id, &rec, err);

	if (!r && rec.len)
		r = load_group(t, rec.group, (size_t)rec.at + rec.len, err);
	if (r)
		return r;
	*text = rec.len ? t->raw->data + rec.at : (const uint8_t *)"";
	*len = rec.len;
	*more = rec.more;
	return AM_OK;
}

/* ---- joining ---------------------------------------------------------------
 */

static int copy_table(struct am_texts_writer *w, struct am_texts *t,
                      uint64_t moved, struct am_error *err)
{
	uint8_t bytes[RECORD];
	struct record rec;
	int r = AM_OK;

	for (uint64_t i = 0; !r && i < t->n; i++) {
		r = record_at(t, i, &rec, err);
		if (r)
			break;
		rec.group += moved;
		encode_record(bytes, &rec);
		g_byte_array_append(w->side.pending, bytes, RECORD);
		r = am_side_flush(&w->side, true, err);
	}
	w->n += t->n;
	return r;
}

int am_texts_merge(const char *const *paths, size_t n, const char *to,
                   struct am_error *err)
{
	struct am_texts_writer *w = NULL;
	struct am_texts **from = g_new0(struct am_texts *, n + 1);
	uint64_t moved = 0;
	int r = am_texts_create(&w, to, err);

	for (size_t i = 0; i < n && !r; i++) {
		r = am_texts_open(&from[i], paths[i], err);
		if (!r)
			r = am_side_copy(&w->side, from[i]->file, HEADER,
			                 from[i]->table, err);
	}
	for (size_t i = 0; i < n && !r; i++) {
		r = copy_table(w, from[i], moved, err);
		moved += from[i]->table - HEADER;
	}
	if (!r)
		r = am_texts_finish(&w, err);
	for (size_t i = 0; i < n; i++)
		am_texts_close(&from[i]);
	g_free(from);
	am_texts_abandon(&w);
	return r;
}
