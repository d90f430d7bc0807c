/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is only in Dovecot's index: of sdbox, and of a Maildir with more
 * keywords than letters. */
#include "formats/dovecot_index.h"

#include "base/bytes.h"
#include "formats/maildir/maildir.h"
#include "formats/oldbox/oldbox.h"
#include "model/message.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(dovecot_index, .fini = am_test_tmpdir_end, .timeout = 60);

static void u16(GByteArray *to, uint16_t v)
{
	uint8_t b[2];

	am_put_le16(b, v);
	g_byte_array_append(to, b, sizeof b);
}

static void u32(GByteArray *to, uint32_t v)
{
	uint8_t b[4];

	am_put_le32(b, v);
	g_byte_array_append(to, b, sizeof b);
}

static void zeros(GByteArray *to, guint len)
{
	guint at = to->len;

	g_byte_array_set_size(to, len);
	memset(to->data + at, 0, len - at);
}

static void text(GByteArray *to, const char *s, guint len)
{
	g_byte_array_append(to, (const uint8_t *)s, len);
}

static void write_file(const char *name, GByteArray *bytes)
{
	am_test_write(name, bytes->data, bytes->len);
	g_byte_array_free(bytes, TRUE);
}

/* Messages 1 (answered, seen; work), 2 (none; later) and 4 (flagged; both). */
static GByteArray *index_file(void)
{
	GByteArray *b = g_byte_array_new();

	text(b, "\7\3", 2);
	u16(b, 120);
	u32(b, 120 + 24 + 32);
	u32(b, 12);
	text(b, "\1\0\0\0", 4);
	zeros(b, 24);
	u32(b, 4711); /* UIDVALIDITY */
	u32(b, 5);
	u32(b, 3); /* messages */
	zeros(b, 120);
	u32(b, 4 + 2 * 8 + 11);
	u32(b, 0);
	u16(b, 8); /* where in a record, how many bytes */
	u16(b, 1);
	u16(b, 1);
	u16(b, 8);
	text(b, "keywords", 8);
	u32(b, 2);
	u32(b, 0);
	u32(b, 0);
	u32(b, 0);
	u32(b, 5);
	text(b, "work\0later", 11);
	zeros(b, 120 + 24 + 32);
	static const uint8_t records[3][3] = {{1, 9, 1}, {2, 0, 2}, {4, 2, 3}};
	for (size_t i = 0; i < 3; i++) {
		u32(b, records[i][0]);
		u32(b, records[i][1]);
		u32(b, records[i][2]);
	}
	return b;
}

static GByteArray *log_file(void)
{
	GByteArray *b = g_byte_array_new();

	text(b, "\1\2", 2);
	u16(b, 40);
	zeros(b, 40);
	return b;
}

/* A record of the log around what is in `in`. */
static void record(GByteArray *log, uint32_t type, GByteArray *in)
{
	uint32_t n = (in->len + 8) / 4;
	uint8_t size[4] = {(uint8_t)(0x80 | (n >> 21 & 0x7f)),
	                   (uint8_t)(0x80 | (n >> 14 & 0x7f)),
	                   (uint8_t)(0x80 | (n >> 7 & 0x7f)),
	                   (uint8_t)(0x80 | (n & 0x7f))};

	cr_assert_eq(in->len % 4, 0);
	g_byte_array_append(log, size, sizeof size);
	u32(log, type | 0x80000000); /* external */
	g_byte_array_append(log, in->data, in->len);
	g_byte_array_free(in, TRUE);
}

static void log_append(GByteArray *log, uint32_t uid, uint32_t flags)
{
	GByteArray *in = g_byte_array_new();

	u32(in, uid);
	u32(in, flags);
	record(log, 2, in);
}

static void log_flags(GByteArray *log, uint32_t from, uint32_t to, uint8_t add,
                      uint8_t remove)
{
	GByteArray *in = g_byte_array_new();

	u32(in, from);
	u32(in, to);
	u32(in, (uint32_t)add | (uint32_t)remove << 8);
	record(log, 4, in);
}

