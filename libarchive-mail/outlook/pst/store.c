/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a store: one pass over the node tree tells which folders and messages
 * there are and where they hang; the folders are then put in order.
 */
#include "outlook/pst/store_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "model/ctx.h"
#include "model/folder.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst/guess.h"
#include "outlook/pst/rescue.h"

#include <glib.h>

#include <string.h>

enum {
	NID_STORE = 0x21,
	NID_NAMES = 0x61,
	NID_ROOT = 0x122,
	TYPE_FOLDER = 2,
	TYPE_MESSAGE = 4,
	TYPE_ASSOCIATED = 8
};

static int see_node(void *user, const struct am_pst_nbt_entry *entry,
                    struct am_error *err)
{
	struct am_pst_store *store = user;

	(void)err;
	switch (entry->nid & 0x1f) {
	case TYPE_FOLDER: {
		struct am_pst_folder folder = {.nid = entry->nid,
		                               .parent = entry->parent,
		                               .data = entry->data,
		                               .sub = entry->sub,
		                               .up = SIZE_MAX};
		g_array_append_val(store->folders, folder);
		break;
	}
	case TYPE_MESSAGE:
	case TYPE_ASSOCIATED: {
		/* Internal nodes have these types too, without a parent. */
		struct am_pst_child child = {entry->parent, entry->nid};
		if (entry->parent)
			g_array_append_val(store->children, child);
		break;
	}
	}
	return AM_OK;
}

static int see_bad(void *user, uint64_t at, const struct am_error *why)
{
	struct am_pst_store *store = user;

	(void)at;
	/* Of entries that all lead to the same wrong page once. */
	if (!store->lost->len ||
	    strcmp(store->lost->pdata[store->lost->len - 1], why->text) != 0)
		g_ptr_array_add(store->lost, g_strdup(why->text));
	return AM_OK;
}

