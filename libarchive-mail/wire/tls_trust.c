/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/tls.h"

#include "base/hash.h"

#include <glib.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- what a certificate says, in words ---- */

static void day_of(const ASN1_TIME *when, char *buf, size_t room)
{
	struct tm tm;

	if (!when || ASN1_TIME_to_tm(when, &tm) != 1 ||
	    !strftime(buf, room, "%Y-%m-%d", &tm))
		(void)g_strlcpy(buf, "a day that cannot be read", room);
}

static void add_name(GString *to, const uint8_t *name, int len)
{
	if (to->len > 100) {
		if (!g_str_has_suffix(to->str, ", …"))
			g_string_append(to, ", …");
		return;
	}
	if (to->len)
		g_string_append(to, ", ");
	for (int i = 0; i < len && i < 80; i++)
		g_string_append_c(to, name[i] > 0x20 && name[i] < 0x7F
		                              ? (char)name[i]
		                              : '?');
}

static void add_address(GString *to, const ASN1_OCTET_STRING *ip)
{
	char text[INET6_ADDRSTRLEN] = "?";
	int len = ASN1_STRING_length(ip);

	if (len == 4 || len == 16)
		(void)inet_ntop(len == 4 ? AF_INET : AF_INET6,
		                ASN1_STRING_get0_data(ip), text, sizeof text);
	add_name(to, (const uint8_t *)text, (int)strlen(text));
}

/* "mail.example.com, *.example.org": whom it is for. */
static char *names_in(X509 *cert)
{
	GString *s = g_string_new(NULL);
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		if (n->type == GEN_DNS)
			add_name(s, ASN1_STRING_get0_data(n->d.dNSName),
			         ASN1_STRING_length(n->d.dNSName));
		else if (n->type == GEN_IPADD)
			add_address(s, n->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
	if (!s->len) {
		char cn[100];
		am_tls_subject(X509_get_subject_name(cert), cn, sizeof cn);
		g_string_append(s, cn);
	}
	return g_string_free(s, FALSE);
}

/* Why `at`, somewhere in the chain of `leaf`, does not hold. */
static void explain(struct am_trust *t, int code, X509 *at, X509 *leaf)
{
	char *who = g_strdup_printf(
		at == leaf ? "certificate of %s"
			   : "certificate of an authority behind %s",
		t->host);
	char name[100], day[40];

	if (!at)
		at = leaf;
	am_tls_subject(X509_get_issuer_name(at), name, sizeof name);
	switch (code) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH: {
		char *names = names_in(leaf);
		(void)g_snprintf(t->why, sizeof t->why, "%s is for %s", who,
		                 names);
		g_free(names);
		break;
	}
	case X509_V_ERR_CERT_HAS_EXPIRED:
		day_of(X509_get0_notAfter(at), day, sizeof day);
		(void)g_snprintf(t->why, sizeof t->why, "%s expired on %s", who,
		                 day);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		day_of(X509_get0_notBefore(at), day, sizeof day);
		(void)g_snprintf(t->why, sizeof t->why,
		                 "%s is not valid before %s", who, day);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		(void)g_snprintf(t->why, sizeof t->why,
		                 "%s is self-signed; if it is the right one: "
		                 "tls-pin=%s",
		                 who, t->seen);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		(void)g_snprintf(t->why, sizeof t->why,
		                 "certificate of %.60s is signed by %.40s, "
		                 "whom nobody here trusts; if it is the right "
		                 "one: tls-pin=%s",
		                 t->host, name, t->seen);
		break;
	default:
		(void)g_snprintf(t->why, sizeof t->why, "%s: %s", who,
		                 X509_verify_cert_error_string(code));
	}
	g_free(who);
}

/* ---- the decision ---- */

/* Instead of OpenSSL's own: it sees the peer's certificate even when that is
 * turned down, so that the error can say what was wrong with it. */
