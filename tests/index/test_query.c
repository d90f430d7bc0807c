/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index.h"
#include "index/query_tree.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* 2020-06-15 12:00:00 UTC */
#define NOW 1592222400

static const struct {
	const char *text, *tree;
} good[] = {
	{"", "all"},
	{"   ", "all"},
	{"*", "all"},
	{"Report", "report"},
	{"annual report", "(and annual report)"},
	{"annual AND report", "(and annual report)"},
	{"annual and report", "(and annual and report)"},
	{"a OR b c", "(or a (and b c))"},
	{"a OR b OR c", "(or a b c)"},
	{"(a OR b) c", "(and (or a b) c)"},
	{"a (b (c d))", "(and a b c d)"},
	{"-a", "(not a)"},
	{"NOT a", "(not a)"},
	{"NOT NOT a", "a"},
	{"--a", "a"},
	{"a -b", "(and a (not b))"},
	{"a NOT (b OR c)", "(and a (not (or b c)))"},
	{"-from:bob", "(not from:bob)"},
	{"NOT\"a b\"", "(not \"a b\")"},
	{"foo-bar", "\"foo bar\""},
	{"foo - bar & baz", "(and foo bar baz)"},
	{"\"annual report\"", "\"annual report\""},
	{"\"annual\"", "annual"},
	{"repo*", "repo*"},
	{"sys_clo*", "\"sys clo*\""},
	{"\"annual rep*\"", "\"annual rep*\""},
	{"日本", "\"日 本\""},
	{"Größe", "grosse"},
	{"http://example.org/x", "\"http example org x\""},
	{"std::vector", "\"std vector\""},
	{"10:30", "\"10 30\""},
	/* Words and others. */
	{"=Report", "report"},
	{"+Report", "report"},
	{"=don't", "\"don t\""},
	{"repo~", "repo~1"},
	{"report~", "report~2"},
	{"report~1", "report~1"},
	{"subject:report~3", "subject:report~3"},
	{"*port*", "*port*"},
	{"*port", "*port"},
	{"re*rt", "re*rt"},
	{"from:*ALI*", "from:*ali*"},
	{"lang:en reports", "reports(english)"},
	{"lang:german Häuser \"Häuser\" =Häuser from:Häuser",
         "(and hauser(german) hauser hauser from:hauser)"},
	{"(lang:en reports) reports", "(and reports(english) reports)"},
	{"lang:en reports lang:none reports", "(and reports(english) reports)"},
	{"lang:en report*", "report*"},
	/* Gmail's braces. */
	{"{a b}", "(or a b)"},
	{"{a b} c", "(and (or a b) c)"},
	{"from:{alice bob}", "(or from:alice from:bob)"},
	{"{a (b c)}", "(or a (and b c))"},
	{"-{a b}", "(not (or a b))"},
	{"{a OR b}", "(or a b)"},
	/* Close together. */
	{"a NEAR b", "(near/10 a b)"},
	{"a NEAR/3 b", "(near/3 a b)"},
	{"a ADJ b ADJ c", "(adj/20 a b c)"},
	{"a AROUND(5) b", "(near/5 a b)"},
	{"a AROUND 5 b", "(near/5 a b)"},
	{"a AROUND 5", "(near/10 a 5)"},
	{"(a AROUND 5) b", "(and (near/10 a 5) b)"},
	{"a NEAR 5 b", "(and (near/10 a 5) b)"},
	{"\"a AROUND 5 b\"", "(adj/5 a b)"},
	{"subject:\"a b AROUND 5 c\"", "(adj/5 subject:\"a b\" subject:c)"},
	{"\"a AROUND b\"", "\"a around b\""},
	{"\"AROUND 5 b\"", "\"around 5 b\""},
	{"subject:(a NEAR b)", "(near/10 subject:a subject:b)"},
	{"\"a b\" NEAR/2 c d", "(and (near/2 \"a b\" c) d)"},
	{"a near b", "(and a near b)"},
	{"NEARLY a", "(and nearly a)"},
	/* Patterns. */
	{"from:/^bob.*@x/", "from:/^bob.*@x/"},
	{"subject:/a b (c|d)/ e", "(and subject:/a b (c|d)/ e)"},
	{"/a\\/b/", "subject,from,to,cc,filename:/a\\/b/"},
	{"filename:/\\.pdf$/", "filename:/\\.pdf$/"},
	{"/usr/lib", "\"usr lib\""},
	{"contact:/bob/", "from,to,cc:/bob/"},
	/* Threads. */
	{"thread:<A@b>", "(thread id:a@b)"},
	{"thread:{from:alice budget}", "(thread (and from:alice budget))"},
	{"thread:{from:alice OR budget}", "(thread (or from:alice budget))"},
	{"thread:{{a b} c}", "(thread (and (or a b) c))"},
	{"thread:\"{from:alice budget}\" x",
         "(and (thread (and from:alice budget)) x)"},
	{"thread:(from:alice budget)", "(thread (and from:alice budget))"},
	{"-thread:{a}", "(not (thread a))"},
	/* Fields. */
	{"from:alice", "from:alice"},
	{"FROM:Alice@Example.org", "from:\"alice example org\""},
	{"f:alice", "from:alice"},
	{"subject:\"annual report\"", "subject:\"annual report\""},
	{"subject:(a OR b)", "(or subject:a subject:b)"},
	{"subject:(a from:b)", "(and subject:a from:b)"},
	{"recipient:bob", "to,cc,bcc:bob"},
	{"contact:bob", "from,to,cc,bcc:bob"},
	{"body:x", "body:x"},
	{"new:x quoted:y", "(and new:x quoted:y)"},
	{"signature:x", "signature:x"},
	{"in:attachment:x", "attached:x"},
	{"in:attachments:(x OR y)", "(or attached:x attached:y)"},
	{"in:attachment:\"x y\"", "attached:\"x y\""},
	{"in:anywhere x", "x"},
	{"attachment:a.pdf", "filename:\"a pdf\""},
	{"list:x.example.org", "list:\"x example org\""},
	{"id:<A.b@C>", "id:a.b@c"},
	{"mid:x@y", "id:x@y"},
	{"type:PDF", "type:pdf"},
	{"type:application/pdf", "type:application/pdf"},
	{"mime:image/*", "type:image"},
	{"mimetype:image/", "type:image"},
	{"has:attachment", "has:attachment"},
	{"has:Attachments", "has:attachment"},
	{"has:photo has:spreadsheets", "(and has:image has:spreadsheet)"},
	{"is:encrypted", "has:encrypted"},
	{"is:reply", "has:reply"},
	{"tag:unread", "(place -seen)"},
	{"tag:unreal", "(place keyword:unreal)"},
	{"tag:attachment tag:signed", "(and has:attachment has:signed)"},
	{"label:attachment", "(place keyword:attachment)"},
	{"is:important", "(place keyword:important)"},
	{"category:Promotions", "(place keyword:category-Promotions)"},
	{"category:primary", "(place keyword:category-personal)"},
	{"flag:list", "has:list"},
	{"folder:Work/*", "(place folder:Work/*)"},
	{"in:\"Sent Items\"", "(place folder:Sent Items)"},
	{"maildir:/inbox", "(place folder:inbox)"},
	{"m:/Work/2004", "(place folder:Work/2004)"},
	{"is:unread", "(place -seen)"},
	{"is:read is:flagged", "(place +seen +flagged)"},
	{"is:unread folder:INBOX tag:x",
         "(place folder:INBOX keyword:x -seen)"},
	{"folder:a folder:b", "(and (place folder:a) (place folder:b))"},
	{"is:seen OR is:draft", "(or (place +seen) (place +draft))"},
	{"-is:spam", "(not (place +junk))"},
	{"label:Urgent", "(place keyword:Urgent)"},
	/* Dates, UTC. */
	{"date:2020", "date:1577836800..1609459199"},
	{"date:2020-02", "date:1580515200..1583020799"},
	{"date:2020/02", "date:1580515200..1583020799"},
	{"date:2020-02-29", "date:1582934400..1583020799"},
	{"date:2020-01..2020-03", "date:1577836800..1585699199"},
	{"date:2020..", "date:1577836800.."},
	{"date:..2019", "date:..1577836799"},
	{"since:2020-01-01", "date:1577836800.."},
	{"after:2020", "date:1577836800.."},
	{"until:2020", "date:..1609459199"},
	{"before:2020", "date:..1577836799"},
	{"since:3d", "date:1591963200.."},
	{"since:2w", "date:1591012800.."},
	{"older_than:1d", "date:..1592135999"},
	{"date:today", "date:1592179200..1592265599"},
	{"date:yesterday", "date:1592092800..1592179199"},
	/* As people say it. */
	{"date:last_week", "date:1591574400..1592179199"},
	{"date:\"last week\"", "date:1591574400..1592179199"},
	{"date:last week", "date:1591574400..1592179199"},
	{"date:last week report", "(and date:1591574400..1592179199 report)"},
	{"date:this-week", "date:1592179200..1592783999"},
	{"date:last month", "date:1588291200..1590969599"},
	{"date:this year", "date:1577836800..1609459199"},
	{"after:last year", "date:1546300800.."},
	{"date:jan 2019", "date:1546300800..1548979199"},
	{"date:january", "date:1577836800..1580515199"},
	{"date:sept", "date:1567296000..1569887999"},
	{"date:5 jan 2019", "date:1546646400..1546732799"},
	{"date:\"Jan 5th, 2019\"", "date:1546646400..1546732799"},
	{"date:5-Jan-2019", "date:1546646400..1546732799"},
	{"date:05.01.2019", "date:1546646400..1546732799"},
	{"date:20190105", "date:1546646400..1546732799"},
	{"date:201901", "date:1546300800..1548979199"},
	/* Gmail's help shows the month first; what can be no month is the day.
         */
	{"date:01/05/2019", "date:1546646400..1546732799"},
	{"after:1/5/2019", "date:1546646400.."},
	{"date:31/12/2019", "date:1577750400..1577836799"},
	/* Seconds since 1970: Gmail's as they are, notmuch's behind an at. */
	{"after:1546646400", "date:1546646400.."},
	{"date:@1546646400..@1546732799", "date:1546646400..1546732799"},
	{"date:jan-2019..!", "date:1546300800..1548979199"},
	{"date:\"jan 2019..mar 2019\"", "date:1546300800..1554076799"},
	{"date:q1 2019", "date:1546300800..1554076799"},
	{"since:3 days ago", "date:1591963200.."},
	{"since:a week ago", "date:1591617600.."},
	{"date:monday", "date:1592179200..1592265599"},
	{"date:last monday", "date:1591574400..1591660799"},
	{"date:sunday", "date:1592092800..1592179199"},
	{"before:yesterday", "date:..1592092799"},
	{"until:yesterday", "date:..1592179199"},
	{"date:today report", "(and date:1592179200..1592265599 report)"},
	/* Sizes. */
	{"size:>1M", "size:1048577.."},
	{"size:>=1M", "size:1048576.."},
	{"size:<10k", "size:0..10239"},
	{"size:10k..1M", "size:10240..1048576"},
	{"size:..1k", "size:0..1024"},
	{"larger:500k", "size:512001.."},
	{"smaller:10", "size:0..9"},
	{"smaller:0", "size:1..0"},
	{"size:100", "size:100.."},
	{"size:100..100", "size:100..100"},
};

