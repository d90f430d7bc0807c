/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual mailbox's snapshot is made of the snapshots of all real ones, when
 * it is asked for and something has changed since; UIDs come from a table of
 * their own.
 */
#include "serve/virtual.h"

#include "model/folder.h"
#include "serve/vault_impl.h"
#include "store/uid_table.h"

#include <string.h>

enum { ALL = -1, FLAGGED = -2, FIRST_SEARCH = -3 };
enum {
	AGAIN_S = 5, /* searches are asked again */
	KEEP_S = 600
};

/* One that was looked at. */
struct shown {
	int64_t box;
	struct am_snap *now;
	uint64_t basis;      /* the vault's changes it has seen */
	int64_t since, used; /* monotonic */
};

struct am_virtuals {
	struct am_vault *vault;
	const struct am_virtual_source *source;
	struct am_uid_table *uids;
	unsigned ticks;

	GMutex names_lock;
	GPtrArray *searches; /* all that ever were: the place is the id */
	char **names;        /* those of now */

	GMutex lock; /* one is made at a time */
	GHashTable *shown;
};

static void free_shown(void *data)
{
	struct shown *shown = data;

	am_snap_unref(&shown->now);
	g_free(shown);
}

struct am_virtuals *am_virtuals_new(struct am_vault *vault,
                                    const struct am_virtual_source *source,
                                    const char *cache, uint64_t archive)
{
	struct am_virtuals *vt = g_new0(struct am_virtuals, 1);

	vt->vault = vault;
	vt->source = source;
	vt->uids = am_uid_table_open(cache, archive);
	vt->searches = g_ptr_array_new_with_free_func(g_free);
	vt->shown = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                                  free_shown);
	g_mutex_init(&vt->names_lock);
	g_mutex_init(&vt->lock);
	return vt;
}

void am_virtuals_free(struct am_virtuals **virtuals)
{
	struct am_virtuals *vt = *virtuals;

	*virtuals = NULL;
	if (!vt)
		return;
	g_hash_table_destroy(vt->shown);
	am_uid_table_close(&vt->uids);
	g_ptr_array_free(vt->searches, TRUE);
	g_strfreev(vt->names);
	g_mutex_clear(&vt->names_lock);
	g_mutex_clear(&vt->lock);
	g_free(vt);
}

/* ---- the list ---- */

static guint id_of_search(struct am_virtuals *vt, const char *name)
{
	guint i;

	if (!g_ptr_array_find_with_equal_func(vt->searches, name, g_str_equal,
	                                      &i)) {
		i = vt->searches->len;
		g_ptr_array_add(vt->searches, g_strdup(name));
	}
	return i;
}

static gboolean is_old(gpointer key, gpointer value, gpointer user)
{
	const struct shown *shown = value;

	(void)key;
	return g_atomic_int_get(&shown->now->refs) == 1 &&
	       shown->used < *(int64_t *)user;
}

bool am_virtuals_tick(struct am_virtuals *vt, bool *look)
{
	int64_t before = g_get_monotonic_time() - KEEP_S * G_USEC_PER_SEC;

	/* Who is making one holds this for long. */
	if (g_mutex_trylock(&vt->lock)) {
		g_hash_table_foreach_remove(vt->shown, is_old, &before);
		g_mutex_unlock(&vt->lock);
	}
	*look = vt->source && !(++vt->ticks % AGAIN_S);
	if (!vt->source)
		return false;
	char **names = vt->source->names(vt->source->user, vt->vault);
	g_mutex_lock(&vt->names_lock);
	bool same = vt->names ? g_strv_equal((const char *const *)names,
	                                     (const char *const *)vt->names)
	                      : !*names;
	if (!same) {
		g_strfreev(vt->names);
		vt->names = names;
	}
	g_mutex_unlock(&vt->names_lock);
	if (same)
		g_strfreev(names);
	return !same;
}

