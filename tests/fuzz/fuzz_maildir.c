/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small files that lie in a Maildir, whoever wrote them.  The first byte
 * says which it is.  What was understood and is written again says the same.
 */
#include "base/file.h"
#include "formats/maildir/maildir_courier.h"
#include "formats/maildir/maildir_keywords.h"
#include "formats/maildir/maildir_list.h"
#include "formats/maildir/maildir_subs.h"
#include "formats/maildir/maildir_uids.h"
#include "model/folder.h"

#include <glib.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const files[] = {
	"dovecot-keywords",
	"mailark-keywords",
	"dovecot-uidlist",
	"courierimapuiddb",
	"subscriptions",
	"courierimapsubscribed",
	"courierimapkeywords/:list",
};
static char *root;
static int root_fd = -1;

static void put(const char *name, const void *data, size_t len)
{
	char *path = g_build_filename(root, name, NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || am_write_all(fd, data, len, path, NULL))
		abort();
	close(fd);
	g_free(path);
}

static void forget(void)
{
	g_free(root);
}

static void begin(void)
{
	root = g_strdup_printf("%s/fuzz-maildir-%ld", g_get_tmp_dir(),
	                       (long)getpid());
	if (mkdir(root, 0777) && !g_file_test(root, G_FILE_TEST_IS_DIR))
		abort();
	atexit(forget);
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"cur", "new",
		                                    "courierimapkeywords"};
		(void)mkdirat(root_fd, names[i], 0777);
	}
	put("cur/1.M1P1.host:2,Sab", "x", 1);
	put("new/2.M1P1.host", "x", 1);
}

static void check_keywords(void)
{
	struct am_maildir_keywords first = {0}, second = {0};
	char *atoms, *spelled;

	am_maildir_keywords_read(&first, root_fd, ".");
	am_maildir_keywords_text(&first, &atoms, &spelled);
	put("dovecot-keywords", atoms, strlen(atoms));
	put("mailark-keywords", spelled ? spelled : "",
	    spelled ? strlen(spelled) : 0);
	am_maildir_keywords_read(&second, root_fd, ".");
	for (size_t i = 0; i < AM_MAILDIR_KEYWORDS; i++)
		if (g_strcmp0(first.names[i], second.names[i]))
			abort();
	am_maildir_keywords_clear(&first);
	am_maildir_keywords_clear(&second);
	g_free(atoms);
	g_free(spelled);
}

static void check_uids(void)
{
	struct am_maildir_list *list = NULL;
	uint32_t last = 0;

	if (am_maildir_list_read(&list, root_fd, ".", NULL, NULL))
		abort();
	(void)am_maildir_uids_read(list, root_fd, ".");
	am_maildir_list_sort(list);
	if (am_maildir_list_count(list) != 2)
		abort();
	for (size_t i = 0; i < 2; i++) {
		struct am_maildir_entry e = am_maildir_list_get(list, i);
		if (e.uid && e.uid < last)
			abort();
		last = e.uid;
	}
	am_maildir_list_free(&list);
}

static void check_subscriptions(void)
{
	static const char *const parts[] = {"A", "B"};
	struct am_maildir_subs *subs = am_maildir_subs_read(root_fd, ".");
	struct am_folder *folder = NULL;

	if (am_folder_new(&folder, parts, 2, AM_ROLE_NONE, NULL))
		abort();
	am_maildir_subs_add(&subs, folder);
	char *text = am_maildir_subs_text(subs);
	am_maildir_subs_free(&subs);
	(void)unlinkat(root_fd, "courierimapsubscribed", 0);
	put("subscriptions", text, strlen(text));
	subs = am_maildir_subs_read(root_fd, ".");
	char *again = am_maildir_subs_text(subs);
	if (strcmp(text, again) || !am_maildir_subs_has(subs, folder, 0))
		abort();
	am_maildir_subs_free(&subs);
	g_free(text);
	g_free(again);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	if (root_fd < 0)
		begin();
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		(void)unlinkat(root_fd, files[i], 0);
	put(files[*data % G_N_ELEMENTS(files)], data + 1, len - 1);
	check_keywords();
	check_uids();
	check_subscriptions();
	struct am_maildir_courier *courier =
		am_maildir_courier_read(root_fd, ".");
	if (courier)
		(void)am_maildir_courier_get(courier, "1.M1P1.host", 11);
	am_maildir_courier_free(&courier);
	return 0;
}
