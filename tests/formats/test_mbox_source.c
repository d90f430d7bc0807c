/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_mbox_help.h"

#include "base/compiler.h"

#include <criterion/criterion.h>

#include <string.h>

#define DATE "Mon Jan  1 00:00:00 2001"
#define SEP  "From a@b.example " DATE "\n"

/* --- the matrix: dialects x line ends x oddities ------------------------ */

/* How a dialect stores a message.  `line` is quoted "From ", `deep` a quoted
 * ">From ". */
static const struct {
	const char *name, *separator, *plain, *deep, *top, *bottom;
	bool blank;
} dialects[] = {
	{"mboxo", SEP, ">From me", ">From us", "", "", true},
	{"mboxrd", SEP, ">From me", ">>From us", "", "", true},
	{"mboxcl", SEP, ">From me", "> From us", "", "LENGTH", true},
	{"mboxcl2", SEP, "From me", ">From us", "", "LENGTH", true},
	{"imap-backup", SEP, ">From me", ">>From us", "", "", true},
	{"old thunderbird", "From - " DATE "\n", ">From me", ">>From us",
         "X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", "", true},
	{"new thunderbird", "From \n", ">From me", ">>From us",
         "X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", "", true},
	{"ietng", "From  " DATE "\n>From - " DATE "\n", ">From me", "> From us",
         "", "", true},
	{"takeout",
         "From 1628424719502045299@xxx Mon Jan 01 00:00:00 +0000 2001\n",
         ">From me", ">>From us",
         "X-GM-THRID: 1\nX-Gmail-Labels: Inbox,Opened\n", "", true},
	{"readpst", "From \"some body\" " DATE "\n", ">From me", ">>From us",
         "", "", true},
	{"patches",
         "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 "
         "2001\n",
         "From me", "> From us", "", "", true},
	{"no blank line", SEP, ">From me", ">>From us", "", "", false},
};

enum { LF, CRLF, MIXED, N_EOL };

static const char *const oddities[] = {
	"none",          "no final eol", "nul", "long line",
	"empty message", "header only",  "bom"};
enum { NONE, NO_EOL, NUL, LONG, EMPTY, HEADER_ONLY, BOM, N_ODD };

static void add_eol(GString *to, const char *text, size_t len, bool crlf)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' && crlf)
			g_string_append_c(to, '\r');
		g_string_append_c(to, text[i]);
	}
}

/* Message `i` as it is, in LF. */
static GString *body_of(int i, int odd)
{
	GString *s = g_string_new(NULL);
	g_string_append_printf(s, "body %d\n", i);
	if (odd == NUL && i == 1)
		g_string_append_len(s, "a\0b\n", 4);
	if (odd == LONG && i == 1) {
		for (int k = 0; k < 200000; k++)
			g_string_append_c(s, 'x');
		g_string_append_c(s, '\n');
	}
	return s;
}

struct built {
	GString *file;
	GPtrArray *raws; /* GString */
};

