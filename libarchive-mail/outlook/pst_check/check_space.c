/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who owns which part of the file ([MS-PST] 2.2.2.7.2): every page and block
 * marks its units, no two the same ones, and the allocation maps must say what
 * was marked.  Done for a stretch of the file after the other, so that memory
 * does not grow with it; each block is read once.
 */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"
#include "base/file.h"

#include <string.h>

enum {
	STRETCH_INTERVALS = 16384, /* some 4 GB, of which the marks are 8 MB */
	BODY = AM_PST_PAGE_BODY
};

struct space {
	struct am_pst_checker *c;
	uint64_t first, n; /* intervals of this stretch */
	uint8_t *marks;    /* BODY bytes each */
	bool again;        /* not the first stretch */
	uint64_t free;     /* bytes, as the maps say */
	uint8_t block[AM_PST_PAGE * 18];
};

static uint64_t interval_at(uint64_t k)
{
	return AM_PST_MAP_FIRST + k * AM_PST_INTERVAL;
}

/* false: another stretch's, or it is no place. */
static bool mark(struct space *s, uint64_t at, uint64_t len, const char *what)
{
	uint64_t k = (at - AM_PST_MAP_FIRST) / AM_PST_INTERVAL;
	uint64_t from = (at - interval_at(k)) / AM_PST_UNIT;
	uint64_t to = from + (len + AM_PST_UNIT - 1) / AM_PST_UNIT;
	bool twice = false;

	if (k < s->first || k >= s->first + s->n)
		return false;
	if (to > 8 * BODY) {
		am_pst_finding(s->c, 0, "space",
		               "%s at offset %" PRIu64
		               " reaches into the next interval",
		               what, at);
		to = 8 * BODY;
	}
	uint8_t *map = s->marks + (k - s->first) * BODY;
	for (; from < to; from++) {
		uint8_t bit = (uint8_t)(0x80 >> from % 8);
		twice |= (map[from / 8] & bit) != 0;
		map[from / 8] |= bit;
	}
	if (twice)
		am_pst_finding(s->c, 0, "space",
		               "%s at offset %" PRIu64
		               " lies on what is another's",
		               what, at);
	return true;
}

static void mark_page(void *user, const struct am_pst_bref *where)
{
	struct space *s = user;

	if (mark(s, where->at, AM_PST_PAGE, "page"))
		s->c->result->pages++;
}

/* Its bytes are the ones that were written, and what stands behind them. */
static void check_block(struct space *s, const struct am_pst_bbt_entry *entry,
                        size_t room)
{
	const struct am_pst_geometry *g = s->c->g;
	struct am_pst_block_trailer trailer;
	struct am_error err = {0};
	uint64_t at = entry->block.at;

	s->c->result->blocks++;
	if (am_file_read_all(s->c->ndb->file, at, s->block, room, &err)) {
		am_pst_finding(s->c, 0, "block",
		               "block 0x%" PRIx64 " at offset %" PRIu64 ": %s",
		               entry->block.bid, at, err.text);
		return;
	}
	am_pst_block_trailer_decode(g, &trailer,
	                            s->block + room - g->block_trailer);
	if (trailer.crc != am_pst_crc(s->block, entry->stored))
		am_pst_finding(s->c, 0, "block",
		               "block 0x%" PRIx64 " at offset %" PRIu64
		               ": its checksum is wrong",
		               entry->block.bid, at);
	if (trailer.stored != entry->stored)
		am_pst_finding(s->c, 0, "block",
		               "block 0x%" PRIx64 " at offset %" PRIu64
		               " has %u bytes, its entry says %u",
		               entry->block.bid, at, trailer.stored,
		               entry->stored);
	if (trailer.bid != entry->block.bid)
		am_pst_finding(s->c, 0, "block",
		               "block at offset %" PRIu64
		               " is called 0x%" PRIx64 ", not 0x%" PRIx64,
		               at, trailer.bid, entry->block.bid);
	if (trailer.sig != am_pst_sig(at, trailer.bid))
		am_pst_finding(s->c, 0, "block",
		               "block 0x%" PRIx64 " at offset %" PRIu64
		               ": its signature is wrong",
		               entry->block.bid, at);
}

static int take_block(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct space *s = user;
	const struct am_pst_geometry *g = s->c->g;
	struct am_pst_bbt_entry entry;
	uint64_t size = s->c->ndb->size;

	(void)err;
	am_pst_bbt_entry_decode(g, &entry, bytes);
	size_t room =
		((size_t)entry.stored + g->block_trailer + AM_PST_UNIT - 1) /
		AM_PST_UNIT * AM_PST_UNIT;
	if (entry.stored > g->block_max || !entry.stored ||
	    entry.block.at % AM_PST_UNIT || entry.block.at < AM_PST_MAP_FIRST ||
	    room > size || entry.block.at > size - room) {
		if (!s->again)
			am_pst_finding(s->c, 0, "block",
			               "block 0x%" PRIx64
			               " of %u bytes at offset %" PRIu64
			               ", which is no place for it",
			               entry.block.bid, entry.stored,
			               entry.block.at);
		return AM_OK;
	}
	if (!s->again && (entry.block.bid & 1 ||
	                  entry.block.bid >= s->c->ndb->header.next_block + 2))
		am_pst_finding(s->c, 0, "block",
		               "block 0x%" PRIx64 " at offset %" PRIu64
		               " has an id that was not given out",
		               entry.block.bid, entry.block.at);
	if (mark(s, entry.block.at, room, "block"))
		check_block(s, &entry, room);
	return AM_OK;
}

