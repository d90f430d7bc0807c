/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <glib.h>

#include <string.h>

/* Sets as text: RFC 9051 §9 sequence-set, "1:3,7,9:*". */
struct place {
	const char *at, *end;
	uint32_t star;
};

static bool number(struct place *s, uint32_t *out)
{
	uint64_t n = 0;
	const char *start = s->at;

	if (s->at < s->end && *s->at == '*') {
		s->at++;
		*out = s->star;
		return s->star != 0;
	}
	while (s->at < s->end && g_ascii_isdigit(*s->at)) {
		n = n * 10 + (uint64_t)(*s->at++ - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)n;
	return s->at > start && n;
}

int am_imap_set_parse(struct am_imap_set *set, const char *text, size_t len,
                      uint32_t star, struct am_error *err)
{
	struct place s = {text, len ? text + len : text, star};

	for (;;) {
		uint32_t first, last;
		if (!number(&s, &first))
			break;
		last = first;
		if (s.at < s.end && *s.at == ':') {
			s.at++;
			if (!number(&s, &last))
				break;
		}
		if (s.at < s.end && *s.at != ',')
			break;
		am_imap_set_add(set, first, last);
		if (s.at == s.end)
			return AM_OK;
		s.at++;
	}
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "not a set of numbers at its byte %zu",
	               (size_t)(s.at - text));
}

int am_imap_set_print(const struct am_imap_set *set, size_t *next, char *out,
                      size_t room)
{
	size_t n = am_imap_set_ranges(set);
	size_t len = 0;

	/* ",4294967294:4294967295" */
	assert(room >= 24);
	*out = '\0';
	if (*next >= n)
		return AM_END;
	for (; *next < n; (*next)++) {
		char text[32];
		uint32_t first, last;
		am_imap_set_range(set, *next, &first, &last);
		int size = first == last ? g_snprintf(text, sizeof text,
		                                      ",%" PRIu32, first)
		                         : g_snprintf(text, sizeof text,
		                                      ",%" PRIu32 ":%" PRIu32,
		                                      first, last);
		/* No comma in front of the first. */
		const char *from = len ? text : text + 1;
		size_t more = (size_t)size - (from == text ? 0 : 1);
		if (more >= room - len)
			break;
		memcpy(out + len, from, more + 1);
		len += more;
	}
	return AM_OK;
}
