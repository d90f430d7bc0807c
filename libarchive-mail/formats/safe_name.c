/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/safe_name.h"

#include <glib.h>

#include <string.h>

bool am_safe_name_profile(const char *word, enum am_safe_profile *out)
{
	if (!strcmp(word, "posix"))
		*out = AM_SAFE_POSIX;
	else if (!strcmp(word, "windows"))
		*out = AM_SAFE_WINDOWS;
	else if (!strcmp(word, "portable"))
		*out = AM_SAFE_PORTABLE;
	else
		return false;
	return true;
}

/* Characters that turn the writing around or cannot be seen: a name must look
 * like what it is. */
static bool invisible(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0x200e || c == 0x200f || c == 0x061c || c == 0xfeff ||
	       c == 0x2028 || c == 0x2029;
}

static bool forbidden(gunichar c, enum am_safe_profile profile)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '/' || c == 0xfffd)
		return true;
	if (profile == AM_SAFE_POSIX)
		return false;
	if (c < 0x80 && strchr("\\:*?\"<>|", (int)c))
		return true;
	/* Private use, and what is no character at all. */
	return !g_unichar_isdefined(c) && profile == AM_SAFE_PORTABLE;
}

static void append_portable(GString *out, const char *text)
{
	char *ascii = g_str_to_ascii(text, "C");

	for (const char *at = ascii; *at; at++) {
		bool fine = g_ascii_isalnum(*at) || strchr("-_.,@+= ", *at);

		g_string_append_c(out, !fine ? '_' : *at == ' ' ? '_' : *at);
	}
	g_free(ascii);
}

char *am_safe_name_chars(const char *text, enum am_safe_profile profile)
{
	char *valid = g_utf8_make_valid(text ? text : "", -1);
	char *nfc = g_utf8_normalize(valid, -1, G_NORMALIZE_NFC);
	GString *out = g_string_new(NULL);
	bool blank = false;

	for (const char *at = nfc ? nfc : ""; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (invisible(c))
			continue;
		if (g_unichar_isspace(c) || c == 0xa0) {
			blank = true;
			continue;
		}
		if (blank)
			g_string_append_c(out, ' ');
		blank = false;
		if (forbidden(c, profile))
			g_string_append_c(out, '_');
		else
			g_string_append_unichar(out, c);
	}
	if (blank)
		g_string_append_c(out, ' ');
	if (profile == AM_SAFE_PORTABLE) {
		GString *ascii = g_string_new(NULL);

		append_portable(ascii, out->str);
		g_string_free(out, TRUE);
		out = ascii;
	}
	g_free(valid);
	g_free(nfc);
	return g_string_free(out, FALSE);
}

/* Does this character go with the one before it? (The parts of UAX #29 that
 * matter for a cut: marks, joiners, selectors, skin tones, tags.) */
static bool extends(gunichar c)
{
	return g_unichar_ismark(c) || c == 0x200d || c == 0x200c ||
	       (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x1f3fb && c <= 0x1f3ff) ||
	       (c >= 0xe0020 && c <= 0xe007f) ||
	       (c >= 0x1160 && c <= 0x11ff); /* Hangul vowels and finals */
}

static bool flag_half(gunichar c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* A cluster longer than this is an attack, not a letter. */
#define MAX_CLUSTER 64

static const char *next_cluster(const char *at)
{
	const char *start = at;
	gunichar first = g_utf8_get_char(at), c = first;
	bool joined = false;

	at = g_utf8_next_char(at);
	if (flag_half(first) && *at && flag_half(g_utf8_get_char(at)))
		at = g_utf8_next_char(at);
	while (*at && at - start < MAX_CLUSTER) {
		joined = c == 0x200d;
		c = g_utf8_get_char(at);
		if (!extends(c) && !joined)
			break;
		at = g_utf8_next_char(at);
	}
	return at;
}

size_t am_safe_name_cut(const char *s, size_t max_bytes, size_t max_chars)
{
	const char *at = s;

	for (size_t n = 0; *at && n < max_chars; n++) {
		const char *next = next_cluster(at);

		if ((size_t)(next - s) > max_bytes)
			break;
		at = next;
	}
	return (size_t)(at - s);
}

/* CON, COM1 … with or without an ending, in any case. */
static bool reserved(const char *name)
{
	static const char *const words[] = {"CON", "PRN",    "AUX",
	                                    "NUL", "CONIN$", "CONOUT$"};
	size_t len = strcspn(name, ".");

	while (len && name[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < AM_COUNT(words); i++)
		if (strlen(words[i]) == len &&
		    !g_ascii_strncasecmp(words[i], name, len))
			return true;
	if (g_ascii_strncasecmp(name, "COM", 3) != 0 &&
	    g_ascii_strncasecmp(name, "LPT", 3) != 0)
		return false;
	return (len == 4 && g_ascii_isdigit(name[3])) ||
	       (len == 5 && strstr("\xc2\xb9 \xc2\xb2 \xc2\xb3",
	                           (char[]){name[3], name[4], 0}));
}

static void trim_end(GString *s, enum am_safe_profile profile)
{
	while (s->len &&
	       (s->str[s->len - 1] == ' ' ||
	        (s->str[s->len - 1] == '.' && profile != AM_SAFE_POSIX)))
		g_string_truncate(s, s->len - 1);
}

char *am_safe_name(const char *text, enum am_safe_profile profile,
                   size_t max_bytes)
{
	char *chars = am_safe_name_chars(text, profile);
	GString *s = g_string_new(chars);

	g_free(chars);
	g_string_erase(s, 0, (gssize)strspn(s->str, " "));
	/* Neither hidden nor "..". */
	if (s->str[0] == '.')
		s->str[0] = '_';
	if (profile != AM_SAFE_POSIX && reserved(s->str))
		g_string_prepend_c(s, '_');
	g_string_truncate(s, am_safe_name_cut(s->str, max_bytes, SIZE_MAX));
	trim_end(s, profile);
	/* A cut may have made a reserved name of "CON-x". */
	if (profile != AM_SAFE_POSIX && reserved(s->str))
		s->str[0] = '_';
	if (!s->len)
		g_string_append_c(s, '_');
	return g_string_free(s, FALSE);
}
