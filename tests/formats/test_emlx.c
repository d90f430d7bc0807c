/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/emlx/emlx.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(emlx, .fini = am_test_tmpdir_end, .timeout = 60);

#define PLIST(flags, date)                                                 \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist "              \
	"version=\"1.0\">\n"                                               \
	"<dict>\n\t<key>date-received</key>\n\t<integer>" date             \
	"</integer>\n\t<key>flags</key>\n\t<integer>" flags                \
	"</integer>\n\t<key>remote-id</key>\n\t<string>a&amp;b</string>\n" \
	"</dict>\n</plist>\n"
#define MAIL "Subject: x\nDate: Wed, 1 Jan 2020 00:00:00 +0000\n\nbody\n"

static void write_emlx(const char *path, const char *first, const char *mail,
                       const char *plist)
{
	char *text = g_strconcat(first, mail, plist, NULL);

	am_test_write_text(path, text);
	g_free(text);
}

static void write_counted(const char *path, const char *mail)
{
	char *first = g_strdup_printf("%-10zu\n", strlen(mail));

	write_emlx(path, first, mail, PLIST("1", "1577836800"));
	g_free(first);
}

static void expect_list(const char *path, uint32_t what, const char *want)
{
	char *got = g_strchomp(
		am_test_list(&am_format_emlx, path, NULL, what, false));

	cr_expect_str_eq(got, want, "%s gives\n%s\nnot\n%s", path, got, want);
	g_free(got);
}

#define SHOWN \
	": \"Subject: x\\nDate: Wed, 1 Jan 2020 00:00:00 +0000\\n\\nbody\\n\""

Test(emlx, the_first_line_says_how_long_the_message_is)
{
	char count[16];
	g_snprintf(count, sizeof count, "%zu", strlen(MAIL));
	char *padded = g_strdup_printf("%-10s\n", count);
	char *bare = g_strdup_printf("%s\n", count);
	char *crlf = g_strdup_printf("%s\r\n", count);
	const struct {
		const char *first, *plist;
		bool noted;
	} cases[] = {{padded, PLIST("1", "1"), false},
	             {bare, PLIST("1", "1"), false},
	             {crlf, PLIST("1", "1"), false},
	             {padded, "", false},
	             {"9999      \n", PLIST("1", "1"), true},
	             {"99999999999999999999999\n", PLIST("1", "1"), true},
	             {"", PLIST("1", "1"), true}};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		unsigned before = am_test_notes("emlx.length-wrong");
		write_emlx("x.emlx", cases[i].first, MAIL, cases[i].plist);
		expect_list("x.emlx", 0, SHOWN);
		cr_expect_eq(am_test_notes("emlx.length-wrong") - before,
		             cases[i].noted, "%zu", i);
	}
	g_free(padded);
	g_free(bare);
	g_free(crlf);
}

Test(emlx, a_message_that_holds_a_property_list_ends_behind_it)
{
	static const char mail[] = "Subject: x\n\n<?xml version=\"1.0\"?>\n"
				   "<key>flags</key><integer>2</integer>\n";
	write_counted("1.emlx", mail);
	expect_list("1.emlx", AM_LIST_FLAGS,
	            ": \"Subject: x\\n\\n<?xml version=\\\"1.0\\\"?>\\n"
	            "<key>flags</key><integer>2</integer>\\n\" seen");
}

/* Bits as they were seen in the wild, above the 32nd too. */
Test(emlx, flags_have_64_bits)
{
	static const struct {
		const char *value, *flags;
	} cases[] = {
		{"0", ""},
		{"1", " seen"},
		{"8623489089", " seen draft [$NotJunk]"},
		{"25803555845", " seen answered [$NotJunk]"},
		{"17", " seen flagged"},
		{"16777217", " seen junk"},
		{"33554432", " [$NotJunk]"},
		{"320", " draft forwarded"},
		{"-1", " seen answered flagged deleted draft forwarded junk "
	               "[$NotJunk]"},
		{"4.5", " answered"},
		{"x", ""},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *first = g_strdup_printf("%zu\n", strlen(MAIL));
		char *plist = g_strdup_printf("<?xml version=\"1.0\"?>\n<key>"
		                              "flags</key><integer>%s"
		                              "</integer>\n",
		                              cases[i].value);
		char *want = g_strconcat(SHOWN, cases[i].flags, NULL);
		write_emlx("x.emlx", first, MAIL, plist);
		expect_list("x.emlx", AM_LIST_FLAGS, want);
		g_free(want);
		g_free(plist);
		g_free(first);
	}
}

