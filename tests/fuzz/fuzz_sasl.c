/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const mechs[] = {
	"PLAIN",
	"LOGIN",
	"CRAM-MD5",
	"EXTERNAL",
	"XOAUTH2",
	"OAUTHBEARER",
	"SCRAM-SHA-1",
	"SCRAM-SHA-256",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256-PLUS",
};

static int find(void *user, const char *name, struct am_sasl_secret *out,
                struct am_error *err)
{
	(void)err;
	if (!g_utf8_validate(name, -1, NULL))
		abort();
	/* SCRAM by a verifier: hashing would take all of the time. */
	if (*(bool *)user) {
		out->iterations = 4096;
		out->salt_len = 16;
	} else {
		out->password = "pencil";
	}
	return *name == 'x' ? AM_END : AM_OK;
}

/* Hashing a million times finds nothing. */
static bool dear(const uint8_t *data, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		digits = g_ascii_isdigit(data[i]) ? digits + 1 : 0;
		if (digits > 4)
			return true;
	}
	return false;
}

static struct am_sasl *make(const char *mech, bool server, bool *verifier)
{
	static const uint8_t channel[16];
	struct am_sasl_client_opts c = {.user = "us=e,r",
	                                .authzid = "",
	                                .password = "pencil",
	                                .token = "token",
	                                .host = "host",
	                                .certificate = true,
	                                .clear_ok = true,
	                                .binding_name = "tls-exporter",
	                                .binding = channel,
	                                .binding_len = sizeof channel};
	struct am_sasl_server_opts s = {.find = find,
	                                .user = verifier,
	                                .binding_name = "tls-exporter",
	                                .binding = channel,
	                                .binding_len = sizeof channel,
	                                .certificate_user = "someone",
	                                .fake_key = (const uint8_t *)mech};
	static const uint8_t key[32];
	struct am_sasl *out;

	s.fake_key = key;
	int r = server ? am_sasl_server_new(&out, mech, &s, NULL)
	               : am_sasl_client_new(&out, mech, mech, &c, NULL);
	if (r)
		abort();
	/* Known, so that the fuzzer can repeat it. */
	out->scram.nonce = g_strdup("nonce");
	return out;
}

/* One byte chooses mechanism and side; then messages, the length of each in
 * front of it, 0 for none at all. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len || dear(data, len))
		return 0;
	const char *mech = mechs[(data[0] >> 1) % AM_COUNT(mechs)];
	bool server = data[0] & 1, verifier = strstr(mech, "SCRAM");
	struct am_sasl *s = make(mech, server, &verifier);
	struct am_error err;
	int r = AM_OK;

	data++;
	len--;
	for (int i = 0; i < 6 && r == AM_OK && len; i++) {
		const uint8_t *out;
		size_t out_len, n = *data++;
		len--;
		if (n > len)
			n = len;
		/* A copy, so that reading past its end is seen. */
		uint8_t *in = n ? g_memdup2(data, n) : NULL;
		r = am_sasl_step(s, in, n, &out, &out_len, &err);
		g_free(in);
		if (r < 0 && (!err.text[0] || err.kind == AM_E_NONE))
			abort();
		/* Nobody can guess the proof of a verifier of zeros, nor the
		 * server's signature. */
		if (r == AM_END && verifier)
			abort();
		data += n;
		len -= n;
	}
	(void)am_sasl_user(s);
	am_sasl_free(&s);
	return 0;
}
