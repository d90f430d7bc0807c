/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FORMAT.md, section 2 (preamble, record header, head) and section 4 (commit).
 *
 *   header:  magic 8 | type 1 flags 1 codec 1 version 1 | crc 4
 *            | stored 8 | raw 8 | pos 8 | id 8 | archive 8 | zero 4 | crc 4
 */
#include "store/log_layout.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <glib.h>

#include <string.h>

const uint8_t am_log_magic[8] = {0x8A, 0x4D, 0x41, 0x52,
                                 0x4B, 0x0D, 0x0A, 0x1A};

static const char preamble_start[] = "mailark archive, format ";
static const char preamble_rest[] =
	"1; the specification is inside: search for "
	"\"# The mailark archive\"";

void am_log_encode_preamble(uint8_t out[AM_LOG_PREAMBLE])
{
	size_t start = sizeof preamble_start - 1;

	memset(out, ' ', AM_LOG_PREAMBLE);
	memcpy(out, preamble_start, start);
	memcpy(out + start, preamble_rest, sizeof preamble_rest - 1);
	out[AM_LOG_PREAMBLE - 1] = '\n';
}

int am_log_decode_preamble(const uint8_t *data, size_t len,
                           struct am_error *err)
{
	size_t start = sizeof preamble_start - 1;
	uint64_t format = 0;

	if (len < AM_LOG_PREAMBLE || memcmp(data, preamble_start, start))
		return AM_END;
	for (size_t i = start; i < start + 9 && g_ascii_isdigit(data[i]); i++)
		format = format * 10 + (uint64_t)(data[i] - '0');
	if (format == 1)
		return AM_OK;
	if (!format)
		return AM_END;
	return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
	               "written in archive format %" PRIu64
	               ", this program reads format 1",
	               format);
}

void am_log_encode_header(const struct am_record *rec,
                          uint8_t out[AM_RECORD_HEADER])
{
	memset(out, 0, AM_RECORD_HEADER);
	memcpy(out, am_log_magic, sizeof am_log_magic);
	out[8] = (uint8_t)rec->type;
	out[9] = rec->flags;
	out[10] = (uint8_t)rec->codec;
	out[11] = rec->version;
	am_put_le32(out + 12, rec->crc);
	am_put_le64(out + 16, rec->stored_len);
	am_put_le64(out + 24, rec->raw_len);
	am_put_le64(out + 32, rec->pos);
	am_put_le64(out + 40, rec->id);
	am_put_le64(out + 48, rec->archive_id);
	am_put_le32(out + 60, am_crc32(0, out, 60));
}

bool am_log_decode_header(struct am_record *out,
                          const uint8_t in[AM_RECORD_HEADER])
{
	struct am_cursor c = am_cursor(in, AM_RECORD_HEADER);

	if (memcmp(in, am_log_magic, sizeof am_log_magic))
		return false;
	(void)am_get_bytes(&c, sizeof am_log_magic);
	out->type = am_get_u8(&c);
	out->flags = am_get_u8(&c);
	out->codec = am_get_u8(&c);
	out->version = am_get_u8(&c);
	out->crc = am_get_le32(&c);
	out->stored_len = am_get_le64(&c);
	out->raw_len = am_get_le64(&c);
	out->pos = am_get_le64(&c);
	out->id = am_get_le64(&c);
	out->archive_id = am_get_le64(&c);
	(void)am_get_le32(&c);
	return am_get_le32(&c) == am_crc32(0, in, 60);
}

static const char *const type_names[] = {
	[AM_REC_SPEC] = "specification", [AM_REC_EXTRACTOR] = "extractor",
	[AM_REC_HEAD] = "head",          [AM_REC_BLOCK] = "block of messages",
	[AM_REC_BLOB] = "attachment",    [AM_REC_ITEMS] = "items",
	[AM_REC_COMMIT] = "commit",      [AM_REC_SEAL] = "seal",
	[AM_REC_PARITY] = "parity",      [AM_REC_SIGNATURE] = "signature",
	[AM_REC_KEYSLOT] = "key slot",   [AM_REC_TOMBSTONE] = "tombstone",
};

const char *am_log_type_name(enum am_record_type type)
{
	if ((size_t)type >= AM_COUNT(type_names) || !type_names[type])
		return "unknown";
	return type_names[type];
}

bool am_log_type_known(enum am_record_type type)
{
	return type >= AM_REC_SPEC && type <= AM_REC_SEAL;
}

/* ---- head ---- */

static void put_varint(GByteArray *to, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(to, buf, (guint)am_put_varint(buf, v));
}

