/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows that name a server's messages.  Only mail from servers has any, so they
 * stand in tables of their own and cost the rest nothing.
 */
#include "store/catalog_remote.h"

#include "base/arena.h"
#include "store/accession.h"
#include "store/catalog_impl.h"

#include <string.h>

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* The number of a source's name; 0: it has none yet. */
static int origin_id(struct am_catalog *c, const char *source, bool make,
                     int64_t *out, struct am_error *err)
{
	sqlite3_stmt *s;

	*out = 0;
	int r = am_catalog_stmt(c, AM_SQL_GET_ORIGIN, &s, err);
	if (r)
		return r;
	bind_text(s, 1, source);
	r = am_catalog_step(c, s, err);
	if (!r)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (r != AM_END || !make)
		return r < 0 ? r : AM_OK;
	r = am_catalog_stmt(c, AM_SQL_ADD_ORIGIN, &s, err);
	if (r)
		return r;
	bind_text(s, 1, source);
	r = am_catalog_run(c, s, err);
	*out = sqlite3_last_insert_rowid(c->db);
	return r;
}

static int set(struct am_catalog *c, int64_t origin,
               const struct am_remote *remote, struct am_error *err)
{
	sqlite3_stmt *s;

	int r = am_catalog_stmt(c, AM_SQL_FORGET_REMOTE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)remote->placement);
	sqlite3_bind_int64(s, 2, origin);
	r = am_catalog_run(c, s, err);
	if (!r)
		r = am_catalog_stmt(c, AM_SQL_SET_REMOTE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, origin);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)remote->folder);
	sqlite3_bind_int64(s, 3, remote->uidvalidity);
	sqlite3_bind_int64(s, 4, remote->uid);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)remote->placement);
	sqlite3_bind_int(s, 6, remote->left);
	return am_catalog_run(c, s, err);
}

int am_catalog_remote_set(struct am_catalog *c, const char *source,
                          const struct am_remote *remote, struct am_error *err)
{
	int64_t origin;
	int r = origin_id(c, source, true, &origin, err);

	return r ? r : set(c, origin, remote, err);
}

int am_catalog_remote_leave(struct am_catalog *c, const char *source,
                            uint64_t placement, struct am_error *err)
{
	sqlite3_stmt *s;
	int64_t origin;

	int r = origin_id(c, source, false, &origin, err);
	if (!r)
		r = am_catalog_stmt(c, AM_SQL_LEAVE_REMOTE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)placement);
	sqlite3_bind_int64(s, 2, origin);
	return am_catalog_run(c, s, err);
}

/* placement, folder, uidvalidity, uid, gone */
static int take_row(struct am_catalog *c, sqlite3_stmt *s,
                    struct am_remote *out, struct am_error *err)
{
	int r = am_catalog_step(c, s, err);

	if (!r)
		*out = (struct am_remote){
			.placement = (uint64_t)sqlite3_column_int64(s, 0),
			.folder = (uint64_t)sqlite3_column_int64(s, 1),
			.uidvalidity = (uint32_t)sqlite3_column_int64(s, 2),
			.uid = (uint32_t)sqlite3_column_int64(s, 3),
			.left = sqlite3_column_int(s, 4) != 0,
		};
	sqlite3_reset(s);
	return r;
}

/* A statement about one source; AM_END: nothing is known of it. */
static int of_source(struct am_catalog *c, const char *source,
                     enum am_catalog_sql sql, sqlite3_stmt **s, int64_t *origin,
                     struct am_error *err)
{
	int r = origin_id(c, source, false, origin, err);

	if (!r && !*origin)
		return AM_END;
	return r ? r : am_catalog_stmt(c, sql, s, err);
}

int am_catalog_remote_find(struct am_catalog *c, const char *source,
                           uint64_t folder, uint32_t uidvalidity, uint32_t uid,
                           struct am_remote *out, struct am_error *err)
{
	sqlite3_stmt *s;
	int64_t origin;

	int r = of_source(c, source, AM_SQL_FIND_REMOTE, &s, &origin, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, origin);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)folder);
	sqlite3_bind_int64(s, 3, uidvalidity);
	sqlite3_bind_int64(s, 4, uid);
	return take_row(c, s, out, err);
}

int am_catalog_remote_of(struct am_catalog *c, const char *source,
                         uint64_t placement, struct am_remote *out,
                         struct am_error *err)
{
	sqlite3_stmt *s;
	int64_t origin;

	int r = of_source(c, source, AM_SQL_REMOTE_OF, &s, &origin, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)placement);
	sqlite3_bind_int64(s, 2, origin);
	return take_row(c, s, out, err);
}

/* ---- from a placement's own properties ---- */

/* Which source an accession took from; 0: none that is a server.  Kept, as the
 * placements of one come in a row. */
static int origin_of(struct am_catalog *c, uint64_t accession, int64_t *out,
                     struct am_error *err)
{
	sqlite3_stmt *s;

