/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/server_url.h"

#include <glib.h>

#include <string.h>

void am_server_url_clear(struct am_server_url *url)
{
	g_free(url->scheme);
	g_free(url->user);
	g_free(url->auth);
	g_free(url->host);
	g_strfreev(url->parts);
	*url = (struct am_server_url){0};
}

static int fail_url(struct am_error *err, const char *why)
{
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "the address: %s", why);
}

/* Percent-decoded; NULL for what is no UTF-8 or holds a NUL. */
static char *decode(const char *s, size_t len)
{
	char *out = g_uri_unescape_segment(s, s + len, NULL);

	if (out && g_utf8_validate(out, -1, NULL))
		return out;
	g_free(out);
	return NULL;
}

/* "user", "user;AUTH=PLAIN". */
static int read_user(struct am_server_url *url, const char *s, size_t len,
                     struct am_error *err)
{
	const char *option = memchr(s, ';', len);
	size_t n = option ? (size_t)(option - s) : len;

	if (memchr(s, ':', n))
		return fail_url(err, "a password does not belong in it, where "
		                     "others can see it; leave it out to be "
		                     "asked, or name a password-command");
	if (option && !g_ascii_strncasecmp(option, ";auth=", 6)) {
		url->auth = decode(option + 6, len - n - 6);
		if (url->auth && !strcmp(url->auth, "*"))
			g_clear_pointer(&url->auth, g_free);
	} else if (option) {
		n = len; /* it is the user's */
	}
	if (!n)
		return AM_OK;
	url->user = decode(s, n);
	return url->user ? AM_OK : fail_url(err, "the user is not UTF-8");
}

static int read_port(struct am_server_url *url, const char *s, size_t len,
                     struct am_error *err)
{
	unsigned port = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || port > 65535)
			return fail_url(err, "the port is no number up to "
			                     "65535");
		port = port * 10 + (unsigned)(s[i] - '0');
	}
	if (len && (!port || port > 65535))
		return fail_url(err, "the port is no number up to 65535");
	url->port = (uint16_t)port;
	return AM_OK;
}

static int read_host(struct am_server_url *url, const char *s, size_t len,
                     struct am_error *err)
{
	const char *end = s + len, *colon;
	char *host;

	if (len && *s == '[') {
		const char *close = memchr(s, ']', len);
		if (!close || (close + 1 < end && close[1] != ':'))
			return fail_url(err, "a [ without its ]");
		host = g_strndup(s + 1, (gsize)(close - s - 1));
		colon = close + 1 < end ? close + 1 : NULL;
	} else {
		colon = memchr(s, ':', len);
		host = decode(s, colon ? (size_t)(colon - s) : len);
	}
	if (!host || !*host || strpbrk(host, " \t\r\n/")) {
		g_free(host);
		return fail_url(err, "no host in it");
	}
	url->host = g_utf8_strdown(host, -1);
	g_free(host);
	return colon ? read_port(url, colon + 1, (size_t)(end - colon - 1), err)
	             : AM_OK;
}

static int read_path(struct am_server_url *url, const char *s,
                     struct am_error *err)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	int r = AM_OK;

	while (!r && *s) {
		size_t n = strcspn(s, "/");
		char *part = n ? decode(s, n) : NULL;
		if (part)
			g_ptr_array_add(parts, part);
		else if (n)
			r = fail_url(err, "the folder is not UTF-8");
		s += n;
		s += *s == '/';
	}
	g_ptr_array_set_free_func(parts, NULL);
	g_ptr_array_add(parts, NULL);
	url->parts = (char **)g_ptr_array_free(parts, FALSE);
	return r;
}

int am_server_url_parse(struct am_server_url *out, const char *text,
                        struct am_error *err)
{
	const char *colon = strstr(text, "://");
	int r = AM_OK;

	*out = (struct am_server_url){0};
	if (!colon)
		return fail_url(err, "not SCHEME://HOST");
	const char *s = colon + 3;
	size_t len = strcspn(s, "/");
	const char *at = NULL;
	/* The last one: user names that are addresses come unescaped. */
	for (size_t i = 0; i < len; i++)
		if (s[i] == '@')
			at = s + i;
	out->scheme = g_ascii_strdown(text, colon - text);
	if (at)
		r = read_user(out, s, (size_t)(at - s), err);
	const char *host = at ? at + 1 : s;
	if (!r)
		r = read_host(out, host, (size_t)(s + len - host), err);
	if (!r)
		r = read_path(out, s + len + (s[len] == '/'), err);
	if (r)
		am_server_url_clear(out);
	return r;
}

char *am_server_url_identity(const char *scheme, const char *user,
                             const char *host, uint16_t port,
                             const uint16_t *usual_ports, size_t n_usual)
{
	char *name = user ? g_uri_escape_string(user, "@+", TRUE) : NULL;
	GString *out = g_string_new(scheme);
	bool usual = false;

	for (size_t i = 0; i < n_usual; i++)
		usual |= port == usual_ports[i];
	g_string_append(out, "://");
	if (name)
		g_string_append_printf(out, "%s@", name);
	bool v6 = strchr(host, ':');
	g_string_append_printf(out, "%s%s%s", v6 ? "[" : "", host, v6 ? "]" : "");
	if (!usual)
		g_string_append_printf(out, ":%u", port);
	g_free(name);
	return g_string_free(out, FALSE);
}
