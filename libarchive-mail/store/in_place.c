/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an archive has of a location, in some 56 bytes a message: enough to say
 * of a message that is met whether it is the one that was there.  All of it is
 * made before the run and marked by the thread that reads; the sink looks at
 * the marks when that thread has ended.
 */
#include "store/in_place_impl.h"

#include "base/arena.h"
#include "store/catalog_remote.h"

#include <string.h>

#define SEED UINT64_C(0xcbf29ce484222325)

uint64_t am_in_place_hash(uint64_t h, const char *text)
{
	/* FNV-1a, with the end as a byte. */
	for (const char *p = text;; p++) {
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
		if (!*p)
			break;
	}
	return h;
}

static uint64_t hash_words(const struct am_message *meta)
{
	uint64_t h = SEED;

	for (size_t i = 0; i < meta->n_keywords; i++)
		h += am_in_place_hash(SEED, meta->keywords[i]);
	for (size_t i = 0; i < meta->n_labels; i++)
		h += am_in_place_hash(~SEED, meta->labels[i]);
	return h;
}

static void file_free(void *user)
{
	struct am_known_file *f = user;

	g_free(f->name);
	g_free(f);
}

struct am_in_place *am_in_place_new(struct am_archive_sink *sink,
                                    const char *path, const char *as,
                                    bool single)
{
	struct am_in_place *p = g_new0(struct am_in_place, 1);

	p->sink = sink;
	p->path = g_strdup(path);
	p->as = g_strdup(as);
	p->single = single;
	g_mutex_init(&p->lock);
	p->known = g_array_new(FALSE, FALSE, sizeof(struct am_known_place));
	p->files = g_ptr_array_new_with_free_func(file_free);
	p->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	p->before =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	p->spared = g_ptr_array_new_with_free_func(g_free);
	p->placed = am_idset_new();
	return p;
}

void am_in_place_free(struct am_in_place **place)
{
	struct am_in_place *p = *place;

	*place = NULL;
	if (!p)
		return;
	g_mutex_clear(&p->lock);
	g_array_free(p->known, TRUE);
	g_hash_table_destroy(p->by_name);
	g_hash_table_destroy(p->before);
	g_ptr_array_free(p->files, TRUE);
	g_ptr_array_free(p->spared, TRUE);
	am_idset_free(&p->placed);
	g_free(p->path);
	g_free(p->as);
	g_free(p);
}

struct am_known_file *am_in_place_file(struct am_in_place *p, const char *name)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(p->by_name, name));

	if (!n) {
		struct am_known_file *f = g_new0(struct am_known_file, 1);
		f->name = g_strdup(name);
		g_ptr_array_add(p->files, f);
		n = p->files->len;
		g_hash_table_insert(p->by_name, f->name, GUINT_TO_POINTER(n));
	}
	return p->files->pdata[n - 1];
}

/* "dir/x.mbox:123": up to one of its colons. */
guint am_in_place_file_of(const struct am_in_place *p, const char *origin)
{
	guint n = 0;

	if (p->single)
		return GPOINTER_TO_UINT(g_hash_table_lookup(p->by_name, ""));
	for (const char *c = strchr(origin, ':'); c && !n;
	     c = strchr(c + 1, ':')) {
		char *name = g_strndup(origin, (gsize)(c - origin));
		n = GPOINTER_TO_UINT(g_hash_table_lookup(p->by_name, name));
		g_free(name);
	}
	return n ? n
	         : GPOINTER_TO_UINT(g_hash_table_lookup(p->by_name, origin));
}

/* ---- what there is ---- */

static int take_file(void *user, const char *name, const char *stamp,
                     struct am_error *err)
{
	struct am_in_place *p = user;

	(void)err;
	g_hash_table_insert(p->before, g_strdup(name), g_strdup(stamp));
	(void)am_in_place_file(p, name);
	return AM_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct am_known_place *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key)
	                        : (x->id > y->id) - (x->id < y->id);
}

static int take_place(struct am_in_place *p,
                      const struct am_catalog_place *place,
                      struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_known_place known = {.id = place->id, .flags = place->flags};
	struct am_item_placement item;

	int r = am_catalog_meta(place, arena, &item, err);
	if (!r)
		r = am_catalog_size(p->sink->archive->catalog, place->message,
		                    &known.size, err);
	if (!r) {
		const struct am_prop *stamp =
			am_message_prop(item.meta, AM_PROP_STAMP);
		known.key = am_in_place_hash(SEED, item.meta->origin);
		known.words = hash_words(item.meta);
		known.file = am_in_place_file_of(p, item.meta->origin);
		known.stamp = stamp ? am_in_place_hash(SEED, stamp->value) : 0;
		g_array_append_val(p->known, known);
	}
	am_arena_free(&arena);
	return r;
}

