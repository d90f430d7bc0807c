/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FETCH: for each message what is needed is had first, and only then said, so
 * that one that cannot be read leaves no half an answer behind.
 */
#include "serve/commands.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "base/reader.h"
#include "mime/scan.h"
#include "mime/text.h"
#include "mime/walk.h"
#include "serve/facts.h"
#include "serve/fetch_items.h"
#include "serve/limit.h"
#include "serve/structure.h"
#include "serve/traits.h"
#include "serve/virtual.h"
#include "store/archive.h"
#include "store/archive_edit.h"

#include <string.h>

enum {
	PIECE = 64 * 1024,
	PREVIEW_CHARS = 200,
	PREVIEW_BYTES = 4096,
	MANY = 200
};

struct message {
	struct am_session *s;
	const struct am_fetch *f;
	const struct am_row *row;
	const struct am_traits *traits; /* NULL: sizes one by one */
	struct am_arena *arena;
	struct am_blob *raw;
	struct am_scan scan;
	bool scanned;
	struct am_fact fact;
	struct am_limits limits;
};

static int need_scan(struct message *m, struct am_error *err)
{
	int r = AM_OK;

	if (!m->scanned)
		r = am_scan_message(&m->scan, m->raw, &m->limits, m->arena,
		                    err);
	m->scanned = !r;
	return r;
}

/* ---- literals ---- */

static void say_range(struct am_session *s, const struct am_blob *raw,
                      uint64_t from, uint64_t len)
{
	const uint8_t *bytes = am_blob_bytes(raw);

	if (bytes) {
		am_say_bytes(s, bytes + from, (size_t)len);
		return;
	}
	uint8_t *buf = g_malloc(PIECE);
	while (len && !s->dead) {
		size_t got, want = (size_t)MIN(len, PIECE);
		/* What was promised cannot be given: the connection goes. */
		if (am_blob_read(raw, from, buf, want, &got, NULL) || !got) {
			s->dead = AM_FATAL;
			break;
		}
		am_say_bytes(s, buf, got);
		from += got;
		len -= got;
	}
	g_free(buf);
}

static void cut(const struct am_fetch_item *item, uint64_t *from, uint64_t *len)
{
	if (!item->partial)
		return;
	uint64_t skip = MIN(item->from, *len);
	*from += skip;
	*len = MIN(*len - skip, item->count);
}

static void say_name(struct am_session *s, const struct am_fetch_item *item)
{
	if (item->name)
		am_say(s, "%s", item->name);
	else
		am_say(s, "%s[%s]",
		       item->kind == AM_FETCH_SECTION  ? "BODY"
		       : item->kind == AM_FETCH_BINARY ? "BINARY"
		                                       : "BINARY.SIZE",
		       item->section.text);
	if (item->partial)
		am_say(s, "<%" PRIu64 ">", item->from);
	am_say(s, " ");
}

static int say_section(struct message *m, const struct am_fetch_item *item,
                       struct am_error *err)
{
	bool whole =
		!item->section.depth && item->section.kind == AM_SECTION_ALL;
	struct am_section_bytes piece = {.from = 0};
	int r = AM_OK;

	if (whole)
		piece.len = am_blob_size(m->raw);
	if (item->common) {
		piece.own = g_string_new("");
		am_section_pick(&item->section, m->fact.fields,
		                m->fact.fields_len, piece.own);
		piece.len = piece.own->len;
	}
	if (!whole && !item->common)
		r = need_scan(m, err);
	if (!whole && !item->common && !r)
		r = am_section_find(&item->section, m->raw, &m->scan, &piece,
		                    err);
	if (r < 0)
		return r;
	say_name(m->s, item);
	if (r == AM_END) {
		am_say(m->s, "NIL");
		return AM_OK;
	}
	cut(item, &piece.from, &piece.len);
	am_say(m->s, "{%" PRIu64 "}\r\n", piece.len);
	if (piece.own) {
		am_say_bytes(m->s, piece.own->str + piece.from,
		             (size_t)piece.len);
		g_string_free(piece.own, TRUE);
	} else {
		say_range(m->s, m->raw, piece.from, piece.len);
	}
	return AM_OK;
}

