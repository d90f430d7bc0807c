/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mail server as URL and options name it (server_login.h).
 */
#include "formats/server_login.h"

#include "formats/server_secrets.h"

#include <glib.h>

#include <string.h>

/* A part of the URL with its %XX undone; *out stays NULL for an empty one. */
static int unescape(char **out, const char *text, size_t len, const char *what,
                    struct am_error *err)
{
	char *raw = g_strndup(text, len);

	if (len)
		*out = g_uri_unescape_string(raw, NULL);
	g_free(raw);
	if (len && !*out)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "the %s in the URL has a %% that is no %%XX "
		               "(%%25 is a %%)",
		               what);
	for (const char *p = *out; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "the %s in the URL has a control "
			               "character",
			               what);
	return AM_OK;
}

/* "user", "user;AUTH=MECH" (RFC 5092); never "user:password". */
static int parse_user(struct am_server_login *l, const char *text, size_t len,
                      struct am_error *err)
{
	const char *semicolon = memchr(text, ';', len);
	size_t n = semicolon ? (size_t)(semicolon - text) : len;

	if (memchr(text, ':', n))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "no password in a URL, where others can see it: "
		               "password-command, password-file, or wait to "
		               "be asked (a ':' in the name is %%3A)");
	if (semicolon && len - n > 6 &&
	    !g_ascii_strncasecmp(semicolon, ";auth=", 6) &&
	    strncmp(semicolon, ";AUTH=*", 7))
		l->auth = g_ascii_strup(semicolon + 6, (gssize)(len - n - 6));
	return unescape(&l->user, text, n, "user name", err);
}

static int parse_port(struct am_server_login *l, const char *text, size_t len,
                      struct am_error *err)
{
	unsigned port = 0;

	if (!len)
		return AM_OK;
	for (size_t i = 0; i < len && port <= UINT16_MAX; i++) {
		if (!g_ascii_isdigit(text[i]))
			port = UINT16_MAX;
		port = port * 10 + (unsigned)(text[i] & 0xF);
	}
	if (!port || port > UINT16_MAX)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%.*s\" is no port", (int)MIN(len, 20), text);
	l->port = (uint16_t)port;
	return AM_OK;
}

/* "host", "host:993", "[::1]:993". */
static int parse_host(struct am_server_login *l, const char *text, size_t len,
                      struct am_error *err)
{
	const char *colon, *name = text;
	size_t n;

	if (len && *text == '[') {
		const char *end = memchr(text, ']', len);
		if (!end || (end + 1 < text + len && end[1] != ':'))
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "the address in brackets does not end "
			               "in ] or ]:PORT");
		name++;
		n = (size_t)(end - name);
		colon = end + 1 < text + len ? end + 1 : NULL;
	} else {
		colon = memchr(text, ':', len);
		n = colon ? (size_t)(colon - text) : len;
	}
	int r = unescape(&l->host, name, n, "host", err);
	if (!r && !l->host)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "no host in the URL (SCHEME://user@host)");
	if (!r && strpbrk(l->host, " /@\"\\"))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "\"%.60s\" is no host", l->host);
	if (!r && colon)
		r = parse_port(l, colon + 1, len - (size_t)(colon + 1 - text),
		               err);
	return r;
}

/* People write their address as it is: the last '@' is the one that counts. */
static int parse_url(struct am_server_login *l, const char *url,
                     const struct am_server_scheme *schemes,
                     struct am_error *err)
{
	const char *sep = url ? strstr(url, "://") : NULL;
	const struct am_server_scheme *s = schemes;

	for (; sep && s->name; s++)
		if (strlen(s->name) == (size_t)(sep - url) &&
		    !g_ascii_strncasecmp(s->name, url, strlen(s->name)))
			break;
	if (!sep || !s->name)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a server is named %s://user@host",
		               schemes->name);
	l->scheme = g_strdup(s->name);
	l->port = s->port;
	l->tls = s->tls;
	const char *text = sep + 3;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	const char *at = memrchr(text, '@', len);
	int r = AM_OK;
	if (at)
		r = parse_user(l, text, (size_t)(at - text), err);
	if (!r)
		r = parse_host(l, at ? at + 1 : text,
		               len - (at ? (size_t)(at + 1 - text) : 0), err);
	if (!r && slash && slash[1])
		l->path = g_strdup(slash + 1);
	return r;
}

