/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Member by member as the zip lists them.  XML files hold items, one after the
 * other; each is composed when its turn comes, with the attachments it names,
 * which lie elsewhere in the zip.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "base/zip.h"
#include "formats/mapi/item_props.h"
#include "formats/mapi/mapi_meta.h"
#include "formats/mapi/mapi_to_mail.h"
#include "formats/outlook/olm.h"
#include "formats/outlook/olm_item.h"
#include "formats/outlook/olm_xml.h"
#include "model/folder.h"
#include "outlook/mapi/item_reading.h"

#include <glib.h>

#include <string.h>

#define MESSAGES    "com.microsoft.__Messages"
#define ATTACHMENTS "com.microsoft.__Attachments"

/* Attachments that many messages name are unpacked for each of them; what grows
 * more than this is made to fill a disk. */
enum { DEPTH_MAX = 64, MAX_RATIO = 200 };
static const uint64_t FREE_BYTES = UINT64_C(256) << 20;

struct olm_source {
	struct am_source base;
	struct am_zip *zip;
	uint64_t size;
	bool properties, damage_told;
	size_t next;         /* member */
	GHashTable *folders; /* printed -> struct am_folder * */
	uint8_t *used;       /* members that are attachments of something */
	uint64_t unpacked, allowed, n_others;

	/* The XML file that is being read. */
	struct am_olm_xml *xml;
	const struct am_folder *folder;
	const char *name;
	unsigned n;   /* items of it so far */
	char *origin; /* of the last failure */
};

static struct olm_source *olm_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct olm_source, base);
}

static void folder_unref(void *user)
{
	const struct am_folder *folder = user;

	am_folder_unref(&folder);
}

/* ---- where things are ---- */

/* "Accounts/me@x/com.microsoft.__Messages/Inbox/message_00000.xml" is in
 * me@x/Inbox; "Local/Tasks/" is Tasks.  NULL: it is no folder's. */
static GPtrArray *folder_parts(const char *member, struct am_arena *arena)
{
	char **words = g_strsplit(member, "/", DEPTH_MAX);
	GPtrArray *parts = g_ptr_array_new();
	bool good = true;

	/* What is behind the last slash is the file, or nothing. */
	for (size_t i = 0; words[i] && words[i + 1]; i++) {
		if (!strcmp(words[i], ATTACHMENTS))
			good = false;
		if (!*words[i] || !strcmp(words[i], MESSAGES) ||
		    (!i && (!strcmp(words[i], "Local") ||
		            !strcmp(words[i], "Accounts"))))
			continue;
		g_ptr_array_add(parts, am_utf8_repair(arena, words[i],
		                                      strlen(words[i])));
	}
	g_strfreev(words);
	if (!good) {
		g_ptr_array_free(parts, TRUE);
		return NULL;
	}
	return parts;
}

static int folder_of(struct olm_source *s, const char *member,
                     const struct am_folder **out, bool *fresh,
                     struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	GPtrArray *parts = folder_parts(member, arena);
	struct am_folder *folder = NULL;
	int r = AM_END;

	*fresh = false;
	if (parts) {
		const char *const *list = (const char *const *)parts->pdata;
		r = am_folder_new(&folder, list, parts->len,
		                  parts->len
		                          ? am_role_guess(list[parts->len - 1])
		                          : AM_ROLE_NONE,
		                  err);
		g_ptr_array_free(parts, TRUE);
	}
	am_arena_free(&arena);
	if (r)
		return r;
	char *text = am_folder_print(folder);
	struct am_folder *known = g_hash_table_lookup(s->folders, text);
	if (known) {
		folder_unref(folder);
		g_free(text);
	} else {
		g_hash_table_insert(s->folders, text, folder);
		*fresh = true;
	}
	*out = known ? known : folder;
	return AM_OK;
}

/* ---- attachments ---- */

