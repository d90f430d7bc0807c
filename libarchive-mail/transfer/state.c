/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state file is a key file: one group for the target, one for each folder
 * of each source, UIDs as sets ("1:500,512").  It is small, so each commit
 * writes it whole.
 */
#include "transfer/state_impl.h"

#include "base/file.h"
#include "base/file_replace.h"
#include "model/folder.h"

#include <string.h>

#define GROUP    "state"
#define VERSION  1
#define MAX_FILE (64 << 20)

static void epoch_clear(void *data)
{
	am_imap_set_free(&((struct epoch *)data)->uids);
}

GArray *am_state_epochs_new(void)
{
	GArray *epochs = g_array_new(FALSE, FALSE, sizeof(struct epoch));

	g_array_set_clear_func(epochs, epoch_clear);
	return epochs;
}

static void place_free(void *data)
{
	struct place *p = data;

	g_free(p->source);
	g_free(p->path);
	g_free(p->cursor);
	g_array_free(p->epochs, TRUE);
	g_array_free(p->runs, TRUE);
	g_free(p);
}

static struct place *place_at(struct am_state *s, const char *source,
                              const char *path, bool make)
{
	char *key = g_strconcat(source, "\n", path, NULL);
	struct place *p = g_hash_table_lookup(s->places, key);

	if (p || !make) {
		g_free(key);
		return p;
	}
	p = g_new0(struct place, 1);
	p->source = g_strdup(source);
	p->path = g_strdup(path);
	p->id = am_state_place_id(source, path);
	p->epochs = am_state_epochs_new();
	p->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	g_hash_table_insert(s->places, key, p);
	return p;
}

struct place *am_state_place(struct am_state *s, const char *source,
                             const struct am_folder *folder, bool make)
{
	char *path = folder ? am_folder_print(folder) : g_strdup("");
	struct place *p = place_at(s, source, path, make);

	g_free(path);
	return p;
}

struct am_imap_set *am_state_uids(GArray *epochs, uint32_t uidvalidity)
{
	struct epoch fresh = {.uidvalidity = uidvalidity};
	guint i = 0;

	for (; i < epochs->len; i++) {
		struct epoch *e = &g_array_index(epochs, struct epoch, i);
		if (e->uidvalidity == uidvalidity)
			return e->uids;
		if (e->uidvalidity > uidvalidity)
			break;
	}
	fresh.uids = am_imap_set_new();
	g_array_insert_val(epochs, i, fresh);
	return fresh.uids;
}

static struct am_imap_set *uids_of(struct place *p, uint32_t uidvalidity)
{
	return am_state_uids(p->epochs, uidvalidity);
}

/* ---- the file ---- */

static char *print_set(const struct am_imap_set *set)
{
	GString *text = g_string_new(NULL);
	char piece[4096];
	size_t next = 0;

	while (am_imap_set_print(set, &next, piece, sizeof piece) == AM_OK) {
		if (text->len)
			g_string_append_c(text, ',');
		g_string_append(text, piece);
	}
	return g_string_free(text, FALSE);
}

static void read_place(struct am_state *s, GKeyFile *file, const char *group)
{
	char *source = g_key_file_get_string(file, group, "source", NULL);
	char *path = g_key_file_get_string(file, group, "folder", NULL);
	char **keys = g_key_file_get_keys(file, group, NULL, NULL);
	struct place *p =
		source && path ? place_at(s, source, path, true) : NULL;

	for (char **key = keys; p && key && *key; key++) {
		guint64 n;
		if (am_state_runs_read(p, file, group, *key))
			continue;
		if (!g_str_has_prefix(*key, "uids-") ||
		    !g_ascii_string_to_unsigned(*key + 5, 10, 1, UINT32_MAX, &n,
		                                NULL))
			continue;
		char *text = g_key_file_get_string(file, group, *key, NULL);
		struct am_imap_set *uids = uids_of(p, (uint32_t)n);
		/* What cannot be read is asked for again. */
		if (text)
			(void)!am_imap_set_parse(uids, text, strlen(text), 0,
			                         NULL);
		g_free(text);
	}
	if (p)
		p->cursor = g_key_file_get_string(file, group, "cursor", NULL);
	g_strfreev(keys);
	g_free(source);
	g_free(path);
}

/* "left 3": one folder of the target, how much was in it. */
static void read_left(struct am_state *s, GKeyFile *file, const char *group)
{
	char *path = g_key_file_get_string(file, group, "folder", NULL);
	struct am_tally_row row = {
		.count = g_key_file_get_uint64(file, group, "count", NULL),
		.sum = g_key_file_get_uint64(file, group, "sum", NULL),
	};

	if (path) {
		if (!s->left)
			s->left = am_tally_new();
		am_tally_set(s->left, path, row);
	}
	g_free(path);
}

static void write_left(GKeyFile *file, unsigned n, const char *path,
                       struct am_tally_row row)
{
	char group[32];

