/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/filed.h"
#include "index/query_run.h"

#include "model/folder.h"
#include "model/message.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/*
 * Folders, flags and keywords: from the copy beside the index where it has
 * them, else from the catalog.
 */

/* More changes since the copy than this: the catalog is asked for all. */
#define CHANGES_MAX 2000
/* Folder ids that a bit set is made for. */
#define FOLDERS_MAX (1 << 20)

struct asking {
	struct am_run_query *run;
	const struct am_node *node;
	struct am_filing filing;
	GByteArray *folders;
	bool some;     /* folders match */
	bool too_many; /* of them */
};

static int on_folder(void *user, int64_t id, const struct am_folder *folder,
                     uint64_t messages, uint64_t unseen, uint64_t bytes,
                     struct am_error *err)
{
	struct asking *a = user;

	(void)messages;
	(void)unseen;
	(void)bytes;
	(void)err;
	if (id < 0 || id >= FOLDERS_MAX) {
		a->too_many = true;
		return AM_OK;
	}
	guint byte = (guint)(id / 8), before = a->folders->len;
	if (byte >= before) {
		g_byte_array_set_size(a->folders, byte + 1);
		memset(a->folders->data + before, 0, byte + 1 - before);
	}
	if (!am_folder_matches(folder, a->node->folder))
		return AM_OK;
	a->some = true;
	a->folders->data[byte] |= (uint8_t)(1u << (id % 8));
	return AM_OK;
}

/* One message as it is filed now. */
struct now {
	const struct am_node *node;
	bool fits;
};

static int on_placement(void *user, const struct am_archive_placement *p,
                        struct am_error *err)
{
	struct now *now = user;
	uint32_t flags = p->meta->flags;

	(void)err;
	if (!p->gone &&
	    (flags & now->node->flags_set) == now->node->flags_set &&
	    !(flags & now->node->flags_unset) &&
	    (!now->node->folder ||
	     am_folder_matches(p->folder, now->node->folder)))
		now->fits = true;
	return AM_OK;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Messages touched since the copy: all of them, and those that fit.  AM_END:
 * too many. */
static int ask_changed(struct asking *a, GArray *all, GArray *fit)
{
	struct am_archive_change changes[256];
	uint64_t seq = am_filed_seq(a->run->index->filed);
	size_t got = 0;
	int r;

	while ((r = am_archive_changes(a->run->archive, seq, changes,
	                               AM_COUNT(changes), &got, a->run->err)) ==
	               AM_OK &&
	       got) {
		for (size_t i = 0; i < got; i++) {
			struct now now = {.node = a->node};
			uint32_t id = (uint32_t)changes[i].message;
			seq = changes[i].seq;
			if (changes[i].message < 1 ||
			    changes[i].message > a->run->index->state.last)
				continue;
			if (all->len == CHANGES_MAX)
				return AM_END;
			r = am_archive_placements(
				a->run->archive, changes[i].message,
				on_placement, &now, a->run->err);
			if (r)
				return r;
			g_array_append_val(all, id);
			if (now.fits)
				g_array_append_val(fit, id);
		}
	}
	g_array_sort(all, by_id);
	g_array_sort(fit, by_id);
	return r == AM_END ? AM_OK : r;
}

static int bits_of(struct am_run_query *run, const GArray *ids,
                   struct am_bits **out)
{
	*out = NULL;
	if (!ids->len)
		return AM_OK;
	*out = am_bits_new(run->index);
	return am_bits_mark(*out, run->index,
	                    (const uint32_t *)(const void *)ids->data, ids->len,
	                    run->err);
}

/* AM_END: the copy cannot answer this. */
static int from_copy(struct asking *a, struct am_xquery **out)
{
	struct am_run_query *run = a->run;
	struct am_index *index = run->index;
	struct am_bits *changed = NULL, *fits = NULL;
	GArray *all, *fit;
	int r = AM_OK;

	if (a->node->keyword)
		return AM_END;
	if (!index->filed)
		r = am_filed_open(&index->filed, index->path, &index->state,
		                  run->err);
	if (!r && a->node->folder)
		r = am_archive_folders(run->archive, on_folder, a, run->err);
	if (r || a->too_many)
		return r ? r : AM_END;
	if (a->node->folder && !a->some) {
		*out = am_xquery_none();
		return AM_OK;
	}
	all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	fit = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	r = ask_changed(a, all, fit);
	if (!r)
		r = bits_of(run, all, &changed);
	if (!r)
		r = bits_of(run, fit, &fits);
	if (r) {
		am_bits_free(index, &changed);
		am_bits_free(index, &fits);
	} else {
		a->filing.flags_set = a->node->flags_set;
		a->filing.flags_unset = a->node->flags_unset;
		if (a->node->folder) {
			/* An empty set is not the same as none. */
			a->filing.n_folders = a->folders->len;
			a->filing.folders = g_memdup2(a->folders->data,
			                              MAX(a->folders->len, 1));
			if (!a->filing.folders)
				a->filing.folders = g_new0(uint8_t, 1);
		}
		*out = am_source_filed(run->sources, &a->filing, changed, fits);
	}
	g_array_unref(all);
	g_array_unref(fit);
	return r;
}

static int from_catalog(struct am_run_query *run, const struct am_node *node,
                        struct am_xquery **out)
{
	struct am_archive_filter filter = {.folder = node->folder,
	                                   .keyword = node->keyword,
	                                   .flags_set = node->flags_set,
	                                   .flags_unset = node->flags_unset};
	int64_t *found = NULL;
	uint32_t *ids;
	size_t n = 0, kept = 0;
	int r = am_archive_select(run->archive, &filter, &found, &n, run->err);

	if (r)
		return r;
	ids = g_new(uint32_t, n + 1);
	for (size_t i = 0; i < n; i++)
		if (found[i] > 0 && found[i] <= UINT32_MAX)
			ids[kept++] = (uint32_t)found[i];
	g_free(found);
	*out = am_source_ids(run->sources, ids, kept);
	g_free(ids);
	return AM_OK;
}

int am_run_filed(struct am_run_query *run, const struct am_node *node,
                 struct am_xquery **out)
{
	struct asking a = {
		.run = run, .node = node, .folders = g_byte_array_new()};
	int r = from_copy(&a, out);

	g_byte_array_unref(a.folders);
	return r == AM_END ? from_catalog(run, node, out) : r;
}
