/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * STATUS, and the commands that make and remove mailboxes.
 */
#include "serve/commands.h"

#include "model/folder.h"
#include "serve/facts.h"
#include "serve/traits.h"
#include "store/archive_edit.h"

#include <string.h>

/* ---- STATUS ---- */

enum {
	MESSAGES,
	RECENT,
	UIDNEXT,
	UIDVALIDITY,
	UNSEEN,
	DELETED,
	SIZE,
	HIGHESTMODSEQ,
	MAILBOXID,
	APPENDLIMIT,
	N_ITEMS
};
static const char *const items_known[N_ITEMS] = {
	"MESSAGES", "RECENT", "UIDNEXT",       "UIDVALIDITY", "UNSEEN",
	"DELETED",  "SIZE",   "HIGHESTMODSEQ", "MAILBOXID",   "APPENDLIMIT"};

static unsigned item_of(const struct am_imap_value *v)
{
	for (unsigned i = 0; i < N_ITEMS; i++)
		if (am_imap_is(v, items_known[i]))
			return i;
	return N_ITEMS;
}

bool am_status_items_ok(const struct am_imap_value *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (item_of(&items[i]) == N_ITEMS)
			return false;
	return n > 0;
}

static uint64_t count_deleted(const struct am_snap *snap)
{
	uint64_t n = 0;

	for (size_t i = 0; snap && i < snap->n; i++)
		n += (snap->rows[i].flags & AM_DELETED) != 0;
	return n;
}

static uint64_t count_unseen(const struct am_snap *snap)
{
	uint64_t n = 0;

	for (size_t i = 0; i < snap->n; i++)
		n += !(snap->rows[i].flags & AM_SEEN);
	return n;
}

static uint64_t sum_sizes(struct am_vault *v, const struct am_snap *snap)
{
	struct am_traits *traits = NULL;
	uint64_t sum = 0, size;

	if (snap &&
	    am_vault_traits(v, snap, AM_TRAITS_FACTS | AM_TRAITS_AT_HAND,
	                    &traits, NULL))
		traits = NULL;
	for (size_t i = 0; snap && i < snap->n; i++)
		if (traits)
			sum += traits->rows[i].size;
		else if (!am_fact_size(v, snap->rows[i].message, &size, NULL))
			sum += size;
	am_traits_unref(&traits);
	return sum;
}

bool am_status_line(struct am_session *s, struct am_vault *v,
                    const struct am_mailbox *box,
                    const struct am_imap_value *items, size_t n)
{
	struct am_snap *snap = NULL;
	struct am_error err = {0};
	bool need = box->id < 0;

	for (size_t i = 0; i < n; i++) {
		unsigned item = item_of(&items[i]);
		need |= item == DELETED || item == SIZE ||
		        item == HIGHESTMODSEQ;
		if (item == HIGHESTMODSEQ)
			am_enable_condstore(s);
	}
	if (need && am_vault_snap(v, box->id, &snap, &err)) {
		am_no_error(s, &err);
		return false;
	}
	bool virtual = box->id < 0;
	uint32_t uidvalidity = virtual ? snap->uidvalidity : box->uidvalidity;
	g_string_append(s->out, "* STATUS ");
	am_put_name(s, s->out, box->name);
	g_string_append(s->out, " (");
	for (size_t i = 0; i < n; i++) {
		unsigned item = item_of(&items[i]);
		const uint64_t values[N_ITEMS] = {
			[MESSAGES] = virtual ? snap->n : box->messages,
			[UIDNEXT] = virtual ? snap->uidnext : box->uidnext,
			[UIDVALIDITY] = uidvalidity,
			[UNSEEN] = !virtual         ? box->unseen
		                   : item == UNSEEN ? count_unseen(snap)
		                                    : 0,
			[DELETED] = item == DELETED ? count_deleted(snap) : 0,
			[SIZE] = item == SIZE ? sum_sizes(v, snap) : 0,
			[HIGHESTMODSEQ] = snap ? snap->highest : 0,
			[APPENDLIMIT] = am_append_limit(s),
		};
		am_say(s, "%s%s ", i ? " " : "", items_known[item]);
		if (item == MAILBOXID)
			am_say(s, "(F%08" PRIx32 "-%" PRId64 ")", uidvalidity,
			       box->id);
		else
			am_say(s, "%" PRIu64, values[item]);
	}
	g_string_append(s->out, ")\r\n");
	am_snap_unref(&snap);
	return true;
}

