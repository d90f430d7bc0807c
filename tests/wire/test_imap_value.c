/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imap_text.h"

#include "model/message.h"

#include <criterion/criterion.h>

#include <string.h>

static struct am_imap_value value(enum am_imap_type type, const char *text)
{
	return (struct am_imap_value){
		.type = type, .text = text, .len = strlen(text)};
}

Test(imap_value, reads)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t n;
	} numbers[] = {
		{"0", true, 0},
		{"4294967296", true, UINT64_C(4294967296)},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"-1", false, 0}, /* row 13 */
		{"1.5", false, 0},
		{"1 ", false, 0},
		{"", false, 0},
		{"0x1", false, 0},
	};

	for (size_t i = 0; i < AM_COUNT(numbers); i++) {
		struct am_imap_value v = value(AM_IMAP_ATOM, numbers[i].text);
		uint64_t n = 0;
		cr_expect_eq(am_imap_number(&v, &n), numbers[i].good);
		cr_expect_eq(n, numbers[i].n);
	}

	struct am_imap_value v = value(AM_IMAP_STRING, "FetcH");
	cr_expect(am_imap_is(&v, "fEtch"));
	cr_expect_not(am_imap_is(&v, "FETCHES"));
	cr_expect_not(am_imap_is(&v, "FETC"));
	cr_expect_str_eq(am_imap_text(&v), "FetcH");
	v.type = AM_IMAP_NIL;
	cr_expect_null(am_imap_text(&v));
	cr_expect_not(am_imap_is(&v, "FETCH"));
	struct am_imap_value list = {.type = AM_IMAP_LIST};
	cr_expect_null(am_imap_text(&list));
	cr_expect_not(am_imap_is(&list, ""));
}

Test(imap_value, reads_flags)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t bit;
		const char *keyword;
	} cases[] = {
		{"\\Seen", true, AM_SEEN, NULL},
		{"\\sEEN", true, AM_SEEN, NULL},
		{"\\Answered", true, AM_ANSWERED, NULL},
		{"\\Flagged", true, AM_FLAGGED, NULL},
		{"\\Deleted", true, AM_DELETED, NULL},
		{"\\Draft", true, AM_DRAFT, NULL},
		{"\\Recent", true, 0, NULL},
		{"$Forwarded", true, AM_FORWARDED, NULL},
		{"$junk", true, AM_JUNK, NULL},
		{"Junk", true, AM_JUNK, NULL},
		{"NonJunk", true, 0, "NonJunk"},
		{"$NotJunk", true, 0, "$NotJunk"},
		{"\\*", false, 0, NULL},               /* row 14 */
		{"\\X-foo", true, 0, "\\X-foo"},       /* row 14 */
		{"1", true, 0, "1"},                   /* row 14 */
		{"domain.com", true, 0, "domain.com"}, /* row 15 */
		{"", false, 0, NULL},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_imap_value v = value(AM_IMAP_ATOM, cases[i].text);
		struct am_imap_flag flag;
		cr_expect_eq(am_imap_flag_read(&v, &flag), cases[i].good);
		cr_expect_eq(flag.bit, cases[i].bit);
		if (cases[i].keyword)
			cr_expect_str_eq(flag.keyword, cases[i].keyword);
		else
			cr_expect_null(flag.keyword);
	}
	struct am_imap_value nul = {
		.type = AM_IMAP_LITERAL, .text = "a\0b", .len = 3};
	struct am_imap_flag flag;
	cr_expect_not(am_imap_flag_read(&nul, &flag));
}