static void add_message(struct built *b, size_t dialect, int eol, int odd,
                        int i)
{
	bool crlf = eol == CRLF || (eol == MIXED && i % 2);
	const char *sep = dialects[dialect].separator;
	const char *top = dialects[dialect].top;
	bool backup = !strcmp(dialects[dialect].name, "imap-backup");
	bool header_only = odd == HEADER_ONLY && i == 1;
	bool empty = odd == EMPTY && i == 1;
	GString *raw = g_string_new(NULL);
	GString *head = g_string_new(NULL), *stored = g_string_new(NULL);
	GString *text = body_of(i, odd);
	g_string_append_printf(head, "Subject: %d\nTo: b@c.example\n", i);
	add_eol(b->file, sep, strlen(sep), crlf);
	if (!empty) {
		add_eol(raw, head->str, head->len, crlf);
		if (backup)
			add_eol(raw, "From: x@y.example\n", 18, crlf);
		add_eol(b->file, top, strlen(top), crlf);
		add_eol(b->file, head->str, head->len, crlf);
		if (backup)
			add_eol(b->file, ">From: x@y.example\n", 19, crlf);
	}
	if (!empty && !header_only) {
		const char *deep = dialects[dialect].deep;
		bool has_deep = i != 0;
		add_eol(stored, text->str, text->len, crlf);
		add_eol(stored, dialects[dialect].plain,
		        strlen(dialects[dialect].plain), crlf);
		add_eol(stored, "\n", 1, crlf);
		add_eol(raw, "\n", 1, crlf);
		add_eol(raw, text->str, text->len, crlf);
		add_eol(raw, "From me\n", 8, crlf);
		if (has_deep) {
			/* In the original: what one '>' less gives, where this
			 * dialect quotes; there are no doubles in mboxo. */
			const char *original =
				!strncmp(deep, ">>", 2) ? ">From us"
				: !strcmp(dialects[dialect].name, "mboxo")
					? "From us"
					: deep;
			add_eol(stored, deep, strlen(deep), crlf);
			add_eol(stored, "\n", 1, crlf);
			add_eol(raw, original, strlen(original), crlf);
			add_eol(raw, "\n", 1, crlf);
		}
		if (*dialects[dialect].bottom) {
			char *line = g_strdup_printf("Content-Length: %zu\n",
			                             stored->len);
			add_eol(b->file, line, strlen(line), crlf);
			g_free(line);
		}
		add_eol(b->file, "\n", 1, crlf);
		g_string_append_len(b->file, stored->str, (gssize)stored->len);
	}
	bool last = i == 3;
	if (odd == NO_EOL && last) {
		size_t cut = crlf ? 2 : 1;
		g_string_truncate(b->file, b->file->len - cut);
		g_string_truncate(raw, raw->len - cut);
	} else if (dialects[dialect].blank) {
		add_eol(b->file, "\n", 1, crlf);
	}
	g_ptr_array_add(b->raws, raw);
	g_string_free(head, TRUE);
	g_string_free(stored, TRUE);
	g_string_free(text, TRUE);
}

static bool sensible(size_t dialect, int odd)
{
	/* Without an empty line before it an empty message is no message; a
	 * bare separator without headers is none either. */
	return odd != EMPTY ||
	       (dialects[dialect].blank &&
	        strcmp(dialects[dialect].separator, "From \n") &&
	        strcmp(dialects[dialect].name, "patches") &&
	        strcmp(dialects[dialect].name, "ietng"));
}

static void check_cell(size_t dialect, int eol, int odd, size_t memory)
{
	struct built b = {g_string_new(NULL), g_ptr_array_new()};
	if (odd == BOM)
		g_string_append(b.file, "\xef\xbb\xbf");
	for (int i = 0; i < 4; i++)
		add_message(&b, dialect, eol, odd, i);
	struct run *run =
		mbox_run_bytes("Inbox", b.file->str, b.file->len, NULL, memory);
	const char *name = dialects[dialect].name;
	cr_expect_eq(run->failures->len, 0, "%s/%d/%s", name, eol,
	             oddities[odd]);
	cr_expect_eq(run->messages->len, 4, "%s/%d/%s: %u messages", name, eol,
	             oddities[odd], run->messages->len);
	for (guint i = 0; i < b.raws->len; i++) {
		GString *raw = g_ptr_array_index(b.raws, i);
		if (i < run->messages->len)
			cr_expect(mbox_raw_is(mbox_got(run, i), raw->str,
			                      raw->len),
			          "%s/%d/%s: message %u", name, eol,
			          oddities[odd], i);
		g_string_free(raw, TRUE);
	}
	cr_expect(g_string_equal(run->whole, b.file), "%s/%d/%s: not rebuilt",
	          name, eol, oddities[odd]);
	mbox_run_free(&run);
	g_ptr_array_free(b.raws, TRUE);
	g_string_free(b.file, TRUE);
}

Test(mbox_source, golden_matrix, .timeout = 120)
{
	for (size_t d = 0; d < AM_COUNT(dialects); d++)
		for (int eol = 0; eol < N_EOL; eol++)
			for (int odd = 0; odd < N_ODD; odd++)
				if (sensible(d, odd)) {
					check_cell(d, eol, odd, 0);
					check_cell(d, eol, odd, 64);
				}
}

/* --- single decisions ----------------------------------------------------- */