static int decide(X509_STORE_CTX *store, void *user)
{
	struct am_trust *t = user;
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!leaf || X509_digest(leaf, EVP_sha256(), digest, &len) != 1 ||
	    len != sizeof t->pin) {
		(void)g_snprintf(t->why, sizeof t->why,
		                 "%s showed no certificate", t->host);
		return 0;
	}
	am_hex(digest, len, t->seen);
	if (t->pinned) {
		if (!memcmp(digest, t->pin, sizeof t->pin)) {
			X509_STORE_CTX_set_error(store, X509_V_OK);
			return 1;
		}
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
		(void)g_snprintf(t->why, sizeof t->why,
		                 "certificate of %s is not the one that is "
		                 "pinned; it has SHA-256 %s",
		                 t->host, t->seen);
		return 0;
	}
	if (t->insecure) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	if (X509_verify_cert(store) == 1)
		return 1;
	explain(t, X509_STORE_CTX_get_error(store),
	        X509_STORE_CTX_get_current_cert(store), leaf);
	return 0;
}

/* ---- setting up ---- */

/* Hex as openssl or a browser prints it: colons and capitals are welcome. */
static int parse_pin(struct am_trust *t, const char *pin, struct am_error *err)
{
	GString *hex = g_string_new(NULL);

	for (; *pin && hex->len <= 64; pin++)
		if (*pin != ':' && *pin != ' ')
			g_string_append_c(hex, *pin);
	t->pinned = am_unhex(hex->str, t->pin, sizeof t->pin);
	g_string_free(hex, TRUE);
	if (!t->pinned)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "tls-pin: not a SHA-256 in hexadecimal (64 "
		               "digits)");
	return AM_OK;
}

static int load_ca(SSL_CTX *ctx, const char *ca, struct am_error *err)
{
	struct stat st;
	char why[120];

	if (stat(ca, &st))
		return am_fail_sys(err, AM_FATAL, "%s", ca);
	int ok = S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ctx, ca)
	                             : SSL_CTX_load_verify_file(ctx, ca);
	if (ok != 1)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "%s: no certificates in it: %s", ca,
		               am_tls_reason(why, sizeof why));
	/* What the user named is trusted, even if it is not a root. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
	                            X509_V_FLAG_PARTIAL_CHAIN);
	return AM_OK;
}

int am_trust_init(struct am_trust *t, SSL_CTX *ctx, const char *host,
                  const struct am_tls_opts *opts, struct am_error *err)
{
	static const struct am_tls_opts defaults = {.insecure = false};
	int r = AM_OK;

	if (!opts)
		opts = &defaults;
	*t = (struct am_trust){.insecure = opts->insecure};
	/* "[::1]" in an address bar, "imap.example.org." in a zone file. */
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		t->host = g_strndup(host + 1, len - 2);
	else
		t->host = g_hostname_to_ascii(host);
	if (!t->host)
		t->host = g_strdup(host);
	if (g_str_has_suffix(t->host, "."))
		t->host[strlen(t->host) - 1] = '\0';

	if (opts->pin)
		r = parse_pin(t, opts->pin, err);
	/* Nothing of the system's at all is an answer too: no trust. */
	(void)SSL_CTX_set_default_verify_paths(ctx);
	if (!r && opts->ca)
		r = load_ca(ctx, opts->ca, err);
	if (!r && opts->cert)
		r = am_tls_identity(ctx, opts->cert, opts->key, err);
	ERR_clear_error();
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, decide, t);
	return r;
}

int am_trust_host(struct am_trust *t, SSL *ssl, struct am_error *err)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	/* "For *.example.org" must not cover "f*.example.org". */
	X509_VERIFY_PARAM_set_hostflags(param,
	                                X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (g_hostname_is_ip_address(t->host)) {
		/* RFC 6066 §3: no SNI for addresses. */
		char *plain = g_strdup(t->host);
		char *zone = strchr(plain, '%');
		if (zone)
			*zone = '\0';
		int ok = X509_VERIFY_PARAM_set1_ip_asc(param, plain);
		g_free(plain);
		if (ok == 1)
			return AM_OK;
	} else if (SSL_set1_host(ssl, t->host) == 1 &&
	           SSL_set_tlsext_host_name(ssl, t->host) == 1) {
		return AM_OK;
	}
	ERR_clear_error();
	return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
	               "%s is no name that a certificate could have", t->host);
}

void am_trust_clear(struct am_trust *t)
{
	g_clear_pointer(&t->host, g_free);
}
