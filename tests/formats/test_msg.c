/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/msg.h"

#include "formats/eml/eml.h"
#include "support/listing.h"
#include "support/msg_sample.h"
#include "support/olm_sample.h"
#include "support/tmpdir.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(msg, .fini = am_test_tmpdir_end);

static void save(const char *name, GByteArray *file)
{
	am_test_write(name, file->data, file->len);
	g_byte_array_free(file, TRUE);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void expect_in(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "\"%s\" is not in\n%s", what, text);
}

Test(msg, received_mail_and_what_is_beside_it)
{
	save("a.msg", am_test_msg_file(AM_TEST_MSG_RECEIVED));
	char *got = am_test_list(&am_format_msg, "a.msg", NULL,
	                         AM_LIST_FLAGS | AM_LIST_RECEIVED |
	                                 AM_LIST_RECEIVED_FROM | AM_LIST_MORE |
	                                 AM_LIST_ORIGIN,
	                         false);
	expect_in(got, "From: Ann Example <ann@a.example>\\r\\n");
	expect_in(got, "X-Own: kept\\r\\n");
	cr_expect(!strstr(got, "Content-Type: text/html\\r\\n\\r\\n"));
	expect_in(got, "multipart/related");
	expect_in(got, "Content-ID: <pic@a.example>");
	expect_in(got, "filename*=utf-8''Liste%20f%C3%BCr%20Bob.txt");
	expect_in(got, " seen flagged [rot] [größer]");
	expect_in(got, "2020-01-02T03:04:05+00:00");
	expect_in(got, "mapi.delivery-time");
	expect_in(got, "mapi.0x0037001f");
	g_free(got);
}

Test(msg, messages_in_messages)
{
	save("a.msg", am_test_msg_file(AM_TEST_MSG_NESTED));
	char *got = am_test_list(&am_format_msg, "a.msg", NULL, 0, false);
	cr_expect_eq(count(got, "Content-Type: message/rfc822"), 2);
	cr_expect_eq(count(got, "access-type=local-file"), 2);
	cr_expect_eq(count(got, "To: \\\"Ann, the first\\\" <ann@a.example>"),
	             3, "%s", got);
	expect_in(got, "Subject: innermost");
	g_free(got);
}

Test(msg, signed_mail_as_it_was_signed)
{
	save("a.msg", am_test_msg_file(AM_TEST_MSG_SIGNED));
	char *got = am_test_list(&am_format_msg, "a.msg", NULL, 0, false);
	expect_in(got, "Content-Type: multipart/signed; micalg=sha-256;\\r\\n "
	               "protocol=\\\"application/pkcs7-signature\\\"; "
	               "boundary=\\\"sig\\\"\\r\\n\\r\\n--sig\\r\\n");
	expect_in(got, "signed words \\r\\n");
	g_free(got);
}

/* What a mail program saved of an attachment nobody could open. */
Test(msg, winmail_dat_that_was_saved)
{
	static const char *const names[] = {"winmail.dat", "in/Winmail (2).DAT",
	                                    "in/x.tnef"};
	struct am_probe probe = {.name = "saved"};
	GByteArray *tnef = am_test_tnef();

	for (size_t i = 0; i < AM_COUNT(names); i++)
		am_test_write(names[i], tnef->data, tnef->len);
	am_test_write("in/other.dat", tnef->data, tnef->len);
	char *got = am_test_list(&am_format_msg, names[0], NULL, 0, false);
	expect_in(got, "filename*=utf-8''Liste%20f%C3%BCr%20Bob.txt");
	expect_in(got, "Content-Type: message/rfc822");
	expect_in(got, "X-Mailark-Synthesized: header");
	g_free(got);
	got = am_test_list(&am_format_msg, "in", NULL, AM_LIST_ORIGIN, true);
	cr_expect_eq(count(got, "Subject: the one within"), 2, "%s", got);
	g_free(got);
	probe.head = tnef->data;
	probe.head_len = tnef->len;
	cr_expect(am_format_msg.probe(&probe) > 0);
	/* Cut off: what is there, and a word of it. */
	am_test_write("cut.tnef", tnef->data, tnef->len - 40);
	got = am_test_list(&am_format_msg, "cut.tnef", NULL, 0, false);
	expect_in(got, "X-Mailark-Synthesized: header");
	cr_expect_geq(am_test_notes("msg.damaged"), 1, "%u",
	              am_test_notes("msg.damaged"));
	g_free(got);
	g_byte_array_free(tnef, TRUE);
}

Test(msg, contacts_and_meetings)
{
	save("a.msg", am_test_msg_file(AM_TEST_MSG_CONTACT));
	char *got = am_test_list(&am_format_msg, "a.msg", NULL, 0, false);
	expect_in(got, "BEGIN:VCARD");
	expect_in(got, "EMAIL:eva@garden.example");
	g_free(got);
	save("a.msg", am_test_msg_file(AM_TEST_MSG_MEETING));
	got = am_test_list(&am_format_msg, "a.msg", NULL, 0, false);
	expect_in(got, "METHOD:REQUEST");
	expect_in(got, "DTSTART:20200102T040405Z");
	expect_in(got, "LOCATION:Room 7");
	g_free(got);
}

