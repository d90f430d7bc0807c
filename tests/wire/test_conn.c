/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn.h"

#include "wire_peer.h"

#include "base/reader.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <zlib.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct am_error err;

static void say(struct am_conn *c, const char *text)
{
	cr_assert_eq(am_conn_write(c, text, strlen(text), &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_conn_flush(c, &err), AM_OK, "%s", err.text);
}

static void hear(struct am_conn *c, const char *text)
{
	const uint8_t *data;
	size_t len;

	cr_assert_eq(am_reader_line(am_conn_in(c), 1000, &data, &len, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(len, strlen(text));
	cr_assert(!memcmp(data, text, len));
}

static int read_fails(struct am_conn *c)
{
	const uint8_t *data;
	size_t len;

	return am_reader_peek(am_conn_in(c), 1, &data, &len, &err);
}

Test(conn, says_and_hears_lines)
{
	struct am_conn *a, *b;
	struct am_conn_stats st;

	peer_pair(&a, &b, 5000);
	say(a, "hello\r\n");
	hear(b, "hello\r\n");
	say(b, "one\r\ntwo\r\n");
	hear(a, "one\r\n");
	cr_assert_eq(am_conn_wait(a, 0, &err), AM_OK, "two lies ready");
	hear(a, "two\r\n");
	cr_assert_eq(am_conn_wait(a, 30, &err), AM_END);
	am_conn_stats(a, &st);
	cr_assert_eq(st.in, 10);
	cr_assert_eq(st.out, 7);
	cr_assert_eq(st.plain_in, 10);
	cr_assert(st.waited_us >= 20000);
	cr_assert(!am_conn_is_tls(a));
	cr_assert_str_eq(am_conn_tls_name(a), "");
	am_conn_close(&b);
	cr_assert_eq(am_conn_wait(a, 1000, &err), AM_OK, "an end is news");
	cr_assert_eq(read_fails(a), AM_END);
	am_conn_close(&a);
	cr_assert_null(a);
}

Test(conn, tells_why_it_cannot_connect)
{
	struct peer p = peer_listen();
	struct am_conn_opts o = {.host = "127.0.0.1", .port = p.port};
	struct am_conn *c;

	(void)close(p.fd);
	cr_assert_eq(am_conn_open(&c, &o, &err), AM_RETRY);
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert(strstr(err.text, "127.0.0.1 port ") &&
	                  strstr(err.text, "refused"),
	          "%s", err.text);
	cr_assert_null(c);
	o.host = "no such host.invalid";
	cr_assert(am_conn_open(&c, &o, &err) < 0);
	cr_assert(strstr(err.text, "no such host"), "%s", err.text);
}

Test(conn, addresses_may_stand_in_brackets)
{
	struct peer p = peer_listen();
	struct am_conn_opts o = {.host = "[127.0.0.1]", .port = p.port};
	struct am_conn *c;

	cr_assert_eq(am_conn_open(&c, &o, &err), AM_OK, "%s", err.text);
	am_conn_close(&c);
	(void)close(p.fd);
}

Test(conn, stalls_are_errors)
{
	struct am_conn *a, *b;

	peer_pair(&a, &b, 150);
	gint64 start = g_get_monotonic_time();
	cr_assert_eq(read_fails(a), AM_RETRY);
	gint64 took = g_get_monotonic_time() - start;
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert(strstr(err.text, "no byte moved"), "%s", err.text);
	cr_assert(took > 140000 && took < 3000000);
	/* A peer that does not read: the buffers fill up, then nothing. */
	char *much = g_malloc0(64 << 20);
	cr_assert_eq(am_conn_write(a, much, 64 << 20, &err), AM_RETRY);
	cr_assert(strstr(err.text, "no byte moved"), "%s", err.text);
	cr_assert_eq(am_conn_write(a, much, 1, &err), AM_RETRY, "it sticks");
	g_free(much);
	am_conn_close(&a);
	am_conn_close(&b);
}

struct dripping {
	struct am_conn *to;
	unsigned pause_ms, n;
};

static void *drip(void *arg)
{
	struct dripping *d = arg;

	for (unsigned i = 0; i < d->n; i++) {
		if (am_conn_write(d->to, "x", 1, NULL) ||
		    am_conn_flush(d->to, NULL))
			break;
		g_usleep(d->pause_ms * 1000);
	}
	return NULL;
}

Test(conn, drips_are_errors_too, .timeout = 60)
{
	static const struct {
		unsigned pause_ms, n;
		bool watched;
		int status;
	} rows[] = {
		{70, 60, true, AM_RETRY},
		{70, 60, false, AM_OK},
		{5, 800, true, AM_OK}, /* slow, and it comes */
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct dripping d = {.pause_ms = rows[i].pause_ms,
		                     .n = rows[i].n};
		struct am_conn *a;
		char buf[1024];
		size_t got;
		peer_pair(&a, &d.to, 300);
		if (rows[i].watched)
			am_conn_next(a);
		void *t = peer_start(drip, &d);
		int r = am_reader_read(am_conn_in(a), buf, rows[i].n, &got,
		                       &err);
		cr_expect_eq(r, rows[i].status, "%zu: %s", i, err.text);
		if (r)
			cr_expect(strstr(err.text, " bytes in 3 seconds"), "%s",
			          err.text);
		am_conn_close(&a);
		peer_join(t);
		am_conn_close(&d.to);
	}
}

static void *cancel_soon(void *arg)
{
	g_usleep(50000);
	am_cancel_request(arg);
	return NULL;
}

Test(conn, cancel_ends_a_wait_within_a_fifth_of_a_second)
{
	struct peer p = peer_listen();
	struct am_cancel cancel = {0};
	struct am_conn_opts o = {
		.host = "localhost", .port = p.port, .cancel = &cancel};
	struct am_conn *c;

	cr_assert_eq(am_conn_open(&c, &o, &err), AM_OK, "%s", err.text);
	int fd = peer_accept(&p);
	gint64 start = g_get_monotonic_time();
	void *t = peer_start(cancel_soon, &cancel);
	cr_assert_eq(read_fails(c), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	cr_assert(g_get_monotonic_time() - start < 1000000);
	peer_join(t);
	cr_assert_eq(am_conn_write(c, "x", 1, &err), AM_FATAL);
	am_conn_close(&c);
	cr_assert_eq(am_conn_open(&c, &o, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	(void)close(fd);
	(void)close(p.fd);
}

static void *interrupt_soon(void *arg)
{
	g_usleep(30000);
	am_conn_interrupt(arg);
	return NULL;
}

Test(conn, another_thread_interrupts_and_a_farewell_still_goes_out)
{
	struct am_conn *a, *b;

	peer_pair(&a, &b, 60000);
	void *t = peer_start(interrupt_soon, b);
	cr_assert_eq(am_conn_wait(b, 60000, &err), AM_FATAL);
	peer_join(t);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	cr_assert_eq(read_fails(b), AM_FATAL, "it sticks");
	say(b, "* BYE\r\n");
	am_conn_close(&b);
	hear(a, "* BYE\r\n");
	am_conn_close(&a);
}

struct both {
	struct am_conn *conn;
	size_t len;
	unsigned seed;
};

static void fill_pattern(uint8_t *to, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)((i * 2654435761u + seed) >> 13);
}

/* Everything out first, then everything in. */
static void *write_then_read(void *arg)
{
	struct both *x = arg;
	struct am_error why = {.text = ""};
	uint8_t *out = g_malloc(x->len), *in = g_malloc(x->len);
	size_t got;

	fill_pattern(out, x->len, x->seed);
	cr_assert_eq(am_conn_write(x->conn, out, x->len, &why), AM_OK, "%s",
	             why.text);
	cr_assert_eq(am_conn_flush(x->conn, &why), AM_OK, "%s", why.text);
	cr_assert_eq(
		am_reader_read(am_conn_in(x->conn), in, x->len, &got, &why),
		AM_OK, "%s", why.text);
	cr_assert_eq(got, x->len);
	fill_pattern(out, x->len, !x->seed);
	cr_assert(!memcmp(in, out, x->len));
	g_free(out);
	g_free(in);
	return NULL;
}

Test(conn, two_ends_that_write_at_each_other_do_not_lock_up)
{
	struct both x = {.len = 64 << 20, .seed = 0},
		    y = {.len = 64 << 20, .seed = 1};

	for (int compressed = 0; compressed < 2; compressed++) {
		peer_pair(&x.conn, &y.conn, 20000);
		if (compressed) {
			x.len = y.len = 8 << 20;
			cr_assert_eq(am_conn_compress(x.conn, &err), AM_OK);
			cr_assert_eq(am_conn_compress(y.conn, &err), AM_OK);
		}
		void *t = peer_start(write_then_read, &y);
		write_then_read(&x);
		peer_join(t);
		am_conn_close(&x.conn);
		am_conn_close(&y.conn);
	}
}

Test(conn, what_a_peer_said_before_it_hung_up_is_heard)
{
	struct am_conn *a, *b;
	char *much = g_malloc0(32 << 20);

	peer_pair(&a, &b, 5000);
	say(b, "* BYE too much\r\n");
	am_conn_close(&b);
	int r = AM_OK;
	for (int i = 0; i < 8 && !r; i++)
		r = am_conn_write(a, much, 4 << 20, &err);
	cr_assert_eq(r, AM_RETRY, "and no SIGPIPE");
	cr_assert_eq(err.kind, AM_E_IO);
	hear(a, "* BYE too much\r\n");
	am_conn_close(&a);
	g_free(much);
}

Test(conn, keeps_to_a_speed_limit)
{
	struct peer p = peer_listen();
	struct am_conn_opts o = {
		.host = "127.0.0.1", .port = p.port, .rate = 1 << 20};
	struct am_conn *c;
	uint8_t *data = g_malloc0(1 << 20);
	size_t got;

	cr_assert_eq(am_conn_open(&c, &o, &err), AM_OK, "%s", err.text);
	int fd = peer_accept(&p);
	int size = 2 << 20;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	gint64 start = g_get_monotonic_time();
	cr_assert_eq(send(fd, data, 400000, 0), 400000);
	cr_assert_eq(am_reader_read(am_conn_in(c), data, 400000, &got, &err),
	             AM_OK, "%s", err.text);
	gint64 took = g_get_monotonic_time() - start;
	cr_assert(took > 250000 && took < 2000000, "%" PRId64, took);
	start = g_get_monotonic_time();
	cr_assert_eq(am_conn_write(c, data, 400000, &err), AM_OK);
	took = g_get_monotonic_time() - start;
	cr_assert(took > 100000 && took < 2000000, "%" PRId64, took);
	am_conn_close(&c);
	(void)close(fd);
	(void)close(p.fd);
	g_free(data);
}

Test(conn, compresses_both_ways)
{
	struct am_conn *a, *b;
	struct am_conn_stats st;
	GString *big = g_string_new(NULL);

	peer_pair(&a, &b, 5000);
	say(a, "compress\r\n");
	hear(b, "compress\r\n");
	say(b, "OK\r\n");
	/* What the server says next is packed, and comes in with the OK. */
	cr_assert_eq(am_conn_compress(b, &err), AM_OK);
	say(b, "* packed already\r\n");
	g_usleep(20000);
	hear(a, "OK\r\n");
	cr_assert_eq(am_conn_compress(a, &err), AM_OK, "%s", err.text);
	hear(a, "* packed already\r\n");
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(big, "line %d of many\r\n", i % 100);
	for (int i = 0; i < 10; i++) {
		say(a, "ping\r\n");
		hear(b, "ping\r\n");
		say(b, "pong\r\n");
		hear(a, "pong\r\n");
		cr_assert_eq(am_conn_flush(b, &err), AM_OK, "nothing to flush");
	}
	cr_assert_eq(am_conn_write(b, big->str, big->len, &err), AM_OK);
	cr_assert_eq(am_conn_flush(b, &err), AM_OK);
	char *back = g_malloc(big->len);
	size_t got;
	cr_assert_eq(am_reader_read(am_conn_in(a), back, big->len, &got, &err),
	             AM_OK);
	cr_assert(got == big->len && !memcmp(back, big->str, got));
	am_conn_stats(a, &st);
	cr_assert_eq(st.plain_in, big->len + 4 + 18 + 60);
	cr_assert(st.in * 10 < st.plain_in);
	am_conn_close(&b);
	cr_assert_eq(read_fails(a), AM_END);
	am_conn_close(&a);
	g_string_free(big, TRUE);
	g_free(back);
}

/* Raw bytes at a connection that inflates. */
static int inflate_fails(const uint8_t *data, size_t len, int times)
{
	int fds[2];
	struct am_conn *c;
	int r = AM_OK;

	cr_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	cr_assert_eq(am_conn_accept(&c, fds[0], 2000, NULL, &err), AM_OK);
	cr_assert_eq(am_conn_compress(c, &err), AM_OK);
	for (int i = 0; i < times && !r; i++) {
		(void)!send(fds[1], data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		while (!r && am_conn_wait(c, 0, &err) == AM_OK) {
			const uint8_t *at;
			size_t n;
			r = am_reader_peek(am_conn_in(c), 1, &at, &n, &err);
			if (!r)
				am_reader_skip(am_conn_in(c), n);
		}
		if (!r && am_conn_wait(c, 0, &err) < 0)
			r = AM_FATAL;
	}
	(void)close(fds[1]);
	am_conn_close(&c);
	return r;
}

Test(conn, compression_has_its_walls)
{
	static const uint8_t damaged[] = {0x07, 0xFF, 0xFF, 0x12};
	uint8_t empty[5 * 4096];
	static uint8_t zeros[1 << 20], packed[1 << 16];
	z_stream z = {.next_in = zeros, .avail_in = sizeof zeros};

	cr_assert_eq(inflate_fails(damaged, sizeof damaged, 1), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_PROTOCOL);
	for (size_t i = 0; i < sizeof empty; i += 5)
		memcpy(empty + i, "\0\0\0\xff\xff", 5);
	cr_assert_eq(inflate_fails(empty, sizeof empty, 100), AM_FATAL);
	cr_assert(strstr(err.text, "never comes to anything"), "%s", err.text);

	cr_assert(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, 0) == Z_OK);
	z.next_out = packed;
	z.avail_out = sizeof packed;
	cr_assert(deflate(&z, Z_FULL_FLUSH) == Z_OK && !z.avail_in);
	size_t len = sizeof packed - z.avail_out;
	deflateEnd(&z);
	cr_assert_eq(inflate_fails(packed, len, 2), AM_OK, "a little is mail");
	cr_assert_eq(inflate_fails(packed, len, 100), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_LIMIT);
}
