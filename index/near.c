/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/near.h"

/* One after the other: for each place of the first, the next ones as early as
 * can be; starting later never reaches less far. */
static bool in_a_row(const struct am_near *near)
{
	size_t next[AM_NEAR_MAX] = {0};

	for (size_t i = 0; i < near->n[0]; i++) {
		uint32_t first = near->at[0][i], last = first;
		for (size_t w = 1; w < near->words; w++) {
			while (next[w] < near->n[w] &&
			       near->at[w][next[w]] <= last)
				next[w]++;
			if (next[w] == near->n[w])
				return false;
			last = near->at[w][next[w]];
		}
		if (last - first <= near->distance)
			return true;
	}
	return false;
}

/* The window from the least to the greatest of one place each; the least moves
 * on until it is narrow enough. */
static bool in_a_window(const struct am_near *near)
{
	size_t next[AM_NEAR_MAX] = {0};

	for (;;) {
		size_t least = 0;
		uint32_t low = UINT32_MAX, high = 0;
		for (size_t w = 0; w < near->words; w++) {
			if (next[w] == near->n[w])
				return false;
			uint32_t at = near->at[w][next[w]];
			if (at < low) {
				low = at;
				least = w;
			}
			high = at > high ? at : high;
		}
		if (high - low <= near->distance)
			return true;
		next[least]++;
	}
}

bool am_near_holds(const struct am_near *near)
{
	return near->in_order ? in_a_row(near) : in_a_window(near);
}