Test(msg, the_code_page_can_be_said)
{
	static const char *const greek[] = {"codepage=1253", NULL};
	static const char *const wrong[] = {"codepage=99", NULL};
	struct am_location where = {.path = "a.msg", .options = wrong};
	struct am_source *src = NULL;
	struct am_error err = {0};

	save("a.msg", am_test_msg_narrow(1253, AM_TEST_SAYS_NOTHING, "Γειά"));
	char *got = am_test_list(&am_format_msg, "a.msg", greek, 0, false);
	expect_in(got, "Subject: =?utf-8?B?zpPOtc65zqw=?=");
	g_free(got);
	cr_expect_eq(
		am_format_msg.open_source(&src, &where, am_test_ctx(), &err),
		AM_FATAL);
	expect_in(err.text, "codepage=99");
}

Test(msg, a_tree_and_what_is_no_message_in_it)
{
	save("t/a.msg", am_test_msg_file(AM_TEST_MSG_CONTACT));
	save("t/sub/b.MSG", am_test_msg_file(AM_TEST_MSG_SIGNED));
	save("t/sub/c.oft", am_test_msg_object());
	am_test_write_text("t/mail.msg", "From: a@b\nSubject: text\n\nx\n");
	am_test_write_text("t/junk.doc", "junk");
	char *got = am_test_list(&am_format_msg, "t", NULL,
	                         AM_LIST_FOLDERS | AM_LIST_ORIGIN, true);
	cr_expect_eq(count(got, ": \""), 3);
	expect_in(got, "folder sub");
	expect_in(got, "failed");
	cr_expect_eq(am_test_notes("msg.not-mail"), 1);
	g_free(got);
}

/* ---- writing ---- */

static const struct am_test_message mails[] = {
	{.folder = {"Work", "Größe/2"},
         .bytes = "From: a@b\nTo: c@d\nSubject: one\nDate: Thu, 2 Jan 2020 "
                  "03:04:05 +0000\n\ntext\n",
         .flags = AM_SEEN | AM_ANSWERED,
         .keywords = {"rot"},
         .labels = {"Elsewhere"},
         .received = 1577934245,
         .zone = 60},
	{.folder = {"Work"}, .bytes = "Subject: no line end"},
	{.folder = {"Empty"}, .folder_only = true},
};

static char *list_back(uint32_t what)
{
	return am_test_list(&am_format_msg, "out/", NULL, what, true);
}

Test(msg, mail_comes_back_as_it_was)
{
	am_test_fill(&am_format_msg, "out/", NULL, mails, AM_COUNT(mails));
	char *got =
		list_back(AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_RECEIVED);
	expect_in(got, "Work/Größe\\/2: \"From: a@b\\nTo: c@d\\nSubject: "
	               "one\\nDate: Thu, 2 Jan 2020 03:04:05 "
	               "+0000\\n\\ntext\\n\" seen answered [rot] "
	               "2020-01-02T04:04:05+01:00");
	expect_in(got, "Work: \"Subject: no line end\"");
	expect_in(got, "folder Empty");
	cr_expect_eq(count(got, ": \""), 2, "no further file for a label");
	g_free(got);
	/* Named as .eml files are. */
	GDir *dir;
	char *path = g_build_filename(am_test_tmpdir(), "out", "Work", NULL);
	const char *name;
	unsigned n = 0;
	dir = g_dir_open(path, 0, NULL);
	while ((name = g_dir_read_name(dir)))
		n += g_str_has_suffix(name, ".msg") &&
		     strstr(name, "no line end") != NULL;
	g_dir_close(dir);
	g_free(path);
	cr_expect_eq(n, 1);
}

Test(msg, one_file_and_no_packs)
{
	struct am_test_message one = mails[0];
	char *path = g_build_filename(am_test_tmpdir(), "x.zip", NULL);
	struct am_location where = {.path = path};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	one.labels[0] = NULL;
	am_test_fill(&am_format_msg, "one.msg", NULL, &one, 1);
	char *got = am_test_list(&am_format_msg, "one.msg", NULL, 0, false);
	expect_in(got, "Subject: one");
	g_free(got);
	cr_expect_eq(
		am_format_msg.open_sink(&sink, &where, am_test_ctx(), &err),
		AM_FATAL);
	expect_in(err.text, "not packed");
	g_free(path);
}

/* It is not read there, so it is not passed over. */
Test(msg, in_a_zip_it_is_a_failure_by_name)
{
	static const char *const members[] = {
		"in/a.msg",    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on",
		"in/text.msg", "From: a@b\nSubject: text\n\nx\n",
		"in/b.eml",    "From: a@b\nSubject: mail\n\nx\n",
		NULL};
	GByteArray *zip = am_test_zip(members, TRUE);

	save("x.zip", zip);
	char *got = am_test_list(&am_format_eml, "x.zip", NULL, AM_LIST_ORIGIN,
	                         false);
	cr_expect_eq(count(got, ": \""), 2, "%s", got);
	cr_expect_eq(count(got, "failed"), 1, "%s", got);
	expect_in(got, "in/a.msg");
	g_free(got);
}
