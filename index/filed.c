/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/filed.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "index/places.h"
#include "index/state.h"
#include "store/archive.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

#define HEADER  48
#define RECORD  6
#define OTHER   10
#define NOWHERE UINT32_MAX
#define SEVERAL 0x8000u
#define WINDOW  (48 * 1024) /* a whole number of records */

static uint32_t shards_crc(const struct am_state *state)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < state->n_shards; i++) {
		uint8_t b[12];
		am_put_le32(b, state->shards[i].first);
		am_put_le32(b + 4, state->shards[i].last);
		am_put_le32(b + 8, state->shards[i].documents);
		crc = am_crc32(crc, b, sizeof(b));
	}
	return crc;
}

static void put16(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)v;
	to[1] = (uint8_t)(v >> 8);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8;
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) | get16(from + 2) << 16;
}

static uint64_t get64(const uint8_t *from)
{
	return get32(from) | (uint64_t)get32(from + 4) << 32;
}

/* ---- writing ---------------------------------------------------------------
 */

struct writing {
	const struct am_state *state;
	struct am_places **places;
	GByteArray *records;
	GByteArray *others;
	size_t shard; /* of the message before: mostly also of this one */
	uint32_t base;
	int status;
	struct am_error *err;
};

static void add_other(struct writing *w, uint32_t document, uint32_t folder,
                      uint32_t flags)
{
	uint8_t other[OTHER];

	am_put_le32(other, document);
	am_put_le32(other + 4, folder);
	put16(other + 8, flags & ~SEVERAL);
	g_byte_array_append(w->others, other, OTHER);
}

static void find_shard(struct writing *w, uint32_t id)
{
	const struct am_state *s = w->state;

	if (w->shard < s->n_shards && id >= s->shards[w->shard].first &&
	    id <= s->shards[w->shard].last)
		return;
	w->base = 0;
	for (w->shard = 0; w->shard < s->n_shards; w->shard++) {
		if (id <= s->shards[w->shard].last)
			break;
		w->base += s->shards[w->shard].documents;
	}
}

static void on_place(void *user, int64_t message, int64_t folder,
                     uint32_t flags)
{
	struct writing *w = user;
	uint32_t document = 0;

	if (w->status || message < 1 || message > w->state->last)
		return;
	find_shard(w, (uint32_t)message);
	if (w->shard == w->state->n_shards)
		return;
	w->status = am_places_find(w->places[w->shard], (uint32_t)message,
	                           &document, w->err);
	if (w->status || !document)
		return;
	uint32_t at = w->base + document - 1;
	uint8_t *record = w->records->data + (size_t)at * RECORD;
	uint32_t before = get32(record), marks = get16(record + 4);
	uint32_t where = folder >= 0 && folder < NOWHERE ? (uint32_t)folder
	                                                 : NOWHERE - 1;
	if (before == NOWHERE) {
		am_put_le32(record, where);
		put16(record + 4, flags & ~SEVERAL);
		return;
	}
	if (!(marks & SEVERAL)) {
		add_other(w, at, before, marks);
		put16(record + 4, marks | SEVERAL);
	}
	add_other(w, at, where, flags);
}

static int by_document(const void *a, const void *b)
{
	uint32_t x = get32(a), y = get32(b);

	return (x > y) - (x < y);
}

static int open_places(struct writing *w, const char *dir, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < w->state->n_shards && !r; i++) {
		char *shard = am_shard_path(dir, &w->state->shards[i]);
		char *path = g_build_filename(shard, "places", NULL);
		r = am_places_open(&w->places[i], path, err);
		g_free(path);
		g_free(shard);
	}
	return r;
}

static void put_header(uint8_t *to, const struct am_state *state, uint64_t seq,
                       uint32_t n, uint32_t others)
{
	memset(to, 0, HEADER);
	memcpy(to, "amfiled", 8);
	am_put_le32(to + 8, 1);
	am_put_le64(to + 16, state->archive);
	am_put_le64(to + 24, seq);
	am_put_le32(to + 32, n);
	am_put_le32(to + 36, others);
	am_put_le32(to + 40, shards_crc(state));
	am_put_le32(to + 12, am_crc32(0, to, HEADER));
}

