/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items become rows.  Runs for every message imported: statements are kept,
 * keys are gathered, folders count in memory.
 */
#include "store/catalog_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "mime/overview.h"
#include "store/catalog_remote.h"
#include "store/prefix.h"

#include <string.h>

/* Longer header fields are cut in the catalog (not in the message). */
#define TEXT_MAX 2048

/* More are not counted: where am_limits.mime_parts ends the walk, a message
 * and its text alone need not come to the same number. */
#define ATTACHMENTS_MOST 9000

int am_catalog_add_block(struct am_catalog *c, uint64_t block, uint64_t pos,
                         struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_ADD_BLOCK, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)block);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)pos);
	return am_catalog_run(c, s, err);
}

int am_catalog_add_blob(struct am_catalog *c, const uint8_t hash[AM_SHA256_LEN],
                        uint64_t size, uint64_t pos, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_ADD_BLOB, &s, err);

	if (r)
		return r;
	sqlite3_bind_blob(s, 1, hash, AM_SHA256_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)size);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)pos);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	return r;
}

uint64_t am_catalog_key(const uint8_t hash[AM_SHA256_LEN])
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++)
		key = key << 8 | hash[i];
	return key;
}

/* FNV-1a. */
uint64_t am_catalog_mid(const char *message_id)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = message_id; *p; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	return h;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (!text)
		return;
	size_t len = strlen(text);
	if (len > TEXT_MAX) {
		len = TEXT_MAX;
		while (len && ((uint8_t)text[len] & 0xC0) == 0x80)
			len--;
	}
	sqlite3_bind_text(s, at, text, (int)len, SQLITE_STATIC);
}

static void bind_overview(sqlite3_stmt *s, const struct am_overview *o)
{
	const char *thread = NULL;

	bind_text(s, 9, o->message_id);
	/* The oldest reference names the thread. */
	if (o->n_references)
		thread = o->references[0];
	else
		thread = o->in_reply_to;
	if (thread && *thread &&
	    (!o->message_id || strcmp(thread, o->message_id))) {
		bind_text(s, 10, thread);
		sqlite3_bind_int(s, 11, o->n_references <= 1);
	} else {
		sqlite3_bind_int(s, 11, 0);
	}
	bind_text(s, 12, o->from);
	bind_text(s, 13, o->to);
	bind_text(s, 14, o->cc);
	bind_text(s, 15, o->subject);
	if (o->date.known) {
		sqlite3_bind_int64(s, 16, o->date.sec);
		sqlite3_bind_int(s, 17, o->date.offset_min);
	}
	sqlite3_bind_int64(s, 18, MIN(o->n_attachments, ATTACHMENTS_MOST));
}

/* A message whose bytes compact gave up: see FORMAT.md, section 3. */
static bool is_dropped(const struct am_item_message *m)
{
	return m->content == m->id && m->size && !m->recipe.n_steps;
}

/* By what it will be found again. */
static int remember(struct am_catalog *c, const struct am_item_message *m,
                    bool differs, struct am_error *err)
{
	uint64_t form = am_catalog_key(m->hash_lf);

	c->last_message = m->id;
	c->last_size = m->size;
	if (c->prefix && !am_prefix_add(c->prefix, form, m->id))
		am_prefix_free(&c->prefix);
	int r = am_keys_add(c, AM_KEYS_FORM, am_keys_hash(form), m->id, err);
	if (!r && differs)
		r = am_keys_add(c, AM_KEYS_RAW,
		                am_keys_hash(am_catalog_key(m->hash)), m->id,
		                err);
	return r;
}

int am_catalog_add_message(struct am_catalog *c,
                           const struct am_item_message *m,
                           const struct am_overview *overview,
                           struct am_error *err)
{
	static const struct am_overview nothing;
	bool differs = memcmp(m->hash, m->hash_lf, AM_SHA256_LEN) != 0;
	uint8_t *recipe = NULL;
	sqlite3_stmt *s;

