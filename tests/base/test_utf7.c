/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* Both directions. */
static const struct {
	const char *imap, *utf8;
} pairs[] = {
	{"", ""},
	{"INBOX", "INBOX"},
	{"&-", "&"},
	{"a&-b&-", "a&b&"},
	/* RFC 3501 §5.1.3 */
	{"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
	{"Entw&APw-rfe", "Entwürfe"},
	{"&BCcENQRABD0EPgQyBDgEOgQ4-", "Черновики"},
	{"&2D3crA-", "💬"},
	{"x&2D3crNg93Kw-y", "x💬💬y"},
	{"&AAk-", "\t"},
	{"&AH8-", "\x7F"},
	{"&AOk-&-&AOk-", "é&é"},
};

/* Not the one encoding there is: left to the caller. */
static const char *const bad[] = {
	"&",      "a&b",        "&AOk",  "&AOk ",    "caf\xC3\xA9",
	"&AGE-",  "&Jjo-&Jjo-", "&AO-",  "&AOl-",    "&2D0-",
	"&3Kw-",  "&2D0AYQ-",   "&A*k-", "&AAA-",    "\t",
	"&AOk=-", "&AOkA-",     "&//8",  "&U/BTFw-", "a\x7F",
};

Test(utf7, both_ways)
{
	struct am_arena *a = am_arena_new();

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		char *s = am_utf7_from_imap(a, pairs[i].imap);
		cr_expect(s && !strcmp(s, pairs[i].utf8), "%s", pairs[i].imap);
		cr_expect_str_eq(am_utf7_to_imap(a, pairs[i].utf8),
		                 pairs[i].imap);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		cr_expect_null(am_utf7_from_imap(a, bad[i]), "%s", bad[i]);
	cr_expect_str_eq(am_utf7_to_imap(a, "a\xFF"), "a&,,0-");
	am_arena_free(&a);
}

Test(utf7, every_character_goes_round)
{
	for (gunichar c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 97) {
		struct am_arena *a = am_arena_new();
		char s[16] = "x";
		if (c >= 0xD800 && c < 0xE000)
			continue;
		int n = g_unichar_to_utf8(c, s + 1);
		g_strlcpy(s + 1 + n, "zz", 3);
		const char *back = am_utf7_from_imap(a, am_utf7_to_imap(a, s));
		cr_assert(back && !strcmp(back, s), "U+%04X", c);
		am_arena_free(&a);
	}
}
