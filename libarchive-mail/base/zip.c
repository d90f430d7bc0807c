/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPNOTE.TXT 4.3: each member has a header in front of its bytes; at the end
 * stands a list of all (the central directory) and behind it a record of where
 * that is.
 */
#include "base/zip.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"

#include <glib.h>

#include <string.h>

enum {
	LOCAL = 30,  /* bytes of a header, without name and extra field */
	LISTED = 46, /* of an entry of the list */
	END = 22,    /* of the record of where it is */
	END64 = 56,  /* and its like in zip64 */
	LOCATOR64 = 20,
	COMMENT = 65535,
	STORED = 0,
	DEFLATED = 8,
	ENCRYPTED = 1, /* flags */
	SIZES_BEHIND = 8,
	LIST_MAX = 1 << 30
};
#define SIGN_LOCAL     UINT32_C(0x04034b50)
#define SIGN_LISTED    UINT32_C(0x02014b50)
#define SIGN_END       UINT32_C(0x06054b50)
#define SIGN_END64     UINT32_C(0x06064b50)
#define SIGN_LOCATOR64 UINT32_C(0x07064b50)
#define IN_EXTRA       UINT32_C(0xffffffff)

struct am_zip {
	struct am_file *file;
	uint64_t size;
	struct am_arena *arena;
	GArray *members;   /* struct am_zip_member; at: of its header */
	GHashTable *names; /* name -> index + 1 */
	const char *damage;
};

/* len bytes at offset; false: they are not there. */
static bool read_at(const struct am_zip *zip, uint64_t at, void *buf,
                    size_t len)
{
	size_t got = 0;

	return at <= zip->size && len <= zip->size - at &&
	       !am_file_read(zip->file, at, buf, len, &got, NULL) && got == len;
}

static void add(struct am_zip *zip, struct am_zip_member *m,
                const uint8_t *name, size_t len)
{
	char *copy = am_arena_strndup(zip->arena, (const char *)name, len);

	/* Programs on Windows wrote backslashes. */
	if (!strchr(copy, '/'))
		g_strdelimit(copy, "\\", '/');
	m->name = copy;
	g_array_append_val(zip->members, *m);
	/* Of two of a name the last one counts, as it does when unpacking. */
	g_hash_table_replace(zip->names, copy,
	                     GSIZE_TO_POINTER(zip->members->len));
}

/* The numbers that did not fit: sizes, then the offset (zip64). */
static void read_extra(const uint8_t *extra, size_t len,
                       struct am_zip_member *m)
{
	struct am_cursor c = am_cursor(extra, len);

	while (am_cursor_left(&c) >= 4) {
		uint16_t id = am_get_le16(&c), n = am_get_le16(&c);
		const uint8_t *body = am_get_bytes(&c, n);
		if (!body)
			return; /* it says more than there is */
		if (id != 1)
			continue;
		struct am_cursor v = am_cursor(body, n);
		if (m->size == IN_EXTRA)
			m->size = am_get_le64(&v);
		if (m->packed == IN_EXTRA)
			m->packed = am_get_le64(&v);
		if (m->at == IN_EXTRA)
			m->at = am_get_le64(&v);
		return;
	}
}

/* ---- by the list ---- */

static bool find_end(const struct am_zip *zip, uint64_t *at, uint64_t *len)
{
	size_t want = (size_t)MIN(zip->size, (uint64_t)END + COMMENT);
	uint8_t *tail = g_malloc(want + 1), end64[END64], locator[LOCATOR64];
	uint64_t end = 0;
	bool found = false;

	if (read_at(zip, zip->size - want, tail, want)) {
		for (size_t i = want >= END ? want - END + 1 : 0; i-- > 0;) {
			struct am_cursor c = am_cursor(tail + i, END);
			if (am_get_le32(&c) != SIGN_END)
				continue;
			c.at += 8;
			*len = am_get_le32(&c);
			*at = am_get_le32(&c);
			end = zip->size - want + i;
			found = true;
			break;
		}
	}
	g_free(tail);
	if (!found)
		return false;
	if (end >= LOCATOR64 &&
	    read_at(zip, end - LOCATOR64, locator, sizeof(locator))) {
		struct am_cursor c = am_cursor(locator, sizeof(locator));
		bool there = am_get_le32(&c) == SIGN_LOCATOR64;
		c.at += 4;
		uint64_t where = am_get_le64(&c);
		if (there && read_at(zip, where, end64, sizeof(end64))) {
			c = am_cursor(end64, sizeof(end64));
			if (am_get_le32(&c) != SIGN_END64)
				return false;
			c.at += 36;
			*len = am_get_le64(&c);
			*at = am_get_le64(&c);
		}
	}
	return *at <= zip->size && *len <= zip->size - *at && *len < LIST_MAX;
}

