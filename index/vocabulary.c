/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/vocabulary.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "index/fields.h"
#include "index/side_file.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

#define HEADER AM_SIDE_HEADER
#define WINDOW (256u * 1024)
#define GLANCE 512  /* bytes: room for the longest entry */
#define IS_END 0x20 /* bytes below stand behind a word */
#define DIGIT  0x10
#define SLACK  8 /* readable bytes behind a damaged character */

static void put_header(uint8_t *to, uint64_t n, uint64_t table)
{
	memset(to, 0, HEADER);
	memcpy(to, "amwords", 8);
	am_put_le32(to + 8, 1);
	am_put_le64(to + 16, n);
	am_put_le64(to + 24, table);
	am_put_le32(to + 12, am_crc32(0, to, HEADER));
}

/* ---- writing ---------------------------------------------------------------
 */

struct am_vocabulary_writer {
	struct am_side_file side;
	uint64_t n;
	bool regions[256]; /* letters of theirs */
};

int am_vocabulary_create(struct am_vocabulary_writer **out, const char *dir,
                         struct am_error *err)
{
	struct am_vocabulary_writer *w = g_new0(struct am_vocabulary_writer, 1);
	char *path = g_build_filename(dir, "words", NULL);
	int r = am_side_open(&w->side, path, err);

	for (unsigned i = 0; i < AM_REGION_COUNT; i++)
		w->regions[(uint8_t)am_region_prefix((enum am_region)i)] = true;
	g_free(path);
	if (r)
		am_vocabulary_abandon(&w);
	*out = w;
	return r;
}

static bool is_word(const struct am_vocabulary_writer *w, const uint8_t *term,
                    size_t len)
{
	if (g_ascii_isupper(*term) && !w->regions[*term])
		return false;
	for (size_t i = 0; i < len; i++)
		if (term[i] < IS_END)
			return false;
	return len <= AM_TERM_MAX;
}

int am_vocabulary_add(struct am_vocabulary_writer *w, const uint8_t *term,
                      size_t len, uint32_t document, bool only,
                      struct am_error *err)
{
	uint8_t digits[9], offset[8];
	guint n = 0;

	if (!is_word(w, term, len))
		return AM_OK;
	do {
		digits[n++] = (uint8_t)(DIGIT | (document & 15));
		document >>= 4;
	} while (document);
	if (only)
		digits[n++] = DIGIT;
	if (w->n++ % AM_VOCABULARY_STEP == 0) {
		am_put_le64(offset, w->side.offset - HEADER);
		g_byte_array_append(w->side.table, offset, 8);
	}
	g_byte_array_append(w->side.pending, term, (guint)len);
	g_byte_array_append(w->side.pending, digits, n);
	w->side.offset += len + n;
	return am_side_flush(&w->side, true, err);
}

int am_vocabulary_finish(struct am_vocabulary_writer **writer,
                         struct am_error *err)
{
	struct am_vocabulary_writer *w = *writer;
	uint8_t header[HEADER];

	put_header(header, w->n, w->side.offset);
	int r = am_side_finish(&w->side, header, err);
	am_vocabulary_abandon(writer);
	return r;
}

void am_vocabulary_abandon(struct am_vocabulary_writer **writer)
{
	if (!*writer)
		return;
	am_side_close(&(*writer)->side);
	g_free(*writer);
	*writer = NULL;
}

/* ---- reading ---------------------------------------------------------------
 */

struct am_vocabulary {
	struct am_file *file;
	uint64_t n, text; /* words; bytes of them */
	uint64_t *steps;  /* NULL: not read yet */
	size_t n_steps;
	uint8_t *window;
};

static int corrupt(const struct am_vocabulary *v, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(v->file));
}

