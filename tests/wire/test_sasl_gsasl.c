/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each mechanism with GNU SASL as the other end, which knows nothing of us. */
#include "wire/sasl.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <gsasl.h>

#include <string.h>

static struct am_error err;
static const char *const mechs[] = {
	"PLAIN",
	"LOGIN",
	"CRAM-MD5",
	"SCRAM-SHA-1",
	"SCRAM-SHA-256",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256-PLUS",
};
static const uint8_t channel[] = "0123456789abcdef0123456789abcde";

static int callback(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	(void)ctx;
	/* Set for the client at the start; the server asks. */
	if (prop == GSASL_PASSWORD) {
		gsasl_property_set(session, prop, "pencil");
		return GSASL_OK;
	}
	if (prop == GSASL_SCRAM_ITER) {
		gsasl_property_set(session, prop, "5000");
		return GSASL_OK;
	}
	return GSASL_NO_CALLBACK;
}

static int find(void *user, const char *name, struct am_sasl_secret *out,
                struct am_error *e)
{
	(void)user;
	(void)e;
	if (strcmp(name, "user"))
		return AM_END;
	out->password = "pencil";
	return AM_OK;
}

static void set_binding(Gsasl_session *session, bool bound)
{
	char *text = g_base64_encode(channel, sizeof channel);

	if (bound)
		gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, text);
	g_free(text);
}

static struct am_sasl *our_client(const char *mech, const char *password)
{
	struct am_sasl *c;
	struct am_sasl_client_opts o = {
		.user = "user",
		.password = password,
		.clear_ok = true,
		.binding_name = "tls-exporter",
		.binding = channel,
		.binding_len = strstr(mech, "PLUS") ? sizeof channel : 0,
	};

	cr_assert_eq(am_sasl_client_new(&c, mech, mech, &o, &err), AM_OK, "%s",
	             err.text);
	return c;
}

static struct am_sasl *our_server(const char *mech)
{
	struct am_sasl *s;
	struct am_sasl_server_opts o = {
		.find = find,
		.binding_name = "tls-exporter",
		.binding = channel,
		.binding_len = strstr(mech, "PLUS") ? sizeof channel : 0,
	};

	cr_assert_eq(am_sasl_server_new(&s, mech, &o, &err), AM_OK, "%s",
	             err.text);
	return s;
}

/* Ours and theirs in turn: true when both are content. */
static bool converse(struct am_sasl *ours, Gsasl_session *theirs, bool we_begin)
{
	char *in = NULL;
	size_t in_len = 0;
	int r = AM_OK, g = GSASL_NEEDS_MORE;
	bool begin = true;

	for (int i = 0; i < 10 && (r == AM_OK || g == GSASL_NEEDS_MORE); i++) {
		const uint8_t *out = (const uint8_t *)"";
		size_t len = 0;
		if (we_begin || !begin) {
			if (r != AM_END)
				r = am_sasl_step(ours, begin ? NULL : in,
				                 in_len, &out, &len, &err);
			gsasl_free(in);
			in = NULL;
			if (r < 0)
				return false;
		}
		begin = false;
		if (g == GSASL_OK)
			continue;
		g = gsasl_step(theirs, (const char *)out, len, &in, &in_len);
		if (g != GSASL_OK && g != GSASL_NEEDS_MORE)
			return false;
	}
	gsasl_free(in);
	return r == AM_END && g == GSASL_OK;
}

Test(sasl_gsasl, our_client_with_their_server)
{
	Gsasl *ctx;

	cr_assert_eq(gsasl_init(&ctx), GSASL_OK);
	gsasl_callback_set(ctx, callback);
	for (size_t i = 0; i < AM_COUNT(mechs); i++)
		for (int right = 0; right < 2; right++) {
			Gsasl_session *s;
			cr_assert_eq(gsasl_server_start(ctx, mechs[i], &s),
			             GSASL_OK, "%s", mechs[i]);
			set_binding(s, strstr(mechs[i], "PLUS"));
			struct am_sasl *c =
				our_client(mechs[i], right ? "pencil" : "pen");
			bool first = am_sasl_client_first(c);
			cr_assert_eq(converse(c, s, first), right, "%s %d: %s",
			             mechs[i], right, err.text);
			gsasl_finish(s);
			am_sasl_free(&c);
		}
	gsasl_done(ctx);
}

Test(sasl_gsasl, their_client_with_our_server)
{
	Gsasl *ctx;

	cr_assert_eq(gsasl_init(&ctx), GSASL_OK);
	for (size_t i = 0; i < AM_COUNT(mechs); i++)
		for (int right = 0; right < 2; right++) {
			Gsasl_session *c;
			bool first = strcmp(mechs[i], "LOGIN") &&
			             strcmp(mechs[i], "CRAM-MD5");
			cr_assert_eq(gsasl_client_start(ctx, mechs[i], &c),
			             GSASL_OK, "%s", mechs[i]);
			gsasl_property_set(c, GSASL_AUTHID, "user");
			gsasl_property_set(c, GSASL_PASSWORD,
			                   right ? "pencil" : "pen");
			set_binding(c, strstr(mechs[i], "PLUS"));
			struct am_sasl *s = our_server(mechs[i]);
			cr_assert_eq(converse(s, c, !first), right, "%s %d: %s",
			             mechs[i], right, err.text);
			cr_assert_str_eq(am_sasl_user(s), right ? "user" : "");
			gsasl_finish(c);
			am_sasl_free(&s);
		}
	gsasl_done(ctx);
}