static int parse_tls(struct am_server_login *l, const char *how,
                     struct am_error *err)
{
	if (!how)
		return AM_OK;
	if (!strcmp(how, "off") || !strcmp(how, "no"))
		l->tls = AM_TLS_OFF;
	else if (!strcmp(how, "now"))
		l->tls = AM_TLS_NOW;
	else if (!strcmp(how, "starttls"))
		l->tls = AM_TLS_STARTTLS;
	else
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "tls is now, starttls or off, not \"%.40s\"",
		               how);
	return AM_OK;
}

static int parse_trust(struct am_server_login *l,
                       const struct am_location *where,
                       const struct am_option *table, struct am_error *err)
{
	bool verify = true;

	int r = am_location_switch(where, table, "tls-verify", &verify, err);
	if (r)
		return r;
	l->trust.insecure = !verify;
	l->trust.ca = g_strdup(am_location_option(where, table, "tls-ca"));
	l->trust.cert = g_strdup(am_location_option(where, table, "tls-cert"));
	l->trust.key = g_strdup(am_location_option(where, table, "tls-key"));
	const char *pin = am_location_option(where, table, "tls-pin");
	if (!pin)
		return AM_OK;
	/* As openssl prints it, too: AB:CD:… */
	GString *hex = g_string_new(NULL);
	for (; *pin; pin++)
		if (*pin != ':')
			g_string_append_c(hex, g_ascii_tolower(*pin));
	if (hex->len != 64 || strspn(hex->str, "0123456789abcdef") != 64)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "tls-pin is a SHA-256 in hexadecimal, 64 digits");
	l->trust.pin = g_string_free(hex, FALSE);
	return r;
}

static int parse_timeout(struct am_server_login *l, const char *text,
                         struct am_error *err)
{
	char *end = NULL;
	guint64 n = text ? g_ascii_strtoull(text, &end, 10) : 120;

	if (text && (end == text || *end || !n || n > 86400))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "timeout is 1 to 86400 seconds, not \"%.40s\"",
		               text);
	l->stall_ms = (unsigned)n * 1000;
	return AM_OK;
}

static void name_identity(struct am_server_login *l,
                          const struct am_server_scheme *schemes)
{
	char *user = l->user ? g_uri_escape_string(l->user, "@", TRUE) : NULL;
	char *act =
		l->act_as ? g_uri_escape_string(l->act_as, "@", TRUE) : NULL;
	size_t n = strlen(schemes->name);
	bool usual = false;
	GString *id = g_string_new(NULL);
	char *host = g_ascii_strdown(l->host, -1);

	if (n > 1 && schemes->name[n - 1] == 's')
		n--;
	/* Whether over 143 or 993, it is the same mailbox. */
	for (const struct am_server_scheme *s = schemes; s->name; s++)
		usual = usual || s->port == l->port;
	g_string_append_printf(id, "%.*s://", (int)n, schemes->name);
	if (act || user)
		g_string_append_printf(id, "%s@", act ? act : user);
	size_t before = id->len;
	g_string_append_printf(id, strchr(host, ':') ? "[%s]" : "%s", host);
	if (!usual)
		g_string_append_printf(id, ":%u", l->port);
	l->place = g_strdup(id->str + before);
	l->identity = g_string_free(id, FALSE);
	g_free(host);
	g_free(user);
	g_free(act);
}

