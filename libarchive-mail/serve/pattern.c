/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/pattern.h"

#include <glib.h>

#include <string.h>

/*
 * All places of the pattern that the name can have come to, a byte at a time.
 * A wildcard that may stand for nothing is passed at once.
 */
static void reach(const char *pattern, bool *at, size_t i)
{
	while (!at[i]) {
		at[i] = true;
		if (pattern[i] != '*' && pattern[i] != '%')
			return;
		i++;
	}
}

bool am_pattern_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);
	bool *now = g_new0(bool, n + 1), *next = g_new0(bool, n + 1);
	bool *const one = now, *const other = next;

	reach(pattern, now, 0);
	for (const char *c = name; *c; c++) {
		memset(next, 0, n + 1);
		for (size_t i = 0; i < n; i++) {
			if (!now[i])
				continue;
			if (pattern[i] == '*' ||
			    (pattern[i] == '%' && *c != '/'))
				reach(pattern, next, i);
			else if (pattern[i] == *c && pattern[i] != '%')
				reach(pattern, next, i + 1);
		}
		bool *swap = now;
		now = next;
		next = swap;
	}
	bool matches = now[n];
	g_free(one);
	g_free(other);
	return matches;
}
