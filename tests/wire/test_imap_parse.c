/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imap_text.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

Test(imap_parse, reads_responses)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi there\r\n",
	         "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] :hi there\n"},
		{"* PREAUTH x\r\n* BYE [UNAVAILABLE] \x1B[2J\r\n",
	         "* PREAUTH :x\n* BYE [UNAVAILABLE] :\\x1B[2J\n"},
		{"A1 OK [READ-ONLY] done {5}\r\nA2 BAD [x\r\n",
	         "A1 OK [READ-ONLY] :done {5}\nA2 BAD [x]\n"},
		{"A1 NO [BADCHARSET (UTF-8 \"US-ASCII\" {1}\r\nx)] no\r\n",
	         "A1 NO [BADCHARSET (UTF-8 \"US-ASCII\" {x})] :no\n"},
		{"* OK [PERMANENTFLAGS (a] \\*)] x\r\n",
	         "* OK [PERMANENTFLAGS (a] \\*)] :x\n"},
		{"A1 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n",
	         "A1 OK [COPYUID 38505 304,319:320 3956:3958] :Done\n"},
		{"* SEARCH 2 84 882\r\n", "* SEARCH 2 84 882\n"},
		{"* 0 FETCH (UID 7)\r\n", "* 0 FETCH (UID 7)\n"},
		{"* ESEARCH (TAG \"A282\") UID MIN 2 ALL 2,10:11\r\n",
	         "* ESEARCH (TAG \"A282\") UID MIN 2 ALL 2,10:11\n"},
		{"* VANISHED (EARLIER) 41,43:116\r\n",
	         "* VANISHED (EARLIER) 41,43:116\n"},
		{"* NAMESPACE ((\"\" \"/\")(\"#a\" NIL)) NIL ((\"x \" "
	         "\"/\"))\r\n",
	         "* NAMESPACE ((\"\" \"/\") (\"#a\" NIL)) NIL "
	         "((\"x \" \"/\"))\n"},
		{"* ID (\"name\" \"x\" \"v\" nil)\r\n",
	         "* ID (\"name\" \"x\" \"v\" NIL)\n"},
		{"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Mail\"\r\n",
	         "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Mail\"\n"},
		{"* LIST () \".\" {6}\r\na\r\nb.c\r\n* 1 EXISTS\r\n",
	         "* LIST () \".\" {a\\x0D\\x0Ab.c}\n* 1 EXISTS\n"},
		{"* STATUS \"a b\" (MESSAGES 3 UIDNEXT 4)\r\n",
	         "* STATUS \"a b\" (MESSAGES 3 UIDNEXT 4)\n"},
		{"* STATUS {3}\r\na b (MESSAGES 3)\r\n",
	         "* STATUS {a b} (MESSAGES 3)\n"},
		{"* 12 FETCH (FLAGS (\\Seen) UID 5 INTERNALDATE \"17-Jul-1996 "
	         "02:44:25 -0700\" RFC822.SIZE 4286 BODY[] {3}\r\na\r\n)\r\n",
	         "* 12 FETCH (FLAGS (\\Seen) UID 5 INTERNALDATE \"17-Jul-1996 "
	         "02:44:25 -0700\" RFC822.SIZE 4286 BODY[] {a\\x0D\\x0A})\n"},
		{"* 1 FETCH (BODY[HEADER.FIELDS (A B)]<0> {0}\r\n)\r\n",
	         "* 1 FETCH (BODY[HEADER.FIELDS (A B)]<0> {})\n"},
		{"* 1 FETCH (BODY[HEADER.FIELDS (\"a]b\" {3}\r\nd\"e)]<0> \"\" "
	         "BINARY[1.2] ~{2}\r\n\x01\x02 BINARY.SIZE[1] 2)\r\n",
	         "* 1 FETCH (BODY[HEADER.FIELDS (\"a]b\" \"d\\\"e\")]<0> \"\" "
	         "BINARY[1.2] ~{\\x01\\x02} BINARY.SIZE[1] 2)\n"},
		{"* 1 FETCH (body[header.fields (a b)] x)\r\n",
	         "* 1 FETCH (body[header.fields (a b)] x)\n"},
		{"* 1 FETCH (BODYSTRUCTURE ((\"A\" NIL)(\"B\" (\"C\" \"D\"))) "
	         "X)"
	         "\r\n",
	         "* 1 FETCH (BODYSTRUCTURE ((\"A\" NIL) (\"B\" (\"C\" \"D\"))) "
	         "X)\n"},
		{"* 1 FETCH (X-GM-LABELS (\"\\\\Inbox\" [x y] \"a \\\"b\\c\"))"
	         "\r\n",
	         "* 1 FETCH (X-GM-LABELS (\"\\Inbox\" [x y] \"a \"b\\c\"))\n"},
		{"* 1 FETCH (A {2} B)\r\n", "* 1 FETCH (A {2} B)\n"},
		{"* 1 FETCH (BODY[]{3}\r\n{1}FLAGS())\r\n",
	         "* 1 FETCH (BODY[] {{1}} FLAGS ())\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		imap_text_check(cases[i].in, strlen(cases[i].in),
		                AM_IMAP_CLIENT, NULL, NULL, cases[i].want);
}