static int by_parent(const void *a, const void *b)
{
	const struct am_pst_child *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

/* The node at the end of an entry id of this store. */
static am_pst_nid nid_of(const uint8_t *id, size_t len)
{
	struct am_cursor c = am_cursor(id, len);

	if (len != 24)
		return 0;
	c.at += 20;
	return am_get_le32(&c);
}

static am_pst_nid entry_id(const struct am_mapi_props *props, unsigned id)
{
	const struct am_mapi_prop *p = am_mapi_find(props, id);

	return p && p->data && am_mapi_type_of(p) == AM_MAPI_BINARY
	               ? nid_of(p->data, p->len)
	               : 0;
}

static void set_role(struct am_pst_store *store, am_pst_nid nid,
                     enum am_role role)
{
	for (guint i = 0; nid && i < store->folders->len; i++) {
		struct am_pst_folder *f =
			&g_array_index(store->folders, struct am_pst_folder, i);
		if (f->nid == nid && f->role == AM_ROLE_NONE)
			f->role = role;
	}
}

/* Drafts and the junk folder are named by the root or the inbox. */
static void take_further_roles(struct am_pst_store *store,
                               const struct am_mapi_props *props)
{
	const struct am_mapi_prop *p =
		am_mapi_find(props, AM_PR_FURTHER_ENTRYIDS);
	const uint8_t *id;
	size_t len;

	set_role(store, entry_id(props, AM_PR_DRAFTS_ENTRYID), AM_ROLE_DRAFTS);
	if (p && am_mapi_multi_at(p, 4, &id, &len))
		set_role(store, nid_of(id, len), AM_ROLE_JUNK);
}

static void read_store(struct am_pst_store *store)
{
	struct am_pst_nbt_entry node;
	struct am_mapi_props props;
	struct am_error err = {0};

	am_mapi_props_init(&props, store->arena);
	int r = am_pst_ndb_node(store->ndb, NID_STORE, &node, &err);
	if (!r)
		r = am_pst_pc_read(store->ndb, node.data, node.sub, &props,
		                   NULL, &err);
	if (r) {
		am_pst_ndb_damage(
			store->ndb, "pst.store",
			"the store's own properties cannot be read: %s",
			err.text);
		return;
	}
	int64_t codepage;
	if (am_mapi_int(&props, AM_PR_MESSAGE_CODEPAGE, &codepage) &&
	    codepage > 0)
		store->codepage = (unsigned)codepage;
	store->top = entry_id(&props, AM_PR_SUBTREE_ENTRYID);
	set_role(store, entry_id(&props, AM_PR_WASTEBASKET_ENTRYID),
	         AM_ROLE_TRASH);
	set_role(store, entry_id(&props, AM_PR_SENTMAIL_ENTRYID), AM_ROLE_SENT);
	take_further_roles(store, &props);
}

static void read_names(struct am_pst_store *store)
{
	enum { NAMES_MAX = 16 << 20 };
	struct am_pst_nbt_entry node;
	struct am_mapi_props props;
	struct am_error err = {0};
	uint8_t *stream[3] = {NULL, NULL, NULL};
	size_t len[3] = {0, 0, 0};

	am_mapi_props_init(&props, store->arena);
	int r = am_pst_ndb_node(store->ndb, NID_NAMES, &node, &err);
	if (!r)
		r = am_pst_pc_read(store->ndb, node.data, node.sub, &props,
		                   NULL, &err);
	for (unsigned i = 0; !r && i < 3; i++) {
		const struct am_mapi_prop *p = am_mapi_find(&props, 2 + i);
		struct am_pst_data data = {0};
		if (p && p->data) {
			stream[i] = g_memdup2(p->data, p->len);
			len[i] = p->len;
		} else if (p) {
			r = am_pst_data_open(&data, store->ndb, p->store, &err);
			if (!r)
				r = am_pst_data_all(&data, NAMES_MAX,
				                    &stream[i], &len[i], &err);
			am_pst_data_close(&data);
		}
	}
	if (r)
		am_pst_ndb_damage(store->ndb, "pst.names",
		                  "the names of properties cannot be read: %s",
		                  err.text);
	store->names = am_mapi_names_new(stream[0], len[0], stream[1], len[1],
	                                 stream[2], len[2]);
	for (unsigned i = 0; i < 3; i++)
		g_free(stream[i]);
}

static void read_folder(struct am_pst_store *store,
                        struct am_pst_folder *folder)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props props;
	struct am_error err = {0};

	am_mapi_props_init(&props, arena);
	props.codepage = store->codepage;
	am_pst_ndb_about(store->ndb, folder->nid);
	if (am_pst_pc_read(store->ndb, folder->data, folder->sub, &props, NULL,
	                   &err))
		am_pst_ndb_damage(store->ndb, "pst.folder",
		                  "folder 0x%x: its properties cannot be read: "
		                  "%s",
		                  folder->nid, err.text);
	const char *name = am_mapi_text(&props, AM_PR_DISPLAY_NAME);
	folder->name = name && *name
	                       ? g_strdup(name)
	                       : g_strdup_printf("folder %x", folder->nid);
	folder->class = g_strdup(am_mapi_text(&props, AM_PR_CONTAINER_CLASS));
	if (folder->nid == NID_ROOT)
		take_further_roles(store, &props);
	am_arena_free(&arena);
}

