/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void need(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "certificate: %s\n", what);
	abort();
}

static void add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(e && X509_add_ext(x, e, -1), value);
	X509_EXTENSION_free(e);
}

void certificate_make(const char *names, const char *cert_path,
                      const char *key_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	need(key && x, "no key");
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME *name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                           (const unsigned char *)"lab", -1, -1, 0);
	X509_set_issuer_name(x, name);
	add(x, NID_basic_constraints, "critical,CA:TRUE");
	add(x, NID_subject_alt_name, names);
	need(X509_sign(x, key, EVP_sha256()) > 0, "not signed");
	FILE *f = fopen(cert_path, "w");
	need(f && PEM_write_X509(f, x) && !fclose(f), cert_path);
	f = fopen(key_path, "w");
	need(f && !fchmod(fileno(f), 0600) &&
	             PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) &&
	             !fclose(f),
	     key_path);
	X509_free(x);
	EVP_PKEY_free(key);
}