static uint32_t count_documents(const struct am_state *state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < state->n_shards; i++)
		n += state->shards[i].documents;
	return (uint32_t)MIN(n, UINT32_MAX);
}

int am_filed_write(const char *dir, const struct am_state *state,
                   struct am_archive *archive, struct am_error *err)
{
	uint32_t n = count_documents(state);
	struct writing w = {
		.state = state,
		.places = g_new0(struct am_places *, state->n_shards + 1),
		.records = g_byte_array_new(),
		.others = g_byte_array_new(),
		.shard = state->n_shards,
		.err = err};
	GByteArray *out = g_byte_array_new();
	char *path = g_build_filename(dir, "filed", NULL);
	struct am_archive_stats stats;
	uint8_t header[HEADER];
	int r = am_archive_stats(archive, &stats, err);

	if (!r)
		r = open_places(&w, dir, err);
	g_byte_array_set_size(w.records, (guint)((size_t)n * RECORD));
	for (uint32_t i = 0; i < n; i++) {
		am_put_le32(w.records->data + (size_t)i * RECORD, NOWHERE);
		put16(w.records->data + (size_t)i * RECORD + 4, 0);
	}
	if (!r)
		r = am_archive_each_filed(archive, on_place, &w, err);
	if (!r)
		r = w.status;
	if (!r) {
		if (w.others->len)
			qsort(w.others->data, w.others->len / OTHER, OTHER,
			      by_document);
		put_header(header, state, stats.max_seq, n,
		           w.others->len / OTHER);
		g_byte_array_append(out, header, HEADER);
		g_byte_array_append(out, w.records->data, w.records->len);
		g_byte_array_append(out, w.others->data, w.others->len);
		r = am_file_replace(path, out->data, out->len, err);
	}
	for (size_t i = 0; i < state->n_shards; i++)
		am_places_close(&w.places[i]);
	g_free(w.places);
	g_byte_array_unref(w.records);
	g_byte_array_unref(w.others);
	g_byte_array_unref(out);
	g_free(path);
	return r;
}

/* ---- reading ---------------------------------------------------------------
 */

struct am_filed {
	struct am_file *file;
	uint64_t seq;
	uint32_t n, n_others;
	uint32_t *bases; /* of each shard */
	uint8_t *others; /* NULL: not read yet */
	uint8_t window[WINDOW];
	uint32_t at, held; /* records in the window */
};

static int read_header(struct am_filed *f, const struct am_state *state,
                       struct am_error *err)
{
	uint8_t h[HEADER], same[HEADER];
	size_t got;
	int r = am_file_read(f->file, 0, h, HEADER, &got, err);

	if (r)
		return r;
	if (got != HEADER)
		return AM_END;
	f->seq = get64(h + 24);
	f->n = get32(h + 32);
	f->n_others = get32(h + 36);
	put_header(same, state, f->seq, count_documents(state), f->n_others);
	if (memcmp(h, same, HEADER) != 0 ||
	    am_file_size(f->file) != HEADER + (uint64_t)f->n * RECORD +
	                                     (uint64_t)f->n_others * OTHER)
		return AM_END;
	return AM_OK;
}

int am_filed_open(struct am_filed **out, const char *dir,
                  const struct am_state *state, struct am_error *err)
{
	struct am_filed *f = g_new0(struct am_filed, 1);
	char *path = g_build_filename(dir, "filed", NULL);
	struct am_error own;
	int r;

	*out = NULL;
	if (!err)
		err = &own;
	r = am_file_open(&f->file, path, err);
	if (r && err->kind == AM_E_NOTFOUND)
		r = AM_END;
	if (!r)
		r = read_header(f, state, err);
	f->bases = g_new0(uint32_t, state->n_shards + 1);
	for (size_t i = 0; i < state->n_shards; i++)
		f->bases[i + 1] = f->bases[i] + state->shards[i].documents;
	g_free(path);
	if (r)
		am_filed_close(&f);
	*out = f;
	return r;
}

void am_filed_close(struct am_filed **filed)
{
	struct am_filed *f = *filed;

	if (!f)
		return;
	am_file_unref(&f->file);
	g_free(f->bases);
	g_free(f->others);
	g_free(f);
	*filed = NULL;
}