	int r = am_catalog_stmt(c, AM_SQL_ADD_MESSAGE, &s, err);
	if (r)
		return r;
	bool dropped = is_dropped(m);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)m->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)m->size);
	sqlite3_bind_blob(s, 3, m->hash, AM_SHA256_LEN, SQLITE_STATIC);
	if (differs)
		sqlite3_bind_blob(s, 4, m->hash_lf, AM_SHA256_LEN,
		                  SQLITE_STATIC);
	sqlite3_bind_int(s, 5, (int)m->eol);
	sqlite3_bind_int64(s, 6, (sqlite3_int64)m->content);
	sqlite3_bind_int(s, 7, dropped);
	if (m->content == m->id) {
		size_t len = am_recipe_encode(&m->recipe, &recipe);
		sqlite3_bind_blob64(s, 8, recipe, len, SQLITE_STATIC);
	}
	const struct am_overview *o = overview ? overview : &nothing;
	bind_overview(s, o);
	r = am_catalog_run(c, s, err);
	g_free(recipe);
	if (!r && o->message_id && *o->message_id)
		r = am_keys_add(c, AM_KEYS_MID,
		                am_keys_hash(am_catalog_mid(o->message_id)),
		                m->id, err);
	return r || dropped ? r : remember(c, m, differs, err);
}

int am_catalog_size(struct am_catalog *c, uint64_t message, uint64_t *out,
                    struct am_error *err)
{
	sqlite3_stmt *s;

	*out = c->last_size;
	if (message == c->last_message)
		return AM_OK;
	*out = 0;
	int r = am_catalog_stmt(c, AM_SQL_GET_SIZE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)message);
	r = am_catalog_step(c, s, err);
	if (!r)
		*out = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r;
}

/* A live placement comes to a folder or leaves it. */
static int count(struct am_catalog *c, uint64_t folder, uint64_t message,
                 uint32_t flags, int by, struct am_error *err)
{
	struct am_catalog_row *row;
	uint64_t size = 0, n = (uint64_t)(int64_t)by;

	int r = am_catalog_folder_row(c, folder, &row, err);
	if (!r)
		r = am_catalog_size(c, message, &size, err);
	if (r < 0)
		return r;
	if (!row) { /* its folder is still to come: see am_catalog_end() */
		c->early = true;
		return AM_OK;
	}
	row->public.messages += n;
	if (!(flags & AM_SEEN))
		row->public.unseen += n;
	row->public.bytes += by > 0 ? size : -size;
	row->dirty = true;
	return AM_OK;
}

static int take_uid(struct am_catalog *c, uint64_t folder, uint32_t uid,
                    struct am_error *err)
{
	struct am_catalog_row *row;
	int r = am_catalog_folder_row(c, folder, &row, err);

	if (r || !row || uid < row->public.uidnext)
		return r;
	row->public.uidnext = uid == UINT32_MAX ? uid : uid + 1;
	row->dirty = true;
	return AM_OK;
}

static void take_seq(struct am_catalog *c, uint64_t seq)
{
	c->seq = seq;
	c->seq_known = true;
}

static int words_of(const struct am_message *meta)
{
	return (meta->n_keywords ? 1 : 0) | (meta->n_labels ? 2 : 0);
}

/* The item in the encoding of the log; the scratch's until the next one. */
static const uint8_t *encode(struct am_catalog *c,
                             const struct am_item_placement *p, size_t *len)
{
	am_items_reset(c->scratch);
	am_items_add_placement(c->scratch, p);
	return am_items_bytes(c->scratch, len);
}

const uint8_t *am_catalog_encoded(const struct am_catalog *c, size_t *len)
{
	return am_items_bytes(c->scratch, len);
}

int am_catalog_add_placement(struct am_catalog *c,
                             const struct am_item_placement *p, uint64_t seq,
                             struct am_error *err)
{
	sqlite3_stmt *s;
	size_t len;

