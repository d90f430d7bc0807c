/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What brought other servers down, one test each.  Those that have a place of
 * their own: wildcards (test_mailboxes), References (test_search), STARTTLS and
 * lines before login (test_session), addresses and parameters (test_fetch).
 */
#include "served.h"

#include <criterion/criterion.h>
#include <zlib.h>

#include <string.h>

TestSuite(attacks, .timeout = 300);

/* ---- COMPRESS: CVE-2026-40203, -52687, -73209 ---- */

/* A client's two streams. */
struct zipped {
	struct talk *t;
	z_stream in, out;
};

static void begin(struct zipped *z, struct talk *t)
{
	*z = (struct zipped){.t = t};
	expect_in(talk(t, "COMPRESS DEFLATE"), "OK begin");
	cr_assert_eq(deflateInit2(&z->out, 6, Z_DEFLATED, -15, 8,
	                          Z_DEFAULT_STRATEGY),
	             Z_OK);
	cr_assert_eq(inflateInit2(&z->in, -15), Z_OK);
}

static void end(struct zipped *z)
{
	deflateEnd(&z->out);
	inflateEnd(&z->in);
}

static void zip_say(struct zipped *z, const char *text)
{
	uint8_t buf[512];

	z->out.next_in = (Bytef *)(uintptr_t)text;
	z->out.avail_in = (uInt)strlen(text);
	z->out.next_out = buf;
	z->out.avail_out = sizeof buf;
	cr_assert_eq(deflate(&z->out, Z_SYNC_FLUSH), Z_OK);
	talk_send(z->t, buf, sizeof buf - z->out.avail_out);
}

/* Read until this has come; how many bytes it took on the wire. */
static size_t zip_await(struct zipped *z, const char *what)
{
	GString *text = g_string_new("");
	size_t taken = 0;

	while (!strstr(text->str, what)) {
		uint8_t byte, out[4096];
		cr_assert(talk_byte(z->t, &byte), "%s", text->str);
		taken++;
		z->in.next_in = &byte;
		z->in.avail_in = 1;
		z->in.next_out = out;
		z->in.avail_out = sizeof out;
		int e = inflate(&z->in, Z_SYNC_FLUSH);
		cr_assert(e == Z_OK || e == Z_BUF_ERROR, "%d", e);
		g_string_append_len(text, (char *)out,
		                    (gssize)(sizeof out - z->in.avail_out));
	}
	g_string_free(text, TRUE);
	return taken;
}

Test(attacks, blocks_that_hold_nothing_are_passed_over)
{
	enum { AT_ONCE = 10000, FEW = 100000, MANY = 1000000 };
	static const uint8_t nothing[] = {0, 0, 0, 0xFF, 0xFF};
	struct served *s = served_new(0);
	GByteArray *many = g_byte_array_new();
	struct zipped z;

	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "COMPRESS FOO"), "NO [CANNOT]");
	expect_end(talk(t, "COMPRESS"), "BAD");
	begin(&z, t);
	for (int i = 0; i < AT_ONCE; i++)
		g_byte_array_append(many, nothing, sizeof nothing);
	for (int i = 0; i < FEW / AT_ONCE; i++)
		talk_send(t, many->data, many->len);
	zip_say(&z, "y NOOP\r\n");
	zip_await(&z, "y OK");
	zip_say(&z, "z COMPRESS DEFLATE\r\n");
	zip_await(&z, "z NO [COMPRESSIONACTIVE]");
	/* Who has nothing else to say is cut off. */
	for (int i = 0; i < MANY / AT_ONCE; i++)
		talk_send(t, many->data, many->len);
	uint8_t byte;
	while (talk_byte(t, &byte))
		;
	end(&z);
	talk_close(&t);
	t = talk_login(s);
	g_byte_array_free(many, TRUE);
	talk_close(&t);
	served_free(&s);
}

