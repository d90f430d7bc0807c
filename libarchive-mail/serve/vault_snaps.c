/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots: read whole when a mailbox is first looked at, and from then on
 * made anew from the one before and what changed.
 */
#include "serve/snap_file.h"
#include "serve/vault_impl.h"
#include "store/archive_spots.h"
#include "wire/imap.h"

#include <string.h>

enum { KEEP_S = 600, KEEP_S_MANY = 60, KEEP_SHELVES = 32, QUIET_S = 30 };

void am_shelf_free(void *data)
{
	struct am_shelf *shelf = data;

	am_snap_unref(&shelf->now);
	g_free(shelf);
}

/* ---- keywords: one copy of each set ---- */

/* Of "a b " */
static const char *const *set_of(void *user, const char *text)
{
	struct am_vault *v = user;
	char **words = g_hash_table_lookup(v->words, text);

	if (!words) {
		size_t len = strlen(text);
		char *inner = g_strndup(text, len - (len > 0));
		words = g_strsplit(inner, " ", -1);
		g_hash_table_insert(v->words, g_strdup(text), words);
		g_free(inner);
	}
	return (const char *const *)words;
}

static const char *const *words_of(struct am_vault *v,
                                   const struct am_archive_spot *spot)
{
	if (!spot->n_keywords)
		return set_of(v, "");
	GString *text = g_string_new("");
	for (size_t i = 0; i < spot->n_keywords; i++)
		if (am_imap_keyword_ok(spot->keywords[i])) {
			g_string_append(text, spot->keywords[i]);
			g_string_append_c(text, ' ');
		}
	const char *const *words = set_of(v, text->str);
	g_string_free(text, TRUE);
	return words;
}

static struct am_row row_of(struct am_vault *v,
                            const struct am_archive_spot *spot)
{
	return (struct am_row){
		.uid = spot->uid,
		.flags = spot->flags,
		.modseq = spot->seq,
		.placement = spot->placement,
		.message = spot->message,
		.received = spot->received.sec,
		.saved = spot->saved,
		.zone = spot->received.offset_min,
		.dated = spot->received.known,
		.keywords = words_of(v, spot),
	};
}

/* ---- a whole mailbox ---- */

struct loading {
	struct am_vault *v;
	int64_t box;
	GArray *rows, *gone;
	uint64_t highest;
};

static int load_spot(void *user, const struct am_archive_spot *spot,
                     struct am_error *err)
{
	struct loading *l = user;

	(void)err;
	l->highest = MAX(l->highest, spot->seq);
	if (spot->folder != l->box)
		return AM_OK;
	if (spot->gone) {
		struct am_gone gone = {spot->uid, spot->seq};
		g_array_append_val(l->gone, gone);
	} else {
		struct am_row row = row_of(l->v, spot);
		g_array_append_val(l->rows, row);
	}
	return AM_OK;
}

static gint by_uid(gconstpointer a, gconstpointer b)
{
	const struct am_row *x = a, *y = b;
	return (x->uid > y->uid) - (x->uid < y->uid);
}

static gint by_gone_uid(gconstpointer a, gconstpointer b)
{
	const struct am_gone *x = a, *y = b;
	return (x->uid > y->uid) - (x->uid < y->uid);
}

static bool is_sorted(const GArray *rows)
{
	const struct am_row *r =
		(const struct am_row *)(const void *)rows->data;

	for (guint i = 1; i < rows->len; i++)
		if (r[i - 1].uid > r[i].uid)
			return false;
	return true;
}

/* The list's entry of a mailbox, by id. */
static const struct am_mailbox *box_of(const struct am_mailboxes *boxes,
                                       int64_t id)
{
	for (size_t i = 0; i < boxes->n; i++)
		if (boxes->boxes[i].id == id)
			return &boxes->boxes[i];
	return NULL;
}

