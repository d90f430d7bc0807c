/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/account.h"

#include "formats/credential.h"
#include "formats/server_url.h"
#include "wire/sasl.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

enum { PORT_IMAP = 143, PORT_IMAPS = 993, STEP_MS = 50 };

/* What changes: secrets and the pause. */
struct am_imap_private {
	struct am_credential *secret;
	pthread_mutex_t lock;
	int64_t resume_at; /* monotonic µs */
	_Atomic bool stop;
};

static char *option(const struct am_location *where,
                    const struct am_option *table, const char *key)
{
	return g_strdup(am_location_option(where, table, key));
}

/* "INBOX;Sent": ';' because ',' separates options. */
static char **option_list(const struct am_location *where,
                          const struct am_option *table, const char *key)
{
	const char *text = am_location_option(where, table, key);

	return text && *text ? g_strsplit(text, ";", -1) : NULL;
}

static int read_tls(struct am_imap_account *a, const char *scheme,
                    const char *word, struct am_error *err)
{
	bool implicit = !strcmp(scheme, "imaps");

	/* Never in the clear unless somebody says so. */
	if (!word)
		a->tls = implicit ? AM_TLS_NOW : AM_TLS_STARTTLS;
	else if (!g_ascii_strcasecmp(word, "on"))
		a->tls = AM_TLS_NOW;
	else if (!g_ascii_strcasecmp(word, "starttls"))
		a->tls = AM_TLS_STARTTLS;
	else if (!g_ascii_strcasecmp(word, "off"))
		a->tls = AM_TLS_OFF;
	else
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "tls=%.40s: on, starttls or off", word);
	if (implicit && a->tls != AM_TLS_NOW)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "imaps:// is TLS from the first byte: say "
		               "imap:// with tls=%s",
		               word);
	return AM_OK;
}

static int read_numbers(struct am_imap_account *a,
                        const struct am_location *where,
                        const struct am_option *table, struct am_error *err)
{
	const char *n = am_location_option(where, table, "connections");
	const char *budget = am_location_option(where, table, "budget");
	int r = AM_OK;

	if (!n || n[0] < '1' || n[0] > '4' || n[1])
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "connections=%.20s: 1 to 4", n ? n : "");
	a->connections = (unsigned)(n[0] - '0');
	if (am_location_option(where, table, "rate"))
		r = am_location_size(where, table, "rate", &a->rate, err);
	if (!r && budget) {
		const char *slash = strchr(budget, '/');
		if (slash && g_ascii_strcasecmp(slash, "/day"))
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "budget=%.40s: as in 2500M/day", budget);
		char *size = g_strndup(budget, slash ? (gsize)(slash - budget)
		                                     : strlen(budget));
		r = am_parse_size(size, &a->budget, err);
		g_free(size);
	}
	return r;
}

static int read_switches(struct am_imap_account *a,
                         const struct am_location *where,
                         const struct am_option *table, struct am_error *err)
{
	const char *compress = am_location_option(where, table, "compress");
	const char *select = am_location_option(where, table, "select");

	int r = am_location_switch(where, table, "subscribed", &a->subscribed,
	                           err);
	if (!r)
		r = am_location_switch(where, table, "id", &a->id, err);
	if (r)
		return r;
	a->examine = !select || g_ascii_strcasecmp(select, "select");
	if (select && a->examine && g_ascii_strcasecmp(select, "examine"))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "select=%.40s: examine or select", select);
	if (!compress || !g_ascii_strcasecmp(compress, "auto"))
		a->compress = AM_IMAP_COMPRESS_AUTO;
	else if (!g_ascii_strcasecmp(compress, "on"))
		a->compress = AM_IMAP_COMPRESS_ON;
	else if (!g_ascii_strcasecmp(compress, "off"))
		a->compress = AM_IMAP_COMPRESS_OFF;
	else
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "compress=%.40s: auto, on or off", compress);
	return AM_OK;
}

static int make_secret(struct am_imap_account *a,
                       const struct am_location *where,
                       const struct am_option *table, struct am_error *err)
{
	char *prompt = g_strdup_printf("Password for %s%s%s",
	                               a->user ? a->user : "",
	                               a->user ? " at " : "", a->host);
	struct am_credential_places places = {
		.password_command =
			am_location_option(where, table, "password-command"),
		.password_file =
			am_location_option(where, table, "password-file"),
		.token_command =
			am_location_option(where, table, "token-command"),
		.token_file = am_location_option(where, table, "token-file"),
		.prompt = prompt,
	};

	int r = am_credential_new(&a->private->secret, &places, a->ctx, err);
	g_free(prompt);
	return r;
}

