/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn.h"

#include "support/tmpdir.h"
#include "wire_peer.h"

#include "base/hash.h"
#include "base/reader.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <openssl/ssl.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(tls, .fini = am_test_tmpdir_end);

static struct am_error err;

/* ---- a server of ours: echoes lines until "quit" ---- */

struct server {
	struct peer peer;
	struct am_tls_server *tls;
	int status; /* of the handshake */
	char pin[65], binding[80];
	void *thread;
};

static void note_binding(const struct am_conn *c, char *out)
{
	const char *name;
	const uint8_t *data;
	size_t len;

	am_conn_binding(c, &name, &data, &len);
	unsigned sum = 0;
	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + data[i];
	(void)g_snprintf(out, 80, "%s %zu %08x", name ? name : "none", len,
	                 sum);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	struct am_conn *c;
	const uint8_t *line;
	size_t len;

	cr_assert_eq(
		am_conn_accept(&c, peer_accept(&s->peer), 3000, NULL, NULL),
		AM_OK);
	s->status = am_conn_starttls_accept(c, s->tls, NULL);
	if (!s->status) {
		note_binding(c, s->binding);
		while (am_reader_line(am_conn_in(c), 1000, &line, &len, NULL) ==
		       AM_OK) {
			if (len == 6 && !memcmp(line, "quit\r\n", 6))
				break;
			(void)!am_conn_write(c, line, len, NULL);
			(void)!am_conn_flush(c, NULL);
		}
	}
	am_conn_close(&c);
	return NULL;
}

static void start(struct server *s, const struct cert *cert)
{
	*s = (struct server){.peer = peer_listen()};
	cr_assert_eq(
		am_tls_server_new(&s->tls, cert->file, cert->key_file, &err),
		AM_OK, "%s", err.text);
	s->thread = peer_start(serve, s);
}

static void stop(struct server *s)
{
	peer_join(s->thread);
	am_tls_server_free(&s->tls);
	(void)close(s->peer.fd);
}

static int dial(struct am_conn **c, const struct server *s, const char *host,
                const struct am_tls_opts *trust)
{
	struct am_conn_opts o = {.host = host,
	                         .port = s->peer.port,
	                         .tls = AM_TLS_NOW,
	                         .trust = trust,
	                         .connect_ms = 5000,
	                         .stall_ms = 5000};

	return am_conn_open(c, &o, &err);
}

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

/* ---- whom to believe ---- */

Test(tls, a_good_certificate_is_believed_by_name_and_by_address)
{
	struct cert ca =
		cert_make(am_test_tmpdir(),
	                  &(struct cert_opts){.name = "Test CA", .ca = true});
	struct cert cert = cert_make(
		am_test_tmpdir(),
		&(struct cert_opts){.name = "localhost",
	                            .alt = "DNS:localhost,IP:127.0.0.1",
	                            .signer = &ca});
	struct am_tls_opts trust = {.ca = ca.file};
	static const char *const hosts[] = {"localhost", "127.0.0.1",
	                                    "LOCALHOST"};

	for (size_t i = 0; i < AM_COUNT(hosts); i++) {
		struct server s;
		struct am_conn *c;
		char mine[80];
		const uint8_t *data;
		size_t len;
		start(&s, &cert);
		cr_assert_eq(dial(&c, &s, hosts[i], &trust), AM_OK, "%s",
		             err.text);
		cr_assert(am_conn_is_tls(c));
		cr_assert(g_str_has_prefix(am_conn_tls_name(c), "TLSv1.3 TLS_"),
		          "%s", am_conn_tls_name(c));
		cr_assert_str_eq(am_conn_peer_pin(c), cert.pin);
		say(c, "hello\r\n");
		hear(c, "hello\r\n");
		note_binding(c, mine);
		say(c, "quit\r\n");
		/* The server closes with a goodbye: a clean end. */
		cr_assert_eq(
			am_reader_peek(am_conn_in(c), 1, &data, &len, &err),
			AM_END);
		am_conn_close(&c);
		stop(&s);
		cr_assert_str_eq(mine, s.binding);
		cr_assert(g_str_has_prefix(mine, "tls-exporter 32 "), "%s",
		          mine);
	}
	cert_free(&ca);
	cert_free(&cert);
}

