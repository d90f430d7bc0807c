/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/tls.h"

#include "base/hash.h"

#include <glib.h>
#include <openssl/err.h>

#include <string.h>

struct am_tls {
	SSL *ssl;
	SSL_CTX *ctx; /* a client's own */
	BIO_METHOD *method;
	struct am_net *net;
	struct am_trust trust;
	bool server;
	bool broken; /* no goodbye any more */
	char name[80];
	char pin[AM_SHA256_HEX];
	const char *binding_name;
	uint8_t binding[EVP_MAX_MD_SIZE];
	size_t binding_len;
	/* Told at the next call, when bytes came before it. */
	int late_status;
	struct am_error late;
};

/* ---- OpenSSL's way to the socket ----
 * Not its own socket BIO: that one raises SIGPIPE, counts nothing and knows no
 * speed limit. */

static int bio_write(BIO *bio, const char *data, int len)
{
	struct am_net *net = BIO_get_data(bio);
	size_t sent;

	BIO_clear_retry_flags(bio);
	if (len <= 0)
		return 0;
	enum am_io io = am_net_send(net, data, (size_t)len, &sent);
	if (io == AM_IO_OK)
		return (int)sent;
	if (io == AM_IO_WANT_WRITE)
		BIO_set_retry_write(bio);
	return -1;
}

static int bio_read(BIO *bio, char *buf, int room)
{
	struct am_net *net = BIO_get_data(bio);
	size_t got;

	BIO_clear_retry_flags(bio);
	if (room <= 0)
		return 0;
	enum am_io io = am_net_recv(net, buf, (size_t)room, &got);
	if (io == AM_IO_OK)
		return (int)got;
	if (io == AM_IO_WANT_READ)
		BIO_set_retry_read(bio);
	return io == AM_IO_END ? 0 : -1;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	const struct am_net *net = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return net->eof;
	default:
		return 0;
	}
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* ---- set-up ---- */

static int no_memory(struct am_error *err)
{
	ERR_clear_error();
	return am_fail(err, AM_FATAL, AM_E_MEMORY, "no memory for TLS");
}

static int attach(struct am_tls *tls, SSL_CTX *ctx, struct am_error *err)
{
	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "mailark");
	if (!tls->method)
		return no_memory(err);
	BIO_meth_set_write(tls->method, bio_write);
	BIO_meth_set_read(tls->method, bio_read);
	BIO_meth_set_ctrl(tls->method, bio_ctrl);
	BIO_meth_set_create(tls->method, bio_create);
	BIO *bio = BIO_new(tls->method);
	if (!bio)
		return no_memory(err);
	BIO_set_data(bio, tls->net);
	tls->ssl = SSL_new(ctx);
	if (!tls->ssl) {
		BIO_free(bio);
		return no_memory(err);
	}
	SSL_set_bio(tls->ssl, bio, bio);
	return AM_OK;
}

void am_tls_free(struct am_tls **tls)
{
	struct am_tls *t = *tls;

	*tls = NULL;
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	am_trust_clear(&t->trust);
	OPENSSL_cleanse(t->binding, sizeof t->binding);
	g_free(t);
}

/* ---- what went wrong ---- */

static const char *peer_of(const struct am_tls *tls)
{
	return tls->net->peer;
}

/* Of a handshake: OpenSSL's words are for those who wrote it. */
static int refused(struct am_tls *tls, struct am_error *err)
{
	unsigned long e = ERR_peek_error();
	char why[120];

	if (tls->trust.why[0]) {
		ERR_clear_error();
		return am_fail(err, AM_FATAL, AM_E_AUTH, "%s", tls->trust.why);
	}
	switch (ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		ERR_clear_error();
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "%s does not speak TLS here", peer_of(tls));
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_UNKNOWN_PROTOCOL:
		ERR_clear_error();
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "%s speaks no TLS newer than 1.1, which is no "
		               "longer safe",
		               peer_of(tls));
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		ERR_clear_error();
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "%s wants a client certificate", peer_of(tls));
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "%s does not believe our certificate: %s",
		               peer_of(tls), am_tls_reason(why, sizeof why));
	default:
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "TLS with %s failed: %s", peer_of(tls),
		               am_tls_reason(why, sizeof why));
	}
}