/* The same answer twice takes as many bytes the second time: nothing of the
 * first one is looked back to. */
Test(attacks, answers_are_not_compressed_by_each_other)
{
	static const char mail[] =
		"Subject: x\r\n\r\n"
		"token=0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ!$%&/()=?*+#-_.:\r\n";
	struct served *s = served_new(0);
	struct zipped z;

	served_add(s, "INBOX", mail, strlen(mail));
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	begin(&z, t);
	zip_say(&z, "a FETCH 1 BODY.PEEK[]\r\n");
	size_t first = zip_await(&z, "a OK");
	zip_say(&z, "b NOOP\r\n");
	zip_await(&z, "b OK");
	zip_say(&z, "c FETCH 1 BODY.PEEK[]\r\n");
	size_t second = zip_await(&z, "c OK");
	cr_expect_gt(second * 10, first * 9, "%zu after %zu", second, first);
	end(&z);
	talk_close(&t);
	served_free(&s);
}

/* ---- THREAD: CVE-2026-40014, -40017 ---- */

/* One of 2^16 ids that a hash without a key takes for the same. */
static void put_id(GString *out, unsigned n)
{
	g_string_append(out, " <");
	for (unsigned bit = 0; bit < 16; bit++)
		g_string_append(out, n >> bit & 1 ? "bA" : "ab");
	g_string_append(out, "@x>\r\n");
}

/* Or as many that it takes for others. */
static void put_other_id(GString *out, unsigned n)
{
	g_string_append_printf(out, " <%032u@x>\r\n", n);
}

static double thread_cost(void (*put)(GString *out, unsigned n))
{
	enum { MAILS = 40, IDS = 1000 };
	struct served *s = served_new(0);
	GString *text = g_string_new("");

	for (unsigned m = 0; m < MAILS; m++) {
		g_string_printf(text, "Message-ID: <m%u@x>\r\nReferences:", m);
		for (unsigned i = 0; i < IDS; i++)
			put(text, m * IDS + i);
		g_string_append(text, "\r\n\r\n");
		served_add(s, "INBOX", text->str, text->len);
	}
	g_string_free(text, TRUE);
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	clock_t before = clock();
	expect_end(talk(t, "THREAD REFERENCES UTF-8 ALL"), "OK");
	double cost = (double)(clock() - before) / CLOCKS_PER_SEC;
	talk_close(&t);
	served_free(&s);
	return cost;
}

Test(attacks, ids_made_to_fall_together_cost_no_more_than_others)
{
	double others = thread_cost(put_other_id);
	double made = thread_cost(put_id);

	cr_expect_lt(made, 5 * others + 0.5, "%f s, not %f s", made, others);
}

/* ---- before login: CVE-2026-27857, -42006, -42391, -33603 ---- */

Test(attacks, strangers_get_no_memory)
{
	struct served *s = served_new(0);
	GString *line = g_string_new("ID (");

	served_start(s);
	struct talk *t = talk_open(s);
	for (int i = 0; i < 31; i++)
		g_string_append_printf(line, "\"k%d\" \"v\" ", i);
	line->str[line->len - 1] = ')';
	expect_end(talk(t, "%s", line->str), "BAD");
	expect_end(talk(t, "ID (\"name\" \"x\")"), "OK");
	/* Base64 is no place for tabs, nor for very much. */
	expect_end(talk(t, "AUTHENTICATE PLAIN AG1l\tAHNlY3JldA=="), "BAD");
	talk_send(t, "a AUTHENTICATE PLAIN\r\n", 22);
	expect_in(talk_line(t), "+ ");
	g_string_assign(line, "AG1l");
	for (int i = 0; i < 20000; i++)
		g_string_append_c(line, '\t');
	g_string_append(line, "\r\n");
	talk_send(t, line->str, line->len);
	cr_expect(talk_ended(t));
	talk_close(&t);
	/* Whoever comes next finds it well. */
	t = talk_login(s);
	talk_close(&t);
	g_string_free(line, TRUE);
	served_free(&s);
}