static const struct {
	const char *shows, *file, *options;
	unsigned messages;
	const char *note; /* that must be there; NULL: any */
} cases[] = {
	{"a sentence is no separator",
         SEP "A: b\nC: d\n\ntext\n\nFrom now on: more\nB: c\n\n", NULL, 1,
         NULL},
	{"a date alone is not enough",
         SEP "A: b\nC: d\n\ntext\n\n" SEP "no header here\n\n", NULL, 1,
         "mbox.from-ambiguous"},
	{"no empty line is needed",
         SEP "A: b\nC: d\n\ntext\n" SEP "A: b\nC: d\n\nmore\n", NULL, 2, NULL},
	{"a patch in a mail is text",
         SEP "A: b\nC: d\n\ntext\n\nFrom 0123456789 Mon Sep 17 00:00:00 "
             "2001\nFrom: x\nDate: y\n\npatch\n\n",
         NULL, 1, NULL},
	{"an empty message is one", SEP "\n" SEP "A: b\nC: d\n\nx\n\n", NULL, 2,
         NULL},
	{"one header is enough behind an empty line",
         SEP "A: b\nC: d\n\nx\n\n" SEP "Subject: only\n\n", NULL, 2, NULL},
	{"the end counts as a header", SEP "A: b\nC: d\n\nx\n\n" SEP, NULL, 2,
         NULL},
	{"a length protects what looks like a separator",
         SEP "A: b\nC: d\nContent-Length: 69\n\n" SEP
             "A: b\nC: d\n\nquoted\n12345678\n\n" SEP "A: b\nC: d\n\nx\n\n",
         NULL, 2, NULL},
	{"a wrong length does not",
         SEP "A: b\nC: d\nContent-Length: 60\n\nx\n\n" SEP
             "A: b\nC: d\nContent-Length: 2\n\nx\n\n",
         NULL, 2, "mbox.content-length-wrong"},
	{"two lengths are none",
         SEP "A: b\nContent-Length: 69\nContent-Length: 69\n\n" SEP
             "A: b\nC: d\n\nquoted\n12345678\n\n" SEP "A: b\nC: d\n\nx\n\n",
         NULL, 3, NULL},
	{"junk before the first", "junk\n\n" SEP "A: b\nC: d\n\nx\n\n", NULL, 1,
         "mbox.leading-junk"},
	{"pine's own record",
         SEP "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
             "X-IMAP: 1 2\nStatus: RO\n\nx\n\n" SEP "A: b\nC: d\n\nx\n\n",
         NULL, 1, "mbox.pseudo-message"},
	{"expunged",
         "From - " DATE "\nX-Mozilla-Status: 0009\nA: b\n\nx\n\n"
         "From - " DATE "\nX-Mozilla-Status: 0001\nA: b\n\ny\n\n",
         "include-deleted=no", 1, "mbox.deleted-skipped"},
	{"expunged, and nothing is left out unasked",
         "From - " DATE "\nX-Mozilla-Status: 0009\nA: b\n\nx\n\n", NULL, 1,
         "mbox.deleted-kept"},
	{"and they are counted",
         "From - " DATE "\nX-Mozilla-Status: 0009\nA: b\n\nx\n\n", NULL, 1,
         "mbox.deleted"},
	{"no line end at the end", SEP "A: b\nC: d\n\nx\n\ny", NULL, 1,
         "mbox.no-final-newline"},
	{"cut within the header",
         SEP "A: b\nC: d\n\nx\n\n" SEP "Received: x\nSubject: ha", NULL, 2,
         "mbox.truncated"},
	{"join-at", SEP "A: b\nC: d\n\ntext\n\n" SEP "A: b\nC: d\n\nx\n\n",
         "join-at=59", 1, NULL},
	{"split-at", SEP "A: b\nC: d\n\ntext\n\nFrom here on\nno header\n\n",
         "split-at=59", 2, NULL},
	{"a mail attached with its separator",
         SEP "A: b\nC: d\n\n--b1\nContent-type: Message/RFC822;\n name=x\n"
             "Content-Disposition: attachment\n\n" SEP
             "A: b\nC: d\n\ninner\n\n--b1--\n\n" SEP "A: b\nC: d\n\nx\n\n",
         NULL, 2, "mbox.from-ambiguous"},
	{"a mail cut short where one was attached",
         SEP "A: b\nC: d\n\n--b1\nContent-Type: message/rfc822\n\n" SEP
             "A: b\nC: d\n\nouter\n\n",
         NULL, 2, NULL},
	{"a mailbox attached as text, unquoted",
         SEP
         "A: b\nC: d\n\n--b1\nContent-Type: text/plain;\n name=x.mbox\n\n" SEP
         "A: b\nC: d\n\ninner\n\n" SEP "A: b\nC: d\n\ntwo\n\n--b1--\n\n" SEP
         "A: b\nC: d\n\nx\n\n",
         NULL, 2, "mbox.from-ambiguous"},
	{"a boundary that only begins alike ends no part",
         SEP "A: b\nC: d\n\n--b1\nContent-Type: text/plain\n\n" SEP
             "A: b\nC: d\n\nouter\n\n--b12\n\n",
         NULL, 2, NULL},
	{"a mail cut short at a part, and the whole of it",
         SEP
         "A: b\nC: d;\n boundary=b1\n\n--b1\nContent-Type: text/plain\n\n" SEP
         "A: b\nC: d; boundary=b1\n\n--b1\n"
         "Content-Type: text/plain\n\nx\n--b1--\n\n",
         NULL, 2, NULL},
	{"a rule is no boundary",
         SEP "A: b\nC: d\n\n----------\n\n" SEP "A: b\nC: d\n\n----------\n\n",
         NULL, 2, NULL},
	{"a message that was begun and never written",
         SEP "A: b\nC: d\n\nx\n\n" SEP SEP "A: b\nC: d\n\ny\n\n", NULL, 3,
         "mbox.from-ambiguous"},
	{"a header broken off by the next message",
         SEP "A: b\n" SEP "A: b\nC: d\n\ny\n\n", NULL, 2,
         "mbox.from-ambiguous"},
	{"a line in the header that is none",
         SEP "A: b\nC: d\n\nx\n\n" SEP "A: b\n263a 0020 0076\nC: d\n\ny\n\n",
         NULL, 2, "mbox.from-ambiguous"},
	{"a first header that is indented",
         SEP "A: b\nC: d\n\nx\n\n" SEP " A: b\nC: d\nE: f\n\ny\n\n", NULL, 2,
         "mbox.from-ambiguous"},
	{"text is not a header with broken lines",
         SEP "A: b\nC: d\n\nx\n\n" SEP "he wrote\nthe following: a\n"
             "of which: b\n\n",
         NULL, 1, "mbox.from-ambiguous"},
	{"one header is enough where nobody writes empty lines",
         SEP "A: b\nC: d\n\n1\n" SEP "A: b\nC: d\n\n2\n" SEP
             "A: b\nC: d\n\n3\n" SEP "Subject: only\n\n4\n" SEP
             "A: b\nC: d\n\n5\n",
         NULL, 5, "mbox.from-ambiguous"},
	{"a name without an address, and headers",
         SEP "A: b\nC: d\n\nx\n\nFrom John Doe " DATE "\nA: b\nC: d\n\ny\n\n",
         NULL, 2, NULL},
	{"prose with a date, and one header",
         SEP "A: b\nC: d\n\nx\n\nFrom what I saw on " DATE "\nA: b\n\ny\n\n",
         NULL, 1, "mbox.from-ambiguous"},
	{"a separator without a year",
         SEP "A: b\nC: d\n\nx\n\nFrom a@b Mon Jan  1 00:00:00\n"
             "A: b\nC: d\n\ny\n\n",
         NULL, 2, NULL},
	{"a sender with a blank in it",
         "From x@[10.0.0.1] [pi]  " DATE "\nA: b\nC: d\n\nx\n\n", NULL, 1,
         NULL},
	{"nothing at all", "", NULL, 0, NULL},
};

