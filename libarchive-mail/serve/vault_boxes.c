/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders of the archive as names for the wire and back.
 *
 * '/' separates; where a folder's own name holds one, U+2215 stands for it. One
 * folder is INBOX: the one with that role or name, else the one without a name
 * (mail that came from a single file).  Names that would be the same get "~2".
 */
#include "model/folder.h"
#include "serve/vault_impl.h"
#include "store/archive_spots.h"

#include <string.h>

enum { NAME_MOST = 1000, DEPTH_MOST = 32 };

#define SLASH "\xE2\x88\x95" /* U+2215 */

struct list {
	struct am_vault *v;
	GArray *boxes; /* struct am_mailbox */
	GHashTable *names;
	int64_t inbox; /* its folder's id, or 0 */
};

static bool is_inbox(const char *part)
{
	return !g_ascii_strcasecmp(part, "INBOX");
}

static void add_part(GString *name, const char *part)
{
	char *valid = g_utf8_make_valid(part, -1);

	if (name->len)
		g_string_append_c(name, '/');
	for (const char *p = valid; *p; p++)
		if (*p == '/')
			g_string_append(name, SLASH);
		else
			g_string_append_c(name, *p);
	g_free(valid);
}

static char *name_of(struct list *list, const struct am_archive_box *box)
{
	const struct am_folder *f = box->folder;
	GString *name = g_string_new(list->v->prefix ? list->v->prefix : "");
	size_t from = 0;

	if (box->id == list->inbox) {
		add_part(name, "INBOX");
		from = f->depth;
	} else if (!f->depth) {
		add_part(name, "Unnamed");
	} else if (is_inbox(f->parts[0]) && f->depth > 1) {
		add_part(name, "INBOX");
		from = 1;
	}
	for (size_t i = from; i < f->depth; i++)
		add_part(name, f->parts[i]);
	size_t len = name->len;
	for (unsigned n = 2;
	     g_hash_table_contains(list->names, name->str) ||
	     (len == 5 && is_inbox(name->str) && box->id != list->inbox);
	     n++) {
		g_string_truncate(name, len);
		g_string_append_printf(name, "~%u", n);
		len = name->len - (n < 10 ? 2 : n < 100 ? 3 : 4);
	}
	return g_string_free(name, FALSE);
}

/* The best candidate so far: the role, the name, no name. */
static int find_inbox(void *user, const struct am_archive_box *box,
                      struct am_error *err)
{
	struct list *list = user;
	const struct am_folder *f = box->folder;

	(void)err;
	if (!list->inbox && f->depth == 1 && is_inbox(f->parts[0]))
		list->inbox = box->id;
	return AM_OK;
}

static int find_other_inbox(void *user, const struct am_archive_box *box,
                            struct am_error *err)
{
	struct list *list = user;

	(void)err;
	if (!list->inbox &&
	    (!box->folder->depth ||
	     (box->folder->depth == 1 && box->folder->role == AM_ROLE_INBOX)))
		list->inbox = box->id;
	return AM_OK;
}

static int add_box(void *user, const struct am_archive_box *b,
                   struct am_error *err)
{
	struct list *list = user;

	(void)err;
	struct am_mailbox box = {
		.id = b->id,
		.name = name_of(list, b),
		.folder = am_folder_ref(b->folder),
		.role = b->id == list->inbox ? AM_ROLE_INBOX : b->folder->role,
		/* Nobody said: shown. */
		.subscribed = !b->folder->unsubscribed,
		.uidvalidity = b->uidvalidity,
		.uidnext = b->uidnext,
		.messages = b->messages,
		.unseen = b->unseen,
		.changed = GPOINTER_TO_SIZE(g_hash_table_lookup(
			list->v->changed, GSIZE_TO_POINTER((gsize)b->id))),
	};
	if (b->id != list->inbox && box.role == AM_ROLE_INBOX)
		box.role = AM_ROLE_NONE;
	g_hash_table_add(list->names, box.name);
	g_array_append_val(list->boxes, box);
	return AM_OK;
}

/* Where a folder has the name, the virtual mailbox gets another. */
static void add_virtual(struct list *list)
{
	guint from = list->boxes->len;

	am_virtuals_list(list->v->virtuals, list->boxes);
	for (guint i = from; i < list->boxes->len; i++) {
		struct am_mailbox *box =
			&g_array_index(list->boxes, struct am_mailbox, i);
		const struct am_archive_box as = {.id = box->id,
		                                  .folder = box->folder};
		box->name = name_of(list, &as);
		g_hash_table_add(list->names, box->name);
	}
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct am_mailbox *x = a, *y = b;
	return strcmp(x->name, y->name);
}

int am_vault_read_boxes(struct am_vault *v, struct am_archive *archive,
                        struct am_mailboxes **out, struct am_error *err)
{
	struct list list = {.v = v};