static int read_header(struct am_vocabulary *v, struct am_error *err)
{
	uint8_t h[HEADER], same[HEADER];
	size_t got;
	int r = am_file_read(v->file, 0, h, HEADER, &got, err);

	if (r)
		return r;
	struct am_cursor c = am_cursor(h + 16, HEADER - 16);
	v->n = am_get_le64(&c);
	uint64_t table = am_get_le64(&c), size = am_file_size(v->file);
	put_header(same, v->n, table);
	if (got != HEADER || memcmp(h, same, HEADER) != 0 || table < HEADER ||
	    table > size)
		return corrupt(v, err);
	v->text = table - HEADER;
	v->n_steps = (size_t)((size - table) / 8);
	if (v->n > v->text || (size - table) % 8 ||
	    v->n_steps != (v->n + AM_VOCABULARY_STEP - 1) / AM_VOCABULARY_STEP)
		return corrupt(v, err);
	return AM_OK;
}

int am_vocabulary_open(struct am_vocabulary **out, const char *dir,
                       struct am_error *err)
{
	struct am_vocabulary *v = g_new0(struct am_vocabulary, 1);
	char *path = g_build_filename(dir, "words", NULL);
	int r = am_file_open(&v->file, path, err);

	if (!r)
		r = read_header(v, err);
	g_free(path);
	if (r)
		am_vocabulary_close(&v);
	*out = v;
	return r;
}

void am_vocabulary_close(struct am_vocabulary **vocabulary)
{
	struct am_vocabulary *v = *vocabulary;

	if (!v)
		return;
	am_file_unref(&v->file);
	g_free(v->steps);
	g_free(v->window);
	g_free(v);
	*vocabulary = NULL;
}

uint64_t am_vocabulary_words(const struct am_vocabulary *vocabulary)
{
	return vocabulary->n;
}

static int read_steps(struct am_vocabulary *v, struct am_error *err)
{
	uint64_t before = 0;

	if (v->steps)
		return AM_OK;
	v->steps = g_new0(uint64_t, v->n_steps + 1);
	int r = am_file_read_all(v->file, HEADER + v->text, v->steps,
	                         v->n_steps * 8, err);
	for (size_t i = 0; i < v->n_steps && !r; i++) {
		v->steps[i] = GUINT64_FROM_LE(v->steps[i]);
		if (v->steps[i] < before || v->steps[i] >= v->text)
			r = corrupt(v, err);
		before = v->steps[i];
	}
	if (r)
		g_clear_pointer(&v->steps, g_free);
	return r;
}

/* A word and what stands behind it. */
struct entry {
	const uint8_t *text;
	size_t len;
	uint32_t first;
	bool only;
	const uint8_t *end;
};

/* The first byte of a number, eight at a time: a byte below 0x20 borrows from
 * its highest bit. */
static const uint8_t *word_end(const uint8_t *at, const uint8_t *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t eight;

	for (; end - at >= 8; at += 8) {
		memcpy(&eight, at, 8);
		eight = GUINT64_FROM_LE(eight);
		eight = (eight - ones * IS_END) & ~eight & (ones << 7);
		if (eight)
			return at + __builtin_ctzll(eight) / 8;
	}
	while (at < end && *at >= IS_END)
		at++;
	return at;
}

/* false: it is not whole. */
static bool read_entry(const uint8_t *at, const uint8_t *end, struct entry *out)
{
	unsigned shift = 0;

	out->text = at;
	at = word_end(at, end);
	out->len = (size_t)(at - out->text);
	out->first = 0;
	for (; at < end && *at < IS_END; at++, shift += 4)
		if (shift < 32)
			out->first |= (uint32_t)(*at & 15) << shift;
	out->end = at;
	out->only = shift > 4 && at[-1] == DIGIT;
	return shift > 0;
}

/* Does the word stand before the key?  With `behind`: or begin with it. */
static bool stands_before(const struct entry *e, const char *key, size_t len,
                          bool behind)
{
	int c = memcmp(e->text, key, MIN(e->len, len));

	return c < 0 || (!c && (e->len < len || behind));
}

/* A step that is not behind the first word for which that does not hold. */
static int find_step(struct am_vocabulary *v, const char *key, size_t len,
                     bool behind, uint64_t *out, struct am_error *err)
{
	size_t low = 0, high = v->n_steps;
	int r = read_steps(v, err);

	while (!r && high - low > 1) {
		size_t middle = low + (high - low) / 2, got;
		uint8_t some[GLANCE];
		uint64_t at = v->steps[middle];
		struct entry e;
		r = am_file_read(v->file, HEADER + at, some,
		                 (size_t)MIN(GLANCE, v->text - at), &got, err);
		if (r)
			break;
		if (!read_entry(some, some + got, &e))
			return corrupt(v, err);
		if (stands_before(&e, key, len, behind))
			low = middle;
		else
			high = middle;
	}
	*out = !r && v->n_steps ? v->steps[low] : 0;
	return r;
}