uint64_t am_filed_seq(const struct am_filed *filed)
{
	return filed->seq;
}

static bool fits(const struct am_filing *want, uint32_t folder, uint32_t flags)
{
	if ((flags & want->flags_set) != want->flags_set ||
	    (flags & want->flags_unset))
		return false;
	return !want->folders ||
	       (folder / 8 < want->n_folders &&
	        (want->folders[folder / 8] >> (folder % 8) & 1));
}

static int load_others(struct am_filed *f, struct am_error *err)
{
	size_t len = (size_t)f->n_others * OTHER;

	if (f->others)
		return AM_OK;
	f->others = g_malloc(len + 1);
	int r = am_file_read_all(f->file, HEADER + (uint64_t)f->n * RECORD,
	                         f->others, len, err);
	if (r)
		g_clear_pointer(&f->others, g_free);
	return r;
}

/* Where those of a document begin. */
static size_t first_other(const struct am_filed *f, uint32_t document)
{
	size_t low = 0, high = f->n_others;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (get32(f->others + middle * OTHER) < document)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The next of a document's; NULL: there is none. */
static const uint8_t *other_at(const struct am_filed *f, size_t i,
                               uint32_t document)
{
	const uint8_t *other = f->others + i * OTHER;

	return i < f->n_others && get32(other) == document ? other : NULL;
}

/* A document's record, which is the `*at`-th of all; NULL: there is none. */
static int find_record(struct am_filed *f, size_t shard, uint32_t document,
                       uint32_t *at, const uint8_t **out, struct am_error *err)
{
	*out = NULL;
	*at = f->bases[shard] + document - 1;
	if (!document || *at >= f->n)
		return AM_OK;
	if (*at < f->at || *at >= f->at + f->held) {
		/* A little at first; who goes on gets more. */
		bool goes_on = f->held && *at >= f->at + f->held &&
		               *at < f->at + f->held + 64;
		size_t want = goes_on ? WINDOW : RECORD * 256, got;
		int r = am_file_read(f->file, HEADER + (uint64_t)*at * RECORD,
		                     f->window, want, &got, err);
		f->held = 0;
		if (r)
			return r;
		if (got < RECORD)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "the index is damaged (%s): make it "
			               "anew",
			               am_file_path(f->file));
		f->at = *at;
		f->held = (uint32_t)MIN(got / RECORD, f->n - *at);
	}
	*out = f->window + (size_t)(*at - f->at) * RECORD;
	return get16(*out + 4) & SEVERAL ? load_others(f, err) : AM_OK;
}

int am_filed_has(struct am_filed *f, size_t shard, uint32_t document,
                 const struct am_filing *filing, bool *out,
                 struct am_error *err)
{
	const uint8_t *record, *other;
	uint32_t at;
	int r = find_record(f, shard, document, &at, &record, err);

	*out = false;
	if (r || !record)
		return r;
	uint32_t folder = get32(record), flags = get16(record + 4);
	if (!(flags & SEVERAL)) {
		*out = folder != NOWHERE && fits(filing, folder, flags);
		return AM_OK;
	}
	for (size_t i = first_other(f, at);
	     !*out && (other = other_at(f, i, at)) != NULL; i++)
		*out = fits(filing, get32(other + 4), get16(other + 8));
	return AM_OK;
}

int am_filed_folders(struct am_filed *f, size_t shard, uint32_t document,
                     am_filed_folder_fn *fn, void *user, struct am_error *err)
{
	const uint8_t *record, *other;
	uint32_t at;
	int r = find_record(f, shard, document, &at, &record, err);

	if (r || !record)
		return r;
	if (!(get16(record + 4) & SEVERAL)) {
		if (get32(record) != NOWHERE)
			fn(user, get32(record));
		return AM_OK;
	}
	size_t first = first_other(f, at);
	for (size_t i = first; (other = other_at(f, i, at)) != NULL; i++) {
		size_t k = first;
		while (k < i &&
		       get32(f->others + k * OTHER + 4) != get32(other + 4))
			k++;
		if (k == i)
			fn(user, get32(other + 4));
	}
	return AM_OK;
}