/* Where nothing can be made of a line, the next one is found again, and a
 * literal does not pass for lines. */
Test(imap_parse, damage_ends_with_the_line)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"what is this\r\n* 1 EXISTS\r\n",
	         "what !neither untagged nor OK, NO or BAD\n* 1 EXISTS\n"},
		{"<html>\r\n* 1 EXISTS\r\n",
	         "<html> !neither untagged nor OK, NO or BAD\n* 1 EXISTS\n"},
		{"* \r\n* 1 EXISTS\r\n",
	         "* !nothing behind the asterisk\n* 1 EXISTS\n"},
		{"* 1 FETCH (UID 5 FLAGS (\\Seen\r\n* 1 EXISTS\r\n",
	         "* 1 FETCH (UID 5 FLAGS (\\Seen)) !a list is not closed\n"
	         "* 1 EXISTS\n"},
		{"* 1 FETCH (UID 5 ENVELOPE (\"a {12}\r\n* 2 EXISTS\r\n "
	         "x)\r\n* 1 EXISTS\r\n",
	         "* 1 FETCH (UID 5 ENVELOPE ()) !a quoted string is not closed"
	         "\n* 1 EXISTS\n"},
		{"x {14+}\r\n* 2 EXISTS\r\n)( {3}\r\na\r\nz\r\n* 1 EXISTS\r\n",
	         "x !neither untagged nor OK, NO or BAD\n* 1 EXISTS\n"},
		{"* 1 FETCH (BODY[HEADER.FIELDS (A\r\n* 1 EXISTS\r\n",
	         "* 1 FETCH () !a section is not closed\n* 1 EXISTS\n"},
		{"* 1 FETCH (A {-1}\r\n* 1 EXISTS\r\n",
	         "* 1 FETCH (A {-1}) !a list is not closed\n* 1 EXISTS\n"},
		/* Cut off: no line, however good it looks. */
		{"* 1 EXISTS\r\n* 12",
	         "* 1 EXISTS\nFATAL: the connection ended "
	         "in the middle of a line\n"},
		{"* 1 FETCH (A {5}\r\nabc",
	         "FATAL: the connection ended in the middle of a line\n"},
		{"* 1 FETCH (A {3}\r\nabc",
	         "FATAL: the connection ended in the middle of a line\n"},
		{"x {30}\r\nabc",
	         "FATAL: the connection ended in the middle of a line\n"},
		{"* 1 FETCH (A {99999999999999999999}\r\n",
	         "FATAL: literal of 18446744073709551615 bytes is beyond the "
	         "limit\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		imap_text_check(cases[i].in, strlen(cases[i].in),
		                AM_IMAP_CLIENT, NULL, NULL, cases[i].want);
}

