/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A location's messages into the archive's log: what is new, what is other than
 * it was, and at the end what was not met any more.  A placement's origin and
 * stamp never change, so a file that is other than it was has a new one.
 */
#include "store/in_place_impl.h"

#include "base/arena.h"
#include "base/blob.h"

#include <string.h>

static int grave(int r)
{
	return r < 0 ? AM_FATAL : r;
}

static int add_cursor(struct am_in_place *p, const char *source,
                      const char *folder, const char *value,
                      struct am_error *err)
{
	struct am_archive_writer *w = &p->sink->writer;
	const struct am_item_cursor item = {
		.source = source, .folder = folder, .value = value};

	int r = am_archive_writer_start(w, err);
	if (!r)
		r = grave(am_catalog_add_cursor(p->sink->archive->catalog,
		                                &item, err));
	if (r)
		return r;
	am_items_add_cursor(w->items, &item);
	return am_archive_writer_turn(w, err);
}

/* The location is in the log before the first message that lies there. */
static int name_location(struct am_in_place *p, struct am_error *err)
{
	int r = p->named ? AM_OK
	                 : add_cursor(p, AM_IN_PLACE, p->path, p->as, err);

	p->named |= !r;
	return r;
}

static int add_message(struct am_in_place *p, const struct am_split *split,
                       uint64_t *id, struct am_error *err)
{
	struct am_archive_writer *w = &p->sink->writer;
	struct am_step step = {.kind = AM_STEP_ELSEWHERE, .len = split->size};
	struct am_item_message item = {
		.id = w->next.max_message + 1,
		.content = w->next.max_message + 1,
		.size = split->size,
		.eol = AM_EOL_AS_IS,
		.recipe = {.n_steps = 1, .steps = &step},
		.shown = split->overview,
	};

	memcpy(item.hash, split->hash, AM_SHA256_LEN);
	memcpy(item.hash_lf, split->hash_lf, AM_SHA256_LEN);
	int r = grave(am_catalog_add_message(p->sink->archive->catalog, &item,
	                                     split->overview, err));
	if (r)
		return r;
	w->next.max_message++;
	w->next.messages++;
	*id = item.id;
	am_items_add_message(w->items, &item);
	return AM_OK;
}

static int expunge(struct am_in_place *p, uint64_t placement,
                   struct am_error *err)
{
	const struct am_item_change change = {.placement = placement,
	                                      .when = am_time_now(),
	                                      .kind = AM_CHANGE_EXPUNGED};

	return am_archive_add_change(p->sink, &change, err);
}

/* The placement this message had when the run began; AM_END: none. */
static int was_at(struct am_in_place *p, const struct am_message *msg,
                  struct am_catalog_place *out, struct am_error *err)
{
	const struct am_prop *was = am_message_prop(msg, AM_PROP_WAS);

	if (!was)
		return AM_END;
	return grave(am_catalog_place(p->sink->archive->catalog,
	                              g_ascii_strtoull(was->value, NULL, 10),
	                              p->sink->arena, out, err));
}

static bool same_stamp(const struct am_message *a, const struct am_message *b)
{
	const struct am_prop *x = am_message_prop(a, AM_PROP_STAMP);
	const struct am_prop *y = am_message_prop(b, AM_PROP_STAMP);

	return !g_strcmp0(x ? x->value : NULL, y ? y->value : NULL);
}

/* It is where it was; its flags may be others. */
static int refresh(struct am_in_place *p, const struct am_message *msg,
                   const struct am_catalog_place *place, struct am_error *err)
{
	struct am_catalog *c = p->sink->archive->catalog;
	uint64_t before, after;

	int r = grave(am_catalog_seq(c, &before, err));
	if (!r)
		r = am_archive_refresh(p->sink, msg, false, place,
		                       p->sink->arena, err);
	if (!r)
		r = grave(am_catalog_seq(c, &after, err));
	if (r)
		return r;
	p->counts.unchanged++;
	p->counts.flags += after != before;
	return AM_OK;
}

static void forget_was(struct am_message *meta, const struct am_message *msg,
                       struct am_arena *arena)
{
	struct am_prop *props =
		am_arena_alloc(arena, (msg->n_props + 1) * sizeof *props);
	size_t n = 0;

	for (size_t i = 0; i < msg->n_props; i++)
		if (strcmp(msg->props[i].name, AM_PROP_WAS) != 0)
			props[n++] = msg->props[i];
	meta->props = props;
	meta->n_props = n;
}

