/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libmicrohttpd is opened when it is needed: it brings GnuTLS and its libraries
 * along, which no other command has any use for (base/libarchive.h has the
 * same reason).
 */
#include "cmd/serve/http.h"

#include "cmd/serve/autoconfig.h"
#include "cmd/serve/settings.h"
#include "serve/listen.h"

#include <glib.h>
#include <microhttpd.h>

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

/* The interface that microhttpd.h describes. */
#define LIBRARY "libmicrohttpd.so.12"

enum {
	CONNECTIONS = 128,
	PER_ADDRESS = 32,
	TIMEOUT_S = 15,
	REQUEST_MOST = 64 * 1024
};

/* Its functions under their own names. */
#define FUNCTIONS(X)                       \
	X(MHD_add_response_header)         \
	X(MHD_create_response_from_buffer) \
	X(MHD_destroy_response)            \
	X(MHD_lookup_connection_value)     \
	X(MHD_queue_response)              \
	X(MHD_quiesce_daemon)              \
	X(MHD_start_daemon)                \
	X(MHD_stop_daemon)

struct library {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared */
#define MEMBER(name) __typeof__(name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

struct serve_http {
	const struct serve_settings *settings;
	struct library mhd;
	void *library;
	GArray *doors;   /* struct door */
	GPtrArray *old;  /* struct MHD_Daemon: those answer to the end */
	GPtrArray *pems; /* what they read certificates from */
};

/* Somewhere it listens. */
struct door {
	struct MHD_Daemon *daemon;
	int fd; /* the daemon's */
	bool tls;
};

/* ---- requests ---- */

static const char *argument(const struct serve_http *h,
                            struct MHD_Connection *c, const char *name)
{
	return h->mhd.MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND,
	                                          name);
}

static enum MHD_Result answer(const struct serve_http *h,
                              struct MHD_Connection *c, unsigned status,
                              const char *type, char *text)
{
	struct MHD_Response *response = h->mhd.MHD_create_response_from_buffer(
		strlen(text), text, MHD_RESPMEM_MUST_COPY);

	g_free(text);
	if (!response)
		return MHD_NO;
	h->mhd.MHD_add_response_header(response, "Content-Type", type);
	h->mhd.MHD_add_response_header(response, "Cache-Control", "no-store");
	h->mhd.MHD_add_response_header(response, "X-Content-Type-Options",
	                               "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		h->mhd.MHD_add_response_header(response, "Allow",
		                               "GET, HEAD, POST");
	enum MHD_Result r = h->mhd.MHD_queue_response(c, status, response);
	h->mhd.MHD_destroy_response(response);
	return r;
}

static bool is_one_of(const char *path, const char *const *paths)
{
	for (; *paths; paths++)
		if (!g_ascii_strcasecmp(path, *paths))
			return true;
	return false;
}

static enum MHD_Result route(const struct serve_http *h,
                             struct MHD_Connection *c, const char *path,
                             bool post, const GString *body)
{
	static const char *const mozilla[] = {
		"/mail/config-v1.1.xml",
		"/.well-known/autoconfig/mail/config-v1.1.xml", NULL};
	static const char *const outlook[] = {"/autodiscover/autodiscover.xml",
	                                      NULL};
	static const char *const apple[] = {"/mailark.mobileconfig",
	                                    "/email.mobileconfig", NULL};
	const struct serve_settings *s = h->settings;

	if (is_one_of(path, outlook))
		return answer(h, c, MHD_HTTP_OK, "text/xml; charset=utf-8",
		              autoconfig_outlook(s, body->str, body->len));
	if (post)
		return answer(h, c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
		              g_strdup("not here\n"));
	if (is_one_of(path, mozilla))
		return answer(
			h, c, MHD_HTTP_OK, "text/xml; charset=utf-8",
			autoconfig_mozilla(s, argument(h, c, "emailaddress")));
	if (is_one_of(path, apple))
		return answer(h, c, MHD_HTTP_OK,
		              "application/x-apple-aspen-config",
		              autoconfig_apple(s, argument(h, c, "email")));
	if (!strcmp(path, "/"))
		return answer(h, c, MHD_HTTP_OK, "text/html; charset=utf-8",
		              autoconfig_page(s));
	return answer(h, c, MHD_HTTP_NOT_FOUND, "text/plain",
	              g_strdup("there is no such thing here\n"));
}

/* Called once when the header is there, for each piece of a body, and at its
 * end. */
static enum MHD_Result handle(void *user, struct MHD_Connection *c,
                              const char *url, const char *method,
                              const char *version, const char *data,
                              size_t *len, void **state)
{
	const struct serve_http *h = user;
	bool post = !strcmp(method, MHD_HTTP_METHOD_POST);
	GString *body = *state;

	(void)version;
	if (!body) {
		*state = g_string_new("");
		return MHD_YES;
	}
	if (*len) {
		if (body->len + *len > REQUEST_MOST)
			return MHD_NO;
		g_string_append_len(body, data, (gssize)*len);
		*len = 0;
		return MHD_YES;
	}
	if (!post && strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(h, c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
		              g_strdup("GET, HEAD and POST\n"));
	return route(h, c, url, post, body);
}

static void completed(void *user, struct MHD_Connection *c, void **state,
                      enum MHD_RequestTerminationCode how)
{
	(void)user;
	(void)c;
	(void)how;
	if (*state)
		g_string_free(*state, TRUE);
	*state = NULL;
}

/* ---- listening ---- */

static int load(struct serve_http *h, struct am_error *err)
{
	static const struct {
		const char *name;
		size_t at;
	} wanted[] = {
#define NAMED(name) {#name, offsetof(struct library, name)},
		FUNCTIONS(NAMED)
#undef NAMED
	};

	if (h->library)
		return AM_OK;
	void *found = h->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; i < AM_COUNT(wanted) && found; i++) {
		found = dlsym(h->library, wanted[i].name);
		/* ISO C has no cast from an object to a function. */
		memcpy((char *)&h->mhd + wanted[i].at, &found, sizeof found);
	}
	return found ? AM_OK
	             : am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
	                       "--autoconfig needs libmicrohttpd: %s",
	                       dlerror());
}

