/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/olm.h"

#include "support/listing.h"
#include "support/olm_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(olm, .fini = am_test_tmpdir_end);

static char *list(GByteArray *file, uint32_t what)
{
	am_test_write("x.olm", file->data, file->len);
	g_byte_array_free(file, TRUE);
	return am_test_list(&am_format_olm, "x.olm", NULL, what, false);
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

Test(olm, mail_with_all_that_belongs_to_it)
{
	char *got = list(am_test_olm(TRUE, TRUE),
	                 AM_LIST_FLAGS | AM_LIST_RECEIVED | AM_LIST_ORIGIN);

	expect_in(got, "ann@a.example/Inbox: \"From: Ann <ann@a.example>\\r\\n"
	               "Reply-To: List <list@a.example>,\\r\\n"
	               " eve@a.example\\r\\nTo: bob@b.example");
	expect_in(got, "Subject: =?utf-8?B?R3LDvMOfZSAmIG1laHI=?=");
	expect_in(got, "Date: 2 Jan 2020 03:04:00 +0000");
	expect_in(got, "Message-ID: <one@a.example>");
	/* Of an invitation the event lies beside it. */
	expect_in(got,
	          "Content-Type: text/calendar;\\r\\n name=\\\"meeting.ics");
	expect_in(got, "QkVHSU46VkNBTEVOREFS");
	expect_in(got, "Importance: high");
	expect_in(got, "multipart/related");
	expect_in(got, "bm90IHJlYWxseSBhIHBpY3R1cmU=");
	expect_in(got, "filename*=utf-8''Liste%20f%C3%BCr%20Bob.txt");
	expect_in(got, "ZmlsZSBieXRlcw==");
	expect_in(got, " seen flagged [Rot] 2020-01-02T03:04:05+00:00 ");
	/* The one that is not there leaves a word, the one too many, too. */
	expect_in(got, "Here was an attachment, gone,");
	cr_expect_eq(am_test_notes("olm.attachment"), 1);
	cr_expect_eq(am_test_notes("olm.unnamed"), 1);
	g_free(got);
}

Test(olm, everything_else_and_folders)
{
	char *got =
		list(am_test_olm(TRUE, TRUE), AM_LIST_FOLDERS | AM_LIST_ORIGIN);

	cr_expect_eq(count(got, ": \""), 5);
	expect_in(got, "folder ann@a.example/Inbox");
	expect_in(got, "folder ann@a.example/Empty");
	expect_in(got, "Address Book: \"");
	expect_in(got, "EMAIL:eva@garden.example");
	expect_in(got, ";Bremen;");
	expect_in(got, "Contacts.xml#2");
	expect_in(got, "DTSTART:20200102T040000Z");
	expect_in(got, "LOCATION:Room 7");
	expect_in(got, "X-Outlook-Class: IPM.Task");
	expect_in(got, "OPFTaskCopyOwn");
	expect_in(got, "kept too");
	cr_expect_null(strstr(got, "__Attachments\""));
	g_free(got);
}

/* Its list is gone: all is there, and it is told. */
Test(olm, without_its_list)
{
	char *whole = list(am_test_olm(TRUE, TRUE), AM_LIST_FOLDERS);
	char *got = list(am_test_olm(FALSE, TRUE), AM_LIST_FOLDERS);

	expect_in(got, "failed");
	cr_expect(g_str_has_suffix(got, whole), "%s", got);
	g_free(whole);
	g_free(got);
}

Test(olm, broken_xml_loses_what_is_behind_it)
{
	static const char *const members[] = {
		"Local/Notes/Notes.xml",
		"<notes><note><OPFNoteCopyTitle>whole</OPFNoteCopyTitle></note>"
		"</notes>",
		"Local/Tasks/Tasks.xml",
		"<tasks><task>&broken;</task></tasks>",
		"Local/Address Book/Contacts.xml",
		"<contacts></contacts>",
		NULL};
	char *got = list(am_test_zip(members, TRUE), AM_LIST_ORIGIN);

	cr_expect_eq(count(got, ": \""), 1);
	expect_in(got, "Subject: whole");
	cr_expect_eq(count(got, "failed - Local/Tasks/Tasks.xml"), 1, "%s",
	             got);
	g_free(got);
}
