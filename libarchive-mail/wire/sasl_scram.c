/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <string.h>

/*
 * SCRAM (RFC 5802, RFC 7677), what both ends compute, and the client:
 *
 *   C: gs2-header n=user,r=cnonce
 *   S: r=cnonce+snonce,s=salt,i=iterations
 *   C: c=binding,r=cnonce+snonce,p=proof
 *   S: v=signature          (the server knows the password too)
 */

/* ---- computing ---- */

const EVP_MD *am_scram_digest(const struct am_sasl *s)
{
	return strstr(s->mech->name, "256") ? EVP_sha256() : EVP_sha1();
}

size_t am_scram_len(const struct am_sasl *s)
{
	return (size_t)EVP_MD_get_size(am_scram_digest(s));
}

static void hmac(const EVP_MD *md, const uint8_t *key, const void *data,
                 size_t len, uint8_t *out)
{
	unsigned n = AM_SCRAM_MAX;

	(void)HMAC(md, key, EVP_MD_get_size(md), data, len, out, &n);
}

void am_scram_hmac(const struct am_sasl *s, const uint8_t *key,
                   const void *data, size_t len, uint8_t *out)
{
	hmac(am_scram_digest(s), key, data, len, out);
}

void am_scram_derive(const EVP_MD *md, const struct am_wiped *password,
                     const uint8_t *salt, size_t salt_len, unsigned iterations,
                     uint8_t *client_key, uint8_t *stored_key,
                     uint8_t *server_key)
{
	uint8_t salted[AM_SCRAM_MAX] = {0};
	int size = EVP_MD_get_size(md);

	(void)PKCS5_PBKDF2_HMAC(password->len ? password->data : "",
	                        (int)password->len, salt, (int)salt_len,
	                        (int)iterations, md, size, salted);
	hmac(md, salted, "Client Key", 10, client_key);
	hmac(md, salted, "Server Key", 10, server_key);
	(void)EVP_Digest(client_key, (size_t)size, stored_key, NULL, md, NULL);
	OPENSSL_cleanse(salted, sizeof salted);
}

void am_scram_auth_message(const struct am_sasl *s, struct am_wiped *out,
                           const char *without_proof, size_t len)
{
	am_wiped_add(out, s->scram.first_bare.data, s->scram.first_bare.len);
	am_wiped_text(out, ",");
	am_wiped_add(out, s->scram.server_first.data,
	             s->scram.server_first.len);
	am_wiped_text(out, ",");
	am_wiped_add(out, without_proof, len);
}

/* ---- reading and writing ---- */

bool am_scram_attr(const char **at, const char *end, char key,
                   const char **value, size_t *len)
{
	const char *p = *at;

	if (end - p < 2 || p[0] != key || p[1] != '=')
		return false;
	p += 2;
	const char *comma = memchr(p, ',', (size_t)(end - p));
	*value = p;
	*len = (size_t)((comma ? comma : end) - p);
	*at = comma ? comma + 1 : end;
	return true;
}

bool am_scram_nonce_ok(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7F || s[i] == ',')
			return false;
	return len > 0 && len <= 1024;
}

void am_scram_base64(struct am_wiped *to, const void *data, size_t len)
{
	char *text = g_base64_encode(data, len);

	am_wiped_text(to, text);
	OPENSSL_cleanse(text, strlen(text));
	g_free(text);
}

bool am_scram_unbase64(const char *s, size_t len, uint8_t *out, size_t room,
                       size_t *out_len)
{
	size_t padding = 0;

	*out_len = 0;
	if (!len || len % 4 || len / 4 * 3 > room + 2)
		return false;
	if (s[len - 1] == '=')
		padding = s[len - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < len - padding; i++)
		if (!g_ascii_isalnum(s[i]) && s[i] != '+' && s[i] != '/')
			return false;
	uint8_t *whole = g_malloc(len / 4 * 3);
	int n = EVP_DecodeBlock(whole, (const uint8_t *)s, (int)len);
	bool ok = n > 0 && (size_t)n > padding && (size_t)n - padding <= room;
	if (ok) {
		*out_len = (size_t)n - padding;
		memcpy(out, whole, *out_len);
	}
	OPENSSL_cleanse(whole, len / 4 * 3);
	g_free(whole);
	return ok;
}

