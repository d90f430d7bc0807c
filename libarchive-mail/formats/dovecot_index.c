/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dovecot.index, in the order of the machine that wrote it:
 *
 *     0   u8 7, u8 minor       version
 *     2   u16 size of the base header
 *     4   u32 size of all headers     8   u32 size of a record
 *     12  u8 bit 0: little-endian     24  u32 UIDVALIDITY
 *     32  u32 number of records
 *     …   extensions, each at a multiple of 8: u32 size of its own header,
 *         u32 reset id, u16 offset in a record, u16 bytes in a record, u16
 *         alignment, u16 length of its name, the name, its own header
 *     …   records: u32 UID, u8 flags, …, extensions
 *
 * The extension "keywords" has u32 count, count times {u32, u32 offset of the
 * name}, the names with a NUL each; in a record a bit for each.
 *
 * dovecot.index.log: u8 1, u8 minor, u16 size of the header …, then records:
 * u32 size (seven bits a byte, the high bits set, in fours), u32 type:
 *
 *     2       append: {u32 uid, u8 flags, 3 bytes} …
 *     4       flags: {u32 from, u32 to, u8 add, u8 remove, 2 bytes} …
 *     0x20    header: u16 offset, u16 size, so many bytes, up to four …
 *     0x400   keyword: u8 0 add, 1 remove, 2 replace; u8; u16 length of its
 *             name, the name, up to a multiple of 4: {u32 from, u32 to} …
 *     0x800   all keywords away: {u32 from, u32 to} …
 */
#include "formats/dovecot_index.h"

#include "base/bytes.h"
#include "base/charset.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

/* Of one of the files, of messages, of names of keywords. */
#define FILE_MAX    (512 * 1024 * 1024)
#define UIDS_MAX    20000000
#define NAME_MAX_   200
#define WORK_MAX    500000000
#define KEYWORD_MAX 64
#define UIDVALIDITY 24 /* where it stands in the header */

struct facts {
	uint32_t flags; /* Dovecot's */
	uint64_t keywords;
};

struct am_dovecot_index {
	GHashTable *by_uid; /* uid -> struct facts */
	GPtrArray *names;   /* of keywords, NULL behind the last */
	uint32_t uidvalidity;
	uint64_t work; /* messages that changes have been asked of */
};

static struct facts *facts_of(struct am_dovecot_index *x, uint32_t uid,
                              bool make)
{
	struct facts *f = g_hash_table_lookup(x->by_uid, GUINT_TO_POINTER(uid));

	if (!f && make && g_hash_table_size(x->by_uid) < UIDS_MAX) {
		f = g_new0(struct facts, 1);
		g_hash_table_insert(x->by_uid, GUINT_TO_POINTER(uid), f);
	}
	return f;
}

/* Its bit; 0: there are too many, or it is no name. */
static uint64_t keyword_bit(struct am_dovecot_index *x, const uint8_t *name,
                            size_t len)
{
	guint n = x->names->len - 1;

	if (!len || len > NAME_MAX_ || memchr(name, 0, len) ||
	    !am_utf8_valid((const char *)name, len))
		return 0;
	for (guint i = 0; i < n; i++) {
		const char *known = x->names->pdata[i];
		if (strlen(known) == len && !memcmp(known, name, len))
			return UINT64_C(1) << i;
	}
	if (n >= KEYWORD_MAX)
		return 0;
	x->names->pdata[n] = g_strndup((const char *)name, len);
	g_ptr_array_add(x->names, NULL);
	return UINT64_C(1) << n;
}

/* ---- dovecot.index ---- */

struct keywords {
	size_t offset, size; /* in a record */
	uint64_t bits[KEYWORD_MAX];
	unsigned n;
};

/* Its own header: the names. */
static void read_names(struct am_dovecot_index *x, struct keywords *k,
                       const uint8_t *head, size_t len)
{
	struct am_cursor c = am_cursor(head, len);
	uint32_t n = am_get_le32(&c);

	if (c.bad || n > (len - 4) / 8)
		return;
	const char *names = (const char *)head + 4 + (size_t)n * 8;
	size_t room = len - 4 - (size_t)n * 8;
	for (uint32_t i = 0; i < n && i < KEYWORD_MAX; i++) {
		(void)am_get_le32(&c);
		uint32_t at = am_get_le32(&c);
		if (at < room)
			k->bits[i] =
				keyword_bit(x, (const uint8_t *)names + at,
			                    strnlen(names + at, room - at));
		k->n = i + 1;
	}
}

