/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pages of the two trees: [MS-PST] 2.2.2.7.7. */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"
#include "base/file.h"

#include <string.h>

enum { LEVELS = 8, PAGE_MAX = 512 };

struct walk {
	struct am_pst_checker *c;
	enum am_pst_page_type type;
	const struct am_pst_tree_visitor *visitor;
	uint64_t pages; /* so far: more than the file can have is a knot */
	uint64_t last;  /* key of the entry before */
	bool any;
};

#define TELL(w, code, ...)                                            \
	do {                                                          \
		if (!(w)->visitor->quiet)                             \
			am_pst_finding((w)->c, 0, code, __VA_ARGS__); \
	} while (0)

static uint64_t key_at(const struct walk *w, const uint8_t *entry)
{
	struct am_cursor c = am_cursor(entry, 8);
	uint64_t key = am_get_le64(&c);

	return w->type == AM_PST_PAGE_NBT ? (uint32_t)key : key & ~UINT64_C(1);
}

/* false: there is nothing to go on with. */
static bool check_page(struct walk *w, const struct am_pst_bref *where,
                       const uint8_t *page, struct am_pst_bt_counts *counts)
{
	const struct am_pst_geometry *g = w->c->g;
	struct am_pst_page_trailer trailer;

	am_pst_page_trailer_decode(g, &trailer, page + g->page_trailer);
	if (trailer.type != w->type || trailer.type_again != w->type) {
		TELL(w, "page", "page at offset %" PRIu64 " is of type %02x",
		     where->at, trailer.type);
		return false;
	}
	if (trailer.crc != am_pst_crc(page, g->page_trailer))
		TELL(w, "page",
		     "page at offset %" PRIu64 ": its checksum is wrong",
		     where->at);
	if (trailer.bid != where->bid)
		TELL(w, "page",
		     "page at offset %" PRIu64 " is called 0x%" PRIx64
		     ", not 0x%" PRIx64,
		     where->at, trailer.bid, where->bid);
	if (trailer.bid >= w->c->ndb->header.next_page)
		TELL(w, "page",
		     "page at offset %" PRIu64
		     " has an id that was not given out",
		     where->at);
	if (trailer.sig != am_pst_sig(where->at, trailer.bid))
		TELL(w, "page",
		     "page at offset %" PRIu64 ": its signature is wrong",
		     where->at);
	am_pst_bt_counts_decode(g, counts, page + g->bt_counts);
	unsigned size = counts->level                ? g->bt_index
	                : w->type == AM_PST_PAGE_NBT ? g->bt_nbt
	                                             : g->bt_bbt;
	if (counts->entry != size || counts->max != g->bt_counts / size ||
	    counts->n > counts->max) {
		TELL(w, "page",
		     "page at offset %" PRIu64
		     " has %u of %u entries of %u bytes",
		     where->at, counts->n, counts->max, counts->entry);
		return false;
	}
	if (!counts->n)
		TELL(w, "page", "page at offset %" PRIu64 " is empty",
		     where->at);
	return counts->n != 0;
}

static bool read_page(struct walk *w, const struct am_pst_bref *where,
                      uint8_t *page)
{
	const struct am_pst_ndb *ndb = w->c->ndb;
	struct am_error err = {0};

	if (where->at % AM_PST_PAGE || where->at < AM_PST_MAP_FIRST ||
	    ndb->size < AM_PST_PAGE || where->at > ndb->size - AM_PST_PAGE) {
		TELL(w, "page",
		     "a page at offset %" PRIu64 ", which is no place",
		     where->at);
		return false;
	}
	if (am_file_read_all(ndb->file, where->at, page, AM_PST_PAGE, &err)) {
		TELL(w, "page", "page at offset %" PRIu64 ": %s", where->at,
		     err.text);
		return false;
	}
	return true;
}

struct step {
	struct am_pst_bref where;
	uint64_t key;
	bool has_key;
	unsigned next;
	struct am_pst_bt_counts counts;
	uint8_t page[PAGE_MAX];
};

/* A page for the first time; above: of which level the one above is. */
static bool enter(struct walk *w, struct step *s, unsigned above)
{
	uint64_t most = w->c->ndb->size / AM_PST_PAGE + 1;

	if (++w->pages > most || !read_page(w, &s->where, s->page))
		return false;
	if (w->visitor->page)
		w->visitor->page(w->visitor->user, &s->where);
	if (!check_page(w, &s->where, s->page, &s->counts))
		return false;
	if (s->counts.level >= LEVELS ||
	    (s->has_key && s->counts.level + 1u != above)) {
		TELL(w, "page",
		     "page at offset %" PRIu64 " is of level %u below %u",
		     s->where.at, s->counts.level, above);
		return false;
	}
	if (s->has_key && key_at(w, s->page) != s->key)
		TELL(w, "page",
		     "page at offset %" PRIu64 " begins with 0x%" PRIx64
		     ", the one above says 0x%" PRIx64,
		     s->where.at, key_at(w, s->page), s->key);
	return true;
}

static int visit_leaf(struct walk *w, const struct step *s,
                      struct am_error *err)
{
	int r = AM_OK;

	for (unsigned i = 0; !r && i < s->counts.n; i++) {
		const uint8_t *entry = s->page + i * s->counts.entry;
		uint64_t key = key_at(w, entry);
		if (w->any && key <= w->last)
			TELL(w, "page",
			     "page at offset %" PRIu64 ": entry 0x%" PRIx64
			     " is not in order",
			     s->where.at, key);
		w->any = true;
		w->last = key;
		if (w->visitor->entry)
			r = w->visitor->entry(w->visitor->user, entry, err);
	}
	return r;
}

int am_pst_check_tree(struct am_pst_checker *c, enum am_pst_page_type type,
                      const struct am_pst_tree_visitor *visitor,
                      struct am_error *err)
{
	struct walk w = {.c = c, .type = type, .visitor = visitor};
	struct step *path = g_new0(struct step, LEVELS + 1);
	unsigned depth = 0;
	int r = AM_OK;

	path[0].where = type == AM_PST_PAGE_NBT ? c->ndb->header.nbt
	                                        : c->ndb->header.bbt;
	if (enter(&w, &path[0], LEVELS))
		depth = 1;
	while (!r && depth) {
		struct step *s = &path[depth - 1], *down = &path[depth];
		struct am_pst_bt_index index;
		if (!s->counts.level)
			r = visit_leaf(&w, s, err);
		if (!s->counts.level || s->next == s->counts.n) {
			depth--;
			continue;
		}
		am_pst_bt_index_decode(c->g, &index,
		                       s->page + s->next++ * c->g->bt_index);
		*down = (struct step){.where = index.child, .has_key = true};
		down->key = type == AM_PST_PAGE_NBT ? (uint32_t)index.key
		                                    : index.key & ~UINT64_C(1);
		if (enter(&w, down, s->counts.level))
			depth++;
	}
	g_free(path);
	return r;
}
