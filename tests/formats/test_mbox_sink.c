/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_mbox_help.h"

#include "base/compiler.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Messages that some mbox reader gets wrong. */
#define NULS      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SEPARATOR "From a@b Mon Jan  1 00:00:00 2001\n"
#define B(text)   text, sizeof(text) - 1
static const struct {
	const char *raw;
	size_t len;
} nasty[] = {
	{B("Subject: a\nTo: b\n\nplain\n")},
	{B("")},
	{B("\n")},
	{B("\n\n")},
	{B("x")},
	{B("no header at all\n")},
	{B("\nbody only\n")},
	{B("Subject: header only\n")},
	{B("Subject: header only, cut")},
	{B("Subject: header only, closed\n\n")},
	{B("Subject: a\nTo: b\n\nno final end")},
	{B("Subject: a\nTo: b\n\nends in CR\r")},
	{B("Subject: a\r\nTo: b\r\n\r\ncrlf\r\n")},
	{B("Subject: a\r\nTo: b\r\n\r\ncrlf, no end")},
	{B("Subject: a\rTo: b\r\rold macintosh\r")},
	{B("Subject: a\nTo: b\n\nempty lines\n\n\n\n")},
	{B("Subject: a\nTo: b\n\nnuls \0\0\0 within\n\0\0\0\0")},
	{B("Subject: a\nTo: b\n\nFrom me\n>From me\n>>From me\n From me\n")},
	{B("From a@b Mon Jan  1 00:00:00 2001\nSubject: a\nTo: b\n\nx\n")},
	{B(">From - Mon Jan  1 00:00:00 2001\nSubject: a\nTo: b\n\nx\n")},
	{B("From  : John\nTo: b\n\nold header\n")},
	{B("Subject: a\nrubbish in the header\n\nx\n")},
	{B(" folded at once\nTo: b\n\nx\n")},
	{B("Subject: a\nFrom the header\nTo: b\n\nx\n")},
	{B("Subject: a\nTo: b\nFrom \n\n")},
	/* A separator where it is found, none when it is quoted. */
	{B("Subject: a\nFrom a@b Mon Jan  1 00:00:00 2001\n\nx\n")},
	{B("Subject: a\nFrom a@b Mon Jan  1 00:00:00 2001\nrubbish\nTo: "
           "b\n\n")},
	{B("Subject: a\nTo: b\n\nFrom a@b Mon Jan  1 00:00:00 2001\n"
           "Subject: a\nTo: b\n\nforwarded\n")},
	{B("Subject: a\nStatus: RO\nX-Status: F\n\nhas a status\n")},
	{B("Subject: a\nContent-Length: 3\nLines: 1\n\nhas a length\n")},
	{B("X-Mozilla-Status: 0009\nSubject: a\n\nhas mozilla's\n")},
	{B("Subject: a\nX-Evolution: 00000001-0010\n\nhas Evolution's\n")},
	{B("Subject: a\nX-IMAPbase: 1 2 x\nX-UID: 1\n\nx\n")},
	{B("Subject: a\nStatus: O\nX-Mailark: 1\n\nwas here before\n")},
	{B("Status: O\nX-Mailark: 1 top\nSubject: a\nTo: b\n\ntwice\n")},
	{B("Status: O\nX-Mailark: 1 block eol=lf rd\n\nthrice\n")},
	{B("Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
           "X-IMAP: 1 2\n\nx\n")},
	/* Cut short where a part begins, and its boundary again behind. */
	{B("Subject: a\nTo: b\n\n--bnd\nContent-Type: text/html\n")},
	{B("Subject: a\nTo: b\n\n--bnd\nContent-Type: message/rfc822")},
	{B("Subject: a\nTo: b\n\n--bnd\nContent-Type: text/plain\n\n")},
	{B("--bnd\nContent-Type: text/plain")},
	{B("Subject: a\r\nTo: b\r\n\r\n--bnd\r\nContent-Type: x/y\r\n")},
	{B("Subject: a\nTo: b\n\nx\n--bnd\n")},
	{B("\xef\xbb\xbfSubject: a\nTo: b\n\nwith a BOM\n")},
	{B("From \n")},
	{B("From ")},
	{B(">")},
	{B("\r\n")},
	{B("\0")},
	{B("S\n\0\n")},
	{B("Subject: a\nTo: b\n\nx\n" NULS SEPARATOR "Subject: a\nTo: b\n\n")},
	{B("Subject: a\nTo: b\n" NULS SEPARATOR "Subject: a\nTo: b\n\n")},
	{B(NULS SEPARATOR "Subject: a\nTo: b\n\n")},
	{B("Subject: a\nTo: b\n\nx\n" NULS SEPARATOR "S: a\nTo: b\n\n" NULS)},
	{B("Subject: a\nX-Mailark: 0 nuls\n\nx\n" NULS SEPARATOR
           "S: a\nTo: b\n\n")},
};
#define N_NASTY AM_COUNT(nasty)

