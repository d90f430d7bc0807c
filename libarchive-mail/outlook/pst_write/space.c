/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/space.h"

#include "base/writeback.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Which maps there are ([MS-PST] 2.2.2.7.2 to 2.2.2.7.6).  Since Outlook 2007
 * SP2 all but the allocation maps are unused, but their pages must be there.
 * The FPMap page has the place of the FMap page (ContinuMail's finding with
 * scanpst; the specification has it 512 bytes further on).
 */
enum {
	PMAP_EVERY = 8,
	FMAP_FROM = 128,
	FMAP_EVERY = 496,
	FPMAP_FROM = 8192,
	FPMAP_EVERY = 31744
};

enum { BACK_EVERY = 32 }; /* intervals that go to the disk at once */

unsigned am_pst_interval_pages(uint64_t k, uint8_t types[2])
{
	unsigned n = 0;

	if (k % PMAP_EVERY == 0)
		types[n++] = AM_PST_PAGE_PMAP;
	if (k >= FMAP_FROM && (k - FMAP_FROM) % FMAP_EVERY == 0)
		types[n++] = AM_PST_PAGE_FMAP;
	else if (k >= FPMAP_FROM && (k - FPMAP_FROM) % FPMAP_EVERY == 0)
		types[n++] = AM_PST_PAGE_FPMAP;
	return n;
}

void am_pst_page_seal(uint8_t *page, uint8_t type, uint64_t at, am_pst_bid bid)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	bool is_map = type >= AM_PST_PAGE_FMAP && type <= AM_PST_PAGE_FPMAP;
	const struct am_pst_page_trailer trailer = {
		.type = type,
		.type_again = type,
		.sig = is_map ? 0 : am_pst_sig(at, bid),
		.crc = am_pst_crc(page, g->page_trailer),
		.bid = is_map ? at : bid};

	am_pst_page_trailer_encode(g, &trailer, page + g->page_trailer);
}

static uint64_t interval_at(uint64_t k)
{
	return AM_PST_MAP_FIRST + k * AM_PST_INTERVAL;
}

static void set_bits(uint8_t *map, size_t at, size_t len)
{
	size_t from = at / AM_PST_UNIT;
	size_t to = (at + len + AM_PST_UNIT - 1) / AM_PST_UNIT;

	for (; from < to && from % 8; from++)
		map[from / 8] |= (uint8_t)(0x80 >> from % 8);
	for (; from + 8 <= to; from += 8)
		map[from / 8] = 0xff;
	for (; from < to; from++)
		map[from / 8] |= (uint8_t)(0x80 >> from % 8);
}

static uint64_t free_bytes(const uint8_t *map)
{
	unsigned taken = 0;

	for (size_t i = 0; i < AM_PST_PAGE_BODY; i++)
		taken += (unsigned)__builtin_popcount(map[i]);
	return (uint64_t)(8 * AM_PST_PAGE_BODY - taken) * AM_PST_UNIT;
}

/* A new interval: its map, and the pages behind it. */
static void enter(struct am_pst_space *space, uint64_t k)
{
	uint8_t types[2];
	unsigned n = am_pst_interval_pages(k, types);

	memset(space->buf, 0, AM_PST_INTERVAL);
	memset(space->now.map, 0, sizeof(space->now.map));
	space->now.interval = k;
	space->now.used = (size_t)(1 + n) * AM_PST_PAGE;
	set_bits(space->now.map, 0, space->now.used);
	for (unsigned i = 0; i < n; i++) {
		uint8_t *page = space->buf + (size_t)(1 + i) * AM_PST_PAGE;
		memset(page, 0xff, AM_PST_PAGE_BODY);
		am_pst_page_seal(page, types[i],
		                 interval_at(k) + (1 + i) * AM_PST_PAGE, 0);
	}
}