Test(mbox_source, decisions)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct run *run = mbox_run_bytes("m.mbox", cases[i].file,
		                                 strlen(cases[i].file),
		                                 cases[i].options, 0);
		cr_expect_eq(run->messages->len, cases[i].messages, "%s: %u",
		             cases[i].shows, run->messages->len);
		cr_expect_eq(run->folders->len, 1, "%s", cases[i].shows);
		cr_expect_eq(run->failures->len, 0, "%s", cases[i].shows);
		if (cases[i].note)
			cr_expect(mbox_noted(run, cases[i].note), "%s: %s",
			          cases[i].shows, run->notes->str);
		cr_expect_str_eq(run->whole->str, cases[i].file, "%s",
		                 cases[i].shows);
		mbox_run_free(&run);
	}
}

/* What the mailbox says about a message, and what is left of its bytes. */
static const struct {
	const char *file, *raw, *keywords, *labels;
	uint32_t flags;
	const char *from;
} states[] = {
	{"From - " DATE "\nX-Mozilla-Status: 1007\nX-Mozilla-Status2: "
         "00800000\nX-Mozilla-Keys: $label1 NonJunk Junk    \nA: b\n\nx\n\n",
         "A: b\n\nx\n", "$MDNSent,$label1,NonJunk", "",
         AM_SEEN | AM_ANSWERED | AM_FLAGGED | AM_FORWARDED | AM_JUNK, NULL},
	{"From 123@xxx Mon Jan 01 00:00:00 +0000 2001\nX-GM-THRID: 5\n"
         "X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=,Markiert,\n"
         " \"a,b\",Ungelesen,Inbox\nA: b\n\nx\n\n",
         "A: b\n\nx\n", "", "a,b,Inbox", AM_DRAFT | AM_FLAGGED, "mbox.from"},
	{SEP "A: b\nX-IMAPbase: 7 0000000009 Work\nStatus: RO\nX-Status: AF\n"
             "X-Keywords: Work     \nX-UID: 4\n\nx\n\n",
         "A: b\n\nx\n", "Work", "", AM_SEEN | AM_ANSWERED | AM_FLAGGED,
         "mbox.from"},
	/* A keyword that is not listed came with the mail. */
	{SEP "A: b\nX-IMAPbase: 7 0000000009 Work\nX-Keywords: spam\n\nx\n\n",
         "A: b\nX-Keywords: spam\n\nx\n", "", "", 0, "mbox.from"},
	/* One mail with a Status proves nothing. */
	{SEP "A: b\nStatus: RO\n\nx\n\n", "A: b\nStatus: RO\n\nx\n", "", "", 0,
         "mbox.from"},
	{"From - " DATE "\nDate: Tue, 2 Jan 2001 00:00:00 +0100\nA: b\n\nx\n\n",
         "Date: Tue, 2 Jan 2001 00:00:00 +0100\nA: b\n\nx\n", "", "", 0,
         "header.date"},
	{"From \nReceived: by c; Tue, 2 Jan 2001 00:00:00 +0100\nA: b\n\nx\n\n",
         "Received: by c; Tue, 2 Jan 2001 00:00:00 +0100\nA: b\n\nx\n", "", "",
         0, "header.received"},
};

