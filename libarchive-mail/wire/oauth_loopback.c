/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loopback flow (RFC 8252 section 7.3) with PKCE (RFC 7636): the browser of
 * this machine is sent to the provider and comes back to a port of ours with a
 * code, which only we can turn into tokens.
 */
#include "wire/oauth_impl.h"

#include "base/cancel.h"
#include "base/hash.h"
#include "wire/secret.h"

#include <glib.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WAIT_SECONDS = 600,
	REQUEST_MS = 2000, /* of one visitor: others wait behind it */
	REQUEST_MAX = 16 * 1024,
	TICK_MS = 100
};

struct visit {
	char *verifier, *state; /* ours */
	char *redirect;         /* "http://127.0.0.1:43210" */
	char *code;             /* what came back */
};

static char *base64url(const uint8_t *data, size_t len)
{
	char *text = g_base64_encode(data, len);

	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

static int random_text(char **out, struct am_error *err)
{
	uint8_t bytes[32];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return am_fail_sys(err, AM_FAILED, "no random bytes");
	*out = base64url(bytes, sizeof bytes);
	explicit_bzero(bytes, sizeof bytes);
	return AM_OK;
}

static int listen_here(int *out, uint16_t *port, struct am_error *err)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*out = fd;
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 8) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		return am_fail_sys(err, AM_FAILED,
		                   "no port for the browser to come back to");
	*port = ntohs(at.sin_port);
	return AM_OK;
}

static char *consent_url(const struct am_oauth *oauth, const struct visit *v)
{
	uint8_t digest[AM_SHA256_LEN];
	struct am_http_form *form = am_http_form_new();

	am_sha256(v->verifier, strlen(v->verifier), digest);
	char *challenge = base64url(digest, sizeof digest);
	am_http_form_add(form, "response_type", "code");
	am_http_form_add(form, "client_id", oauth->client_id);
	am_http_form_add(form, "redirect_uri", v->redirect);
	am_http_form_add(form, "scope", oauth->scope);
	am_http_form_add(form, "state", v->state);
	am_http_form_add(form, "code_challenge", challenge);
	am_http_form_add(form, "code_challenge_method", "S256");
	am_http_form_add(form, "login_hint", oauth->user);
	char *url = g_strconcat(
		oauth->auth_url, strchr(oauth->auth_url, '?') ? "&" : "?",
		am_http_form_text(form), oauth->loopback_extra, NULL);
	am_http_form_free(&form);
	g_free(challenge);
	return url;
}

