/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of MH in a zip or tar are what they are on disk. */
#include "formats/eml/member_mh.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/eml.h"
#include "formats/mh/mh.h"
#include "model/folder.h"
#include "model/message.h"
#include "model/source.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(member_mh, .fini = am_test_tmpdir_end, .timeout = 60);

#define MAIL(x)                                                      \
	"From: a@b\nTo: c@d\nSubject: " x "\nDate: Mon, 1 Jan 2001 " \
	"00:00:00 +0000\n\n" x "\n"

/* What tells of the messages comes behind them, as it may in a tar. */
static const struct {
	const char *name, *text;
	size_t len; /* 0: the text's */
} files[] = {
	{"inbox/1", MAIL("one"), 0},
	{"inbox/2", "no header, but it is one\n", 0},
	{"inbox/10", MAIL("ten"), 0},
	{"inbox/,3", MAIL("deleted"), 0},
	{"inbox/lists/1", MAIL("in lists"), 0},
	{"claws/7", MAIL("seven"), 0},
	{"claws/8", MAIL("eight"), 0},
	{"plain/5", MAIL("five"), 0},
	{"plain/,5", MAIL("a mail of some name"), 0},
	{"plain/6", "no mail\n", 0},
	{"inbox/.mh_sequences", "unseen: 2\nflagged: 10\nwork: 1-2\n", 0},
	{"inbox/lists/.mh_sequences", "cur: 1\n", 0},
	{"claws/.claws_mark",
         "\x02\0\0\0"
         "\x07\0\0\0"
         "\x02\0\0\0"
         "\x08\0\0\0"
         "\x14\0\0\0",
         20},
};

static void pack(const char *name)
{
	struct am_error err = {0};
	struct am_pack *p = NULL;
	char *path = am_test_path("%s", name);

	cr_assert_eq(am_pack_open(&p, path, &err), AM_OK, "%s", err.text);
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		struct am_reader *r = NULL;
		size_t len =
			files[i].len ? files[i].len : strlen(files[i].text);
		cr_assert_eq(am_reader_memory(&r, files[i].text, len, &err),
		             AM_OK);
		cr_assert_eq(
			am_pack_add(p, files[i].name, len, 1600000000, r, &err),
			AM_OK, "%s", err.text);
		am_reader_close(&r);
	}
	cr_assert_eq(am_pack_close(&p, true, &err), AM_OK, "%s", err.text);
	g_free(path);
}

/* "inbox 1 flags keywords", in the order they come. */
static char *read_all(const char *name)
{
	char *path = am_test_path("%s", name);
	struct am_location where = {.path = path};
	GString *all = g_string_new(NULL);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	cr_assert_eq(
		am_format_eml.open_source(&src, &where, am_test_ctx(), &err),
		AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) == AM_OK) {
		if (!item.message)
			continue;
		struct am_message *m = item.message;
		char *folder = am_folder_print(m->folder);
		g_string_append_printf(all, "%s: %s %x", folder, m->origin,
		                       m->flags);
		for (size_t i = 0; i < m->n_keywords; i++)
			g_string_append_printf(all, " %s", m->keywords[i]);
		g_string_append_c(all, '\n');
		g_free(folder);
		am_message_free(&item.message);
	}
	cr_assert_eq(r, AM_END, "%s: %s", name, err.text);
	am_source_close(&src);
	g_free(path);
	return g_string_free(all, FALSE);
}

Test(member_mh, is_what_it_is_on_disk)
{
	static const char *const containers[] = {"mh.zip", "mh.tar.gz"};

	for (size_t i = 0; i < AM_COUNT(containers); i++) {
		pack(containers[i]);
		char *all = read_all(containers[i]);
		cr_expect_str_eq(all,
		                 "inbox: inbox/1 1 work\n"
		                 "inbox: inbox/2 0 work\n"
		                 "inbox: inbox/10 5\n"
		                 "inbox/lists: inbox/lists/1 1\n"
		                 "claws: claws/7 0\n"
		                 "claws: claws/8 7\n"
		                 "plain: plain/5 0\n"
		                 "plain: plain/,5 0\n",
		                 "%s", all);
		g_free(all);
	}
	/* plain/6; what tells of messages, and what MH had renamed. */
	cr_expect_eq(am_test_notes("eml.not-mail"), AM_COUNT(containers));
	cr_expect_eq(am_test_notes("eml.maildirs-own"), AM_COUNT(containers));
}

Test(member_mh, knows_only_what_lies_there)
{
	struct am_error err = {0};
	struct am_file *file = NULL;
	bool yes;

	pack("mh.zip");
	char *path = am_test_path("mh.zip");
	cr_assert_eq(am_file_open(&file, path, &err), AM_OK);
	struct am_member_mh *mh = am_member_mh_new(file);
	am_file_unref(&file);
	static const struct {
		const char *name;
		bool message, own;
	} cases[] = {{"x.txt", false, false},
	             {"inbox/1", true, false},
	             {"inbox/99", true, false},
	             {"plain/5", false, false},
	             {"inbox/.mh_sequences", false, true},
	             {"inbox/,3", false, true},
	             {"plain/,3", false, false},
	             {"7", false, false}};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cr_assert_eq(am_member_mh_message(mh, cases[i].name, &yes, NULL,
		                                  &err),
		             AM_OK);
		cr_expect_eq(yes, cases[i].message, "%s", cases[i].name);
		cr_expect_eq(am_member_mh_own(mh, cases[i].name), cases[i].own,
		             "%s", cases[i].name);
	}
	am_member_mh_free(&mh);
	g_free(path);
}
