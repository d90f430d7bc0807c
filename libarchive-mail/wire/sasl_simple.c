/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include "base/hash.h"

#include <glib.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <string.h>

/* ---- PLAIN, RFC 4616: [authzid] NUL authcid NUL passwd ---- */

static int plain_client(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	(void)in;
	if (len)
		return am_sasl_garbled(s, err);
	am_wiped_add(&s->out, s->authzid, strlen(s->authzid) + 1);
	am_wiped_add(&s->out, s->user, strlen(s->user) + 1);
	am_wiped_add(&s->out, s->password.data, s->password.len);
	return AM_END;
}

/* Nothing said yet: an empty challenge invites the client to begin. */
static bool invite(const struct am_sasl *s, const char *in)
{
	return !s->done && !in;
}

static int plain_server(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	if (invite(s, in))
		return AM_OK;
	if (!in)
		return am_sasl_garbled(s, err);
	const char *user = memchr(in, '\0', len);
	const char *end = in + len;
	if (!user)
		return am_sasl_garbled(s, err);
	user++;
	const char *password = memchr(user, '\0', (size_t)(end - user));
	if (!password)
		return am_sasl_garbled(s, err);
	password++;
	if (am_sasl_take_name(&s->authzid, in, (size_t)(user - in) - 1) ||
	    am_sasl_take_name(&s->user, user, (size_t)(password - user) - 1) ||
	    memchr(password, '\0', (size_t)(end - password)))
		return am_sasl_garbled(s, err);
	int r = am_sasl_check(s, password, (size_t)(end - password), err);
	return r ? r : AM_END;
}

const struct am_sasl_mech am_sasl_plain = {
	.name = "PLAIN",
	.client_first = true,
	.clear = true,
	.client = plain_client,
	.server = plain_server,
};

/* ---- LOGIN, draft-murchison-sasl-login: two questions, two answers ---- */

static int login_client(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	/* "Username:", "User Name\0": what is asked is not looked at. */
	(void)in;
	(void)len;
	(void)err;
	if (!s->done) {
		am_wiped_text(&s->out, s->user);
		return AM_OK;
	}
	am_wiped_add(&s->out, s->password.data, s->password.len);
	return AM_END;
}

static int login_server(struct am_sasl *s, const char *in, size_t len,
                        struct am_error *err)
{
	if (invite(s, in)) {
		am_wiped_text(&s->out, "Username:");
		return AM_OK;
	}
	if (!in)
		return am_sasl_garbled(s, err);
	if (!s->user) {
		if (am_sasl_take_name(&s->user, in, len))
			return am_sasl_garbled(s, err);
		am_wiped_text(&s->out, "Password:");
		return AM_OK;
	}
	int r = am_sasl_check(s, in, len, err);
	return r ? r : AM_END;
}

const struct am_sasl_mech am_sasl_login = {
	.name = "LOGIN",
	.clear = true,
	.client = login_client,
	.server = login_server,
};

/* ---- CRAM-MD5, RFC 2195: user SP hex(HMAC-MD5(password, challenge)) ---- */

static void cram_digest(const char *password, size_t len, const char *challenge,
                        size_t challenge_len, char hex[33])
{
	uint8_t mac[EVP_MAX_MD_SIZE] = {0};
	unsigned n = sizeof mac;

	(void)HMAC(EVP_md5(), password, (int)len, (const uint8_t *)challenge,
	           challenge_len, mac, &n);
	am_hex(mac, 16, hex);
}

static int cram_client(struct am_sasl *s, const char *in, size_t len,
                       struct am_error *err)
{
	char hex[33];

	if (!len)
		return am_sasl_garbled(s, err);
	cram_digest(s->password.data, s->password.len, in, len, hex);
	am_wiped_text(&s->out, s->user);
	am_wiped_text(&s->out, " ");
	am_wiped_text(&s->out, hex);
	return AM_END;
}

static int cram_check(struct am_sasl *s, const char *digest, size_t len,
                      struct am_error *err)
{
	struct am_sasl_secret secret;
	char hex[33];

	int r = am_sasl_find(s, &secret, err);
	if (r < 0)
		return r;
	/* One with a verifier only cannot log in this way. */
	const char *password = !r && secret.password ? secret.password : "";
	cram_digest(password, strlen(password), s->challenge,
	            strlen(s->challenge), hex);
	bool same = am_sasl_equal(digest, len, hex, 32);
	bool known = !r && secret.password;
	OPENSSL_cleanse(&secret, sizeof secret);
	return same && known ? AM_END : am_sasl_wrong(err);
}

static int cram_server(struct am_sasl *s, const char *in, size_t len,
                       struct am_error *err)
{
	uint8_t random[16];

	if (invite(s, in)) {
		char hex[33];
		if (RAND_bytes(random, sizeof random) != 1)
			return am_fail(err, AM_FATAL, AM_E_IO,
			               "no random numbers");
		am_hex(random, sizeof random, hex);
		s->challenge = g_strdup_printf("<%s@mailark>", hex);
		am_wiped_text(&s->out, s->challenge);
		return AM_OK;
	}
	if (!in || !s->challenge)
		return am_sasl_garbled(s, err);
	/* A name may hold spaces, the digest does not. */
	const char *space = memrchr(in, ' ', len);
	if (!space || am_sasl_take_name(&s->user, in, (size_t)(space - in)))
		return am_sasl_garbled(s, err);
	return cram_check(s, space + 1, len - (size_t)(space - in) - 1, err);
}

const struct am_sasl_mech am_sasl_cram_md5 = {
	.name = "CRAM-MD5",
	.client = cram_client,
	.server = cram_server,
};

/* ---- EXTERNAL, RFC 4422 appendix A: what TLS has shown already ---- */

static int external_client(struct am_sasl *s, const char *in, size_t len,
                           struct am_error *err)
{
	(void)in;
	if (len)
		return am_sasl_garbled(s, err);
	am_wiped_text(&s->out, s->authzid);
	return AM_END;
}

static int external_server(struct am_sasl *s, const char *in, size_t len,
                           struct am_error *err)
{
	if (invite(s, in))
		return AM_OK;
	if (am_sasl_take_name(&s->authzid, in ? in : "", in ? len : 0))
		return am_sasl_garbled(s, err);
	s->user = g_strdup(s->certificate_user);
	return AM_END;
}

const struct am_sasl_mech am_sasl_external = {
	.name = "EXTERNAL",
	.client_first = true,
	.external = true,
	.nameless = true,
	.client = external_client,
	.server = external_server,
};
