/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/parcels.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "model/folder.h"
#include "transfer/registry.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

/* Mail shrinks to a tenth, and what is packed does not shrink again.  What
 * grows more than this is made to fill a disk or a day; the first part, so many
 * times what a message may have in memory (1 GiB), is free. */
enum { LEVELS = 8, MAX_RATIO = 200, FREE_SPOOLS = 4096 };

/* One that is being read. */
struct level {
	struct am_parcels *parcels;
	struct am_source *src;
	char *path; /* of its file, which may be called anything */
	char *origin;
	bool single;
	bool over;                     /* nothing more is read of it */
	struct am_ctx ctx;             /* notes say which parcel it is */
	const struct am_folder *place; /* where its folders stand */
	GHashTable *folders; /* of its source, printed -> as they are given */
};

struct am_parcels {
	struct am_ctx *ctx;
	GPtrArray *levels; /* the innermost last */
	GHashTable *taken; /* printed names of the folders that are parcels */
	char *failed;      /* origin of the last failure */
	uint64_t outside;  /* bytes of files that are on the disk as they are */
	uint64_t unpacked; /* that came out of them */
	bool tree;
};

static void folder_unref(void *user)
{
	const struct am_folder *folder = user;

	am_folder_unref(&folder);
}

static void level_free(void *user)
{
	struct level *l = user;

	am_source_close(&l->src);
	am_folder_unref(&l->place);
	g_hash_table_unref(l->folders);
	g_free(l->path);
	g_free(l->origin);
	g_free(l);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) || !S_ISREG(st.st_mode) ? 0
	                                               : (uint64_t)st.st_size;
}

struct am_parcels *am_parcels_new(struct am_ctx *ctx, const char *root)
{
	struct am_parcels *parcels = g_new0(struct am_parcels, 1);

	parcels->outside = size_of(root);
	parcels->tree = !parcels->outside;

	parcels->ctx = ctx;
	parcels->levels = g_ptr_array_new_with_free_func(level_free);
	parcels->taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return parcels;
}