char *am_scram_new_nonce(void)
{
	uint8_t random[24];

	if (RAND_bytes(random, sizeof random) != 1)
		return NULL;
	return g_base64_encode(random, sizeof random);
}

void am_scram_binding(const struct am_sasl *s, struct am_wiped *out)
{
	struct am_wiped all = {.data = NULL};

	am_wiped_add(&all, s->scram.header.data, s->scram.header.len);
	if (s->mech->binding)
		am_wiped_add(&all, s->binding.data, s->binding.len);
	am_scram_base64(out, all.data, all.len);
	am_wiped_clear(&all);
}

void am_scram_clear(struct am_scram *scram)
{
	g_free(scram->nonce);
	g_free(scram->full_nonce);
	am_wiped_clear(&scram->header);
	am_wiped_clear(&scram->first_bare);
	am_wiped_clear(&scram->server_first);
	OPENSSL_cleanse(scram, sizeof *scram);
}

/* ---- the client ---- */

/* RFC 5802 §5.1: a name with "=" and "," written otherwise. */
static int add_name(struct am_wiped *to, const char *name, struct am_error *err)
{
	struct am_wiped prepared = {.data = NULL};

	int r = am_sasl_prep(&prepared, name, err);
	for (const char *p = prepared.data; !r && *p; p++) {
		if (*p == '=')
			am_wiped_text(to, "=3D");
		else if (*p == ',')
			am_wiped_text(to, "=2C");
		else
			am_wiped_add(to, p, 1);
	}
	am_wiped_clear(&prepared);
	return r;
}

static int client_first(struct am_sasl *s, struct am_error *err)
{
	struct am_scram *x = &s->scram;
	int r = AM_OK;

	if (!x->nonce)
		x->nonce = am_scram_new_nonce();
	if (!x->nonce)
		return am_fail(err, AM_FAILED, AM_E_IO, "no random numbers");
	/* y: we could, and it was not offered; a server that did offer it
	 * then knows that somebody took the offer away. */
	if (s->mech->binding) {
		am_wiped_text(&x->header, "p=");
		am_wiped_text(&x->header, s->binding_name);
	} else {
		bool could = s->binding.len && !x->plus_offered;
		am_wiped_text(&x->header, could ? "y" : "n");
	}
	am_wiped_text(&x->header, ",");
	if (*s->authzid) {
		am_wiped_text(&x->header, "a=");
		r = add_name(&x->header, s->authzid, err);
	}
	am_wiped_text(&x->header, ",");
	am_wiped_text(&x->first_bare, "n=");
	if (!r)
		r = add_name(&x->first_bare, s->user, err);
	if (r)
		return r;
	am_wiped_text(&x->first_bare, ",r=");
	am_wiped_text(&x->first_bare, x->nonce);
	am_wiped_add(&s->out, x->header.data, x->header.len);
	am_wiped_add(&s->out, x->first_bare.data, x->first_bare.len);
	return AM_OK;
}

struct server_first {
	const char *nonce;
	size_t nonce_len;
	uint8_t salt[1024];
	size_t salt_len;
	unsigned iterations;
};

static bool number(const char *s, size_t len, unsigned *out)
{
	unsigned n = 0;

	if (!len || len > 9)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isdigit(s[i]))
			return false;
		n = n * 10 + (unsigned)(s[i] - '0');
	}
	*out = n;
	return true;
}

static int parse_server_first(const struct am_sasl *s, const char *in,
                              size_t len, struct server_first *f,
                              struct am_error *err)
{
	const char *at = in, *end = in + len, *v;
	const char *mine = s->scram.nonce;
	size_t n;

	/* m=, a mandatory extension, fails here as it should. */
	if (!am_scram_attr(&at, end, 'r', &f->nonce, &f->nonce_len) ||
	    !am_scram_nonce_ok(f->nonce, f->nonce_len) ||
	    !am_scram_attr(&at, end, 's', &v, &n) ||
	    !am_scram_unbase64(v, n, f->salt, sizeof f->salt, &f->salt_len) ||
	    !am_scram_attr(&at, end, 'i', &v, &n))
		return am_sasl_garbled(s, err);
	if (f->nonce_len <= strlen(mine) ||
	    memcmp(f->nonce, mine, strlen(mine)))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: the server's nonce is not made of ours: "
		               "somebody is in between, or it is broken",
		               s->mech->name);
	if (!number(v, n, &f->iterations) ||
	    f->iterations < AM_SASL_MIN_ITERATIONS ||
	    f->iterations > AM_SASL_MAX_ITERATIONS)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: the server wants %.*s iterations; between "
		               "%d and %d are done",
		               s->mech->name, (int)(n < 12 ? n : 12),
		               number(v, n, &f->iterations) ? v : "?",
		               AM_SASL_MIN_ITERATIONS, AM_SASL_MAX_ITERATIONS);
	return AM_OK;
}

