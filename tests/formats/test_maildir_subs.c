/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_subs.h"

#include "model/folder.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct am_folder *make(const char *const *parts, size_t n)
{
	struct am_folder *f = NULL;

	cr_assert_eq(am_folder_new(&f, parts, n, AM_ROLE_NONE, NULL), AM_OK);
	return f;
}

/* A name may hold what the file keeps parts apart with. */
Test(maildir_subs, a_tab_in_a_name_is_no_end_of_a_part)
{
	static const char *const odd[] = {"a\tb", "c.d"};
	static const char *const plain[] = {"a", "b", "c.d"};
	const struct am_folder *f = make(odd, 2), *other = make(plain, 3);
	char *dir = g_dir_make_tmp("mailark-subs-XXXXXX", NULL);
	char *path = g_build_filename(dir, "subscriptions", NULL);
	struct am_maildir_subs *subs = NULL;

	am_maildir_subs_add(&subs, f);
	cr_assert(am_maildir_subs_has(subs, f, 0));
	cr_assert_not(am_maildir_subs_has(subs, other, 0));
	char *text = am_maildir_subs_text(subs);
	am_maildir_subs_free(&subs);
	cr_assert(g_file_set_contents(path, text, -1, NULL));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	subs = am_maildir_subs_read(fd, ".");
	cr_assert(subs);
	cr_expect(am_maildir_subs_has(subs, f, 0), "%s", text);
	cr_expect_not(am_maildir_subs_has(subs, other, 0), "%s", text);
	am_maildir_subs_free(&subs);
	close(fd);
	unlink(path);
	rmdir(dir);
	g_free(text);
	g_free(path);
	g_free(dir);
	am_folder_unref(&f);
	am_folder_unref(&other);
}