static void read_extensions(struct am_dovecot_index *x, struct keywords *k,
                            const uint8_t *bytes, size_t from, size_t to)
{
	while (to - from >= 16) {
		struct am_cursor c = am_cursor(bytes + from, to - from);
		uint32_t own = am_get_le32(&c);
		(void)am_get_le32(&c);
		uint16_t offset = am_get_le16(&c), size = am_get_le16(&c);
		(void)am_get_le16(&c);
		uint16_t name_len = am_get_le16(&c);
		size_t head = (16u + name_len + 7) & ~(size_t)7;
		if (head > to - from || own > to - from - head)
			return;
		if (name_len == 8 &&
		    !memcmp(bytes + from + 16, "keywords", 8)) {
			k->offset = offset;
			k->size = size;
			read_names(x, k, bytes + from + head, own);
		}
		size_t all = head + (((size_t)own + 7) & ~(size_t)7);
		if (all > to - from)
			return;
		from += all;
	}
}

static void read_record(struct am_dovecot_index *x, const struct keywords *k,
                        const uint8_t *record, size_t size)
{
	struct am_cursor c = am_cursor(record, size);
	uint32_t uid = am_get_le32(&c);
	uint8_t flags = am_get_u8(&c);
	struct facts *f = facts_of(x, uid, true);

	if (!f)
		return;
	f->flags = flags;
	f->keywords = 0;
	for (unsigned i = 0; i < k->n && i / 8 < k->size; i++)
		if (k->offset + i / 8 < size &&
		    record[k->offset + i / 8] >> (i % 8) & 1)
			f->keywords |= k->bits[i];
}

static bool read_index(struct am_dovecot_index *x, const uint8_t *bytes,
                       size_t len)
{
	struct am_cursor c = am_cursor(bytes, len);
	struct keywords k = {0};
	uint8_t major = am_get_u8(&c);
	(void)am_get_u8(&c);
	uint16_t base = am_get_le16(&c);
	uint32_t header = am_get_le32(&c), record = am_get_le32(&c);
	uint8_t compat = am_get_u8(&c);

	if (c.bad || major != 7 || !(compat & 1) || base < 36 ||
	    header < base || header > len || record < 8 || record > 65536)
		return false;
	c = am_cursor(bytes + UIDVALIDITY, 12);
	x->uidvalidity = am_get_le32(&c);
	(void)am_get_le32(&c);
	uint32_t n = am_get_le32(&c);
	read_extensions(x, &k, bytes, MIN((base + 7u) & ~7u, header), header);
	for (size_t at = header; n && len - at >= record; at += record, n--)
		read_record(x, &k, bytes + at, record);
	return true;
}

/* ---- the log ---- */

/* Each of the messages there are from one UID to another. */
static void each_uid(struct am_dovecot_index *x, uint32_t from, uint32_t to,
                     uint8_t add, uint8_t remove, uint64_t set, uint64_t clear)
{
	GHashTableIter iter;
	gpointer key, value;

	/* Whoever made up such a log wants to waste our time. */
	x->work += MIN(to - from, g_hash_table_size(x->by_uid)) + 1;
	if (x->work > WORK_MAX)
		return;
	if (to - from < 64) {
		for (uint64_t uid = from; uid <= to; uid++) {
			struct facts *f = facts_of(x, (uint32_t)uid, false);
			if (!f)
				continue;
			f->flags = (f->flags & ~(uint32_t)remove) | add;
			f->keywords = (f->keywords & ~clear) | set;
		}
		return;
	}
	g_hash_table_iter_init(&iter, x->by_uid);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		struct facts *f = value;
		if (GPOINTER_TO_UINT(key) < from || GPOINTER_TO_UINT(key) > to)
			continue;
		f->flags = (f->flags & ~(uint32_t)remove) | add;
		f->keywords = (f->keywords & ~clear) | set;
	}
}

enum {
	APPEND = 2,
	FLAGS = 4,
	HEADER = 0x20,
	KEYWORD = 0x400,
	KEYWORD_RESET = 0x800,
	TYPES = 0x0fffffff
};

static void apply_keyword(struct am_dovecot_index *x, struct am_cursor *c)
{
	uint8_t how = am_get_u8(c);
	(void)am_get_u8(c);
	uint16_t n = am_get_le16(c);
	const uint8_t *name = am_get_bytes(c, n);
	(void)am_get_bytes(c, (4u - n % 4u) % 4u);
	uint64_t bit = c->bad ? 0 : keyword_bit(x, name, n);

	while (!c->bad && am_cursor_left(c) >= 8) {
		uint32_t from = am_get_le32(c), to = am_get_le32(c);
		if (from > to)
			continue;
		each_uid(x, from, to, 0, 0, how == 1 ? 0 : bit,
		         how == 2 ? UINT64_MAX : bit);
	}
}

static void apply_header(struct am_dovecot_index *x, struct am_cursor *c)
{
	while (!c->bad && am_cursor_left(c) >= 4) {
		uint16_t offset = am_get_le16(c), size = am_get_le16(c);
		struct am_cursor in = am_cursor(am_get_bytes(c, size), size);
		(void)am_get_bytes(c, (4u - size % 4u) % 4u);
		if (!c->bad && offset == UIDVALIDITY && size == 4)
			x->uidvalidity = am_get_le32(&in);
	}
}

