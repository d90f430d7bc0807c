/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/facets_impl.h"

#include "index/filed.h"
#include "index/places.h"
#include "model/folder.h"
#include "store/archive.h"

#include <string.h>

/*
 * Folders can change: the copy beside the index is counted where nothing has
 * changed since, else the catalog is asked for every place there is, once.
 * Sizes stand here too, being as short.
 */

struct folder {
	int64_t id;
	uint64_t count;
	char *name;
};

struct counting {
	const struct am_result *result;
	GHashTable *folders; /* &folder->id: struct folder */
	/* The folder in which a message was seen first, by its id less the
	 * first of its shard; the others of the few that lie in several. */
	int64_t **first;
	GHashTable *others;  /* "message folder" as two numbers */
	struct folder *last; /* neighbours mostly lie in the same one */
	uint64_t placed;
	bool seen; /* of the message at hand, in the copy: a folder */
};

struct other {
	int64_t message, folder;
};

static guint hash_other(gconstpointer p)
{
	const struct other *o = p;
	uint64_t h = ((uint64_t)o->message * 31 + (uint64_t)o->folder) *
	             UINT64_C(0x9e3779b97f4a7c15);

	return (guint)(h >> 32);
}

static gboolean same_other(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct other)) == 0;
}

/* Is this the first time that this message is seen in this folder? */
static bool is_new(struct counting *c, size_t shard, int64_t message,
                   int64_t folder)
{
	int64_t *first =
		&c->first[shard][message - c->result->bits[shard].first];
	struct other key = {message, folder};

	if (!*first) {
		*first = folder;
		c->placed++;
		return true;
	}
	if (*first == folder)
		return false;
	if (g_hash_table_contains(c->others, &key))
		return false;
	g_hash_table_add(c->others, g_memdup2(&key, sizeof(key)));
	return true;
}

static void count_one(struct counting *c, int64_t folder)
{
	if (!c->last || c->last->id != folder)
		c->last = g_hash_table_lookup(c->folders, &folder);
	if (c->last)
		c->last->count++;
}

static void on_place(void *user, int64_t message, int64_t folder)
{
	struct counting *c = user;
	const struct am_state *state = &c->result->index->state;
	size_t shard = 0;

	while (shard < state->n_shards && message > state->shards[shard].last)
		shard++;
	if (message < 1 || shard == state->n_shards ||
	    !am_id_bits_has(&c->result->bits[shard], (uint32_t)message) ||
	    !is_new(c, shard, message, folder))
		return;
	count_one(c, folder);
}

static int add_folder(void *user, int64_t id, const struct am_folder *folder,
                      uint64_t messages, uint64_t unseen, uint64_t bytes,
                      struct am_error *err)
{
	struct counting *c = user;
	struct folder *f = g_new0(struct folder, 1);

	(void)messages;
	(void)unseen;
	(void)bytes;
	(void)err;
	f->id = id;
	f->name = am_folder_print(folder);
	g_hash_table_insert(c->folders, &f->id, f);
	return AM_OK;
}

static void free_folder(gpointer p)
{
	struct folder *f = p;

	g_free(f->name);
	g_free(f);
}

static void offer_folders(struct counting *c, struct am_top *top)
{
	GHashTableIter iter;
	gpointer value;

	top->owned = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_iter_init(&iter, c->folders);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct folder *f = value;
		if (!f->count)
			continue;
		am_top_offer(top, f->name, f->count);
		g_ptr_array_add(top->owned, g_steal_pointer(&f->name));
	}
	top->without = am_result_count(c->result) - c->placed;
}

static int from_catalog(struct counting *c, struct am_error *err)
{
	const struct am_result *result = c->result;
	size_t n = result->index->state.n_shards;

	c->first = g_new0(int64_t *, n + 1);
	c->others = g_hash_table_new_full(hash_other, same_other, g_free, NULL);
	for (size_t i = 0; i < n; i++)
		c->first[i] = g_new0(int64_t, result->bits[i].n + 1);
	int r = am_archive_each_place(result->archive, on_place, c, err);
	for (size_t i = 0; i < n; i++)
		g_free(c->first[i]);
	g_free(c->first);
	g_hash_table_unref(c->others);
	return r;
}

/* ---- the copy --------------------------------------------------------------
 */

static void on_folder(void *user, uint32_t folder)
{
	struct counting *c = user;

	if (!c->seen)
		c->placed++;
	c->seen = true;
	count_one(c, folder);
}

/* AM_END: it does not know of everything. */
static int open_copy(const struct am_result *result, struct am_error *err)
{
	struct am_index *index = result->index;
	struct am_archive_stats stats;
	int r = am_archive_stats(result->archive, &stats, err);

	if (!r && !index->filed)
		r = am_filed_open(&index->filed, index->path, &index->state,
		                  err);
	if (r)
		return r;
	return am_filed_seq(index->filed) == stats.max_seq ? AM_OK : AM_END;
}

static int count_shard(struct counting *c, size_t shard, struct am_error *err)
{
	struct am_index *index = c->result->index;
	struct am_places *places = index->places[shard];
	uint32_t n = am_places_documents(places);
	struct am_place place;
	int r = AM_OK;

	for (uint32_t d = 1; d <= n && !r; d++) {
		r = am_places_get(places, d, &place, err);
		if (r || !am_id_bits_has(&c->result->bits[shard], place.id))
			continue;
		c->seen = false;
		r = am_filed_folders(index->filed, shard, d, on_folder, c, err);
	}
	return r;
}

static int from_copy(struct counting *c, struct am_error *err)
{
	int r = open_copy(c->result, err);

	for (size_t i = 0; i < c->result->index->state.n_shards && !r; i++)
		r = count_shard(c, i, err);
	return r;
}

int am_folder_values(const struct am_result *result, struct am_top *top,
                     struct am_error *err)
{
	struct counting c = {
		.result = result,
		.folders = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                         NULL, free_folder)};
	int r = am_archive_folders(result->archive, add_folder, &c, err);
	if (!r)
		r = from_copy(&c, err);
	if (r == AM_END)
		r = from_catalog(&c, err);
	if (!r)
		offer_folders(&c, top);
	g_hash_table_unref(c.folders);
	return r;
}

/* ---- sizes -----------------------------------------------------------------
 */

static const struct {
	uint64_t below;
	const char *text, *query;
} classes[AM_SIZE_CLASSES] = {
	{UINT64_C(10) << 10, "under 10 KiB", "size:<10k"},
	{UINT64_C(100) << 10, "10–100 KiB", "size:10240..102399"},
	{UINT64_C(1) << 20, "100 KiB–1 MiB", "size:102400..1048575"},
	{UINT64_C(10) << 20, "1–10 MiB", "size:1048576..10485759"},
	{UINT64_C(100) << 20, "10–100 MiB", "size:10485760..104857599"},
	{UINT64_MAX, "100 MiB and more", "size:>=100M"},
};

unsigned am_size_class(uint32_t size)
{
	unsigned i = 0;

	while (size >= classes[i].below)
		i++;
	return i;
}

void am_size_values(const uint64_t counts[AM_SIZE_CLASSES],
                    struct am_facet_list *list)
{
	list->values = g_new0(struct am_facet_value, AM_SIZE_CLASSES);
	for (size_t i = 0; i < AM_SIZE_CLASSES; i++)
		if (counts[i])
			list->values[list->n++] = (struct am_facet_value){
				g_strdup(classes[i].text),
				g_strdup(classes[i].query), counts[i]};
	list->distinct = list->n;
}
