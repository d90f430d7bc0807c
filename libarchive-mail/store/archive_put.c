/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message into the archive.
 *
 * Its bytes: known by their exact hash, or by their LF form where line ends
 * are the only difference, or else stored.  Never by Message-ID.
 *
 * Its place: what a folder of the source holds n times, the folder of the
 * archive holds at least n times.  So each placement that was there before is
 * met by one message of the source ("claimed"), and what meets none is new.
 */
#include "store/archive_sink.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/json.h"
#include "model/folder.h"
#include "store/catalog_keys.h"
#include "store/catalog_remote.h"

#include <string.h>

#define PROP_ID "archive.id" /* the source's, of where it was: not kept */

/* The catalog takes part in a transaction that only goes on whole. */
static int grave(int r)
{
	return r < 0 ? AM_FATAL : r;
}

int am_archive_put_folder(struct am_archive_sink *s,
                          const struct am_folder *folder,
                          struct am_catalog_folder **out, struct am_error *err)
{
	struct am_catalog *c = s->archive->catalog;
	struct am_commit *next = &s->writer.next;
	int r = grave(am_catalog_folder_at(c, folder, out, err));

	if (r)
		return r;
	const struct am_folder *old = *out ? (*out)->folder : NULL;
	bool role = old && !old->role && folder->role;
	bool subscribed = old && !old->subscribed && folder->subscribed;
	/* The first who knows is believed, unless another is subscribed. */
	bool unsubscribed = old && !old->subscribed && !old->unsubscribed &&
	                    folder->unsubscribed;
	bool back = old && (*out)->removed;
	if (old && !role && !subscribed && !unsubscribed && !back)
		return AM_OK;
	struct am_item_folder item = {
		.depth = folder->depth,
		.parts = folder->parts,
		.role = old && !role ? old->role : folder->role,
		.subscribed = folder->subscribed || (old && old->subscribed),
		.unsubscribed =
			folder->unsubscribed || (old && old->unsubscribed),
		.id = old ? (*out)->id : next->max_folder + 1,
		.uidvalidity =
			old ? (*out)->uidvalidity : (uint32_t)am_time_now(),
		.uidnext = old ? (*out)->uidnext : 1,
	};
	item.unsubscribed &= !item.subscribed;
	if (!item.uidvalidity)
		item.uidvalidity = 1;
	r = am_archive_writer_start(&s->writer, err);
	if (!r)
		r = grave(am_catalog_add_folder(c, &item, err));
	if (r)
		return r;
	if (!old) {
		next->max_folder++;
		next->folders++;
	}
	am_items_add_folder(s->writer.items, &item);
	r = am_archive_writer_turn(&s->writer, err);
	return r ? r : grave(am_catalog_folder(c, item.id, out, err));
}

/* ---- bytes ---- */

static int add_message(struct am_archive_sink *s, const struct am_message *msg,
                       struct am_split *split, uint64_t form, uint64_t *id,
                       struct am_error *err)
{
	struct am_commit *next = &s->writer.next;

	if (!form) {
		int r = am_content_put(s->writer.content, msg->raw, split, err);
		if (r)
			return r;
	}
	struct am_item_message item = {
		.id = next->max_message + 1,
		.size = split->size,
		.content = form ? form : next->max_message + 1,
		.eol = split->eol,
	};
	memcpy(item.hash, split->hash, AM_SHA256_LEN);
	memcpy(item.hash_lf, split->hash_lf, AM_SHA256_LEN);
	if (!form)
		item.recipe = split->recipe;
	int r = grave(am_catalog_add_message(s->archive->catalog, &item,
	                                     split->overview, err));
	if (r)
		return r;
	next->max_message++;
	next->messages++;
	*id = item.id;
	am_items_add_message(s->writer.items, &item);
	return AM_OK;
}

/* Only a message of one kind of line end can share the LF form. */
static bool is_uniform(const struct am_split *split)
{
	return split->eol == AM_EOL_CRLF_FROM_LF ||
	       !memcmp(split->hash, split->hash_lf, AM_SHA256_LEN);
}

/* ---- places ---- */

static bool is_claimed(const struct am_archive_sink *s, uint64_t placement)
{
	return placement >= s->first_new || am_idset_has(s->claimed, placement);
}

/*
 * Whether a message with a server's number can be this placement: its own, one
 * that has none of this source yet, or one whose number is out of use.  Another
 * number in use is another copy.
 */