static const char *const ways[] = {
	NULL,
	"crlf",
	"dialect=mboxo",
	"dialect=mboxcl",
	"dialect=mboxcl2",
	"dialect=mboxcl2 crlf",
	"state=headers labels=keywords",
	"dialect=mmdf",
	"dialect=mmdf crlf",
};

/* Flags, keywords and all that differ from one message to the next. */
static void dress(struct give *give, size_t i, const char *folder)
{
	*give = (struct give){
		.folder = folder,
		.raw = g_bytes_new(nasty[i % N_NASTY].raw,
	                           nasty[i % N_NASTY].len),
		.flags = i % 3 ? 0 : (uint32_t)(i * 37 % 128),
		.keywords = i % 4 == 1 ? "To Do,Junk,$label1,100%" : "",
		.labels = i % 5 == 2 ? "A/B,\xc3\xa9t\xc3\xa9" : "",
		.received = (int64_t)(978307200 + i * 86399),
		.sender = i % 2 ? "a@b.example" : NULL,
	};
}

static void undress(struct give *give, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_bytes_unref(give[i].raw);
}

static void expect_same(const struct run *run, const struct give *give,
                        size_t n, size_t from, const char *what)
{
	cr_expect_eq(run->messages->len, from + n, "%s: %u of %zu", what,
	             run->messages->len, from + n);
	cr_expect_eq(run->failures->len, 0);
	for (size_t i = 0; i < n && from + i < run->messages->len; i++) {
		const struct got *g = mbox_got(run, from + i);
		cr_expect(g_bytes_equal(g->raw, give[i].raw),
		          "%s: bytes of %zu", what, i);
		cr_expect_eq(g->flags, give[i].flags, "%s: flags of %zu", what,
		             i);
		cr_expect_str_eq(g->keywords, give[i].keywords, "%s: %zu", what,
		                 i);
		cr_expect_str_eq(g->labels, give[i].labels, "%s: %zu", what, i);
		cr_expect_eq(g->received.sec, give[i].received, "%s: %zu", what,
		             i);
		cr_expect_str_eq(g->sender ? g->sender : "",
		                 give[i].sender ? give[i].sender : "");
	}
}

