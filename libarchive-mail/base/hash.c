/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <glib.h>
#include <openssl/evp.h>

struct am_sha256 {
	EVP_MD_CTX *ctx;
};

/* Looking an algorithm up takes locks and, for a small message, longer than
 * hashing it: done once for the process.  Set once, then constant. */
static const EVP_MD *sha256_md(void)
{
	static gsize fetched;

	if (g_once_init_enter(&fetched)) {
		EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
		if (!md)
			g_error("OpenSSL has no SHA-256");
		g_once_init_leave(&fetched, (gsize)md);
	}
	return (const EVP_MD *)fetched;
}

/* SHA-256 in memory fails only when memory does, which aborts, as everywhere.
 */
static void must(int ok)
{
	if (!ok)
		g_error("SHA-256 failed");
}

struct am_sha256 *am_sha256_new(void)
{
	struct am_sha256 *hash = g_new(struct am_sha256, 1);

	hash->ctx = EVP_MD_CTX_new();
	must(hash->ctx != NULL);
	must(EVP_DigestInit_ex2(hash->ctx, sha256_md(), NULL));
	return hash;
}

void am_sha256_free(struct am_sha256 **hash)
{
	if (!*hash)
		return;
	EVP_MD_CTX_free((*hash)->ctx);
	g_free(*hash);
	*hash = NULL;
}

void am_sha256_update(struct am_sha256 *hash, const void *data, size_t len)
{
	if (len)
		must(EVP_DigestUpdate(hash->ctx, data, len));
}

void am_sha256_final(struct am_sha256 *hash, uint8_t out[AM_SHA256_LEN])
{
	must(EVP_DigestFinal_ex(hash->ctx, out, NULL));
	must(EVP_DigestInit_ex2(hash->ctx, sha256_md(), NULL));
}

void am_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

bool am_unhex(const char *s, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = g_ascii_xdigit_value(s[2 * i]);
		/* The NUL is no digit: nothing behind it is looked at. */
		int low = high < 0 ? -1 : g_ascii_xdigit_value(s[2 * i + 1]);
		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * len] == '\0';
}
