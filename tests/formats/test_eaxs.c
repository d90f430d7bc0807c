/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eaxs/eaxs.h"

#include "formats/xml_text.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(eaxs, .fini = am_test_tmpdir_end, .timeout = 60);

static const struct am_test_message messages[] = {
	{.folder = {"A"},
         .bytes = "Subject: =?utf-8?q?zw=C3=B6lf?= & <b>\r\n"
                  "Date: Mon, 3 Feb 2020 04:05:06 +0100\r\n\r\n"
                  "one ]]> \x01\r\n",
         .flags = AM_SEEN | AM_DRAFT | AM_JUNK},
	{.folder = {"A", "B"},
         .bytes = "Message-ID: <2@x>\nContent-Type: multipart/mixed; "
                  "boundary=b\n\n--b\n\n<two>\n--b\n"
                  "Content-Type: image/png; name=p.png\n"
                  "Content-Transfer-Encoding: base64\n\nb25l\n--b\n"
                  "Content-Type: message/rfc822\n\n"
                  "Subject: inner\n\ninside\n--b--\n"},
	{.folder = {"A"}, .bytes = "Subject: back\n\nin A\n"},
};

static char *make(size_t n)
{
	static const struct am_ledger ledger = {.found = 3, .stored = 3};
	static const char *const options[] = {"account=a@b.example",
	                                      "id=urn:x:1", NULL};
	struct am_sink *sink = am_test_sink(&am_format_eaxs, "x.eaxs", options);
	struct am_error err = {0};

	for (size_t i = 0; i < n; i++)
		cr_assert(!am_test_put(sink, &messages[i], &err), "%s",
		          err.text);
	cr_expect(!am_test_exists("x.eaxs"));
	cr_assert(!am_sink_finish(sink, &ledger, true, &err), "%s", err.text);
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
	return am_test_read("x.eaxs", NULL);
}

static void expect_in(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "no %s in\n%s", what, text);
}

/* Elements opened and closed, depth first; attributes do not count. */
static void expect_wellformed(const char *text)
{
	GPtrArray *open = g_ptr_array_new_with_free_func(g_free);

	for (const char *p = strstr(text, "?>"); (p = strchr(p, '<'));) {
		const char *end = strchr(p, '>');
		cr_assert(end);
		bool closing = p[1] == '/', empty = end[-1] == '/';
		const char *from = p + 1 + closing;
		char *name = g_strndup(from, strcspn(from, " />"));
		if (closing) {
			cr_assert(open->len);
			cr_assert_str_eq(open->pdata[open->len - 1], name);
			g_ptr_array_remove_index(open, open->len - 1);
		} else if (!empty) {
			g_ptr_array_add(open, g_strdup(name));
		}
		g_free(name);
		p = end;
	}
	cr_assert_eq(open->len, 0);
	g_ptr_array_free(open, TRUE);
}

Test(eaxs, a_message_is_told_in_the_order_of_the_schema)
{
	char *text = make(3);

	expect_wellformed(text);
	expect_in(text, "<EmailAddress>a@b.example</EmailAddress>\n"
	                "<GlobalId>urn:x:1</GlobalId>\n<Folder>\n"
	                "<Name>A</Name>\n<Message>\n<LocalId>1</LocalId>\n"
	                "<MessageId Supplied=\"true\">");
	expect_in(text, "<OrigDate>2020-02-03T04:05:06+01:00</OrigDate>\n"
	                "<Subject>zw\xc3\xb6lf &amp; &lt;b&gt;</Subject>\n"
	                "<Header><Name>Subject</Name>\n"
	                "<Value>=?utf-8?q?zw=C3=B6lf?= &amp; &lt;b&gt;"
	                "</Value>\n</Header>");
	expect_in(text, "<StatusFlag>Seen</StatusFlag>\n"
	                "<StatusFlag>Draft</StatusFlag>\n<SingleBody>\n");
	/* A control character: XML cannot hold it. */
	expect_in(text, "<Content>b25lIF1dPiABDQo=</Content>\n"
	                "<TransferEncoding>base64</TransferEncoding>\n");
	expect_in(text, "<Eol>CRLF</Eol>\n<Hash><Value>");
	g_free(text);
}

Test(eaxs, parts_and_messages_nest_as_they_do)
{
	char *text = make(3);

	expect_in(text, "<MultiBody>\n<ContentType>multipart/mixed"
	                "</ContentType>\n<BoundaryString>b</BoundaryString>\n"
	                "<SingleBody>\n<ContentType>text/plain</ContentType>\n"
	                "<BodyContent>\n<Content>&lt;two&gt;</Content>\n");
	expect_in(text, "<ContentName>p.png</ContentName>\n"
	                "<TransferEncoding>base64</TransferEncoding>\n"
	                "<BodyContent>\n<Content>b25l</Content>\n");
	expect_in(text, "<ContentType>message/rfc822</ContentType>\n"
	                "<ChildMessage>\n<LocalId>3</LocalId>\n");
	expect_in(text, "<Content>inside</Content>\n</BodyContent>\n"
	                "</SingleBody>\n</ChildMessage>\n</SingleBody>\n"
	                "</MultiBody>\n<Eol>LF</Eol>");
	g_free(text);
}

/* A, then B in it, then A again: messages stand before folders. */
Test(eaxs, a_folder_is_opened_again_where_the_schema_wants_it)
{
	char *text = make(3);
	char **folders = g_strsplit(text, "<Name>A</Name>\n", 0);

	cr_expect_eq(g_strv_length(folders), 3);
	expect_in(folders[1],
	          "</Message>\n<Folder>\n<Name>B</Name>\n<Message>");
	expect_in(folders[2], "<Subject>back</Subject>");
	g_strfreev(folders);
	g_free(text);
	char *log = am_test_read("x.eaxs.premis.xml", NULL);
	expect_in(log, "<eventType>normalization</eventType>");
	expect_in(log, "found 3 = stored 3");
	expect_wellformed(log);
	g_free(log);
}

Test(eaxs, xml_has_no_letter_for_some)
{
	static const char odd[] = "a\x01\xff<&>\"\r\xEF\xBF\xBE";
	GString *out = g_string_new(NULL);

	am_xml_text(out, odd, sizeof(odd) - 1);
	cr_expect_str_eq(out->str, "a\xEF\xBF\xBD\xEF\xBF\xBD&lt;&amp;&gt;"
	                           "&quot;&#13;\xEF\xBF\xBD");
	cr_expect(!am_xml_can("\x01", 1));
	cr_expect(am_xml_can("a\n\xc3\xb6", 4));
	g_string_free(out, TRUE);
}