Test(mbox_sink, a_folder_called_like_anothers_file_is_no_hindrance)
{
	static const struct give give[] = {
		{.folder = "a"}, {.folder = "a.mbox/a"}, {.folder = "a.mbox"}};
	struct give all[AM_COUNT(give)];
	char *dir = mbox_tmp();
	char *path = g_strconcat(dir, "/tree/", NULL);

	for (size_t i = 0; i < AM_COUNT(give); i++) {
		all[i] = give[i];
		char *mail = g_strdup_printf("A: b\nSubject: %zu\n\nx\n", i);
		all[i].raw = g_bytes_new_take(mail, strlen(mail));
	}
	cr_assert_eq(mbox_write(path, NULL, all, AM_COUNT(all), true, NULL), 0);
	struct run *run = mbox_run(path, NULL, 1 << 20);
	cr_expect_eq(run->failures->len, 0);
	cr_assert_eq(run->messages->len, AM_COUNT(all));
	for (guint k = 0; k < run->messages->len; k++) {
		const struct got *g = mbox_got(run, k);
		bool same = false;
		for (size_t i = 0; i < AM_COUNT(all); i++)
			same |= !strcmp(g->folder, all[i].folder) &&
			        g_bytes_equal(g->raw, all[i].raw);
		cr_expect(same, "%s", g->folder);
	}
	for (size_t i = 0; i < AM_COUNT(all); i++)
		g_bytes_unref(all[i].raw);
	mbox_run_free(&run);
	g_free(path);
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, every_message_comes_back, .timeout = 60)
{
	char *dir = mbox_tmp();
	for (size_t w = 0; w < AM_COUNT(ways); w++) {
		struct give all[3 * N_NASTY];
		char *path = g_strdup_printf("%s/%zu.mbox", dir, w);
		for (size_t i = 0; i < AM_COUNT(all); i++)
			dress(&all[i], i, "Inbox");
		cr_assert_eq(mbox_write(path, ways[w], all, AM_COUNT(all), true,
		                        NULL),
		             AM_OK);
		for (size_t memory = 0; memory < 40; memory += 39) {
			struct run *run = mbox_run(path, NULL, memory);
			expect_same(run, all, AM_COUNT(all), 0,
			            ways[w] ? ways[w] : "preset");
			mbox_run_free(&run);
		}
		undress(all, AM_COUNT(all));
		g_free(path);
	}
	mbox_tmp_remove(&dir);
}

/* Alone in a file there is no majority that could help. */
/* Its first line is longer than anybody looks ahead. */
Test(mbox_sink, a_long_mail_of_an_old_mac_stays_one, .timeout = 60)
{
	char *dir = mbox_tmp();
	GString *mail = g_string_new("Subject: a\rTo: b\r\r");
	for (int i = 0; i < 10000; i++)
		g_string_append(mail, "a line of it\r");
	g_string_append(mail, "\nand lines\nof another kind\n");
	for (size_t w = 0; w < AM_COUNT(ways); w++) {
		char *path = g_strdup_printf("%s/%zu.mbox", dir, w);
		struct give all[4];
		for (size_t i = 0; i < AM_COUNT(all); i++) {
			dress(&all[i], 0, "Inbox");
			g_bytes_unref(all[i].raw);
			all[i].raw = g_bytes_new(mail->str, mail->len);
			all[i].flags = 0;
		}
		cr_assert_eq(mbox_write(path, ways[w], all, AM_COUNT(all), true,
		                        NULL),
		             AM_OK);
		struct run *run = mbox_run(path, NULL, 0);
		expect_same(run, all, AM_COUNT(all), 0,
		            ways[w] ? ways[w] : "preset");
		mbox_run_free(&run);
		undress(all, AM_COUNT(all));
		g_free(path);
	}
	g_string_free(mail, TRUE);
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, each_message_alone, .timeout = 60)
{
	char *dir = mbox_tmp();
	for (size_t i = 0; i < 3 * N_NASTY; i++) {
		struct give one;
		char *path = g_strdup_printf("%s/%zu.mbox", dir, i);
		dress(&one, i, "Inbox");
		cr_assert_eq(mbox_write(path, NULL, &one, 1, true, NULL),
		             AM_OK);
		struct run *run = mbox_run(path, NULL, 0);
		expect_same(run, &one, 1, 0, "alone");
		mbox_run_free(&run);
		undress(&one, 1);
		g_free(path);
	}
	mbox_tmp_remove(&dir);
}

/* A length of its own that leads to the end of some later message would take in
 * all between: anybody can send such mail. */