static size_t find_member(const struct olm_source *s, const char *place)
{
	size_t i = am_zip_find(s->zip, place);

	if (i == SIZE_MAX && strchr(place, '%')) {
		char *plain = g_uri_unescape_string(place, NULL);
		if (plain)
			i = am_zip_find(s->zip, plain);
		g_free(plain);
	}
	return i;
}

static int attachment(void *user, const char *place, struct am_blob **out,
                      struct am_error *err)
{
	struct olm_source *s = user;
	struct am_limits limits = am_limits_or_default(&s->base.ctx->limits);
	struct am_reader *from = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len, i = find_member(s, place);

	if (i == SIZE_MAX)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "it is not in the archive");
	s->used[i] = 1;
	s->unpacked += am_zip_member(s->zip, i)->size;
	if (s->unpacked > s->allowed)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "unpacks to more than %d times its size",
		               MAX_RATIO);
	int r = am_zip_reader(s->zip, i, &from, err);
	if (!r)
		r = am_spool_open(&spool, limits.spool_memory,
		                  am_ctx_tmpdir(s->base.ctx), err);
	while (!r && !(r = am_reader_peek(from, 1, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(from, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	am_reader_close(&from);
	return r;
}

/* ---- items ---- */

static int compose(struct olm_source *s, const struct am_olm_node *node,
                   struct am_message *msg, struct am_error *err)
{
	const struct am_olm_files files = {attachment, s};
	const struct am_mapi_to_mail job = {.ctx = s->base.ctx,
	                                    .folder = msg->folder,
	                                    .origin = msg->origin,
	                                    .incomplete = &msg->incomplete};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_olm_item(node, &files, arena);
	struct am_mapi_message reading;
	struct am_mapi_item_reading *door =
		am_mapi_item_reading_new(item, "olm", s->size, arena, &reading);

	/* Mail that lies in two folders is the same; anything else wants a
	 * number of its own. */
	if (strcmp(node->name, "email") != 0)
		reading.id = am_crc32(0, msg->origin, strlen(msg->origin));
	am_mapi_meta(msg, &reading.props,
	             am_mapi_meta_keywords(reading.in->names));
	if (s->properties)
		am_item_props_ride(msg, &reading.props, reading.in);
	int r = am_mapi_to_mail(&job, &reading, &msg->raw, err);
	if (!r)
		msg->size = am_blob_size(msg->raw);
	am_mapi_item_reading_free(&door);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	return r;
}

/* Items of a file are told apart by their number, but for the only one. */
static char *origin_of(const struct olm_source *s)
{
	return s->n > 1 ? g_strdup_printf("%s#%u", s->name, s->n)
	                : g_strdup(s->name);
}

static int give_item(struct olm_source *s, struct am_item *out,
                     struct am_error *err)
{
	struct am_olm_node *node = NULL;
	struct am_message *msg = NULL;
	int r = am_olm_xml_next(s->xml, &node, err);

	if (r == AM_END)
		return r;
	s->n++;
	g_free(s->origin);
	s->origin = origin_of(s);
	out->folder = s->folder;
	out->origin = s->origin;
	if (!r)
		r = am_message_new(&msg, s->folder, err);
	if (!r) {
		msg->origin = am_arena_strdup(msg->arena, s->origin);
		r = compose(s, node, msg, err);
	}
	am_olm_node_free(node);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	out->message = msg;
	return AM_OK;
}

static bool is_xml(const char *name)
{
	return g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".XML");
}

/* A list of names and colours, which every item brings along as it needs. */
static bool is_categories(const char *name)
{
	const char *slash = strrchr(name, '/');

	return !strcmp(slash ? slash + 1 : name, "Categories.xml");
}

static void count_rest(struct olm_source *s)
{
	uint64_t alone = 0;

	for (size_t i = 0; i < am_zip_n_members(s->zip); i++) {
		const struct am_zip_member *m = am_zip_member(s->zip, i);
		alone += !s->used[i] && m->size &&
		         strstr(m->name, ATTACHMENTS "/") &&
		         !g_str_has_suffix(m->name, "/");
	}
	if (alone)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "olm.unnamed", NULL,
		            NULL,
		            "%" PRIu64 " attachment%s that no item names left "
		            "out",
		            alone, alone > 1 ? "s" : "");
	if (s->n_others)
		am_ctx_note(s->base.ctx, AM_NOTE_INFO, "olm.others", NULL, NULL,
		            "%" PRIu64 " file%s in it that hold no items "
		            "passed over",
		            s->n_others, s->n_others > 1 ? "s" : "");
}

/* Opens what the next member is.  AM_OK with a folder in out: tell of it. */
static int open_member(struct olm_source *s, struct am_item *out,
                       struct am_error *err)
{
	const struct am_zip_member *m = am_zip_member(s->zip, s->next);
	bool directory = g_str_has_suffix(m->name, "/"), fresh = false;
	struct am_reader *from = NULL;
	int r;

	g_free(s->origin);
	s->origin = g_strdup(m->name);
	if (!directory && (!is_xml(m->name) || is_categories(m->name) ||
	                   strstr(m->name, ATTACHMENTS "/"))) {
		s->n_others += !strstr(m->name, ATTACHMENTS "/");
		s->next++;
		return AM_OK;
	}
	r = folder_of(s, m->name, &s->folder, &fresh, err);
	if (!r && fresh && (s->folder->depth || !directory)) {
		out->folder = s->folder;
		return AM_OK; /* the member comes again */
	}
	s->next++;
	if (r == AM_END || (!r && directory))
		return AM_OK;
	if (!r)
		r = am_zip_reader(s->zip, s->next - 1, &from, err);
	if (r) {
		out->folder = s->folder;
		out->origin = s->origin;
		return AM_FAILED;
	}
	s->name = m->name;
	s->n = 0;
	s->xml = am_olm_xml_new(from);
	return AM_OK;
}

static int olm_next(struct am_source *src, struct am_item *out,
                    struct am_error *err)
{
	struct olm_source *s = olm_of(src);

	if (am_zip_damage(s->zip) && !s->damage_told) {
		s->damage_told = true;
		out->origin = "zip";
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "%s",
		               am_zip_damage(s->zip));
	}
	for (;;) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		int r = AM_END;
		if (s->xml)
			r = give_item(s, out, err);
		if (r != AM_END)
			return r;
		am_olm_xml_free(&s->xml);
		if (s->next >= am_zip_n_members(s->zip))
			break;
		r = open_member(s, out, err);
		if (r || out->folder)
			return r;
	}
	if (s->used)
		count_rest(s);
	g_free(s->used);
	s->used = NULL;
	return AM_END;
}

