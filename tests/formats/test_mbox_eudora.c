/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mails that Eudora had taken apart, put together again, and the way back. */
#include "test_mbox_help.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FROM "From ?\?\?@?\?\? Mon Jan 01 10:00:00 2001\r\n"

static char *dir;

static void setup(void)
{
	dir = mbox_tmp();
}

static void teardown(void)
{
	mbox_tmp_remove(&dir);
}

TestSuite(mbox_eudora, .init = setup, .fini = teardown);

static void make_dir(const char *name)
{
	char *path = g_build_filename(dir, name, NULL);

	cr_assert_eq(mkdir(path, 0700), 0);
	g_free(path);
}

static void put(const char *name, const char *text)
{
	g_free(mbox_file(dir, name, text, strlen(text)));
}

static struct run *read_it(const char *name, const char *options)
{
	char *path = g_build_filename(dir, name, NULL);
	struct run *run = mbox_run(path, options, 1 << 20);

	g_free(path);
	return run;
}

static char *raw(const struct run *run, size_t i)
{
	gsize len;
	const char *data = g_bytes_get_data(mbox_got(run, i)->raw, &len);

	return g_strndup(data, len);
}

/* With the boundary, which hangs on all of it, as "B". */
static void expect_raw(const struct run *run, size_t i, const char *want)
{
	char *have = raw(run, i);
	char *at = strstr(have, "=_eudora_");

	if (at) {
		char *boundary = g_strndup(at, 9 + 32);
		char **parts = g_strsplit(have, boundary, -1);
		g_free(have);
		have = g_strjoinv("B", parts);
		g_strfreev(parts);
		g_free(boundary);
	}
	cr_expect_str_eq(have, want);
	g_free(have);
}

/* What an mbox with as-imported makes of it. */
static void expect_back(const char *name, const char *want)
{
	char *from = g_build_filename(dir, name, NULL);
	char *to = g_build_filename(dir, "back.mbox", NULL);
	char *bytes = NULL;
	gsize len = 0;

	unlink(to);
	cr_assert_eq(mbox_copy(from, to, "as-imported=yes"), 0);
	cr_assert(g_file_get_contents(to, &bytes, &len, NULL));
	cr_expect_eq(len, strlen(want));
	cr_expect_str_eq(bytes, want);
	g_free(bytes);
	g_free(from);
	g_free(to);
}

static const char taken_apart[] =
	FROM "From: a@example.org\r\n"
	     "Mime-Version: 1.0\r\n"
	     "Content-Type: multipart/mixed;\r\n\tboundary=\"gone\"\r\n"
	     "Subject: report\r\n"
	     "\r\n"
	     "Here it is.\r\n"
	     "\r\n"
	     "Attachment Converted: \"C:\\EUDORA\\Attach\\Report.PDF\"\r\n"
	     "\r\n";

Test(mbox_eudora, a_detached_file_is_put_back)
{
	make_dir("Attach");
	put("Attach/report.pdf", "%PDF-1.4\n");
	put("In.mbx", taken_apart);
	struct run *run = read_it("In.mbx", NULL);
	cr_assert_eq(run->messages->len, 1);
	expect_raw(run, 0,
	           "From: a@example.org\r\n"
	           "Subject: report\r\n"
	           "MIME-Version: 1.0\r\n"
	           "Content-Type: multipart/mixed;\r\n boundary=\"B\"\r\n"
	           "\r\n"
	           "\r\n--B\r\n"
	           "Content-Type: text/plain; charset=us-ascii\r\n"
	           "Content-Transfer-Encoding: 8bit\r\n"
	           "\r\n"
	           "Here it is.\r\n"
	           "\r\n"
	           "\r\n--B\r\n"
	           "Content-Type: application/pdf;\r\n name=\"Report.PDF\"\r\n"
	           "Content-Transfer-Encoding: base64\r\n"
	           "Content-Disposition: attachment;\r\n"
	           " filename=\"Report.PDF\"\r\n"
	           "\r\n"
	           "JVBERi0xLjQK"
	           "\r\n--B--\r\n");
	cr_expect_eq(mbox_got(run, 0)->exactness, AM_SYNTHESISED);
	cr_expect(mbox_noted(run, "mbox.rebuilt"));
	cr_expect_not(mbox_noted(run, "mbox.attachment-missing"));
	mbox_run_free(&run);
	expect_back("In.mbx", taken_apart);
	/* As it is stored, when that is wanted. */
	run = read_it("In.mbx", "rebuild=no");
	cr_expect(mbox_raw_is(mbox_got(run, 0), taken_apart + sizeof FROM - 1,
	                      strlen(taken_apart) - (sizeof FROM - 1) - 2));
	cr_expect_eq(mbox_got(run, 0)->exactness, AM_EXACT);
	mbox_run_free(&run);
}