Test(tls, a_bad_certificate_is_told_in_plain_words)
{
	const char *dir = am_test_tmpdir();
	struct cert ca = cert_make(
		dir, &(struct cert_opts){.name = "Test CA", .ca = true});
	struct cert stranger = cert_make(
		dir, &(struct cert_opts){.name = "Other CA", .ca = true});
	const struct {
		struct cert_opts make;
		const char *host;
		const char *says[3];
		bool no_ca;
	} rows[] = {
		{.make = {.name = "mail.example.com",
	                  .alt = "DNS:mail.example.com,DNS:*.example.org",
	                  .signer = &ca},
	         .host = "localhost",
	         .says = {"certificate of localhost is for mail.example.com, "
	                  "*.example.org"}},
		{.make = {.name = "localhost",
	                  .alt = "DNS:localhost",
	                  .signer = &ca},
	         .host = "127.0.0.1",
	         .says = {"certificate of 127.0.0.1 is for localhost"}},
		{.make = {.name = "only.common.name", .signer = &ca},
	         .host = "localhost",
	         .says = {"is for only.common.name"}},
		{.make = {.name = "localhost",
	                  .alt = "DNS:localhost",
	                  .from_days = -20,
	                  .to_days = -10,
	                  .signer = &ca},
	         .host = "localhost",
	         .says = {"certificate of localhost expired on 20"}},
		{.make = {.name = "localhost",
	                  .alt = "DNS:localhost",
	                  .from_days = 10,
	                  .to_days = 20,
	                  .signer = &ca},
	         .host = "localhost",
	         .says = {"is not valid before 20"}},
		{.make = {.name = "localhost",
	                  .alt = "DNS:localhost",
	                  .signer = &stranger},
	         .host = "localhost",
	         .says = {"signed by Other CA", "tls-pin="}},
		{.make = {.name = "localhost", .alt = "DNS:localhost"},
	         .host = "localhost",
	         .says = {"certificate of localhost is self-signed",
	                  "tls-pin="}},
		{.make = {.name = "localhost",
	                  .alt = "DNS:localhost",
	                  .signer = &ca},
	         .host = "localhost",
	         .says = {"signed by Test CA"},
	         .no_ca = true},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct cert cert = cert_make(dir, &rows[i].make);
		struct am_tls_opts trust = {.ca = ca.file};
		struct server s;
		struct am_conn *c;
		start(&s, &cert);
		cr_assert_eq(dial(&c, &s, rows[i].host,
		                  rows[i].no_ca ? NULL : &trust),
		             AM_FATAL, "%zu", i);
		cr_assert_eq(err.kind, AM_E_AUTH, "%zu: %s", i, err.text);
		for (int k = 0; k < 3 && rows[i].says[k]; k++)
			cr_assert(strstr(err.text, rows[i].says[k]), "%zu: %s",
			          i, err.text);
		if (strstr(err.text, "tls-pin="))
			cr_assert(strstr(err.text, cert.pin));
		stop(&s);
		cr_assert(s.status < 0);

		/* "On the user's word". */
		trust = (struct am_tls_opts){.insecure = true};
		start(&s, &cert);
		cr_assert_eq(dial(&c, &s, rows[i].host, &trust), AM_OK);
		am_conn_close(&c);
		stop(&s);
		cert_free(&cert);
	}
	cert_free(&ca);
	cert_free(&stranger);
}

