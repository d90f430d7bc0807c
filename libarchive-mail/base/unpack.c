/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack_impl.h"

#include <glib.h>

#include <string.h>

static int open_xz(struct am_reader **out, struct am_reader *inner,
                   struct am_error *err)
{
	return am_unpack_lzma(out, inner, true, err);
}

static int open_lzma(struct am_reader **out, struct am_reader *inner,
                     struct am_error *err)
{
	return am_unpack_lzma(out, inner, false, err);
}

static int open_lz4(struct am_reader **out, struct am_reader *inner,
                    struct am_error *err);

/*
 * Each by its own library: libarchive does not compare gzip's checksum, and its
 * filters throw away what they decoded of the 64 KiB in which the damage is.
 * Not so lz4's: there a block is all or nothing anyway.
 */
static const struct method {
	char name[8];
	int (*open)(struct am_reader **out, struct am_reader *inner,
	            struct am_error *err);
} methods[] = {
	{"gzip", am_reader_inflate},
	{"bzip2", am_unpack_bzip2},
	{"xz", open_xz},
	{"lzma", open_lzma},
	{"zstd", am_unpack_zstd},
	{"lz4", open_lz4},
};

enum { SNIFF = 32 };

static bool begins(const uint8_t *head, size_t len, const char *magic,
                   size_t magic_len)
{
	return len >= magic_len && !memcmp(head, magic, magic_len);
}

/* "BZh", level, then pi for a block or the square root of pi for the end. */
static bool is_bzip2(const uint8_t *p, size_t len)
{
	return begins(p, len, "BZh", 3) && len >= 10 && p[3] >= '1' &&
	       p[3] <= '9' &&
	       (!memcmp(p + 4, "1AY&SY", 6) ||
	        !memcmp(p + 4, "\x17rE8P\x90", 6));
}

/*
 * The old .lzma has no magic:
 *
 *   0   properties, 5D for all that anybody writes
 *   1   dictionary size, le32: a power of two, or one and a half of it
 *   5   unpacked size, le64, or all ones; nobody packed more than 256 GiB
 *   13  the first byte of the range coder is 0
 */
static bool is_lzma(const uint8_t *p, size_t len)
{
	struct am_cursor c = am_cursor(p, len);
	uint8_t properties = am_get_u8(&c);
	uint32_t dictionary = am_get_le32(&c);
	uint64_t size = am_get_le64(&c);
	uint8_t first = am_get_u8(&c);

	if (c.bad || properties != 0x5D || first || dictionary < 4096)
		return false;
	if (size != UINT64_MAX && size >> 38)
		return false;
	uint32_t low = dictionary & (0 - dictionary);
	return dictionary == low || dictionary == low * 3 ||
	       dictionary == UINT32_MAX;
}

const char *am_unpack_sniff(const uint8_t *head, size_t len)
{
	if (begins(head, len, "\x1F\x8B\x08", 3))
		return "gzip";
	if (is_bzip2(head, len))
		return "bzip2";
	if (begins(head, len,
	           "\xFD"
	           "7zXZ\0",
	           6))
		return "xz";
	if (begins(head, len, "\x28\xB5\x2F\xFD", 4))
		return "zstd";
	/* A skippable frame, with which parallel zstd programs begin. */
	if (len >= 4 && (head[0] & 0xF0) == 0x50 &&
	    !memcmp(head + 1, "\x2A\x4D\x18", 3))
		return "zstd";
	if (begins(head, len, "\x04\x22\x4D\x18", 4) ||
	    begins(head, len, "\x02\x21\x4C\x18", 4))
		return "lz4";
	return is_lzma(head, len) ? "lzma" : NULL;
}

/* ---- by libarchive ---- */

struct unpacker {
	struct archive *a;
	struct am_unpack_input input;
	struct am_unpack_body body;
};

static int fill_unpacked(void *self, uint8_t *buf, size_t room, size_t *got,
                         struct am_error *err)
{
	struct unpacker *u = self;

	int r = am_unpack_body_fill(&u->body, u->a, buf, room, got);
	return r < 0 ? am_unpack_fail(u->a, &u->input, AM_FATAL, err) : r;
}

static void close_unpacker(void *self)
{
	struct unpacker *u = self;

	if (u->a)
		am_la()->archive_read_free(u->a);
	am_unpack_input_clear(&u->input);
	g_free(u);
}

/* Takes inner. */
static int open_lz4(struct am_reader **out, struct am_reader *inner,
                    struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_unpacked,
	                                         .close = close_unpacker};
	struct unpacker *u = g_new0(struct unpacker, 1);
	struct archive_entry *entry;
	int r;

	u->input.reader = inner;
	if (!am_libarchive(err)) {
		r = AM_FATAL;
		goto fail;
	}
	u->a = am_la()->archive_read_new();
	if (!u->a) {
		r = am_fail(err, AM_FATAL, AM_E_MEMORY,
		            "no memory to decompress");
		goto fail;
	}
	/* ARCHIVE_WARN: it would run the command line program instead. */
	if (am_la()->archive_read_support_filter_lz4(u->a) != ARCHIVE_OK) {
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "libarchive was built without lz4");
		goto fail;
	}
	am_la()->archive_read_support_format_raw(u->a);
	am_la()->archive_read_support_format_empty(u->a);
	r = am_unpack_attach(u->a, &u->input, err);
	if (r)
		goto fail;
	int next = am_la()->archive_read_next_header(u->a, &entry);
	if (next == ARCHIVE_EOF) {
		u->body.ended = true; /* nothing, compressed */
	} else if (next != ARCHIVE_OK) {
		r = am_unpack_fail(u->a, &u->input, AM_FATAL, err);
		goto fail;
	}
	return am_reader_new(out, &ops, u, err);
fail:
	close_unpacker(u);
	return r;
}

int am_unpack_padding(struct am_reader *inner, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(inner, 1, &data, &len, err))) {
		for (size_t i = 0; i < len; i++)
			if (data[i])
				return am_fail(err, AM_FATAL, AM_E_FORMAT,
				               "garbage behind the "
				               "compressed data");
		am_reader_skip(inner, len);
	}
	return r;
}

int am_unpack_reader(struct am_reader **out, struct am_reader *inner,
                     struct am_error *err)
{
	const uint8_t *head;
	size_t len = 0;

	*out = NULL;
	int r = am_reader_peek(inner, SNIFF, &head, &len, err);
	if (r < 0) {
		am_reader_close(&inner);
		return r;
	}
	const char *name = len ? am_unpack_sniff(head, len) : NULL;
	if (!name) {
		*out = inner;
		return AM_OK;
	}
	const struct method *method = methods;
	while (strcmp(method->name, name))
		method++;
	return method->open(out, inner, err);
}

int am_unpack_open(struct am_reader **out, struct am_file *file,
                   struct am_error *err)
{
	struct am_reader *raw = NULL;

	*out = NULL;
	int r = am_reader_file(&raw, file, 0, am_file_size(file), err);
	if (r)
		return r;
	r = am_unpack_reader(out, raw, err);
	/* What could not be read is named already. */
	return r && (!err || err->kind != AM_E_IO)
	               ? am_wrap(err, r, "%s", am_file_path(file))
	               : r;
}