/* OpenSSL gave an error that is not "wait": the network's or the peer's? */
static int failed(struct am_tls *tls, int code, bool shaking,
                  struct am_error *err)
{
	char why[120];
	unsigned long e = ERR_peek_error();
	bool cut = ERR_GET_LIB(e) == ERR_LIB_SSL &&
	           ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING;

	tls->broken = true;
	if (code == SSL_ERROR_SYSCALL || cut || !e) {
		ERR_clear_error();
		if (tls->net->sys || shaking)
			return am_net_broken(tls->net, err);
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%s closed the connection without TLS's "
		               "goodbye: something may be missing",
		               peer_of(tls));
	}
	if (shaking)
		return refused(tls, err);
	/* A peer's alert may come with the first bytes: TLS 1.3 shows the
	 * client's certificate last. */
	if (ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    ERR_GET_REASON(e) >= SSL_AD_REASON_OFFSET)
		return refused(tls, err);
	return am_fail(err, AM_FATAL, AM_E_PROTOCOL, "TLS with %s: %s",
	               peer_of(tls), am_tls_reason(why, sizeof why));
}

/* ---- handshake ---- */

static int shake(struct am_tls *tls, unsigned timeout_ms, struct am_error *err)
{
	struct am_net *net = tls->net;
	int r = AM_OK;

	am_net_begin(net);
	net->deadline = net->moved + (int64_t)timeout_ms * 1000;
	while (!r) {
		ERR_clear_error();
		int n = tls->server ? SSL_accept(tls->ssl)
		                    : SSL_connect(tls->ssl);
		if (n == 1)
			break;
		int code = SSL_get_error(tls->ssl, n);
		if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
			r = am_net_await(net, code == SSL_ERROR_WANT_READ,
			                 code == SSL_ERROR_WANT_WRITE, err);
		else
			r = failed(tls, code, true, err);
		/* A peer that dribbles: bytes move, and no end is in sight. */
		if (!r && g_get_monotonic_time() >= net->deadline)
			r = am_fail(err, AM_RETRY, AM_E_IO,
			            "%s: TLS was not agreed in time",
			            net->peer);
	}
	net->deadline = 0;
	if (r)
		tls->broken = true;
	return r;
}

/* RFC 5929 §4: the hash its signature was made with, at least SHA-256. */
static void bind_end_point(struct am_tls *tls)
{
	int md = NID_undef;
	unsigned len = 0;
	X509 *cert = tls->server ? SSL_get_certificate(tls->ssl)
	                         : SSL_get0_peer_certificate(tls->ssl);

	if (!cert || X509_get_signature_info(cert, &md, NULL, NULL, NULL) != 1)
		return;
	if (md == NID_undef)
		return; /* Ed25519: the RFC says nothing */
	if (md == NID_md5 || md == NID_sha1)
		md = NID_sha256;
	const EVP_MD *how = EVP_get_digestbynid(md);
	if (how && X509_digest(cert, how, tls->binding, &len) == 1) {
		tls->binding_name = "tls-server-end-point";
		tls->binding_len = len;
	}
}

/* What is asked later stays true: no renegotiation. */
static void remember(struct am_tls *tls)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	X509 *cert = SSL_get0_peer_certificate(tls->ssl);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (cert && X509_digest(cert, EVP_sha256(), digest, &len) == 1 &&
	    len == AM_SHA256_LEN)
		am_hex(digest, len, tls->pin);
	(void)g_snprintf(tls->name, sizeof tls->name, "%s %s",
	                 SSL_get_version(tls->ssl),
	                 SSL_get_cipher_name(tls->ssl));
	if (SSL_version(tls->ssl) < TLS1_3_VERSION) {
		bind_end_point(tls);
	} else if (SSL_export_keying_material(tls->ssl, tls->binding, 32, label,
	                                      sizeof label - 1,
	                                      (const uint8_t *)"", 0, 1) == 1) {
		tls->binding_name = "tls-exporter"; /* RFC 9266 */
		tls->binding_len = 32;
	}
	ERR_clear_error();
}

