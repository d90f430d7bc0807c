/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two B-trees of the node database ([MS-PST] 2.2.2.7.7): pages are checked
 * once as they come in, and levels must fall on the way down, so that no
 * cycle can hold us.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "outlook/pst/ndb_impl.h"
#include "outlook/pst/rescue.h"

#include <glib.h>

enum { LEVELS = 8 };

static int read_page(struct am_pst_ndb *ndb, const struct am_pst_bref *where,
                     enum am_pst_page_type type, const uint8_t **out,
                     struct am_error *err)
{
	const struct am_pst_geometry *g = ndb->g;
	struct am_pst_page *slot =
		&ndb->pages[(where->at / g->page) % AM_PST_PAGE_SLOTS];
	struct am_pst_page_trailer trailer;

	if (slot->at == where->at && slot->bytes) {
		*out = slot->bytes;
		am_pst_page_trailer_decode(g, &trailer,
		                           slot->bytes + g->page_trailer);
		if (trailer.type == type)
			return AM_OK;
	}
	if (where->at < g->header || ndb->size < g->page ||
	    where->at > ndb->size - g->page)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "page at offset %" PRIu64
		               " lies outside of the file (%" PRIu64 " bytes)",
		               where->at, ndb->size);
	if (!slot->bytes)
		slot->bytes = g_malloc(g->page);
	slot->at = 0;
	int r = am_file_read_all(ndb->file, where->at, slot->bytes, g->page,
	                         err);
	if (r)
		return r;
	am_pst_page_trailer_decode(g, &trailer, slot->bytes + g->page_trailer);
	if (trailer.type != type || trailer.type_again != type)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "page at offset %" PRIu64
		               " is of type %02x where %02x belongs",
		               where->at, trailer.type, (unsigned)type);
	if (trailer.crc != am_pst_crc(slot->bytes, g->page_trailer))
		am_pst_ndb_damage(ndb, "pst.page-checksum",
		                  "page at offset %" PRIu64
		                  ": its checksum is wrong",
		                  where->at);
	else if (trailer.bid != where->bid)
		am_pst_ndb_note(ndb, "pst.page-id",
		                "page at offset %" PRIu64 " is called %" PRIx64
		                ", not %" PRIx64,
		                where->at, trailer.bid, where->bid);
	slot->at = where->at;
	*out = slot->bytes;
	return AM_OK;
}

int am_pst_bt_page(struct am_pst_ndb *ndb, const struct am_pst_bref *where,
                   enum am_pst_page_type type, struct am_pst_bt_page *out,
                   struct am_error *err)
{
	const struct am_pst_geometry *g = ndb->g;
	int r = read_page(ndb, where, type, &out->bytes, err);

	if (r)
		return r;
	am_pst_bt_counts_decode(g, &out->counts, out->bytes + g->bt_counts);
	unsigned need = out->counts.level         ? g->bt_index
	                : type == AM_PST_PAGE_NBT ? g->bt_nbt
	                                          : g->bt_bbt;
	if (out->counts.level > LEVELS)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "page at offset %" PRIu64
		               " stands at level %u of its tree",
		               where->at, out->counts.level);
	if (out->counts.entry < need ||
	    (unsigned)out->counts.n * out->counts.entry > g->bt_counts)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "page at offset %" PRIu64
		               " cannot hold its %u entries of %u bytes",
		               where->at, out->counts.n, out->counts.entry);
	return AM_OK;
}

static uint64_t key_at(const struct am_pst_ndb *ndb,
                       const struct am_pst_bt_page *page,
                       enum am_pst_page_type type, unsigned i)
{
	struct am_cursor c =
		am_cursor(page->bytes + (size_t)i * page->counts.entry, 8);

	if (!ndb->g->wide)
		return am_get_le32(&c) & (type == AM_PST_PAGE_BBT ? ~1u : ~0u);
	uint64_t key = am_get_le64(&c);
	return type == AM_PST_PAGE_NBT ? (uint32_t)key : key & ~UINT64_C(1);
}

/* The last entry whose key is not above; n when there is none. */
static unsigned last_not_above(const struct am_pst_ndb *ndb,
                               const struct am_pst_bt_page *page,
                               enum am_pst_page_type type, uint64_t key)
{
	unsigned low = 0, high = page->counts.n;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		if (key_at(ndb, page, type, mid) <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : page->counts.n;
}

int am_pst_bt_find(struct am_pst_ndb *ndb, enum am_pst_page_type type,
                   uint64_t key, const uint8_t **out, struct am_error *err)
{
	struct am_pst_bref where =
		type == AM_PST_PAGE_NBT ? ndb->header.nbt : ndb->header.bbt;
	const char *what = type == AM_PST_PAGE_NBT ? "node" : "block";
	unsigned above = LEVELS + 1;

	for (;;) {
		struct am_pst_bt_page page;
		struct am_pst_bt_index down;
		int r = am_pst_bt_page(ndb, &where, type, &page, err);
		if (r)
			return r;
		if (page.counts.level >= above)
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "page at offset %" PRIu64
			               " lies below one of its own level",
			               where.at);
		above = page.counts.level;
		unsigned i = last_not_above(ndb, &page, type, key);
		if (i == page.counts.n ||
		    (!above && key_at(ndb, &page, type, i) != key))
			return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
			               "there is no %s 0x%" PRIx64, what, key);
		*out = page.bytes + (size_t)i * page.counts.entry;
		if (!above)
			return AM_OK;
		am_pst_bt_index_decode(ndb->g, &down, *out);
		where = down.child;
	}
}