static void add_box(GArray *boxes, int64_t id, const char *top,
                    const char *name, const char *use)
{
	const char *const parts[] = {top, name};
	struct am_mailbox box = {.id = id, .subscribed = true, .use = use};
	struct am_folder *folder;

	if (am_folder_new(&folder, parts, name ? 2 : 1, AM_ROLE_NONE, NULL))
		return;
	box.folder = folder;
	g_array_append_val(boxes, box);
}

void am_virtuals_list(struct am_virtuals *vt, GArray *boxes)
{
	add_box(boxes, ALL, "All Mail", NULL, "\\All");
	add_box(boxes, FLAGGED, "Flagged", NULL, "\\Flagged");
	g_mutex_lock(&vt->names_lock);
	for (char **n = vt->names; n && *n; n++)
		add_box(boxes, FIRST_SEARCH - (int64_t)id_of_search(vt, *n),
		        "Search", *n, NULL);
	g_mutex_unlock(&vt->names_lock);
}

/* ---- what is in one ---- */

struct gathering {
	GArray *rows;       /* struct am_row */
	const int64_t *ids; /* only these; NULL: all */
	size_t n_ids;
	uint32_t flags; /* only with all of these */
};

static int compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void gather(struct gathering *g, const struct am_snap *snap)
{
	for (size_t i = 0; i < snap->n; i++) {
		const struct am_row *row = &snap->rows[i];
		if ((row->flags & g->flags) == g->flags &&
		    (!g->ids || bsearch(&row->message, g->ids, g->n_ids,
		                        sizeof *g->ids, compare_ids)))
			g_array_append_val(g->rows, *row);
	}
}

static int gather_all(struct am_vault *v, struct gathering *g,
                      struct am_error *err)
{
	struct am_mailboxes *boxes = am_vault_boxes(v);
	struct am_snap *snap;
	int r = AM_OK;

	for (size_t i = 0; i < boxes->n && !r; i++) {
		if (boxes->boxes[i].id <= 0)
			continue;
		r = am_vault_snap(v, boxes->boxes[i].id, &snap, err);
		if (!r)
			gather(g, snap);
		am_snap_unref(&snap);
	}
	am_boxes_unref(&boxes);
	return r;
}

static gint by_message(gconstpointer a, gconstpointer b)
{
	const struct am_row *x = a, *y = b;

	if (x->message != y->message)
		return x->message > y->message ? 1 : -1;
	return (x->placement > y->placement) - (x->placement < y->placement);
}