	g_snprintf(group, sizeof group, "left %u", n);
	g_key_file_set_string(file, group, "folder", path);
	g_key_file_set_uint64(file, group, "count", row.count);
	g_key_file_set_uint64(file, group, "sum", row.sum);
}

struct writing {
	GKeyFile *file;
	unsigned n;
};

static void write_one_left(void *user, const char *path,
                           struct am_tally_row row)
{
	struct writing *w = user;

	write_left(w->file, ++w->n, path, row);
}

static void read_file(struct am_state *s, const char *text, size_t len)
{
	GKeyFile *file = g_key_file_new();

	if (g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, NULL) &&
	    g_key_file_get_integer(file, GROUP, "version", NULL) == VERSION) {
		char **groups = g_key_file_get_groups(file, NULL);
		s->clean = g_key_file_get_boolean(file, GROUP, "clean", NULL);
		s->size = g_key_file_get_uint64(file, GROUP, "size", NULL);
		for (char **g = groups; *g; g++)
			if (g_str_has_prefix(*g, "left "))
				read_left(s, file, *g);
			else if (g_str_has_prefix(*g, "box "))
				am_state_box_read(s, file, *g);
			else if (strcmp(*g, GROUP))
				read_place(s, file, *g);
		g_strfreev(groups);
	}
	g_key_file_free(file);
}

int am_state_save(struct am_state *s, bool clean, uint64_t size,
                  const struct am_tally *left, struct am_error *err)
{
	GKeyFile *file = g_key_file_new();
	struct writing writing = {.file = file};
	GHashTableIter it;
	gpointer value;
	unsigned n = 0;
	gsize len;

	g_mutex_lock(&s->lock);
	g_key_file_set_comment(file, NULL, NULL,
	                       " mailark: what was copied here from servers. "
	                       "Safe to delete.",
	                       NULL);
	g_key_file_set_integer(file, GROUP, "version", VERSION);
	g_key_file_set_boolean(file, GROUP, "clean", clean);
	g_key_file_set_uint64(file, GROUP, "size", size);
	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct place *p = value;
		char group[32];
		g_snprintf(group, sizeof group, "folder %u", ++n);
		g_key_file_set_string(file, group, "source", p->source);
		g_key_file_set_string(file, group, "folder", p->path);
		if (p->cursor)
			g_key_file_set_string(file, group, "cursor", p->cursor);
		for (guint i = 0; i < p->epochs->len; i++) {
			const struct epoch *e =
				&g_array_index(p->epochs, struct epoch, i);
			char key[32];
			char *text = print_set(e->uids);
			g_snprintf(key, sizeof key, "uids-%u", e->uidvalidity);
			g_key_file_set_string(file, group, key, text);
			g_free(text);
		}
		am_state_runs_write(p, file, group);
	}
	am_state_boxes_write(s, file);
	if (clean && left)
		am_tally_each(left, write_one_left, &writing);
	char *text = g_key_file_to_data(file, &len, NULL);
	s->clean = clean;
	s->size = size;
	/* First what it stands by: more of that than is remembered is no
	 * harm. */
	int r = am_state_proofs_save(s, err);
	g_mutex_unlock(&s->lock);
	g_key_file_free(file);
	if (!r)
		r = am_file_replace(s->file, text, len, err);
	g_free(text);
	return r ? am_wrap(err, r, "%s", s->file) : AM_OK;
}

/* ---- the memory ---- */

static struct am_state *state_of(struct am_memory *memory)
{
	return AM_CONTAINER(memory, struct am_state, memory);
}

static int cursor(struct am_memory *memory, const char *source,
                  const struct am_folder *folder, char **value,
                  struct am_error *err)
{
	struct am_state *s = state_of(memory);

	(void)err;
	g_mutex_lock(&s->lock);
	const struct place *p = am_state_place(s, source, folder, false);
	*value = p ? g_strdup(p->cursor) : NULL;
	g_mutex_unlock(&s->lock);
	return AM_OK;
}

/* A copy of what is remembered, so that nobody waits on a callback. */
static GArray *snapshot(struct am_state *s, const char *source,
                        const struct am_folder *folder)
{
	GArray *out = am_state_epochs_new();

	g_mutex_lock(&s->lock);
	const struct place *p = am_state_place(s, source, folder, false);
	for (guint i = 0; p && i < p->epochs->len; i++) {
		struct epoch e = g_array_index(p->epochs, struct epoch, i);
		struct am_imap_set *copy = am_imap_set_new();
		am_imap_set_add_all(copy, e.uids);
		e.uids = copy;
		g_array_append_val(out, e);
	}
	g_mutex_unlock(&s->lock);
	return out;
}