/* Dates count from 1970, some of older versions from 2001. */
Test(emlx, dates_are_read_by_the_nearer_epoch)
{
	static const struct {
		const char *key, *want;
	} cases[] = {
		{"<key>date-received</key><integer>1577836900</integer>",
	         "2020-01-01T00:01:40+00:00 emlx.date-received"},
		{"<key>date-sent</key><real>599529700.5</real>",
	         "2020-01-01T00:01:40+00:00 emlx.date-received"},
		{"", "2020-01-01T00:00:00+00:00 header.date"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *first = g_strdup_printf("%zu\n", strlen(MAIL));
		char *plist = g_strconcat("<?xml version=\"1.0\"?>\n",
		                          cases[i].key, "\n", NULL);
		char *want = g_strconcat(SHOWN, " ", cases[i].want, NULL);
		write_emlx("x.emlx", first, MAIL, plist);
		expect_list("x.emlx", AM_LIST_RECEIVED | AM_LIST_RECEIVED_FROM,
		            want);
		g_free(want);
		g_free(plist);
		g_free(first);
	}
}

#define UUID "4B1D0C2E-0000-4000-8000-000000000001"
Test(emlx, folders_are_the_path_of_mailboxes)
{
	static const struct {
		const char *path, *folder; /* parts joined by '/' */
	} cases[] = {
		{"INBOX.mbox/Messages", "INBOX"},
		{"IMAP-me@host/INBOX.imapmbox/Messages", "me@host/INBOX"},
		{"Mailboxes/Old.mbox/Messages", "Old"},
		{"V2/IMAP-me@host/Work.mbox/Clients.mbox/Messages",
	         "me@host/Work/Clients"},
		{"V10/" UUID "/INBOX.mbox/" UUID "/Data/Messages", "INBOX"},
		{"V10/" UUID "/INBOX.mbox/" UUID "/Data/3/2/1/Messages",
	         "INBOX"},
		{"Library/Mail/V10/" UUID "/A.mbox/B.mbox/" UUID
	         "/Data/9/Messages",
	         "Library/Mail/A/B"},
		{"V4/Mailboxes/Archive.mbox/2010.mbox/" UUID "/Data/Messages",
	         "Archive/2010"},
		{"mails", "mails"},
		{"Data/Messages", ""},
		{"Messages", ""},
		{".mbox/Messages", ".mbox"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char **names = g_strsplit(cases[i].path, "/", 0);
		GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
		char *path = g_strconcat("/nowhere/", cases[i].path, NULL);
		for (char **n = names; *n; n++)
			g_ptr_array_add(parts, g_strdup(*n));
		am_emlx_path_parts(parts, path);
		g_ptr_array_add(parts, NULL);
		char *got = g_strjoinv("/", (char **)parts->pdata);
		cr_expect_str_eq(got, cases[i].folder, "%s: %s", cases[i].path,
		                 got);
		g_free(got);
		g_free(path);
		g_ptr_array_free(parts, TRUE);
		g_strfreev(names);
	}
}

Test(emlx, two_accounts_stay_apart)
{
	write_counted("V10/AAAAAAAAA-1/INBOX.mbox/X/Data/Messages/10.emlx",
	              MAIL);
	write_counted("V10/AAAAAAAAA-1/INBOX.mbox/X/Data/Messages/9.emlx",
	              MAIL);
	write_counted("V10/BBBBBBBBB-1/INBOX.mbox/X/Data/Messages/1.emlx",
	              MAIL);
	am_test_write_text("V10/MailData/Envelope Index", "SQLite");
	static const char want[] =
		"folder AAAAAAAA/INBOX\nAAAAAAAA/INBOX" SHOWN
		" AAAAAAAAA-1/INBOX.mbox/X/Data/Messages/9.emlx\n"
		"AAAAAAAA/INBOX" SHOWN
		" AAAAAAAAA-1/INBOX.mbox/X/Data/Messages/10.emlx\n"
		"folder BBBBBBBB/INBOX\nBBBBBBBB/INBOX" SHOWN
		" BBBBBBBBB-1/INBOX.mbox/X/Data/Messages/1.emlx";
	expect_list("V10", AM_LIST_FOLDERS | AM_LIST_ORIGIN, want);
}

/* --- attachments that lie outside ----------------------------------------- */

#define PART(encoding, body)                                           \
	"--b\nContent-Type: a/b\nContent-Transfer-Encoding: " encoding \
	"\n" body "\n"
#define TOP "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n"

/* mail: what it was before Apple Mail took the part with these contents away;
 * %s is its body. */
static void expect_refilled(const char *encoding, const char *encoded,
                            const void *content, size_t len, bool exact)
{
	char *stub = g_strdup_printf(
		TOP "--b\nContent-Type: a/b\nContent-Transfer-Encoding: %s\n"
		    "X-Apple-Content-Length: %zu\n\n\n--b--\n",
		encoding, strlen(encoded));
	char *whole = g_strdup_printf(
		TOP "--b\nContent-Type: a/b\nContent-Transfer-Encoding: %s\n\n"
		    "%s\n--b--\n",
		encoding, encoded);
	char **lines = g_strsplit(whole, "\n", 0);
	char *shown = g_strjoinv("\\n", lines);
	char *want = g_strdup_printf(": \"%s\"", shown);
	unsigned before = am_test_notes("emlx.part-missing");

	write_counted("Data/Messages/7.partial.emlx", stub);
	am_test_write("Data/Attachments/7/2/file", content, len);
	if (exact)
		expect_list("Data/Messages", 0, want);
	char *got =
		am_test_list(&am_format_emlx, "Data/Messages", NULL, 0, false);
	cr_expect_null(strstr(got, "X-Apple"), "%s", got);
	cr_expect_eq(am_test_notes("emlx.part-missing"), before);
	g_free(got);
	g_free(want);
	g_free(shown);
	g_strfreev(lines);
	g_free(whole);
	g_free(stub);
}

static char *base64_lines(const void *data, size_t len, size_t width)
{
	char *all = g_base64_encode(data, len);
	GString *out = g_string_new(NULL);
	for (size_t i = 0; i < strlen(all); i += width) {
		if (i)
			g_string_append_c(out, '\n');
		g_string_append_len(out, all + i,
		                    (gssize)MIN(width, strlen(all) - i));
	}
	g_free(all);
	return g_string_free(out, FALSE);
}

Test(emlx, attachments_are_put_back_as_they_were)
{
	static const size_t sizes[] = {1, 56, 57, 58, 114, 4000, 200000};
	static const size_t widths[] = {76, 72, 64, 60};
	uint8_t *data = g_malloc(200000);
	for (size_t i = 0; i < 200000; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < AM_COUNT(sizes); i++)
		/* Of a few lines the length tells no width: then the common
		 * one. */
		for (size_t w = 0; w < (sizes[i] < 4000 ? 1 : AM_COUNT(widths));
		     w++) {
			char *text = base64_lines(data, sizes[i], widths[w]);
			expect_refilled("base64", text, data, sizes[i], true);
			g_free(text);
		}
	g_free(data);
	expect_refilled("7bit", "Short text.\n", "Short text.\n", 12, true);
	expect_refilled("8bit", "plain", "plain", 5, true);
	expect_refilled("quoted-printable", "a=3Db=20\n=C3=A9",
	                "a=b \n\xc3\xa9", 7, true);
	/* Encoded by some other rule: put in, and not claimed to be the same.
	 */
	expect_refilled("quoted-printable", "=61", "a", 1, false);
}

Test(emlx, parts_beside_the_message_are_encoded_already)
{
	write_counted("m/3.partial.emlx",
	              TOP "--b\nContent-Type: multipart/mixed; boundary=c\n\n"
	                  "--c\nContent-Type: a/b\nContent-Transfer-Encoding: "
	                  "base64\nX-Apple-Content-Length: 4\n\n\n--c--\n\n"
	                  "--b--\n");
	am_test_write_text("m/3.2.1.emlxpart", "QUJD");
	char *got = am_test_list(&am_format_emlx, "m", NULL, 0, false);
	cr_expect(strstr(got, "base64\\n\\nQUJD\\n--c--"), "%s", got);
	g_free(got);
}

Test(emlx, what_was_never_fetched_is_told)
{
	write_counted("m/3.partial.emlx",
	              TOP "--b\nContent-Type: a/b\n"
	                  "X-Apple-Content-Length: 4\n\n\n--b--\n");
	char *got = am_test_list(&am_format_emlx, "m", NULL, 0, false);
	cr_expect(strstr(got, "X-Apple-Content-Length: 4"), "%s", got);
	cr_expect_eq(am_test_notes("emlx.part-missing"), 1);
	g_free(got);
}

Test(emlx, an_empty_file_fails_and_the_rest_comes)
{
	am_test_write_text("m/1.emlx", "0\n");
	write_counted("m/2.emlx", MAIL);
	expect_list("m", AM_LIST_ORIGIN, "failed - 1.emlx\n" SHOWN " 2.emlx");
}

Test(emlx, strings_of_a_property_list)
{
	static const char plist[] = PLIST("1", "2");
	char *s = am_emlx_plist_string(plist, strlen(plist), "remote-id");
	cr_expect_str_eq(s, "a&b");
	g_free(s);
	cr_expect_null(am_emlx_plist_string(plist, strlen(plist), "none"));
	cr_expect_null(am_emlx_plist_string("<key>a</key>", 12, "a"));
	cr_expect_null(am_emlx_plist_string("<key>a</key><x/>", 16, "a"));
}
