/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directory ([MS-CFB] 2.6): entries of 128 bytes; those of a storage hang
 * together as a red-black tree.  It is walked once, each entry taken the first
 * time it is come upon, so that neither order nor cycles matter; lookups are
 * done in a list of our own.
 */
#include "outlook/cfb/cfb_impl.h"

#include "base/arena.h"

#include <glib.h>

#include <string.h>

/* What is needed of an entry but until the tree was walked. */
struct links {
	uint32_t left, right, child;
	uint32_t up; /* the storage it is in; AM_CFB_NONE: none yet */
};

static const char *name_of(struct am_arena *arena,
                           const struct am_cfb_dirent *entry)
{
	GString *text = g_string_new(NULL);
	size_t n = MIN(entry->name_len / 2, AM_CFB_NAME);

	for (size_t i = 0; i < n && entry->name[i]; i++) {
		gunichar c = entry->name[i];
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n &&
		    entry->name[i + 1] >= 0xdc00 && entry->name[i + 1] < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) +
			    (entry->name[++i] - 0xdc00u);
		else if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		g_string_append_unichar(text, c);
	}
	char *name = am_arena_strndup(arena, text->str, text->len);
	g_string_free(text, TRUE);
	return name;
}

static void take_entry(struct am_cfb *cfb, const uint8_t *bytes,
                       struct am_cfb_entry *out, struct links *links)
{
	static const uint8_t none[16];
	struct am_cfb_dirent e;

	am_cfb_dirent_decode(&e, bytes);
	out->type = (enum am_cfb_type)e.type;
	out->start = e.start;
	/* Version 3 writes what it likes into the upper half. */
	out->size = cfb->header.major < 4 ? e.size & 0xffffffff : e.size;
	if (e.type)
		out->name = name_of(cfb->arena, &e);
	if (memcmp(e.clsid, none, 16) != 0)
		out->clsid = (const uint8_t *)am_arena_strndup(
			cfb->arena, (const char *)e.clsid, 16);
	*links = (struct links){e.left, e.right, e.child, AM_CFB_NONE};
}

static void damage(struct am_cfb *cfb, uint32_t entry, const char *what)
{
	if (!cfb->damage) /* the first will do */
		am_cfb_damaged(cfb,
		               "its directory is damaged: %s, entry %" PRIu32,
		               what, entry);
}

/* An entry that is said to be in a storage. */
struct claim {
	uint32_t storage, entry;
};

/* NULL when it may be taken. */
static const char *refuse(const struct am_cfb *cfb, const struct links *links,
                          uint32_t i)
{
	if (i >= cfb->n_entries)
		return "it ends before";
	if (links[i].up != AM_CFB_NONE)
		return "it comes twice";
	if (cfb->entries[i].type != AM_CFB_STORAGE &&
	    cfb->entries[i].type != AM_CFB_STREAM)
		return "neither storage nor stream";
	return NULL;
}

static void claim(GArray *stack, uint32_t storage, uint32_t entry)
{
	struct claim one = {storage, entry};

	if (entry != AM_CFB_NONE)
		g_array_append_val(stack, one);
}

/* Everything below the root, each entry once. */
static void walk(struct am_cfb *cfb, struct links *links)
{
	GArray *stack = g_array_new(FALSE, FALSE, sizeof(struct claim));

	links[0].up = 0;
	claim(stack, 0, links[0].child);
	while (stack->len) {
		struct claim at =
			g_array_index(stack, struct claim, stack->len - 1);
		g_array_set_size(stack, stack->len - 1);
		const char *why = refuse(cfb, links, at.entry);
		if (why) {
			damage(cfb, at.entry, why);
			continue;
		}
		struct links *own = &links[at.entry];
		own->up = at.storage;
		claim(stack, at.storage, own->right);
		claim(stack, at.storage, own->left);
		if (cfb->entries[at.entry].type == AM_CFB_STORAGE)
			claim(stack, at.entry, own->child);
	}
	g_array_free(stack, TRUE);
	for (uint32_t i = 1; i < cfb->n_entries; i++)
		if (links[i].up == AM_CFB_NONE && !refuse(cfb, links, i))
			damage(cfb, i, "it hangs nowhere");
}