static char *read_pem(struct serve_http *h, const char *path,
                      struct am_error *err)
{
	GError *why = NULL;
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, &why)) {
		(void)!am_fail(err, AM_FAILED, AM_E_IO, "%s", why->message);
		g_error_free(why);
		return NULL;
	}
	g_ptr_array_add(h->pems, text);
	return text;
}

/* It takes the socket, unless it fails. */
static int start(struct serve_http *h, int fd, const char *cert,
                 const char *key, struct MHD_Daemon **out, struct am_error *err)
{
	const char *cert_text = NULL, *key_text = NULL;

	if (cert) {
		cert_text = read_pem(h, cert, err);
		key_text = cert_text && key ? read_pem(h, key, err) : cert_text;
		if (!key_text)
			return AM_FAILED;
	}
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert_text},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_text},
		{MHD_OPTION_END, 0, NULL}};
	*out = h->mhd.MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC |
			(cert ? MHD_USE_TLS : 0),
		0, NULL, NULL, handle, h, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_ARRAY,
		cert ? tls : tls + 2, MHD_OPTION_END);
	return *out ? AM_OK
	            : am_fail(err, AM_FAILED, AM_E_IO,
	                      "the web server for --autoconfig does not start");
}

int serve_http_listen(struct serve_http *h, const char *address,
                      const char *cert, const char *key, char **where,
                      struct am_error *err)
{
	int fds[8];
	size_t n = 0;

	int r = load(h, err);
	if (!r)
		r = am_listen(address, fds, AM_COUNT(fds), &n, err);
	for (size_t i = 0; i < n; i++) {
		struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof ss;
		if (r) {
			close(fds[i]);
			continue;
		}
		if (where && !*where &&
		    !getsockname(fds[i], (struct sockaddr *)&ss, &len))
			*where = am_socket_name(&ss, true);
		struct door door = {.fd = fds[i], .tls = cert};
		r = start(h, fds[i], cert, key, &door.daemon, err);
		if (r)
			close(fds[i]);
		else
			g_array_append_val(h->doors, door);
	}
	return r;
}

/* ---- another certificate ---- */

static void stop_old(struct serve_http *h)
{
	for (guint i = 0; i < h->old->len; i++)
		h->mhd.MHD_stop_daemon(h->old->pdata[i]);
	g_ptr_array_set_size(h->old, 0);
}

/* The new one listens at the same socket before the old one ceases to: nobody
 * finds the door shut. */
static int replace(struct serve_http *h, struct door *door, const char *cert,
                   const char *key, struct am_error *err)
{
	struct door next = {.fd = dup(door->fd), .tls = true};

	if (next.fd < 0)
		return am_fail_sys(err, AM_FAILED, "a socket");
	int r = start(h, next.fd, cert, key, &next.daemon, err);
	if (r) {
		close(next.fd);
		return r;
	}
	int fd = h->mhd.MHD_quiesce_daemon(door->daemon);
	if (fd >= 0)
		close(fd);
	g_ptr_array_add(h->old, door->daemon);
	*door = next;
	return AM_OK;
}

int serve_http_reload(struct serve_http *h, const char *cert, const char *key,
                      struct am_error *err)
{
	int r = AM_OK;

	stop_old(h);
	for (guint i = 0; i < h->doors->len && !r; i++) {
		struct door *door = &g_array_index(h->doors, struct door, i);
		if (door->tls)
			r = replace(h, door, cert, key, err);
	}
	return r;
}

/* ---- the whole ---- */

/* A key may be in it. */
static void wipe(void *data)
{
	explicit_bzero(data, strlen(data));
	g_free(data);
}

struct serve_http *serve_http_new(const struct serve_settings *settings)
{
	struct serve_http *h = g_new0(struct serve_http, 1);

	h->settings = settings;
	h->doors = g_array_new(FALSE, FALSE, sizeof(struct door));
	h->old = g_ptr_array_new();
	h->pems = g_ptr_array_new_with_free_func(wipe);
	return h;
}

void serve_http_free(struct serve_http **http)
{
	struct serve_http *h = *http;

	*http = NULL;
	if (!h)
		return;
	stop_old(h);
	for (guint i = 0; i < h->doors->len; i++)
		h->mhd.MHD_stop_daemon(
			g_array_index(h->doors, struct door, i).daemon);
	g_array_free(h->doors, TRUE);
	g_ptr_array_free(h->old, TRUE);
	g_ptr_array_free(h->pems, TRUE);
	/* The library stays: GnuTLS does not like to be unloaded. */
	g_free(h);
}