Test(mbox_sink, what_a_mail_says_of_its_length_swallows_no_other)
{
	static const char form[] = "Subject: a\nTo: b\nContent-Length: %03d\n\n"
				   "one\n";
	char *dir = mbox_tmp();
	for (size_t w = 0; w < AM_COUNT(ways); w++) {
		char *path = g_strdup_printf("%s/%zu.mbox", dir, w);
		int length = 100;
		for (int turn = 0; turn < 2; turn++) {
			char *first = g_strdup_printf(form, length);
			char *text = NULL;
			struct give all[4];
			for (size_t i = 0; i < AM_COUNT(all); i++)
				dress(&all[i], 0, "Inbox");
			g_bytes_unref(all[0].raw);
			all[0].raw = g_bytes_new(first, strlen(first));
			(void)unlink(path);
			cr_assert_eq(mbox_write(path, ways[w], all,
			                        AM_COUNT(all), true, NULL),
			             AM_OK);
			struct run *run = mbox_run(path, NULL, 0);
			expect_same(run, all, AM_COUNT(all), 0,
			            ways[w] ? ways[w] : "preset");
			mbox_run_free(&run);
			/* Now that it is known where the last one begins. */
			cr_assert(g_file_get_contents(path, &text, NULL, NULL));
			const char *body = strstr(text, "one\n");
			length = (int)(g_strrstr(text, "\nFrom ") + 1 - body);
			undress(all, AM_COUNT(all));
			g_free(text);
			g_free(first);
		}
		g_free(path);
	}
	mbox_tmp_remove(&dir);
}

#define DATE "Mon Jan  1 00:00:00 2001"
#define SEP  "From a@b.example " DATE "\n"

/* Mailboxes of others that we go on with; whole: they end as they should. */
static const struct {
	const char *name, *bytes;
	unsigned messages;
} others[] = {
	{"empty", "", 0},
	{"regular", SEP "A: b\nC: d\n\nx\n\n", 1},
	{"no blank lines",
         SEP "A: b\nC: d\n\nx\n" SEP "A: b\nC: d\n\ny\n" SEP
             "A: b\nC: d\n\nz\n",
         3},
	{"unquoted",
         SEP "A: b\nC: d\n\nx\n\nFrom here on\n\n" SEP "A: b\nC: d\n\nx\n\n",
         2},
	{"imap-backup",
         SEP "A: b\n>From: d\n\n>From\n\n" SEP "A: b\n>From: d\n\n\n\n", 2},
	{"pine's",
         SEP "A: b\nX-IMAPbase: 1 2 w\nStatus: RO\n\nx\n\n" SEP
             "A: b\nStatus: RO\n\nx\n\n",
         2},
	{"mutt's",
         SEP "A: b\nStatus: RO\nContent-Length: 2\nLines: 1\n\nx\n\n" SEP
             "A: c\nStatus: RO\nContent-Length: 2\nLines: 1\n\ny\n"
             "\n",
         2},
	{"Evolution's",
         SEP "A: b\nX-Evolution: 00000001-0010\n\nx\n\n" SEP
             "A: c\nX-Evolution: 00000002-0000\n\ny\n\n",
         2},
	{"without a final end", SEP "A: b\nC: d\n\nx", 1},
	{"without a final empty line", SEP "A: b\nC: d\n\nx\n", 1},
};

