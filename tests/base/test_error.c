/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <errno.h>
#include <string.h>

Test(error, fail_fills_and_returns)
{
	struct am_error err;

	cr_assert_eq(am_fail(&err, AM_FAILED, AM_E_FORMAT, "at %d", 7),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_FORMAT);
	cr_assert_eq(err.sys, 0);
	cr_assert_str_eq(err.text, "at 7");
	cr_assert_eq(am_fail(NULL, AM_FATAL, AM_E_IO, "x"), AM_FATAL);
	cr_assert_eq(am_wrap(NULL, AM_FATAL, "x"), AM_FATAL);
}

Test(error, fail_sys_tells_the_reason)
{
	struct am_error err;
	char longer[400];

	errno = EACCES;
	cr_assert_eq(am_fail_sys(&err, AM_FAILED, "opening %s", "x"),
	             AM_FAILED);
	cr_assert_str_eq(err.text, "opening x: Permission denied");
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert_eq(err.sys, EACCES);
	cr_assert_eq(errno, EACCES);

	static const struct {
		int sys, kind;
	} kinds[] = {{ENOENT, AM_E_NOTFOUND},
	             {EEXIST, AM_E_EXISTS},
	             {ENOMEM, AM_E_MEMORY},
	             {ENOSPC, AM_E_IO}};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		errno = kinds[i].sys;
		am_fail_sys(&err, AM_FAILED, "x");
		cr_expect_eq((int)err.kind, kinds[i].kind);
	}
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	errno = EACCES;
	am_fail_sys(&err, AM_FAILED, "%s", longer);
	cr_assert(g_str_has_suffix(err.text, "a: Permission denied"));
}

Test(error, wrap_puts_the_place_in_front)
{
	struct am_error err;

	(void)am_fail(&err, AM_FAILED, AM_E_LIMIT, "too deep");
	cr_assert_eq(am_wrap(&err, AM_FAILED, "part %d", 3), AM_FAILED);
	cr_assert_str_eq(err.text, "part 3: too deep");
	cr_assert_eq(err.kind, AM_E_LIMIT);
	/* An argument may be the text itself. */
	am_wrap(&err, AM_FAILED, "<%s>", err.text);
	cr_assert_str_eq(err.text, "<part 3: too deep>: part 3: too deep");
}

Test(error, the_reason_stays_however_long_the_name)
{
	char name[4000];
	struct am_error err;

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	(void)am_fail(&err, AM_FAILED, AM_E_FORMAT, "%s: not a mailbox", name);
	cr_expect(g_str_has_suffix(err.text, "n: not a mailbox"), "%s",
	          err.text);
	am_wrap(&err, AM_FAILED, "%s", name);
	cr_expect(g_str_has_suffix(err.text, "n: not a mailbox"), "%s",
	          err.text);
	cr_expect_eq(strlen(err.text), sizeof err.text - 1);
}

Test(error, long_text_is_cut_between_characters)
{
	struct am_error err;

	for (size_t lead = 0; lead < 4; lead++) {
		GString *s = g_string_new(NULL);
		for (size_t i = 0; i < lead; i++)
			g_string_append_c(s, 'x');
		for (size_t i = 0; i < 200; i++)
			g_string_append(s, "\xF0\x9F\x93\xA7");
		(void)am_fail(&err, AM_FAILED, AM_E_IO, "%s", s->str);
		cr_expect(g_utf8_validate(err.text, -1, NULL));
		cr_expect_gt(strlen(err.text), 230);
		am_wrap(&err, AM_FAILED, "%s", s->str);
		cr_expect(g_utf8_validate(err.text, -1, NULL));
		errno = ENOSPC;
		am_fail_sys(&err, AM_FAILED, "%s", s->str);
		cr_expect(g_utf8_validate(err.text, -1, NULL));
		g_string_free(s, TRUE);
	}
}