Test(query, reads)
{
	for (size_t i = 0; i < AM_COUNT(good); i++) {
		struct am_error err = {.text = ""};
		struct am_query *q;
		int r = am_query_parse(&q, good[i].text, NOW, &err);
		cr_assert_eq(r, AM_OK, "%s: %s", good[i].text, err.text);
		char *tree = am_node_print(q->root);
		cr_expect_str_eq(tree, good[i].tree, "%s", good[i].text);
		g_free(tree);
		am_query_free(&q);
	}
}

static const struct {
	const char *text, *why;
} bad[] = {
	{"abc form:x",
         "unknown field \"form:\" at column 5; did you mean \"from:\"?"},
	{"größe subjct:x",
         "unknown field \"subjct:\" at column 7; did you mean "
         "\"subject:\"?"},
	{"zzzzzzz:x", "unknown field \"zzzzzzz:\" at column 1"},
	{"a \"b c", "the quotation mark at column 3 is never closed"},
	{"a (b", "the parenthesis at column 3 is never closed"},
	{"a) b", "the parenthesis at column 2 closes nothing"},
	{"from:", "nothing stands behind \"from:\" at column 1"},
	{"a OR", "one side is missing of \"OR\" at column 3"},
	{"OR a", "one side is missing of \"OR\" at column 1"},
	{"a AND", "one side is missing of \"AND\" at column 3"},
	{"AND a", "one side is missing of \"AND\" at column 1"},
	{"a NOT", "nothing stands behind NOT at column 6"},
	{"&&", "there is no word in \"&&\" at column 1"},
	{"()", "there is no word in \"()\" at column 1"},
	{"x *b", "a pattern has two letters at least: \"*b\" at column 3"},
	{"a*b-c",
         "\"*\" stands at the end, or within a single word of letters: "
         "\"a*b-c\" at column 1"},
	{"a-b~", "\"~\" stands behind a single word of letters: \"a-b\" at "
                 "column 1"},
	{"x {a", "the brace at column 3 is never closed"},
	{"x (a}", "the parenthesis at column 3 is never closed"},
	{"x } a", "the brace at column 3 closes nothing"},
	{"a NEAR", "one side is missing of \"NEAR\" at column 3"},
	{"a NEAR from:b",
         "NEAR and ADJ stand between words or quoted words of one field, at "
         "most 8 of them: \"a NEAR from:b\" at column 1"},
	{"body:/x/", "patterns are for from, to, cc, subject and filename, not "
                     "here: \"/x/\" at column 6"},
	{"lang:klingon",
         "no language whose word forms are known: \"klingon\" at "
         "column 6"},
	{"0123456789012345678901234567890123456789012345678901234567890123"
         "01234567890123456789012345678901234567890123456789012345678901234",
         "data of more than 128 bytes is not indexed: "
         "\"0123456789012345678901234567890123456789…\" at column 1"},
	{"has:teeth",
         "only has:attachment, image, pdf, document, spreadsheet and "
         "what mailark help search names, not \"teeth\" at column "
         "5"},
	{"is:gone", "only seen, unread, flagged, answered, draft, deleted, "
                    "forwarded, junk, reply, list, signed or encrypted, not "
                    "\"gone\" at column 4"},
	{"date:2020-02-30",
         "column 6: \"2020-02-30\" is no date such as 2020, 2020-05, "
         "2020-05-01, 3d, 2w, yesterday, \"last week\" or \"jan 2019\""},
	{"folder:/^work/", "patterns are for from, to, cc, subject and "
                           "filename, not here: \"/^work/\" at column 8"},
	{"tag:/urgent/", "patterns are for from, to, cc, subject and filename, "
                         "not here: \"/urgent/\" at column 5"},
	{"type:application/vnd.*",
         "\"*\" stands alone behind the slash of a type: "
         "\"application/vnd.*\" at column 6"},
	{"thread:\"{a\"", "the quotation mark at column 11 is never closed"},
	{"date:13/13/2019",
         "column 6: \"13/13/2019\" is no date such as 2020, 2020-05, "
         "2020-05-01, 3d, 2w, yesterday, \"last week\" or \"jan 2019\""},
	{"date:2020..2019", "column 6: \"2020..2019\" ends before it begins"},
};