int am_server_login_new(struct am_server_login **out,
                        const struct am_location *where,
                        const struct am_option *table,
                        const struct am_server_scheme *schemes,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct am_server_login *l = g_new0(struct am_server_login, 1);
	const char *value;

	l->ctx = ctx;
	int r = parse_url(l, where->url, schemes, err);
	if (!r)
		r = parse_tls(l, am_location_option(where, table, "tls"), err);
	if (!r)
		r = parse_trust(l, where, table, err);
	if (!r)
		r = parse_timeout(
			l, am_location_option(where, table, "timeout"), err);
	if (!r && (value = am_location_option(where, table, "user"))) {
		g_free(l->user);
		l->user = g_strdup(value);
	}
	if (!r && (value = am_location_option(where, table, "auth"))) {
		g_free(l->auth);
		l->auth = g_ascii_strup(value, -1);
	}
	if (!r) {
		l->act_as =
			g_strdup(am_location_option(where, table, "act-as"));
		r = am_server_secrets_new(&l->secrets, l, where, table, err);
	}
	if (!r)
		name_identity(l, schemes);
	else
		am_server_login_free(&l);
	*out = l;
	return r;
}

void am_server_login_free(struct am_server_login **login)
{
	struct am_server_login *l = *login;

	*login = NULL;
	if (!l)
		return;
	am_server_secrets_free(&l->secrets);
	g_free((char *)(uintptr_t)l->trust.ca);
	g_free((char *)(uintptr_t)l->trust.cert);
	g_free((char *)(uintptr_t)l->trust.key);
	g_free((char *)(uintptr_t)l->trust.pin);
	g_free(l->scheme);
	g_free(l->host);
	g_free(l->user);
	g_free(l->act_as);
	g_free(l->auth);
	g_free(l->path);
	g_free(l->identity);
	g_free(l->place);
	g_free(l);
}

int am_server_login_connect(const struct am_server_login *login, uint64_t rate,
                            struct am_conn **out, struct am_error *err)
{
	struct am_conn_opts opts = {
		.host = login->host,
		.port = login->port,
		.tls = login->tls,
		.trust = &login->trust,
		.stall_ms = login->stall_ms,
		.connect_ms = MIN(login->stall_ms, 30000),
		.rate = rate,
		.cancel = login->ctx ? login->ctx->cancel : NULL,
	};

	return am_conn_open(out, &opts, err);
}

int am_server_login_secret(struct am_server_login *login,
                           const struct am_conn *conn, bool again,
                           struct am_sasl_client_opts *out,
                           struct am_error *err)
{
	*out = (struct am_sasl_client_opts){
		.user = login->user,
		.authzid = login->act_as,
		.host = login->host,
		.port = login->port,
		.certificate = login->trust.cert != NULL,
		.clear_ok = login->tls == AM_TLS_OFF || am_conn_is_tls(conn),
	};
	am_conn_binding(conn, &out->binding_name, &out->binding,
	                &out->binding_len);
	return am_server_secrets_get(login->secrets, login, again, out, err);
}

static const char words[] = "password for ", between[] = " at ";

char *am_server_login_prompt(const struct am_server_login *login)
{
	return g_strconcat(words, login->user ? login->user : "", between,
	                   login->place, NULL);
}

/* A host has no blanks, a user may: so the last " at " is the one. */
bool am_server_login_prompt_read(const char *prompt, char **user, char **host)
{
	const char *at = g_strrstr(prompt, between);

	*user = *host = NULL;
	if (!g_str_has_prefix(prompt, words) || !at ||
	    at < prompt + strlen(words))
		return false;
	prompt += strlen(words);
	*user = g_strndup(prompt, (gsize)(at - prompt));
	at += strlen(between);
	if (*at == '[')
		*host = g_strndup(at + 1, strcspn(at + 1, "]"));
	else
		*host = g_strndup(at, strcspn(at, ":"));
	return true;
}

bool am_server_login_is_hashed(const char *mechanism)
{
	return g_str_has_prefix(mechanism, "SCRAM-") ||
	       !strcmp(mechanism, "CRAM-MD5");
}

char *am_server_login_plain(const char *offered)
{
	GString *out = g_string_new(NULL);
	char **names = g_strsplit(offered, " ", -1);

	for (char **w = names; *w; w++)
		if (!strcmp(*w, "PLAIN") || !strcmp(*w, "LOGIN"))
			g_string_append_printf(out, "%s%s", out->len ? " " : "",
			                       *w);
	g_strfreev(names);
	return g_string_free(out, FALSE);
}