Test(imap_value, names_flags)
{
	cr_expect_str_eq(am_imap_flag_word(0), "");
	cr_expect_str_eq(am_imap_flag_word(AM_SEEN), "\\Seen");
	cr_expect_str_eq(am_imap_flag_word(AM_JUNK), "$Junk");
	cr_expect_str_eq(am_imap_flag_word(AM_SEEN | AM_DRAFT | AM_FORWARDED),
	                 "\\Seen \\Draft $Forwarded");
	cr_expect_str_eq(am_imap_flag_word(127),
	                 "\\Seen \\Answered \\Flagged \\Deleted \\Draft "
	                 "$Forwarded $Junk");

	cr_expect(am_imap_keyword_ok("$Label1"));
	cr_expect(am_imap_keyword_ok("a+b/c"));
	static const char *const bad[] = {"",    "a b",  "\\X",     "a)",  "a(",
	                                  "a{",  "a%",   "a*",      "\"a", "a]",
	                                  "a\t", "\x7F", "\xC3\xA4"};
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		cr_expect_not(am_imap_keyword_ok(bad[i]), "%s", bad[i]);
}

Test(imap_value, reads_dates)
{
	static const struct {
		const char *text, *iso;
	} cases[] = {
		{"17-Jul-1996 02:44:25 -0700", "1996-07-17T02:44:25-07:00"},
		{" 7-Feb-1994 21:52:25 +0130", "1994-02-07T21:52:25+01:30"},
		{"7-feb-1994 21:52:25 +0000", "1994-02-07T21:52:25+00:00"},
		{"07-Feb-1994 21:52:25", "1994-02-07T21:52:25+00:00"},
		{"07-Feb-1994 21:52:25 ", "1994-02-07T21:52:25+00:00"},
		{"07-Feb-1994 21:52:25 --400", "1994-02-07T21:52:25-04:00"},
		{"07-Feb-1994 21:52:25 +-0400", "1994-02-07T21:52:25-04:00"},
		{"07-Feb-1994 21:52:25 GMT", "1994-02-07T21:52:25+00:00"},
		{"07-Feb-1994 21:52:25 EST", "1994-02-07T21:52:25-05:00"},
		{"07-Feb-1994 21:52 +0100", "1994-02-07T21:52:00+01:00"},
		{"07-Feb-94 21:52:25 +0100", "1994-02-07T21:52:25+01:00"},
		{"07-Feb-1994", "1994-02-07T00:00:00+00:00"},
		{"7 Feb 1994 21:52:25 +0100", "1994-02-07T21:52:25+01:00"},
		{"Mon, 7 Feb 1994 21:52:25 +0100", "1994-02-07T21:52:25+01:00"},
		{"", ""},
		{"NIL", ""},
		{"00-Jan-0000 00:00:00 +0000", ""},
		{"31-Feb-1994 21:52:25 +0000", ""},
		{"07-Foo-1994 21:52:25 +0000", ""},
		{"07-Feb-1994 25:52:25 +0000", ""},
		{"07-Feb-1994 21:52:25 XYZZY", ""},
		{"07-Feb-1994 21:52:25 +", ""},
		{"07-Feb-1994 21:52:25 +0100 x", ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_when when;
		char iso[AM_TIME_ROOM];
		bool good = am_imap_date_parse(cases[i].text,
		                               strlen(cases[i].text), &when);
		am_time_iso(&when, iso);
		cr_expect_str_eq(iso, cases[i].iso, "%s: %s", cases[i].text,
		                 iso);
		cr_expect_eq(good, *cases[i].iso != '\0');
	}
}

Test(imap_value, prints_dates)
{
	static const struct {
		struct am_when when;
		const char *text;
	} cases[] = {
		{{837596665, -420, true}, "17-Jul-1996 02:44:25 -0700"},
		{{0, 0, false}, "01-Jan-1970 00:00:00 +0000"},
		{{-1, 90, true}, "01-Jan-1970 01:29:59 +0130"},
		{{0, 32767, true}, "01-Jan-1970 00:00:00 +0000"},
		{{INT64_MAX, 600, true}, "31-Dec-9999 09:59:59 +1000"},
		{{INT64_MIN, -600, true}, "01-Jan-0000 14:00:00 -1000"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char out[40];
		am_imap_date_print(&cases[i].when, out);
		cr_expect_str_eq(out, cases[i].text, "%s", out);
	}
}
