/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/space.h"

#include "base/file.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <unistd.h>

/* By their places in the file, which the specification and others give. */
Test(space, where_the_maps_are)
{
	static const struct {
		uint64_t at; /* of the page */
		uint8_t type;
	} list[] = {{0x4600, AM_PST_PAGE_PMAP},
	            {0x4600 + 2031616, AM_PST_PAGE_PMAP},
	            {0x1f04800, AM_PST_PAGE_FMAP},
	            {0x1f04800 + 125960192, AM_PST_PAGE_FMAP},
	            {0x7c004800, AM_PST_PAGE_FPMAP},
	            {0x7c004800 + UINT64_C(31744) * 253952, AM_PST_PAGE_FPMAP}};
	for (unsigned i = 0; i < AM_COUNT(list); i++) {
		uint64_t k = (list[i].at - AM_PST_MAP_FIRST) / AM_PST_INTERVAL;
		uint64_t in = (list[i].at - AM_PST_MAP_FIRST) % AM_PST_INTERVAL;
		uint8_t types[2] = {0, 0};
		unsigned n = am_pst_interval_pages(k, types);
		cr_assert(n >= in / 512 && in % 512 == 0);
		cr_expect(types[in / 512 - 1] == list[i].type, "%" PRIx64,
		          list[i].at);
	}
	/* None has both. */
	unsigned fmaps = 0, fpmaps = 0;
	for (uint64_t k = 0; k < 200000; k++) {
		uint8_t types[2] = {0, 0};
		unsigned n = am_pst_interval_pages(k, types);
		cr_assert(n < 2 || types[0] == AM_PST_PAGE_PMAP);
		fmaps += n == 2 && types[1] == AM_PST_PAGE_FMAP;
		fpmaps += n == 2 && types[1] == AM_PST_PAGE_FPMAP;
	}
	cr_expect(fmaps == (200000 - 128 + 495) / 496);
	cr_expect(fpmaps == 7);
}

static void take(struct am_pst_space *space, size_t len, size_t align, int fill,
                 uint64_t *at)
{
	uint64_t most = am_pst_space_with(space, 8192);
	uint8_t *bytes;

	cr_assert(am_pst_space_take(space, len, align, at, &bytes, NULL) == 0);
	cr_expect(*at % align == 0 && *at + len <= most);
	cr_expect((*at - 0x4400) / 253952 == (*at + len - 1 - 0x4400) / 253952);
	for (size_t k = 0; k < len; k++)
		cr_assert(!bytes[k]);
	memset(bytes, fill, len);
}

/* The same pieces; with detours, of which there must be no trace. */
static uint8_t *fill_file(bool detours, size_t *len, uint64_t *taken,
                          struct am_pst_header *header)
{
	struct am_pst_space space;
	uint64_t at, last = 0;
	uint32_t x = 99;
	int fd;

	cr_assert(am_file_temp(&fd, NULL, NULL) == 0);
	am_pst_space_begin(&space, fd, "x");
	*taken = 0;
	for (unsigned i = 0; i < 600; i++) {
		struct am_pst_space_mark mark = space.now;
		x = x * 1664525 + 1013904223;
		size_t piece = (x >> 8) % 8192 + 1;
		for (unsigned k = 0; detours && k < i % 80; k++)
			take(&space, 8000, 64, 0xff, &at);
		if (detours)
			cr_assert(am_pst_space_back(&space, &mark, NULL) == 0);
		take(&space, piece, x >> 30 ? 64 : 512, 0x5a, &at);
		cr_expect(at > last);
		last = at;
		*taken += (piece + 63) / 64 * 64;
	}
	cr_assert(am_pst_space_end(&space, header, NULL) == 0);
	*len = (size_t)lseek(fd, 0, SEEK_END);
	uint8_t *bytes = g_malloc(*len);
	cr_assert(pread(fd, bytes, *len, 0) == (ssize_t)*len);
	am_pst_space_clear(&space);
	close(fd);
	return bytes;
}

/* Pieces never cross, what is said to be free is, and going back is as if one
 * had not gone. */
Test(space, taking_and_giving_back)
{
	struct am_pst_header header;
	uint64_t taken;
	size_t len[2];
	uint8_t *plain = fill_file(false, &len[0], &taken, &header);
	uint64_t n = (len[0] - 0x4400) / 253952, maps = n + (n + 7) / 8;
	cr_expect(n > 5);
	cr_expect(header.eof == len[0]);
	cr_expect(header.amap_last + 253952 == len[0]);
	cr_expect(header.amap_free == n * 253952 - taken - maps * 512);
	uint8_t *detours = fill_file(true, &len[1], &taken, &header);
	cr_assert(len[0] == len[1]);
	cr_expect(!memcmp(plain, detours, len[0]));
	g_free(plain);
	g_free(detours);
}