static int by_nid(const void *a, const void *b)
{
	const struct am_pst_folder *x = a, *y = b;

	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

/* Messages may be left of a folder that is lost itself: one without a name
 * takes its place. */
static void add_lost_folders(struct am_pst_store *store)
{
	guint n = store->folders->len;
	am_pst_nid last = 0;

	g_array_sort(store->folders, by_nid);
	for (guint i = 0; i < store->children->len; i++) {
		const struct am_pst_child *child =
			&g_array_index(store->children, struct am_pst_child, i);
		struct am_pst_folder lost = {.nid = child->parent,
		                             .up = SIZE_MAX};
		if (child->parent == last ||
		    (child->parent & 0x1f) != TYPE_FOLDER ||
		    (child->nid & 0x1f) != TYPE_MESSAGE)
			continue;
		last = child->parent;
		/* What is added is beyond n, and wanted no more. */
		if (!n || !bsearch(&lost, store->folders->data, n, sizeof(lost),
		                   by_nid))
			g_array_append_val(store->folders, lost);
	}
}

/* The tree while it is put in order. */
struct ordering {
	const struct am_pst_folder *all;
	struct am_pst_child *by; /* children by parent; nid: index into all */
	bool *done;
	guint n;
	GArray *todo;   /* struct todo, a stack */
	GArray *sorted; /* struct am_pst_folder */
};

struct todo {
	guint i;
	size_t up;
	bool outside;
};

static void push_folder(struct ordering *o, guint i, size_t up, bool outside)
{
	struct todo todo = {i, up, outside};

	if (!o->done[i])
		g_array_append_val(o->todo, todo);
}

/* What is in this one, so that the first comes off the stack first. */
static void push_children(struct ordering *o, am_pst_nid parent, size_t up,
                          bool outside)
{
	size_t low = 0, high = o->n, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (o->by[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < o->n && o->by[end].parent == parent;)
		end++;
	while (end > low)
		push_folder(o, o->by[--end].nid, up, outside);
}

static void take_all(struct ordering *o)
{
	while (o->todo->len) {
		struct todo next =
			g_array_index(o->todo, struct todo, o->todo->len - 1);
		struct am_pst_folder folder = o->all[next.i];
		g_array_set_size(o->todo, o->todo->len - 1);
		if (o->done[next.i])
			continue;
		o->done[next.i] = true;
		folder.up = next.up;
		folder.outside = next.outside;
		g_array_append_val(o->sorted, folder);
		push_children(o, folder.nid, o->sorted->len - 1,
		              folder.outside);
	}
}

static void take_tree(struct ordering *o, am_pst_nid nid, bool outside)
{
	for (guint i = 0; nid && i < o->n; i++)
		if (o->all[i].nid == nid)
			push_folder(o, i, SIZE_MAX, outside);
	take_all(o);
}

/* The mailbox of an OST: its store does not say which folder is the top of what
 * people see; in all that were looked at the nodes are the same, whatever the
 * language of the names that are shown. */
static void take_mailbox(struct am_pst_store *store)
{
	enum { TOP = 0x2142, TRASH = 0x2162, INBOX = 0x2182, SENT = 0x21c2 };

	for (guint i = 0; i < store->folders->len; i++) {
		const struct am_pst_folder *f =
			&g_array_index(store->folders, struct am_pst_folder, i);
		if (f->nid == TOP && !strcmp(f->name, "IPM_SUBTREE"))
			store->top = TOP;
	}
	if (!store->top)
		return;
	for (guint i = 0; i < store->folders->len; i++) {
		struct am_pst_folder *f =
			&g_array_index(store->folders, struct am_pst_folder, i);
		if (f->parent != TOP || f->role != AM_ROLE_NONE)
			continue;
		f->role = f->nid == TRASH   ? AM_ROLE_TRASH
		          : f->nid == INBOX ? AM_ROLE_INBOX
		          : f->nid == SENT  ? AM_ROLE_SENT
		                            : AM_ROLE_NONE;
	}
}

/* Depth first, a level in the order of node ids: what people see, then what is
 * beside it.  What hangs on nothing (or in a circle) comes last and begins a
 * tree of its own. */
static void order_folders(struct am_pst_store *store)
{
	guint n = store->folders->len;
	struct ordering o = {
		&g_array_index(store->folders, struct am_pst_folder, 0),
		g_new(struct am_pst_child, n),
		g_new0(bool, n),
		n,
		g_array_new(FALSE, FALSE, sizeof(struct todo)),
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_folder))};

	for (guint i = 0; i < n; i++)
		o.by[i] = (struct am_pst_child){o.all[i].parent, i};
	qsort(o.by, n, sizeof(*o.by), by_parent);
	take_tree(&o, store->top, false);
	take_tree(&o, NID_ROOT, o.sorted->len != 0);
	for (guint i = 0; i < n; i++) {
		if (o.done[i])
			continue;
		am_pst_ndb_note(store->ndb, "pst.folder-lost",
		                "folder 0x%x hangs in no other", o.all[i].nid);
		push_folder(&o, i, SIZE_MAX, true);
		take_all(&o);
	}
	g_free(o.by);
	g_free(o.done);
	g_array_free(o.todo, TRUE);
	g_array_free(store->folders, TRUE);
	store->folders = o.sorted;
}