static int read_list(struct am_zip *zip, const uint8_t *list, size_t len,
                     struct am_error *err)
{
	struct am_cursor c = am_cursor(list, len);

	while (am_cursor_left(&c) >= LISTED) {
		struct am_zip_member m = {0};
		if (am_get_le32(&c) != SIGN_LISTED)
			break;
		c.at += 4;
		m.flags = am_get_le16(&c);
		m.method = am_get_le16(&c);
		c.at += 4;
		m.crc = am_get_le32(&c);
		m.packed = am_get_le32(&c);
		m.size = am_get_le32(&c);
		uint16_t name_len = am_get_le16(&c);
		uint16_t extra_len = am_get_le16(&c);
		uint16_t comment_len = am_get_le16(&c);
		c.at += 8;
		m.at = am_get_le32(&c);
		const uint8_t *name = am_get_bytes(&c, name_len);
		const uint8_t *extra = am_get_bytes(&c, extra_len);
		(void)am_get_bytes(&c, comment_len);
		if (c.bad)
			break;
		read_extra(extra, extra_len, &m);
		if (zip->members->len >= AM_ZIP_MEMBERS)
			return am_fail(err, AM_FAILED, AM_E_LIMIT,
			               "a zip of more than %d members",
			               AM_ZIP_MEMBERS);
		add(zip, &m, name, name_len);
	}
	if (am_cursor_left(&c) || c.bad)
		zip->damage = "its list of members is damaged";
	return AM_OK;
}

/* ---- from the front ---- */

/* The header at an offset; *behind: where the member's bytes begin. */
static bool read_local(const struct am_zip *zip, uint64_t at,
                       struct am_zip_member *m, uint8_t *name, size_t *name_len,
                       uint64_t *behind)
{
	uint8_t bytes[LOCAL], extra[512];

	if (!read_at(zip, at, bytes, sizeof(bytes)))
		return false;
	struct am_cursor c = am_cursor(bytes, sizeof(bytes));
	if (am_get_le32(&c) != SIGN_LOCAL)
		return false;
	c.at += 2;
	m->flags = am_get_le16(&c);
	m->method = am_get_le16(&c);
	c.at += 4;
	m->crc = am_get_le32(&c);
	m->packed = am_get_le32(&c);
	m->size = am_get_le32(&c);
	m->at = at;
	uint16_t n = am_get_le16(&c), n_extra = am_get_le16(&c);
	*behind = at + LOCAL + n + n_extra;
	if (!name)
		return true;
	if (n > 4096 || !read_at(zip, at + LOCAL, name, n))
		return false;
	*name_len = n;
	if (n_extra && n_extra <= sizeof(extra) &&
	    read_at(zip, at + LOCAL + n, extra, n_extra))
		read_extra(extra, n_extra, m);
	return true;
}

static void read_from_front(struct am_zip *zip)
{
	uint64_t at = 0, behind;
	uint8_t name[4096];
	size_t len;

	zip->damage = "it has no list of its members, they are taken from the "
		      "front";
	while (zip->members->len < AM_ZIP_MEMBERS) {
		struct am_zip_member m = {0};
		if (!read_local(zip, at, &m, name, &len, &behind))
			break;
		/* Nothing says where such a one ends. */
		if ((m.flags & SIZES_BEHIND) && !m.packed) {
			zip->damage = "it has no list of its members, and "
				      "those are not told apart";
			break;
		}
		if (behind > zip->size || m.packed > zip->size - behind) {
			m.packed = behind > zip->size ? 0 : zip->size - behind;
			zip->damage = "it is cut off in a member";
			add(zip, &m, name, len);
			break;
		}
		add(zip, &m, name, len);
		at = behind + m.packed;
	}
}

