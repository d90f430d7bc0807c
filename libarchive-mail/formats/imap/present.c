/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/present.h"

#include "formats/imap/fingerprint.h"

#include <glib.h>

#include <string.h>

struct am_imap_present {
	GHashTable *counts; /* fingerprint -> how many */
};

struct am_imap_present *am_imap_present_new(void)
{
	struct am_imap_present *p = g_new(struct am_imap_present, 1);

	p->counts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	                                  NULL);
	return p;
}

void am_imap_present_free(struct am_imap_present **present)
{
	struct am_imap_present *p = *present;

	*present = NULL;
	if (!p)
		return;
	g_hash_table_destroy(p->counts);
	g_free(p);
}

static unsigned count_of(const struct am_imap_present *p, uint64_t fingerprint)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(p->counts, &fingerprint));
}

static void set_count(struct am_imap_present *p, uint64_t fingerprint,
                      unsigned n)
{
	if (n)
		g_hash_table_replace(
			p->counts, g_memdup2(&fingerprint, sizeof fingerprint),
			GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(p->counts, &fingerprint);
}

void am_imap_present_add(struct am_imap_present *p, uint64_t fingerprint)
{
	set_count(p, fingerprint, count_of(p, fingerprint) + 1);
}

bool am_imap_present_take(struct am_imap_present *p, uint64_t fingerprint)
{
	unsigned n = count_of(p, fingerprint);

	if (n)
		set_count(p, fingerprint, n - 1);
	return n > 0;
}

bool am_imap_present_is_empty(const struct am_imap_present *p)
{
	return !g_hash_table_size(p->counts);
}

/* Into one of its own: a connection that is lost in the middle has counted
 * nothing, and what is told twice counts once. */
struct reading {
	struct am_imap_present *present;
	struct am_imap_set *uids;
	uint32_t from, highest;
};

/* "12 FETCH (UID 5 RFC822.SIZE 4000 BODY[HEADER.FIELDS (…)] {…})" */
static int take_fetch(struct am_imap_command *cmd,
                      const struct am_imap_line *line, struct am_error *err)
{
	struct reading *r = cmd->user;
	uint64_t uid = 0, size = 0;
	const char *header = NULL, *text;
	size_t len = 0;

	(void)err;
	if (line->n_values < 3 || !am_imap_is(&line->values[1], "FETCH") ||
	    line->values[2].type != AM_IMAP_LIST)
		return AM_END;
	const struct am_imap_value *list = &line->values[2];
	for (size_t i = 0; i + 1 < list->n_items; i += 2) {
		const struct am_imap_value *name = &list->items[i];
		const struct am_imap_value *value = &list->items[i + 1];
		const char *word = am_imap_text(name);
		if (am_imap_is(name, "UID"))
			(void)am_imap_number(value, &uid);
		else if (am_imap_is(name, "RFC822.SIZE"))
			(void)am_imap_number(value, &size);
		else if (word && !g_ascii_strncasecmp(word, "BODY[", 5)) {
			text = am_imap_text(value);
			header = text ? text : ""; /* NIL: it has none */
			len = text ? (size_t)value->len : 0;
		}
	}
	/* Flags changed by somebody: not an answer to us.  "n:*" gives the
	 * last one even when it is older. */
	if (!header || !uid || uid > UINT32_MAX || uid < r->from)
		return uid && header ? AM_OK : AM_END;
	if (am_imap_set_has(r->uids, (uint32_t)uid))
		return AM_OK;
	am_imap_set_add(r->uids, (uint32_t)uid, (uint32_t)uid);
	am_imap_present_add(r->present, am_imap_fingerprint(header, len, size));
	r->highest = MAX(r->highest, (uint32_t)uid);
	return AM_OK;
}

static void add_all(struct am_imap_present *to,
                    const struct am_imap_present *from)
{
	GHashTableIter it;
	gpointer key, n;

	g_hash_table_iter_init(&it, from->counts);
	while (g_hash_table_iter_next(&it, &key, &n)) {
		uint64_t fingerprint = *(const uint64_t *)key;
		set_count(to, fingerprint,
		          count_of(to, fingerprint) + GPOINTER_TO_UINT(n));
	}
}

int am_imap_present_read(struct am_imap_present *present,
                         struct am_imap_session *s, uint32_t from,
                         uint32_t *next, struct am_error *err)
{
	const struct am_imap_mailbox *box = am_imap_session_mailbox(s);
	struct reading r = {.from = from};
	struct am_imap_command cmd = {.untagged = take_fetch, .user = &r};

	*next = MAX(from, box->uidnext);
	if (!box->exists || (box->uidnext && box->uidnext <= from))
		return AM_OK;
	r.present = am_imap_present_new();
	r.uids = am_imap_set_new();
	am_imap_put(am_imap_session_out(s),
	            "UID FETCH %" PRIu32 ":* (UID RFC822.SIZE "
	            "BODY.PEEK[HEADER.FIELDS (" AM_IMAP_FINGERPRINT_FIELDS
	            ")])",
	            from ? from : 1);
	int status = am_imap_session_run(s, &cmd, "looking what is there", err);
	if (!status)
		add_all(present, r.present);
	am_imap_present_free(&r.present);
	am_imap_set_free(&r.uids);
	if (r.highest >= *next)
		*next = r.highest + (r.highest < UINT32_MAX);
	return status;
}