static int each(struct am_memory *memory, const char *source,
                const struct am_folder *folder,
                int (*one)(void *user, const struct am_remembered *what,
                           struct am_error *err),
                void *user, struct am_error *err)
{
	GArray *epochs = snapshot(state_of(memory), source, folder);
	struct am_remembered what = {.size = AM_SIZE_UNKNOWN};
	int r = AM_OK;

	for (guint i = 0; i < epochs->len && !r; i++) {
		const struct epoch *e = &g_array_index(epochs, struct epoch, i);
		what.uidvalidity = e->uidvalidity;
		for (size_t k = 0; k < am_imap_set_ranges(e->uids) && !r; k++) {
			uint32_t first, last;
			am_imap_set_range(e->uids, k, &first, &last);
			for (uint64_t uid = first; uid <= last && !r; uid++) {
				what.uid = (uint32_t)uid;
				r = one(user, &what, err);
			}
		}
	}
	g_array_free(epochs, TRUE);
	return r;
}

static const struct am_memory_ops ops = {.cursor = cursor, .each = each};

int am_state_open(struct am_state **out, const char *path, struct am_error *err)
{
	struct am_state *s = g_new0(struct am_state, 1);
	char *text = NULL;
	gsize len = 0;

	(void)err;
	am_file_replace_clear(path);
	am_state_proofs_clear(path);
	s->memory.ops = &ops;
	s->file = g_strdup(path);
	g_mutex_init(&s->lock);
	s->boxes = am_state_boxes_new();
	s->proofs = g_byte_array_new();
	s->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                  place_free);
	if (g_file_get_contents(path, &text, &len, NULL) && len <= MAX_FILE)
		read_file(s, text, len);
	g_free(text);
	*out = s;
	return AM_OK;
}

void am_state_free(struct am_state **state)
{
	struct am_state *s = *state;

	*state = NULL;
	if (!s)
		return;
	g_hash_table_destroy(s->places);
	g_ptr_array_unref(s->boxes);
	am_tally_free(&s->left);
	g_mutex_clear(&s->lock);
	g_byte_array_unref(s->proofs);
	g_free(s->file);
	g_free(s);
}

bool am_state_is_clean(const struct am_state *s)
{
	return s->clean;
}

/* A place of that source, or of another. */
static bool has_place(const struct am_state *s, const char *source, bool own)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value))
		if (!strcmp(((const struct place *)value)->source, source) ==
		    own)
			return true;
	return false;
}

bool am_state_knows(const struct am_state *s, const char *source)
{
	return has_place(s, source, true);
}

bool am_state_knows_others(const struct am_state *s, const char *source)
{
	return has_place(s, source, false);
}

void am_state_forget(struct am_state *s)
{
	g_mutex_lock(&s->lock);
	g_hash_table_remove_all(s->places);
	am_state_proofs_drop(s);
	s->clean = false;
	s->size = 0;
	g_mutex_unlock(&s->lock);
}

struct am_memory *am_state_memory(struct am_state *s)
{
	return &s->memory;
}

void am_state_stored(struct am_state *s, const char *source,
                     const struct am_message *msg)
{
	if (!source || !msg->uid || !msg->uidvalidity)
		return;
	g_mutex_lock(&s->lock);
	struct place *p = am_state_place(s, source, msg->folder, true);
	am_imap_set_add(uids_of(p, msg->uidvalidity), msg->uid, msg->uid);
	g_mutex_unlock(&s->lock);
}

void am_state_place_lost(struct place *p, uint32_t uidvalidity, uint32_t uid)
{
	am_imap_set_remove(uids_of(p, uidvalidity), uid, uid);
	am_state_runs_lost(p, uidvalidity, uid);
}

void am_state_lost(struct am_state *s, const char *source,
                   const struct am_folder *folder, uint32_t uidvalidity,
                   uint32_t uid)
{
	if (!source || !uid || !uidvalidity)
		return;
	g_mutex_lock(&s->lock);
	am_state_place_lost(am_state_place(s, source, folder, true),
	                    uidvalidity, uid);
	g_mutex_unlock(&s->lock);
}

void am_state_change(struct am_state *s, const char *source,
                     const struct am_change *change)
{
	if (change->kind != AM_NEWS_UID || !change->new_uid)
		return;
	g_mutex_lock(&s->lock);
	struct place *p = am_state_place(s, source, change->folder, true);
	am_imap_set_remove(uids_of(p, change->uidvalidity), change->uid,
	                   change->uid);
	am_imap_set_add(uids_of(p, change->new_uidvalidity), change->new_uid,
	                change->new_uid);
	am_state_runs_renumber(p, change);
	g_mutex_unlock(&s->lock);
}

void am_state_remember(struct am_state *s, const char *source,
                       const struct am_folder *folder, const char *text)
{
	g_mutex_lock(&s->lock);
	struct place *p = am_state_place(s, source, folder, true);
	g_free(p->cursor);
	p->cursor = g_strdup(text);
	g_mutex_unlock(&s->lock);
}