	list.boxes = g_array_new(FALSE, FALSE, sizeof(struct am_mailbox));
	list.names = g_hash_table_new(g_str_hash, g_str_equal);
	int r = am_archive_boxes(archive, find_inbox, &list, err);
	if (!r)
		r = am_archive_boxes(archive, find_other_inbox, &list, err);
	if (!r)
		r = am_archive_boxes(archive, add_box, &list, err);
	if (!r && !list.inbox && !v->prefix) {
		static const char *const parts[] = {"INBOX"};
		struct am_folder *folder;
		r = am_folder_new(&folder, parts, 1, AM_ROLE_INBOX, err);
		struct am_mailbox box = {.name = g_strdup("INBOX"),
		                         .folder = r ? NULL : folder,
		                         .role = AM_ROLE_INBOX,
		                         .subscribed = true,
		                         .uidvalidity = 1,
		                         .uidnext = 1};
		g_array_append_val(list.boxes, box);
	}
	if (!r && v->virtuals)
		add_virtual(&list);
	g_array_sort(list.boxes, by_name);
	g_hash_table_destroy(list.names);
	struct am_mailboxes *boxes = g_new0(struct am_mailboxes, 1);
	boxes->refs = 1;
	boxes->n = list.boxes->len;
	boxes->boxes =
		(struct am_mailbox *)(void *)g_array_free(list.boxes, FALSE);
	if (r)
		am_boxes_unref(&boxes);
	*out = boxes;
	return r;
}

void am_boxes_unref(struct am_mailboxes **boxes)
{
	struct am_mailboxes *b = *boxes;

	*boxes = NULL;
	if (!b || !g_atomic_int_dec_and_test(&b->refs))
		return;
	for (size_t i = 0; i < b->n; i++) {
		g_free(b->boxes[i].name);
		if (b->boxes[i].folder)
			am_folder_unref(&b->boxes[i].folder);
	}
	g_free(b->boxes);
	g_free(b);
}

struct am_mailboxes *am_vault_boxes(struct am_vault *v)
{
	g_mutex_lock(&v->lock);
	struct am_mailboxes *boxes = v->boxes;
	g_atomic_int_inc(&boxes->refs);
	g_mutex_unlock(&v->lock);
	return boxes;
}

/* "inbox/x" is "INBOX/x". */
static char *canonical(const char *name)
{
	bool inbox = !g_ascii_strncasecmp(name, "INBOX", 5) &&
	             (!name[5] || name[5] == '/');

	return inbox ? g_strconcat("INBOX", name + 5, NULL) : g_strdup(name);
}

const struct am_mailbox *am_boxes_find(const struct am_mailboxes *boxes,
                                       const char *name)
{
	char *wanted = canonical(name);
	const struct am_mailbox *found = NULL;
	size_t low = 0, high = boxes->n;

	while (low < high && !found) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(boxes->boxes[middle].name, wanted);
		if (!c)
			found = &boxes->boxes[middle];
		else if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	g_free(wanted);
	return found;
}

/* ---- back ---- */

static bool is_fit(const char *part)
{
	if (!*part || !strcmp(part, ".") || !strcmp(part, ".."))
		return false;
	for (const char *p = part; *p; p++)
		if ((uint8_t)*p < 0x20 || *p == 0x7F)
			return false;
	return true;
}

static void add_parts(GPtrArray *parts, const struct am_folder *of)
{
	for (size_t i = 0; i < of->depth; i++)
		g_ptr_array_add(parts, g_strdup(of->parts[i]));
}

/* The longest beginning that is there gives its own parts. */
static const struct am_folder *parent_of(const struct am_mailboxes *boxes,
                                         const char *name, const char **rest)
{
	char *beginning = g_strdup(name);
	const struct am_folder *found = NULL;
	char *slash;

	*rest = name;
	while (!found && (slash = strrchr(beginning, '/'))) {
		*slash = '\0';
		const struct am_mailbox *box = am_boxes_find(boxes, beginning);
		if (box && box->folder->depth) {
			found = box->folder;
			*rest = name + (slash - beginning) + 1;
		}
	}
	g_free(beginning);
	return found;
}

int am_vault_folder(const struct am_vault *v, const char *name,
                    struct am_folder **out, struct am_error *err)
{
	struct am_mailboxes *boxes =
		am_vault_boxes((struct am_vault *)(uintptr_t)v);
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	char *whole = canonical(name);
	const char *rest = whole;
	enum am_role role = AM_ROLE_NONE;
	bool good =
		strlen(name) <= NAME_MOST && g_utf8_validate(name, -1, NULL);

	*out = NULL;
	const struct am_mailbox *there = am_boxes_find(boxes, name);
	const struct am_folder *parent = parent_of(boxes, whole, &rest);
	if (there) {
		add_parts(parts, there->folder);
		role = there->folder->role;
		rest = NULL;
	} else if (parent) {
		add_parts(parts, parent);
	} else if (v->prefix) {
		size_t len = strlen(v->prefix);
		good &= g_str_has_prefix(whole, v->prefix) && whole[len] == '/';
		if (good)
			rest = whole + len + 1;
	}
	char **names = g_strsplit(rest && good ? rest : "", "/", -1);
	for (char **n = names; *n; n++) {
		good &= is_fit(*n);
		g_ptr_array_add(parts, g_strdup(*n));
	}
	g_strfreev(names);
	if (parts->len == 1 && !there && !g_strcmp0(whole, "INBOX"))
		role = AM_ROLE_INBOX;
	good &= there || parts->len;
	int r = good && parts->len <= DEPTH_MOST
	                ? am_folder_new(out, (const char *const *)parts->pdata,
	                                parts->len, role, err)
	                : am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                          "that is no name for a mailbox");
	g_ptr_array_free(parts, TRUE);
	g_free(whole);
	am_boxes_unref(&boxes);
	return r;
}
