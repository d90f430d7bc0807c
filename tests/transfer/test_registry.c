/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/registry.h"

#include "base/file.h"
#include "model/folder.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir;

static void set_up(void)
{
	dir = g_dir_make_tmp("mailark-registry-XXXXXX", NULL);
	cr_assert(dir);
	cr_assert_eq(chdir(dir), 0);
}

static void tear_down(void)
{
	cr_assert_eq(chdir("/"), 0);
	cr_expect_eq(am_remove_tree(dir, NULL), AM_OK);
	g_free(dir);
}

static void put(const char *path, const char *bytes)
{
	char *parent = g_path_get_dirname(path);

	cr_assert_eq(g_mkdir_with_parents(parent, 0777), 0);
	cr_assert(g_file_set_contents(path, bytes, -1, NULL));
	g_free(parent);
}

#define MBOX                                          \
	"From a@b.example Thu Jan  2 03:04:05 2020\n" \
	"From: a@b.example\nSubject: x\n\nbody\n\n"
#define EML                                                      \
	"From: a@b.example\nSubject: x\nDate: 2 Jan 2020 00:00 " \
	"+0000\n\nbody\n"

static void make_tree(void)
{
	put("old.mbox", MBOX);
	put("a:b.mbox", MBOX);
	put("mbox:odd", MBOX);
	put("noname", MBOX);
	put("one.eml", EML);
	put("dir/cur/1.host:2,S", EML);
	put("dir/new/2.host", EML);
	g_mkdir("dir/tmp", 0777);
	put("x.pdf", "%PDF-1.7 and the rest");
	/* As a disk leaves the beginning of an archive. */
	put("hurt.mailark", "\001\002 and so on");
	put("empty", "");
	put("empty.mbox", "");
	put("note.txt", "Dear diary\n");
	g_mkdir("hollow", 0777);
	put("boxes/a/b/1", MBOX);
	put("boxes/c/2.txt", "Dear diary\n");
	put("mails/a/1.eml", EML);
	put("both/a/1", MBOX);
	put("both/b/1", EML);
}

Test(registry, finds_formats_by_name)
{
	cr_expect_str_eq(am_format_find("mbox")->name, "mbox");
	cr_expect_str_eq(am_format_find("MBOX")->name, "mbox");
	cr_expect_str_eq(am_format_find("mailark")->name, "archive");
	cr_expect_null(am_format_find("nosuch"));
}

