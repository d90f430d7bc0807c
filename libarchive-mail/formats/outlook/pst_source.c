/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder by folder: what its table lists, then (if asked for) its hidden items
 * and what is in no table.  next() reads the properties of a message, which
 * give flags and dates; load() composes the mail from them, on any thread.
 */
#include "base/arena.h"
#include "formats/mapi/item_meta.h"
#include "formats/mapi/item_props.h"
#include "formats/mapi/mapi_load.h"
#include "formats/mapi/mapi_meta.h"
#include "formats/mapi/original.h"
#include "formats/mapi/own_names.h"
#include "formats/outlook/codepage_option.h"
#include "formats/outlook/pst.h"
#include "formats/outlook/pst_folders.h"
#include "formats/outlook/pst_packed.h"
#include "formats/outlook/pst_tree.h"
#include "model/folder.h"
#include "outlook/pst/reading.h"
#include "outlook/pst/recover.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pst_source {
	struct am_source base;
	struct am_pst_store *store;
	struct am_pst_settings set;
	char **within;     /* the folder it stands in */
	int unpacked;      /* what a packed one is read from; -1: it is not */
	unsigned keywords; /* the id of categories in this store */
	const struct am_folder **folders; /* as the store's; NULL: not given */
	size_t folder; /* the one we are in, SIZE_MAX: none */
	int stage;     /* of it: what comes next */
	am_pst_nid *items;
	size_t n_items, next_item;
	size_t lost; /* pages of the node tree told of */
	/* Of deleted=yes, behind the folders: what is in free space. */
	struct am_pst_recovery *recovery;
	const struct am_folder *recovered; /* where it goes; NULL: not yet */
	size_t next_deleted;
	bool ended;
	char origin[24];
	/* Stores that no load() is using. */
	pthread_mutex_t lock;
	GPtrArray *idle;
	/* Of the mail that the item given last was made of. */
	bool has_hash;
	uint8_t hash[AM_SHA256_LEN];
};

/* A third of what a file of this size takes is to start threads. */
enum { BRIEF = 2 << 20 };

/* What next() does in a folder, in order. */
enum stage { ENTER, LIST, HIDDEN, UNLISTED, LEAVE };

static struct pst_source *pst_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct pst_source, base);
}

/* ---- going on ---- */

static void take_items(struct pst_source *s, enum am_pst_which which)
{
	const struct am_folder *folder = s->folders[s->folder];
	struct am_error err = {0};
	bool damaged = false;

	g_free(s->items);
	s->items = NULL;
	s->next_item = s->n_items = 0;
	am_pst_store_items(s->store, s->folder, which, &s->items, &s->n_items,
	                   &damaged, &err);
	if (damaged && which != AM_PST_UNLISTED)
		am_ctx_note(s->base.ctx, AM_NOTE_ERROR, "pst.table", folder,
		            NULL,
		            "its list cannot be read, what the file has of it "
		            "is taken: %s",
		            err.text);
}

/* What is there and not taken is at least counted. */
static void note_unlisted(struct pst_source *s)
{
	am_pst_nid *items = NULL;
	size_t n = 0;
	bool damaged;

	am_pst_store_items(s->store, s->folder, AM_PST_UNLISTED, &items, &n,
	                   &damaged, NULL);
	if (n)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "pst.unlisted",
		            s->folders[s->folder], NULL,
		            "%zu item%s in no list left out (deleted=yes "
		            "takes what is in none)",
		            n, n > 1 ? "s" : "");
	g_free(items);
}

static int give_lost_page(struct pst_source *s, struct am_item *out,
                          struct am_error *err)
{
	out->origin = "node tree";
	return am_fail(
		err, AM_FAILED, AM_E_FORMAT,
		"a part of the tree of nodes is lost, with what was named in "
		"it and not found by looking through the file: %s",
		am_pst_store_lost(s->store, s->lost++));
}

/* What we wrote beside Outlook's own properties, where it is ours. */
static void read_own(struct pst_source *s, const struct am_pst_message *own,
                     struct am_message *msg)
{
	struct am_mapi_message reading;
	struct am_original_head head;

	am_pst_reading(s->store, own, &reading);
	if (s->set.properties)
		am_item_props_ride(msg, &own->props, reading.in);
	am_item_meta_read(msg, reading.in, &reading.props);
	s->has_hash = am_original_head_of(reading.in, &reading.props, &head);
	if (!s->has_hash)
		return;
	msg->size = head.size;
	memcpy(s->hash, head.hash, sizeof(s->hash));
}

