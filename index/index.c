/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index_impl.h"

#include "base/file.h"
#include "index/attached.h"
#include "index/columns.h"
#include "index/filed.h"
#include "index/places.h"
#include "index/postings.h"
#include "index/query_run.h"
#include "index/texts.h"
#include "index/vocabulary.h"
#include "index/word_list.h"
#include "index/xapian_door.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

/* How often shards may go while they are opened. */
#define ATTEMPTS 10

static int take_lock(struct am_index *index, struct am_error *err)
{
	char *path = g_build_filename(index->path, "lock", NULL);
	int r = am_make_dirs(index->path, err);

	if (!r)
		r = am_lock_take(&index->lock, path, "index", err);
	g_free(path);
	return r;
}

int am_index_open(struct am_index **out, const char *path, bool writable,
                  struct am_error *err)
{
	struct am_index *index = g_new0(struct am_index, 1);
	struct am_error own;
	int r = AM_OK;

	*out = NULL;
	if (!err)
		err = &own;
	index->path = g_strdup(path);
	index->writable = writable;
	r = am_xapian_load(err);
	if (!r && writable)
		r = take_lock(index, err);
	if (!r)
		r = am_state_read(&index->state, path, err);
	index->present = r == AM_OK;
	/* Who may write makes it anew when it is not there, or damaged; a newer
	 * format is somebody's good index and stays. */
	if (writable && (r == AM_END || (r && err->kind == AM_E_CORRUPT)))
		r = AM_OK;
	if (r)
		am_index_close(&index);
	*out = index;
	return r;
}

void am_index_unload(struct am_index *index)
{
	if (index->xapian)
		am_xapian_close(&index->xapian);
	am_filed_close(&index->filed);
	am_bits_free(index, &index->hidden_bits);
	am_word_room_clear(&index->word_room);
	for (size_t i = 0; index->places && i < index->state.n_shards; i++)
		am_places_close(&index->places[i]);
	for (size_t i = 0; index->texts && i < index->state.n_shards; i++)
		am_texts_close(&index->texts[i]);
	for (size_t i = 0; index->columns && i < index->state.n_shards; i++)
		am_columns_close(&index->columns[i]);
	for (size_t i = 0; index->vocabularies && i < index->state.n_shards;
	     i++)
		am_vocabulary_close(&index->vocabularies[i]);
	for (size_t i = 0; index->postings && i < index->state.n_shards; i++)
		am_postings_close(&index->postings[i]);
	g_free(index->places);
	g_free(index->texts);
	g_free(index->columns);
	g_free(index->postings);
	g_free(index->vocabularies);
	index->places = NULL;
	index->texts = NULL;
	index->columns = NULL;
	index->postings = NULL;
	index->vocabularies = NULL;
}

void am_index_close(struct am_index **index)
{
	struct am_index *x = *index;

	if (!x)
		return;
	am_index_unload(x);
	am_state_clear(&x->state);
	g_free(x->hidden.ids);
	am_lock_release(&x->lock);
	g_free(x->path);
	g_free(x->extract);
	am_extractor_free(&x->extracts);
	g_free(x);
	*index = NULL;
}

void am_index_extract(struct am_index *index, const char *program)
{
	g_free(index->extract);
	index->extract = g_strdup(program);
}

struct am_extractor *am_index_extracts(struct am_index *index)
{
	char *cache;

	if (index->extracts)
		return index->extracts;
	cache = am_attached_cache_path(index->path);
	const struct am_extractor_options options = {.cache = cache,
	                                             .read_only = true};
	index->extracts = am_extractor_new(&options);
	g_free(cache);
	return index->extracts;
}

void am_index_files(struct am_index *index, uint64_t *counts)
{
	am_extractor_count(am_index_extracts(index), counts);
}

/* "DIR/s-1-65536.xdb/NAME"; without a name the shard. */
static char *side_path(const struct am_index *index, size_t shard,
                       const char *name)
{
	char *dir = am_shard_path(index->path, &index->state.shards[shard]);
	char *path = g_build_filename(dir, name, NULL);

	g_free(dir);
	return path;
}

int am_index_columns(struct am_index *index, size_t shard,
                     struct am_columns **out, struct am_error *err)
{
	int r = am_index_load(index, err);

	*out = NULL;
	if (!r && !index->columns[shard]) {
		char *path = side_path(index, shard, "columns");
		r = am_columns_open(&index->columns[shard], path, err);
		g_free(path);
	}
	if (!r)
		*out = index->columns[shard];
	return r;
}