Test(mbox_eudora, one_that_is_not_there_is_told_and_its_line_stays)
{
	put("In.mbx", taken_apart);
	struct run *run = read_it("In.mbx", NULL);
	char *have = raw(run, 0);
	cr_expect(strstr(have, "Attachment Converted: \"C:\\EUDORA"));
	cr_expect(strstr(have, "Content-Type: text/plain; charset=us-ascii"));
	cr_expect(mbox_noted(run, "mbox.attachment-missing"));
	g_free(have);
	mbox_run_free(&run);
	expect_back("In.mbx", taken_apart);
}

Test(mbox_eudora, files_are_looked_for_above_and_where_the_user_says)
{
	make_dir("Work.fol");
	make_dir("elsewhere");
	make_dir("Attach");
	put("Work.fol/Lists.mbx", taken_apart);
	put("Attach/other", "x");
	put("elsewhere/report.pdf", "%PDF-1.4\n");
	struct run *run = read_it("Work.fol/Lists.mbx", NULL);
	cr_expect(mbox_noted(run, "mbox.attachment-missing"));
	mbox_run_free(&run);
	char *option = g_strdup_printf("attachments=%s/elsewhere", dir);
	run = read_it("Work.fol/Lists.mbx", option);
	cr_expect_not(mbox_noted(run, "mbox.attachment-missing"));
	mbox_run_free(&run);
	g_free(option);
	put("Attach/REPORT.pdf", "%PDF-1.4\n");
	run = read_it("Work.fol/Lists.mbx", NULL);
	cr_expect_not(mbox_noted(run, "mbox.attachment-missing"));
	mbox_run_free(&run);
	run = read_it("Work.fol/Lists.mbx", "attachments=/nowhere/at/all");
	cr_expect_eq(run->failures->len, 1);
	mbox_run_free(&run);
}

Test(mbox_eudora, pictures_go_with_the_text_that_shows_them)
{
	static const char mail[] =
		FROM "Subject: pictures\r\n\r\n"
		     "<x-html>\r\n<img src=\"cid:one@x\"><IMG SRC=cid:two>"
		     "<img src='cid:one@x'>\r\n</x-html>\r\n\r\n"
		     "Embedded Content: a.gif: 00000001,0a,00000000,0\r\n"
		     "Embedded Content: b.png: 00000001,0b,00000000,0\r\n";
	make_dir("Embedded");
	put("Embedded/a.gif", "GIF89a");
	put("Embedded/b.png", "PNG");
	put("In.mbx", mail);
	struct run *run = read_it("In.mbx", NULL);
	char *have = raw(run, 0);
	cr_expect(strstr(have, "multipart/related;\r\n"));
	cr_expect(strstr(have, "\r\n\r\n<img src=\"cid:one@x\">"));
	cr_expect_not(strstr(have, "x-html"));
	const char *a = strstr(have, "Content-ID: <one@x>\r\n");
	const char *b = strstr(have, "Content-ID: <two>\r\n");
	cr_assert(a && b && a < b);
	cr_expect(strstr(a, "filename=\"a.gif\"") < b);
	cr_expect(strstr(b, "filename=\"b.png\""));
	g_free(have);
	mbox_run_free(&run);
	expect_back("In.mbx", mail);
}

Test(mbox_eudora, text_gets_its_type_again)
{
	static const struct {
		const char *text, *type;
	} cases[] = {
		{"<x-html>\r\n<p>x</p>\r\n</x-html>\r\n",
	         "Content-Type: text/html; charset=us-ascii\r\n"},
		{"<X-HTML><p>\xe9</p></X-HTML>\r\n\r\n",
	         "Content-Type: text/html; charset=windows-1252\r\n"},
		{"<x-rich>\r\n<bold>x</bold>\r\n</x-rich>\r\n",
	         "Content-Type: text/enriched; charset=us-ascii\r\n"},
		{"<x-flowed>\r\nlong \r\nline\r\n</x-flowed>\r\n",
	         "Content-Type: text/plain; format=flowed; charset=us-"},
		/* With more behind it that is a part of its own. */
		{"<x-html>\r\n<p>x</p>\r\n</x-html>\r\nmore\r\n",
	         "Content-Type: multipart/mixed;"},
		/* Never closed, it is text. */
		{"<x-html>\r\n<p>x</p>\r\n", NULL},
		{"text about <x-html> x </x-html>\r\n", NULL},
		{"text\r\nAttachment Converted: nothing of Eudora's\r\n", NULL},
		{"> Attachment Converted: \"C:\\a\\b.doc\"\r\n", NULL},
	};
	GString *all = g_string_new(NULL);

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		g_string_append_printf(all, FROM "Subject: x\r\nX: y\r\n\r\n%s",
		                       cases[i].text);
	g_free(mbox_file(dir, "In.mbx", all->str, all->len));
	struct run *run = read_it("In.mbx", NULL);
	cr_assert_eq(run->messages->len, AM_COUNT(cases));
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *have = raw(run, i);
		if (cases[i].type)
			cr_expect(strstr(have, cases[i].type), "%zu: %s", i,
			          have);
		else
			cr_expect_not(strstr(have, "MIME-Version"), "%zu: %s",
			              i, have);
		cr_expect_eq(mbox_got(run, i)->exactness,
		             cases[i].type ? AM_SYNTHESISED : AM_EXACT);
		g_free(have);
	}
	mbox_run_free(&run);
	expect_back("In.mbx", all->str);
	g_string_free(all, TRUE);
}