int am_pst_ndb_node(struct am_pst_ndb *ndb, am_pst_nid nid,
                    struct am_pst_nbt_entry *out, struct am_error *err)
{
	struct am_error why = {0};
	const uint8_t *bytes;
	int r = am_pst_bt_find(ndb, AM_PST_PAGE_NBT, nid, &bytes, &why);

	if (!r)
		am_pst_nbt_entry_decode(ndb->g, out, bytes);
	else if (why.kind != AM_E_NOTFOUND &&
	         am_pst_rescue_node(ndb, nid, why.text, out))
		return AM_OK;
	if (r && err)
		*err = why;
	return r;
}

/* Where we are on one level of the tree. */
struct step {
	struct am_pst_bref where;
	unsigned next, level;
};

int am_pst_bt_each(struct am_pst_ndb *ndb, enum am_pst_page_type type,
                   const struct am_pst_page_visitor *visitor,
                   struct am_error *err)
{
	struct step path[LEVELS + 2];
	unsigned depth = 1;
	/* Falling levels end a cycle; this ends a tree whose pages are each
	 * named many times. */
	uint64_t pages = 0, most = ndb->size / ndb->g->page + 1;

	path[0] = (struct step){type == AM_PST_PAGE_NBT ? ndb->header.nbt
	                                                : ndb->header.bbt,
	                        0, LEVELS + 1};
	while (depth) {
		struct step *at = &path[depth - 1];
		struct am_pst_bt_page page;
		struct am_pst_bt_index down;
		struct am_error why = {0};
		int r = am_pst_bt_page(ndb, &at->where, type, &page, &why);
		if (!r && !at->next && ++pages > most)
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "the tree of %ss has more pages than "
			               "the file",
			               type == AM_PST_PAGE_NBT ? "node"
			                                       : "block");
		if (!r && !at->next && depth > 1 &&
		    page.counts.level >= path[depth - 2].level)
			r = am_fail(&why, AM_FAILED, AM_E_FORMAT,
			            "page at offset %" PRIu64
			            " lies below one of its own level",
			            at->where.at);
		if (r) {
			r = visitor->bad(visitor->user, at->where.at, &why);
			if (r) {
				if (err)
					*err = why;
				return r;
			}
			depth--;
			continue;
		}
		at->level = page.counts.level;
		if (!at->next || !at->level)
			r = visitor->page(visitor->user, at->where.at, &page,
			                  err);
		if (r)
			return r;
		if (!at->level) {
			depth--;
		} else if (at->next == page.counts.n) {
			depth--;
		} else {
			am_pst_bt_index_decode(
				ndb->g, &down,
				page.bytes +
					(size_t)at->next * page.counts.entry);
			at->next++;
			path[depth++] = (struct step){down.child, 0, 0};
		}
	}
	return AM_OK;
}

struct node_walk {
	struct am_pst_ndb *ndb;
	const struct am_pst_node_visitor *visitor;
};

static int visit_page(void *user, uint64_t at,
                      const struct am_pst_bt_page *page, struct am_error *err)
{
	const struct node_walk *w = user;
	int r = AM_OK;

	(void)at;
	for (unsigned i = 0; !r && !page->counts.level && i < page->counts.n;
	     i++) {
		struct am_pst_nbt_entry entry;
		am_pst_nbt_entry_decode(w->ndb->g, &entry,
		                        page->bytes +
		                                (size_t)i * page->counts.entry);
		r = w->visitor->node(w->visitor->user, &entry, err);
	}
	return r;
}

static int visit_bad(void *user, uint64_t at, const struct am_error *why)
{
	const struct node_walk *w = user;

	return w->visitor->bad(w->visitor->user, at, why);
}

int am_pst_ndb_each(struct am_pst_ndb *ndb,
                    const struct am_pst_node_visitor *visitor,
                    struct am_error *err)
{
	struct node_walk walk = {ndb, visitor};
	const struct am_pst_page_visitor pages = {visit_page, visit_bad, &walk};

	return am_pst_bt_each(ndb, AM_PST_PAGE_NBT, &pages, err);
}
