/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify counts what the index should hold; index mends it. */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(verify_index, says_what_can_be_found)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 20, 0);
	cr_assert_eq(cli_line(&c, "copy -q --no-index in.mbox a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 0, "%s", c.err);
	cr_expect_not(strstr(c.out, "index:"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --json a.mailark"), 0);
	cr_expect(strstr(c.out, "\"index\":null"), "%s", c.out);
	cr_assert_eq(cli_line(&c, "index -q a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 0);
	cr_expect(
		strstr(c.out, "index: whole: 20 of 20 messages can be found\n"),
		"%s", c.out);
	cli_mbox(&c, "more.mbox", 20, 5, 0);
	cr_assert_eq(cli_line(&c, "copy -q --no-index more.mbox a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "verify --full a.mailark"), 0);
	cr_expect(strstr(c.out, "20 of 25 messages can be found\n"
	                        "  5 came later and will be added\n"),
	          "%s", c.out);
	cli_end(&c);
}

/* Of a very long text the end is not searched: that is told, too. */
Test(verify_index, says_whose_text_is_cut)
{
	GString *text = g_string_new(NULL);
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	g_string_append(text, "From: ada@example.org\nSubject: a book\n"
	                      "Message-ID: <book@example.org>\n\nfirstword\n");
	while (text->len < (5 << 20))
		g_string_append(text, "all work and no play makes a book\n");
	g_string_append(text, "lastword\n");
	cli_write(&c, "book.eml", text->str, text->len);
	cr_assert_eq(cli_line(&c, "copy -q in.mbox book.eml a.mailark"), 0,
	             "%s", c.err);
	cr_expect_eq(cli_line(&c, "search --count a.mailark firstword"), 0);
	cr_expect_str_eq(c.out, "1\n");
	cr_expect_eq(cli_line(&c, "search --count a.mailark lastword"), 0);
	cr_expect_str_eq(c.out, "0\n");
	cr_expect_eq(cli_line(&c, "search a.mailark extract:truncated"), 0);
	cr_expect(strstr(c.out, "a book"), "%s", c.out);
	cr_expect_eq(cli_lines(c.out), 2, "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "1 truncated"), "%s", c.out);
	/* The same is found by reading. */
	cr_expect_eq(cli_line(&c, "copy -q --query extract:truncated a.mailark "
	                          "out.mbox"),
	             0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "list out.mbox"), 0);
	cr_expect(strstr(c.out, "     1 "), "%s", c.out);
	g_string_free(text, TRUE);
	cli_end(&c);
}

/* The state names a shard less: as if somebody had put back an old one. */
static void lose_a_shard(struct cli *c)
{
	size_t len;
	char *text = cli_read(c, "a.mailark.cache/xapian/state", &len);
	char *shard = g_strrstr(text, "shard "), *end = strchr(shard, '\n') + 1;
	GString *out = g_string_new_len(text, shard - text);

	g_string_append(out, end);
	char *crc = strstr(out->str, "crc ");
	g_string_truncate(out, (gsize)(crc - out->str));
	guint32 sum = 0xffffffff;
	for (gsize i = 0; i < out->len; i++) {
		sum ^= (guchar)out->str[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	g_string_append_printf(out, "crc %08x\n", ~sum);
	cli_write(c, "a.mailark.cache/xapian/state", out->str, out->len);
	g_string_free(out, TRUE);
	g_free(text);
}

Test(verify_index, tells_what_is_missing_and_index_brings_it)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 1200, 0);
	cli_mbox(&c, "more.mbox", 1200, 40, 0);
	cr_assert_eq(cli_line(&c, "copy -q in.mbox a.mailark"), 0);
	cr_assert_eq(cli_line(&c, "copy -q more.mbox a.mailark"), 0);
	lose_a_shard(&c);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 1, "%s", c.err);
	cr_expect(strstr(c.out, "index: WRONG: 1,200 of 1,240"), "%s", c.out);
	cr_expect(strstr(c.out, "  40 are missing\n"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --json a.mailark"), 1);
	cr_expect(strstr(c.out, "\"lost\":40"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "index a.mailark"), 0);
	cr_expect(strstr(c.err, "is made anew"), "%s", c.err);
	cr_expect(strstr(c.out, "1,240 messages indexed"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 0);
	/* And what is whole is left as it is. */
	cr_expect_eq(cli_line(&c, "index a.mailark"), 0);
	cr_expect_str_eq(c.err, "");
	cli_end(&c);
}

/* A message whose bytes are gone has no document, and the reason is told. */
Test(verify_index, gives_the_reason_for_what_cannot_be_read)
{
	struct cli c;
	size_t len;

	cli_init(&c);
	/* Of what no compression makes small, so that it is most of the file.
	 */
	GRand *rand = g_rand_new_with_seed(1);
	GString *mbox = g_string_new(NULL);
	for (int i = 0; i < 50; i++) {
		g_string_append_printf(mbox,
		                       "From a@x Wed Jan  1 10:00:00 2020\n"
		                       "Subject: %d\nMessage-ID: <%d@x>\n\n",
		                       i, i);
		for (int k = 0; k < 60; k++)
			g_string_append_printf(mbox, "%08x%s", g_rand_int(rand),
			                       k % 8 == 7 ? "\n" : " ");
		g_string_append(mbox, "\n\n");
	}
	cli_write(&c, "in.mbox", mbox->str, mbox->len);
	g_string_free(mbox, TRUE);
	g_rand_free(rand);
	cr_assert_eq(cli_line(&c, "copy -q --no-index in.mbox a.mailark"), 0);
	char *bytes = cli_read(&c, "a.mailark", &len);
	size_t told = 0;
	/* Somewhere the block of the messages is hit. */
	for (size_t at = len / 8; at + 64 < len; at += len / 8) {
		char *bad = g_memdup2(bytes, len);
		memset(bad + at, 0x55, 20);
		cli_write(&c, "a.mailark", bad, len);
		g_free(bad);
		if (cli_line(&c, "index -q --rebuild a.mailark") == 2)
			continue;
		cli_line(&c, "verify --json a.mailark");
		if (!strstr(c.out, "\"unreadable\":") ||
		    strstr(c.out, "\"unreadable\":0"))
			continue;
		told++;
		cr_expect_eq(cli_line(&c, "verify a.mailark"), 1);
		cr_expect(strstr(c.out, "index: whole: "), "%s", c.out);
		cr_expect(strstr(c.out, " cannot be read, as said above\n"),
		          "%s", c.out);
		cr_expect(strstr(c.err, "a.mailark: message "), "%s", c.err);
	}
	cr_expect_gt(told, 0);
	g_free(bytes);
	cli_end(&c);
}

/* Nobody who may write everything, for a test of what is closed. */
static void lay_down_rights(struct cli *c)
{
	char *out = cli_path(c, ".out"), *err = cli_path(c, ".err");

	cr_assert_eq(chmod(c->dir, 0777), 0);
	unlink(out);
	unlink(err);
	if (!geteuid())
		cr_assert_eq(seteuid(65534), 0);
	g_free(out);
	g_free(err);
}

/* The one shard's lists. */
static char *lists_of(struct cli *c)
{
	char *dir = cli_path(c, "a.mailark.cache/xapian"), *path = NULL;
	GDir *look = g_dir_open(dir, 0, NULL);
	const char *name;

	cr_assert(look);
	while (!path && (name = g_dir_read_name(look)))
		if (g_str_has_suffix(name, ".xdb"))
			path = g_build_filename(dir, name, "postlist.glass",
			                        NULL);
	g_dir_close(look);
	g_free(dir);
	cr_assert(path);
	return path;
}

Test(verify_index, needs_no_right_to_write)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 300, 200);
	cr_assert_eq(cli_line(&c, "copy -q in.mbox a.mailark"), 0);
	char *lists = lists_of(&c), *good, *bad;
	gsize len;
	cr_assert(g_file_get_contents(lists, &good, &len, NULL));
	for (int damaged = 0; damaged < 2; damaged++) {
		uid_t me = geteuid();
		bad = g_memdup2(good, len);
		memset(bad + len / 2, 0x55, damaged ? 256 : 0);
		cr_assert_eq(chmod(lists, 0644), 0);
		cr_assert(g_file_set_contents_full(lists, bad, (gssize)len,
		                                   G_FILE_SET_CONTENTS_NONE,
		                                   0444, NULL));
		cr_assert_eq(chmod(lists, 0444), 0);
		lay_down_rights(&c);
		if (cli_line(&c, "--version"))
			cr_skip("the program is not for everybody");
		cr_expect_eq(cli_line(&c, "verify --full a.mailark"), damaged,
		             "%s%s", c.out, c.err);
		cr_expect(strstr(c.out, damaged ? "1 shards are damaged"
		                                : "index: whole: 300 of 300"),
		          "%s%s", c.out, c.err);
		cr_assert_eq(seteuid(me), 0);
		g_free(bad);
	}
	g_free(good);
	g_free(lists);
	cli_end(&c);
}
