/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/param.h"

#include "base/arena.h"
#include "mime/scan.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

Test(param, reads_what_mail_programs_write)
{
	static const struct {
		const char *value, *want; /* of "name"; NULL: not there */
	} cases[] = {
		{"text/plain", NULL},
		{"text/plain; name=a.txt", "a.txt"},
		{"text/plain; NAME = \"a b.txt\"", "a b.txt"},
		{"text/plain;name=a b c.txt; x=y", "a b c.txt"},
		{"x; name=a.txt (comment)", "a.txt"},
		{"x; name=a (1).txt", "a (1).txt"},
		{"x (a; name=no); name=yes", "yes"},
		{"x; name=\"a\\\"b\\\\c\"", "a\"b\\c"},
		{"x; name=\"C:\\docs\\new.txt\"", "C:\\docs\\new.txt"},
		{"x; name=\"never closed; y=z", "never closed"},
		{"x; name=\"never closed", "never closed"},
		{"x; charset=\"u\" name=forgotten", "forgotten"},
		{"x; charset=utf-8 name=forgotten", "forgotten"},
		{"x; name", NULL},
		{"x; name;name=b", "b"},
		{"x; name=\n\tfolded.txt", "folded.txt"},
		{"x; name=\"fol\n ded.txt\"", "fol ded.txt"},
		{"x; name=first; name=second", "first"},
		{"x; filename=no; xname=no; names=no", NULL},
		{"x;;; ; name=a", "a"},
		{"x; =v; name=a", "a"},
		{"x; (unclosed; name=a", "a"},
		{"x; name=", ""},
		{"x; name=\"\"", ""},
		{"x; name=a\x01"
	         "b",
	         "a b"},
		/* RFC 2231 */
		{"x; name*=utf-8''%e2%82%ac%20rates", "€ rates"},
		{"x; name*=iso-8859-1'en'%A3%20rates", "£ rates"},
		{"x; name*0=a; name*1=b; name*2=\"c d\"", "abc d"},
		{"x; name*1=b; name*0=a", "ab"},
		{"x; name*0*=utf-8''a%20; name*1=\"%20\"; name*2*=%21",
	         "a %20!"},
		{"x; name*0*=utf-8''%e2%82; name*1*=%ac", "€"},
		{"x; name=plain; name*=utf-8''better", "better"},
		{"x; name*0=a; name*0=twice; name*2=gap", "agap"},
		{"x; name*=no%20charset", "no charset"},
		{"x; name*=''empty", "empty"},
		{"x; name*=utf-8''%zz%4", "%zz%4"},
		{"x; name*=utf-8''a%00b%0ac", "a b c"},
		{"x; name*99999999=far; name*0=near", "near"},
		{"x; name*x=no", NULL},
		/* RFC 2047 inside, against the rules, by half the world. */
		{"x; name=\"=?utf-8?B?4oKs?=.txt\"", "€.txt"},
		{"x; name==?iso-8859-1?Q?a=E9?=", "aé"},
		{"x; name*0=\"=?utf-8?Q?=E2=82\"; name*1=\"=AC?=\"", "€"},
		{"x; name=\"caf\xe9.txt\"", "café.txt"},
		{"x; name=\"caf\xc3\xa9.txt\"", "café.txt"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_arena *arena = am_arena_new();
		const char *v = cases[i].value;
		char *got = am_param_get(arena, v, strlen(v), "name");
		if (!cases[i].want)
			cr_assert_null(got, "%s: %s", v, got);
		else
			cr_assert(got && !strcmp(got, cases[i].want),
			          "%s: %s, not %s", v, got ? got : "NULL",
			          cases[i].want);
		am_arena_free(&arena);
	}
}

Test(param, gives_the_main_value)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"Text/HTML; charset=x", "text/html"},
		{" attachment ; filename=x", "attachment"},
		{"INLINE filename=x", "inline"},
		{"text / plain (comment)", "text/plain"},
		{"(comment) Base64 ", "base64"},
		{"\"7bit\"", "7bit"},
		{"", ""},
		{"; x", ""},
		{"(unclosed", "(unclosed"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_arena *arena = am_arena_new();
		const char *v = cases[i].value;
		char *got = am_param_main(arena, v, strlen(v));
		cr_assert_str_eq(got, cases[i].want, "%s: %s", v, got);
		am_arena_free(&arena);
	}
}

Test(param, leaves_a_boundary_as_it_is)
{
	struct am_arena *arena = am_arena_new();
	static const char v[] = "x; boundary=\"=?a?Q?b?= \\c\"";

	cr_assert_str_eq(am_param_raw(arena, v, strlen(v), "boundary"),
	                 "=?a?Q?b?= c");
	am_arena_free(&arena);
}

Test(param, is_linear)
{
	static const char *const pieces[] = {
		"; name*1=x", ";a=\"", "(",
		"; (",        " x=(",  "=",
		"; name",     "\\",    "; name=\"a\\\"; ",
		"a=b ",
	};

	for (size_t i = 0; i < AM_COUNT(pieces); i++) {
		struct am_arena *arena = am_arena_new();
		GString *s = g_string_new("x");
		while (s->len < 2000000)
			g_string_append(s, pieces[i]);
		gint64 start = g_get_monotonic_time();
		am_param_get(arena, s->str, s->len, "name");
		am_param_main(arena, s->str, s->len);
		cr_assert_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC,
		             "%s", pieces[i]);
		g_string_free(s, TRUE);
		am_arena_free(&arena);
	}
}