int am_zip_open(struct am_zip **out, struct am_file *file, struct am_error *err)
{
	struct am_zip *zip = g_new0(struct am_zip, 1);
	uint64_t at = 0, len = 0;
	int r = AM_OK;

	zip->file = am_file_ref(file);
	zip->size = am_file_size(file);
	zip->arena = am_arena_new();
	zip->members = g_array_new(FALSE, FALSE, sizeof(struct am_zip_member));
	zip->names = g_hash_table_new(g_str_hash, g_str_equal);
	if (find_end(zip, &at, &len)) {
		uint8_t *list = g_malloc(len + 1);
		if (read_at(zip, at, list, len))
			r = read_list(zip, list, len, err);
		g_free(list);
	}
	if (!r && !zip->members->len)
		read_from_front(zip);
	if (!r && !zip->members->len)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "no zip, or nothing in it can be read");
	if (r)
		am_zip_close(&zip);
	*out = zip;
	return r;
}

void am_zip_close(struct am_zip **handle)
{
	struct am_zip *zip = *handle;

	*handle = NULL;
	if (!zip)
		return;
	g_hash_table_destroy(zip->names);
	g_array_free(zip->members, TRUE);
	am_arena_free(&zip->arena);
	am_file_unref(&zip->file);
	g_free(zip);
}

const char *am_zip_damage(const struct am_zip *zip)
{
	return zip->damage;
}

size_t am_zip_n_members(const struct am_zip *zip)
{
	return zip->members->len;
}

const struct am_zip_member *am_zip_member(const struct am_zip *zip, size_t i)
{
	return &g_array_index(zip->members, struct am_zip_member, i);
}

size_t am_zip_find(const struct am_zip *zip, const char *name)
{
	return GPOINTER_TO_SIZE(g_hash_table_lookup(zip->names, name)) - 1;
}

/* ---- bytes ---- */

/* No more than was promised; less, or other bytes, is an error. */
struct limit {
	struct am_reader *inner;
	uint64_t left;
	uint32_t crc, want;
};

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct limit *l = self;
	const uint8_t *data;
	size_t len;

	*got = 0;
	if (!l->left)
		return AM_END;
	int r = am_reader_peek(l->inner, 1, &data, &len, err);
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a member is %" PRIu64 " bytes short", l->left);
	if (r)
		return AM_FAILED;
	*got = (size_t)MIN(MIN(len, room), l->left);
	memcpy(buf, data, *got);
	am_reader_skip(l->inner, *got);
	l->left -= *got;
	l->crc = am_crc32(l->crc, buf, *got);
	if (!l->left && l->crc != l->want)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a member does not match its checksum");
	return AM_OK;
}

static void close_limit(void *self)
{
	struct limit *l = self;

	am_reader_close(&l->inner);
	g_free(l);
}

int am_zip_reader(const struct am_zip *zip, size_t i, struct am_reader **out,
                  struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_limit};
	const struct am_zip_member *m = am_zip_member(zip, i);
	struct am_zip_member local = {0};
	struct am_reader *inner = NULL;
	uint64_t at = 0;
	int r;

	if (!read_local(zip, m->at, &local, NULL, NULL, &at))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no member of the zip at %" PRIu64, m->at);
	if (m->flags & ENCRYPTED)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a member of the zip is encrypted");
	if (m->method != STORED && m->method != DEFLATED)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a member is packed in a way (%u) that is not "
		               "known here",
		               m->method);
	if (at > zip->size || m->packed > zip->size - at)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a member is cut off at %" PRIu64, zip->size);
	r = am_reader_file(&inner, zip->file, at, m->packed, err);
	/* What is empty may be deflated to nothing at all. */
	if (!r && m->method == DEFLATED && m->size)
		r = am_reader_inflate(&inner, inner, err);
	if (r)
		return r;
	struct limit *limit = g_new(struct limit, 1);
	*limit = (struct limit){inner, m->size, 0, m->crc};
	return am_reader_new(out, &ops, limit, err);
}
