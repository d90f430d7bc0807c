/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SEARCH gives the same with an index and without. */
#include "serving.h"

#include "base/file.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(serve_search, .timeout = 120);

#define expect_in(text, what) \
	cr_expect(strstr((text), (what)), "no %s in %s", (what), (text))

static const char mixed[] =
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Received: from relay7.example.net by mx.example.org; Thu, 2 Jan 2020\n"
	"X-Loop: roundabout\n"
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and greetings\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=hedgerow\n\n"
	"--hedgerow\n"
	"Content-Type: text/plain\n"
	"Content-Description: enclosure\n\n"
	"The quick brown fox.\n"
	"--hedgerow\n"
	"Content-Type: application/pdf; name=plans.pdf\n"
	"Content-Transfer-Encoding: base64\n\n"
	"AAAA\n"
	"--hedgerow--\n\n"
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: second\n"
	"X-Mailer: Foxglove 2.1\n\n"
	"Roundabouts, hedgerows and plans; relay7!\n\n"
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: third\n"
	"X-Loop: nothing\n\n"
	"Nothing of it.\n\n"
	/* What an attached file says is not the message's own text. */
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: fourth\n"
	"Content-Type: multipart/mixed; boundary=b\n\n"
	"--b\nContent-Type: text/plain; charset=utf-8\n\n"
	"Enclosed a caf\xC3\xA9 and a soft\xC2\xADhyphen.\n"
	"--b\nContent-Type: text/rtf; name=a.rtf\n"
	"Content-Disposition: attachment\n\n"
	"{\\rtf1\\ansi a zebra crossing, Enclosed}\n"
	"--b\nContent-Type: text/plain; name=b.txt\n\n"
	"An okapi; and the end of a\n"
	"--b\nContent-Type: text/plain\n\nnother part.\n--b--\n\n"
	/* Data and words that no index takes. */
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: fifth\n\n"
	"Key: "
	"TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1\n"
	"dCBieSB0aGlzIHNpbmd1bGFyIHBhc3Npb24gZnJvbSBvdGhlciBhbmltYWxzLCB3aGlj\n"
	"aCBpcyBhIGx1c3Qgb2YgdGhlIG1pbmQsIHRoYXQgYnkgYSBwZXJzZXZlcmFuY2Ugb2Yg\n"
	"ZGVsaWdodCBpbiB0aGUgY29udGludWVkIGFuZCBpbmRlZmF0aWdhYmxlIGdlbmVyYXRp\n"
	"b24gb2Yga25vd2xlZGdl\nand words again: "
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggg."
	"\n\n"
	/* Encoded, in another charset, and HTML. */
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: sixth\n"
	"Content-Type: multipart/alternative; boundary=c\n\n"
	"--c\nContent-Type: text/plain; charset=koi8-r\n"
	"Content-Transfer-Encoding: base64\n\n"
	"8NLJ18XUIM3J0g==\n"
	"--c\nContent-Type: text/html; charset=utf-8\n"
	"Content-Transfer-Encoding: quoted-printable\n\n"
	"<p class=3Dmargarine>caf<b>et</b>eria =E6=BC=A2=E5=AD=97</p>=\n"
	"<script>hidden()</script>\n--c--\n\n"
	/* A message in a message, encoded against the rules. */
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"Subject: seventh\n"
	"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
	"U3ViamVjdDogaW5uZXIKCkEgbGVvcGFyZCBpbiBoZXJlLgo=\n\n";

/* Longer than what the catalog has of it. */
#define ROW  "\n  and so it went on and on, word after word after word after"
#define LONG ROW ROW ROW ROW ROW ROW ROW
static const char mixed_too[] =
	"From a@x Thu Jan  2 03:00:00 2020\n"
	"From: Zo\xC3\xAB Quill <zoe@quill.example>\n"
	"To: Ann <ann@b.example>,\n\tBob <bob@b.example>\n"
	"Cc: =?utf-8?q?J=C3=BCrgen?= <j@c.example>\n"
	"Subject: long" LONG LONG LONG LONG LONG LONG " farewell\n\n"
	"Eighth.\n\n";