Test(registry, recognises_sources_by_looking, .init = set_up, .fini = tear_down)
{
	static const struct {
		const char *text, *option, *format, *path; /* format NULL: … */
		const char *says;
	} cases[] = {
		{"old.mbox", NULL, "mbox", "old.mbox", NULL},
		{"noname", NULL, "mbox", "noname", NULL},
		{"a:b.mbox", NULL, "mbox", "a:b.mbox", NULL},
		{"mbox:odd", NULL, "mbox", "mbox:odd", NULL},
		{"mbox:noname", NULL, "mbox", "noname", NULL},
		{"mbox:note.txt", NULL, "mbox", "note.txt", NULL},
		{"note.txt", "mbox", "mbox", "note.txt", NULL},
		{"one.eml", NULL, "eml", "one.eml", NULL},
		{"dir", NULL, "maildir", "dir", NULL},
		{"dir/", NULL, "maildir", "dir/", NULL},
		{"hurt.mailark", NULL, "archive", "hurt.mailark", NULL},
		{"boxes", NULL, "mbox", "boxes", NULL},
		{"mails", NULL, "eml", "mails", NULL},
		{"both", NULL, "mbox", "both", NULL},
		{"maildir:dir", "maildir", "maildir", "dir", NULL},
		{"nothing", NULL, NULL, NULL, "no such file"},
		{"mbxo:noname", NULL, NULL, NULL, "no format is called"},
		{"C:\\mail.mbox", NULL, NULL, NULL, "no such file"},
		{"x.pdf", NULL, NULL, NULL, "looks like a PDF: not a mailbox"},
		{"empty", NULL, NULL, NULL, "empty file"},
		{"note.txt", NULL, NULL, NULL, "not a mailbox"},
		{"hollow", NULL, NULL, NULL, "empty folder"},
		{"old.mbox", "nosuch", NULL, NULL, "no format is called"},
		{"old.mbox", "mbox,nosuch=1", NULL, NULL, "nosuch"},
		{"old.mbox", "mbox,,", NULL, NULL, "empty option"},
		{"mbox:old.mbox", "eml", NULL, NULL, "eml"},
		{"null:", NULL, NULL, NULL, "null"},
		{"gopher://x/", NULL, NULL, NULL, "gopher:// is not built in"},
		{"", NULL, NULL, NULL, "empty path"},
		{"mbox:", NULL, NULL, NULL, "empty path"},
	};

	make_tree();
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_place *place = NULL;
		struct am_error err = {0};
		int r = am_place_parse(&place, cases[i].text, cases[i].option,
		                       false, &err);
		if (cases[i].format) {
			cr_assert_eq(r, AM_OK, "%s: %s", cases[i].text,
			             err.text);
			cr_expect_str_eq(am_place_format(place)->name,
			                 cases[i].format, "%s", cases[i].text);
			cr_expect_str_eq(am_place_location(place)->path,
			                 cases[i].path);
		} else {
			cr_expect_eq(r, AM_FAILED, "%s", cases[i].text);
			cr_expect(strstr(err.text, cases[i].says), "%s: %s",
			          cases[i].text, err.text);
			cr_expect_null(place);
		}
		am_place_free(&place);
	}
}

Test(registry, takes_the_format_of_a_target_from_what_is_there_or_its_name,
     .init = set_up, .fini = tear_down)
{
	static const struct {
		const char *text, *option, *format, *says;
	} cases[] = {
		{"new.mailark", NULL, "archive", NULL},
		{"new.mbox", NULL, "mbox", NULL},
		{"new/", NULL, "maildir", NULL},
		{"new.mbox/", NULL, "mbox", NULL},
		{"new.eml", NULL, "eml", NULL},
		{"new.zip", NULL, "eml", NULL},
		{"archive:new", NULL, "archive", NULL},
		{"new", "archive", "archive", NULL},
		{"new", "archive,segment=1M", "archive", NULL},
		{"new.mailark", "segment=1M", "archive", NULL},
		{"null:", NULL, "null", NULL},
		{"noname", NULL, "mbox", NULL},
		{"dir", NULL, "maildir", NULL},
		{"hollow", NULL, "maildir", NULL},
		{"hollow", "eml", "eml", NULL},
		{"empty.mbox", NULL, "mbox", NULL},
		{"new", NULL, NULL, "no telling which format"},
		{"empty", NULL, NULL, "no telling which format"},
		{"x.pdf", NULL, NULL, "nothing is written over it"},
		{"/dev/null", NULL, NULL, "there already and not a regular"},
		{"new.mailark", "segment=much", "archive", NULL},
		{"new.mailark", "nosuch=1", NULL, "nosuch"},
	};

	make_tree();
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_place *place = NULL;
		struct am_error err = {0};
		int r = am_place_parse(&place, cases[i].text, cases[i].option,
		                       true, &err);
		if (cases[i].format) {
			cr_assert_eq(r, AM_OK, "%s: %s", cases[i].text,
			             err.text);
			cr_expect_str_eq(am_place_format(place)->name,
			                 cases[i].format, "%s", cases[i].text);
		} else {
			cr_expect_eq(r, AM_FAILED, "%s", cases[i].text);
			cr_expect(strstr(err.text, cases[i].says), "%s: %s",
			          cases[i].text, err.text);
		}
		am_place_free(&place);
	}
}

