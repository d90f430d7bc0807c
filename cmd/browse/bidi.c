/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/bidi.h"

#include <fribidi/fribidi.h>
#include <glib.h>

#include <string.h>

static bool is_from_right(gunichar c)
{
	/* Hebrew to Arabic, their forms, and the old scripts. */
	return (c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFDFF) ||
	       (c >= 0xFE70 && c <= 0xFEFC) || (c >= 0x10800 && c <= 0x10FFF) ||
	       (c >= 0x1E800 && c <= 0x1EFFF);
}

bool bidi_needed(const char *s)
{
	for (; *s; s = g_utf8_next_char(s)) {
		/* What begins below 0xD6 is before U+0590. */
		if ((uint8_t)*s >= 0xD6 && is_from_right(g_utf8_get_char(s)))
			return true;
	}
	return false;
}

bool bidi_from_right(const char *s)
{
	for (; *s; s = g_utf8_next_char(s)) {
		gunichar c = g_utf8_get_char(s);
		FriBidiCharType type = fribidi_get_bidi_type(c);
		if (FRIBIDI_IS_STRONG(type))
			return FRIBIDI_IS_RTL(type);
	}
	return false;
}

char *bidi_seen(const char *s, bool from_right)
{
	FriBidiParType base = from_right ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
	glong n;
	gunichar *text = g_utf8_to_ucs4_fast(s, -1, &n);
	FriBidiChar *seen = g_new0(FriBidiChar, (size_t)n + 1);
	GString *out = g_string_new(NULL);

	if (!fribidi_log2vis(text, (FriBidiStrIndex)n, &base, seen, NULL, NULL,
	                     NULL)) {
		g_string_append(out, s);
		n = 0;
	}
	/* Two letters that became one leave a filler. */
	for (glong i = 0; i < n; i++)
		if (seen[i] && seen[i] != FRIBIDI_CHAR_FILL)
			g_string_append_unichar(out, seen[i]);
	g_free(seen);
	g_free(text);
	return g_string_free(out, FALSE);
}

bool bidi_by_terminal(void)
{
	const char *term = g_getenv("TERM"), *vte = g_getenv("VTE_VERSION");
	bool within = g_getenv("TMUX") || g_getenv("STY");

	if (term && g_str_has_prefix(term, "mlterm"))
		return true;
	if (g_getenv("KONSOLE_VERSION") ||
	    !g_strcmp0(g_getenv("TERM_PROGRAM"), "Apple_Terminal"))
		return true;
	/* VTE leaves it when it is told to, which does not get through tmux or
	 * screen. */
	return vte && within && g_ascii_strtoull(vte, NULL, 10) >= 5800;
}