static int may_be(struct am_archive_sink *s, const struct am_message *msg,
                  uint64_t placement, bool *may, bool *bound,
                  struct am_error *err)
{
	struct am_remote remote;

	*may = true;
	*bound = false;
	if (!s->identity || !msg->uid || !msg->uidvalidity)
		return AM_OK;
	int r = am_catalog_remote_of(s->archive->catalog, s->identity,
	                             placement, &remote, err);
	if (r)
		return r == AM_END ? AM_OK : r;
	bool same = remote.uidvalidity == msg->uidvalidity;
	*bound = same && remote.uid == msg->uid && !remote.left;
	*may = *bound || remote.left || !same;
	return AM_OK;
}

static bool is_of_source(const struct am_archive_sink *s,
                         const struct am_catalog_place *place)
{
	return s->same_source &&
	       g_hash_table_contains(s->same_source, &place->accession);
}

/* How well a placement stands for a message of this folder. */
enum fit {
	NOT,
	WENT,  /* it was there, and was expunged here or put away as a copy */
	MOVED, /* it was there, and was moved away here */
	LIES
};

static int fit_of(struct am_archive_sink *s,
                  const struct am_catalog_place *place, uint64_t folder,
                  enum fit *fit, struct am_error *err)
{
	bool there = place->folder == folder, ours = is_of_source(s, place);
	int r = AM_OK;

	if (!there && ours)
		r = am_keys_has(s->archive->catalog, AM_KEYS_FOLDER, folder,
		                place->id, &there, err);
	*fit = !there         ? NOT
	       : !place->gone ? place->folder == folder ? LIES : MOVED
	       : place->replaced || ours ? WENT
	                                 : NOT;
	return r;
}

/*
 * The first placement there that no message of this run has met; else one that
 * the user moved away or expunged since it came from this source, or that was
 * put away as a copy: it does not come again.
 */
static int find_unclaimed(struct am_archive_sink *s,
                          const struct am_message *msg, uint64_t message,
                          uint64_t folder, struct am_arena *arena,
                          struct am_catalog_place *out, bool *bound,
                          struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;
	bool may;

	if (s->first_new <= 1)
		return AM_END;
	int r = am_catalog_places_open(&places, s->archive->catalog,
	                               AM_CATALOG_OF_MESSAGE, message, err);
	if (r)
		return r;
	enum fit best = NOT, fit;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		if (is_claimed(s, place.id))
			continue;
		r = grave(fit_of(s, &place, folder, &fit, err));
		if (!r && fit > best)
			r = may_be(s, msg, place.id, &may, bound, err);
		if (r)
			break;
		if (fit <= best || !may)
			continue;
		best = fit;
		*out = place;
		out->meta = (const uint8_t *)am_arena_strndup(
			arena, (const char *)place.meta, place.meta_len);
		if (best == LIES)
			break;
	}
	if (r == AM_END && best)
		r = AM_OK;
	am_catalog_places_close(&places);
	return r;
}

int am_archive_add_change(struct am_archive_sink *s,
                          const struct am_item_change *change,
                          struct am_error *err)
{
	struct am_catalog *c = s->archive->catalog;
	uint64_t seq;

	int r = am_archive_writer_start(&s->writer, err);
	if (!r)
		r = grave(am_catalog_seq(c, &seq, err));
	if (!r)
		r = grave(am_catalog_add_change(c, change, seq + 1, err));
	if (r)
		return r;
	am_items_add_change(s->writer.items, change);
	return am_archive_writer_turn(&s->writer, err);
}

/*
 * It is there already; flags may have changed since.  The source it came from
 * is followed in what it changed itself.  Another one (a backup, a format that
 * knows no flags) can add something but takes nothing away.  Dates stay as they
 * were.
 */
static int meet(struct am_archive_sink *s, const struct am_message *msg,
                const struct am_catalog_place *place, uint64_t folder,
                bool bound, struct am_arena *arena, struct am_error *err)
{
	bool keep = !bound && !is_of_source(s, place);
	int r = am_archive_refresh(s, msg, keep, place, arena, err);

	if (r || bound || !s->identity || !msg->uid || !msg->uidvalidity)
		return r;
	const struct am_item_change change = {
		.placement = place->id,
		.when = am_time_now(),
		.kind = AM_CHANGE_NUMBERED,
		.source = s->identity,
		.folder = folder,
		.uidvalidity = msg->uidvalidity,
		.uid = msg->uid,
	};
	return am_archive_add_change(s, &change, err);
}