Test(tls, a_pin_is_that_certificate_and_no_other)
{
	const char *dir = am_test_tmpdir();
	struct cert cert = cert_make(
		dir, &(struct cert_opts){.name = "elsewhere", .to_days = 2});
	char *pin = g_ascii_strup(cert.pin, -1);
	struct am_tls_opts trust = {.pin = pin};
	struct server s;
	struct am_conn *c;

	for (int right = 1; right >= 0; right--) {
		if (!right)
			pin[5] = pin[5] == '0' ? '1' : '0';
		/* Insecure does not undo a pin. */
		trust.insecure = !right;
		start(&s, &cert);
		int r = dial(&c, &s, "localhost", &trust);
		cr_assert_eq(r, right ? AM_OK : AM_FATAL, "%s", err.text);
		if (!right)
			cr_assert(strstr(err.text, "not the one that is "
			                           "pinned") &&
			                  strstr(err.text, cert.pin),
			          "%s", err.text);
		am_conn_close(&c);
		stop(&s);
	}
	trust.pin = "12:34";
	start(&s, &cert);
	cr_assert_eq(dial(&c, &s, "localhost", &trust), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
	stop(&s);
	g_free(pin);
	cert_free(&cert);
}

Test(tls, files_that_do_not_serve_are_named)
{
	const char *dir = am_test_tmpdir();
	struct cert a = cert_make(dir, &(struct cert_opts){.name = "a"});
	struct cert b = cert_make(dir, &(struct cert_opts){.name = "b"});
	struct am_tls_server *tls;

	cr_assert_eq(am_tls_server_new(&tls, "/no/such", NULL, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	cr_assert_null(tls);
	cr_assert_eq(am_tls_server_new(&tls, a.file, NULL, &err), AM_FATAL);
	cr_assert(strstr(err.text, a.file), "%s", err.text);
	cr_assert_eq(am_tls_server_new(&tls, a.file, b.key_file, &err),
	             AM_FATAL);
	cr_assert(strstr(err.text, b.key_file), "%s", err.text);
	cert_free(&a);
	cert_free(&b);
}

/* ---- a server of OpenSSL's own, to do what ours would not ---- */

struct raw {
	struct peer peer;
	const struct cert *cert;
	const struct cert *wants; /* the authority of a client certificate */
	int max_version;
	bool cut;    /* end without a goodbye */
	char *first; /* in the clear, before TLS */
	bool shaken;
	char client[64];
	char binding[140]; /* as our client sees it, in hex */
	void *thread;
};

static void *serve_raw(void *arg)
{
	struct raw *s = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int fd = peer_accept(&s->peer);

	SSL_CTX_use_certificate_file(ctx, s->cert->file, SSL_FILETYPE_PEM);
	SSL_CTX_use_PrivateKey_file(ctx, s->cert->key_file, SSL_FILETYPE_PEM);
	if (s->max_version) {
		SSL_CTX_set_security_level(ctx, 0);
		SSL_CTX_set_min_proto_version(ctx, 0);
		SSL_CTX_set_max_proto_version(ctx, s->max_version);
	}
	if (s->wants) {
		SSL_CTX_load_verify_file(ctx, s->wants->file);
		SSL_CTX_set_verify(
			ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			NULL);
	}
	if (s->first) {
		char in[64];
		(void)!send(fd, s->first, strlen(s->first), MSG_NOSIGNAL);
		(void)!recv(fd, in, sizeof in, 0);
	}
	SSL *ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	s->shaken = SSL_accept(ssl) == 1;
	if (s->shaken) {
		X509 *x = SSL_get0_peer_certificate(ssl);
		if (x)
			X509_NAME_get_text_by_NID(X509_get_subject_name(x),
			                          NID_commonName, s->client,
			                          sizeof s->client);
		SSL_write(ssl, "hello\r\n", 7);
		if (!s->cut)
			SSL_shutdown(ssl);
	}
	(void)shutdown(fd, SHUT_WR);
	char rest[100];
	while (recv(fd, rest, sizeof rest, 0) > 0)
		;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return NULL;
}

/* Dial it, and what comes of the first line and of what follows. */
static int meet(struct raw *s, const struct am_tls_opts *trust, int *after)
{
	struct server as = {.peer = s->peer = peer_listen()};
	struct am_conn *c;
	const uint8_t *data;
	size_t len;

	s->thread = peer_start(serve_raw, s);
	*after = AM_OK;
	int r = dial(&c, &as, "localhost", trust);
	if (!r) {
		const char *name;
		am_conn_binding(c, &name, &data, &len);
		am_hex(data, len, s->binding);
	}
	if (!r)
		r = am_reader_line(am_conn_in(c), 100, &data, &len, &err);
	if (!r)
		*after = am_reader_peek(am_conn_in(c), 1, &data, &len, &err);
	am_conn_close(&c);
	peer_join(s->thread);
	(void)close(s->peer.fd);
	return r;
}

Test(tls, what_ends_without_a_goodbye_is_cut_off)
{
	struct cert cert = cert_make(am_test_tmpdir(),
	                             &(struct cert_opts){.name = "localhost"});
	struct am_tls_opts trust = {.pin = cert.pin};
	static const int versions[] = {0, TLS1_2_VERSION};
	int after;

	for (size_t i = 0; i < AM_COUNT(versions); i++) {
		struct raw s = {.cert = &cert, .max_version = versions[i]};
		cr_assert_eq(meet(&s, &trust, &after), AM_OK, "%s", err.text);
		cr_assert_eq(after, AM_END);
		if (versions[i]) /* tls-server-end-point */
			cr_assert_str_eq(s.binding, cert.pin);
		s.cut = true;
		cr_assert_eq(meet(&s, &trust, &after), AM_OK, "%s", err.text);
		cr_assert_eq(after, AM_RETRY);
		cr_assert_eq(err.kind, AM_E_IO);
		cr_assert(strstr(err.text, "goodbye"), "%s", err.text);
	}
	cert_free(&cert);
}

Test(tls, versions_before_1_2_are_refused)
{
	struct cert cert = cert_make(am_test_tmpdir(),
	                             &(struct cert_opts){.name = "localhost"});
	struct am_tls_opts trust = {.insecure = true};
	static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION};
	int after;

	for (size_t i = 0; i < AM_COUNT(versions); i++) {
		struct raw s = {.cert = &cert, .max_version = versions[i]};
		cr_assert_eq(meet(&s, &trust, &after), AM_FATAL);
		cr_assert_eq(err.kind, AM_E_PROTOCOL, "%s", err.text);
		cr_assert(strstr(err.text, "no TLS newer"), "%s", err.text);
		cr_assert_not(s.shaken);
	}
	cert_free(&cert);
}

Test(tls, a_client_certificate_is_shown)
{
	const char *dir = am_test_tmpdir();
	struct cert ca = cert_make(
		dir, &(struct cert_opts){.name = "People", .ca = true});
	struct cert me = cert_make(
		dir, &(struct cert_opts){.name = "me", .signer = &ca});
	struct cert cert =
		cert_make(dir, &(struct cert_opts){.name = "localhost"});
	struct am_tls_opts trust = {
		.pin = cert.pin, .cert = me.file, .key = me.key_file};
	static const int versions[] = {0, TLS1_2_VERSION};
	int after;

	for (size_t i = 0; i < AM_COUNT(versions); i++) {
		struct raw s = {.cert = &cert,
		                .wants = &ca,
		                .max_version = versions[i]};
		cr_assert_eq(meet(&s, &trust, &after), AM_OK, "%s", err.text);
		cr_assert_str_eq(s.client, "me");
		struct am_tls_opts none = {.pin = cert.pin};
		cr_assert_eq(meet(&s, &none, &after), AM_FATAL, "%s", err.text);
		cr_assert(strstr(err.text, "localhost"), "%s", err.text);
	}
	cert_free(&ca);
	cert_free(&me);
	cert_free(&cert);
}

Test(tls, a_server_in_the_clear_is_told_apart)
{
	struct cert cert = cert_make(am_test_tmpdir(),
	                             &(struct cert_opts){.name = "localhost"});
	struct raw s = {.cert = &cert, .first = (char *)"* OK hello there\r\n"};
	int after;

	cr_assert_eq(meet(&s, NULL, &after), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_PROTOCOL);
	cr_assert(strstr(err.text, "does not speak TLS"), "%s", err.text);
	cert_free(&cert);
}

/* ---- STARTTLS ---- */

struct start_tls {
	struct am_conn *conn;
	struct am_tls_server *tls;
	const char *answer;
	int status;
};

static void *serve_starttls(void *arg)
{
	struct start_tls *s = arg;
	const uint8_t *line;
	size_t len;

	s->status = am_reader_line(am_conn_in(s->conn), 100, &line, &len, NULL);
	(void)!am_conn_write(s->conn, s->answer, strlen(s->answer), NULL);
	if (!s->status)
		s->status = am_conn_starttls_accept(s->conn, s->tls, NULL);
	return NULL;
}

Test(tls, starttls_trusts_nothing_that_came_before)
{
	struct cert cert = cert_make(am_test_tmpdir(),
	                             &(struct cert_opts){.name = "localhost"});
	static const struct {
		const char *asks, *answers;
		int client, server;
	} rows[] = {
		{"STARTTLS\r\n", "OK\r\n", AM_OK, AM_OK},
		{"STARTTLS\r\n", "OK\r\n* injected\r\n", AM_FATAL, AM_RETRY},
		{"STARTTLS\r\nNOOP\r\n", "OK\r\n", AM_RETRY, AM_FATAL},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_tls_opts trust = {.pin = cert.pin};
		struct peer p = peer_listen();
		struct am_conn_opts o = {.host = "localhost",
		                         .port = p.port,
		                         .tls = AM_TLS_STARTTLS,
		                         .trust = &trust,
		                         .stall_ms = 3000};
		struct start_tls s = {.answer = rows[i].answers};
		struct am_conn *c;
		cr_assert_eq(am_conn_open(&c, &o, &err), AM_OK);
		cr_assert_eq(am_conn_accept(&s.conn, peer_accept(&p), 3000,
		                            NULL, &err),
		             AM_OK);
		cr_assert_eq(am_tls_server_new(&s.tls, cert.file, cert.key_file,
		                               &err),
		             AM_OK);
		say(c, rows[i].asks);
		void *t = peer_start(serve_starttls, &s);
		if (rows[i].server != AM_FATAL)
			hear(c, "OK\r\n");
		int r = rows[i].server == AM_FATAL ? AM_RETRY
		                                   : am_conn_starttls(c, &err);
		cr_assert_eq(r, rows[i].client, "%zu: %s", i, err.text);
		if (r == AM_FATAL) {
			cr_assert_eq(err.kind, AM_E_PROTOCOL);
			cr_assert_eq(am_conn_write(c, "x", 1, &err), AM_FATAL);
		}
		struct am_reader *in = am_conn_in(c);
		if (r)
			am_conn_close(&c);
		peer_join(t);
		cr_assert_eq(s.status, rows[i].server, "%zu", i);
		if (!r) {
			say(s.conn, "safe\r\n");
			hear(c, "safe\r\n");
			cr_assert_eq(am_conn_in(c), in);
		}
		am_conn_close(&c);
		am_conn_close(&s.conn);
		am_tls_server_free(&s.tls);
		(void)close(p.fd);
	}
	cert_free(&cert);
}