int am_index_texts(struct am_index *index, size_t shard, struct am_texts **out,
                   struct am_error *err)
{
	int r = am_index_load(index, err);

	*out = NULL;
	if (!r && !index->texts[shard]) {
		char *path = side_path(index, shard, "texts");
		r = am_texts_open(&index->texts[shard], path, err);
		g_free(path);
	}
	if (!r)
		*out = index->texts[shard];
	return r;
}

int am_index_postings(struct am_index *index, size_t shard,
                      struct am_postings **out, struct am_error *err)
{
	int r = am_index_load(index, err);

	*out = NULL;
	if (!r && !index->postings[shard]) {
		char *path = side_path(index, shard, NULL);
		r = am_postings_open(&index->postings[shard], path, err);
		g_free(path);
	}
	if (!r)
		*out = index->postings[shard];
	return r;
}

int am_index_vocabulary(struct am_index *index, size_t shard,
                        struct am_vocabulary **out, struct am_error *err)
{
	int r = am_index_load(index, err);

	*out = NULL;
	if (!r && !index->vocabularies[shard]) {
		char *path = side_path(index, shard, NULL);
		r = am_vocabulary_open(&index->vocabularies[shard], path, err);
		g_free(path);
	}
	if (!r)
		*out = index->vocabularies[shard];
	return r;
}

/* What is asked for later is opened with the rest: by then an update may have
 * taken the shard away, and who reads goes on with what was there.  What is
 * damaged is told when it is asked for. */
static int open_sides(struct am_index *index, size_t i, struct am_error *err)
{
	struct am_columns *columns;
	struct am_texts *texts;
	struct am_postings *postings;
	struct am_vocabulary *words;
	int r = am_index_postings(index, i, &postings, err);

	if (!r)
		r = am_index_vocabulary(index, i, &words, err);
	if (!r)
		r = am_index_columns(index, i, &columns, err);
	if (!r)
		r = am_index_texts(index, i, &texts, err);
	return r && err->kind == AM_E_CORRUPT ? AM_OK : r;
}

static int load_shards(struct am_index *index, struct am_error *err)
{
	size_t n = index->state.n_shards;
	char **paths = g_new0(char *, n + 1);
	int r;

	for (size_t i = 0; i < n; i++)
		paths[i] = am_shard_path(index->path, &index->state.shards[i]);
	r = am_xapian_open(&index->xapian, (const char *const *)paths, n, err);
	index->places = g_new0(struct am_places *, n + 1);
	index->texts = g_new0(struct am_texts *, n + 1);
	index->columns = g_new0(struct am_columns *, n + 1);
	index->postings = g_new0(struct am_postings *, n + 1);
	index->vocabularies = g_new0(struct am_vocabulary *, n + 1);
	for (size_t i = 0; i < n && !r; i++) {
		char *path = side_path(index, i, "places");
		r = am_places_open(&index->places[i], path, err);
		if (!r && am_places_documents(index->places[i]) !=
		                  index->state.shards[i].documents)
			r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
			            "%s: not the documents it should have",
			            path);
		if (!r)
			am_places_map(index->places[i]);
		if (!r)
			r = open_sides(index, i, err);
		g_free(path);
	}
	g_strfreev(paths);
	return r;
}

bool am_index_torn(const struct am_index *index)
{
	for (size_t i = 0; index->places && i < index->state.n_shards; i++)
		if (am_places_torn(index->places[i]) ||
		    (index->postings[i] &&
		     am_postings_torn(index->postings[i])))
			return true;
	return false;
}

int am_index_load(struct am_index *index, struct am_error *err)
{
	struct am_error own;
	int r = AM_OK;

	if (index->xapian)
		return AM_OK;
	if (!err)
		err = &own;
	/* Between reading the state and opening what it names an update may
	 * have put other shards in their place: read it again. */
	for (int attempt = 1;; attempt++) {
		r = load_shards(index, err);
		if (!r || err->kind != AM_E_NOTFOUND || index->writable ||
		    attempt == ATTEMPTS)
			break;
		am_index_unload(index);
		am_state_clear(&index->state);
		index->hidden_known = false;
		r = am_state_read(&index->state, index->path, err);
		if (r)
			return r == AM_END
			               ? am_fail(err, AM_FAILED, AM_E_NOTFOUND,
			                         "%s: the index is gone",
			                         index->path)
			               : r;
	}
	if (r) {
		am_index_unload(index);
		/* No update in sight: somebody took a file away. */
		if (err->kind == AM_E_NOTFOUND)
			err->kind = AM_E_CORRUPT;
		return am_wrap(err, r,
		               "%s: the index cannot be read, mailark index "
		               "makes it anew",
		               index->path);
	}
	return AM_OK;
}

