/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/secret.h"

#include "base/cancel.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(secret, .fini = am_test_tmpdir_end, .timeout = 30);

Test(secret, commands_give_their_first_line)
{
	static const struct {
		const char *command, *secret, *words;
	} rows[] = {
		{"echo hunter2", "hunter2", NULL},
		{"printf 'a b\\r\\nuser: x\\n'", "a b", NULL},
		{"printf ' spaces stay '", " spaces stay ", NULL},
		{"X=\"a;b\"; echo \"$X\" | tr ab AB", "A;B", NULL},
		{"head -c 100000 /dev/zero | tr '\\0' x", NULL, "too much"},
		{"echo x; head -c 100000 /dev/zero | tr '\\0' x", "x", NULL},
		{"true", NULL, "first line is empty"},
		{"echo; echo late", NULL, "first line is empty"},
		{"echo wrong; exit 3", NULL, "exit status 3"},
		{"/nowhere/at/all 2>/dev/null", NULL, "no such command"},
		{"kill -9 $$", NULL, "signal 9"},
		{"printf 'a\\000b'", NULL, "NUL"},
		{"read x && echo \"$x\"", NULL, "exit status 1"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_error err = {0};
		char *secret;
		int r = am_secret_command(&secret, "password-command",
		                          rows[i].command, 10000, NULL, &err);
		if (rows[i].secret) {
			cr_expect_eq(r, AM_OK, "%s: %s", rows[i].command,
			             err.text);
			cr_expect(secret && !strcmp(secret, rows[i].secret),
			          "%s: %s", rows[i].command, secret);
		} else {
			cr_expect_eq(r, AM_FAILED);
			cr_expect_null(secret);
			cr_expect_eq(err.kind, AM_E_AUTH);
			cr_expect(strstr(err.text, rows[i].words), "%s: %s",
			          rows[i].command, err.text);
			cr_expect(
				g_str_has_prefix(err.text, "password-command"));
		}
		am_secret_free(&secret);
	}
}

Test(secret, commands_that_take_too_long_are_ended)
{
	struct am_cancel cancel = {0};
	struct am_error err = {0};
	int64_t start = g_get_monotonic_time();
	char *secret;

	cr_assert_eq(am_secret_command(&secret, "token-command", "sleep 20",
	                               300, NULL, &err),
	             AM_FAILED);
	cr_assert(strstr(err.text, "too long"), "%s", err.text);
	am_cancel_request(&cancel);
	cr_assert_eq(am_secret_command(&secret, "token-command", "sleep 20",
	                               20000, &cancel, &err),
	             AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	cr_assert_lt(g_get_monotonic_time() - start, 10 * G_USEC_PER_SEC);
}

Test(secret, files_are_for_their_owner_alone)
{
	struct am_error err = {0};
	char *path = am_test_path("pw"), *secret;

	am_test_write_text("pw", "one two\r\nthree\n");
	chmod(path, 0604);
	cr_assert_eq(am_secret_file(&secret, "password-file", path, &err),
	             AM_FAILED);
	cr_assert(strstr(err.text, "chmod 600"), "%s", err.text);
	chmod(path, 0600);
	cr_assert_eq(am_secret_file(&secret, "password-file", path, &err),
	             AM_OK, "%s", err.text);
	cr_assert_str_eq(secret, "one two");
	am_secret_free(&secret);
	cr_assert_eq(
		am_secret_file(&secret, "password-file", "/dev/null", &err),
		AM_FAILED);
	cr_assert_eq(am_secret_file(&secret, "password-file", am_test_tmpdir(),
	                            &err),
	             AM_FAILED);
	cr_assert_eq(am_secret_file(&secret, "password-file", "/nowhere", &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	g_free(path);
}
