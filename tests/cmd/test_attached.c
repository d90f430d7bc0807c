/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/document_sample.h"
#include "support/run_cli.h"

#include <criterion/criterion.h>

#include <string.h>

/* An mbox of one mail with this file; takes doc. */
static void write_mail(struct cli *c, const char *mbox, const char *name,
                       GByteArray *doc)
{
	char *base64 = g_base64_encode(doc->data, doc->len);
	char *mail = g_strdup_printf(
		"From a@x.example Thu Jan  2 03:04:05 2020\n"
		"From: a@x.example\nSubject: %s\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		"see there\n--b\nContent-Type: application/octet-stream\n"
		"Content-Disposition: attachment; filename=\"%s\"\n"
		"Content-Transfer-Encoding: base64\n\n%s\n--b--\n\n",
		name, name, base64);

	cli_write(c, mbox, mail, strlen(mail));
	g_free(base64);
	g_free(mail);
	g_byte_array_unref(doc);
}

/* As a user has it: copy, search, and what the index says. */
Test(attached, files_are_read_when_mail_is_archived)
{
	struct cli c;

	cli_init(&c);
	write_mail(&c, "a.mbox", "offer.docx", am_test_docx("grapefruit"));
	write_mail(&c, "b.mbox", "bill.pdf", am_test_pdf("one\nmulberry"));
	write_mail(&c, "c.mbox", "locked.pdf", am_test_pdf_locked());
	cr_assert_eq(cli_line(&c, "copy a.mbox b.mbox c.mbox a.mailark"), 0,
	             "%s", c.err);
	cr_expect_eq(cli_line(&c, "search a.mailark attached:mulberry"), 0);
	cr_expect(strstr(c.out, "bill.pdf"), "%s", c.out);
	cr_expect(!strstr(c.out, "offer.docx"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "search --count a.mailark extract:ok"), 0);
	cr_expect_str_eq(c.out, "2\n");
	cr_expect_eq(cli_line(&c, "search a.mailark extract:encrypted"), 0);
	cr_expect(strstr(c.out, "locked.pdf"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "index a.mailark"), 0);
	cr_expect(strstr(c.out, "3 attached files read: 2 ok, 1 encrypted\n"),
	          "%s", c.out);
	cr_expect_eq(cli_line(&c, "index --rebuild --json a.mailark"), 0);
	cr_expect(strstr(c.out, "\"files\":{\"ok\":2,\"empty\":0,"), "%s",
	          c.out);
	cli_end(&c);
}

/* And where there is no index. */
Test(attached, copy_by_a_query_looks_into_files)
{
	struct cli c;

	cli_init(&c);
	write_mail(&c, "a.mbox", "offer.docx", am_test_docx("grapefruit"));
	write_mail(&c, "b.mbox", "locked.pdf", am_test_pdf_locked());
	cr_assert_eq(cli_line(&c, "copy --query attached:grapefruit a.mbox "
	                          "b.mbox one.mbox"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "stored 1 + duplicates 0 + filtered 1"), "%s",
	          c.out);
	cr_expect_eq(cli_line(&c, "copy --query extract:encrypted a.mbox "
	                          "b.mbox two.mbox"),
	             0);
	cr_expect(strstr(c.out, "stored 1 + duplicates 0 + filtered 1"), "%s",
	          c.out);
	cr_expect_eq(cli_line(&c, "copy --query nowhere a.mbox b.mbox c.mbox"),
	             0);
	cr_expect(strstr(c.out, "filtered 2"), "%s", c.out);
	cli_end(&c);
}