Test(query, says_what_is_wrong_and_where)
{
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct am_error err = {.text = ""};
		struct am_query *q;
		int r = am_query_parse(&q, bad[i].text, NOW, &err);
		cr_expect_eq(r, AM_FAILED, "%s", bad[i].text);
		cr_expect_eq(err.kind, AM_E_ARGUMENT, "%s", bad[i].text);
		cr_expect_str_eq(err.text, bad[i].why, "%s", bad[i].text);
		am_query_free(&q);
	}
	struct am_query *q;
	struct am_error err;
	cr_expect_eq(am_query_parse(&q, "size:big", NOW, &err), AM_FAILED);
	cr_expect_eq(strncmp(err.text, "column 6: ", 10), 0);
	cr_expect_eq(am_query_parse(&q, "from:/(x/", NOW, &err), AM_FAILED);
	cr_expect_eq(strncmp(err.text, "the pattern at column 6: ", 25), 0);
}

Test(query, is_answered_while_it_is_typed)
{
	static const struct {
		const char *text, *tree;
	} typed[] = {
		{"", "all"},
		{"a", "a*"},
		{"annual rep", "(and annual rep*)"},
		{"annual ", "annual"},
		{"annual OR", "(and annual or*)"},
		{"annual OR ", "annual"},
		{"annual -", "annual"},
		{"annual NOT ", "annual"},
		{"\"annual rep", "\"annual rep*\""},
		{"(annual rep", "(and annual rep*)"},
		{"{from:ali", "from:ali*"},
		{"from:", "all"},
		{"from:al", "from:al*"},
		{"report fro:x", "report"},
		{"report date:20", "report"},
		{"report date:2019",
	         "(and report date:1546300800..1577836799)"},
		{"report is:unre", "report"},
		{"report is:unread", "(and report (place -seen))"},
		{"report has:att", "report"},
		{"report thread:{ali", "(and report (thread ali*))"},
		{"日本", "\"日 本*\""},
		{"report~", "report~2"},
		{"report) and more", "all"},
	};

	for (size_t i = 0; i < AM_COUNT(typed); i++) {
		struct am_error err = {.text = ""};
		struct am_query *q;
		cr_assert_eq(
			am_query_parse_typing(&q, typed[i].text, NOW, &err),
			AM_OK, "%s: %s", typed[i].text, err.text);
		char *tree = am_node_print(q->root);
		cr_expect_str_eq(tree, typed[i].tree, "%s", typed[i].text);
		g_free(tree);
		am_query_free(&q);
	}
}