/* What nothing in the file says, the name may. */
static void guess_roles(struct am_pst_store *store)
{
	unsigned have = 0;

	for (guint i = 0; i < store->folders->len; i++)
		have |= 1u << g_array_index(store->folders,
		                            struct am_pst_folder, i)
		                      .role;
	for (guint i = 0; i < store->folders->len; i++) {
		struct am_pst_folder *f =
			&g_array_index(store->folders, struct am_pst_folder, i);
		if (f->up != 0 || f->role != AM_ROLE_NONE)
			continue;
		enum am_role role = am_role_guess(f->name);
		if (role != AM_ROLE_NONE && !(have & 1u << role)) {
			f->role = role;
			have |= 1u << role;
		}
	}
}

int am_pst_store_open(struct am_pst_store **out, const char *path,
                      unsigned codepage, struct am_ctx *ctx,
                      struct am_error *err)
{
	struct am_pst_store *store = g_new0(struct am_pst_store, 1);
	const struct am_pst_node_visitor visitor = {see_node, see_bad, store};

	store->arena = am_arena_new();
	store->codepage = codepage;
	store->folders =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_folder));
	store->children =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_child));
	store->lost = g_ptr_array_new_with_free_func(g_free);
	store->beside = g_path_get_dirname(path);
	int r = am_pst_ndb_open(&store->ndb, path, ctx, err);
	if (!r)
		r = am_pst_ndb_each(store->ndb, &visitor, err);
	if (!r && store->lost->len)
		r = am_pst_rescue_each(store->ndb, store->lost->pdata[0],
		                       see_node, store, err);
	g_array_sort(store->children, by_parent);
	if (!r)
		add_lost_folders(store);
	if (!r && !store->folders->len)
		r = am_fail(err, AM_FATAL, AM_E_FORMAT,
		            "%s: no folder can be found in it%s%s", path,
		            store->lost->len ? ": " : "",
		            store->lost->len ? (char *)store->lost->pdata[0]
		                             : "");
	if (r) {
		am_pst_store_close(&store);
		return AM_FATAL;
	}
	am_pst_ndb_about(store->ndb, NID_NAMES);
	read_names(store);
	am_pst_ndb_about(store->ndb, NID_STORE);
	read_store(store);
	am_pst_ndb_about(store->ndb, 0);
	if (!store->codepage)
		store->codepage =
			am_pst_ndb_header(store->ndb)->kind == AM_PST_ANSI
				? am_pst_guess_codepage(store)
				: 1252;
	for (guint i = 0; i < store->folders->len; i++)
		read_folder(store, &g_array_index(store->folders,
		                                  struct am_pst_folder, i));
	am_pst_ndb_about(store->ndb, 0);
	if (!store->top)
		take_mailbox(store);
	order_folders(store);
	guess_roles(store);
	*out = store;
	return AM_OK;
}

struct am_pst_store *am_pst_store_again(const struct am_pst_store *store)
{
	struct am_pst_store *again = g_memdup2(store, sizeof(*store));

	again->borrowed = true;
	again->ndb = am_pst_ndb_again(store->ndb);
	return again;
}

void am_pst_store_close(struct am_pst_store **store)
{
	struct am_pst_store *s = *store;

	*store = NULL;
	if (!s)
		return;
	if (s->borrowed) {
		am_pst_ndb_close(&s->ndb);
		g_free(s);
		return;
	}
	for (guint i = 0; i < s->folders->len; i++) {
		struct am_pst_folder *f =
			&g_array_index(s->folders, struct am_pst_folder, i);
		g_free(f->name);
		g_free(f->class);
	}
	g_array_free(s->folders, TRUE);
	g_array_free(s->children, TRUE);
	g_ptr_array_free(s->lost, TRUE);
	am_mapi_names_free(&s->names);
	am_pst_ndb_close(&s->ndb);
	am_arena_free(&s->arena);
	g_free(s->beside);
	g_free(s);
}
