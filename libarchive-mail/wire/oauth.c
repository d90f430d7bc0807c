/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OAuth 2.0: providers, and fresh tokens from those in the file.
 */
#include "wire/oauth_impl.h"

#include "base/cancel.h"
#include "base/file.h"
#include "base/time.h"
#include "wire/secret.h"

#include <glib.h>

#include <string.h>

enum { SPARE_SECONDS = 300, LOCK_WAIT_MS = 60 * 1000, TICK_MS = 100 };

/*
 * Google has no device flow for mail: its list of scopes for devices does not
 * hold https://mail.google.com/.  Microsoft compares redirect URIs without the
 * port only where they say "localhost".
 */
static const struct provider {
	const char *name, *scope;
	const char *auth_url, *device_url, *token_url; /* %s: the tenant */
	const char *loopback_host, *loopback_extra;
} providers[] = {
	{"google", "https://mail.google.com/",
         "https://accounts.google.com/o/oauth2/v2/auth", NULL,
         "https://oauth2.googleapis.com/token", "127.0.0.1",
         "&access_type=offline&prompt=consent"},
	{"microsoft",
         "https://outlook.office.com/IMAP.AccessAsUser.All "
         "https://outlook.office.com/POP.AccessAsUser.All offline_access",
         "https://login.microsoftonline.com/%s/oauth2/v2.0/authorize",
         "https://login.microsoftonline.com/%s/oauth2/v2.0/devicecode",
         "https://login.microsoftonline.com/%s/oauth2/v2.0/token", "localhost",
         ""},
	{"custom", NULL, NULL, NULL, NULL, "127.0.0.1", ""},
};

static const struct provider *find_provider(const char *name)
{
	for (size_t i = 0; i < AM_COUNT(providers); i++)
		if (!g_ascii_strcasecmp(providers[i].name, name))
			return &providers[i];
	return NULL;
}

/* What the user said, else the provider's with the tenant put in. */
static char *choose_url(const char *said, const char *preset,
                        const char *tenant)
{
	const char *hole = preset ? strstr(preset, "%s") : NULL;

	if (said || !hole)
		return g_strdup(said ? said : preset);
	return g_strdup_printf("%.*s%s%s", (int)(hole - preset), preset, tenant,
	                       hole + 2);
}

static int check(const struct am_oauth *o, const struct am_oauth_opts *opts,
                 struct am_error *err)
{
	const char *missing = !o->client_id    ? "oauth-client-id"
	                      : !o->scope      ? "oauth-scope"
	                      : !o->token_url  ? "oauth-token-url"
	                      : !o->token_file ? "token-file"
	                                       : NULL;
	int r = AM_OK;

	if (missing)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "oauth=%s needs %s", opts->provider, missing);
	if (opts->tenant && strpbrk(opts->tenant, "/?#% "))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "oauth-tenant is a name or a number");
	r = am_http_check_url("oauth-token-url", o->token_url, err);
	if (!r && o->auth_url)
		r = am_http_check_url("oauth-auth-url", o->auth_url, err);
	if (!r && o->device_url)
		r = am_http_check_url("oauth-device-url", o->device_url, err);
	return r;
}

int am_oauth_new(struct am_oauth **out, const struct am_oauth_opts *opts,
                 struct am_error *err)
{
	const char *name = opts->provider ? opts->provider : "custom";
	const struct provider *p = find_provider(name);
	const char *tenant = opts->tenant ? opts->tenant : "common";

	*out = NULL;
	if (!p)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "oauth is google, microsoft or custom, not "
		               "\"%.40s\"",
		               name);
	struct am_oauth *o = g_new0(struct am_oauth, 1);
	o->client_id = g_strdup(opts->client_id);
	o->client_secret = g_strdup(opts->client_secret);
	o->scope = g_strdup(opts->scope ? opts->scope : p->scope);
	o->user = g_strdup(opts->user);
	o->ca = g_strdup(opts->ca);
	o->auth_url = choose_url(opts->auth_url, p->auth_url, tenant);
	o->device_url = choose_url(opts->device_url, p->device_url, tenant);
	o->token_url = choose_url(opts->token_url, p->token_url, tenant);
	o->token_file = g_strdup(opts->token_file);
	o->loopback_host = p->loopback_host;
	o->loopback_extra = p->loopback_extra;
	o->cancel = opts->cancel;
	int r = check(o, opts, err);
	if (r)
		am_oauth_free(&o);
	*out = o;
	return r;
}