/* ---- going through the words -----------------------------------------------
 */

struct going {
	const struct am_vocabulary_part *part;
	char key[AM_TERM_MAX + 2]; /* letter and beginning */
	size_t key_len;
	am_vocabulary_fn *fn;
	void *user;
	bool over; /* behind the last word of the part */
};

static int visit(struct going *g, const struct entry *e, struct am_error *err)
{
	bool letter = g->part->letter != '\0';

	if (g->key_len && stands_before(e, g->key, g->key_len, false))
		return AM_OK;
	if (g->key_len &&
	    (e->len < g->key_len || memcmp(e->text, g->key, g->key_len) != 0)) {
		g->over = true;
		return AM_OK;
	}
	/* Without a letter: those that have one stand in between. */
	if (!letter && g_ascii_isupper(*e->text))
		return AM_OK;
	return g->fn(g->user, (const char *)e->text + letter, e->len - letter,
	             e->first, e->only, err);
}

/* The next word that has the piece; NULL: none. */
static const uint8_t *next_with(const struct going *g, const uint8_t *at,
                                const uint8_t *end)
{
	const uint8_t *hit = memmem(at, (size_t)(end - at), g->part->piece,
	                            g->part->piece_len);

	while (hit && hit > at && hit[-1] >= IS_END)
		hit--;
	return hit;
}

static int go_through(struct going *g, const uint8_t *at, const uint8_t *end,
                      struct am_error *err)
{
	struct entry e;
	int r = AM_OK;

	while (!r && !g->over && at < end) {
		if (g->part->piece)
			at = next_with(g, at, end);
		if (!at || !read_entry(at, end, &e))
			break;
		r = visit(g, &e, err);
		at = e.end;
	}
	return r;
}

/* Where the last entry ends that is surely whole. */
static size_t whole_entries(const uint8_t *text, size_t len, bool last)
{
	if (last)
		return len;
	/* Digits at the end may go on. */
	while (len && text[len - 1] < IS_END)
		len--;
	while (len && text[len - 1] >= IS_END)
		len--;
	return len;
}

static int go_from(struct am_vocabulary *v, uint64_t at, struct going *g,
                   struct am_error *err)
{
	size_t want = g->key_len > 1 ? 8 * GLANCE : WINDOW;
	int r = AM_OK;

	if (!v->window)
		v->window = g_malloc0(WINDOW + SLACK);
	while (!r && !g->over && at < v->text) {
		size_t n = (size_t)MIN(want, v->text - at);
		r = am_file_read_all(v->file, HEADER + at, v->window, n, err);
		if (r)
			break;
		size_t whole = whole_entries(v->window, n, at + n == v->text);
		if (!whole)
			return corrupt(v, err);
		r = go_through(g, v->window, v->window + whole, err);
		/* A piece says nothing about what stands before it. */
		if (!r && g->part->piece && g->key_len) {
			struct entry e;
			if (read_entry(v->window, v->window + whole, &e) &&
			    !stands_before(&e, g->key, g->key_len, true))
				g->over = true;
		}
		at += whole;
		want = MIN(4 * want, WINDOW);
	}
	return r;
}

int am_vocabulary_each(struct am_vocabulary *v,
                       const struct am_vocabulary_part *part,
                       am_vocabulary_fn *fn, void *user, struct am_error *err)
{
	struct going g = {.part = part, .fn = fn, .user = user};
	uint64_t at = 0;
	int r;

	if (part->beginning_len > AM_TERM_MAX)
		return AM_OK;
	if (part->letter)
		g.key[g.key_len++] = part->letter;
	memcpy(g.key + g.key_len, part->beginning, part->beginning_len);
	g.key_len += part->beginning_len;
	r = find_step(v, g.key, g.key_len, false, &at, err);
	return r ? r : go_from(v, at, &g, err);
}