	int r = am_catalog_stmt(c, AM_SQL_ADD_PLACEMENT, &s, err);
	if (r)
		return r;
	const uint8_t *meta = encode(c, p, &len);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)p->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)p->message);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)p->folder);
	sqlite3_bind_int64(s, 4, p->meta->uid);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)seq);
	sqlite3_bind_int64(s, 6, p->meta->flags);
	sqlite3_bind_int(s, 7, words_of(p->meta));
	sqlite3_bind_int64(s, 8, (sqlite3_int64)p->accession);
	sqlite3_bind_blob64(s, 9, meta, len, SQLITE_STATIC);
	r = am_catalog_run(c, s, err);
	if (!r)
		r = am_keys_add(c, AM_KEYS_PLACES, p->message, p->id, err);
	if (!r)
		r = am_keys_add(c, AM_KEYS_FOLDER, p->folder, p->id, err);
	if (!r)
		r = am_keys_add(c, AM_KEYS_SEQ, seq, p->id, err);
	if (!r)
		r = count(c, p->folder, p->message, p->meta->flags, 1, err);
	if (!r)
		r = take_uid(c, p->folder, p->meta->uid, err);
	if (!r)
		r = am_catalog_remote_note(c, p, err);
	take_seq(c, seq);
	return r;
}

/* The date that was chosen before stays as a candidate. */
static void date_anew(struct am_message *meta, struct am_arena *arena,
                      const struct am_item_date *now)
{
	bool there = !meta->received.known || !meta->received_from;
	size_t n = meta->n_dates;

	for (size_t i = 0; i < n && !there; i++)
		there = !strcmp(meta->dates[i].from, meta->received_from) &&
		        meta->dates[i].when.sec == meta->received.sec;
	if (!there) {
		struct am_date_candidate *dates =
			am_arena_alloc(arena, (n + 1) * sizeof *dates);
		for (size_t i = 0; i < n; i++)
			dates[i] = meta->dates[i];
		dates[n] = (struct am_date_candidate){meta->received_from,
		                                      meta->received};
		meta->dates = dates;
		meta->n_dates = n + 1;
	}
	meta->received = now->when;
	meta->received_from = now->from;
}

static bool same_words(const char *const *a, size_t n_a, const char *const *b,
                       size_t n_b)
{
	for (size_t i = 0; i < n_a && n_a == n_b; i++)
		if (strcmp(a[i], b[i]))
			return false;
	return n_a == n_b;
}

/* What the source has stays known beside what was changed here, as long as it
 * is another; of what nothing brought here there is no source. */
static void flag_anew(struct am_item_placement *p, struct am_message *meta,
                      struct am_arena *arena,
                      const struct am_item_change *change)
{
	struct am_item_flags *source = am_arena_alloc(arena, sizeof *source);

	*source = change->by == AM_FLAGS_BY_BOTH ? change->others
	          : p->source                    ? *p->source
	                      : (struct am_item_flags){meta->flags,
	                                               meta->n_keywords,
	                                               meta->keywords};
	meta->flags = change->flags;
	meta->n_keywords = change->n_words;
	meta->keywords = change->words;
	bool same = source->flags == meta->flags &&
	            same_words(source->words, source->n_words, meta->keywords,
	                       meta->n_keywords);
	p->source = change->by && p->accession && !same ? source : NULL;
}

/* The placement as it is after the change. */
static void apply(struct am_item_placement *p, struct am_message *meta,
                  struct am_arena *arena, enum am_catalog_gone *gone,
                  const struct am_item_change *change)
{
	switch (change->kind) {
	case AM_CHANGE_FLAGS:
		flag_anew(p, meta, arena, change);
		break;
	case AM_CHANGE_RESTORED:
		*gone = AM_CATALOG_HERE;
		p->folder = change->folder;
		p->saved = change->when;
		meta->uid = change->uid;
		break;
	case AM_CHANGE_MOVED:
		p->folder = change->folder;
		p->saved = change->when;
		meta->uid = change->uid;
		break;
	case AM_CHANGE_EXPUNGED:
		*gone = AM_CATALOG_GONE;
		break;
	case AM_CHANGE_REPLACED:
		*gone = AM_CATALOG_REPLACED;
		break;
	case AM_CHANGE_LABELS:
		meta->n_labels = change->n_words;
		meta->labels = change->words;
		break;
	case AM_CHANGE_DATED:
		date_anew(meta, arena, &change->now);
		break;
	case AM_CHANGE_NUMBERED:
	case AM_CHANGE_LEFT:
		break; /* told of elsewhere: nothing of the message's own */
	}
}

