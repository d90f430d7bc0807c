/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst_folders.h"

#include "formats/mapi/own_names.h"

#include <glib.h>

/* What the making of them needs to know. */
struct making {
	struct am_pst_store *store;
	const struct am_pst_settings *set;
	char *const *within;
	const struct am_folder **folders;
};

/* Outside of what people see, folders are there for what is in them. */
static bool *folders_in_use(const struct making *s)
{
	size_t n = am_pst_store_n_folders(s->store);
	bool *used = g_new0(bool, n + 1);
	bool damaged;

	for (size_t i = n; i-- > 0;) {
		const struct am_pst_folder *f =
			am_pst_store_folder(s->store, i);
		const enum am_pst_which kinds[] = {
			AM_PST_LISTED, AM_PST_ASSOCIATED, AM_PST_UNLISTED};
		bool top = f->up == SIZE_MAX;
		used[i] |= !f->outside && !top;
		for (unsigned k = 0; !used[i] && k < AM_COUNT(kinds); k++) {
			am_pst_nid *items = NULL;
			size_t n_items = 0;
			if ((kinds[k] == AM_PST_ASSOCIATED &&
			     !s->set->associated) ||
			    (kinds[k] == AM_PST_UNLISTED && !s->set->deleted))
				continue;
			am_pst_store_items(s->store, i, kinds[k], &items,
			                   &n_items, &damaged, NULL);
			used[i] = n_items > 0 || damaged;
			g_free(items);
		}
		if (used[i] && !top)
			used[f->up] |=
				am_pst_store_folder(s->store, f->up)->up !=
				SIZE_MAX;
	}
	return used;
}

bool am_pst_is_ours(const struct am_pst_store *store)
{
	return !am_pst_store_n_messages(store) ||
	       am_mapi_name_id(am_pst_store_names(store), &am_own_original);
}

/* Every PST has its Deleted Items.  In one of ours that nobody named and that
 * holds nothing it stands for no folder of the mail's. */
static bool is_nobodys_trash(const struct making *s, size_t i)
{
	const enum am_pst_which kinds[] = {AM_PST_LISTED, AM_PST_ASSOCIATED,
	                                   AM_PST_UNLISTED};
	const struct am_pst_folder *f = am_pst_store_folder(s->store, i);
	bool any = false, damaged = false;

	if (f->role != AM_ROLE_TRASH || f->class || !am_pst_is_ours(s->store))
		return false;
	for (size_t k = 0; k < am_pst_store_n_folders(s->store); k++)
		any |= am_pst_store_folder(s->store, k)->up == i;
	for (unsigned k = 0; !any && k < AM_COUNT(kinds); k++) {
		am_pst_nid *items = NULL;
		size_t n = 0;
		am_pst_store_items(s->store, i, kinds[k], &items, &n, &damaged,
		                   NULL);
		any = n || damaged;
		g_free(items);
	}
	return !any;
}

/* A path that no folder before it has: two of one name become two. */
static int make_folder(const struct making *s, size_t i, GHashTable *taken,
                       struct am_error *err)
{
	const struct am_pst_folder *f = am_pst_store_folder(s->store, i);
	GPtrArray *parts = g_ptr_array_new();
	struct am_folder *folder = NULL;
	char *own = NULL, *text = NULL;
	unsigned n = 1;
	bool named = f->up != SIZE_MAX || (f->outside && f->nid != 0x122);
	int r;

	for (char *const *p = s->within;
	     *p && !(f->up != SIZE_MAX && s->folders[f->up]); p++)
		g_ptr_array_add(parts, *p);
	/* The two roots are the root of the source, and have no names. */
	if (f->up != SIZE_MAX) {
		const struct am_folder *up = s->folders[f->up];
		for (size_t k = 0; up && k < up->depth; k++)
			g_ptr_array_add(parts, (char *)(uintptr_t)up->parts[k]);
		g_ptr_array_add(parts, f->name);
	} else if (named) {
		g_ptr_array_add(parts, f->name); /* lost, in no other */
	}
	for (;;) {
		r = am_folder_new(&folder, (const char *const *)parts->pdata,
		                  parts->len, f->role, err);
		if (r)
			break;
		text = am_folder_print(folder);
		if (!named || !g_hash_table_contains(taken, text))
			break;
		const struct am_folder *again = folder;
		am_folder_unref(&again);
		g_free(text);
		g_free(own);
		own = g_strdup_printf("%s (%u)", f->name, ++n);
		parts->pdata[parts->len - 1] = own;
	}
	if (!r)
		g_hash_table_add(taken, text);
	g_free(own);
	g_ptr_array_free(parts, TRUE);
	s->folders[i] = folder;
	return r;
}

int am_pst_folders_make(const struct am_folder ***out,
                        struct am_pst_store *store,
                        const struct am_pst_settings *set, char *const *within,
                        struct am_error *err)
{
	size_t n = am_pst_store_n_folders(store);
	const struct making s = {store, set, within,
	                         g_new0(const struct am_folder *, n + 1)};
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool *used = folders_in_use(&s);
	int r = AM_OK;

	for (size_t i = 0; !r && i < n; i++)
		if ((used[i] && !is_nobodys_trash(&s, i)) ||
		    am_pst_store_folder(store, i)->up == SIZE_MAX)
			r = make_folder(&s, i, taken, err);
	/* The roots are not told of where nothing is in them. */
	for (size_t i = 0; !r && i < n; i++)
		if (!used[i])
			am_folder_unref(&s.folders[i]);
	g_free(used);
	g_hash_table_destroy(taken);
	*out = s.folders;
	return r;
}

int am_pst_folders_spare(const struct am_folder **out,
                         const struct am_folder *const *folders, size_t n,
                         char *const *within, const char *name,
                         struct am_error *err)
{
	guint depth = g_strv_length((char **)(uintptr_t)within);
	const char **parts = g_new0(const char *, depth + 2);
	int r = AM_OK;

	for (guint i = 0; i < depth; i++)
		parts[i] = within[i];
	for (unsigned twin = 1; !r; twin++) {
		char *own = twin > 1 ? g_strdup_printf("%s (%u)", name, twin)
		                     : g_strdup(name);
		struct am_folder *folder = NULL;
		bool taken = false;
		parts[depth] = own;
		r = am_folder_new(&folder, parts, depth + 1, AM_ROLE_NONE, err);
		g_free(own);
		for (size_t i = 0; !r && i < n; i++)
			taken |= folders[i] &&
			         am_folder_equal(folders[i], folder);
		*out = folder;
		if (!taken)
			break;
		am_folder_unref(out);
	}
	g_free(parts);
	return r;
}