	if (c->origin_accession == accession && accession) {
		*out = c->origin;
		return AM_OK;
	}
	*out = 0;
	int r = am_catalog_stmt(c, AM_SQL_GET_BEGUN, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)accession);
	r = am_catalog_step(c, s, err);
	char *source = r ? NULL : am_accession_identity(am_catalog_text(s, 0));
	sqlite3_reset(s);
	r = r < 0 ? r : AM_OK;
	if (!r && source)
		r = origin_id(c, source, true, out, err);
	g_free(source);
	if (!r) {
		c->origin_accession = accession;
		c->origin = *out;
	}
	return r;
}

static uint32_t number(const struct am_message *meta, const char *name)
{
	const struct am_prop *prop = am_message_prop(meta, name);
	guint64 n = 0;

	if (!prop || !g_ascii_string_to_unsigned(prop->value, 10, 1, UINT32_MAX,
	                                         &n, NULL))
		return 0;
	return (uint32_t)n;
}

int am_catalog_remote_note(struct am_catalog *c,
                           const struct am_item_placement *item,
                           struct am_error *err)
{
	struct am_remote remote = {
		.placement = item->id,
		.folder = item->folder,
		.uidvalidity = number(item->meta, AM_PROP_UIDVALIDITY),
	};
	int64_t origin;

	/* Most mail comes from no server: one look, for every message. */
	if (!remote.uidvalidity)
		return AM_OK;
	remote.uid = number(item->meta, AM_PROP_UID);
	if (!remote.uid)
		return AM_OK;
	int r = origin_of(c, item->accession, &origin, err);
	return r || !origin ? r : set(c, origin, &remote, err);
}

/* ---- for those who go on ---- */

static int recall(struct am_catalog *c, sqlite3_stmt *s, struct am_arena *arena,
                  struct am_remembered *out, struct am_error *err)
{
	struct am_catalog_place place;
	struct am_item_placement item;

	*out = (struct am_remembered){
		.uidvalidity = (uint32_t)sqlite3_column_int64(s, 1),
		.uid = (uint32_t)sqlite3_column_int64(s, 2),
		.gone = sqlite3_column_int(s, 3) != 0,
		.flags = (uint32_t)sqlite3_column_int64(s, 4),
		.size = (uint64_t)sqlite3_column_int64(s, 5),
	};
	const char *message_id = am_catalog_text(s, 6);
	if (message_id)
		out->message_id = am_arena_strdup(arena, message_id);
	int r = am_catalog_place(c, (uint64_t)sqlite3_column_int64(s, 0), arena,
	                         &place, err);
	if (!r)
		r = am_catalog_meta(&place, arena, &item, err);
	if (r)
		return r == AM_END ? AM_OK : r;
	out->received = item.meta->received;
	out->keywords = item.meta->keywords;
	out->n_keywords = item.meta->n_keywords;
	out->labels = item.meta->labels;
	out->n_labels = item.meta->n_labels;
	return AM_OK;
}

int am_catalog_remote_each(struct am_catalog *c, const char *source,
                           uint64_t folder,
                           int (*one)(void *user,
                                      const struct am_remembered *what,
                                      struct am_error *err),
                           void *user, struct am_error *err)
{
	static const char sql[] =
		"SELECT r.placement, r.uidvalidity, r.uid, r.gone, p.flags,"
		" m.size, m.message_id FROM remote r"
		" JOIN placement p ON p.id = r.placement"
		" JOIN message m ON m.id = p.message"
		" WHERE r.origin = ?1 AND r.folder = ?2"
		" ORDER BY r.uidvalidity, r.uid";
	struct am_arena *arena = NULL;
	struct am_remembered what;
	sqlite3_stmt *s = NULL;
	int64_t origin;

	int r = origin_id(c, source, false, &origin, err);
	if (r || !origin)
		return r;
	r = am_catalog_prepare(c, sql, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, origin);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)folder);
	while (!(r = am_catalog_step(c, s, err))) {
		am_arena_free(&arena);
		arena = am_arena_new();
		r = recall(c, s, arena, &what, err);
		if (!r)
			r = one(user, &what, err);
		if (r)
			break;
	}
	am_arena_free(&arena);
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

int am_catalog_cursor(struct am_catalog *c, const char *source,
                      const char *folder, char **value, struct am_error *err)
{
	sqlite3_stmt *s;

	*value = NULL;
	int r = am_catalog_stmt(c, AM_SQL_GET_CURSOR, &s, err);
	if (r)
		return r;
	bind_text(s, 1, source);
	bind_text(s, 2, folder);
	r = am_catalog_step(c, s, err);
	if (!r)
		*value = g_strdup(am_catalog_text(s, 0));
	sqlite3_reset(s);
	return r < 0 ? r : AM_OK;
}

int am_catalog_cursors(struct am_catalog *c, const char *source,
                       am_cursor_fn *fn, void *user, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_prepare(c,
	                           "SELECT folder, value FROM cursor"
	                           " WHERE source = ?1 ORDER BY folder",
	                           &s, err);
	if (r)
		return r;
	bind_text(s, 1, source);
	while (!(r = am_catalog_step(c, s, err))) {
		const char *folder = am_catalog_text(s, 0);
		r = fn(user, folder ? folder : "", am_catalog_text(s, 1), err);
		if (r)
			break;
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}