/* ---- passwords: CVE-2026-42393 ---- */

/* What is compared has one length whatever is sent, and is said alike. */
Test(attacks, passwords_of_any_length_are_refused_alike)
{
	struct served *s = served_new(0);
	char *same = NULL;

	served_start(s);
	for (size_t len = 1; len <= 4000; len *= 15) {
		struct talk *t = talk_open(s);
		char *password = g_strnfill(len, 's');
		const char *said = talk(t, "LOGIN me %s", password);
		if (same)
			cr_expect_str_eq(said, same);
		else
			same = g_strdup(said);
		g_free(password);
		talk_close(&t);
	}
	expect_in(same, "NO [AUTHENTICATIONFAILED]");
	g_free(same);
	served_free(&s);
}

/* Who says half of something, or guesses passwords, waits for himself. */
Test(attacks, the_slow_and_the_wrong_hold_up_nobody)
{
	static const char *const halves[] = {
		"x NOO", "x LOGIN {9+}\r\nm", "x AUTHENTICATE PLAIN\r\nAG",
		"x LOGIN me no\r\nx LOGIN me no\r\nx LOGIN me no\r\n"};
	struct served *s = served_new(3);
	struct talk *slow[8];

	s->limits.workers = 2;
	served_start(s);
	for (size_t i = 0; i < AM_COUNT(slow); i++) {
		const char *half = halves[i % AM_COUNT(halves)];
		slow[i] = talk_open(s);
		talk_send(slow[i], half, strlen(half));
	}
	/* Time for all of them to be taken up. */
	g_usleep(G_USEC_PER_SEC / 4);
	int64_t before = g_get_monotonic_time();
	struct talk *t = talk_login(s);
	expect_in(talk(t, "SELECT INBOX"), "* 3 EXISTS");
	cr_expect_lt(g_get_monotonic_time() - before, 20 * G_USEC_PER_SEC);
	talk_close(&t);
	for (size_t i = 0; i < AM_COUNT(slow); i++)
		talk_close(&slow[i]);
	served_free(&s);
}

Test(attacks, one_user_has_so_many_connections)
{
	struct served *s = served_new(0);

	s->limits.per_user = 2;
	served_start(s);
	struct talk *one = talk_login(s), *two = talk_login(s);
	struct talk *three = talk_open(s);
	expect_in(talk(three, "LOGIN me secret"), "NO [LIMIT]");
	expect_in(talk(three, "AUTHENTICATE PLAIN AG1lAHNlY3JldA=="),
	          "NO [LIMIT]");
	expect_end(talk(three, "SELECT INBOX"), "BAD");
	talk_close(&one);
	/* It is noticed in a moment that one went. */
	bool in = false;
	for (int i = 0; i < 100 && !in; i++) {
		in = talk_ends_with(talk(three, "LOGIN me secret"), "OK");
		if (!in)
			g_usleep(G_USEC_PER_SEC / 10);
	}
	cr_expect(in);
	talk_close(&two);
	talk_close(&three);
	served_free(&s);
}

Test(attacks, strangers_do_not_stay_by_talking)
{
	struct served *s = served_new(0);
	struct talk *t;
	uint8_t byte = 0;

	s->limits.login_s = 1;
	served_start(s);
	t = talk_open(s);
	int64_t before = g_get_monotonic_time();
	talk_send(t, "x NOOP\r\n", 8);
	while (talk_byte(t, &byte) &&
	       g_get_monotonic_time() - before < 30 * G_USEC_PER_SEC)
		if (byte == '\n') {
			g_usleep(G_USEC_PER_SEC / 10);
			talk_send(t, "x NOOP\r\n", 8);
		}
	cr_expect_lt(g_get_monotonic_time() - before, 20 * G_USEC_PER_SEC);
	talk_close(&t);
	served_free(&s);
}