static void fill_message(struct pst_source *s, struct am_message *msg,
                         struct am_pst_message *own)
{
	msg->for_load = own;
	msg->loads_anywhere = true;
	msg->origin = am_arena_strdup(msg->arena, s->origin);
	msg->size = AM_SIZE_UNKNOWN;
	am_mapi_meta(msg, &own->props, s->keywords);
	read_own(s, own, msg);
	msg->incomplete = own->n_bad > 0;
	if (own->n_bad)
		am_ctx_note(s->base.ctx, AM_NOTE_ERROR, "pst.properties-lost",
		            msg->folder, msg->origin,
		            "%u of its properties cannot be read", own->n_bad);
}

static int read_message(struct pst_source *s, am_pst_nid nid,
                        const struct am_folder *folder, struct am_message **out,
                        struct am_error *err)
{
	struct am_pst_message *own;
	struct am_message *msg = NULL;

	g_snprintf(s->origin, sizeof(s->origin), "0x%x", nid);
	int r = am_message_new(&msg, folder, err);
	if (r)
		return r;
	own = am_arena_alloc(msg->arena, sizeof(*own));
	r = am_pst_message_read(s->store, nid, msg->arena, own, err);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	fill_message(s, msg, own);
	*out = msg;
	return AM_OK;
}

static int give_message(struct pst_source *s, struct am_item *out,
                        struct am_error *err)
{
	out->folder = s->folders[s->folder];
	out->origin = s->origin;
	return read_message(s, s->items[s->next_item++], out->folder,
	                    &out->message, err);
}

/* "0x200024", or "x.pst:0x200024"; what was deleted is found on the way only.
 */
static int pst_find(struct am_source *src, const char *origin,
                    struct am_message **out, struct am_error *err)
{
	struct pst_source *s = pst_of(src);
	const char *colon = strrchr(origin, ':');
	const char *number = colon ? colon + 1 : origin;
	size_t folder = 0;
	char *end;

	*out = NULL;
	guint64 nid = g_ascii_strtoull(number, &end, 16);
	if (strncmp(number, "0x", 2) != 0 || *end || nid > UINT32_MAX ||
	    strstr(origin, "deleted:"))
		return AM_END;
	while (folder < am_pst_store_n_folders(s->store) && !s->folders[folder])
		folder++;
	if (folder == am_pst_store_n_folders(s->store))
		return AM_END;
	return read_message(s, (am_pst_nid)nid, s->folders[folder], out, err);
}

/* ---- free space ---- */

/* What a message was in, for people. */
static const char *folder_name(const struct pst_source *s, am_pst_nid nid)
{
	for (size_t i = 0; i < am_pst_store_n_folders(s->store); i++)
		if (am_pst_store_folder(s->store, i)->nid == nid)
			return am_pst_store_folder(s->store, i)->name;
	return "a folder that is gone";
}

static int begin_recovery(struct pst_source *s, struct am_item *out,
                          struct am_error *err)
{
	int r = am_pst_recover(&s->recovery, s->store, s->base.ctx, err);

	if (r)
		return AM_FATAL;
	size_t lost = am_pst_recovery_n_lost(s->recovery);
	if (lost)
		am_ctx_note(s->base.ctx, AM_NOTE_INFO, "pst.deleted-lost", NULL,
		            NULL,
		            "%zu deleted message%s that old pages name %s not "
		            "whole any more",
		            lost, lost > 1 ? "s" : "", lost > 1 ? "are" : "is");
	if (!am_pst_recovery_n(s->recovery))
		return AM_END;
	r = am_pst_folders_spare(&s->recovered, s->folders,
	                         am_pst_store_n_folders(s->store), s->within,
	                         "Recovered", err);
	out->folder = s->recovered;
	return r;
}

static int give_deleted(struct pst_source *s, struct am_item *out,
                        struct am_error *err)
{
	const struct am_pst_deleted *d =
		am_pst_recovery_at(s->recovery, s->next_deleted++);
	struct am_pst_sl_entry where = {d->node.nid, d->node.data, d->node.sub};
	struct am_pst_message *own;
	struct am_message *msg = NULL;

