/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/subject.h"

#include <glib.h>

#include <string.h>

static bool take_prefix(const char *p, const char *word, const char **out)
{
	size_t len = strlen(word);

	if (g_ascii_strncasecmp(p, word, len))
		return false;
	p += len;
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p == '[') { /* a blob */
		p = strchr(p, ']');
		if (!p)
			return false;
		p++;
		while (*p == ' ' || *p == '\t')
			p++;
	}
	if (*p != ':')
		return false;
	*out = p + 1;
	return true;
}

static bool strip_leader(const char **p, bool *is_reply)
{
	const char *next;

	while (**p == ' ' || **p == '\t')
		(*p)++;
	if (take_prefix(*p, "re", &next) || take_prefix(*p, "fwd", &next) ||
	    take_prefix(*p, "fw", &next)) {
		*p = next;
		*is_reply = true;
		return true;
	}
	if (**p == '[') {
		const char *close = strpbrk(*p + 1, "[]");
		if (!close || *close != ']')
			return false;
		const char *rest = close + 1;
		while (*rest == ' ' || *rest == '\t')
			rest++;
		if (!*rest)
			return false; /* it would leave nothing */
		*p = rest;
		return true;
	}
	return false;
}

char *am_base_subject(const char *subject, bool *is_reply)
{
	char *copy = g_strdup(subject), *from = copy;
	bool again = true;

	*is_reply = false;
	/* Blanks of any number are one. */
	char *to = copy;
	for (const char *p = copy; *p; p++) {
		char c = *p == '\t' ? ' ' : *p;
		if (c != ' ' || (to > copy && to[-1] != ' '))
			*to++ = c;
	}
	*to = '\0';
	while (again) {
		g_strchomp(from);
		again = g_str_has_suffix(from, "(fwd)") ||
		        g_str_has_suffix(from, "(FWD)") ||
		        g_str_has_suffix(from, "(Fwd)");
		if (again) {
			from[strlen(from) - 5] = '\0';
			*is_reply = true;
			continue;
		}
		const char *at = from;
		while (strip_leader(&at, is_reply))
			;
		from += at - from;
		/* "[fwd: x]" */
		size_t len = strlen(from);
		if (!g_ascii_strncasecmp(from, "[fwd:", 5) &&
		    from[len - 1] == ']') {
			from[len - 1] = '\0';
			from += 5;
			again = *is_reply = true;
		}
	}
	while (*from == ' ')
		from++;
	char *base = am_collated(from, strlen(from));
	g_free(copy);
	return base;
}

char *am_collated(const char *text, size_t len)
{
	char *valid = g_utf8_make_valid(text, (gssize)len);
	char *folded = g_utf8_casefold(valid, -1);

	g_free(valid);
	return folded;
}