static struct am_snap *finish(struct am_vault *v, struct loading *l,
                              const struct am_mailboxes *boxes)
{
	struct am_snap *snap = am_snap_new();
	const struct am_mailbox *box = box_of(boxes, l->box);

	if (!is_sorted(l->rows))
		g_array_sort(l->rows, by_uid);
	g_array_sort(l->gone, by_gone_uid);
	snap->box = l->box;
	snap->version = ++v->version;
	snap->highest = l->highest;
	snap->uidvalidity = box ? box->uidvalidity : 1;
	snap->uidnext = box ? box->uidnext : 1;
	snap->n = l->rows->len;
	snap->n_gone = l->gone->len;
	snap->rows = (struct am_row *)(void *)g_array_free(l->rows, FALSE);
	snap->gone = (struct am_gone *)(void *)g_array_free(l->gone, FALSE);
	if (snap->n && snap->uidnext <= snap->rows[snap->n - 1].uid)
		snap->uidnext = snap->rows[snap->n - 1].uid + 1;
	return snap;
}

static struct loading begin(struct am_vault *v, int64_t box)
{
	return (struct loading){
		.v = v,
		.box = box,
		.rows = g_array_new(FALSE, FALSE, sizeof(struct am_row)),
		.gone = g_array_new(FALSE, FALSE, sizeof(struct am_gone)),
		.highest = 1,
	};
}

/* With the lock.  The handle may be ahead of us: then all follows it first. */
static int load(struct am_vault *v, struct am_archive *archive,
                struct am_shelf *shelf, struct am_error *err)
{
	struct loading l = begin(v, shelf->box);
	int r = am_archive_moment(archive, v->at, err);
	bool filed =
		!r && am_snap_file_load(v->cache, shelf->box, v->at, set_of, v,
	                                l.rows, l.gone, &l.highest);

	if (filed)
		memcpy(shelf->saved, v->at, sizeof shelf->saved);
	else if (!r && shelf->box)
		r = am_archive_spots(archive, shelf->box, load_spot, &l, err);
	if (!r) {
		shelf->now = finish(v, &l, v->boxes);
		return AM_OK;
	}
	g_array_free(l.rows, TRUE);
	g_array_free(l.gone, TRUE);
	return r;
}

static int refresh(struct am_vault *v, struct am_archive *archive,
                   struct am_error *err);

/* With the lock; a handle that is behind is AM_END. */
static int load_shelf(struct am_vault *v, struct am_archive *archive,
                      int64_t box, struct am_error *err)
{
	uint64_t seq;

	int r = am_archive_seq(archive, &seq, err);
	if (!r && seq < v->seq)
		return AM_END;
	if (!r && seq > v->seq)
		r = refresh(v, archive, err);
	if (r)
		return r;
	struct am_shelf *shelf = g_new0(struct am_shelf, 1);
	shelf->box = box;
	r = load(v, archive, shelf, err);
	if (r)
		g_free(shelf);
	else
		g_hash_table_insert(v->shelves, &shelf->box, shelf);
	return r;
}

/* The snapshot, if there is one already. */
static bool look(struct am_vault *v, int64_t box, struct am_snap **out)
{
	struct am_shelf *shelf = g_hash_table_lookup(v->shelves, &box);

	if (shelf) {
		shelf->used = g_get_monotonic_time();
		*out = am_snap_ref(shelf->now);
	}
	return shelf;
}

int am_vault_snap(struct am_vault *v, int64_t box, struct am_snap **out,
                  struct am_error *err)
{
	struct am_archive *archive;
	int r = AM_END;

	*out = NULL;
	if (box < 0)
		return am_virtuals_snap(v->virtuals, box, out, err);
	g_mutex_lock(&v->lock);
	bool there = look(v, box, out);
	g_mutex_unlock(&v->lock);
	while (!there && r == AM_END) {
		r = am_vault_lend_fresh(v, &archive, err);
		if (r)
			return r;
		g_mutex_lock(&v->lock);
		there = look(v, box, out);
		if (!there)
			r = load_shelf(v, archive, box, err);
		if (!there && !r)
			there = look(v, box, out);
		g_mutex_unlock(&v->lock);
		if (r == AM_END)
			am_vault_new_moment(v);
		am_vault_give_back(v, &archive);
	}
	return there ? AM_OK : r;
}

/* ---- what changed ---- */

struct spots {
	struct am_vault *v;
	GArray *rows; /* struct changed */
	GHashTable *by_placement;
	int64_t low, high; /* of the placements */
};

struct changed {
	struct am_row row;
	int64_t folder;
	bool gone;
	bool placed; /* while a mailbox is made: it has its row already */
};