	g_snprintf(s->origin, sizeof(s->origin), "deleted:0x%x", d->node.nid);
	out->folder = s->recovered;
	out->origin = s->origin;
	int r = am_message_new(&msg, out->folder, err);
	if (r)
		return r;
	own = am_arena_alloc(msg->arena, sizeof(*own));
	am_pst_ndb_about(am_pst_store_ndb(s->store), d->node.nid);
	am_pst_store_see_freed(s->store, s->recovery);
	r = am_pst_message_read_at(s->store, &where, msg->arena, own, err);
	am_pst_store_see_freed(s->store, NULL);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	own->freed = true;
	am_ctx_note(s->base.ctx, AM_NOTE_INFO, "pst.recovered", out->folder,
	            s->origin,
	            "deleted from %s, found in free space by a page at offset "
	            "%" PRIu64,
	            folder_name(s, d->node.parent), d->page);
	fill_message(s, msg, own);
	out->message = msg;
	return AM_OK;
}

/* The next stage; false: there is no folder left. */
static bool go_on(struct pst_source *s)
{
	size_t n = am_pst_store_n_folders(s->store);

	if (s->folder != SIZE_MAX && s->stage != LEAVE) {
		s->stage++;
	} else {
		s->folder = s->folder == SIZE_MAX ? 0 : s->folder + 1;
		while (s->folder < n && !s->folders[s->folder])
			s->folder++;
		s->stage = ENTER;
	}
	return s->folder < n;
}

static int pst_next(struct am_source *src, struct am_item *out,
                    struct am_error *err)
{
	struct pst_source *s = pst_of(src);

	for (;;) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->next_item < s->n_items)
			return give_message(s, out, err);
		if (!go_on(s))
			break;
		switch (s->stage) {
		case ENTER:
			out->folder = s->folders[s->folder];
			return AM_OK;
		case LIST:
			take_items(s, AM_PST_LISTED);
			break;
		case HIDDEN:
			if (s->set.associated)
				take_items(s, AM_PST_ASSOCIATED);
			break;
		case UNLISTED:
			if (s->set.deleted)
				take_items(s, AM_PST_UNLISTED);
			else
				note_unlisted(s);
			break;
		}
	}
	s->folder = am_pst_store_n_folders(s->store);
	s->stage = LEAVE;
	if (s->lost < am_pst_store_n_lost(s->store))
		return give_lost_page(s, out, err);
	if (s->set.deleted && !s->recovery) {
		int r = begin_recovery(s, out, err);
		if (r != AM_END)
			return r;
	}
	if (s->recovery && s->next_deleted < am_pst_recovery_n(s->recovery))
		return give_deleted(s, out, err);
	if (!s->ended && am_pst_ndb_changed(am_pst_store_ndb(s->store)))
		am_ctx_note(s->base.ctx, AM_NOTE_ERROR, "pst.changed", NULL,
		            NULL,
		            "it was written to while it was read: what was "
		            "read may not hold together");
	s->ended = true;
	return AM_END;
}

/* A store for this thread; give_store() it back. */
static struct am_pst_store *take_store(struct pst_source *s)
{
	struct am_pst_store *store = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->idle->len)
		store = g_ptr_array_steal_index_fast(s->idle, s->idle->len - 1);
	pthread_mutex_unlock(&s->lock);
	return store ? store : am_pst_store_again(s->store);
}

static void give_store(struct pst_source *s, struct am_pst_store *store)
{
	pthread_mutex_lock(&s->lock);
	g_ptr_array_add(s->idle, store);
	pthread_mutex_unlock(&s->lock);
}

static int pst_load(struct am_source *src, struct am_message *msg,
                    struct am_error *err)
{
	struct pst_source *s = pst_of(src);
	const struct am_mapi_to_mail job = {.ctx = src->ctx,
	                                    .folder = msg->folder,
	                                    .origin = msg->origin,
	                                    .incomplete = &msg->incomplete};
	const struct am_pst_message *own = msg->for_load;
	struct am_pst_store *store = take_store(s);
	struct am_mapi_message reading;

	am_pst_ndb_about(am_pst_store_ndb(store), own->nid);
	am_pst_store_see_freed(store, own->freed ? s->recovery : NULL);
	am_pst_reading(store, own, &reading);
	int r = am_mapi_load(&job, &reading, msg, err);
	give_store(s, store);
	return r;
}

bool am_pst_source_is_ours(const struct am_source *src)
{
	const struct pst_source *s = AM_CONTAINER(src, struct pst_source, base);

	return am_pst_is_ours(s->store);
}

bool am_pst_source_hash(const struct am_source *src, uint8_t out[AM_SHA256_LEN])
{
	const struct pst_source *s = AM_CONTAINER(src, struct pst_source, base);

	if (s->has_hash)
		memcpy(out, s->hash, sizeof(s->hash));
	return s->has_hash;
}