static void put_string(GByteArray *to, const char *s)
{
	size_t len = strlen(s);

	put_varint(to, len);
	g_byte_array_append(to, (const uint8_t *)s, (guint)len);
}

const struct am_log_feature am_log_elsewhere = {
	"elsewhere",
	AM_FEATURE_READ | AM_FEATURE_WRITE | AM_FEATURE_VERIFY,
};

size_t am_log_encode_head(const struct am_log_head *head, uint8_t **out)
{
	GByteArray *to = g_byte_array_new();
	uint8_t buf[10];

	put_string(to, head->program);
	g_byte_array_append(to, buf, (guint)am_put_svarint(buf, head->made));
	put_varint(to, head->n_features);
	for (size_t i = 0; i < head->n_features; i++) {
		put_string(to, head->features[i].name);
		put_varint(to, head->features[i].bits);
	}
	put_varint(to, head->segment);
	put_varint(to, (uint64_t)head->codec);
	put_varint(to, (uint64_t)head->level);
	size_t len = to->len;
	*out = g_byte_array_free(to, FALSE);
	return len;
}

static const char *get_string(struct am_cursor *c, struct am_arena *arena)
{
	uint64_t len = am_get_varint(c);
	const uint8_t *s = am_get_bytes(c, len);

	return s ? am_arena_strndup(arena, (const char *)s, (size_t)len) : "";
}

int am_log_decode_head(struct am_log_head *out, const void *data, size_t len,
                       struct am_arena *arena, struct am_error *err)
{
	struct am_cursor c = am_cursor(data, len);

	*out = (struct am_log_head){.codec = AM_CODEC_ZSTD};
	out->program = get_string(&c, arena);
	out->made = am_get_svarint(&c);
	uint64_t n = am_get_varint(&c);
	/* Each is two bytes at least. */
	if (n > am_cursor_left(&c) / 2)
		c.bad = true;
	if (!c.bad && n) {
		struct am_log_feature *features =
			am_arena_alloc(arena, (size_t)n * sizeof *features);
		for (size_t i = 0; i < n && !c.bad; i++) {
			features[i].name = get_string(&c, arena);
			features[i].bits = am_get_varint(&c);
		}
		out->features = features;
		out->n_features = (size_t)n;
	}
	out->segment = am_get_varint(&c);
	/* What follows came later: an older head ends here. */
	if (!c.bad && am_cursor_left(&c)) {
		uint64_t codec = am_get_varint(&c);
		uint64_t level = am_get_varint(&c);
		if (codec <= AM_CODEC_ZSTD)
			out->codec = (enum am_codec)codec;
		if (level <= 22)
			out->level = (int)level;
	}
	if (c.bad)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the archive's head makes no sense");
	return AM_OK;
}

/* ---- commit ---- */

size_t am_log_encode_commit(const struct am_commit *commit,
                            uint8_t out[AM_COMMIT_ROOM])
{
	const uint64_t counts[] = {
		commit->messages,      commit->placements, commit->folders,
		commit->blobs,         commit->blocks,     commit->max_message,
		commit->max_placement, commit->max_folder, commit->max_block,
	};
	uint8_t *at = out;

	at += am_put_varint(at, commit->number);
	am_put_le64(at, commit->since);
	at += 8;
	memcpy(at, commit->chain, AM_SHA256_LEN);
	at += AM_SHA256_LEN;
	at += am_put_svarint(at, commit->when);
	for (size_t i = 0; i < AM_COUNT(counts); i++)
		at += am_put_varint(at, counts[i]);
	return (size_t)(at - out);
}

int am_log_decode_commit(struct am_commit *out, const void *data, size_t len,
                         struct am_error *err)
{
	struct am_cursor c = am_cursor(data, len);
	uint64_t *const counts[] = {
		&out->messages,      &out->placements, &out->folders,
		&out->blobs,         &out->blocks,     &out->max_message,
		&out->max_placement, &out->max_folder, &out->max_block,
	};

	*out = (struct am_commit){0};
	out->number = am_get_varint(&c);
	out->since = am_get_le64(&c);
	const uint8_t *chain = am_get_bytes(&c, AM_SHA256_LEN);
	if (chain)
		memcpy(out->chain, chain, AM_SHA256_LEN);
	out->when = am_get_svarint(&c);
	for (size_t i = 0; i < AM_COUNT(counts); i++)
		*counts[i] = am_get_varint(&c);
	if (c.bad)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a commit record makes no sense");
	return AM_OK;
}