void am_parcels_free(struct am_parcels **handle)
{
	struct am_parcels *parcels = *handle;

	*handle = NULL;
	if (!parcels)
		return;
	/* The inner ones lie in the outer ones. */
	while (parcels->levels->len)
		g_ptr_array_set_size(parcels->levels,
		                     (gint)parcels->levels->len - 1);
	g_ptr_array_unref(parcels->levels);
	g_hash_table_unref(parcels->taken);
	g_free(parcels->failed);
	g_free(parcels);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "dir/x.zip: sub/a.eml".  A source that goes by the name of its file says no
 * more of it; g_free() it. */
static char *name_origin(const struct level *l, const char *origin)
{
	const char *file = last_part(l->path);
	size_t n = strlen(file);

	if (!origin || l->single)
		return g_strdup(l->origin);
	if (!strncmp(origin, file, n) && (!origin[n] || origin[n] == ':'))
		return g_strconcat(l->origin, origin + n, NULL);
	return g_strconcat(l->origin, ":", origin, NULL);
}

/* Called as am_ctx.on_note, one at a time. */
static void pass_note(void *user, const struct am_note *note)
{
	const struct level *l = user;
	struct am_note named = *note;
	char *origin = name_origin(l, note->origin);

	named.origin = origin;
	l->parcels->ctx->on_note(l->parcels->ctx->user, &named);
	g_free(origin);
}

/* ---- folders ---- */

/* "Inbox.mbox" is called Inbox. */
static char *stem_of(const char *name)
{
	static const char *const ends[] = {
		".jsonl",   ".tar.gz",   ".tar.bz2", ".tar.xz",  ".tar.zst",
		".tar.lz4", ".tar.lzma", ".tgz",     ".tbz2",    ".tbz",
		".txz",     ".tzst",     ".tar",     ".zip",     ".olm",
		".pst",     ".ost",      ".pst.gz",  ".pst.bz2", ".pst.xz",
		".pst.zst", ".ost.gz",   ".ost.bz2", ".ost.xz",  ".ost.zst",
		".mbox",    ".mbx",      ".mboxrd",  ".dbx",     ".tbb",
		".pmm",     ".babyl",    ".log"};
	struct am_arena *arena = am_arena_new();
	char *stem = g_strdup(am_utf8_repair(arena, name, strlen(name)));
	size_t len = strlen(stem);

	am_arena_free(&arena);
	for (size_t i = 0; i < AM_COUNT(ends); i++) {
		size_t n = strlen(ends[i]);
		if (len > n && !g_ascii_strcasecmp(stem + len - n, ends[i])) {
			stem[len - n] = '\0';
			break;
		}
	}
	return stem;
}

/* The parts of one folder behind those of another. */
static int join(const struct am_folder **out, const struct am_folder *in,
                const char *const *parts, size_t n, enum am_role role,
                struct am_error *err)
{
	const char **all = g_new0(const char *, in->depth + n + 1);
	struct am_folder *folder = NULL;

	for (size_t i = 0; i < in->depth; i++)
		all[i] = in->parts[i];
	for (size_t i = 0; i < n; i++)
		all[in->depth + i] = parts[i];
	int r = am_folder_new(&folder, all, in->depth + n, role, err);
	*out = folder;
	g_free(all);
	return r;
}

/* Its folder, which no parcel before it has. */
static int find_place(struct level *l, const struct am_folder *in,
                      const char *name, struct am_error *err)
{
	char *stem = stem_of(name);
	int r = AM_OK;

	for (unsigned n = 1; !r; n++) {
		char *own = n > 1 ? g_strdup_printf("%s (%u)", stem, n)
		                  : g_strdup(stem);
		const char *const part[] = {own};
		am_folder_unref(&l->place);
		r = join(&l->place, in, part, 1, am_role_guess(own), err);
		g_free(own);
		if (!r && g_hash_table_add(l->parcels->taken,
		                           am_folder_print(l->place)))
			break;
	}
	g_free(stem);
	return r;
}

/* A folder of its source as we give it.  A file that is one folder is called
 * after itself already. */
static int map(struct level *l, const struct am_folder *from,
               const struct am_folder **out, struct am_error *err)
{
	const struct am_folder *folder = NULL;
	size_t skip = 0;

	if (l->single) {
		*out = l->place;
		return AM_OK;
	}
	char *printed = am_folder_print(from);
	*out = g_hash_table_lookup(l->folders, printed);
	if (*out) {
		g_free(printed);
		return AM_OK;
	}
	if (from->depth && !strcmp(from->parts[0], last_part(l->path)))
		skip = 1;
	int r = join(&folder, l->place, from->parts + skip, from->depth - skip,
	             from->depth > skip ? from->role : l->place->role, err);
	if (r) {
		g_free(printed);
		return AM_FAILED;
	}
	/* NOLINTNEXTLINE(*qual*) the table takes the reference */
	g_hash_table_insert(l->folders, printed, (void *)(uintptr_t)folder);
	*out = folder;
	return AM_OK;
}

/* ---- bounds ---- */

/* So much more has come out. */
static int count(struct am_parcels *parcels, uint64_t bytes,
                 struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(&parcels->ctx->limits);
	uint64_t allowed = (uint64_t)limits.spool_memory * FREE_SPOOLS +
	                   parcels->outside * MAX_RATIO;

	parcels->unpacked += bytes;
	if (parcels->unpacked <= allowed)
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "unpacks to more than %" PRIu64
	               " MB, %d times the size of what it is in: a bomb, not "
	               "mail",
	               allowed >> 20, MAX_RATIO);
}

/* ---- opening ---- */

static int open_source(struct level *l, const char *name, struct am_error *err)
{
	static const char *const left[] = {"leave=mailboxes", NULL};
	struct am_location where = {.path = l->path, .name = name};
	const struct am_format *format = NULL;
	int r = am_format_detect(&where, &format, err);

	if (r)
		return AM_FAILED;
	if (!format->open_source)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s is not read from within others",
		               format->name);
	if (format == am_format_find("eml"))
		where.options = left;
	r = format->open_source(&l->src, &where, &l->ctx, err);
	return r ? AM_FAILED : AM_OK;
}

int am_parcels_enter(struct am_parcels *parcels, const struct am_item *item,
                     struct am_error *err)
{
	const struct am_parcel *parcel = item->parcel;
	int r = AM_OK;

