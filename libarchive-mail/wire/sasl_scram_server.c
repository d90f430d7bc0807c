/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <string.h>

/* SCRAM (RFC 5802), the server: see sasl_scram.c for the exchange. */

/* "=2C" and "=3D" back to what they mean; no other "=" may be there. */
static bool take_saslname(char **to, const char *s, size_t len)
{
	GString *name = g_string_new(NULL);
	bool ok = len > 0;

	for (size_t i = 0; ok && i < len; i++) {
		if (s[i] != '=') {
			g_string_append_c(name, s[i]);
		} else if (len - i >= 3 && !memcmp(s + i, "=2C", 3)) {
			g_string_append_c(name, ',');
			i += 2;
		} else if (len - i >= 3 && !memcmp(s + i, "=3D", 3)) {
			g_string_append_c(name, '=');
			i += 2;
		} else {
			ok = false;
		}
	}
	ok = ok && am_sasl_take_name(to, name->str, name->len) == AM_OK;
	g_string_free(name, TRUE);
	return ok;
}

/* The flag in front: whether what the client believes of channel binding is
 * what we know of it. */
static int check_flag(const struct am_sasl *s, const char *flag, size_t len,
                      struct am_error *err)
{
	bool p = len > 2 && flag[0] == 'p' && flag[1] == '=';

	if (p && s->mech->binding) {
		const char *name = s->binding_name ? s->binding_name : "";
		if (len - 2 == strlen(name) && !memcmp(flag + 2, name, len - 2))
			return AM_OK;
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "another channel binding is used here");
	}
	if (len == 1 && flag[0] == 'y' && s->binding.len)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "the client was told that there is no channel "
		               "binding: somebody is in between");
	if (len == 1 && (flag[0] == 'n' || flag[0] == 'y') && !s->mech->binding)
		return AM_OK;
	return am_sasl_garbled(s, err);
}

static int parse_client_first(struct am_sasl *s, const char *in, size_t len,
                              const char **nonce, size_t *nonce_len,
                              struct am_error *err)
{
	const char *end = in + len, *v;
	const char *comma = memchr(in, ',', len);
	size_t n;

	if (!comma)
		return am_sasl_garbled(s, err);
	int r = check_flag(s, in, (size_t)(comma - in), err);
	if (r)
		return r;
	const char *at = comma + 1;
	if (am_scram_attr(&at, end, 'a', &v, &n)) {
		if (!take_saslname(&s->authzid, v, n))
			return am_sasl_garbled(s, err);
	} else if (at < end && *at == ',') {
		at++;
	} else {
		return am_sasl_garbled(s, err);
	}
	am_wiped_add(&s->scram.header, in, (size_t)(at - in));
	am_wiped_add(&s->scram.first_bare, at, (size_t)(end - at));
	if (!am_scram_attr(&at, end, 'n', &v, &n) ||
	    !take_saslname(&s->user, v, n) ||
	    !am_scram_attr(&at, end, 'r', nonce, nonce_len) ||
	    !am_scram_nonce_ok(*nonce, *nonce_len))
		return am_sasl_garbled(s, err);
	return AM_OK;
}

/* The salt of somebody who is not there. */
static bool fake_salt(const struct am_sasl *s, struct am_sasl_secret *secret)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = sizeof mac;

	secret->salt_len = 16;
	if (!s->opts.fake_key)
		return RAND_bytes(secret->salt, 16) == 1;
	(void)HMAC(EVP_sha256(), s->opts.fake_key, 32, (const uint8_t *)s->user,
	           strlen(s->user), mac, &n);
	memcpy(secret->salt, mac, 16);
	return true;
}

/* Keys from what is known of the user, or such as nobody can meet.  Both cost
 * the same: one with a password is hashed here, whoever has none as well. */
static int learn_keys(struct am_sasl *s, struct am_sasl_secret *secret,
                      struct am_error *err)
{
	struct am_scram *x = &s->scram;
	struct am_wiped prepared = {.data = NULL};
	uint8_t client[AM_SCRAM_MAX];
	bool sha256 = am_scram_len(s) == 32;

	int r = am_sasl_find(s, secret, err);
	if (r < 0)
		return r;
	x->known = r == AM_OK;
	if (!secret->password && secret->iterations && sha256 && x->known) {
		memcpy(x->stored_key, secret->stored_key, 32);
		memcpy(x->server_key, secret->server_key, 32);
		return AM_OK;
	}
	if (!secret->password || !x->known) {
		x->known = false;
		if (!fake_salt(s, secret))
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "no random numbers");
		if (RAND_bytes(x->stored_key, AM_SCRAM_MAX) != 1)
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "no random numbers");
		if (!secret->password)
			return AM_OK;
	}
	secret->iterations = AM_SASL_ITERATIONS;
	secret->salt_len = 16;
	if (RAND_bytes(secret->salt, 16) != 1)
		return am_fail(err, AM_FAILED, AM_E_IO, "no random numbers");
	if (am_sasl_prep(&prepared, secret->password, NULL)) {
		x->known = false;
		am_wiped_text(&prepared, secret->password);
	}
	am_scram_derive(am_scram_digest(s), &prepared, secret->salt,
	                secret->salt_len, secret->iterations, client,
	                x->stored_key, x->server_key);
	OPENSSL_cleanse(client, sizeof client);
	am_wiped_clear(&prepared);
	return AM_OK;
}