Test(query, has_walls)
{
	GString *text = g_string_new(NULL);
	struct am_query *q;
	struct am_error err;

	for (int i = 0; i < 100000; i++)
		g_string_append_c(text, '(');
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_FAILED);
	cr_expect_str_eq(err.text,
	                 "parentheses within more than 64 others at column 65");
	g_string_assign(text, "");
	for (int i = 0; i < 60000; i++)
		g_string_append(text, "a OR ");
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_FAILED);
	cr_expect_str_eq(err.text, "the query is longer than 256 KiB");
	g_string_truncate(text, 200000);
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_FAILED);
	cr_expect_str_eq(err.text, "the query has more than 8192 parts");
	g_string_assign(text, "");
	for (int i = 0; i < 100000; i++)
		g_string_append_c(text, '-');
	g_string_append_c(text, 'a');
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_OK);
	am_query_free(&q);
	/* Not as long as the square of it. */
	gint64 from = g_get_monotonic_time();
	g_string_assign(text, "");
	for (int i = 0; i < 250000; i++)
		g_string_append_c(text, '-');
	g_string_append_c(text, 'a');
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_OK);
	cr_expect_lt(g_get_monotonic_time() - from, 20 * G_USEC_PER_SEC);
	am_query_free(&q);
	/* Each of these goes through all words there are. */
	static const char *const costly[] = {"word~ ", "*or* ", "/a/ "};
	for (size_t k = 0; k < AM_COUNT(costly); k++) {
		g_string_assign(text, "");
		for (int i = 0; i < 32; i++)
			g_string_append(text, costly[k]);
		cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_OK,
		             "%s", costly[k]);
		am_query_free(&q);
		g_string_append(text, costly[(k + 1) % AM_COUNT(costly)]);
		cr_expect_eq(am_query_parse(&q, text->str, NOW, &err),
		             AM_FAILED);
		cr_expect(g_str_has_prefix(err.text, "more than 32 words"),
		          "%s", err.text);
	}
	/* Words of a row: as many as can be asked for. */
	g_string_assign(text, "\"");
	for (int i = 0; i < 65; i++)
		g_string_append(text, "a ");
	g_string_append_c(text, '"');
	cr_expect_eq(am_query_parse(&q, text->str, NOW, &err), AM_FAILED);
	g_string_free(text, TRUE);
}

Test(query, explains_every_field)
{
	for (const struct am_query_field *f = am_query_fields; f->name; f++) {
		struct am_query *q;
		struct am_error err = {.text = ""};
		cr_expect_neq(am_field_find(f->name, strlen(f->name)), NULL,
		              "%s", f->name);
		cr_expect_eq(am_query_parse(&q, f->example, NOW, &err), AM_OK,
		             "%s: %s", f->example, err.text);
		am_query_free(&q);
	}
}