Test(mbox_eudora, of_the_macintosh_too)
{
	static const char mail[] =
		"From ?\?\?@?\?\? Mon Jan 01 10:00:00 2001\r"
		"Subject: x\rContent-Type: multipart/mixed; boundary=b\r\r"
		"H\x8ello\r"
		"Attachment converted: Disk:Attachments Folder:n\x8ews "
		"(WDBN/MSWD) (0001)\r";
	make_dir("Mail Folder");
	make_dir("Attachments Folder");
	put("Attachments Folder/n\xc3\xa9ws", "doc");
	put("Mail Folder/In", mail);
	struct run *run = read_it("Mail Folder/In", NULL);
	char *have = raw(run, 0);
	cr_expect(strstr(have, "charset=macintosh\r"));
	cr_expect(strstr(have, "filename*=utf-8''n%C3%A9ws\r"));
	cr_expect(strstr(have, "\r\rZG9j\r--"));
	cr_expect_not(strchr(have, '\n'));
	g_free(have);
	mbox_run_free(&run);
	expect_back("Mail Folder/In", mail);
}

Test(mbox_eudora, sent_mail_names_its_files_in_a_field)
{
	static const char mail[] =
		FROM "Subject: sent\r\n"
		     "X-Attachments: C:\\docs\\a.txt; C:\\docs\\lost.txt;\r\n"
		     "\r\nsee there\r\n";
	make_dir("Attach");
	put("Attach/a.txt", "hello");
	put("Out.mbx", mail);
	struct run *run = read_it("Out.mbx", NULL);
	char *have = raw(run, 0);
	cr_expect(strstr(have, "X-Attachments: C:"));
	cr_expect(strstr(have, "\r\n\r\naGVsbG8=\r\n--"));
	cr_expect(mbox_noted(run, "mbox.attachment-missing"));
	g_free(have);
	mbox_run_free(&run);
	expect_back("Out.mbx", mail);
}

/* Only Eudora's: others may quote such a line; and no multipart that is. */
Test(mbox_eudora, what_it_did_not_take_apart_stays)
{
	static const char mail[] =
		"From a@example.org Mon Jan  1 10:00:00 2001\n"
		"Subject: x\nX: y\n\n"
		"Attachment Converted: \"C:\\Attach\\report.pdf\"\n\n" FROM
		"Subject: x\r\nContent-Type: multipart/mixed; "
		"boundary=b\r\n\r\n"
		"--b\r\n\r\nAttachment Converted: "
		"\"C:\\Attach\\report.pdf\"\r\n"
		"--b--\r\n";
	make_dir("Attach");
	put("Attach/report.pdf", "%PDF-1.4\n");
	put("In.mbx", mail);
	struct run *run = read_it("In.mbx", NULL);
	cr_assert_eq(run->messages->len, 2);
	cr_expect_eq(mbox_got(run, 0)->exactness, AM_EXACT);
	cr_expect_eq(mbox_got(run, 1)->exactness, AM_EXACT);
	mbox_run_free(&run);
	expect_back("In.mbx", mail);
}

Test(mbox_eudora, a_tree_tells_what_became_of_its_files)
{
	make_dir("Attach");
	put("Attach/report.pdf", "%PDF-1.4\n");
	put("In.mbx", taken_apart);
	struct run *run = read_it(".", NULL);
	cr_expect_eq(run->messages->len, 1);
	cr_expect(mbox_noted(run, "mbox.detached"));
	cr_expect_not(mbox_noted(run, "mbox.not-a-mailbox"));
	mbox_run_free(&run);
}

/* No FIFO, no directory; and a name leads nowhere else. */
Test(mbox_eudora, only_files_in_its_directories_are_taken)
{
	static const char mail[] =
		FROM "Subject: x\r\nX: y\r\n\r\n"
		     "Attachment Converted: \"C:\\..\\secret\"\r\n"
		     "Attachment Converted: \"/etc/passwd\"\r\n"
		     "Attachment Converted: \"..\"\r\n"
		     "Attachment Converted: \"\"\r\n"
		     "Attachment Converted: \"pipe\"\r\n"
		     "Attachment Converted: \"folder\"\r\n";
	make_dir("Attach");
	make_dir("Attach/folder");
	put("secret", "x");
	char *path = g_build_filename(dir, "Attach", "pipe", NULL);
	cr_assert_eq(mkfifo(path, 0600), 0);
	g_free(path);
	put("In.mbx", mail);
	struct run *run = read_it("In.mbx", NULL);
	cr_assert_eq(run->messages->len, 1);
	cr_expect_eq(mbox_got(run, 0)->exactness, AM_EXACT);
	cr_expect(mbox_noted(run, "mbox.attachment-missing"));
	mbox_run_free(&run);
}
