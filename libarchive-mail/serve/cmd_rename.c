/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RENAME: a mailbox, or a name that is only above others, with all below it.
 */
#include "serve/commands.h"

#include "model/folder.h"
#include "store/archive_edit.h"

#include <string.h>

struct change {
	struct am_vault *v;
	struct am_folder *folder; /* the new name */
	/* Of these, the parts behind the first `depth` stay. */
	GArray *ids;           /* int64_t */
	GPtrArray *paths;      /* struct am_folder, what they become */
	struct am_snap *inbox; /* its messages go to `folder`, and it stays */
};

static int do_rename(void *user, struct am_archive_edit *edit,
                     struct am_error *err)
{
	struct change *c = user;
	int r = AM_OK;

	for (guint i = 0; i < c->ids->len && !r; i++)
		r = am_archive_edit_rename(edit,
		                           g_array_index(c->ids, int64_t, i),
		                           g_ptr_array_index(c->paths, i), err);
	return r;
}

static void unref_folder(void *data)
{
	const struct am_folder *folder = data;

	am_folder_unref(&folder);
}

static bool is_below(const struct am_folder *f, const struct am_folder *top)
{
	if (f->depth < top->depth)
		return false;
	for (size_t i = 0; i < top->depth; i++)
		if (strcmp(f->parts[i], top->parts[i]))
			return false;
	return true;
}

/* The box and all below it, under the new name. */
static int plan(struct change *c, const struct am_mailboxes *boxes,
                const struct am_folder *from, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < boxes->n && !r; i++) {
		const struct am_mailbox *box = &boxes->boxes[i];
		if (box->id <= 0 || !is_below(box->folder, from))
			continue;
		GPtrArray *parts = g_ptr_array_new();
		struct am_folder *path;
		for (size_t k = 0; k < c->folder->depth; k++)
			g_ptr_array_add(parts,
			                (void *)(uintptr_t)c->folder->parts[k]);
		for (size_t k = from->depth; k < box->folder->depth; k++)
			g_ptr_array_add(
				parts,
				(void *)(uintptr_t)box->folder->parts[k]);
		r = am_folder_new(&path, (const char *const *)parts->pdata,
		                  parts->len, box->folder->role, err);
		g_ptr_array_free(parts, TRUE);
		if (r)
			break;
		g_array_append_val(c->ids, box->id);
		g_ptr_array_add(c->paths, path);
	}
	return r;
}

/* INBOX stays; what is in it goes to the new mailbox (RFC 9051 §6.3.6). */
static int move_inbox(void *user, struct am_archive_edit *edit,
                      struct am_error *err)
{
	struct change *c = user;
	int64_t id;
	uint32_t uid;

	int r = am_archive_edit_folder(edit, c->folder, &id, err);
	for (size_t i = 0; !r && i < c->inbox->n; i++) {
		r = am_archive_edit_move(edit, c->inbox->rows[i].placement, id,
		                         &uid, err);
		r = r == AM_END ? AM_OK : r;
	}
	return r;
}

/* What is to be renamed: a mailbox, or a name that others are below of and that
 * is none itself, as folders above others often are. */
struct renamed {
	const struct am_mailbox *box;   /* NULL: none */
	const struct am_folder *folder; /* in either case */
};

static bool find_renamed(struct am_vault *v, const struct am_mailboxes *boxes,
                         const char *name, struct renamed *out)
{
	size_t len = strlen(name), depth = am_vault_prefix(v) ? 0 : 1;
	struct am_folder *folder;

	*out = (struct renamed){.box = am_boxes_find(boxes, name)};
	if (out->box) {
		out->folder = am_folder_ref(out->box->folder);
		return true;
	}
	for (const char *p = name; *p; p++)
		depth += *p == '/';
	for (size_t i = 0; i < boxes->n && depth; i++) {
		const struct am_mailbox *box = &boxes->boxes[i];
		if (box->id <= 0 || strncmp(box->name, name, len) ||
		    box->name[len] != '/' || box->folder->depth <= depth)
			continue;
		if (am_folder_new(&folder,
		                  (const char *const *)box->folder->parts,
		                  depth, AM_ROLE_NONE, NULL))
			return false;
		out->folder = folder;
		return true;
	}
	return false;
}

static void rename_to(struct am_session *s, struct change *c,
                      const struct am_mailboxes *boxes,
                      const struct renamed *it, const char *to)
{
	struct am_error err = {0};
	bool inbox = it->box && it->box->role == AM_ROLE_INBOX;

	if (am_vault_of(s, to) != c->v) {
		am_no(s, "[CANNOT] not from one archive to another");
		return;
	}
	if (am_boxes_find(boxes, to)) {
		am_no(s, "[ALREADYEXISTS] it is there");
		return;
	}
	int r = am_vault_folder(c->v, to, &c->folder, &err);
	if (!r && is_below(c->folder, it->folder) && !inbox) {
		am_no(s, "[CANNOT] not below itself");
	} else if (!r && inbox) {
		r = am_vault_snap(c->v, it->box->id, &c->inbox, &err);
		if (!r)
			r = am_vault_edit(c->v, move_inbox, c, &err);
		am_snap_unref(&c->inbox);
		if (!r)
			am_ok(s, "moved");
	} else if (!r) {
		c->ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
		c->paths = g_ptr_array_new_with_free_func(unref_folder);
		r = plan(c, boxes, it->folder, &err);
		if (!r)
			r = am_vault_edit(c->v, do_rename, c, &err);
		if (!r)
			am_ok(s, "renamed");
		g_array_free(c->ids, TRUE);
		g_ptr_array_free(c->paths, TRUE);
	}
	if (r)
		am_no_error(s, &err);
	if (c->folder)
		am_folder_unref((const struct am_folder **)&c->folder);
}

AM_COMMAND(rename)
{
	struct change c = {.v = NULL};
	struct renamed it;

	(void)uid;
	if (n != 2) {
		am_bad(s, "RENAME takes two mailboxes");
		return;
	}
	char *from = am_arg_name(s, &args[0]);
	char *to = from ? am_arg_new_name(s, &args[1]) : NULL;
	if (to) {
		c.v = am_vault_of(s, from);
		struct am_mailboxes *boxes = am_vault_boxes(c.v);
		if (!find_renamed(c.v, boxes, from, &it))
			am_no(s, "[NONEXISTENT] no such mailbox");
		else if ((!it.box || am_is_real(s, it.box)) &&
		         am_may_write(s, c.v))
			rename_to(s, &c, boxes, &it, to);
		if (it.folder)
			am_folder_unref(&it.folder);
		am_boxes_unref(&boxes);
	}
	g_free(from);
	g_free(to);
}