static void apply(struct am_dovecot_index *x, uint32_t type,
                  const uint8_t *bytes, size_t len)
{
	struct am_cursor c = am_cursor(bytes, len);

	if (type == KEYWORD)
		apply_keyword(x, &c);
	if (type == HEADER)
		apply_header(x, &c);
	if (type == KEYWORD || type == HEADER)
		return;
	while (!c.bad && am_cursor_left(&c) >= 8) {
		uint32_t uid = am_get_le32(&c), to = 0;
		uint8_t add = 0, remove = 0;
		if (type == APPEND) {
			struct facts *f = facts_of(x, uid, true);
			add = am_get_u8(&c);
			(void)am_get_bytes(&c, 3);
			if (f)
				*f = (struct facts){.flags = add};
			continue;
		}
		to = am_get_le32(&c);
		if (type == FLAGS) {
			add = am_get_u8(&c);
			remove = am_get_u8(&c);
			(void)am_get_bytes(&c, 2);
		}
		if (!c.bad && uid <= to)
			each_uid(x, uid, to, add, remove, 0,
			         type == KEYWORD_RESET ? UINT64_MAX : 0);
	}
}

/* Seven bits a byte; 0: it is not finished. */
static size_t record_size(const uint8_t *p)
{
	if (!(p[0] & p[1] & p[2] & p[3] & 0x80))
		return 0;
	return ((size_t)(p[0] & 0x7f) << 21 | (size_t)(p[1] & 0x7f) << 14 |
	        (size_t)(p[2] & 0x7f) << 7 | (size_t)(p[3] & 0x7f))
	       << 2;
}

static bool read_log(struct am_dovecot_index *x, const uint8_t *bytes,
                     size_t len)
{
	struct am_cursor c = am_cursor(bytes, len);
	uint8_t major = am_get_u8(&c);
	(void)am_get_u8(&c);
	uint16_t header = am_get_le16(&c);

	if (c.bad || major != 1 || header < 24 || header > len)
		return false;
	for (size_t at = header; len - at >= 8;) {
		size_t size = record_size(bytes + at);
		if (size < 8 || size > len - at)
			break; /* being written, or damaged */
		c = am_cursor(bytes + at + 4, 4);
		uint32_t type = am_get_le32(&c) & TYPES;
		if (type == APPEND || type == FLAGS || type == HEADER ||
		    type == KEYWORD || type == KEYWORD_RESET)
			apply(x, type, bytes + at + 8, size - 8);
		at += size;
	}
	return true;
}

/* ---- all three ---- */

static bool read_file(struct am_dovecot_index *x, const char *dir,
                      const char *name,
                      bool (*read)(struct am_dovecot_index *x,
                                   const uint8_t *bytes, size_t len))
{
	char *path = g_build_filename(dir, name, NULL);
	char *bytes = NULL;
	gsize len = 0;
	struct stat st;
	bool good = !stat(path, &st) && S_ISREG(st.st_mode) &&
	            st.st_size <= FILE_MAX &&
	            g_file_get_contents(path, &bytes, &len, NULL) &&
	            read(x, (const uint8_t *)bytes, len);

	g_free(bytes);
	g_free(path);
	return good;
}

struct am_dovecot_index *am_dovecot_index_read(const char *dir)
{
	struct am_dovecot_index *x = g_new0(struct am_dovecot_index, 1);

	x->by_uid = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	x->names = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(x->names, NULL);
	bool any = read_file(x, dir, "dovecot.index", read_index);
	any |= read_file(x, dir, "dovecot.index.log.2", read_log);
	any |= read_file(x, dir, "dovecot.index.log", read_log);
	if (!any) {
		am_dovecot_index_free(x);
		return NULL;
	}
	return x;
}

void am_dovecot_index_free(struct am_dovecot_index *x)
{
	if (!x)
		return;
	g_hash_table_unref(x->by_uid);
	g_ptr_array_unref(x->names);
	g_free(x);
}

bool am_dovecot_index_of(const struct am_dovecot_index *x, uint32_t uid,
                         struct am_dovecot_facts *out)
{
	static const struct {
		uint32_t theirs, ours;
	} map[] = {{1, AM_ANSWERED},
	           {2, AM_FLAGGED},
	           {4, AM_DELETED},
	           {8, AM_SEEN},
	           {16, AM_DRAFT}};
	const struct facts *f =
		g_hash_table_lookup(x->by_uid, GUINT_TO_POINTER(uid));

	*out = (struct am_dovecot_facts){0};
	if (!f)
		return false;
	for (size_t i = 0; i < AM_COUNT(map); i++)
		if (f->flags & map[i].theirs)
			out->flags |= map[i].ours;
	out->keyword_bits = f->keywords;
	out->keywords = (const char *const *)x->names->pdata;
	return true;
}

uint32_t am_dovecot_index_uidvalidity(const struct am_dovecot_index *x)
{
	return x->uidvalidity;
}
