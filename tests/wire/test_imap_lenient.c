/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imap_text.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

/* Each row of the table in wire/imap_parse.c, by its number. */
Test(imap_lenient, rows)
{
	static const struct {
		int row;
		const char *in, *want;
	} cases[] = {
		{1, "* OK bare\n* 1 EXISTS\n", "* OK :bare\n* 1 EXISTS\n"},
		{1, "* 1 FETCH (A {2}\nxy B)\n", "* 1 FETCH (A {xy} B)\n"},
		{2, "*  1  EXISTS \r\n", "* 1 EXISTS\n"},
		{2, "  * 1 EXISTS\r\n", "* 1 EXISTS\n"},
		{2, "* SEARCH 1 2 \r\n", "* SEARCH 1 2\n"},
		{2, "* STATUS INBOX (MESSAGES 1 ) \r\n",
	         "* STATUS INBOX (MESSAGES 1)\n"},
		{2, "* OK [PERMANENTFLAGS (\\Seen \\* ) ] Ok\r\n",
	         "* OK [PERMANENTFLAGS (\\Seen \\*)] :Ok\n"},
		{2, "* LIST (\\A) \"/\" Sent \r\n",
	         "* LIST (\\A) \"/\" Sent\n"},
		{2, "* 1\tFETCH\t(UID\t5)\r\n", "* 1 FETCH (UID 5)\n"},
		{3, "+\r\n+ \r\n+ idling\r\n+idling\r\n",
	         "+\n+\n+ :idling\n+ :idling\n"},
		{4, "* OK\r\n* OK \r\na1 OK\r\n", "* OK\n* OK\na1 OK\n"},
		{5, "* OK [UIDVALIDITY 12\r\n* 1 EXISTS\r\n",
	         "* OK [UIDVALIDITY 12]\n* 1 EXISTS\n"},
		{5, "* OK [PERMANENTFLAGS (\\Seen\r\n",
	         "* OK [PERMANENTFLAGS (\\Seen)]\n"},
		{6, "* [COPYUID 1 2 3]\r\n", "* OK [COPYUID 1 2 3]\n"},
		{6, "[UIDNEXT 4] next\r\n", "* OK [UIDNEXT 4] :next\n"},
		{7, "* SEARCH\r\n* SORT \r\n", "* SEARCH\n* SORT\n"},
		{8, "* CAPABILITY IMAP4rev1 LITERAL + ID\r\n",
	         "* CAPABILITY IMAP4rev1 LITERAL+ ID\n"},
		{8, "* OK [CAPABILITY LITERAL + ID] x\r\n",
	         "* OK [CAPABILITY LITERAL+ ID] :x\n"},
		{8, "* CAPABILITY LITERAL+ LITERAL\r\n",
	         "* CAPABILITY LITERAL+ LITERAL\n"},
		{9, "* ok [alert] low\r\na no low\r\n",
	         "* ok [alert] :low\na no :low\n"},
		{9, "* list (\\a) nil inbox\r\n", "* list (\\a) NIL inbox\n"},
		{10, "* LIST () \"/\" \"b\xFCro\"\r\n",
	         "* LIST () \"/\" \"b\\xFCro\"\n"},
		{10, "* FLAGS (\xC3\xA9 x)\r\n", "* FLAGS (\\xC3\\xA9 x)\n"},
		{11, "* LIST (\\A) \"/\" Sent Items (old)\r\n",
	         "* LIST (\\A) \"/\" Sent Items (old)\n"},
		{11, "* LIST (\\A) \"/\" a\tb\x01\"c {5}\r\n",
	         "* LIST (\\A) \"/\" a\\x09b\\x01\"c {5}\n"},
		{11, "* LSUB () \"/\" NIL\r\n", "* LSUB () \"/\" NIL\n"},
		{11, "* LIST () \"/\" foo (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
	         "* LIST () \"/\" foo (\"CHILDINFO\" (\"SUBSCRIBED\"))\n"},
		{11, "* LIST () \"/\" a b (OLDNAME (\"x y\"))\r\n",
	         "* LIST () \"/\" a b (OLDNAME (\"x y\"))\n"},
		{11, "* LIST () \"/\" {5}\r\na (\"b\r\n",
	         "* LIST () \"/\" {a (\"b}\n"},
		{12, "* LIST () NIL INBOX\r\n", "* LIST () NIL INBOX\n"},
		{12, "* LIST () \"\\\\\" a\\b\r\n", "* LIST () \"\\\" a\\b\n"},
		{12, "* LIST () \"\\\" a\\b\r\n", "* LIST () \"\\\" a\\b\n"},
		{12, "* NAMESPACE ((\"\" \"\\\")) NIL NIL\r\n",
	         "* NAMESPACE ((\"\" \"\\\")) NIL NIL\n"},
		{13, "* -1 EXISTS\r\n* 1 FETCH (MODSEQ (-1) S 1.5)\r\n",
	         "* -1 EXISTS\n* 1 FETCH (MODSEQ (-1) S 1.5)\n"},
		{14, "* FLAGS (\\Seen \\* \\X-foo 1)\r\n",
	         "* FLAGS (\\Seen \\* \\X-foo 1)\n"},
		{15, "* 1 FETCH (FLAGS ($X-ME-Annot-2 domain.com) UID 3)\r\n",
	         "* 1 FETCH (FLAGS ($X-ME-Annot-2 domain.com) UID 3)\n"},
		{16, "* 1 FETCH (A {2+}\r\n)( B ~{1}\r\n\xFF C ~{0+}\r\n)\r\n",
	         "* 1 FETCH (A {)(} B ~{\\xFF} C ~{})\n"},
		{17, "* 1 FETCH (BODY[] NIL UID 2)\r\n",
	         "* 1 FETCH (BODY[] NIL UID 2)\n"},
		{17, "* 1 FETCH (BODY[] \"a \\\"b\\\\\" UID 2)\r\n",
	         "* 1 FETCH (BODY[] \"a \"b\\\" UID 2)\n"},
		{18, "* 1 FETCH (BODY[] {2}\r\nxy) UID 5 FLAGS (\\Seen)\r\n",
	         "* 1 FETCH (BODY[] {xy} UID 5 FLAGS (\\Seen))\n"},
		{18, "* 1 FETCH UID 5 FLAGS ()\r\n",
	         "* 1 FETCH (UID 5 FLAGS ())\n"},
		{18, "* STATUS fetch (UIDNEXT 1) x\r\n",
	         "* STATUS fetch (UIDNEXT 1) x\n"},
		{19, "* 1 FETCH ( UID 5 FLAGS ( \\Seen ) )\r\n",
	         "* 1 FETCH (UID 5 FLAGS (\\Seen))\n"},
		{20, "* 1 FETCH (BODY[] {2}\r\nxy\r\n)\r\na OK\r\n",
	         "* 1 FETCH (BODY[] {xy})\na OK\n"},
		{20, "* 1 FETCH (BODY[] {2}\r\nxy\r\n UID 5)\r\na OK\r\n",
	         "* 1 FETCH (BODY[] {xy} UID 5)\na OK\n"},
		{20, "* 1 FETCH (UID 5\r\n)\r\n* 2 EXISTS\r\n",
	         "* 1 FETCH (UID 5)\n* 2 EXISTS\n"},
		{21, "* STATUS \"x\" ()\r\n* STATUS x\r\n* STATUS \"x\" \r\n",
	         "* STATUS \"x\" ()\n* STATUS x\n* STATUS \"x\"\n"},
		{22, "* 1 FETCH (UID 5))\r\n* 2 EXISTS\r\n",
	         "* 1 FETCH (UID 5)\n* 2 EXISTS\n"},
		{23, "* STATUS Sent (old) x (MAILBOXID (F1) UIDNEXT 3)\r\n",
	         "* STATUS Sent (old) x (MAILBOXID (F1) UIDNEXT 3)\n"},
		{24, "a OK [COPYUID 1]\r\na OK [APPENDUID] ok\r\n",
	         "a OK [COPYUID 1]\na OK [APPENDUID] :ok\n"},
		{25, "\r\n\n  \r\n* 1 EXISTS\r\n\r\n", "* 1 EXISTS\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		imap_text_check(cases[i].in, strlen(cases[i].in),
		                AM_IMAP_CLIENT, NULL, NULL, cases[i].want);
}

/* The name is one value, whatever it looks like; so the texts above, in which
 * names and values look the same, are not all. */
Test(imap_lenient, a_name_is_one_value)
{
	static const struct {
		const char *in;
		size_t at;
		const char *name;
	} cases[] = {
		{"* LIST (\\A) \"/\" Sent Items (old)\r\n", 3,
	         "Sent Items (old)"},
		{"* LIST (\\A) \"/\" trailing space \r\n", 3,
	         "trailing space "},
		{"* LIST () \"/\" a b (OLDNAME (\"x y\"))\r\n", 3, "a b"},
		{"* LIST () NIL nil\r\n", 3, "nil"},
		{"* XLIST () \"/\" (\r\n", 3, "("},
		{"* STATUS Sent (old) x (MAILBOXID (F1) UIDNEXT 3)\r\n", 1,
	         "Sent (old) x"},
		{"* STATUS Sent (old \r\n", 1, "Sent (old"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_reader *in =
			imap_drip(cases[i].in, strlen(cases[i].in), 0, AM_END);
		struct am_imap_parser *p;
		struct am_imap_line line;
		cr_assert_eq(am_imap_parser_new(&p, in, AM_IMAP_CLIENT, NULL,
		                                NULL, NULL),
		             AM_OK);
		cr_assert_eq(am_imap_parser_line(p, &line, NULL), AM_OK);
		cr_assert_gt(line.n_values, cases[i].at, "%s", cases[i].in);
		cr_expect_str_eq(am_imap_text(&line.values[cases[i].at]),
		                 cases[i].name);
		cr_expect_null(line.damage);
		am_imap_parser_free(&p);
		am_reader_close(&in);
	}
}