static int take_places(struct am_in_place *p, GHashTable *ours,
                       struct am_error *err)
{
	struct am_catalog *c = p->sink->archive->catalog;
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, c, AM_CATALOG_ALL, 0, err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		if (!place.gone &&
		    g_hash_table_contains(ours, &place.accession))
			r = take_place(p, &place, err);
		if (r)
			break;
	}
	am_catalog_places_close(&places);
	if (p->known->len)
		g_array_sort(p->known, by_key);
	return r == AM_END ? AM_OK : r;
}

/* Accessions of this location; sink->same_source, before there is a new one. */
int am_in_place_begin(struct am_in_place *p, struct am_error *err)
{
	struct am_catalog *c = p->sink->archive->catalog;
	char *as = NULL;

	int r = am_catalog_cursor(c, AM_IN_PLACE, p->path, &as, err);
	p->named = as && !strcmp(as, p->as);
	g_free(as);
	if (!r)
		r = am_catalog_cursors(c, p->path, take_file, p, err);
	if (!r)
		r = take_places(p, p->sink->same_source, err);
	return r ? AM_FATAL : AM_OK;
}

/* ---- asked while the location is looked through ---- */

uint64_t am_in_place_known(const struct am_in_place *p)
{
	return p->known->len;
}

const char *am_in_place_path(const struct am_in_place *p)
{
	return p->path;
}

void am_in_place_counts(const struct am_in_place *p,
                        struct am_in_place_counts *out)
{
	*out = p->counts;
}

static struct am_known_place *find(struct am_in_place *p, const char *origin)
{
	struct am_known_place *all = (void *)p->known->data;
	uint64_t key = am_in_place_hash(SEED, origin);
	size_t from = 0, to = p->known->len;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (all[mid].key < key)
			from = mid + 1;
		else
			to = mid;
	}
	while (from < p->known->len && all[from].key == key && all[from].seen)
		from++;
	return from < p->known->len && all[from].key == key ? &all[from] : NULL;
}

static bool same_size(const struct am_message *msg,
                      const struct am_known_place *known)
{
	char text[24];

	g_snprintf(text, sizeof text, "%" PRIu64, msg->size);
	return known->stamp ? known->stamp == am_in_place_hash(SEED, text)
	                    : known->size == msg->size;
}

bool am_in_place_knows(struct am_in_place *p, struct am_message *msg,
                       enum am_in_place_by by)
{
	const struct am_prop *stamp = am_message_prop(msg, AM_PROP_STAMP);
	struct am_known_place *known = find(p, msg->origin);
	bool same = false;
	char was[24];

	if (!known)
		return false;
	known->seen = true;
	if (by == AM_BY_STAMP)
		same = stamp &&
		       known->stamp == am_in_place_hash(SEED, stamp->value);
	else if (by == AM_BY_NAME)
		same = same_size(msg, known) && msg->flags == known->flags &&
		       hash_words(msg) == known->words;
	if (same) {
		p->counts.unchanged++;
		return true;
	}
	g_snprintf(was, sizeof was, "%" PRIu64, known->id);
	am_message_add_prop(msg, AM_PROP_WAS, was, strlen(was));
	return false;
}

void am_in_place_spare(struct am_in_place *p, const char *origin)
{
	g_mutex_lock(&p->lock);
	guint file = am_in_place_file_of(p, origin);
	if (file) {
		struct am_known_file *f = p->files->pdata[file - 1];
		f->failed = true;
	}
	g_ptr_array_add(p->spared, g_strdup(origin));
	g_mutex_unlock(&p->lock);
}

const char *am_in_place_before(const struct am_in_place *p, const char *file)
{
	return g_hash_table_lookup(p->before, file);
}

void am_in_place_file_met(struct am_in_place *p, const char *file,
                          bool left_out)
{
	g_mutex_lock(&p->lock);
	am_in_place_file(p, file)->left_out = left_out;
	g_mutex_unlock(&p->lock);
}

uint64_t am_in_place_left_out(const struct am_in_place *p)
{
	uint64_t n = 0;

	for (guint i = 0; i < p->known->len; i++) {
		const struct am_known_place *known =
			&g_array_index(p->known, struct am_known_place, i);
		const struct am_known_file *f =
			known->file ? p->files->pdata[known->file - 1] : NULL;
		n += !known->seen && f && f->left_out;
	}
	return n;
}