AM_COMMAND(status)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;

	(void)uid;
	if (n != 2 || args[1].type != AM_IMAP_LIST ||
	    !am_status_items_ok(args[1].items, args[1].n_items)) {
		am_bad(s, "STATUS takes a mailbox and a list of what to tell");
		return;
	}
	char *name = am_arg_name(s, &args[0]);
	if (name && am_find_box(s, name, &v, &boxes, &box)) {
		if (am_status_line(s, v, box, args[1].items, args[1].n_items))
			am_ok(s, "done");
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

/* ---- what is to be changed ---- */

struct change {
	struct am_vault *v;
	enum { CREATE, REMOVE, SUBSCRIBE } what;
	struct am_folder *folder;
	int64_t id;
	bool subscribed;
};

static int do_change(void *user, struct am_archive_edit *edit,
                     struct am_error *err)
{
	struct change *c = user;
	int r;

	switch (c->what) {
	case CREATE:
		r = am_archive_edit_folder(edit, c->folder, &c->id, err);
		return r;
	case REMOVE:
		return am_archive_edit_remove(edit, c->id, err);
	case SUBSCRIBE:
		if (!c->id) {
			r = am_archive_edit_folder(edit, c->folder, &c->id,
			                           err);
			if (r)
				return r;
		}
		return am_archive_edit_subscribe(edit, c->id, c->subscribed,
		                                 err);
	}
	return AM_OK;
}

static void apply(struct am_session *s, struct change *c, const char *done)
{
	struct am_error err = {0};

	if (am_vault_edit(c->v, do_change, c, &err))
		am_no_error(s, &err);
	else
		am_ok(s, "%s", done);
}

/* ---- CREATE ---- */

/* (USE (\Sent)) */
static bool is_use(const struct am_imap_value *v)
{
	return v->type == AM_IMAP_LIST && v->n_items == 2 &&
	       am_imap_is(&v->items[0], "USE") &&
	       v->items[1].type == AM_IMAP_LIST;
}

static bool read_use(const struct am_imap_value *v, enum am_role *role)
{
	static const struct {
		const char *use;
		enum am_role role;
	} uses[] = {{"\\Sent", AM_ROLE_SENT},
	            {"\\Drafts", AM_ROLE_DRAFTS},
	            {"\\Trash", AM_ROLE_TRASH},
	            {"\\Junk", AM_ROLE_JUNK},
	            {"\\Archive", AM_ROLE_ARCHIVE}};

	if (v->items[1].n_items > 1)
		return false;
	if (!v->items[1].n_items)
		return true;
	for (size_t i = 0; i < AM_COUNT(uses); i++)
		if (am_imap_is(&v->items[1].items[0], uses[i].use)) {
			*role = uses[i].role;
			return true;
		}
	return false;
}

/* Under which id it will be known from now on. */
static void say_made(struct am_session *s, struct change *c, const char *name)
{
	struct am_mailboxes *boxes = am_vault_boxes(c->v);
	const struct am_mailbox *box = am_boxes_find(boxes, name);

	if (box && box->id == c->id && !strncmp(s->answer->str, "OK", 2))
		am_ok(s, "[MAILBOXID (F%08" PRIx32 "-%" PRId64 ")] made",
		      box->uidvalidity, box->id);
	am_boxes_unref(&boxes);
}

AM_COMMAND(create)
{
	struct change c = {.what = CREATE};
	enum am_role role = AM_ROLE_NONE;
	struct am_error err = {0};

	(void)uid;
	if (!n || n > 2 || (n == 2 && !is_use(&args[1]))) {
		am_bad(s, "CREATE takes a mailbox, and what it is for");
		return;
	}
	if (n == 2 && !read_use(&args[1], &role)) {
		am_no(s, "[USEATTR] that use is not known here");
		return;
	}
	char *name = am_arg_new_name(s, &args[0]);
	if (!name)
		return;
	size_t len = strlen(name);
	if (len && name[len - 1] == '/')
		name[len - 1] = '\0'; /* it is going to have children */
	c.v = am_vault_of(s, name);
	struct am_mailboxes *boxes = am_vault_boxes(c.v);
	const struct am_mailbox *there = am_boxes_find(boxes, name);
	if (there && there->id)
		am_no(s, "[ALREADYEXISTS] it is there");
	else if (am_may_write(s, c.v)) {
		if (am_vault_folder(c.v, name, &c.folder, &err)) {
			am_no_error(s, &err);
		} else {
			if (role)
				c.folder->role = role;
			apply(s, &c, "made");
			say_made(s, &c, name);
			am_folder_unref((const struct am_folder **)&c.folder);
		}
	}
	am_boxes_unref(&boxes);
	g_free(name);
}

/* ---- DELETE ---- */

AM_COMMAND(delete)
{
	struct change c = {.what = REMOVE};
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;

	(void)uid;
	char *name = n == 1 ? am_arg_name(s, &args[0]) : NULL;
	if (n != 1)
		am_bad(s, "DELETE takes a mailbox");
	if (!name)
		return;
	if (am_find_box(s, name, &c.v, &boxes, &box)) {
		c.id = box->id;
		if (box->role == AM_ROLE_INBOX)
			am_no(s, "[CANNOT] INBOX stays");
		else if (am_is_real(s, box) && am_may_write(s, c.v))
			apply(s, &c, "removed; its mail stays in the archive");
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

/* ---- SUBSCRIBE ---- */

static void subscribe(struct am_session *s, am_args args, size_t n, bool on)
{
	struct change c = {.what = SUBSCRIBE, .subscribed = on};
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;

	char *name = n == 1 ? am_arg_name(s, &args[0]) : NULL;
	if (n != 1)
		am_bad(s, "a mailbox was expected");
	if (!name)
		return;
	if (am_find_box(s, name, &c.v, &boxes, &box)) {
		c.id = box->id;
		c.folder = (struct am_folder *)(uintptr_t)box->folder;
		if (box->id < 0 && on)
			am_ok(s, "it always is");
		else if (box->folder->subscribed == on &&
		         box->folder->unsubscribed != on && box->id > 0)
			am_ok(s, "it is already");
		else if (am_is_real(s, box) && am_may_write(s, c.v))
			apply(s, &c, "done");
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

AM_COMMAND(subscribe)
{
	(void)uid;
	subscribe(s, args, n, true);
}

AM_COMMAND(unsubscribe)
{
	(void)uid;
	subscribe(s, args, n, false);
}