static int update(struct am_catalog *c, const struct am_item_placement *p,
                  enum am_catalog_gone gone, uint64_t seq, struct am_error *err)
{
	sqlite3_stmt *s;
	size_t len;

	int r = am_catalog_stmt(c, AM_SQL_SET_PLACEMENT, &s, err);
	if (r)
		return r;
	const uint8_t *meta = encode(c, p, &len);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)p->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)p->folder);
	sqlite3_bind_int64(s, 3, p->meta->uid);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)seq);
	sqlite3_bind_int64(s, 5, p->meta->flags);
	sqlite3_bind_int(s, 6, (int)gone);
	sqlite3_bind_int(s, 7, words_of(p->meta));
	sqlite3_bind_blob64(s, 8, meta, len, SQLITE_STATIC);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	return r ? r : am_keys_add(c, AM_KEYS_SEQ, seq, p->id, err);
}

/* It may come to a folder it was in before. */
static int move(struct am_catalog *c, const struct am_item_placement *p,
                struct am_error *err)
{
	bool there;
	int r = am_keys_has(c, AM_KEYS_FOLDER, p->folder, p->id, &there, err);

	if (!r && !there)
		r = am_keys_add(c, AM_KEYS_FOLDER, p->folder, p->id, err);
	return r ? r : take_uid(c, p->folder, p->meta->uid, err);
}

/* A change of what the server calls it; the placement is as it was. */
static int renumber(struct am_catalog *c, const struct am_item_change *change,
                    struct am_error *err)
{
	struct am_remote remote = {
		.placement = change->placement,
		.folder = change->folder,
		.uidvalidity = change->uidvalidity,
		.uid = change->uid,
	};

	if (change->kind == AM_CHANGE_LEFT)
		return am_catalog_remote_leave(c, change->source,
		                               change->placement, err);
	return am_catalog_remote_set(c, change->source, &remote, err);
}

int am_catalog_add_change(struct am_catalog *c,
                          const struct am_item_change *change, uint64_t seq,
                          struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_place place;
	struct am_item_placement item;

	take_seq(c, seq);
	int r = am_catalog_place(c, change->placement, arena, &place, err);
	if (r == AM_END)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "a change names placement %" PRIu64
		            ", which is not there",
		            change->placement);
	if (!r && change->source) {
		r = renumber(c, change, err);
		goto out;
	}
	if (!r)
		r = am_catalog_meta(&place, arena, &item, err);
	if (r)
		goto out;
	struct am_message meta = *item.meta;
	enum am_catalog_gone gone = place.replaced ? AM_CATALOG_REPLACED
	                            : place.gone   ? AM_CATALOG_GONE
	                                           : AM_CATALOG_HERE;
	item.meta = &meta;
	apply(&item, &meta, arena, &gone, change);
	if (!place.gone)
		r = count(c, place.folder, place.message, place.flags, -1, err);
	if (!r && !gone)
		r = count(c, item.folder, item.message, meta.flags, 1, err);
	if (!r)
		r = update(c, &item, gone, seq, err);
	if (!r && (change->kind == AM_CHANGE_MOVED ||
	           change->kind == AM_CHANGE_RESTORED))
		r = move(c, &item, err);
out:
	am_arena_free(&arena);
	return r;
}

int am_catalog_add_cursor(struct am_catalog *c,
                          const struct am_item_cursor *cursor,
                          struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_ADD_CURSOR, &s, err);

	if (r)
		return r;
	sqlite3_bind_text(s, 1, cursor->source, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, cursor->folder, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, cursor->value, -1, SQLITE_STATIC);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	return r;
}

int am_catalog_add_accession(struct am_catalog *c,
                             const struct am_item_accession *accession,
                             struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_ADD_ACCESSION, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)accession->id);
	sqlite3_bind_int(s, 2, (int)accession->state);
	sqlite3_bind_text(s, 3, accession->json, -1, SQLITE_STATIC);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	return r;
}