static int by_name(const void *a, const void *b, void *user)
{
	const struct am_cfb_entry *list = user;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = g_ascii_strcasecmp(list[x].name, list[y].name);

	return order ? order : x < y ? -1 : x > y;
}

/* The children of each storage in a row, by name. */
static void list_children(struct am_cfb *cfb, const struct links *links)
{
	uint32_t at = 0;

	cfb->children = g_new(uint32_t, cfb->n_entries + 1);
	for (uint32_t i = 1; i < cfb->n_entries; i++)
		if (links[i].up != AM_CFB_NONE)
			cfb->entries[links[i].up].n_children++;
	for (uint32_t i = 0; i < cfb->n_entries; i++) {
		cfb->entries[i].first = at;
		at += cfb->entries[i].n_children;
		cfb->entries[i].n_children = 0;
	}
	for (uint32_t i = 1; i < cfb->n_entries; i++) {
		if (links[i].up == AM_CFB_NONE)
			continue;
		struct am_cfb_entry *up = &cfb->entries[links[i].up];
		cfb->children[up->first + up->n_children++] = i;
	}
	for (uint32_t i = 0; i < cfb->n_entries; i++)
		if (cfb->entries[i].n_children > 1)
			g_qsort_with_data(cfb->children + cfb->entries[i].first,
			                  (int)cfb->entries[i].n_children,
			                  sizeof(uint32_t), by_name,
			                  cfb->entries);
}

/* The entries of n sectors, as many as can be read. */
static void read_entries(struct am_cfb *cfb, const uint32_t *sectors,
                         uint32_t n, struct links *links)
{
	uint32_t per = (uint32_t)(cfb->sector / AM_CFB_DIRENT);
	uint8_t *bytes = g_malloc(cfb->sector);
	struct am_error why = {0};

	for (uint32_t i = 0; i < n; i++) {
		if (am_cfb_read(cfb, sectors[i], 0, bytes, cfb->sector, &why)) {
			am_cfb_damaged(cfb, "its directory is cut: %s",
			               why.text);
			break;
		}
		for (uint32_t k = 0; k < per; k++, cfb->n_entries++)
			take_entry(cfb, bytes + (size_t)k * AM_CFB_DIRENT,
			           &cfb->entries[cfb->n_entries],
			           &links[cfb->n_entries]);
	}
	g_free(bytes);
}

int am_cfb_read_directory(struct am_cfb *cfb, struct am_error *err)
{
	uint32_t per = (uint32_t)(cfb->sector / AM_CFB_DIRENT), n = 0;
	uint32_t most = AM_CFB_ENTRIES / per, *sectors = NULL;
	struct links *links = NULL;
	struct am_error why = {0};
	int r = am_cfb_chain(cfb, cfb->header.directory, most + 1, &sectors, &n,
	                     &why);

	/* A part of it is better than nothing. */
	if (r && n)
		am_cfb_damaged(cfb, "its directory is cut: %s", why.text);
	r = AM_OK;
	if (!n)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT, "no directory: %s",
		            *why.text ? why.text : "its chain is empty");
	else if (n > most)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "a directory of more than %d entries",
		            AM_CFB_ENTRIES);
	if (!r) {
		cfb->entries = g_new0(struct am_cfb_entry, n * per + 1);
		links = g_new0(struct links, n * per + 1);
		read_entries(cfb, sectors, n, links);
		if (!cfb->n_entries || cfb->entries[0].type != AM_CFB_ROOT)
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "its directory has no root at %" PRIu64,
			            am_cfb_offset(cfb, sectors[0]));
	}
	if (!r) {
		walk(cfb, links);
		list_children(cfb, links);
	}
	g_free(links);
	g_free(sectors);
	return r;
}

uint32_t am_cfb_find(const struct am_cfb *cfb, uint32_t storage,
                     const char *name)
{
	const struct am_cfb_entry *in = &cfb->entries[storage];
	uint32_t low = 0, high = in->n_children;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		uint32_t i = cfb->children[in->first + mid];
		int order = g_ascii_strcasecmp(cfb->entries[i].name, name);
		if (!order)
			return i;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return AM_CFB_NONE;
}