void am_oauth_free(struct am_oauth **oauth)
{
	struct am_oauth *o = *oauth;

	*oauth = NULL;
	if (!o)
		return;
	am_secret_free(&o->client_secret);
	g_free(o->client_id);
	g_free(o->scope);
	g_free(o->user);
	g_free(o->ca);
	g_free(o->auth_url);
	g_free(o->device_url);
	g_free(o->token_url);
	g_free(o->token_file);
	g_free(o);
}

bool am_oauth_has_device(const struct am_oauth *oauth)
{
	return oauth->device_url != NULL;
}

struct am_http_form *am_oauth_form(const struct am_oauth *oauth)
{
	struct am_http_form *form = am_http_form_new();

	am_http_form_add(form, "client_id", oauth->client_id);
	am_http_form_add(form, "client_secret", oauth->client_secret);
	return form;
}

int am_oauth_sleep(const struct am_oauth *oauth, int64_t ms,
                   struct am_error *err)
{
	for (; ms > 0; ms -= TICK_MS) {
		if (am_cancel_asked(oauth->cancel))
			return am_fail(err, AM_FATAL, AM_E_CANCELLED,
			               "cancelled");
		g_usleep((gulong)MIN(ms, TICK_MS) * 1000);
	}
	return AM_OK;
}

/* Good for a while, and not the one a server would not have. */
static bool usable(const struct am_oauth_tokens *t, const char *refused)
{
	if (!t->access || (refused && !strcmp(refused, t->access)))
		return false;
	return !t->ends || t->ends - SPARE_SECONDS > am_time_now();
}

static int refresh(struct am_oauth *oauth, struct am_oauth_tokens *tokens,
                   struct am_error *err)
{
	struct am_oauth_tokens fresh;
	char code[AM_OAUTH_CODE_ROOM];

	if (!tokens->refresh)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "the token has ended and cannot be renewed: "
		               "log in again");
	struct am_http_form *form = am_oauth_form(oauth);
	am_http_form_add(form, "grant_type", "refresh_token");
	am_http_form_add(form, "refresh_token", tokens->refresh);
	int r = am_oauth_ask_tokens(oauth, form, &fresh, code, err);
	am_http_form_free(&form);
	if (r == AM_FAILED && !strcmp(code, "invalid_grant"))
		return am_wrap(err, r,
		               "the consent has ended or was taken back, log "
		               "in again");
	if (r)
		return r;
	if (!fresh.refresh) {
		fresh.refresh = tokens->refresh;
		tokens->refresh = NULL;
	}
	am_oauth_tokens_clear(tokens);
	*tokens = fresh;
	return am_oauth_file_write(oauth->token_file, tokens, err);
}

static int take_lock(struct am_oauth *oauth, struct am_lock **out,
                     struct am_error *err)
{
	char *path = g_strconcat(oauth->token_file, ".lock", NULL);
	struct am_error why = {0};
	int r;

	for (int waited = 0;; waited += TICK_MS) {
		r = am_lock_take(out, path, "renewing a token", &why);
		if (!r || why.kind != AM_E_BUSY || waited >= LOCK_WAIT_MS)
			break;
		r = am_oauth_sleep(oauth, TICK_MS, &why);
		if (r)
			break;
	}
	g_free(path);
	if (r && err)
		*err = why;
	return r;
}

int am_oauth_token(struct am_oauth *oauth, const char *refused, char **out,
                   struct am_error *err)
{
	struct am_oauth_tokens tokens = {0};
	struct am_error why = {0};
	struct am_lock *lock = NULL;

	*out = NULL;
	int r = am_oauth_file_read(oauth->token_file, &tokens, &why);
	if (r && why.kind == AM_E_NOTFOUND)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "no token yet: log in once (mailark accounts "
		               "login NAME)");
	if (!r && !usable(&tokens, refused)) {
		am_oauth_tokens_clear(&tokens);
		r = take_lock(oauth, &lock, &why);
		if (!r)
			r = am_oauth_file_read(oauth->token_file, &tokens,
			                       &why);
		if (!r && !usable(&tokens, refused))
			r = refresh(oauth, &tokens, &why);
		am_lock_release(&lock);
	}
	if (!r && !tokens.access)
		r = am_fail(&why, AM_FAILED, AM_E_AUTH,
		            "%s: holds no token: log in again",
		            oauth->token_file);
	if (!r) {
		*out = tokens.access;
		tokens.access = NULL;
	} else if (err) {
		*err = why;
	}
	am_oauth_tokens_clear(&tokens);
	return r;
}
