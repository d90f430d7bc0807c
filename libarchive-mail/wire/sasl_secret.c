/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <string.h>

/* What a server knows of its users, and how it compares: in the same time
 * whether a user exists or not, and wherever a password differs. */

bool am_sasl_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t x[SHA256_DIGEST_LENGTH], y[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)a, a_len, x);
	SHA256((const uint8_t *)b, b_len, y);
	bool same = !CRYPTO_memcmp(x, y, sizeof x);
	OPENSSL_cleanse(x, sizeof x);
	OPENSSL_cleanse(y, sizeof y);
	return same;
}

int am_sasl_find(struct am_sasl *s, struct am_sasl_secret *out,
                 struct am_error *err)
{
	*out = (struct am_sasl_secret){.password = NULL};
	int r = s->opts.find(s->opts.user, s->user, out, err);
	if (r == AM_END && !out->iterations && !out->password)
		out->iterations = AM_SASL_ITERATIONS;
	if (out->salt_len > sizeof out->salt)
		out->salt_len = sizeof out->salt;
	if (out->iterations > AM_SASL_MAX_ITERATIONS)
		out->iterations = AM_SASL_MAX_ITERATIONS;
	return r;
}

/* Of a stored password: as it came, or both prepared. */
static bool same_password(const char *stored, const struct am_wiped *given,
                          const struct am_wiped *prepared)
{
	struct am_wiped mine = {.data = NULL};

	bool same = am_sasl_equal(stored, strlen(stored),
	                          given->len ? given->data : "", given->len);
	if (am_sasl_prep(&mine, stored, NULL) == AM_OK)
		same |= am_sasl_equal(mine.data, mine.len, prepared->data,
		                      prepared->len);
	am_wiped_clear(&mine);
	return same;
}

static bool same_verifier(const struct am_sasl_secret *secret,
                          const struct am_wiped *prepared)
{
	uint8_t client[AM_SCRAM_MAX], stored[AM_SCRAM_MAX],
		server[AM_SCRAM_MAX];

	am_scram_derive(EVP_sha256(), prepared, secret->salt, secret->salt_len,
	                secret->iterations, client, stored, server);
	bool same = !CRYPTO_memcmp(stored, secret->stored_key,
	                           sizeof secret->stored_key);
	OPENSSL_cleanse(client, sizeof client);
	OPENSSL_cleanse(stored, sizeof stored);
	OPENSSL_cleanse(server, sizeof server);
	return same;
}

int am_sasl_check(struct am_sasl *s, const char *password, size_t len,
                  struct am_error *err)
{
	struct am_sasl_secret secret;
	struct am_wiped given = {.data = NULL}, prepared = {.data = NULL};
	bool same;

	int r = am_sasl_find(s, &secret, err);
	if (r < 0)
		return r;
	am_wiped_add(&given, password, len);
	/* What cannot be prepared is compared as it came. */
	if (memchr(password, '\0', len) ||
	    am_sasl_prep(&prepared, given.data, NULL)) {
		am_wiped_clear(&prepared);
		am_wiped_add(&prepared, password, len);
	}
	if (secret.password)
		same = same_password(secret.password, &given, &prepared);
	else
		same = secret.iterations && same_verifier(&secret, &prepared);
	am_wiped_clear(&given);
	am_wiped_clear(&prepared);
	OPENSSL_cleanse(&secret, sizeof secret);
	return same && r == AM_OK ? AM_OK : am_sasl_wrong(err);
}

int am_sasl_secret_make(struct am_sasl_secret *out, const char *password,
                        unsigned iterations, struct am_error *err)
{
	struct am_wiped prepared = {.data = NULL};
	uint8_t client[AM_SCRAM_MAX], stored[AM_SCRAM_MAX],
		server[AM_SCRAM_MAX];

	*out = (struct am_sasl_secret){.password = NULL};
	if (!iterations)
		iterations = AM_SASL_ITERATIONS;
	if (iterations < AM_SASL_MIN_ITERATIONS ||
	    iterations > AM_SASL_MAX_ITERATIONS)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%u iterations: not between %d and %d",
		               iterations, AM_SASL_MIN_ITERATIONS,
		               AM_SASL_MAX_ITERATIONS);
	int r = am_sasl_prep(&prepared, password, err);
	if (r)
		return r;
	out->salt_len = 16;
	if (RAND_bytes(out->salt, (int)out->salt_len) != 1) {
		am_wiped_clear(&prepared);
		return am_fail(err, AM_FAILED, AM_E_IO, "no random numbers");
	}
	out->iterations = iterations;
	am_scram_derive(EVP_sha256(), &prepared, out->salt, out->salt_len,
	                iterations, client, stored, server);
	memcpy(out->stored_key, stored, sizeof out->stored_key);
	memcpy(out->server_key, server, sizeof out->server_key);
	am_wiped_clear(&prepared);
	OPENSSL_cleanse(client, sizeof client);
	OPENSSL_cleanse(stored, sizeof stored);
	OPENSSL_cleanse(server, sizeof server);
	return AM_OK;
}