void am_pst_space_begin(struct am_pst_space *space, int fd, const char *path)
{
	*space = (struct am_pst_space){.fd = fd, .path = path};
	space->buf = g_malloc(AM_PST_INTERVAL);
	enter(space, 0);
}

void am_pst_space_clear(struct am_pst_space *space)
{
	g_free(space->buf);
	space->buf = NULL;
}

static int write_interval(struct am_pst_space *space, struct am_error *err)
{
	uint64_t at = interval_at(space->now.interval);
	size_t done = 0;

	memcpy(space->buf, space->now.map, AM_PST_PAGE_BODY);
	am_pst_page_seal(space->buf, AM_PST_PAGE_AMAP, at, 0);
	while (done < AM_PST_INTERVAL) {
		ssize_t got =
			pwrite(space->fd, space->buf + done,
		               AM_PST_INTERVAL - done, (off_t)(at + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s", space->path);
		done += (size_t)got;
	}
	/* The disk need not wait for the sync at the end. */
	if ((space->now.interval + 1) % BACK_EVERY == 0)
		am_write_back(space->fd,
		              at - (BACK_EVERY - 1) * AM_PST_INTERVAL,
		              (uint64_t)BACK_EVERY * AM_PST_INTERVAL);
	return AM_OK;
}

int am_pst_space_take(struct am_pst_space *space, size_t len, size_t align,
                      uint64_t *at, uint8_t **out, struct am_error *err)
{
	struct am_pst_space_mark *now = &space->now;
	size_t room = (len + AM_PST_UNIT - 1) / AM_PST_UNIT * AM_PST_UNIT;
	size_t from = (now->used + align - 1) / align * align;

	/* The first interval begins at a multiple of 512, and so do all. */
	if (from + room > AM_PST_INTERVAL) {
		int r = write_interval(space, err);
		if (r)
			return r;
		now->free += free_bytes(now->map);
		enter(space, now->interval + 1);
		from = (now->used + align - 1) / align * align;
	}
	set_bits(now->map, from, room);
	now->used = from + room;
	*at = interval_at(now->interval) + from;
	*out = space->buf + from;
	return AM_OK;
}

int am_pst_space_back(struct am_pst_space *space,
                      const struct am_pst_space_mark *mark,
                      struct am_error *err)
{
	if (space->now.interval != mark->interval) {
		ssize_t got = pread(space->fd, space->buf, AM_PST_INTERVAL,
		                    (off_t)interval_at(mark->interval));
		if (got < 0)
			return am_fail_sys(err, AM_FATAL, "%s", space->path);
		if (got != AM_PST_INTERVAL)
			return am_fail(err, AM_FATAL, AM_E_IO,
			               "%s: it shrank while it was written",
			               space->path);
	}
	space->now = *mark;
	memset(space->buf + mark->used, 0, AM_PST_INTERVAL - mark->used);
	return AM_OK;
}

int am_pst_space_end(struct am_pst_space *space, struct am_pst_header *header,
                     struct am_error *err)
{
	int r = write_interval(space, err);

	if (r)
		return r;
	header->amap_last = interval_at(space->now.interval);
	header->eof = header->amap_last + AM_PST_INTERVAL;
	header->amap_free = space->now.free + free_bytes(space->now.map);
	/* An interval that was given back may stand behind. */
	if (ftruncate(space->fd, (off_t)header->eof))
		return am_fail_sys(err, AM_FATAL, "%s", space->path);
	return AM_OK;
}

uint64_t am_pst_space_with(const struct am_pst_space *space, uint64_t more)
{
	/* The end of an interval may be too short for a piece. */
	const uint64_t lost = 8192, each = AM_PST_INTERVAL - 3 * AM_PST_PAGE;
	uint64_t here = AM_PST_INTERVAL - space->now.used;
	uint64_t end = interval_at(space->now.interval + 1);

	here = here > lost ? here - lost : 0;
	if (more <= here)
		return end;
	return end + ((more - here) / (each - lost) + 1) * AM_PST_INTERVAL;
}