/* ---- BINARY ---- */

/* A part's bytes without their transfer encoding. */
static int decode_part(struct message *m, size_t part, struct am_blob **out,
                       struct am_error *err)
{
	struct am_reader *in;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;

	if (m->scan.parts[part].encoding == AM_ENC_OTHER)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "the part has an encoding nobody knows");
	int r = am_part_decoded(&in, m->raw, &m->scan, part, err);
	if (r)
		return r;
	r = am_spool_open(&spool, m->limits.spool_memory, NULL, err);
	while (!r && !(r = am_reader_peek(in, 1, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(in, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	am_reader_close(&in);
	return r;
}

static bool holds_nul(const struct am_blob *blob, uint64_t from, uint64_t len)
{
	const uint8_t *bytes = am_blob_bytes(blob);

	/* A large one is not looked through twice: literal8 holds anything. */
	return !bytes || memchr(bytes + from, 0, (size_t)len);
}

static int say_binary(struct message *m, const struct am_fetch_item *item,
                      struct am_error *err)
{
	struct am_blob *blob = NULL;

	int r = need_scan(m, err);
	if (r)
		return r;
	size_t part = am_section_part(&item->section, &m->scan);
	bool whole = !item->section.depth;
	if (part != SIZE_MAX &&
	    (whole || m->scan.parts[part].kind != AM_PART_LEAF)) {
		/* The message, and parts made of parts, are as they are. */
		struct am_section_bytes piece;
		r = am_section_find(&item->section, m->raw, &m->scan, &piece,
		                    err);
		if (!r)
			r = am_blob_range(&blob, m->raw, piece.from, piece.len,
			                  err);
	} else if (part != SIZE_MAX) {
		r = decode_part(m, part, &blob, err);
	}
	if (r < 0)
		return r;
	say_name(m->s, item);
	if (!blob) {
		am_say(m->s, item->kind == AM_FETCH_BINARY ? "NIL" : "0");
		return AM_OK;
	}
	uint64_t from = 0, len = am_blob_size(blob);
	if (item->kind == AM_FETCH_BINARY_SIZE) {
		am_say(m->s, "%" PRIu64, len);
	} else {
		cut(item, &from, &len);
		am_say(m->s, "%s{%" PRIu64 "}\r\n",
		       holds_nul(blob, from, len) ? "~" : "", len);
		say_range(m->s, blob, from, len);
	}
	am_blob_unref(&blob);
	return AM_OK;
}

/* ---- PREVIEW ---- */

static int add_text(void *user, enum am_text_kind kind, const char *section,
                    const char *text, size_t len, struct am_error *err)
{
	GString *all = user;

	(void)section;
	(void)err;
	if (kind != AM_TEXT_BODY)
		return AM_OK;
	for (size_t i = 0; i < len && all->len < PREVIEW_BYTES; i++) {
		bool blank = (uint8_t)text[i] <= ' ';
		if (!blank)
			g_string_append_c(all, text[i]);
		else if (all->len && all->str[all->len - 1] != ' ')
			g_string_append_c(all, ' ');
	}
	return all->len < PREVIEW_BYTES ? AM_OK : AM_END;
}

static int say_preview(struct message *m, struct am_error *err)
{
	const struct am_text_options options = {.best_alternative = true,
	                                        .max_bytes = 64 * 1024};
	GString *all = g_string_new("");

	int r = need_scan(m, err);
	if (!r)
		r = am_text_read(m->raw, &m->scan, &options, &m->limits,
		                 add_text, all, NULL, err);
	if (r >= 0) {
		char *text = g_utf8_make_valid(all->str, (gssize)all->len);
		char *start = g_utf8_substring(
			text, 0, MIN(g_utf8_strlen(text, -1), PREVIEW_CHARS));
		g_strchomp(start);
		am_say(m->s, "PREVIEW ");
		am_put_string(m->s->out, start);
		g_free(start);
		g_free(text);
	}
	g_string_free(all, TRUE);
	return r < 0 ? r : AM_OK;
}

/* ---- the others ---- */

static void say_date(struct am_session *s, const struct am_row *row)
{
	const struct am_when when = {.sec = row->dated ? row->received : 0,
	                             .offset_min = row->zone,
	                             .known = true};
	char text[40];

	am_imap_date_print(&when, text);
	am_say(s, "INTERNALDATE \"%s\"", text);
}

/* RFC 8514. */
static void say_saved(struct am_session *s, const struct am_row *row)
{
	const struct am_when when = {.sec = row->saved, .known = true};
	char text[40];

	am_imap_date_print(&when, text);
	if (row->saved)
		am_say(s, "SAVEDATE \"%s\"", text);
	else
		am_say(s, "SAVEDATE NIL");
}

/* Both are made of what the message says: the same in any copy of it. */
static int say_object(struct message *m, bool thread, struct am_error *err)
{
	struct am_archive *archive;
	struct am_archive_message msg;
	char hex[AM_SHA256_HEX];
	int r = am_vault_lend_fresh(m->s->vault, &archive, err);

	if (r)
		return r;
	r = am_archive_message(archive, m->row->message, &msg, err);
	if (!r && thread) {
		char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
		                                           msg.thread, -1);
		am_say(m->s, "THREADID (T%.24s)", hash);
		g_free(hash);
	} else if (!r) {
		am_hex(msg.hash, sizeof msg.hash, hex);
		am_say(m->s, "EMAILID (M%.32s)", hex);
	}
	am_vault_give_back(m->s->vault, &archive);
	return r;
}

static int say_item(struct message *m, const struct am_fetch_item *item,
                    struct am_error *err)
{
	struct am_session *s = m->s;
	GString *out = s->out;

	switch (item->kind) {
	case AM_FETCH_UID:
		g_string_append(out, "UID ");
		am_put_number(out, m->row->uid);
		return AM_OK;
	case AM_FETCH_FLAGS:
		g_string_append(out, "FLAGS ");
		am_put_flags(out, m->row);
		return AM_OK;
	case AM_FETCH_DATE:
		say_date(s, m->row);
		return AM_OK;
	case AM_FETCH_SIZE:
		g_string_append(out, "RFC822.SIZE ");
		am_put_number(out, m->fact.size);
		return AM_OK;
	case AM_FETCH_ENVELOPE:
		g_string_append(out, "ENVELOPE ");
		g_string_append_len(out, m->fact.envelope,
		                    (gssize)m->fact.envelope_len);
		return AM_OK;
	case AM_FETCH_STRUCTURE:
		g_string_append(out, "BODYSTRUCTURE ");
		g_string_append_len(out, m->fact.structure,
		                    (gssize)m->fact.structure_len);
		return AM_OK;
	case AM_FETCH_BODY:
		g_string_append(out, "BODY ");
		if (need_scan(m, err))
			return AM_FAILED;
		return am_structure_put(out, m->raw, &m->scan, false,
		                        &m->limits, err);
	case AM_FETCH_SECTION:
		return say_section(m, item, err);
	case AM_FETCH_BINARY:
	case AM_FETCH_BINARY_SIZE:
		return say_binary(m, item, err);
	case AM_FETCH_MODSEQ:
		g_string_append(out, "MODSEQ (");
		am_put_number(out, m->row->modseq);
		g_string_append_c(out, ')');
		return AM_OK;
	case AM_FETCH_EMAILID:
		return say_object(m, false, err);
	case AM_FETCH_THREADID:
		return say_object(m, true, err);
	case AM_FETCH_PREVIEW:
		return say_preview(m, err);
	case AM_FETCH_SAVED:
		say_saved(s, m->row);
		return AM_OK;
	}
	return AM_OK;
}

/* What is not out yet can be taken back. */
static int say_message(struct message *m, size_t number, struct am_error *err)
{
	struct am_session *s = m->s;
	size_t before = s->out->len;
	int r = AM_OK;

	if (m->f->reads)
		r = am_vault_message(s->vault, m->row->message, &m->raw, err);
	if (!r && m->f->facts)
		r = am_fact_of(s->vault, m->row->message, m->arena, &m->fact,
		               err);
	if (!r && !m->f->facts && m->f->sizes && m->traits)
		m->fact.size = m->traits->rows[number - 1].size;
	else if (!r && !m->f->facts && m->f->sizes)
		r = am_fact_size(s->vault, m->row->message, &m->fact.size, err);
	if (r)
		return r;
	am_say_fetch(s, number, m->row->uid);
	for (guint i = 0; i < m->f->items->len && !r; i++) {
		if (i)
			g_string_append_c(s->out, ' ');
		r = say_item(
			m, &g_array_index(m->f->items, struct am_fetch_item, i),
			err);
	}
	if (!r) {
		g_string_append(s->out, ")\r\n");
		am_say_turn(s);
	} else if (s->out->len >= before) {
		g_string_truncate(s->out, before);
	} else {
		s->dead = AM_FATAL; /* half of it is on its way */
	}
	return r;
}

/* ---- \Seen ---- */

static int mark_seen(void *user, struct am_archive_edit *edit,
                     struct am_error *err)
{
	const GArray *rows = user;
	const struct am_flags_change change = {.how = AM_FLAGS_ADD,
	                                       .flags = AM_SEEN};
	int r = AM_OK;

	for (guint i = 0; i < rows->len && r >= 0; i++)
		r = am_archive_edit_flags(
			edit, g_array_index(rows, struct am_row, i).placement,
			&change, err);
	return r < 0 ? r : AM_OK;
}

/* ---- the command ---- */

struct run {
	struct am_session *s;
	const struct am_fetch *f;
	struct am_traits *traits;
	struct am_arena *arena;
	GArray *seen; /* struct am_row: that get \Seen */
	unsigned failed;
	struct am_error first;
};

static void one(struct run *run, size_t i)
{
	struct am_session *s = run->s;
	const struct am_row *row = &s->snap->rows[i];
	struct am_error err = {0};

	struct message m = {
		.s = s,
		.f = run->f,
		.row = row,
		.traits = run->traits,
		.arena = run->arena,
		.limits = am_limits_or_default(
			s->house->ctx ? &s->house->ctx->limits : NULL)};
	am_arena_reset(run->arena);
	if (say_message(&m, i + 1, &err)) {
		if (!run->failed++)
			run->first = err;
	} else if (run->seen && !(row->flags & AM_SEEN)) {
		g_array_append_val(run->seen, *row);
	}
	am_blob_unref(&m.raw);
}

/* The places of the rows that are meant. */
static GArray *pick(struct run *run, const struct am_imap_set *uids)
{
	const struct am_snap *snap = run->s->snap;
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(size_t));

	for (size_t k = 0; k < am_imap_set_ranges(uids); k++) {
		uint32_t first, last;
		am_imap_set_range(uids, k, &first, &last);
		for (size_t i = am_snap_from(snap, first);
		     i < snap->n && snap->rows[i].uid <= last; i++)
			if (!run->f->since ||
			    snap->rows[i].modseq > run->f->changed_since)
				g_array_append_val(rows, i);
	}
	return rows;
}

static void tell_vanished(struct run *run, const struct am_imap_set *uids)
{
	const struct am_snap *snap = run->s->snap;
	struct am_imap_set *gone = am_imap_set_new();

	am_imap_set_add_all(gone, uids);
	am_imap_set_remove(gone, snap->uidnext, UINT32_MAX);
	for (size_t i = 0; i < snap->n; i++)
		am_imap_set_remove(gone, snap->rows[i].uid, snap->rows[i].uid);
	for (size_t i = 0; i < snap->n_gone; i++)
		if (snap->gone[i].modseq <= run->f->changed_since)
			am_imap_set_remove(gone, snap->gone[i].uid,
			                   snap->gone[i].uid);
	if (am_imap_set_ranges(gone)) {
		am_say(run->s, "* VANISHED (EARLIER) ");
		am_put_set(run->s->out, gone);
		am_say(run->s, "\r\n");
	}
	am_imap_set_free(&gone);
}

void am_fetch_tell(struct am_session *s, const struct am_fetch *fetch,
                   size_t from)
{
	struct run run = {.s = s, .f = fetch, .arena = am_arena_new()};

	for (size_t i = from; i < s->snap->n && !s->dead; i++)
		one(&run, i);
	am_arena_free(&run.arena);
}

AM_COMMAND(fetch)
{
	struct am_fetch f;
	struct run run = {.s = s, .f = &f};
	struct am_error err = {0};

	if (n < 2) {
		am_bad(s, "FETCH takes messages and what to tell of them");
		return;
	}
	struct am_imap_set *uids = am_arg_uids(s, &args[0], uid);
	if (!uids)
		return;
	if (!am_fetch_parse(&f, s, args + 1, n - 1, uid)) {
		am_imap_set_free(&uids);
		return;
	}
	run.arena = am_arena_new();
	if (f.sees && !s->read_only)
		run.seen = g_array_new(FALSE, FALSE, sizeof(struct am_row));
	/* Sizes of most are had at once; of few, or where some take reading the
	 * message, one by one. */
	if (f.sizes && !f.facts && s->snap->n >= MANY &&
	    am_imap_set_count(uids) >= s->snap->n / 4 &&
	    am_vault_traits(s->vault, s->snap,
	                    AM_TRAITS_FACTS | AM_TRAITS_AT_HAND, &run.traits,
	                    NULL))
		run.traits = NULL;
	if (f.vanished)
		tell_vanished(&run, uids);
	GArray *rows = pick(&run, uids);
	size_t from = am_limit_skip(s, rows->len), to = rows->len;
	uint32_t lowest = 0;
	if (f.partial)
		am_partial_cut(&f.part, rows->len, &from, &to);
	else if (from)
		lowest = s->snap->rows[g_array_index(rows, size_t, from)].uid;
	bool refused = am_limit_refuses(s, to - from);
	if (refused)
		from = to;
	for (size_t i = from; i < to && !s->dead; i++)
		one(&run, g_array_index(rows, size_t, i));
	g_array_free(rows, TRUE);
	if (run.seen && run.seen->len && !s->dead &&
	    ((s->snap->box < 0 &&
	      am_virtual_spread(s->vault, run.seen, &err)) ||
	     am_vault_edit(s->vault, mark_seen, run.seen, &err)) &&
	    err.kind != AM_E_BUSY && !run.failed++)
		run.first = err;
	if (run.failed)
		am_no(s, "[%s] %u could not be told: %s",
		      run.first.kind == AM_E_CORRUPT  ? "CORRUPTION"
		      : run.first.kind == AM_E_FORMAT ? "UNKNOWN-CTE"
		                                      : "UNAVAILABLE",
		      run.failed, run.first.text);
	else if (!refused)
		am_ok(s, "that is all");
	am_limit_tell(s, lowest);
	am_imap_set_free(&uids);
	am_fetch_clear(&f);
	am_arena_free(&run.arena);
	am_traits_unref(&run.traits);
	if (run.seen)
		g_array_free(run.seen, TRUE);
}