Test(imap_parse, reads_commands)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"a1 UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])"
	         "\r\n",
	         "a1 UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])"
	         "\n"},
		{"a fetch 1 BODY[]<0.100>\nb noop\n",
	         "a fetch 1 BODY[]<0.100>\nb noop\n"},
		{"a FETCH 1 BODY[HEADER.FIELDS ({7+}\r\nsubject {4}\r\ndate)]"
	         "\r\n",
	         "a FETCH 1 BODY[HEADER.FIELDS (\"subject\" \"date\")]\n"},
		{"a LOGIN {4}\r\nfred {8+}\r\npass (x)\r\nb NOOP\r\n",
	         "a LOGIN {fred} {pass (x)}\nb NOOP\n"},
		{"a APPEND x (\\Seen) \" 7-Feb-1994 21:52:25 -0800\" "
	         "{3}\r\na\r\n"
	         "\r\n",
	         "a APPEND x (\\Seen) \" 7-Feb-1994 21:52:25 -0800\" "
	         "{a\\x0D\\x0A}\n"},
		{"a APPEND x UTF8 (~{2+}\r\n\xC3\xA4)\r\n",
	         "a APPEND x UTF8 (~{\\xC3\\xA4})\n"},
		{"a AUTHENTICATE PLAIN AGZyZWQAcA==\r\nb AUTHENTICATE X =\r\n",
	         "a AUTHENTICATE PLAIN AGZyZWQAcA==\nb AUTHENTICATE X =\n"},
		{"a SEARCH OR (FROM \"x\" SINCE 1-Feb-1994) NOT {1+}\r\ny\r\n",
	         "a SEARCH OR (FROM \"x\" SINCE 1-Feb-1994) NOT {y}\n"},
		{"a LIST \"\" %*\r\na SELECT [Gmail]/x\r\n",
	         "a LIST \"\" %*\na SELECT [Gmail]/x\n"},
		{"a  NOOP \r\n\r\n", "a NOOP\n"},
		{"DONE\r\n", "DONE !no command\n"},
		{"* NOOP\r\na+ NOOP\r\n\x01 NOOP\r\nb NOOP\r\n",
	         " !no valid tag\n !no valid tag\n !no valid tag\nb NOOP\n"},
		{"a (NOOP)\r\nb \"NOOP\"\r\nc {4+}\r\nNOOP\r\nd NOOP\r\n",
	         "a (NOOP) !no command\nb \"NOOP\" !no command\n"
	         "c !no command\nd NOOP\n"},
		{"a X (b\r\n c)\r\nb X c)\r\n",
	         "a X (b) !a list is not closed\n"
	         " !no valid tag\nb X c !a parenthesis too many\n"},
		{"a X \"b\"c\r\na X \"b\r\na X b\x01\r\n",
	         "a X !no space behind a quoted string\n"
	         "a X !a quoted string is not closed\n"
	         "a X !a control character\n"},
		/* What was not granted is not sent: the next line is a line. */
		{"a X \"b {4}\r\nb NOOP\r\n",
	         "a X !a quoted string is not closed\nb NOOP\n"},
		{"a X \"b {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n",
	         "a X !a quoted string is not closed\nc NOOP\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		imap_text_check(cases[i].in, strlen(cases[i].in),
		                AM_IMAP_SERVER, NULL, NULL, cases[i].want);
}