static uint64_t tree_bytes(const char *path)
{
	GDir *d = g_dir_open(path, 0, NULL);
	const char *name;
	uint64_t sum = 0;

	while (d && (name = g_dir_read_name(d)) != NULL) {
		char *file = g_build_filename(path, name, NULL);
		struct stat st;
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		g_free(file);
	}
	if (d)
		g_dir_close(d);
	return sum;
}

int am_index_stats(struct am_index *index, struct am_index_stats *out,
                   struct am_error *err)
{
	(void)err;
	memset(out, 0, sizeof(*out));
	out->seq = index->state.seq;
	out->shards = index->state.n_shards;
	for (size_t i = 0; i < index->state.n_shards; i++) {
		char *path =
			am_shard_path(index->path, &index->state.shards[i]);
		out->documents += index->state.shards[i].documents;
		out->bytes += tree_bytes(path);
		g_free(path);
	}
	return AM_OK;
}

/* ---- what is hidden --------------------------------------------------------
 */

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Messages that came to be gone, or back, since the index was brought up to
 * date: the index does not change for them, the answer does. */
static int follow_hidden(struct am_index *index, struct am_archive *archive,
                         struct am_error *err)
{
	struct am_archive_change changes[256];
	GArray *gone = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GArray *back = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	size_t got = 0;
	int r;

	while ((r = am_archive_changes(archive, index->hidden_seq, changes,
	                               AM_COUNT(changes), &got, err)) ==
	               AM_OK &&
	       got) {
		for (size_t i = 0; i < got; i++) {
			index->hidden_seq = changes[i].seq;
			if (changes[i].message < 1 ||
			    changes[i].message > index->state.last)
				continue;
			uint32_t id = (uint32_t)changes[i].message;
			g_array_append_val(changes[i].gone ? gone : back, id);
		}
	}
	if (r == AM_END)
		r = AM_OK;
	am_bits_free(index, &index->hidden_bits);
	g_array_sort(gone, by_id);
	g_array_sort(back, by_id);
	if (!r && gone->len + back->len)
		am_id_set_change(
			&index->hidden,
			(const uint32_t *)(const void *)gone->data, gone->len,
			(const uint32_t *)(const void *)back->data, back->len);
	g_array_unref(gone);
	g_array_unref(back);
	return r;
}

int64_t am_index_last(const struct am_index *index)
{
	return index->state.last;
}

int am_index_missing(struct am_index *index, struct am_archive *archive,
                     uint64_t *out, struct am_error *err)
{
	struct am_archive_change changes[256];
	uint64_t seq = index->state.seq;
	size_t got = 0;
	int r;

	*out = 0;
	while ((r = am_archive_changes(archive, seq, changes, AM_COUNT(changes),
	                               &got, err)) == AM_OK &&
	       got)
		for (size_t i = 0; i < got; i++) {
			seq = changes[i].seq;
			*out += changes[i].message > index->state.last &&
			        !changes[i].gone;
		}
	return r == AM_END ? AM_OK : r;
}

int am_index_hide(struct am_index *index, struct am_archive *archive,
                  struct am_error *err)
{
	struct am_archive_stats stats;
	int r;

	if (am_archive_id(archive) != index->state.archive)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the index of another archive: mailark "
		               "index --rebuild makes it anew",
		               index->path);
	r = am_archive_stats(archive, &stats, err);
	if (r)
		return r;
	if (stats.max_seq < index->state.seq)
		return am_fail(
			err, AM_FAILED, AM_E_CORRUPT,
			"%s: the index knows of changes that the archive "
			"does not: mailark index --rebuild makes it anew",
			index->path);
	if (!index->hidden_known) {
		am_bits_free(index, &index->hidden_bits);
		g_free(index->hidden.ids);
		index->hidden.n = index->state.gone.n;
		index->hidden.ids =
			g_memdup2(index->state.gone.ids,
		                  index->state.gone.n * sizeof(uint32_t));
		index->hidden_seq = index->state.seq;
		index->hidden_known = true;
	}
	if (stats.max_seq > index->hidden_seq)
		return follow_hidden(index, archive, err);
	return AM_OK;
}