Test(mbox_source, storage_fields_become_state)
{
	for (size_t i = 0; i < AM_COUNT(states); i++) {
		struct run *run = mbox_run_bytes(
			"m", states[i].file, strlen(states[i].file), NULL, 0);
		cr_assert_eq(run->messages->len, 1, "case %zu", i);
		const struct got *g = mbox_got(run, 0);
		cr_expect(mbox_raw_is(g, states[i].raw, strlen(states[i].raw)),
		          "case %zu: %s", i,
		          (const char *)g_bytes_get_data(g->raw, NULL));
		cr_expect_eq(g->flags, states[i].flags, "case %zu: %x", i,
		             g->flags);
		cr_expect_str_eq(g->keywords, states[i].keywords);
		cr_expect_str_eq(g->labels, states[i].labels);
		if (states[i].from)
			cr_expect_str_eq(g->received_from, states[i].from,
			                 "case %zu", i);
		else
			cr_expect_null(g->received_from);
		cr_expect_str_eq(run->whole->str, states[i].file);
		mbox_run_free(&run);
	}
}

Test(mbox_source, the_majority_owns_its_status)
{
	GString *file = g_string_new(NULL);
	for (int i = 0; i < 10; i++)
		g_string_append_printf(file, SEP "A: %d\n%s\nx\n\n", i,
		                       i < 8 ? "Status: RO\n" : "");
	struct run *run = mbox_run_bytes("m", file->str, file->len, NULL, 0);
	cr_assert_eq(run->messages->len, 10);
	for (unsigned i = 0; i < 10; i++) {
		const struct got *g = mbox_got(run, i);
		char *raw = g_strdup_printf("A: %u\n\nx\n", i);
		cr_expect(mbox_raw_is(g, raw, strlen(raw)));
		cr_expect_eq(g->flags, i < 8 ? AM_SEEN : 0);
		g_free(raw);
	}
	cr_expect(g_string_equal(run->whole, file));
	mbox_run_free(&run);
	g_string_free(file, TRUE);
}