static int place_anew(struct am_in_place *p, const struct am_message *msg,
                      uint64_t message, const struct am_catalog_folder *folder,
                      const struct am_catalog_place *was, bool same,
                      struct am_error *err)
{
	struct am_message meta = *msg;
	int r = was ? expunge(p, was->id, err) : AM_OK;

	forget_was(&meta, msg, p->sink->arena);
	if (!r)
		r = am_archive_add_place(p->sink, &meta, message, folder,
		                         p->sink->arena, err);
	if (r)
		return r;
	am_idset_add(p->placed, message);
	if (!was)
		p->counts.fresh++;
	else if (same)
		p->counts.unchanged++;
	else
		p->counts.changed++;
	return AM_OK;
}

int am_in_place_put(struct am_in_place *p, const struct am_message *msg,
                    const struct am_split *split, enum am_outcome *outcome,
                    struct am_error *err)
{
	struct am_archive_sink *s = p->sink;
	struct am_catalog_folder *folder;
	struct am_catalog_match match = {0};
	struct am_catalog_place was;
	struct am_item_placement item = {.meta = NULL};

	am_arena_reset(s->arena);
	int r = am_archive_writer_start(&s->writer, err);
	if (!r)
		r = name_location(p, err);
	if (!r)
		r = am_archive_put_folder(s, msg->folder, &folder, err);
	if (!r)
		r = grave(am_catalog_match(s->archive->catalog, split->hash,
		                           split->hash_lf, &match, err));
	if (!r && !match.same)
		r = add_message(p, split, &match.same, err);
	if (r)
		return r;
	r = was_at(p, msg, &was, err);
	bool known = !r;
	if (!r)
		r = grave(am_catalog_meta(&was, s->arena, &item, err));
	if (r < 0)
		return r;
	bool same =
		known && was.message == match.same && was.folder == folder->id;
	*outcome = same ? AM_DUPLICATE : AM_STORED;
	if (same && same_stamp(msg, item.meta))
		return refresh(p, msg, &was, err);
	return place_anew(p, msg, match.same, folder, known ? &was : NULL, same,
	                  err);
}

int am_in_place_remember(struct am_in_place *p, const char *cursor,
                         struct am_error *err)
{
	const char *tab = strchr(cursor, '\t');

	if (!tab)
		return AM_OK;
	/* What could not be read is looked at again. */
	g_mutex_lock(&p->lock);
	bool failed = am_in_place_file(p, tab + 1)->failed;
	g_mutex_unlock(&p->lock);
	int r = failed ? AM_OK : name_location(p, err);
	if (r || failed)
		return r;
	char *stamp = g_strndup(cursor, (gsize)(tab - cursor));
	r = add_cursor(p, p->path, tab + 1, stamp, err);
	g_free(stamp);
	return r;
}

/* ---- what was not met ---- */

/* It lies in something that could not be looked at. */
static bool is_spared(const struct am_in_place *p, const char *origin)
{
	for (guint i = 0; i < p->spared->len; i++) {
		const char *what = p->spared->pdata[i];
		size_t len = strlen(what);
		if (!strcmp(what, ".") || !*what ||
		    (!strncmp(origin, what, len) &&
		     (!origin[len] || origin[len] == '/' ||
		      origin[len] == ':')))
			return true;
	}
	return false;
}

/* Each that is new is no more than the other end of a move, once. */
static bool is_moved(const struct am_in_place *p, uint64_t message)
{
	return p->counts.fresh > 0 && am_idset_has(p->placed, message);
}

static int let_go(struct am_in_place *p, uint64_t id, struct am_error *err)
{
	struct am_catalog *c = p->sink->archive->catalog;
	struct am_item_placement item;
	struct am_catalog_place place;

	am_arena_reset(p->sink->arena);
	int r = grave(am_catalog_place(c, id, p->sink->arena, &place, err));
	if (!r)
		r = grave(am_catalog_meta(&place, p->sink->arena, &item, err));
	if (r)
		return r == AM_END ? AM_OK : r;
	if (is_spared(p, item.meta->origin)) {
		p->counts.kept++;
		return AM_OK;
	}
	if (is_moved(p, place.message)) {
		p->counts.fresh--;
		p->counts.moved++;
	} else {
		p->counts.gone++;
	}
	return expunge(p, id, err);
}

int am_in_place_sweep(struct am_in_place *p, struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < p->known->len && !r; i++) {
		struct am_known_place *known =
			&g_array_index(p->known, struct am_known_place, i);
		const struct am_known_file *f =
			known->file ? p->files->pdata[known->file - 1] : NULL;
		if (known->seen)
			continue;
		known->seen = true;
		if (f && f->left_out)
			p->counts.unchanged++;
		else
			r = let_go(p, known->id, err);
	}
	return r;
}