/* The source's own UID stays as a property, the archive gives its own. */
static void settle_props(struct am_message *meta, struct am_arena *arena)
{
	struct am_prop *props =
		am_arena_alloc(arena, (meta->n_props + 2) * sizeof *props);
	bool has_uid = false;
	size_t n = 0;

	for (size_t i = 0; i < meta->n_props; i++) {
		if (!strcmp(meta->props[i].name, PROP_ID))
			continue;
		has_uid |= !strcmp(meta->props[i].name, AM_PROP_UID);
		props[n++] = meta->props[i];
	}
	if (meta->uid && !has_uid) {
		char *uid = am_arena_printf(arena, "%" PRIu32, meta->uid);
		props[n++] = (struct am_prop){AM_PROP_UID, uid, strlen(uid)};
	}
	if (meta->uid && meta->uidvalidity && !has_uid) {
		char *of =
			am_arena_printf(arena, "%" PRIu32, meta->uidvalidity);
		props[n++] =
			(struct am_prop){AM_PROP_UIDVALIDITY, of, strlen(of)};
	}
	meta->props = props;
	meta->n_props = n;
}

int am_archive_add_place(struct am_archive_sink *s,
                         const struct am_message *msg, uint64_t message,
                         const struct am_catalog_folder *folder,
                         struct am_arena *arena, struct am_error *err)
{
	struct am_catalog *c = s->archive->catalog;
	struct am_commit *next = &s->writer.next;
	struct am_message meta = *msg;
	uint64_t seq;

	if (folder->uidnext == UINT32_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "a folder has no more UIDs to give");
	settle_props(&meta, arena);
	meta.uid = folder->uidnext;
	meta.folder = NULL;
	meta.raw = NULL;
	struct am_item_placement item = {
		.id = next->max_placement + 1,
		.message = message,
		.folder = folder->id,
		.accession = s->accession,
		.meta = &meta,
		.saved = am_time_now(),
	};
	int r = grave(am_catalog_seq(c, &seq, err));
	if (!r)
		r = grave(am_catalog_add_placement(c, &item, seq + 1, err));
	if (r)
		return r;
	next->max_placement++;
	next->placements++;
	size_t len;
	const uint8_t *encoded = am_catalog_encoded(c, &len);
	am_items_append(s->writer.items, encoded, len);
	return am_archive_writer_turn(&s->writer, err);
}

/* One that was removed here is only looked at: it comes back with the first
 * message that does. */
static int find_folder(struct am_archive_sink *s, const struct am_folder *path,
                       struct am_catalog_folder **out, struct am_error *err)
{
	int r = grave(
		am_catalog_folder_at(s->archive->catalog, path, out, err));

	return r || (*out && (*out)->removed)
	               ? r
	               : am_archive_put_folder(s, path, out, err);
}

int am_archive_put_message(struct am_archive_sink *s,
                           const struct am_message *msg, struct am_split *split,
                           enum am_outcome *outcome, struct am_error *err)
{
	struct am_arena *arena = s->arena;
	struct am_catalog_folder *folder;
	struct am_catalog_place place;
	struct am_catalog_match match = {0};
	bool bound = false;

	am_arena_reset(arena);
	int r = find_folder(s, msg->folder, &folder, err);
	if (!r)
		r = am_archive_writer_start(&s->writer, err);
	if (!r)
		r = grave(am_catalog_match(s->archive->catalog, split->hash,
		                           split->hash_lf, &match, err));
	if (r)
		return r;
	uint64_t message = match.same;
	r = message ? find_unclaimed(s, msg, message, folder->id, arena, &place,
	                             &bound, err)
	            : AM_END;
	if (!r) {
		*outcome = AM_DUPLICATE;
		am_idset_add(s->claimed, place.id);
		am_idset_add(s->met, place.folder);
		return place.gone ? AM_OK
		                  : meet(s, msg, &place, folder->id, bound,
		                         arena, err);
	}
	if (r != AM_END)
		return AM_FATAL;
	*outcome = AM_STORED;
	r = AM_OK;
	if (folder->removed)
		r = am_archive_put_folder(s, msg->folder, &folder, err);
	if (!r && !match.same)
		r = add_message(s, msg, split,
		                is_uniform(split) ? match.form : 0, &message,
		                err);
	return r ? r
	         : am_archive_add_place(s, msg, message, folder, arena, err);
}