static void pst_close(struct am_source *src)
{
	struct pst_source *s = pst_of(src);

	for (size_t i = 0; s->folders && i < am_pst_store_n_folders(s->store);
	     i++)
		am_folder_unref(&s->folders[i]);
	g_free(s->folders);
	g_strfreev(s->within);
	g_free(s->items);
	for (guint i = 0; i < s->idle->len; i++) {
		struct am_pst_store *store = s->idle->pdata[i];
		am_pst_store_close(&store);
	}
	g_ptr_array_free(s->idle, TRUE);
	pthread_mutex_destroy(&s->lock);
	am_pst_recovery_free(&s->recovery);
	am_folder_unref(&s->recovered);
	am_pst_store_close(&s->store);
	if (s->unpacked >= 0)
		close(s->unpacked);
	g_free(s);
}

static const struct am_source_ops pst_ops = {
	.next = pst_next,
	.load = pst_load,
	.find = pst_find,
	.close = pst_close,
};

static int read_settings(struct am_pst_settings *out,
                         const struct am_location *where, struct am_error *err)
{
	const struct {
		const char *key;
		bool *to;
	} switches[] = {{"deleted", &out->deleted},
	                {"associated", &out->associated},
	                {"properties", &out->properties}};
	int r = am_location_check(where, am_pst_options, "pst", err);

	const char *leave = am_location_option(where, am_pst_options, "leave");
	out->leave = leave && !strcmp(leave, "others");
	for (size_t i = 0; !r && i < AM_COUNT(switches); i++)
		r = am_location_switch(where, am_pst_options, switches[i].key,
		                       switches[i].to, err);
	const char *page =
		am_location_option(where, am_pst_options, "codepage");
	out->codepage = 0;
	if (r || !strcmp(page, "guess"))
		return r;
	return am_codepage_option(where, am_pst_options, &out->codepage, err);
}

/* The store of a file, wherever it had to be unpacked to. */
static int open_store(struct pst_source *s, const char *path,
                      struct am_error *err)
{
	int r = am_pst_unpack(&s->unpacked, path, s->base.ctx, err);

	if (r)
		return r;
	if (s->unpacked < 0)
		return am_pst_store_open(&s->store, path, s->set.codepage,
		                         s->base.ctx, err);
	char *file = g_strdup_printf("/proc/self/fd/%d", s->unpacked);
	r = am_pst_store_open(&s->store, file, s->set.codepage, s->base.ctx,
	                      err);
	/* Nobody knows it by that name. */
	if (r && g_str_has_prefix(err->text, file)) {
		struct am_error why = *err;
		(void)am_fail(err, AM_FATAL, why.kind, "%s%s", path,
		              why.text + strlen(file));
	}
	g_free(file);
	return r;
}

int am_pst_file_open(struct am_source **out, const char *path,
                     const struct am_pst_settings *set,
                     const char *const *within, struct am_ctx *ctx,
                     struct am_error *err)
{
	struct pst_source *s = g_new0(struct pst_source, 1);

	s->base.ops = &pst_ops;
	s->base.ctx = ctx;
	s->base.loads_anywhere = true;
	s->set = *set;
	s->within = g_strdupv((char **)(uintptr_t)within);
	s->folder = SIZE_MAX;
	pthread_mutex_init(&s->lock, NULL);
	s->idle = g_ptr_array_new();
	s->unpacked = -1;
	int r = open_store(s, path, err);
	if (!r)
		r = am_pst_folders_make(&s->folders, s->store, set, s->within,
		                        err);
	if (r) {
		pst_close(&s->base);
		return r == AM_FAILED ? AM_FATAL : r;
	}
	s->keywords = am_mapi_meta_keywords(am_pst_store_names(s->store));
	s->base.total = am_pst_store_n_messages(s->store);
	s->base.brief =
		am_pst_ndb_file_size(am_pst_store_ndb(s->store)) <= BRIEF;
	*out = &s->base;
	return AM_OK;
}

int am_pst_source_open(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	static const char *const nowhere[] = {NULL};
	struct am_pst_settings set = {0};
	struct stat st;
	int r = read_settings(&set, where, err);

	if (r)
		return r == AM_FAILED ? AM_FATAL : r;
	if (!stat(where->path, &st) && S_ISDIR(st.st_mode))
		return am_pst_tree_open(out, where->path, &set, ctx, err);
	return am_pst_file_open(out, where->path, &set, nowhere, ctx, err);
}