static void log_keyword(GByteArray *log, uint16_t how, const char *name,
                        uint32_t from, uint32_t to)
{
	GByteArray *in = g_byte_array_new();

	u16(in, how);
	u16(in, (uint16_t)strlen(name));
	text(in, name, (guint)strlen(name));
	zeros(in, (in->len + 3) & ~3u);
	u32(in, from);
	u32(in, to);
	record(log, 0x400, in);
}

/* "1:seen,answered work later" … of UIDs 1 to 9. */
static char *all_of(const char *dir)
{
	char *path = am_test_path("%s", dir);
	struct am_dovecot_index *x = am_dovecot_index_read(path);
	GString *s = g_string_new(x ? "" : "none");

	for (uint32_t uid = 1; x && uid < 10; uid++) {
		struct am_dovecot_facts f;
		if (!am_dovecot_index_of(x, uid, &f))
			continue;
		g_string_append_printf(s, "%u:%x", uid, f.flags);
		for (unsigned i = 0; f.keywords[i]; i++)
			if (f.keyword_bits >> i & 1)
				g_string_append_printf(s, ",%s", f.keywords[i]);
		g_string_append_c(s, ' ');
	}
	am_dovecot_index_free(x);
	g_free(path);
	return g_string_free(s, FALSE);
}

static void expect_all(const char *dir, const char *want)
{
	char *have = all_of(dir);

	cr_expect_str_eq(have, want);
	g_free(have);
}

Test(dovecot_index, says_what_it_holds)
{
	write_file("a/dovecot.index", index_file());
	expect_all("a", "1:3,work 2:0,later 4:4,work,later ");
	expect_all("nowhere", "none");
}

Test(dovecot_index, what_the_log_has_changed_since_counts)
{
	GByteArray *log = log_file();

	write_file("a/dovecot.index", index_file());
	log_flags(log, 1, 2, 4 | 8, 1);    /* deleted, seen; not answered */
	log_append(log, 5, 16);            /* a draft */
	log_flags(log, 1, 1000000, 2, 0);  /* all flagged */
	log_flags(log, 4, 4, 0, 2);        /* but this one */
	log_keyword(log, 1, "work", 1, 1); /* remove */
	log_keyword(log, 0, "later", 1, 5);
	log_keyword(log, 2, "new", 2, 2); /* replace */
	write_file("a/dovecot.index.log", log);
	expect_all("a", "1:d,later 2:d,new 4:0,work,later 5:14,later ");
}

Test(dovecot_index, the_older_log_comes_first)
{
	GByteArray *old = log_file(), *log = log_file();

	log_append(old, 1, 0);
	log_append(old, 2, 8);
	log_flags(old, 1, 1, 8, 0);
	log_flags(log, 1, 1, 0, 8);
	log_keyword(old, 0, "a", 1, 2);
	GByteArray *in = g_byte_array_new();
	u32(in, 2);
	u32(in, 2);
	record(log, 0x800, in); /* no keywords any more */
	write_file("a/dovecot.index.log.2", old);
	write_file("a/dovecot.index.log", log);
	expect_all("a", "1:0,a 2:1 ");
}

/* Cut at each byte, and with each byte another: never a crash. */
Test(dovecot_index, damage_is_the_end_of_what_it_says)
{
	GByteArray *log = log_file();

	log_append(log, 1, 8);
	log_keyword(log, 0, "later", 1, 1);
	log_flags(log, 1, UINT32_MAX, 2, 0);
	GByteArray *files[] = {log, index_file()};
	static const char *const names[] = {"a/dovecot.index.log",
	                                    "b/dovecot.index"};
	for (size_t i = 0; i < 2; i++) {
		const char dir[] = {names[i][0], 0};
		for (guint n = 0; n < files[i]->len; n++) {
			am_test_write(names[i], files[i]->data, n);
			g_free(all_of(dir));
			uint8_t was = files[i]->data[n];
			for (int v = 0; v < 3; v++) {
				static const uint8_t others[] = {0, 0x7f, 0xff};
				files[i]->data[n] = others[v];
				am_test_write(names[i], files[i]->data,
				              files[i]->len);
				g_free(all_of(dir));
			}
			files[i]->data[n] = was;
		}
		g_byte_array_free(files[i], TRUE);
	}
}