Test(registry, looks_at_no_more_than_a_sample_of_a_large_folder, .init = set_up,
     .fini = tear_down)
{
	struct am_place *place = NULL;
	struct am_error err = {0};

	/* A Maildir whose own folders come after a thousand files. */
	put("big/cur/1.host:2,S", EML);
	put("big/new/2.host", EML);
	g_mkdir("big/tmp", 0777);
	for (int i = 0; i < 1000; i++) {
		char name[32];
		g_snprintf(name, sizeof name, "big/a%04d.log", i);
		put(name, "just a log\n");
	}
	cr_assert_eq(am_place_parse(&place, "big", NULL, false, &err), AM_OK,
	             "%s", err.text);
	cr_expect_str_eq(am_place_format(place)->name, "maildir");
	am_place_free(&place);
}

Test(registry, does_not_hang_on_a_pipe, .init = set_up, .fini = tear_down,
     .timeout = 10)
{
	struct am_place *place = NULL;
	struct am_error err = {0};

	cr_assert_eq(mkfifo("pipe", 0600), 0);
	cr_expect_eq(am_place_parse(&place, "pipe", NULL, false, &err),
	             AM_FAILED);
	cr_expect_neq(err.text[0], '\0');
}

/* Everything in the folder, as "folder origin flags\n". */
static char *read_all(const char *path)
{
	GString *all = g_string_new(NULL);
	struct am_ctx ctx = {0};
	struct am_place *place = NULL;
	struct am_source *src = NULL;
	struct am_item item;
	int r;

	cr_assert_eq(am_place_parse(&place, path, NULL, false, NULL), AM_OK);
	cr_assert_eq(am_place_open_source(place, &src, &ctx, NULL), AM_OK);
	while ((r = am_source_next(src, &item, NULL)) != AM_END) {
		cr_assert_eq(r, AM_OK);
		if (!item.message)
			continue;
		cr_expect_eq(am_source_load(src, item.message, NULL), AM_OK);
		char *folder = am_folder_print(item.message->folder);
		g_string_append_printf(all, "%s %s %u\n", folder,
		                       item.message->origin,
		                       item.message->flags);
		g_free(folder);
		am_message_free(&item.message);
	}
	am_source_close(&src);
	am_place_free(&place);
	return g_string_free(all, FALSE);
}

/* Whatever the folder looks like, nothing in it is passed over or read
 * twice. */
Test(registry, a_folder_of_several_formats_is_read_whole, .init = set_up,
     .fini = tear_down)
{
	static const struct {
		const char *path, *found;
	} rows[] = {
		{"maildir", ".Sent .Sent:0 0\nA/stray A/stray:0 0\n"
	                    "INBOX 1.host 1\nA A/1.host 0\n"},
		{"mbox", "a a.mbox:0 0\nb b.mbox:0 0\ndeep/x/M "
	                 "deep/x/M/1.host 1\n"},
		{"eml", " 1.eml 0\n.hid .hid/2.eml 0\nM M/1.host 1\n"
	                "M/box M/box:0 0\n"},
		{"new", "new/a new/a.mbox:0 0\nnew/b new/b.mbox:0 0\n"},
	};

	put("maildir/cur/1.host:2,S", EML);
	put("maildir/dovecot-uidlist", "3 V1 N2\n");
	put("maildir/.Sent", MBOX);
	put("maildir/A/new/1.host", EML);
	put("maildir/A/stray", MBOX);
	put("mbox/a.mbox", MBOX);
	put("mbox/b.mbox", MBOX);
	put("mbox/deep/x/M/cur/1.host:2,S", EML);
	put("eml/1.eml", EML);
	put("eml/M/cur/1.host:2,S", EML);
	put("eml/M/box", MBOX);
	put("eml/.hid/2.eml", EML);
	put("eml/.hid/._2.eml", "AppleDouble\n");
	put("eml/.mailark-tmp/3.eml", EML);
	put("new/new/a.mbox", MBOX);
	put("new/new/b.mbox", MBOX);
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		char *found = read_all(rows[i].path);
		cr_expect_str_eq(found, rows[i].found, "%s: %s", rows[i].path,
		                 found);
		g_free(found);
	}
}