Test(imap_parse, keeps_to_its_limits)
{
	static const struct {
		enum am_imap_side side;
		struct am_imap_limits limits;
		const char *in, *want;
	} cases[] = {
		{AM_IMAP_CLIENT,
	         {.line = 20},
	         "* 1 FETCH (UID 5 A {7}\r\n* 2 X\r\n B)\r\n* 1 EXISTS\r\n",
	         "FAILED: line too long: *\n* 1 EXISTS\n"},
		{AM_IMAP_CLIENT,
	         {.line = 24},
	         "* 1 FETCH (A {3}\r\nabc B {3}\r\nx\r\n C)\r\n* 1 EXISTS\r\n",
	         "FAILED: line too long: * 1 FETCH (A {abc})\n* 1 EXISTS\n"},
		{AM_IMAP_SERVER,
	         {.line = 12},
	         "a.1 SELECT abcdefgh {4}\r\nb NOOP\r\n",
	         "FAILED: line too long: a.1\nb NOOP\n"},
		{AM_IMAP_CLIENT,
	         {.literal = 4},
	         "* 1 X (A {4}\r\nabcd B {6}\r\n)\r\n(\r\n C)\r\n* 1 "
	         "EXISTS\r\n",
	         "FAILED: literal too long: * 1 X (A {abcd} B)\n* 1 EXISTS\n"},
		{AM_IMAP_SERVER,
	         {.literal = 4},
	         "a LOGIN x {5}\r\nb LOGIN {5+}\r\n\r\nc x\r\nd NOOP\r\n",
	         "FAILED: literal too long: a LOGIN x\n"
	         "FAILED: literal too long: b LOGIN\nd NOOP\n"},
		/* All of a line's together: 16 of the longest. */
		{AM_IMAP_CLIENT,
	         {.literal = 1},
	         "* X {1}\r\n1{1}\r\n2{1}\r\n3{1}\r\n4{1}\r\n5{1}\r\n6{1}\r\n7"
	         "{1}\r\n8{1}\r\n9{1}\r\n0{1}\r\n1{1}\r\n2{1}\r\n3{1}\r\n4{1}"
	         "\r\n5{1}\r\n6{1}\r\n7\r\n* 1 EXISTS\r\n",
	         "FAILED: literal too long: * X {1} {2} {3} {4} {5} {6} {7} {8}"
	         " {9} {0} {1} {2} {3} {4} {5} {6}\n* 1 EXISTS\n"},
		{AM_IMAP_CLIENT,
	         {.stream = 4},
	         "* X {5}\r\n",
	         "FATAL: literal of 5 bytes is beyond the limit\n"},
		{AM_IMAP_SERVER,
	         {.stream = 4},
	         "a X {5}\r\nb NOOP\r\n",
	         "FAILED: literal too long: a X\nb NOOP\n"},
		{AM_IMAP_CLIENT,
	         {.values = 4},
	         "* 1 FETCH (A B) {1}\r\n(\r\n* 1 X\r\n",
	         "FAILED: too many values in a line: * 1 FETCH\n* 1 X\n"},
		{AM_IMAP_CLIENT,
	         {.depth = 2},
	         "* X ((A)) ((\r\n* Y ((( {3}\r\n(((\r\n* 1 X\r\n",
	         "* X ((A)) (()) !a list is not closed\n"
	         "FAILED: lists nested too deep: * Y (())\n* 1 X\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		imap_text_check(cases[i].in, strlen(cases[i].in), cases[i].side,
		                NULL, &cases[i].limits, cases[i].want);
}

/* ---- time and memory ---- */

static void parse_one(const GString *in, size_t n_values)
{
	struct am_reader *r = imap_drip(in->str, in->len, 0, AM_END);
	struct am_imap_parser *p;
	struct am_imap_line line;

	cr_assert_eq(
		am_imap_parser_new(&p, r, AM_IMAP_CLIENT, NULL, NULL, NULL),
		AM_OK);
	cr_assert_eq(am_imap_parser_line(p, &line, NULL), AM_OK);
	cr_expect_eq(line.n_values, n_values);
	cr_expect_null(line.damage);
	am_imap_parser_free(&p);
	am_reader_close(&r);
}

/* Quadratic would take minutes: CVE-2026-42245 was that. */
Test(imap_parse, many_of_everything, .timeout = 20)
{
	GString *in = g_string_new("* SEARCH");

	for (unsigned i = 0; i < 1000000; i++)
		g_string_append_printf(in, " %u", i);
	g_string_append(in, "\r\n");
	parse_one(in, 1000001);

	g_string_assign(in, "* X");
	for (unsigned i = 0; i < 300000; i++)
		g_string_append(in, " {1}\r\nx");
	g_string_append(in, "\r\n");
	parse_one(in, 300001);

	g_string_assign(in, "* X ");
	for (unsigned i = 0; i < 300000; i++)
		g_string_append(in, "(((a)))");
	g_string_append(in, "\r\n");
	parse_one(in, 300001);

	g_string_assign(in, "* X BODY[HEADER.FIELDS (");
	for (unsigned i = 0; i < 300000; i++)
		g_string_append(in, "{1}\r\nx");
	g_string_append(in, ")]\r\n");
	parse_one(in, 2);

	g_string_assign(in, "* LIST () \"/\" ");
	for (unsigned i = 0; i < 1000000; i++)
		g_string_append(in, " (\"");
	g_string_append(in, "\r\n");
	parse_one(in, 4);
	g_string_free(in, TRUE);
}

/* AM_FAILED would mean that the next line may be had. */
Test(imap_parse, a_failing_reader_is_the_end)
{
	static const char *const cases[] = {"", "* 1 EX", "* 1 X {3}\r\nab"};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_reader *in =
			imap_drip(cases[i], strlen(cases[i]), 1, AM_FAILED);
		struct am_imap_parser *p;
		struct am_imap_line line;
		cr_assert_eq(am_imap_parser_new(&p, in, AM_IMAP_CLIENT, NULL,
		                                NULL, NULL),
		             AM_OK);
		cr_expect_eq(am_imap_parser_line(p, &line, NULL), AM_FATAL);
		am_imap_parser_free(&p);
		am_reader_close(&in);
	}
}

/* Between lines it may come again; within one the connection is lost. */
Test(imap_parse, a_broken_reader_is_told_once_and_for_all)
{
	static const struct {
		const char *in;
		int again;
	} cases[] = {
		{"", AM_RETRY},
		{"* 1 EX", AM_RETRY},
		{"* 1 FETCH (A {3}\r\na", AM_FATAL},
		{"* 1 FETCH (A {3}\r\nabc B", AM_FATAL},
		{"x {3}\r\na", AM_FATAL},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_reader *in = imap_drip(
			cases[i].in, strlen(cases[i].in), 1, AM_RETRY);
		struct am_imap_parser *p;
		struct am_imap_line line;
		struct am_error err;
		cr_assert_eq(am_imap_parser_new(&p, in, AM_IMAP_CLIENT, NULL,
		                                NULL, NULL),
		             AM_OK);
		cr_expect_eq(am_imap_parser_line(p, &line, &err), AM_RETRY);
		cr_expect_str_eq(err.text, "the drip broke");
		cr_expect_eq(am_imap_parser_line(p, &line, &err),
		             cases[i].again, "%s", cases[i].in);
		am_imap_parser_free(&p);
		am_reader_close(&in);
	}
}