/* Proof and signature of both. */
static void prove(struct am_sasl *s, const struct server_first *f,
                  const struct am_wiped *password)
{
	struct am_wiped message = {.data = NULL};
	uint8_t client[AM_SCRAM_MAX], sig[AM_SCRAM_MAX];
	struct am_scram *x = &s->scram;
	size_t size = am_scram_len(s);

	am_scram_derive(am_scram_digest(s), password, f->salt, f->salt_len,
	                f->iterations, client, x->stored_key, x->server_key);
	am_scram_auth_message(s, &message, s->out.data, s->out.len);
	am_scram_hmac(s, x->stored_key, message.data, message.len, sig);
	am_scram_hmac(s, x->server_key, message.data, message.len,
	              x->signature);
	for (size_t i = 0; i < size; i++)
		client[i] ^= sig[i];
	am_wiped_text(&s->out, ",p=");
	am_scram_base64(&s->out, client, size);
	OPENSSL_cleanse(client, sizeof client);
	am_wiped_clear(&message);
}

static int client_final(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	struct server_first f = {.nonce = NULL};
	struct am_wiped password = {.data = NULL};

	if (len > 2 && in[0] == 'e' && in[1] == '=')
		return am_sasl_wrong(err);
	int r = parse_server_first(s, in, len, &f, err);
	if (!r)
		r = am_sasl_prep(&password,
		                 s->password.len ? s->password.data : "", err);
	if (r)
		return r;
	am_wiped_add(&s->scram.server_first, in, len);
	am_wiped_text(&s->out, "c=");
	am_scram_binding(s, &s->out);
	am_wiped_text(&s->out, ",r=");
	am_wiped_add(&s->out, f.nonce, f.nonce_len);
	prove(s, &f, &password);
	am_wiped_clear(&password);
	return AM_OK;
}

static int client_verify(struct am_sasl *s, const char *in, size_t len,
                         struct am_error *err)
{
	const char *at = in, *v;
	uint8_t theirs[AM_SCRAM_MAX];
	size_t n, size = am_scram_len(s), got;

	if (len > 2 && in[0] == 'e' && in[1] == '=')
		return am_sasl_wrong(err);
	if (!am_scram_attr(&at, in + len, 'v', &v, &n) ||
	    !am_scram_unbase64(v, n, theirs, sizeof theirs, &got) ||
	    got != size)
		return am_sasl_garbled(s, err);
	if (CRYPTO_memcmp(theirs, s->scram.signature, size))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: the server does not know the password "
		               "itself: it is not who it says it is",
		               s->mech->name);
	return AM_END;
}

static int scram_client(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	switch (s->done) {
	case 0:
		return len ? am_sasl_garbled(s, err) : client_first(s, err);
	case 1:
		return client_final(s, in, len, err);
	default:
		return client_verify(s, in, len, err);
	}
}

const struct am_sasl_mech am_sasl_scram_sha1 = {
	.name = "SCRAM-SHA-1",
	.client_first = true,
	.client = scram_client,
	.server = am_scram_server,
};
const struct am_sasl_mech am_sasl_scram_sha1_plus = {
	.name = "SCRAM-SHA-1-PLUS",
	.client_first = true,
	.binding = true,
	.client = scram_client,
	.server = am_scram_server,
};
const struct am_sasl_mech am_sasl_scram_sha256 = {
	.name = "SCRAM-SHA-256",
	.client_first = true,
	.client = scram_client,
	.server = am_scram_server,
};
const struct am_sasl_mech am_sasl_scram_sha256_plus = {
	.name = "SCRAM-SHA-256-PLUS",
	.client_first = true,
	.binding = true,
	.client = scram_client,
	.server = am_scram_server,
};