static bool read_map(struct space *s, uint64_t at, uint8_t type, uint8_t *page)
{
	const struct am_pst_geometry *g = s->c->g;
	struct am_pst_page_trailer trailer;
	struct am_error err = {0};

	if (am_file_read_all(s->c->ndb->file, at, page, AM_PST_PAGE, &err)) {
		am_pst_finding(s->c, 0, "map", "map at offset %" PRIu64 ": %s",
		               at, err.text);
		return false;
	}
	am_pst_page_trailer_decode(g, &trailer, page + g->page_trailer);
	if (trailer.type != type || trailer.type_again != type ||
	    trailer.bid != at || trailer.sig ||
	    trailer.crc != am_pst_crc(page, g->page_trailer)) {
		am_pst_finding(s->c, 0, "map",
		               "map at offset %" PRIu64
		               ": not a map of type %02x, or its checksum is "
		               "wrong",
		               at, type);
		return false;
	}
	return true;
}

static void check_interval(struct space *s, uint64_t k)
{
	uint64_t at = interval_at(k);
	uint8_t page[AM_PST_PAGE], types[2];
	unsigned n = am_pst_interval_pages(k, types);
	unsigned lost = 0, loose = 0;
	const uint8_t *mine;

	for (unsigned i = 0; i < n; i++) {
		uint64_t where = at + (1 + i) * AM_PST_PAGE;
		if (read_map(s, where, types[i], page))
			s->c->result->pages++;
		mark(s, where, AM_PST_PAGE, "map");
	}
	mark(s, at, AM_PST_PAGE, "map");
	if (!read_map(s, at, AM_PST_PAGE_AMAP, page))
		return;
	s->c->result->pages++;
	mine = s->marks + (k - s->first) * BODY;
	for (unsigned i = 0; i < BODY; i++) {
		lost += (unsigned)__builtin_popcount(page[i] & ~mine[i] & 0xff);
		loose +=
			(unsigned)__builtin_popcount(mine[i] & ~page[i] & 0xff);
		s->free += (8 - (unsigned)__builtin_popcount(page[i])) *
		           (uint64_t)AM_PST_UNIT;
	}
	if (lost)
		am_pst_finding(s->c, 0, "map",
		               "map at offset %" PRIu64
		               ": %u units are taken and nobody's",
		               at, lost);
	if (loose)
		am_pst_finding(s->c, 0, "map",
		               "map at offset %" PRIu64
		               ": %u units are free and somebody's",
		               at, loose);
}

static int check_stretch(struct space *s, struct am_error *err)
{
	const struct am_pst_tree_visitor nodes = {
		.page = mark_page, .user = s, .quiet = s->again};
	const struct am_pst_tree_visitor blocks = {.page = mark_page,
	                                           .entry = take_block,
	                                           .user = s,
	                                           .quiet = s->again};

	memset(s->marks, 0, s->n * BODY);
	int r = am_pst_check_tree(s->c, AM_PST_PAGE_NBT, &nodes, err);
	if (!r)
		r = am_pst_check_tree(s->c, AM_PST_PAGE_BBT, &blocks, err);
	for (uint64_t k = s->first; !r && k < s->first + s->n; k++)
		check_interval(s, k);
	return r;
}

static void check_root(struct am_pst_checker *c, uint64_t intervals,
                       uint64_t free)
{
	const struct am_pst_header *h = &c->ndb->header;

	if (h->eof != c->ndb->size)
		am_pst_finding(c, 0, "header",
		               "the file has %" PRIu64
		               " bytes, its header says %" PRIu64,
		               c->ndb->size, h->eof);
	if (h->amap_valid != 2)
		am_pst_finding(c, 0, "header",
		               "the allocation maps are said to be no good "
		               "(%u)",
		               h->amap_valid);
	if (intervals && h->amap_last != interval_at(intervals - 1))
		am_pst_finding(c, 0, "header",
		               "the last map is said to be at offset %" PRIu64,
		               h->amap_last);
	if (h->amap_free != free)
		am_pst_finding(c, 0, "header",
		               "%" PRIu64
		               " bytes are free, the header says %" PRIu64,
		               free, h->amap_free);
}

int am_pst_check_space(struct am_pst_checker *c, struct am_error *err)
{
	uint64_t size = c->ndb->size, all;
	struct space *s = g_new0(struct space, 1);
	int r = AM_OK;

	all = size > AM_PST_MAP_FIRST
	              ? (size - AM_PST_MAP_FIRST) / AM_PST_INTERVAL
	              : 0;
	if (size < AM_PST_MAP_FIRST ||
	    (size - AM_PST_MAP_FIRST) % AM_PST_INTERVAL)
		am_pst_finding(c, 0, "header",
		               "a file of %" PRIu64
		               " bytes, which is no number of intervals",
		               size);
	s->c = c;
	s->marks = g_malloc(MIN(all, STRETCH_INTERVALS) * BODY + 1);
	while (!r && s->first < all) {
		s->n = MIN(all - s->first, STRETCH_INTERVALS);
		r = check_stretch(s, err);
		s->first += s->n;
		s->again = true;
	}
	if (!r)
		check_root(c, all, s->free);
	g_free(s->marks);
	g_free(s);
	return r;
}
