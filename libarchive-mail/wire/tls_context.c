/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/tls.h"

#include <glib.h>
#include <openssl/err.h>

#include <errno.h>
#include <unistd.h>

struct am_tls_server {
	SSL_CTX *ctx;
};

const char *am_tls_reason(char *buf, size_t room)
{
	unsigned long first = ERR_get_error();
	const char *why = first ? ERR_reason_error_string(first) : NULL;

	if (why)
		(void)g_strlcpy(buf, why, room);
	else
		(void)g_snprintf(buf, (gulong)room, "error %lx of OpenSSL",
		                 first);
	ERR_clear_error();
	return buf;
}

void am_tls_subject(const X509_NAME *name, char *buf, size_t room)
{
	static const int fields[] = {NID_commonName, NID_organizationName,
	                             NID_organizationalUnitName};
	int len = -1;

	for (size_t i = 0; i < AM_COUNT(fields) && len <= 0; i++)
		len = X509_NAME_get_text_by_NID(name, fields[i], buf,
		                                (int)room);
	if (len <= 0)
		(void)g_strlcpy(buf, "nobody", room);
	for (char *p = buf; *p; p++)
		if ((uint8_t)*p < 0x20 || (uint8_t)*p >= 0x7F)
			*p = '?';
}

int am_tls_context(SSL_CTX **out, bool server, struct am_error *err)
{
	char why[120];

	ERR_clear_error();
	SSL_CTX *ctx =
		SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	*out = ctx;
	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)) {
		SSL_CTX_free(ctx);
		*out = NULL;
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "cannot set up TLS: %s",
		               am_tls_reason(why, sizeof why));
	}
	/* Compression under TLS tells secrets (CRIME), renegotiation has been
	 * a source of trouble and nobody needs it. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	                                 SSL_OP_NO_RENEGOTIATION |
	                                 SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (server)
		(void)SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                              SSL_MODE_AUTO_RETRY);
	/* Idle connections of a server are many, those of a client few. */
	if (server)
		SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	/* Without these OpenSSL reads 5 bytes, then the rest of a record: two
	 * system calls for each 16 KiB at best. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, 64 * 1024);
	return AM_OK;
}

/* OpenSSL would ask the terminal. */
static int no_passphrase(char *buf, int room, int writing, void *user)
{
	(void)buf;
	(void)room;
	(void)writing;
	*(bool *)user = true;
	return -1;
}

static int cannot_load(const char *what, const char *path, bool asked,
                       struct am_error *err)
{
	char why[120];

	(void)am_tls_reason(why, sizeof why);
	if (asked)
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "%s: the key needs a passphrase; give one "
		               "without",
		               path);
	if (access(path, R_OK))
		return am_fail_sys(err, AM_FATAL, "%s", path);
	return am_fail(err, AM_FATAL, AM_E_FORMAT, "%s: no %s in it: %s", path,
	               what, why);
}

int am_tls_identity(SSL_CTX *ctx, const char *cert, const char *key,
                    struct am_error *err)
{
	bool asked = false;
	char why[120];
	int r = AM_OK;

	if (!key)
		key = cert;
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		r = cannot_load("certificate in PEM", cert, asked, err);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		/* Also when it does not belong to the certificate. */
		r = cannot_load("private key for the certificate", key, asked,
		                err);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "%s does not belong to %s: %s", key, cert,
		            am_tls_reason(why, sizeof why));
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, NULL);
	return r;
}

int am_tls_server_new(struct am_tls_server **out, const char *cert,
                      const char *key, struct am_error *err)
{
	SSL_CTX *ctx;

	*out = NULL;
	int r = am_tls_context(&ctx, true, err);
	if (r)
		return r;
	r = am_tls_identity(ctx, cert, key, err);
	if (r) {
		SSL_CTX_free(ctx);
		return r;
	}
	*out = g_new0(struct am_tls_server, 1);
	(*out)->ctx = ctx;
	return AM_OK;
}

void am_tls_server_free(struct am_tls_server **tls)
{
	struct am_tls_server *s = *tls;

	*tls = NULL;
	if (!s)
		return;
	SSL_CTX_free(s->ctx); /* connections hold their own reference */
	g_free(s);
}

SSL_CTX *am_tls_server_context(const struct am_tls_server *server)
{
	return server->ctx;
}