static void olm_close(struct am_source *src)
{
	struct olm_source *s = olm_of(src);

	am_olm_xml_free(&s->xml);
	g_hash_table_destroy(s->folders);
	am_zip_close(&s->zip);
	g_free(s->used);
	g_free(s->origin);
	g_free(s);
}

static const struct am_source_ops olm_ops = {
	.next = olm_next,
	.close = olm_close,
};

int am_olm_source_open(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct olm_source *s = g_new0(struct olm_source, 1);
	struct am_file *file = NULL;
	int r = am_location_check(where, am_olm_options, "olm", err);

	s->base.ops = &olm_ops;
	s->base.ctx = ctx;
	s->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   folder_unref);
	if (!r)
		r = am_location_switch(where, am_olm_options, "properties",
		                       &s->properties, err);
	if (!r)
		r = am_file_open(&file, where->path, err);
	if (!r)
		r = am_zip_open(&s->zip, file, err);
	if (r) {
		am_file_unref(&file);
		olm_close(&s->base);
		return AM_FATAL;
	}
	s->size = am_file_size(file);
	s->allowed = FREE_BYTES + s->size * MAX_RATIO;
	s->used = g_new0(uint8_t, am_zip_n_members(s->zip) + 1);
	am_file_unref(&file);
	*out = &s->base;
	return AM_OK;
}