/* ---- the visitor ---- */
static bool readable(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = (until - g_get_monotonic_time()) / 1000;

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

/* The request's head; NULL where it does not come in time. */
static char *read_request(int fd)
{
	int64_t until = g_get_monotonic_time() + REQUEST_MS * 1000;
	char *buf = g_malloc(REQUEST_MAX + 1);
	size_t len = 0;

	while (len < REQUEST_MAX && readable(fd, until)) {
		ssize_t n = read(fd, buf + len, REQUEST_MAX - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n"))
			return buf;
	}
	g_free(buf);
	return NULL;
}

static void reply(int fd, const char *status, const char *text)
{
	char *page = g_strdup_printf(
		"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n"
		"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
		"\r\n%s",
		status, strlen(text), text);
	ssize_t n = send(fd, page, strlen(page), MSG_NOSIGNAL);

	(void)n; /* its person sees the outcome on the terminal too */
	g_free(page);
}

/* "GET /?code=…&state=… HTTP/1.1"; NULL when it is about something else. */
static GHashTable *parse_request(const char *request)
{
	const char *end = strchr(request, '\r');
	char *line = g_strndup(request, (gsize)(end - request));
	char **words = g_strsplit(line, " ", 4);
	char *query = words[0] && words[1] ? strchr(words[1], '?') : NULL;
	GHashTable *values = NULL;

	if (query && !strcmp(words[0], "GET") &&
	    (query == words[1] || !strncmp(words[1], "/?", 2)))
		values = g_uri_parse_params(query + 1, -1, "&",
		                            G_URI_PARAMS_WWW_FORM, NULL);
	g_strfreev(words);
	g_free(line);
	return values;
}

/* AM_END: it was somebody else (another tab's icon, a port scan). */
static int serve(int fd, struct visit *v, struct am_error *err)
{
	char *request = read_request(fd);
	GHashTable *q = request ? parse_request(request) : NULL;
	const char *state = q ? g_hash_table_lookup(q, "state") : NULL;
	const char *code = q ? g_hash_table_lookup(q, "code") : NULL;
	const char *error = q ? g_hash_table_lookup(q, "error") : NULL;
	int r = AM_END;

	if (!state || strcmp(state, v->state)) {
		reply(fd, "404 Not Found", "Nothing here.\n");
	} else if (code && *code) {
		v->code = g_strdup(code);
		reply(fd, "200 OK",
		      "Logged in. You can close this window and go back to "
		      "mailark.\n");
		r = AM_OK;
	} else {
		reply(fd, "200 OK",
		      "Not logged in. You can close this window.\n");
		char *clean = g_str_to_ascii(error ? error : "nothing", "C");
		g_strcanon(clean,
		           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
		           "WXYZ0123456789_-.",
		           ' ');
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "the browser came back with \"%.60s\"", clean);
		g_free(clean);
	}
	if (q)
		g_hash_table_unref(q);
	am_secret_free(&request);
	return r;
}

static int await(const struct am_oauth *oauth, int listener, struct visit *v,
                 struct am_error *err)
{
	int64_t until =
		g_get_monotonic_time() + (int64_t)WAIT_SECONDS * G_USEC_PER_SEC;

	for (int r = AM_END; r == AM_END;) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		if (am_cancel_asked(oauth->cancel))
			return am_fail(err, AM_FATAL, AM_E_CANCELLED,
			               "cancelled");
		if (g_get_monotonic_time() >= until)
			break;
		if (poll(&p, 1, TICK_MS) <= 0)
			continue;
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		r = serve(fd, v, err);
		close(fd);
		if (r != AM_END)
			return r;
	}
	return am_fail(err, AM_FAILED, AM_E_AUTH,
	               "the browser did not come back in time");
}

static int exchange(struct am_oauth *oauth, const struct visit *v,
                    struct am_error *err)
{
	struct am_oauth_tokens tokens;
	char code[AM_OAUTH_CODE_ROOM];
	struct am_http_form *form = am_oauth_form(oauth);

	am_http_form_add(form, "grant_type", "authorization_code");
	am_http_form_add(form, "code", v->code);
	am_http_form_add(form, "redirect_uri", v->redirect);
	am_http_form_add(form, "code_verifier", v->verifier);
	int r = am_oauth_ask_tokens(oauth, form, &tokens, code, err);
	am_http_form_free(&form);
	if (!r)
		r = am_oauth_file_write(oauth->token_file, &tokens, err);
	am_oauth_tokens_clear(&tokens);
	return r;
}

int am_oauth_login_loopback(struct am_oauth *oauth,
                            void (*show)(void *user, const char *url),
                            void *user, struct am_error *err)
{
	struct visit v = {0};
	uint16_t port = 0;
	int listener = -1;

	if (!oauth->auth_url)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "oauth=custom needs oauth-auth-url to log in by "
		               "a browser");
	int r = random_text(&v.verifier, err);
	if (!r)
		r = random_text(&v.state, err);
	if (!r)
		r = listen_here(&listener, &port, err);
	if (r)
		goto out;
	v.redirect =
		g_strdup_printf("http://%s:%u", oauth->loopback_host, port);
	char *url = consent_url(oauth, &v);
	show(user, url);
	g_free(url);
	r = await(oauth, listener, &v, err);
	if (!r)
		r = exchange(oauth, &v, err);
out:
	if (listener >= 0)
		close(listener);
	am_secret_free(&v.verifier);
	am_secret_free(&v.state);
	am_secret_free(&v.code);
	g_free(v.redirect);
	return r;
}