	g_assert(item->folder);
	if (!parcels->levels->len &&
	    !am_ctx_reads(parcels->ctx, parcel->path, NULL))
		return AM_OK;
	struct level *l = g_new0(struct level, 1);
	l->parcels = parcels;
	l->path = g_strdup(parcel->path);
	l->single = parcel->single;
	l->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   folder_unref);
	l->ctx = *parcels->ctx;
	if (l->ctx.on_note) {
		l->ctx.on_note = pass_note;
		l->ctx.user = l;
	}
	if (parcels->levels->len) {
		const struct level *outer =
			parcels->levels->pdata[parcels->levels->len - 1];
		l->origin = name_origin(outer, parcel->origin);
	} else {
		l->origin = g_strdup(parcel->origin);
	}
	/* What lies in a tree is on the disk as it is. */
	uint64_t size = size_of(parcel->path);
	if (parcels->tree && !parcels->levels->len)
		parcels->outside += size;
	else
		r = count(parcels, size, err);
	if (!r && parcels->levels->len == LEVELS)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "in more than %d others", LEVELS);
	else if (!r && parcel->single)
		l->place = am_folder_ref(item->folder);
	else if (!r)
		r = find_place(l, item->folder, parcel->name, err);
	if (!r)
		r = open_source(l, parcel->name, err);
	g_ptr_array_add(parcels->levels, l);
	if (r) {
		g_free(parcels->failed);
		parcels->failed = g_strdup(l->origin);
		g_ptr_array_set_size(parcels->levels,
		                     (gint)parcels->levels->len - 1);
	}
	return r;
}

/* ---- reading ---- */

static int fail(struct am_parcels *parcels, const struct level *l,
                const char *origin, struct am_item *out)
{
	g_free(parcels->failed);
	parcels->failed = name_origin(l, origin);
	*out = (struct am_item){.folder = l->place, .origin = parcels->failed};
	return AM_FAILED;
}

/* Bytes, folder and name, as they are seen from without. */
static int take_message(struct am_parcels *parcels, struct level *l,
                        struct am_item *out, struct am_error *err)
{
	struct am_message *msg = out->message;
	char *origin = name_origin(l, msg->origin);
	const struct am_folder *folder = NULL;
	int r = am_source_load(l->src, msg, err);

	if (!r) {
		r = count(parcels, am_blob_size(msg->raw), err);
		l->over = r != AM_OK;
	}
	if (!r)
		r = map(l, msg->folder, &folder, err);
	if (r) {
		(void)fail(parcels, l, msg->origin, out);
		am_message_free(&msg);
	} else {
		am_folder_unref(&msg->folder);
		msg->folder = am_folder_ref(folder);
		msg->origin = am_arena_strdup(msg->arena, origin);
		msg->loads_anywhere = false;
		out->folder = folder;
	}
	g_free(origin);
	return r;
}

static int give(struct am_parcels *parcels, struct level *l,
                struct am_item *out, struct am_error *err)
{
	const struct am_folder *folder = NULL;
	int r = AM_OK;

	if (out->message)
		return take_message(parcels, l, out, err);
	if (out->folder)
		r = map(l, out->folder, &folder, err);
	if (r)
		return fail(parcels, l, out->origin, out);
	out->folder = folder;
	if (!out->parcel)
		return AM_OK;
	if (am_parcels_enter(parcels, out, err)) {
		*out = (struct am_item){.folder = folder,
		                        .origin = parcels->failed};
		return AM_FAILED;
	}
	return AM_OK;
}

int am_parcels_next(struct am_parcels *parcels, struct am_item *out,
                    struct am_error *err)
{
	for (;;) {
		if (!parcels->levels->len)
			return AM_END;
		struct level *l =
			parcels->levels->pdata[parcels->levels->len - 1];
		int r = l->over ? AM_END : am_source_next(l->src, out, err);
		if (r == AM_END) {
			g_ptr_array_set_size(parcels->levels,
			                     (gint)parcels->levels->len - 1);
			continue;
		}
		/* One that can go on no more is the end of that one. */
		bool dead = r == AM_FATAL && !am_ctx_cancelled(parcels->ctx);
		if (r == AM_FAILED || dead)
			r = fail(parcels, l, out->origin, out);
		if (dead)
			g_ptr_array_set_size(parcels->levels,
			                     (gint)parcels->levels->len - 1);
		if (r)
			return r;
		r = give(parcels, l, out, err);
		if (!r && out->parcel)
			continue;
		return r;
	}
}
