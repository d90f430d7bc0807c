/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/users.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(users, .timeout = 60, .fini = am_test_tmpdir_end);

Test(users, are_written_replaced_and_read)
{
	char *path = am_test_path("users");
	struct am_users *users;
	struct am_sasl_secret secret;
	struct am_error err = {0};
	struct stat st;
	bool read_only;

	cr_assert_eq(am_users_set(path, "alice", "one", false, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(am_users_set(path, "al", "two", true, &err), AM_OK);
	cr_assert_eq(am_users_set(path, "alice", "three", false, &err), AM_OK);
	char *text = am_test_read("users", NULL);
	cr_expect(g_str_has_prefix(text, "alice:{SCRAM-SHA-256}10000,"));
	cr_expect(strstr(text, "\nal:{SCRAM-SHA-256}"));
	cr_expect(!strstr(text, "one") && !strstr(text, "three"));
	g_free(text);
	cr_assert_eq(am_users_read(&users, path, &err), AM_OK, "%s", err.text);
	cr_expect_eq(am_users_find(users, "alice", &secret, &read_only), AM_OK);
	cr_expect(!read_only);
	cr_expect_eq(am_users_find(users, "al", &secret, &read_only), AM_OK);
	cr_expect(read_only);
	cr_expect_eq(am_users_find(users, "bob", &secret, &read_only), AM_END);
	cr_expect_eq(secret.iterations, AM_SASL_ITERATIONS);
	am_users_unref(&users);
	g_free(path);
}

/* Root sets passwords for a server that reads them as somebody else. */
Test(users, stay_whose_they_were)
{
	char *path = am_test_path("users");
	struct am_error err = {0};
	struct stat st;

	if (geteuid())
		cr_skip_test("only root can give files away");
	cr_assert_eq(am_users_set(path, "ann", "one", false, &err), AM_OK);
	cr_assert_eq(chown(path, 65534, 65534), 0);
	cr_assert_eq(chmod(path, 0640), 0);
	cr_assert_eq(am_users_set(path, "bob", "two", false, &err), AM_OK);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_uid, 65534);
	cr_expect_eq(st.st_gid, 65534);
	cr_expect_eq(st.st_mode & 07777, 0640);
	g_free(path);
}

Test(users, bad_files_and_names_are_told)
{
	static const char *const bad[] = {
		"",
		"# nobody\n",
		"alice:secret\n",
		"alice:{SCRAM-SHA-256}1,AAAA,AAAA,AAAA\n",
		"alice:{SCRAM-SHA-256}10000,!,!,!\n",
		":{SCRAM-SHA-256}\n"};
	static const char *const names[] = {"", "a:b", "#a", "a\nb"};
	char *path = am_test_path("users");
	struct am_users *users;
	struct am_error err = {0};

	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		am_test_write_text("users", bad[i]);
		cr_expect_eq(am_users_read(&users, path, &err), AM_FAILED, "%s",
		             bad[i]);
		cr_expect(strstr(err.text, "users"), "%s", err.text);
	}
	for (size_t i = 0; i < AM_COUNT(names); i++)
		cr_expect_eq(am_users_set(path, names[i], "x", false, &err),
		             AM_FAILED);
	g_free(path);
}