static int server_first(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	struct am_scram *x = &s->scram;
	struct am_sasl_secret secret;
	const char *nonce = NULL;
	size_t nonce_len = 0;
	char number[16];

	int r = parse_client_first(s, in, len, &nonce, &nonce_len, err);
	if (r)
		return r;
	if (!x->nonce)
		x->nonce = am_scram_new_nonce();
	if (!x->nonce)
		return am_fail(err, AM_FAILED, AM_E_IO, "no random numbers");
	r = learn_keys(s, &secret, err);
	if (r)
		goto out;
	char *theirs = g_strndup(nonce, nonce_len);
	x->full_nonce = g_strconcat(theirs, x->nonce, NULL);
	g_free(theirs);
	(void)g_snprintf(number, sizeof number, "%u", secret.iterations);
	am_wiped_text(&s->out, "r=");
	am_wiped_text(&s->out, x->full_nonce);
	am_wiped_text(&s->out, ",s=");
	am_scram_base64(&s->out, secret.salt, secret.salt_len);
	am_wiped_text(&s->out, ",i=");
	am_wiped_text(&s->out, number);
	am_wiped_add(&x->server_first, s->out.data, s->out.len);
out:
	OPENSSL_cleanse(&secret, sizeof secret);
	return r;
}

/* Whether the proof comes from somebody with the password. */
static bool proof_holds(struct am_sasl *s, const uint8_t *proof,
                        const char *without_proof, size_t len)
{
	struct am_wiped message = {.data = NULL};
	uint8_t key[AM_SCRAM_MAX], hashed[AM_SCRAM_MAX];
	size_t size = am_scram_len(s);

	am_scram_auth_message(s, &message, without_proof, len);
	am_scram_hmac(s, s->scram.stored_key, message.data, message.len, key);
	am_scram_hmac(s, s->scram.server_key, message.data, message.len,
	              s->scram.signature);
	for (size_t i = 0; i < size; i++)
		key[i] ^= proof[i];
	(void)EVP_Digest(key, size, hashed, NULL, am_scram_digest(s), NULL);
	bool same = !CRYPTO_memcmp(hashed, s->scram.stored_key, size);
	OPENSSL_cleanse(key, sizeof key);
	am_wiped_clear(&message);
	return same && s->scram.known;
}

static int server_final(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	const char *at = in, *end = in + len, *c, *nonce, *v = NULL;
	size_t c_len, nonce_len, n = 0, got;
	struct am_wiped binding = {.data = NULL};
	uint8_t proof[AM_SCRAM_MAX];

	if (!am_scram_attr(&at, end, 'c', &c, &c_len) ||
	    !am_scram_attr(&at, end, 'r', &nonce, &nonce_len))
		return am_sasl_garbled(s, err);
	/* Extensions may stand between nonce and proof, which comes last. */
	const char *before = at;
	while (at < end && !am_scram_attr(&at, end, 'p', &v, &n)) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		if (!comma)
			return am_sasl_garbled(s, err);
		before = at = comma + 1;
	}
	if (before >= end || at != end ||
	    !am_scram_unbase64(v, n, proof, sizeof proof, &got) ||
	    got != am_scram_len(s))
		return am_sasl_garbled(s, err);
	am_scram_binding(s, &binding);
	bool bound = c_len == binding.len && !memcmp(c, binding.data, c_len);
	am_wiped_clear(&binding);
	if (!bound)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "the channel is another on the client's side: "
		               "somebody is in between");
	if (nonce_len != strlen(s->scram.full_nonce) ||
	    memcmp(nonce, s->scram.full_nonce, nonce_len))
		return am_sasl_garbled(s, err);
	if (!proof_holds(s, proof, in, (size_t)(before - in) - 1))
		return am_sasl_wrong(err);
	am_wiped_text(&s->out, "v=");
	am_scram_base64(&s->out, s->scram.signature, am_scram_len(s));
	return AM_OK;
}

int am_scram_server(struct am_sasl *s, const char *in, size_t len,
                    struct am_error *err)
{
	if (!s->done && !in)
		return AM_OK; /* invite the client to begin */
	if (!in)
		in = "";
	if (!s->scram.full_nonce)
		return server_first(s, in, len, err);
	/* What follows our signature is a client that is content. */
	if (s->satisfied)
		return len ? am_sasl_garbled(s, err) : AM_END;
	int r = server_final(s, in, len, err);
	if (!r)
		s->satisfied = true;
	return r;
}
