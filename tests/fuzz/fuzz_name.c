/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: any template over any fields gives one safe component; any Maildir
 * name is taken apart within its bounds and, once written by us, read back. */
#include "formats/folder_file.h"
#include "formats/maildir/maildir_name.h"
#include "formats/maildir/maildir_path.h"
#include "formats/name_template.h"
#include "model/folder.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_component(const char *name, size_t max)
{
	require(*name && strlen(name) <= max && !strchr(name, '/'));
	require(*name != '.' && g_utf8_validate(name, -1, NULL));
}

static void try_safe_name(const char *text)
{
	for (unsigned p = AM_SAFE_POSIX; p <= AM_SAFE_PORTABLE; p++) {
		char *name = am_safe_name(text, p, AM_SAFE_MAX);
		char *again = am_safe_name(name, p, AM_SAFE_MAX);

		check_component(name, AM_SAFE_MAX);
		require(!strcmp(name, again));
		g_free(name);
		g_free(again);
	}
}

static void try_template(const char *text, const char *field)
{
	struct am_name_fields fields = {
		.date = {(int64_t)strlen(field) * 86400 * 365, 0, true},
		.from = field,
		.to = field,
		.subject = field,
		.message_id = field,
		.folder = field,
		.id8 = "0badcafe"};
	struct am_name_template *t = NULL;

	if (am_name_template_parse(&t, text, NULL))
		return;
	for (unsigned p = AM_SAFE_POSIX; p <= AM_SAFE_PORTABLE; p++) {
		char *name = am_name_template_make(t, &fields, p, 100);

		check_component(name, 100);
		g_free(name);
	}
	am_name_template_free(&t);
}

static void try_maildir_name(const char *text)
{
	char other[AM_MAILDIR_OTHER], info[AM_MAILDIR_OTHER];
	struct am_maildir_name n;
	uint32_t flags, keywords, flags2, keywords2;

	am_maildir_name_parse(&n, text);
	require(n.base_len <= strlen(text));
	am_maildir_name_letters(n.info, &flags, &keywords, other);
	am_maildir_name_info(info, flags, keywords, other);
	am_maildir_name_letters(info, &flags2, &keywords2, other);
	require(flags == flags2 && keywords == keywords2);
}

/* Any folder comes back from its directory, unless it had to be cut. */
static void try_folder(const char *text)
{
	char **parts = am_folder_file_parse(text, strlen(text));
	struct am_folder *folder = NULL;
	const struct am_folder *unref;

	if (parts && !am_folder_new(&folder, (const char *const *)parts,
	                            g_strv_length(parts), AM_ROLE_NONE, NULL)) {
		char *back = am_folder_file_text(folder);
		char **again = am_folder_file_parse(back, strlen(back));

		require(again && g_strv_equal((const char *const *)parts,
		                              (const char *const *)again));
		for (unsigned l = AM_MAILDIR_PLUSPLUS; l <= AM_MAILDIR_FS;
		     l++) {
			bool exact;
			char *dir = am_maildir_path_encode(folder, l, &exact);

			require(!strstr(dir, "//") && !strstr(dir, "/../"));
			g_free(dir);
		}
		g_strfreev(again);
		g_free(back);
	}
	g_strfreev(parts);
	unref = folder;
	am_folder_unref(&unref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t half = len / 2;
	char *whole = g_strndup((const char *)data, len);
	char *a = g_strndup((const char *)data, half);
	char *b = g_strndup((const char *)data + half, len - half);

	try_safe_name(whole);
	try_template(a, b);
	try_template(AM_NAME_TEMPLATE_DEFAULT, whole);
	try_maildir_name(whole);
	try_folder(whole);
	g_free(whole);
	g_free(a);
	g_free(b);
	return 0;
}