Test(mbox_sink, appending_disturbs_nobody, .timeout = 60)
{
	char *dir = mbox_tmp();
	for (size_t k = 0; k < AM_COUNT(others); k++) {
		struct give all[2 * N_NASTY];
		char *path = mbox_file(dir, others[k].name, others[k].bytes,
		                       strlen(others[k].bytes));
		struct run *before = mbox_run(path, NULL, 0);
		cr_assert_eq(before->messages->len, others[k].messages);
		for (size_t i = 0; i < AM_COUNT(all); i++)
			dress(&all[i], i, "Inbox");
		cr_assert_eq(mbox_write(path, NULL, all, N_NASTY, true, NULL),
		             AM_OK, "%s", others[k].name);
		cr_assert_eq(mbox_write(path, NULL, all + N_NASTY, N_NASTY,
		                        true, NULL),
		             AM_OK);
		struct run *after = mbox_run(path, NULL, 0);
		expect_same(after, all, AM_COUNT(all), others[k].messages,
		            others[k].name);
		/* A lone last line without an end: nothing can tell. */
		bool lone = !strcmp(others[k].name, "without a final end");
		for (unsigned i = 0; i < others[k].messages && !lone; i++)
			cr_expect(g_bytes_equal(mbox_got(before, i)->raw,
			                        mbox_got(after, i)->raw),
			          "%s: message %u", others[k].name, i);
		mbox_run_free(&before);
		mbox_run_free(&after);
		undress(all, AM_COUNT(all));
		g_free(path);
	}
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, without_commit_nothing_is_left)
{
	char *dir = mbox_tmp();
	static const char old[] = SEP "A: b\nC: d\n\nx\n\n";
	char *there = mbox_file(dir, "old.mbox", old, strlen(old));
	char *fresh = g_build_filename(dir, "new.mbox", NULL);
	struct give one;
	dress(&one, 0, "Inbox");
	cr_assert_eq(mbox_write(there, NULL, &one, 1, false, NULL), AM_OK);
	cr_assert_eq(mbox_write(fresh, NULL, &one, 1, false, NULL), AM_OK);
	gchar *text;
	gsize len;
	cr_assert(g_file_get_contents(there, &text, &len, NULL));
	cr_expect_str_eq(text, old);
	g_free(text);
	GDir *d = g_dir_open(dir, 0, NULL);
	int n = 0;
	while (g_dir_read_name(d))
		n++;
	g_dir_close(d);
	cr_expect_eq(n, 1, "only the old one");
	undress(&one, 1);
	g_free(there);
	g_free(fresh);
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, what_is_no_mailbox_is_left_alone)
{
	char *dir = mbox_tmp();
	char *path = mbox_file(dir, "letter.txt", "Dear all\n", 9);
	struct give one;
	dress(&one, 0, "Inbox");
	cr_expect_eq(mbox_write(path, NULL, &one, 1, true, NULL), AM_FAILED);
	undress(&one, 1);
	g_free(path);
	mbox_tmp_remove(&dir);
}

static const char *const folders[] = {
	"Inbox",   "Inbox/Sub", "Inbox.sbd/x", "a.mbox", "a.mbox/mbox",
	".hidden", "100%/%2F",  "tab\there",   "x.msf",  "\xc3\x84rger.gz"};

Test(mbox_sink, a_tree_keeps_folders_apart)
{
	char *dir = mbox_tmp(), *root = g_strconcat(dir, "/tree/", NULL);
	struct give all[AM_COUNT(folders)];
	for (size_t i = 0; i < AM_COUNT(all); i++)
		dress(&all[i], i, folders[i]);
	cr_assert_eq(mbox_write(root, NULL, all, AM_COUNT(all), true, NULL),
	             AM_OK);
	struct run *run = mbox_run(root, NULL, 0);
	cr_expect_eq(run->messages->len, AM_COUNT(all));
	cr_expect_eq(run->failures->len, 0);
	for (size_t i = 0; i < AM_COUNT(all); i++) {
		bool found = false;
		for (unsigned k = 0; k < run->messages->len && !found; k++)
			found = !strcmp(mbox_got(run, k)->folder, folders[i]) &&
			        g_bytes_equal(mbox_got(run, k)->raw,
			                      all[i].raw);
		cr_expect(found, "%s", folders[i]);
	}
	mbox_run_free(&run);
	undress(all, AM_COUNT(all));
	g_free(root);
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, names_that_are_too_long_are_shortened_and_noted)
{
	char *dir = mbox_tmp(), *root = g_strconcat(dir, "/tree/", NULL);
	char *name = g_strnfill(400, 'n');
	GString *notes = g_string_new(NULL);
	struct give one;
	dress(&one, 0, name);
	cr_assert_eq(mbox_write(root, NULL, &one, 1, true, notes), AM_OK);
	cr_expect(strstr(notes->str, "mbox.folder-renamed"));
	struct run *run = mbox_run(root, NULL, 0);
	cr_expect_eq(run->messages->len, 1);
	mbox_run_free(&run);
	undress(&one, 1);
	g_string_free(notes, TRUE);
	g_free(name);
	g_free(root);
	mbox_tmp_remove(&dir);
}

static const struct {
	const char *options, *note;
	size_t n;
} label_ways[] = {
	{"labels=keywords", NULL, 1},
	{"labels=folders", NULL, 3},
	{"labels=first", "mbox.labels-lost", 1},
	{"labels=first state=none", "mbox.state-lost", 1},
};

