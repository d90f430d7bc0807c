/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/distance.h"

#include "index/tokens.h"

unsigned am_letters_distance(const gunichar *a, size_t n, const gunichar *b,
                             size_t m, unsigned most)
{
	unsigned rows[3][AM_WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	if (n > m + most || m > n + most)
		return most + 1;
	for (size_t k = 0; k <= m; k++)
		last[k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		unsigned least = row[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			unsigned same = a[i - 1] != b[k - 1];
			unsigned d = MIN(last[k - 1] + same,
			                 MIN(last[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1])
				d = MIN(d, before[k - 2] + 1);
			row[k] = d;
			least = MIN(least, d);
		}
		if (least > most)
			return most + 1;
		unsigned *free_row = before;
		before = last;
		last = row;
		row = free_row;
	}
	return last[m];
}
