/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/account.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

enum {
	STEP_MS = 50,
	LONG_MS = 2500, /* a pause from here on is nothing to be silent about */
};

/* What changes. */
struct am_imap_private {
	pthread_mutex_t lock;
	int64_t resume_at;  /* monotonic µs */
	int64_t told_until; /* of the pause that was last told */
	_Atomic bool stop;
	_Atomic unsigned greetings;
	_Atomic unsigned hung_up; /* over NAMESPACE */
};

/* "INBOX;Sent": ';' because ',' separates options. */
static char **option_list(const struct am_location *where,
                          const struct am_option *table, const char *key)
{
	const char *text = am_location_option(where, table, key);

	return text && *text ? g_strsplit(text, ";", -1) : NULL;
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
	if (!select || !g_ascii_strcasecmp(select, "auto"))
		a->open = AM_IMAP_OPEN_AUTO;
	else if (!g_ascii_strcasecmp(select, "examine"))
		a->open = AM_IMAP_OPEN_EXAMINE;
	else if (!g_ascii_strcasecmp(select, "select"))
		a->open = AM_IMAP_OPEN_SELECT;
	else
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "select=%.40s: auto, examine or select", select);
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

/* "Work/Projects%202024" of the URL. */
static int read_path(struct am_imap_account *a, struct am_error *err)
{
	const char *path = a->login->path ? a->login->path : "";
	char **raw = g_strsplit(path, "/", -1);
	GPtrArray *parts = g_ptr_array_new();
	int r = AM_OK;

	for (char **p = raw; !r && *p; p++) {
		char *part = **p ? g_uri_unescape_string(*p, NULL) : NULL;
		if (part && g_utf8_validate(part, -1, NULL))
			g_ptr_array_add(parts, part);
		else if (**p)
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "the folder in the URL is not UTF-8 with "
			            "%%XX for what is special");
		if (r)
			g_free(part);
	}
	g_ptr_array_add(parts, NULL);
	a->parts = (char **)g_ptr_array_free(parts, FALSE);
	g_strfreev(raw);
	return r;
}

int am_imap_account_new(struct am_imap_account **out,
                        const struct am_location *where,
                        const struct am_option *table, struct am_ctx *ctx,
                        struct am_error *err)
{
	/* Never in the clear unless somebody says so. */
	static const struct am_server_scheme schemes[] = {
		{"imaps", 993, AM_TLS_NOW},
		{"imap", 143, AM_TLS_STARTTLS},
		{NULL, 0, AM_TLS_OFF}};
	struct am_imap_account *a = g_new0(struct am_imap_account, 1);

	*out = NULL;
	a->ctx = ctx;
	a->private = g_new0(struct am_imap_private, 1);
	pthread_mutex_init(&a->private->lock, NULL);
	a->only = option_list(where, table, "folders");
	a->skip = option_list(where, table, "skip");
	int r = am_server_login_new(&a->login, where, table, schemes, ctx, err);
	if (!r) {
		a->host = a->login->host;
		a->identity = a->login->identity;
		r = read_path(a, err);
	}
	if (!r)
		r = read_numbers(a, where, table, err);
	if (!r)
		r = read_switches(a, where, table, err);
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
	am_server_login_free(&a->login);
	pthread_mutex_destroy(&a->private->lock);
	g_free(a->private);
	g_strfreev(a->parts);
	g_strfreev(a->only);
	g_strfreev(a->skip);
	g_free(a);
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

bool am_imap_account_tell(struct am_imap_account *account, uint64_t ms,
                          const char *code, const char *why)
{
	struct am_imap_private *p = account->private;
	int64_t now = g_get_monotonic_time();
	bool is_long = ms >= LONG_MS;

	pthread_mutex_lock(&p->lock);
	bool told = is_long && now < p->told_until;
	if (is_long && !told)
		p->told_until = now + (int64_t)ms * 1000;
	pthread_mutex_unlock(&p->lock);
	if (is_long && !told)
		am_ctx_note(account->ctx, AM_NOTE_WARN, code, NULL, NULL,
		            "%s; going on in %" PRIu64 " s", why,
		            (ms + 999) / 1000);
	return is_long;
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

void am_imap_account_greeted(struct am_imap_account *account)
{
	account->private->greetings++;
}

unsigned am_imap_account_greetings(const struct am_imap_account *account)
{
	return account->private->greetings;
}

bool am_imap_account_fears_namespace(struct am_imap_account *account,
                                     bool hung_up)
{
	/* Names would be others without it, so chance must not do. */
	account->private->hung_up += hung_up;
	return account->private->hung_up >= 3;
}

void am_imap_account_stop(struct am_imap_account *account)
{
	account->private->stop = true;
}

bool am_imap_account_stopped(const struct am_imap_account *account)
{
	return account->private->stop;
}