static const char *const asked[] = {
	"TEXT roundabout",
	"TEXT Roundabout",
	"TEXT x-loop",
	"TEXT relay7",
	"TEXT enclosure",
	"TEXT hedgerow",
	"TEXT plans.pdf",
	"TEXT foxglove",
	"TEXT fox",
	"TEXT \"brown fox\"",
	"TEXT oundab",
	"TEXT greetings",
	"TEXT \"x-loop: no\"",
	"TEXT nowhere",
	"TEXT second",
	"TEXT \"Gr\xC3\xBC\"",
	"BODY roundabout",
	"BODY fox",
	"BODY second",
	"BODY plans",
	"NOT TEXT nothing",
	"OR TEXT fox BODY of",
	"TEXT base64",
	"TEXT multipart",
	/* An attached file's; the message's own; of both. */
	"BODY zebra",
	"TEXT zebra",
	"BODY okapi",
	"BODY enclosed",
	"BODY \"end of a\"",
	"BODY another",
	"BODY \"a\r\nnother\"",
	"BODY rtf",
	"TEXT a.rtf",
	"BODY crossing",
	/* Letters with something on them, and without. */
	"BODY cafe",
	"BODY \"caf\xC3\xA9\"",
	"BODY CAF\xC3\x89",
	"BODY cafete",
	"BODY softhyphen",
	"BODY \"a soft\"",
	/* Data. */
	"BODY TWFuIGlz",
	"BODY \"Key: TWFu\"",
	"BODY yBwYXNzaW9u",
	"BODY gICAg",
	"BODY knowl",
	"BODY 2xlZGdl",
	"BODY cHVyc3Vl",
	"BODY \"again: aaaaaaaaaabbb\"",
	"BODY ggggggg.",
	"BODY ffffffffffgg",
	"BODY zzzzzzzz",
	"BODY \"words again\"",
	/* Other scripts. */
	"BODY \"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\"",
	"BODY \"\xD0\xB5\xD1\x82 \xD0\xBC\xD0\xB8\xD1\x80\"",
	"BODY \"\xD0\x9F\xD0\xA0\xD0\x98\"",
	"BODY \"\xE6\xBC\xA2\"",
	"BODY \"\xE6\xBC\xA2\xE5\xAD\x97\"",
	"BODY \"\xE5\xAD\x97\xE6\xBC\xA2\"",
	"BODY \"ia \xE6\xBC\xA2\"",
	"BODY margarine",
	"BODY hidden",
	"BODY cafeteria",
	"BODY leopard",
	"BODY inner",
	"TEXT inner",
	"BODY \"inner\"",
	"BODY \"-\"",
	"BODY \".\"",
	"BODY \"; \"",
	"BODY \"a\"",
	"NOT BODY a",
	"OR BODY zebra BODY okapi",
	"BODY 8NLJ18XU",
	"UNKEYWORD x BODY e",
	"TEXT \"key: \"",
	"TEXT enclosed",
	/* Fields by name. */
	"SUBJECT \"Gr\xC3\xBC\xC3\x9F\"",
	"SUBJECT greeting",
	"SUBJECT eetin",
	"SUBJECT \"e and g\"",
	"SUBJECT th",
	"SUBJECT \"\"",
	"SUBJECT farewell",
	"SUBJECT \"after farewell\"",
	"SUBJECT \"long and\"",
	"SUBJECT ann",
	"SUBJECT nowhere",
	"NOT SUBJECT i",
	"OR SUBJECT second FROM quill",
	"FROM \"zo\xC3\xAB\"",
	"FROM zoe",
	"FROM \"l <zoe@\"",
	"FROM \"\"",
	"FROM ann",
	"TO ann",
	"TO \"b.example>, bob\"",
	"TO bob@b",
	"CC JURGEN",
	"CC \"J\xC3\xBC\"",
	"CC ann",
	"SUBJECT s FROM z TEXT eighth",
	"SUBJECT farewell BODY eighth",
	"TEXT farewell",
	"TEXT ann",
};

static char *ask_all(const struct serving *s)
{
	GString *all = g_string_new("s SELECT mixed\r\n");

	for (size_t i = 0; i < AM_COUNT(asked); i++)
		g_string_append_printf(all, "q%zu SEARCH CHARSET UTF-8 %s\r\n",
		                       i, asked[i]);
	char *said = serving_imap(s, all->str);
	g_string_free(all, TRUE);
	/* From the first answer on. */
	char *answers = g_strdup(strstr(said, "* SEARCH"));
	g_free(said);
	cr_assert(answers);
	return answers;
}

Test(serve_search, the_same_is_found_with_an_index_and_without)
{
	struct serving s;

	serving_init(&s);
	cr_assert_eq(cli_line(&s.cli, "copy in.mbox a.mailark"), 0);
	char *all = g_strconcat(mixed, mixed_too, NULL);
	cli_write(&s.cli, "mixed.mbox", all, strlen(all));
	g_free(all);
	cr_assert_eq(cli_line(&s.cli, "copy mixed.mbox a.mailark"), 0, "%s",
	             s.cli.err);
	/* copy has made an index. */
	char *index = cli_path(&s.cli, "a.mailark.cache/xapian");
	cr_assert_eq(am_remove_tree(index, NULL), AM_OK);
	g_free(index);
	serving_start(&s, "--imap 127.0.0.1:0");
	char *read = ask_all(&s);
	expect_in(read, "* SEARCH 1 2\r\nq0 OK"); /* TEXT roundabout */
	expect_in(read, "* SEARCH 1 3\r\nq2 OK"); /* a field's name */
	expect_in(read, "* SEARCH 1\r\nq4 OK");   /* of a part */
	expect_in(read, "* SEARCH 1\r\nq15 OK");  /* decoded */
	expect_in(read, "* SEARCH 2\r\nq16 OK");  /* BODY roundabout */
	expect_in(read, "* SEARCH\r\nq18 OK");    /* BODY second */
	expect_in(read, "* SEARCH\r\nq24 OK");    /* a file's word */
	expect_in(read, "* SEARCH 4\r\nq26 OK");  /* an attached text's */
	expect_in(read, "* SEARCH 5\r\nq40 OK");  /* data */
	expect_in(read, "* SEARCH 1\r\nq76 OK");  /* a subject, decoded */
	expect_in(read, "* SEARCH 8\r\nq82 OK");  /* the end of a long one */
	cr_expect_eq(serving_stop(&s), 0);
	cr_assert_eq(cli_line(&s.cli, "index a.mailark"), 0, "%s", s.cli.err);
	serving_start(&s, "--imap 127.0.0.1:0");
	/* While headers are still read, and when they are kept. */
	char *early = ask_all(&s);
	cr_expect_str_eq(early, read);
	while (!cli_exists(&s.cli, "a.mailark.cache/heads.sqlite") ||
	       !cli_exists(&s.cli, "a.mailark.cache/unkept.sqlite") ||
	       !cli_exists(&s.cli, "a.mailark.cache/fields.sqlite"))
		g_usleep(20000);
	for (int i = 0; i < 20; i++) {
		char *late = ask_all(&s);
		cr_expect_str_eq(late, read);
		g_free(late);
		g_usleep(20000);
	}
	g_free(early);
	g_free(read);
	serving_end(&s);
}