int am_tls_connect(struct am_tls **out, struct am_net *net, const char *host,
                   const struct am_tls_opts *trust, unsigned timeout_ms,
                   struct am_error *err)
{
	struct am_tls *tls = g_new0(struct am_tls, 1);

	*out = NULL;
	tls->net = net;
	int r = am_tls_context(&tls->ctx, false, err);
	if (!r)
		r = am_trust_init(&tls->trust, tls->ctx, host, trust, err);
	if (!r)
		r = attach(tls, tls->ctx, err);
	if (!r)
		r = am_trust_host(&tls->trust, tls->ssl, err);
	if (!r)
		r = shake(tls, timeout_ms, err);
	if (r) {
		am_tls_free(&tls);
		return r;
	}
	remember(tls);
	*out = tls;
	return AM_OK;
}

int am_tls_accept(struct am_tls **out, struct am_net *net,
                  struct am_tls_server *server, unsigned timeout_ms,
                  struct am_error *err)
{
	struct am_tls *tls = g_new0(struct am_tls, 1);

	*out = NULL;
	tls->net = net;
	tls->server = true;
	int r = attach(tls, am_tls_server_context(server), err);
	if (!r)
		r = shake(tls, timeout_ms, err);
	if (r) {
		am_tls_free(&tls);
		return r;
	}
	remember(tls);
	*out = tls;
	return AM_OK;
}

/* ---- bytes ---- */

enum am_io am_tls_recv(struct am_tls *tls, void *buf, size_t room, size_t *got,
                       int *status, struct am_error *err)
{
	uint8_t *to = buf;
	enum am_io io = AM_IO_OK;

	*got = 0;
	if (tls->late_status) {
		*status = tls->late_status;
		*err = tls->late;
		return AM_IO_BAD;
	}
	/* A record is 16 KiB at most: take all that lie here already. */
	do {
		size_t n = 0;
		ERR_clear_error();
		if (SSL_read_ex(tls->ssl, to + *got, room - *got, &n) == 1) {
			*got += n;
			continue;
		}
		int code = SSL_get_error(tls->ssl, 0);
		if (code == SSL_ERROR_WANT_READ)
			io = AM_IO_WANT_READ;
		else if (code == SSL_ERROR_WANT_WRITE)
			io = AM_IO_WANT_WRITE;
		else if (code == SSL_ERROR_ZERO_RETURN)
			io = AM_IO_END;
		else
			io = AM_IO_BAD;
		if (io == AM_IO_BAD) {
			tls->late_status = failed(tls, code, false, &tls->late);
			*status = tls->late_status;
			*err = tls->late;
		}
	} while (io == AM_IO_OK && *got < room && SSL_has_pending(tls->ssl));
	return *got ? AM_IO_OK : io;
}

enum am_io am_tls_send(struct am_tls *tls, const void *data, size_t len,
                       size_t *sent, int *status, struct am_error *err)
{
	*sent = 0;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, data, len, sent) == 1)
		return AM_IO_OK;
	int code = SSL_get_error(tls->ssl, 0);
	if (code == SSL_ERROR_WANT_WRITE)
		return AM_IO_WANT_WRITE;
	if (code == SSL_ERROR_WANT_READ)
		return AM_IO_WANT_READ;
	*status = failed(tls, code, false, err);
	return AM_IO_BAD;
}

void am_tls_goodbye(struct am_tls *tls)
{
	if (tls->broken)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

const char *am_tls_name(const struct am_tls *tls)
{
	return tls->name;
}

const char *am_tls_pin(const struct am_tls *tls)
{
	return tls->pin;
}

void am_tls_binding(const struct am_tls *tls, const char **name,
                    const uint8_t **data, size_t *len)
{
	*name = tls->binding_name;
	*data = tls->binding;
	*len = tls->binding_len;
}
