/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of numbers: lines of "+set" and "-set"; others are asked for.  What is
 * printed parses to the same ranges.  Small numbers are checked against a map.
 */
#include "wire/imap.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SMALL = 200 };

static void check(const struct am_imap_set *set, const bool *map)
{
	struct am_imap_set *again = am_imap_set_new();
	char out[40];
	size_t next = 0;
	uint64_t count = 0;
	uint32_t a, b, c, d, before = 0;

	while (!am_imap_set_print(set, &next, out, sizeof out))
		if (!memchr(out, '\0', sizeof out) ||
		    am_imap_set_parse(again, out, strlen(out), 0, NULL))
			abort();
	size_t n = am_imap_set_ranges(set);
	if (am_imap_set_ranges(again) != n)
		abort();
	for (size_t i = 0; i < n; i++) {
		am_imap_set_range(set, i, &a, &b);
		am_imap_set_range(again, i, &c, &d);
		if (a != c || b != d || a > b || !a ||
		    (i && a <= (uint64_t)before + 1))
			abort();
		before = b;
		count += (uint64_t)b - a + 1;
	}
	if (am_imap_set_count(set) != count)
		abort();
	for (uint32_t i = 1; i < SMALL; i++)
		if (am_imap_set_has(set, i) != map[i])
			abort();
	am_imap_set_free(&again);
}

static void mark(bool *map, const struct am_imap_set *set, bool value)
{
	for (uint32_t i = 1; i < SMALL; i++)
		if (am_imap_set_has(set, i))
			map[i] = value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_imap_set *set = am_imap_set_new();
	bool map[SMALL] = {false};
	const char *s = (const char *)data;

	while (len) {
		const char *nl = memchr(s, '\n', len);
		size_t n = nl ? (size_t)(nl - s) : len;
		struct am_imap_set *line = am_imap_set_new();
		bool add = n && *s == '+';
		if (n && am_imap_set_parse(line, s + 1, n - 1, 170, NULL) &&
		    add)
			add = false; /* what was before the error goes out */
		mark(map, line, add);
		size_t ranges = am_imap_set_ranges(line);
		for (size_t i = 0; i < ranges && n % 2; i++) {
			/* From the back, one by one. */
			uint32_t first, last;
			am_imap_set_range(line, ranges - 1 - i, &first, &last);
			if (add)
				am_imap_set_add(set, first, last);
			else
				am_imap_set_remove(set, first, last);
		}
		if (n % 2 == 0 && add)
			am_imap_set_add_all(set, line);
		else if (n % 2 == 0)
			am_imap_set_remove_all(set, line);
		am_imap_set_free(&line);
		n += nl != NULL;
		s += n;
		len -= n;
		if (len % 3 == 0)
			check(set, map);
	}
	check(set, map);
	am_imap_set_free(&set);
	return 0;
}