Test(mbox_source, zones)
{
	static const char file[] = SEP "A: b\nC: d\n\nx\n\n";
	static const struct {
		const char *option;
		int64_t sec;
	} zones[] = {{NULL, 978307200},
	             {"from-tz=utc", 978307200},
	             {"from-tz=+0100", 978307200 - 3600}};
	for (size_t i = 0; i < AM_COUNT(zones); i++) {
		struct run *run = mbox_run_bytes("m", file, strlen(file),
		                                 zones[i].option, 0);
		cr_expect_eq(mbox_got(run, 0)->received.sec, zones[i].sec, "%s",
		             zones[i].option);
		cr_expect_str_eq(mbox_got(run, 0)->sender, "a@b.example");
		mbox_run_free(&run);
	}
}

Test(mbox_source, bad_options_are_refused)
{
	static const char *const bad[] = {"dialect=foo", "from-tz=Mars/Base",
	                                  "split-at=x", "nonsense=1",
	                                  "include-deleted=perhaps"};
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct run *run =
			mbox_run_bytes("m", SEP, strlen(SEP), bad[i], 0);
		cr_expect_eq(run->failures->len, 1, "%s", bad[i]);
		mbox_run_free(&run);
	}
}

Test(mbox_source, not_a_mailbox_fails_once)
{
	struct run *run = mbox_run_bytes("m", "Hello\n", 6, NULL, 0);
	cr_expect_eq(run->messages->len, 0);
	cr_expect_eq(run->failures->len, 1);
	mbox_run_free(&run);
}

/* --- every beginning of a file, and every size of memory --------------------
 */

static const char sample[] =
	"\n" SEP "Subject: one\nTo: b\nContent-Length: 12\n\nbody\n>From x\n\n"
	"From - " DATE "\r\nX-Mozilla-Status: 0009\r\nA: b\r\n\r\nx\r\n\r\n" SEP
	"Subject: two\nX-Mailark: 0\n\n>>From y\n\0\0\nFrom z\n\n\0\0\0\0" SEP
	"A: b\nStatus: O\nX-Mailark: 1 block eol=lf rd\n\nfoo\n\n" SEP "\n";

Test(mbox_source, every_prefix_is_read_to_its_end, .timeout = 120)
{
	for (size_t n = 0; n < sizeof(sample); n++)
		for (size_t memory = 0; memory < 40; memory += 39) {
			struct run *run =
				mbox_run_bytes("m", sample, n, NULL, memory);
			if (!run->failures->len && run->messages->len)
				cr_expect(run->whole->len == n &&
				                  !memcmp(run->whole->str,
				                          sample, n),
				          "%zu bytes", n);
			mbox_run_free(&run);
		}
}

Test(mbox_source, memory_makes_no_difference, .timeout = 60)
{
	GString *file = g_string_new(NULL);
	for (int i = 0; i < 200; i++) {
		g_string_append(file, SEP "Subject: x\nTo: b\n\n");
		for (int k = 0; k < i * 7; k++)
			g_string_append_printf(file, "%sFrom line %d %0*d\n",
			                       k % 5 ? "x" : ">", k,
			                       (i * k) % 90 + 1, k);
		g_string_append_c(file, '\n');
	}
	struct run *a = mbox_run_bytes("m", file->str, file->len, NULL, 0);
	struct run *b = mbox_run_bytes("m", file->str, file->len, NULL, 700);
	cr_expect(g_string_equal(a->whole, file));
	cr_expect(g_string_equal(b->whole, file));
	cr_assert_eq(a->messages->len, 200);
	cr_assert_eq(b->messages->len, 200);
	for (unsigned i = 0; i < 200; i++)
		cr_expect(g_bytes_equal(mbox_got(a, i)->raw,
		                        mbox_got(b, i)->raw));
	mbox_run_free(&a);
	mbox_run_free(&b);
	g_string_free(file, TRUE);
}
