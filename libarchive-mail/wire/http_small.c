/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One POST and its answer (RFC 9110, 9112).
 */
#include "wire/http_small.h"

#include "base/reader.h"
#include "wire/conn.h"

#include <glib.h>

#include <string.h>

enum {
	LINE_MAX_BYTES = 16 * 1024,
	HEADERS_MAX = 200,
	BODY_MAX = 1024 * 1024,
	CONNECT_MS = 30 * 1000,
	STALL_MS = 60 * 1000
};

struct am_http_form {
	GString *text;
};

struct am_http_form *am_http_form_new(void)
{
	struct am_http_form *form = g_new(struct am_http_form, 1);

	/* Room enough that growing does not leave copies of secrets behind. */
	form->text = g_string_sized_new(16 * 1024);
	return form;
}

void am_http_form_free(struct am_http_form **form)
{
	if (!*form)
		return;
	explicit_bzero((*form)->text->str, (*form)->text->allocated_len);
	g_string_free((*form)->text, TRUE);
	g_free(*form);
	*form = NULL;
}

void am_http_form_add(struct am_http_form *form, const char *name,
                      const char *value)
{
	if (!value)
		return;
	if (form->text->len)
		g_string_append_c(form->text, '&');
	g_string_append(form->text, name);
	g_string_append_c(form->text, '=');
	g_string_append_uri_escaped(form->text, value, NULL, FALSE);
}

const char *am_http_form_text(const struct am_http_form *form)
{
	return form->text->str;
}

void am_http_answer_clear(struct am_http_answer *answer)
{
	if (answer->body)
		explicit_bzero(answer->body, answer->len);
	g_free(answer->body);
	*answer = (struct am_http_answer){0};
}

/* ---- the URL ---- */
static bool is_loopback(const char *host)
{
	return !strcmp(host, "127.0.0.1") || !strcmp(host, "::1") ||
	       !strcmp(host, "localhost");
}

static int parse_url(GUri **out, const char *what, const char *url,
                     struct am_error *err)
{
	GError *why = NULL;

	*out = g_uri_parse(url, G_URI_FLAGS_ENCODED, &why);
	if (!*out) {
		int r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: %s", what,
		                why->message);
		g_error_free(why);
		return r;
	}
	const char *scheme = g_uri_get_scheme(*out);
	const char *host = g_uri_get_host(*out);
	const char *wrong = NULL;
	if (!host || !*host || strpbrk(host, " \r\n"))
		wrong = "has no host";
	else if (g_uri_get_userinfo(*out))
		wrong = "must not hold a user or password";
	else if (!strcmp(scheme, "http") && !is_loopback(host))
		wrong = "is not https, so that anybody could read the tokens";
	else if (strcmp(scheme, "http") && strcmp(scheme, "https"))
		wrong = "is not https";
	for (const char *p = url; *p && !wrong; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7F)
			wrong = "holds a blank";
	if (!wrong)
		return AM_OK;
	g_uri_unref(*out);
	*out = NULL;
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: %.100s: %s", what,
	               url, wrong);
}

int am_http_check_url(const char *what, const char *url, struct am_error *err)
{
	GUri *uri;

	int r = parse_url(&uri, what, url, err);
	if (uri)
		g_uri_unref(uri);
	return r;
}

/* ---- the answer ---- */
static int next_line(struct am_reader *in, const char **line, size_t *len,
                     struct am_error *err)
{
	const uint8_t *data;

	int r = am_reader_line(in, LINE_MAX_BYTES, &data, len, err);
	if (r == AM_END)
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "the answer ended too early");
	if (r)
		return r == AM_FAILED ? AM_FATAL : r;
	*line = (const char *)data;
	while (*len && ((*line)[*len - 1] == '\n' || (*line)[*len - 1] == '\r'))
		(*len)--;
	return AM_OK;
}

static int read_status(struct am_reader *in, unsigned *status,
                       struct am_error *err)
{
	const char *line;
	size_t len;

	int r = next_line(in, &line, &len, err);
	if (r)
		return r;
	if (len < 12 || strncmp(line, "HTTP/1.", 7) || line[8] != ' ' ||
	    !g_ascii_isdigit(line[9]) || !g_ascii_isdigit(line[10]) ||
	    !g_ascii_isdigit(line[11]))
		return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		               "what answered is no HTTP server");
	*status = (unsigned)(line[9] - '0') * 100 +
	          (unsigned)(line[10] - '0') * 10 + (unsigned)(line[11] - '0');
	return AM_OK;
}

struct head {
	unsigned status;
	bool chunked, has_length;
	uint64_t length;
};

static int take_field(struct head *head, const char *line, size_t len,
                      struct am_error *err)
{
	char *text = g_strndup(line, len);
	char *value = strchr(text, ':');
	int r = AM_OK;

	if (value) {
		*value++ = '\0';
		g_strstrip(value);
	}
	if (value && !g_ascii_strcasecmp(text, "Transfer-Encoding")) {
		head->chunked = !g_ascii_strcasecmp(value, "chunked");
		if (!head->chunked)
			r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			            "the answer comes as \"%.40s\"", value);
	} else if (value && !g_ascii_strcasecmp(text, "Content-Length")) {
		if (!*value || strspn(value, "0123456789") != strlen(value))
			r = am_fail(err, AM_FAILED, AM_E_PROTOCOL,
			            "the answer's length is no number");
		head->length = g_ascii_strtoull(value, NULL, 10);
		head->has_length = true;
	}
	g_free(text);
	return r;
}

static int read_head(struct am_reader *in, struct head *head,
                     struct am_error *err)
{
	const char *line;
	size_t len;
	int r;

