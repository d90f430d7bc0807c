/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include "model/message.h"
#include "wire/imap_parser.h"

#include <glib.h>

#include <string.h>

/*
 * Flags: RFC 3501 §2.3.2 for the system's, RFC 9051 §2.3.2 for $Forwarded and
 * $Junk.  $NotJunk and NonJunk, RFC 5788's registry and everything else stay
 * keywords.
 */
bool am_imap_flag_read(const struct am_imap_value *v, struct am_imap_flag *out)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} known[] = {
		{"\\Seen", AM_SEEN},          {"\\Answered", AM_ANSWERED},
		{"\\Flagged", AM_FLAGGED},    {"\\Deleted", AM_DELETED},
		{"\\Draft", AM_DRAFT},        {"\\Recent", 0},
		{"$Forwarded", AM_FORWARDED}, {"Forwarded", AM_FORWARDED},
		{"$Junk", AM_JUNK},           {"Junk", AM_JUNK},
	};
	const char *text = am_imap_text(v);

	*out = (struct am_imap_flag){.bit = 0};
	/* "\*" allows new keywords and is none. */
	if (!text || !v->len || memchr(text, '\0', (size_t)v->len) ||
	    am_imap_is(v, "\\*"))
		return false;
	for (size_t i = 0; i < AM_COUNT(known); i++) {
		if (am_imap_is(v, known[i].word)) {
			out->bit = known[i].bit;
			return true;
		}
	}
	out->keyword = text;
	return true;
}

/* All 128 of them: each line doubles what the one before it says. */
#define W0(tail) tail,
#define W1(tail) W0(tail) W0(" \\Seen" tail)
#define W2(tail) W1(tail) W1(" \\Answered" tail)
#define W3(tail) W2(tail) W2(" \\Flagged" tail)
#define W4(tail) W3(tail) W3(" \\Deleted" tail)
#define W5(tail) W4(tail) W4(" \\Draft" tail)
#define W6(tail) W5(tail) W5(" $Forwarded" tail)
#define W7(tail) W6(tail) W6(" $Junk" tail)

const char *am_imap_flag_word(uint32_t bit)
{
	static const char *const words[1 << AM_FLAG_COUNT] = {W7("")};
	const char *text = words[bit & (AM_COUNT(words) - 1)];

	return text + (*text == ' ');
}

bool am_imap_keyword_ok(const char *keyword)
{
	if (!*keyword)
		return false;
	for (const char *s = keyword; *s; s++)
		if (!am_imap_lex_atom_char(*s))
			return false;
	return true;
}
