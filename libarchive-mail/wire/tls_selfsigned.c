/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/tls_selfsigned.h"

#include "base/file.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define YEARS 10

static bool add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool good = e && X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return good;
}

static bool set_serial(X509 *x)
{
	uint8_t bytes[8];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] &= 0x7F;
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return good;
}

static bool fill(X509 *x, EVP_PKEY *key, const char *names)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_set_version(x, 2) && set_serial(x) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(x),
	                       (long)YEARS * 365 * 86400) &&
	       X509_set_pubkey(x, key) &&
	       X509_NAME_add_entry_by_txt(
		       name, "CN", MBSTRING_ASC,
		       (const unsigned char *)"mailark of this machine", -1, -1,
		       0) &&
	       X509_set_issuer_name(x, name) &&
	       add(x, NID_basic_constraints, "critical,CA:TRUE") &&
	       add(x, NID_subject_alt_name, names) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static int write_pem(const char *path, X509 *x, EVP_PKEY *key,
                     struct am_error *err)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data;
	int r = AM_OK;

	if (!out || !PEM_write_bio_X509(out, x) ||
	    !PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL))
		r = am_fail(err, AM_FAILED, AM_E_MEMORY,
		            "%s: the certificate cannot be written", path);
	long len = r ? 0 : BIO_get_mem_data(out, &data);
	int fd = -1;
	if (!r) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			r = am_fail_sys(err, AM_FAILED, "%s", path);
	}
	if (!r && am_write_all(fd, data, (size_t)len, path, err))
		r = AM_FAILED;
	if (fd >= 0)
		close(fd);
	if (r && fd >= 0)
		unlink(path);
	BIO_free(out);
	return r;
}

int am_tls_selfsign(const char *path, const char *names, struct am_error *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int r;

	if (!key || !x || !fill(x, key, names))
		r = am_fail(err, AM_FAILED, AM_E_MEMORY,
		            "%s: no certificate can be made", path);
	else
		r = write_pem(path, x, key, err);
	X509_free(x);
	EVP_PKEY_free(key);
	return r;
}

int am_tls_fingerprint(const char *path, char out[AM_TLS_FINGERPRINT],
                       struct am_error *err)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	bool good = x && X509_digest(x, EVP_sha256(), hash, &len);
	X509_free(x);
	if (!good || len != 32)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: no certificate in it", path);
	for (unsigned i = 0; i < len; i++)
		(void)snprintf(out + (size_t)i * 3, 4, "%02X%s", hash[i],
		               i + 1 < len ? ":" : "");
	return AM_OK;
}
