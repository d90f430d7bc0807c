/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File names of a Maildir: https://cr.yp.to/proto/maildir.html, with the sizes
 * of Maildir++ and the keyword letters of Dovecot.
 */
#include "formats/maildir/maildir_name.h"

#include "model/message.h"

#include <glib.h>

#include <string.h>

static const struct {
	char letter;
	uint32_t flag;
} letters[] = {
	{'D', AM_DRAFT},    {'F', AM_FLAGGED}, {'P', AM_FORWARDED},
	{'R', AM_ANSWERED}, {'S', AM_SEEN},    {'T', AM_DELETED},
};

static bool only_letters(const char *s)
{
	while (g_ascii_isalpha(*s))
		s++;
	return *s == '\0';
}

/* Where the info's separator stands: length of the base; *info behind it. */
static size_t find_info(const char *name, const char **info)
{
	size_t len = strlen(name);

	for (size_t i = len; i-- > 0;) {
		const char *s = name + i;

		if (s[0] == ':' && s[1] == '2' && s[2] == ',') {
			*info = s + 3;
			return i;
		}
	}
	for (size_t i = len; i-- > 0;) {
		const char *s = name + i;

		if (!strchr(";!-,_", s[0]) || s[1] != '2' || s[2] != ',' ||
		    !only_letters(s + 3))
			continue;
		*info = s + 3;
		return i;
	}
	/* How Cygwin, WSL and Samba spell a colon. */
	const char *wide = g_strrstr(name, "\xef\x80\xba"
	                                   "2,");
	if (wide && only_letters(wide + 5)) {
		*info = wide + 5;
		return (size_t)(wide - name);
	}
	*info = NULL;
	return len;
}

/* A decimal number at s, up to 18 digits; false when there is none. */
static bool read_number(const char *s, const char *end, int64_t *out,
                        const char **rest)
{
	int64_t n = 0;
	const char *at = s;

	while (at < end && g_ascii_isdigit(*at) && at - s < 18)
		n = n * 10 + (*at++ - '0');
	if (at == s || (at < end && g_ascii_isdigit(*at)))
		return false;
	*out = n;
	*rest = at;
	return true;
}

static void read_sizes(struct am_maildir_name *out, const char *at,
                       const char *end)
{
	while ((at = memchr(at, ',', (size_t)(end - at)))) {
		const char *rest;
		int64_t n;

		at++;
		if (end - at < 3 || at[1] != '=' ||
		    !read_number(at + 2, end, &n, &rest))
			continue;
		if (rest < end && *rest != ',')
			continue;
		if (at[0] == 'S')
			out->size = (uint64_t)n;
		else if (at[0] == 'W')
			out->crlf_size = (uint64_t)n;
		else if (at[0] == 'U' && n <= UINT32_MAX)
			out->uid = (uint32_t)n;
		at = rest;
	}
}

/* "M170541P1000Q3Z-60.": the four numbers of a name of ours. */
static void read_ours(struct am_maildir_name *out, const char *at,
                      const char *end)
{
	static const char marks[] = "MPQZ";
	int64_t n = 0;
	bool minus = false;

	for (size_t i = 0; i < 4; i++) {
		if (at >= end || *at != marks[i])
			return;
		at++;
		if (marks[i] == 'Z' && at < end && *at == '-') {
			minus = true;
			at++;
		}
		if (!read_number(at, end, &n, &at))
			return;
	}
	if (at >= end || *at != '.' || n > 24 * 60)
		return;
	out->dated = true;
	out->zone_min = (int16_t)(minus ? -n : n);
}

void am_maildir_name_parse(struct am_maildir_name *out, const char *name)
{
	const char *rest, *end;

	*out = (struct am_maildir_name){
		.time = -1, .size = UINT64_MAX, .crlf_size = UINT64_MAX};
	out->base_len = find_info(name, &out->info);
	end = name + out->base_len;
	read_sizes(out, name, end);
	/* The Epoch has ten digits for long; "20200101.eml" is no time. */
	if (!read_number(name, end, &out->time, &rest) || rest - name > 11 ||
	    rest >= end || (*rest != '.' && *rest != '_')) {
		out->time = -1;
		return;
	}
	if (*rest == '.')
		read_ours(out, rest + 1, end);
}

void am_maildir_name_letters(const char *info, uint32_t *flags,
                             uint32_t *keywords, char other[AM_MAILDIR_OTHER])
{
	bool seen[256] = {false};
	size_t n = 0;

	*flags = *keywords = 0;
	for (; info && *info; info++) {
		uint8_t c = (uint8_t)*info;

		if (c >= 'a' && c <= 'z')
			*keywords |= UINT32_C(1) << (c - 'a');
		else
			seen[c] = true;
	}
	for (size_t i = 0; i < AM_COUNT(letters); i++) {
		uint8_t c = (uint8_t)letters[i].letter;

		if (seen[c])
			*flags |= letters[i].flag;
		seen[c] = false;
	}
	for (int c = 0x21; c < 0x7f && n + 1 < AM_MAILDIR_OTHER; c++)
		if (seen[c])
			other[n++] = (char)c;
	other[n] = '\0';
}

void am_maildir_name_info(char out[AM_MAILDIR_OTHER], uint32_t flags,
                          uint32_t keywords, const char *other)
{
	bool upper[26] = {false};
	size_t n = 0;

	for (size_t i = 0; i < AM_COUNT(letters); i++)
		if (flags & letters[i].flag)
			upper[letters[i].letter - 'A'] = true;
	for (; other && *other; other++)
		if (*other >= 'A' && *other <= 'Z')
			upper[*other - 'A'] = true;
	for (int i = 0; i < 26; i++)
		if (upper[i])
			out[n++] = (char)('A' + i);
	for (int i = 0; i < 26; i++)
		if (keywords & UINT32_C(1) << i)
			out[n++] = (char)('a' + i);
	out[n] = '\0';
}

char *am_maildir_name_host(const char *host)
{
	GString *s = g_string_new(NULL);

	for (; host && *host && s->len < 96; host++) {
		/* The spelling qmail prescribes for the two. */
		if (*host == '/' || *host == ':')
			g_string_append_printf(s, "\\%03o", (unsigned)*host);
		else if (g_ascii_isgraph(*host) && *host != ',')
			g_string_append_c(s, *host);
	}
	if (!s->len)
		g_string_append(s, "localhost");
	return g_string_free(s, FALSE);
}

void am_maildir_name_make(char out[AM_MAILDIR_NAME_ROOM],
                          const struct am_maildir_unique *unique,
                          const struct am_when *received, uint64_t size,
                          uint64_t crlf_size, const char *letters_or_null)
{
	char zone[16] = "";
	int64_t sec = unique->usec / G_USEC_PER_SEC;

	/* A number in front is what a Maildir name begins with; a date before
	 * 1970 is left to the headers. */
	if (received->known && received->sec >= 0) {
		sec = received->sec;
		g_snprintf(zone, sizeof(zone), "Z%d", received->offset_min);
	}
	g_snprintf(out, AM_MAILDIR_NAME_ROOM,
	           "%" PRId64 ".M%dP%" PRId64 "Q%" PRIu64 "%s.%.100s,S=%" PRIu64
	           ",W=%" PRIu64 "%s%s",
	           sec, (int)(unique->usec % G_USEC_PER_SEC), unique->pid,
	           unique->count, zone, unique->host, size, crlf_size,
	           letters_or_null ? ":2," : "",
	           letters_or_null ? letters_or_null : "");
}
