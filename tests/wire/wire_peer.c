/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire_peer.h"

#include "base/hash.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer peer_listen(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof sin;
	struct peer p = {.fd = socket(AF_INET, SOCK_STREAM, 0)};

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert(p.fd >= 0);
	cr_assert(!bind(p.fd, (struct sockaddr *)&sin, sizeof sin));
	cr_assert(!listen(p.fd, 8));
	cr_assert(!getsockname(p.fd, (struct sockaddr *)&sin, &len));
	p.port = ntohs(sin.sin_port);
	return p;
}

int peer_accept(const struct peer *peer)
{
	int fd = accept(peer->fd, NULL, NULL);

	cr_assert(fd >= 0);
	return fd;
}

void peer_pair(struct am_conn **client, struct am_conn **server,
               unsigned stall_ms)
{
	struct am_error err = {.text = ""};
	struct peer p = peer_listen();
	struct am_conn_opts o = {
		.host = "127.0.0.1", .port = p.port, .stall_ms = stall_ms};

	cr_assert_eq(am_conn_open(client, &o, &err), AM_OK, "%s", err.text);
	cr_assert_eq(
		am_conn_accept(server, peer_accept(&p), stall_ms, NULL, &err),
		AM_OK, "%s", err.text);
	(void)close(p.fd);
}

/* ---- certificates ---- */

static void set_names(X509 *x, const char *name)
{
	X509_NAME *n = X509_get_subject_name(x);

	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)name,
	                           -1, -1, 0);
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	cr_assert_not_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

struct cert cert_make(const char *dir, const struct cert_opts *o)
{
	static _Atomic int serial;
	int number = ++serial;
	struct cert c = {.file = NULL};
	X509 *x = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t digest[32];
	unsigned len;

	cr_assert(x && key);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), number);
	X509_gmtime_adj(X509_getm_notBefore(x),
	                86400L * (o->from_days ? o->from_days : -1));
	X509_gmtime_adj(X509_getm_notAfter(x),
	                86400L * (o->to_days ? o->to_days : 1));
	X509_set_pubkey(x, key);
	set_names(x, o->name);
	X509_set_issuer_name(x, o->signer
	                                ? X509_get_subject_name(o->signer->x509)
	                                : X509_get_subject_name(x));
	if (o->ca)
		add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	if (o->alt)
		add_extension(x, NID_subject_alt_name, o->alt);
	cr_assert(X509_sign(x, o->signer ? o->signer->key : key, EVP_sha256()));
	cr_assert(X509_digest(x, EVP_sha256(), digest, &len) && len == 32);
	am_hex(digest, 32, c.pin);
	c.x509 = x;
	c.key = key;
	c.file = g_strdup_printf("%s/cert-%d.pem", dir, number);
	c.key_file = g_strdup_printf("%s/key-%d.pem", dir, number);
	FILE *f = fopen(c.file, "w");
	cr_assert(f && PEM_write_X509(f, x) && !fclose(f));
	f = fopen(c.key_file, "w");
	cr_assert(f &&
	          PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) &&
	          !fclose(f));
	return c;
}

void cert_free(struct cert *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	g_free(c->file);
	g_free(c->key_file);
}

/* ---- threads ---- */

void *peer_start(peer_main f, void *arg)
{
	pthread_t *t = g_new(pthread_t, 1);

	cr_assert(!pthread_create(t, NULL, f, arg));
	return t;
}

void peer_join(void *thread)
{
	pthread_t *t = thread;

	cr_assert(!pthread_join(*t, NULL));
	g_free(t);
}