static int read_place(struct am_imap_account *a, const struct am_location *where,
                      const struct am_option *table, struct am_error *err)
{
	static const uint16_t usual[] = {PORT_IMAP, PORT_IMAPS};
	struct am_server_url url = {0};

	if (!where->url)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a server is named by an address: "
		               "imaps://user@host");
	int r = am_server_url_parse(&url, where->url, err);
	if (!r)
		r = read_tls(a, url.scheme,
		             am_location_option(where, table, "tls"), err);
	if (r)
		goto out;
	a->host = g_strdup(url.host);
	a->port = url.port                ? url.port
	          : a->tls == AM_TLS_NOW ? PORT_IMAPS
	                                 : PORT_IMAP;
	a->user = option(where, table, "user");
	if (!a->user)
		a->user = g_strdup(url.user);
	a->auth = option(where, table, "auth");
	if (!a->auth)
		a->auth = g_strdup(url.auth);
	a->parts = g_steal_pointer(&url.parts);
	a->n_parts = g_strv_length(a->parts);
	a->identity = am_server_url_identity("imap", a->user, a->host, a->port,
	                                     usual, AM_COUNT(usual));
out:
	am_server_url_clear(&url);
	return r;
}

int am_imap_account_new(struct am_imap_account **out,
                        const struct am_location *where,
                        const struct am_option *table, struct am_ctx *ctx,
                        struct am_error *err)
{
	struct am_imap_account *a = g_new0(struct am_imap_account, 1);

	*out = NULL;
	a->ctx = ctx;
	a->private = g_new0(struct am_imap_private, 1);
	pthread_mutex_init(&a->private->lock, NULL);
	a->ca = option(where, table, "tls-ca");
	a->cert = option(where, table, "tls-cert");
	a->key = option(where, table, "tls-key");
	a->pin = option(where, table, "tls-pin");
	a->trust = (struct am_tls_opts){
		.ca = a->ca, .cert = a->cert, .key = a->key, .pin = a->pin};
	a->only = option_list(where, table, "folders");
	a->skip = option_list(where, table, "skip");
	int r = read_place(a, where, table, err);
	if (!r)
		r = read_numbers(a, where, table, err);
	if (!r)
		r = read_switches(a, where, table, err);
	if (!r)
		r = make_secret(a, where, table, err);
	if (r)
		am_imap_account_free(&a);
	*out = a;
	return r;
}

void am_imap_account_free(struct am_imap_account **account)
{
	struct am_imap_account *a = *account;

	*account = NULL;
	if (!a)
		return;
	am_credential_free(&a->private->secret);
	pthread_mutex_destroy(&a->private->lock);
	g_free(a->private);
	g_free(a->host);
	g_free(a->user);
	g_free(a->auth);
	g_free(a->identity);
	g_free(a->ca);
	g_free(a->cert);
	g_free(a->key);
	g_free(a->pin);
	g_strfreev(a->parts);
	g_strfreev(a->only);
	g_strfreev(a->skip);
	g_free(a);
}

int am_imap_account_secret(struct am_imap_account *account, bool again,
                           struct am_sasl_client_opts *out,
                           struct am_error *err)
{
	int r = AM_OK;

	if (!account->user && !account->cert)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "no user: say imaps://user@%s or user=NAME",
		               account->host);
	out->user = account->user;
	out->host = account->host;
	out->port = account->port;
	out->certificate = account->cert;
	/* A certificate may do; what else is asked for is not known yet. */
	if (account->user && (!account->cert || !account->auth ||
	                      g_ascii_strcasecmp(account->auth, "EXTERNAL")))
		r = am_credential_get(account->private->secret, again,
		                  &out->password, &out->token, err);
	return r;
}

void am_imap_account_pause(struct am_imap_account *account, uint64_t ms)
{
	struct am_imap_private *p = account->private;
	int64_t until = g_get_monotonic_time() + (int64_t)ms * 1000;

	pthread_mutex_lock(&p->lock);
	if (p->resume_at < until)
		p->resume_at = until;
	pthread_mutex_unlock(&p->lock);
}

int am_imap_account_sleep(struct am_imap_account *account, uint64_t ms,
                          struct am_error *err)
{
	int64_t until = g_get_monotonic_time() + (int64_t)ms * 1000;

	for (;;) {
		int64_t left = (until - g_get_monotonic_time()) / 1000;
		if (am_ctx_cancelled(account->ctx) || account->private->stop)
			return am_ctx_fail_cancelled(err);
		if (left <= 0)
			return AM_OK;
		g_usleep((gulong)MIN(left, STEP_MS) * 1000);
	}
}

int am_imap_account_rest(struct am_imap_account *account, struct am_error *err)
{
	struct am_imap_private *p = account->private;
	int64_t left;

	do {
		pthread_mutex_lock(&p->lock);
		left = p->resume_at - g_get_monotonic_time();
		pthread_mutex_unlock(&p->lock);
		if (left <= 0)
			return AM_OK;
	} while (!am_imap_account_sleep(account, (uint64_t)left / 1000 + 1,
	                                err));
	return AM_FATAL;
}

void am_imap_account_stop(struct am_imap_account *account)
{
	account->private->stop = true;
}

bool am_imap_account_stopped(const struct am_imap_account *account)
{
	return account->private->stop;
}
