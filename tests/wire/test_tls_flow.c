/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Much at once, both ways. */
#include "wire/conn.h"

#include "support/tmpdir.h"
#include "wire_peer.h"

#include "base/reader.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <unistd.h>

TestSuite(tls_flow, .fini = am_test_tmpdir_end);

static struct am_error err;

struct half {
	struct am_conn *conn;
	struct am_tls_server *tls;
	size_t len;
	bool compress;
};

static void *both_ways(void *arg)
{
	struct half *h = arg;
	struct am_error why = {.text = ""};
	uint8_t *out = g_malloc(h->len), *in = g_malloc(h->len);
	size_t got;
	int r = h->tls ? am_conn_starttls_accept(h->conn, h->tls, &why)
	               : am_conn_starttls(h->conn, &why);

	cr_assert_eq(r, AM_OK, "%s", why.text);
	if (h->compress)
		cr_assert_eq(am_conn_compress(h->conn, &why), AM_OK);
	for (size_t i = 0; i < h->len; i++)
		out[i] = (uint8_t)((i * 2654435761u) >> 12);
	cr_assert_eq(am_conn_write(h->conn, out, h->len, &why), AM_OK, "%s",
	             why.text);
	cr_assert_eq(am_conn_flush(h->conn, &why), AM_OK, "%s", why.text);
	cr_assert_eq(
		am_reader_read(am_conn_in(h->conn), in, h->len, &got, &why),
		AM_OK, "%s", why.text);
	cr_assert(got == h->len && !memcmp(in, out, got));
	g_free(out);
	g_free(in);
	return NULL;
}

Test(tls_flow, two_ends_that_write_at_each_other_do_not_lock_up)
{
	struct cert cert = cert_make(am_test_tmpdir(),
	                             &(struct cert_opts){.name = "localhost"});
	struct am_tls_opts trust = {.pin = cert.pin};

	for (int compress = 0; compress < 2; compress++) {
		struct peer p = peer_listen();
		struct am_conn_opts o = {.host = "localhost",
		                         .port = p.port,
		                         .trust = &trust,
		                         .stall_ms = 20000};
		size_t len = compress ? 4 << 20 : 64 << 20;
		struct half a = {.len = len, .compress = compress};
		struct half b = a;
		cr_assert_eq(am_tls_server_new(&b.tls, cert.file, cert.key_file,
		                               &err),
		             AM_OK);
		cr_assert_eq(am_conn_open(&a.conn, &o, &err), AM_OK);
		cr_assert_eq(am_conn_accept(&b.conn, peer_accept(&p), 20000,
		                            NULL, &err),
		             AM_OK);
		void *t = peer_start(both_ways, &b);
		both_ways(&a);
		peer_join(t);
		am_conn_close(&a.conn);
		am_conn_close(&b.conn);
		am_tls_server_free(&b.tls);
		(void)close(p.fd);
	}
	cert_free(&cert);
}
