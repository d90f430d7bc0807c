/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords and tokens of a login (server_secrets.h).
 */
#include "formats/server_secrets.h"

#include "wire/oauth.h"
#include "wire/secret.h"

#include <glib.h>

#include <string.h>

enum {
	TOKEN_MS = 60 * 1000,
	/* A person may have to unlock something first. */
	PASSWORD_MS = 300 * 1000,
	/* Refusals in a row after which no more are asked for: servers lock
	 * accounts that knock too often. */
	REFUSALS = 3
};

enum way { NOTHING, TOKEN_COMMAND, OAUTH, COMMAND, FILE_LINE, ASK };

struct am_server_secrets {
	enum way way;
	char *text; /* the command or the file's name */
	struct am_oauth *oauth;
	GMutex lock;
	/* What was had last, and what was had before it: others may still use
	 * that.  All wiped at the end. */
	char *last;
	GPtrArray *old;
	unsigned refusals;
};

static bool takes_token(const char *auth)
{
	return auth &&
	       (!strcmp(auth, "XOAUTH2") || !strcmp(auth, "OAUTHBEARER"));
}

struct am_oauth_opts am_server_login_oauth(const struct am_location *where,
                                           const struct am_option *table)
{
#define OPTION(name) am_location_option(where, table, name)
	return (struct am_oauth_opts){
		.provider = OPTION("oauth"),
		.tenant = OPTION("oauth-tenant"),
		.client_id = OPTION("oauth-client-id"),
		.client_secret = OPTION("oauth-client-secret"),
		.scope = OPTION("oauth-scope"),
		.auth_url = OPTION("oauth-auth-url"),
		.device_url = OPTION("oauth-device-url"),
		.token_url = OPTION("oauth-token-url"),
		.token_file = OPTION("token-file"),
	};
#undef OPTION
}

static int open_oauth(struct am_server_secrets *s,
                      const struct am_server_login *login,
                      const struct am_location *where,
                      const struct am_option *table, struct am_error *err)
{
	struct am_oauth_opts opts = am_server_login_oauth(where, table);

	opts.user = login->user;
	opts.cancel = login->ctx ? login->ctx->cancel : NULL;
	return am_oauth_new(&s->oauth, &opts, err);
}

int am_server_secrets_new(struct am_server_secrets **out,
                          const struct am_server_login *login,
                          const struct am_location *where,
                          const struct am_option *table, struct am_error *err)
{
	static const struct {
		const char *option;
		enum way way;
	} ways[] = {
		{"token-command", TOKEN_COMMAND},
		{"oauth", OAUTH},
		{"password-command", COMMAND},
		{"password-file", FILE_LINE},
	};
	struct am_server_secrets *s = g_new0(struct am_server_secrets, 1);
	const char *auth = login->auth;
	int r = AM_OK;

	*out = s;
	g_mutex_init(&s->lock);
	s->old = g_ptr_array_new();
	s->way = ASK;
	if (auth && (!strcmp(auth, "EXTERNAL") || !strcmp(auth, "ANONYMOUS")))
		s->way = NOTHING;
	for (size_t i = 0; i < AM_COUNT(ways) && s->way == ASK; i++) {
		const char *v =
			am_location_option(where, table, ways[i].option);
		if (!v)
			continue;
		s->way = ways[i].way;
		s->text = g_strdup(v);
	}
	if (s->way != NOTHING && !login->user)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "who logs in? (%s://USER@%s, or option user)",
		               login->scheme, login->host);
	if (s->way == OAUTH)
		r = open_oauth(s, login, where, table, err);
	else if (takes_token(auth) && s->way != TOKEN_COMMAND)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "auth=%s needs token-command or oauth", auth);
	return r;
}

static void drop_secret(void *secret)
{
	char *text = secret;

	am_secret_free(&text);
}

void am_server_secrets_free(struct am_server_secrets **secrets)
{
	struct am_server_secrets *s = *secrets;

	*secrets = NULL;
	if (!s)
		return;
	am_secret_free(&s->last);
	g_ptr_array_foreach(s->old, (GFunc)(void (*)(void))drop_secret, NULL);
	g_ptr_array_free(s->old, TRUE);
	am_oauth_free(&s->oauth);
	g_mutex_clear(&s->lock);
	g_free(s->text);
	g_free(s);
}

static int ask(char **out, const struct am_server_login *login,
               struct am_error *err)
{
	struct am_ctx *ctx = login->ctx;
	char buf[1024] = "";
	int r = AM_FAILED;

	char *prompt = am_server_login_prompt(login);
	if (ctx && ctx->ask)
		r = ctx->ask(ctx->user, prompt, buf, sizeof buf);
	g_free(prompt);
	buf[sizeof buf - 1] = '\0';
	if (!r && *buf)
		*out = g_strdup(buf);
	explicit_bzero(buf, sizeof buf);
	if (r == AM_FATAL)
		return am_ctx_fail_cancelled(err);
	if (!*out)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "no password for %s at %s, and nobody to ask "
		               "(password-command says where it is)",
		               login->user, login->host);
	return AM_OK;
}

static int have(struct am_server_secrets *s,
                const struct am_server_login *login, bool again, char **out,
                struct am_error *err)
{
	const struct am_cancel *cancel = login->ctx ? login->ctx->cancel : NULL;
	int r;

	switch (s->way) {
	case TOKEN_COMMAND:
		r = am_secret_command(out, "token-command", s->text, TOKEN_MS,
		                      cancel, err);
		if (!r)
			g_strstrip(*out);
		return r;
	case OAUTH:
		return am_oauth_token(s->oauth, again ? s->last : NULL, out,
		                      err);
	case COMMAND:
		return am_secret_command(out, "password-command", s->text,
		                         PASSWORD_MS, cancel, err);
	case FILE_LINE:
		return am_secret_file(out, "password-file", s->text, err);
	case ASK:
		return ask(out, login, err);
	case NOTHING:
		break;
	}
	return AM_OK;
}

/* A token is had for each login, a password kept until it is refused. */
static int get(struct am_server_secrets *s, const struct am_server_login *login,
               bool again, struct am_error *err)
{
	bool token = s->way == TOKEN_COMMAND || s->way == OAUTH;
	char *fresh = NULL;

	s->refusals = again ? s->refusals + 1 : 0;
	if (s->refusals >= REFUSALS)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "refused %u times: not tried again",
		               s->refusals);
	if (s->last && !token && !again)
		return AM_OK;
	int r = have(s, login, again, &fresh, err);
	if (r)
		return r;
	if (again && fresh && s->last && !strcmp(fresh, s->last)) {
		am_secret_free(&fresh);
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "the same %s came once more",
		               token ? "token" : "password");
	}
	if (s->last && fresh && !strcmp(fresh, s->last)) {
		am_secret_free(&fresh);
		return AM_OK;
	}
	if (s->last)
		g_ptr_array_add(s->old, s->last);
	s->last = fresh;
	return AM_OK;
}

int am_server_secrets_get(struct am_server_secrets *s,
                          const struct am_server_login *login, bool again,
                          struct am_sasl_client_opts *out, struct am_error *err)
{
	if (s->way == NOTHING)
		return again ? am_fail(err, AM_FAILED, AM_E_AUTH,
		                       "the server refused it, and there is no "
		                       "other")
		             : AM_OK;
	g_mutex_lock(&s->lock);
	int r = get(s, login, again, err);
	if (!r && (s->way == TOKEN_COMMAND || s->way == OAUTH))
		out->token = s->last;
	else if (!r)
		out->password = s->last;
	g_mutex_unlock(&s->lock);
	return r;
}