static int take_spot(void *user, const struct am_archive_spot *spot,
                     struct am_error *err)
{
	struct spots *s = user;
	struct changed c = {row_of(s->v, spot), spot->folder, spot->gone,
	                    false};

	(void)err;
	g_array_append_val(s->rows, c);
	return AM_OK;
}

static void index_spots(struct spots *s)
{
	s->by_placement = g_hash_table_new(g_int64_hash, g_int64_equal);
	for (guint i = 0; i < s->rows->len; i++) {
		struct changed *c = &g_array_index(s->rows, struct changed, i);
		g_hash_table_insert(s->by_placement, &c->row.placement, c);
		s->low = i ? MIN(s->low, c->row.placement) : c->row.placement;
		s->high = i ? MAX(s->high, c->row.placement) : c->row.placement;
	}
}

/* Whether it is in this mailbox no more, or another way. */
static struct changed *change_of(const struct spots *s,
                                 const struct am_row *row)
{
	if (row->placement < s->low || row->placement > s->high)
		return NULL;
	return g_hash_table_lookup(s->by_placement, &row->placement);
}

/* A shelf's next snapshot; false: nothing of it changed. */
static bool turn(struct am_vault *v, struct am_shelf *shelf,
                 const struct spots *s)
{
	const struct am_snap *old = shelf->now;
	struct loading l = begin(v, shelf->box);
	bool any = false;

	l.highest = old->highest;
	for (guint i = 0; i < s->rows->len; i++)
		any |= g_array_index(s->rows, struct changed, i).folder ==
		       shelf->box;
	/* What was moved away has another folder now. */
	for (size_t i = 0; i < old->n && !any; i++)
		any = change_of(s, &old->rows[i]) != NULL;
	if (!any) {
		g_array_free(l.rows, TRUE);
		g_array_free(l.gone, TRUE);
		const struct am_mailbox *box = box_of(v->boxes, shelf->box);
		return box && box->uidvalidity != old->uidvalidity;
	}
	g_array_append_vals(l.gone, old->gone, (guint)old->n_gone);
	g_array_set_size(l.rows, (guint)old->n);
	g_array_set_size(l.rows, 0);
	/* A row keeps its place; those that came go behind. */
	for (size_t i = 0; i < old->n; i++) {
		struct changed *c = change_of(s, &old->rows[i]);
		if (!c) {
			g_array_append_val(l.rows, old->rows[i]);
			continue;
		}
		l.highest = MAX(l.highest, c->row.modseq);
		c->placed = c->folder == shelf->box && !c->gone &&
		            c->row.uid == old->rows[i].uid;
		if (c->placed)
			g_array_append_val(l.rows, c->row);
	}
	for (guint i = 0; i < s->rows->len; i++) {
		struct changed *c = &g_array_index(s->rows, struct changed, i);
		struct am_gone gone = {c->row.uid, c->row.modseq};
		if (c->folder != shelf->box)
			continue;
		l.highest = MAX(l.highest, c->row.modseq);
		if (c->gone)
			g_array_append_val(l.gone, gone);
		else if (!c->placed)
			g_array_append_val(l.rows, c->row);
		c->placed = false;
	}
	struct am_snap *now = finish(v, &l, v->boxes);
	am_snap_unref(&shelf->now);
	shelf->now = now;
	return true;
}

static void tell(struct am_vault *v, int64_t box)
{
	for (GList *at = v->watches; at; at = at->next) {
		struct am_watch *watch = at->data;
		if (watch->box == box)
			watch->changed(watch->user);
	}
}

static void tell_virtual(struct am_vault *v)
{
	for (GList *at = v->watches; at; at = at->next) {
		struct am_watch *watch = at->data;
		if (watch->box < 0)
			watch->changed(watch->user);
	}
}

void am_vault_tell_virtual(struct am_vault *v)
{
	g_mutex_lock(&v->lock);
	tell_virtual(v);
	g_mutex_unlock(&v->lock);
}

static void count_changes(struct am_vault *v, const GArray *rows)
{
	v->changes += rows->len > 0;
	for (guint i = 0; i < rows->len; i++) {
		int64_t box = g_array_index(rows, struct changed, i).folder;
		g_hash_table_insert(v->changed, GSIZE_TO_POINTER((gsize)box),
		                    GSIZE_TO_POINTER((gsize)v->changes));
	}
}