Test(mbox_sink, labels)
{
	char *dir = mbox_tmp();
	for (size_t i = 0; i < AM_COUNT(label_ways); i++) {
		char *root = g_strdup_printf("%s/%zu/", dir, i);
		GString *notes = g_string_new(NULL);
		struct give one;
		dress(&one, 0, "All");
		one.labels = "All,Work/2019,Home";
		one.flags = AM_SEEN;
		cr_assert_eq(mbox_write(root, label_ways[i].options, &one, 1,
		                        true, notes),
		             AM_OK);
		struct run *run = mbox_run(root, NULL, 0);
		cr_expect_eq(run->messages->len, label_ways[i].n, "%s",
		             label_ways[i].options);
		if (!i)
			cr_expect_str_eq(mbox_got(run, 0)->labels, one.labels);
		if (label_ways[i].note)
			cr_expect(strstr(notes->str, label_ways[i].note));
		mbox_run_free(&run);
		undress(&one, 1);
		g_string_free(notes, TRUE);
		g_free(root);
	}
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, several_folders_in_one_file_are_noted_once)
{
	char *dir = mbox_tmp(), *path = g_build_filename(dir, "m.mbox", NULL);
	GString *notes = g_string_new(NULL);
	struct give all[3];
	for (size_t i = 0; i < 3; i++)
		dress(&all[i], i, folders[i]);
	cr_assert_eq(mbox_write(path, NULL, all, 3, true, notes), AM_OK);
	const char *first = strstr(notes->str, "mbox.folders-merged");
	cr_expect(first && !strstr(first + 1, "mbox.folders-merged"));
	undress(all, 3);
	g_string_free(notes, TRUE);
	g_free(path);
	mbox_tmp_remove(&dir);
}

/* What is odd about a file comes back with as-imported, to the bit. */
static const char *const imported[] = {
	"junk\n" SEP ">From - x\nA: b\nStatus: RO\nX-Status: A\n\n>From x\n\n"
	"From - " DATE "\nX-Mozilla-Status: 0009\nA: b\n\ngone\n\n" SEP
	"A: b\nStatus: O\n\nx\n\n"
	"From - " DATE "\nX-Mozilla-Status: 0009\nA: b\n\ngone too\n\n",
	SEP "A: b\r\nC: d\r\n\r\nmixed\r\n\r\n" SEP "A: b\nC: d\n\nno end",
	SEP "A: b\nC: d\n\n>From x\n" SEP "A: b\nC: d\n\nFrom y\n>>From z\n",
	"",
};

Test(mbox_sink, as_imported_is_bit_identical)
{
	char *dir = mbox_tmp();
	for (size_t i = 0; i < AM_COUNT(imported); i++) {
		char *from = g_strdup_printf("%s/%zu.in", dir, i);
		char *to = g_strdup_printf("%s/%zu.out", dir, i);
		gchar *text = NULL;
		cr_assert(g_file_set_contents(from, imported[i], -1, NULL));
		cr_assert_eq(mbox_copy(from, to, "as-imported"), AM_OK);
		cr_assert(g_file_get_contents(to, &text, NULL, NULL));
		cr_expect_str_eq(text, imported[i]);
		g_free(text);
		g_free(from);
		g_free(to);
	}
	mbox_tmp_remove(&dir);
}

Test(mbox_sink, a_held_lock_is_respected)
{
	char *dir = mbox_tmp();
	static const char old[] = SEP "A: b\nC: d\n\nx\n\n";
	char *path = mbox_file(dir, "m.mbox", old, strlen(old));
	char *lock = mbox_file(dir, "m.mbox.lock", "1\n", 2);
	struct give one;
	dress(&one, 0, "Inbox");
	cr_expect_eq(mbox_write(path, NULL, &one, 1, true, NULL), AM_FAILED);
	cr_assert_eq(unlink(lock), 0);
	cr_expect_eq(mbox_write(path, NULL, &one, 1, true, NULL), AM_OK);
	cr_expect(access(lock, F_OK), "our own is gone");
	undress(&one, 1);
	g_free(lock);
	g_free(path);
	mbox_tmp_remove(&dir);
}