	/* An interim answer (1xx) is a head of its own, without a body. */
	do {
		*head = (struct head){0};
		r = read_status(in, &head->status, err);
		for (unsigned n = 0; !r; n++) {
			r = next_line(in, &line, &len, err);
			if (r || !len)
				break;
			if (n == HEADERS_MAX)
				return am_fail(err, AM_FAILED, AM_E_LIMIT,
				               "the answer has too many "
				               "header lines");
			r = take_field(head, line, len, err);
		}
	} while (!r && head->status / 100 == 1);
	return r;
}

/* `want` bytes, or all there are, onto the body. */
static int read_piece(struct am_reader *in, uint64_t want, bool exactly,
                      GByteArray *body, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = AM_OK;

	if (exactly && want > BODY_MAX - body->len)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "the answer is longer than a token can be");
	while (want && !(r = am_reader_peek(in, 1, &data, &len, err))) {
		if (len > want)
			len = (size_t)want;
		if (len > BODY_MAX - body->len)
			return am_fail(err, AM_FAILED, AM_E_LIMIT,
			               "the answer is longer than a token "
			               "can be");
		g_byte_array_append(body, data, (guint)len);
		am_reader_skip(in, len);
		want -= len;
	}
	if (r == AM_END)
		r = exactly ? am_fail(err, AM_RETRY, AM_E_IO,
		                      "the answer ended too early")
		            : AM_OK;
	return r;
}

static int read_chunks(struct am_reader *in, GByteArray *body,
                       struct am_error *err)
{
	const char *line;
	size_t len;

	for (;;) {
		int r = next_line(in, &line, &len, err);
		if (r)
			return r;
		uint64_t size = 0;
		size_t n = 0;
		for (; n < len && g_ascii_isxdigit(line[n]) && n < 15; n++)
			size = size << 4 |
			       (unsigned)g_ascii_xdigit_value(line[n]);
		if (!n || (n < len && line[n] != ';' && line[n] != ' '))
			return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
			               "the answer's chunks have no length");
		if (!size)
			return AM_OK;
		r = read_piece(in, size, true, body, err);
		if (!r)
			r = next_line(in, &line, &len, err);
		if (r)
			return r;
	}
}

static int read_answer(struct am_reader *in, struct am_http_answer *out,
                       struct am_error *err)
{
	struct head head;
	/* Whole from the start: growing would leave copies of tokens. */
	GByteArray *body = g_byte_array_sized_new(64 * 1024);

	int r = read_head(in, &head, err);
	if (r)
		;
	else if (head.chunked)
		r = read_chunks(in, body, err);
	else if (head.has_length)
		r = read_piece(in, head.length, true, body, err);
	else
		r = read_piece(in, UINT64_MAX, false, body, err);
	if (!r) {
		out->status = head.status;
		out->len = body->len;
		out->body = g_malloc(body->len + 1);
		if (body->len)
			memcpy(out->body, body->data, body->len);
		out->body[body->len] = '\0';
	}
	if (body->len)
		explicit_bzero(body->data, body->len);
	g_byte_array_free(body, TRUE);
	return r;
}

/* ---- the request ---- */
static int send_request(struct am_conn *conn, GUri *uri,
                        const struct am_http_form *form, struct am_error *err)
{
	const char *host = g_uri_get_host(uri), *path = g_uri_get_path(uri);
	const char *query = g_uri_get_query(uri);
	bool six = strchr(host, ':') != NULL;
	char port[8] = "";

	if (g_uri_get_port(uri) > 0)
		g_snprintf(port, sizeof port, ":%d", g_uri_get_port(uri));
	char *head = g_strdup_printf(
		"POST %s%s%s HTTP/1.1\r\n"
		"Host: %s%s%s%s\r\n"
		"User-Agent: mailark/" AM_VERSION "\r\n"
		"Accept: application/json\r\n"
		"Content-Type: application/x-www-form-urlencoded\r\n"
		"Content-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		*path ? path : "/", query ? "?" : "", query ? query : "",
		six ? "[" : "", host, six ? "]" : "", port, form->text->len);
	int r = am_conn_write(conn, head, strlen(head), err);
	if (!r)
		r = am_conn_write(conn, form->text->str, form->text->len, err);
	if (!r)
		r = am_conn_flush(conn, err);
	g_free(head);
	return r;
}

int am_http_post(struct am_http_answer *out, const char *url,
                 const struct am_http_form *form, const char *ca,
                 const struct am_cancel *cancel, struct am_error *err)
{
	struct am_conn *conn = NULL;
	GUri *uri = NULL;

	*out = (struct am_http_answer){0};
	int r = parse_url(&uri, "URL", url, err);
	if (r)
		return r;
	bool tls = !strcmp(g_uri_get_scheme(uri), "https");
	int port = g_uri_get_port(uri);
	const struct am_tls_opts trust = {.ca = ca};
	const struct am_conn_opts opts = {
		.host = g_uri_get_host(uri),
		.port = (uint16_t)(port > 0 ? port
	                           : tls    ? 443
	                                    : 80),
		.tls = tls ? AM_TLS_NOW : AM_TLS_OFF,
		.trust = &trust,
		.connect_ms = CONNECT_MS,
		.stall_ms = STALL_MS,
		.cancel = cancel,
	};
	r = am_conn_open(&conn, &opts, err);
	if (!r)
		r = send_request(conn, uri, form, err);
	if (!r)
		r = read_answer(am_conn_in(conn), out, err);
	am_conn_close(&conn);
	if (r)
		r = am_wrap(err, r, "%s", g_uri_get_host(uri));
	g_uri_unref(uri);
	return r;
}