/* With the lock. */
static int refresh(struct am_vault *v, struct am_archive *archive,
                   struct am_error *err)
{
	struct spots s = {.v = v};
	struct am_mailboxes *boxes;
	GHashTableIter all;
	gpointer shelf;
	uint8_t at[AM_SHA256_LEN];
	uint64_t seq;

	int r = am_archive_seq(archive, &seq, err);
	if (!r)
		r = am_archive_moment(archive, at, err);
	if (r)
		return r;
	s.rows = g_array_new(FALSE, FALSE, sizeof(struct changed));
	if (seq > v->seq)
		r = am_archive_spots_since(archive, v->seq, take_spot, &s, err);
	if (!r)
		count_changes(v, s.rows);
	if (!r)
		r = am_vault_read_boxes(v, archive, &boxes, err);
	if (r) {
		g_array_free(s.rows, TRUE);
		return r;
	}
	am_boxes_unref(&v->boxes);
	v->boxes = boxes;
	index_spots(&s);
	g_hash_table_iter_init(&all, v->shelves);
	while (s.rows->len && g_hash_table_iter_next(&all, NULL, &shelf))
		if (turn(v, shelf, &s))
			tell(v, ((struct am_shelf *)shelf)->box);
	if (seq >= v->seq)
		memcpy(v->at, at, sizeof v->at);
	v->seq = MAX(v->seq, seq);
	if (s.rows->len)
		tell_virtual(v);
	v->turned = g_get_monotonic_time();
	tell(v, 0);
	g_hash_table_destroy(s.by_placement);
	g_array_free(s.rows, TRUE);
	return AM_OK;
}

int am_vault_refresh(struct am_vault *v, struct am_archive *archive,
                     struct am_error *err)
{
	g_mutex_lock(&v->lock);
	int r = refresh(v, archive, err);
	g_mutex_unlock(&v->lock);
	return r;
}

/* ---- files ---- */

void am_vault_save_shelves(struct am_vault *v, bool now)
{
	uint8_t at[AM_SHA256_LEN];
	GPtrArray *snaps = g_ptr_array_new();
	GHashTableIter all;
	gpointer shelf;

	g_mutex_lock(&v->lock);
	int64_t quiet = g_get_monotonic_time() - v->turned;
	memcpy(at, v->at, sizeof at);
	g_hash_table_iter_init(&all, v->shelves);
	while ((now || quiet > QUIET_S * G_USEC_PER_SEC) &&
	       g_hash_table_iter_next(&all, NULL, &shelf)) {
		struct am_shelf *s = shelf;
		if (s->now->n < v->file_from ||
		    !memcmp(s->saved, at, sizeof at))
			continue;
		memcpy(s->saved, at, sizeof at);
		g_ptr_array_add(snaps, am_snap_ref(s->now));
	}
	g_mutex_unlock(&v->lock);
	for (guint i = 0; i < snaps->len; i++) {
		struct am_snap *snap = snaps->pdata[i];
		am_snap_file_save(v->cache, snap, at);
		am_snap_unref(&snap);
	}
	g_ptr_array_free(snaps, TRUE);
}

static gboolean is_old(gpointer key, gpointer value, gpointer user)
{
	const struct am_shelf *shelf = value;

	(void)key;
	return g_atomic_int_get(&shelf->now->refs) == 1 &&
	       shelf->used < *(int64_t *)user;
}

void am_vault_tidy(struct am_vault *v)
{
	int64_t keep = KEEP_S;

	g_mutex_lock(&v->lock);
	if (g_hash_table_size(v->shelves) > KEEP_SHELVES)
		keep = KEEP_S_MANY;
	int64_t before = g_get_monotonic_time() - keep * G_USEC_PER_SEC;
	g_hash_table_foreach_remove(v->shelves, is_old, &before);
	g_mutex_unlock(&v->lock);
}

void am_vault_watch(struct am_vault *v, struct am_watch *watch)
{
	g_mutex_lock(&v->lock);
	v->watches = g_list_prepend(v->watches, watch);
	g_mutex_unlock(&v->lock);
}

void am_vault_unwatch(struct am_vault *v, struct am_watch *watch)
{
	g_mutex_lock(&v->lock);
	v->watches = g_list_remove(v->watches, watch);
	g_mutex_unlock(&v->lock);
}