/* One message in a file of its own. */
static void write_dbox(const char *name, const char *mail)
{
	char *all = g_strdup_printf("2 M1e C4f3a0000\n\1\2N%10s%016zx\n"
	                            "%s\n\1\3\nR50000000\n\n",
	                            "", strlen(mail), mail);

	am_test_write_text(name, all);
	g_free(all);
}

Test(dovecot_index, gives_sdbox_its_flags)
{
	GByteArray *log = log_file();

	write_dbox("t/mailboxes/INBOX/dbox-Mails/u.1", "Subject: 1\n\n");
	write_dbox("t/mailboxes/INBOX/dbox-Mails/u.5", "Subject: 5\n\n");
	write_dbox("t/mailboxes/Sent/dbox-Mails/u.1", "Subject: sent\n\n");
	log_append(log, 1, 8);
	log_append(log, 5, 2);
	log_keyword(log, 0, "work", 5, 5);
	log_keyword(log, 0, "$Forwarded", 5, 5);
	write_file("t/mailboxes/INBOX/dbox-Mails/dovecot.index.log", log);
	char *got =
		am_test_list(&am_format_dbox, "t", NULL, AM_LIST_FLAGS, true);
	cr_expect_str_eq(got,
	                 "INBOX: \"Subject: 1\\n\\n\" seen\n"
	                 "INBOX: \"Subject: 5\\n\\n\" flagged forwarded "
	                 "[work]\n"
	                 "Sent: \"Subject: sent\\n\\n\"",
	                 "%s", got);
	/* Sent has none. */
	cr_expect_eq(am_test_notes("dbox.no-flags"), 1);
	g_free(got);
}

Test(dovecot_index, gives_a_maildir_keywords_that_have_no_letter)
{
	GString *names = g_string_new(NULL);
	GByteArray *log = log_file();

	for (int i = 0; i < 28; i++)
		g_string_append_printf(names, "%d k%d\n", i, i);
	am_test_write_text("m/dovecot-keywords", names->str);
	am_test_write_text("m/dovecot-uidlist",
	                   "3 V1 N3\n1 :1.a.b\n2 :2.a.b\n");
	am_test_write_text("m/cur/1.a.b:2,Sa", "Subject: 1\n\n");
	am_test_write_text("m/cur/2.a.b:2,S", "Subject: 2\n\n");
	am_test_mkdir("m/new");
	am_test_mkdir("m/tmp");
	char *got = am_test_list(&am_format_maildir, "m", NULL, AM_LIST_FLAGS,
	                         true);
	cr_expect(strstr(got, "1\\n\\n\" seen [k0]"), "%s", got);
	cr_expect_eq(am_test_notes("maildir.keywords-lost"), 1);
	g_free(got);
	log_append(log, 1, 8);
	log_append(log, 2, 8);
	log_keyword(log, 0, "k0", 1, 1);
	log_keyword(log, 0, "k27", 1, 2);
	write_file("m/dovecot.index.log", log);
	got = am_test_list(&am_format_maildir, "m", NULL, AM_LIST_FLAGS, true);
	cr_expect(strstr(got, "1\\n\\n\" seen [k0] [k27]"), "%s", got);
	cr_expect(strstr(got, "2\\n\\n\" seen [k27]"), "%s", got);
	cr_expect_eq(am_test_notes("maildir.keywords-lost"), 1);
	g_free(got);
	g_string_free(names, TRUE);
}