static gint by_uid(gconstpointer a, gconstpointer b)
{
	const struct am_row *x = a, *y = b;
	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* Of a message's places the oldest stands for it. */
static void keep_one_each(GArray *rows)
{
	guint n = 0;

	g_array_sort(rows, by_message);
	struct am_row *r = (struct am_row *)(void *)rows->data;
	for (guint i = 0; i < rows->len; i++)
		if (!n || r[n - 1].message != r[i].message)
			r[n++] = r[i];
	g_array_set_size(rows, n);
}

/* The rows get this mailbox's UIDs, and become a snapshot. */
static int number(struct am_virtuals *vt, const char *name, int64_t box,
                  GArray *rows, struct am_snap **out, struct am_error *err)
{
	struct am_row *r = (struct am_row *)(void *)rows->data;
	int64_t *messages = g_new(int64_t, rows->len + 1);
	uint32_t *uids = g_new(uint32_t, rows->len + 1);
	struct am_snap *snap = am_snap_new();

	for (guint i = 0; i < rows->len; i++)
		messages[i] = r[i].message;
	int failed =
		am_uid_table_follow(vt->uids, name, messages, rows->len, uids,
	                            &snap->uidvalidity, &snap->uidnext, err);
	for (guint i = 0; i < rows->len && !failed; i++)
		r[i].uid = uids[i];
	g_free(messages);
	g_free(uids);
	if (failed) {
		am_snap_unref(&snap);
		return failed;
	}
	g_array_sort(rows, by_uid);
	snap->box = box;
	snap->n = rows->len;
	snap->rows = g_memdup2(rows->data, rows->len * sizeof(struct am_row));
	g_mutex_lock(&vt->vault->lock);
	snap->version = ++vt->vault->version;
	g_mutex_unlock(&vt->vault->lock);
	*out = snap;
	return AM_OK;
}

static int make(struct am_virtuals *vt, int64_t box, struct am_snap **out,
                struct am_error *err)
{
	struct gathering g = {
		.rows = g_array_new(FALSE, FALSE, sizeof(struct am_row)),
		.flags = box == FLAGGED ? AM_FLAGGED : 0};
	int64_t *ids = NULL;
	char *search = NULL;
	int r = AM_OK;

	if (box <= FIRST_SEARCH) {
		g_mutex_lock(&vt->names_lock);
		search = g_strdup(
			vt->searches->pdata[(guint)(FIRST_SEARCH - box)]);
		g_mutex_unlock(&vt->names_lock);
		r = vt->source->find(vt->source->user, vt->vault, search, &ids,
		                     &g.n_ids, err);
		g.ids = ids;
	}
	if (!r && (g.n_ids || !search))
		r = gather_all(vt->vault, &g, err);
	if (!r) {
		char *name =
			search ? g_strconcat("Search/", search, NULL)
			       : g_strdup(box == ALL ? "All Mail" : "Flagged");
		keep_one_each(g.rows);
		r = number(vt, name, box, g.rows, out, err);
		g_free(name);
	}
	g_free(search);
	g_free(ids);
	g_array_free(g.rows, TRUE);
	return r;
}

/* Is it the same, but for when it was made? */
static bool is_same(const struct am_snap *a, const struct am_snap *b)
{
	if (a->n != b->n || a->uidnext != b->uidnext ||
	    a->uidvalidity != b->uidvalidity)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->rows[i].uid != b->rows[i].uid ||
		    a->rows[i].modseq != b->rows[i].modseq ||
		    a->rows[i].placement != b->rows[i].placement)
			return false;
	return true;
}

/* With the lock. */
static int look(struct am_virtuals *vt, int64_t box, struct am_snap **out,
                struct am_error *err)
{
	struct shown *shown = g_hash_table_lookup(vt->shown, &box);
	int64_t now = g_get_monotonic_time();
	struct am_snap *made = NULL;

	g_mutex_lock(&vt->vault->lock);
	uint64_t basis = vt->vault->changes;
	g_mutex_unlock(&vt->vault->lock);
	bool fresh = shown && shown->basis == basis &&
	             (box > FIRST_SEARCH ||
	              now < shown->since + AGAIN_S * G_USEC_PER_SEC);
	int r = fresh ? AM_OK : make(vt, box, &made, err);
	if (r)
		return r;
	if (!shown) {
		shown = g_new0(struct shown, 1);
		shown->box = box;
		g_hash_table_insert(vt->shown, &shown->box, shown);
	}
	if (made) {
		shown->basis = basis;
		shown->since = now;
		if (shown->now && is_same(shown->now, made)) {
			am_snap_unref(&made);
		} else {
			am_snap_unref(&shown->now);
			shown->now = made;
		}
	}
	shown->used = now;
	*out = am_snap_ref(shown->now);
	return AM_OK;
}

int am_virtuals_snap(struct am_virtuals *vt, int64_t box, struct am_snap **out,
                     struct am_error *err)
{
	g_mutex_lock(&vt->lock);
	int r = look(vt, box, out, err);
	g_mutex_unlock(&vt->lock);
	return r;
}

int am_virtual_spread(struct am_vault *vault, GArray *rows,
                      struct am_error *err)
{
	GArray *ids =
		g_array_sized_new(FALSE, FALSE, sizeof(int64_t), rows->len);

	for (guint i = 0; i < rows->len; i++)
		g_array_append_val(
			ids, g_array_index(rows, struct am_row, i).message);
	g_array_sort(ids, compare_ids);
	g_array_set_size(rows, 0);
	struct gathering g = {.rows = rows,
	                      .ids = (const int64_t *)(void *)ids->data,
	                      .n_ids = ids->len};
	int r = ids->len ? gather_all(vault, &g, err) : AM_OK;
	g_array_free(ids, TRUE);
	return r;
}
