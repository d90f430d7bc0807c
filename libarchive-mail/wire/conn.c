/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn_impl.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

/* A client writes requests, and what comes back is what it wants; it is enough
 * against a lock-up that one end takes in a lot. */
#define INTAKE_CLIENT (128u * 1024 * 1024)
#define INTAKE_SERVER (1024u * 1024)

#define CONNECT_MS 30000
#define STALL_MS   120000

/* ---- the layers ---- */

static int nothing_unread(struct am_conn *c, struct am_error *err)
{
	if (!am_reader_ready(c->reader) && !c->taken)
		return AM_OK;
	return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
	               "%s sent bytes in the clear behind the word to begin "
	               "TLS: somebody may have put them there",
	               c->net.peer);
}

/* Neither reading nor writing makes sense any more. */
static int condemn(struct am_conn *c, int r, const struct am_error *why,
                   struct am_error *err)
{
	c->in_status = c->out_status = r;
	c->in_err = c->out_err = *why;
	return am_conn_tell(r, why, err);
}

static int begin_tls(struct am_conn *c, struct am_tls_server *server,
                     struct am_error *err)
{
	struct am_error why = {.kind = AM_E_NONE};

	assert(!c->tls && !c->zip);
	int r = am_conn_flush(c, &why);
	if (!r)
		r = nothing_unread(c, &why);
	if (!r && server)
		r = am_tls_accept(&c->tls, &c->net, server, c->connect_ms,
		                  &why);
	else if (!r)
		r = am_tls_connect(&c->tls, &c->net, c->host,
		                   c->has_trust ? &c->trust : NULL,
		                   c->connect_ms, &why);
	return r ? condemn(c, r, &why, err) : AM_OK;
}

int am_conn_starttls(struct am_conn *c, struct am_error *err)
{
	assert(c->host);
	return begin_tls(c, NULL, err);
}

int am_conn_starttls_accept(struct am_conn *c, struct am_tls_server *tls,
                            struct am_error *err)
{
	return begin_tls(c, tls, err);
}

/* What came in behind the word to begin is compressed already: back it goes,
 * under the inflater. */
static int feed_unread(struct am_conn *c, struct am_error *err)
{
	size_t ready = am_reader_ready(c->reader), len = 0;
	const uint8_t *data = NULL;

	if (ready + c->taken > PACKED_BUFFER)
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "%s sent too much before compression was "
		               "agreed",
		               c->net.peer);
	if (ready) {
		int r = am_reader_peek(c->reader, ready, &data, &len, err);
		if (r)
			return r;
		memcpy(c->packed_in, data, ready);
		am_reader_skip(c->reader, ready);
	}
	ready += am_conn_from_intake(c, c->packed_in + ready,
	                             PACKED_BUFFER - ready);
	c->plain_in -= ready;
	am_zip_feed(c->zip, c->packed_in, ready);
	return AM_OK;
}

int am_conn_compress(struct am_conn *c, struct am_error *err)
{
	struct am_error why = {.kind = AM_E_NONE};

	assert(!c->zip);
	int r = am_conn_flush(c, &why);
	if (!r)
		r = am_zip_new(&c->zip, !c->host, &why);
	if (r)
		return condemn(c, r, &why, err);
	c->packed_in = g_malloc(PACKED_BUFFER);
	c->packed_out = g_malloc(PACKED_BUFFER);
	r = feed_unread(c, &why);
	return r ? condemn(c, r, &why, err) : AM_OK;
}

/* ---- asked ---- */

struct am_reader *am_conn_in(struct am_conn *c)
{
	return c->reader;
}

bool am_conn_is_tls(const struct am_conn *c)
{
	return c->tls;
}

const char *am_conn_tls_name(const struct am_conn *c)
{
	return c->tls ? am_tls_name(c->tls) : "";
}

const char *am_conn_peer_pin(const struct am_conn *c)
{
	return c->tls ? am_tls_pin(c->tls) : "";
}

void am_conn_binding(const struct am_conn *c, const char **name,
                     const uint8_t **data, size_t *len)
{
	*name = NULL;
	*data = NULL;
	*len = 0;
	if (c->tls)
		am_tls_binding(c->tls, name, data, len);
}

void am_conn_stats(const struct am_conn *c, struct am_conn_stats *out)
{
	*out = (struct am_conn_stats){
		.in = c->net.n_in,
		.out = c->net.n_out,
		.plain_in = c->plain_in,
		.plain_out = c->plain_out,
		.waited_us = (uint64_t)c->net.waited_us,
	};
}

/* ---- open and close ---- */

static int new_conn(struct am_conn **out, int fd, const char *peer,
                    unsigned stall_ms, uint64_t rate,
                    const struct am_cancel *cancel, struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = am_conn_fill};
	struct am_conn *c = g_new0(struct am_conn, 1);

	*out = c;
	g_queue_init(&c->intake);
	c->max_intake = INTAKE_SERVER;
	c->connect_ms = CONNECT_MS;
	c->out = g_malloc(WRITE_BUFFER);
	int r = am_net_init(&c->net, fd, peer, stall_ms ? stall_ms : STALL_MS,
	                    rate, cancel, err);
	if (!r)
		r = am_reader_new(&c->reader, &ops, c, err);
	return r;
}

static void copy_trust(struct am_conn *c, const struct am_tls_opts *from)
{
	if (!from)
		return;
	c->has_trust = true;
	c->trust = (struct am_tls_opts){.insecure = from->insecure,
	                                .ca = g_strdup(from->ca),
	                                .cert = g_strdup(from->cert),
	                                .key = g_strdup(from->key),
	                                .pin = g_strdup(from->pin)};
}

int am_conn_open(struct am_conn **out, const struct am_conn_opts *o,
                 struct am_error *err)
{
	unsigned ms = o->connect_ms ? o->connect_ms : CONNECT_MS;
	struct am_conn *c = NULL;
	int fd;

	*out = NULL;
	int r = am_net_connect(&fd, o->host, o->port, ms, o->cancel, err);
	if (r)
		return r;
	r = new_conn(&c, fd, o->host, o->stall_ms, o->rate, o->cancel, err);
	if (r)
		goto fail;
	c->host = g_strdup(o->host);
	c->connect_ms = ms;
	c->max_intake = INTAKE_CLIENT;
	copy_trust(c, o->trust);
	if (o->tls == AM_TLS_NOW) {
		r = am_conn_starttls(c, err);
		if (r)
			goto fail;
	}
	*out = c;
	return AM_OK;
fail:
	am_conn_close(&c);
	return r;
}

static char *address_of_peer(int fd)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof ss;
	char host[64], port[8];

	if (getpeername(fd, (struct sockaddr *)&ss, &len) ||
	    (ss.ss_family != AF_INET && ss.ss_family != AF_INET6) ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, port,
	                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
		return g_strdup("the peer");
	return g_strdup_printf("%s port %s", host, port);
}

int am_conn_accept(struct am_conn **out, int fd, unsigned stall_ms,
                   const struct am_cancel *cancel, struct am_error *err)
{
	char *peer = address_of_peer(fd);
	struct am_conn *c;

	*out = NULL;
	int r = new_conn(&c, fd, peer, stall_ms, 0, cancel, err);
	g_free(peer);
	if (r)
		am_conn_close(&c);
	else
		*out = c;
	return r;
}

void am_conn_on_wait(struct am_conn *c,
                     void (*on_wait)(void *user, bool begins), void *user)
{
	c->net.on_wait = on_wait;
	c->net.on_wait_user = user;
}

/* A socket that closes with bytes unread resets the connection, and what we
 * said last may get lost by it. */
static void part(struct am_conn *c)
{
	uint8_t rest[4096];

	if (c->tls)
		am_tls_goodbye(c->tls);
	(void)shutdown(c->net.fd, SHUT_WR);
	for (int i = 0; i < 64; i++)
		if (recv(c->net.fd, rest, sizeof rest, MSG_DONTWAIT) <= 0)
			break;
}

void am_conn_close(struct am_conn **conn)
{
	struct am_conn *c = *conn;

	*conn = NULL;
	if (!c)
		return;
	if (c->net.fd >= 0 && !c->out_status)
		part(c);
	am_reader_close(&c->reader);
	am_tls_free(&c->tls);
	am_zip_free(&c->zip);
	am_net_close(&c->net);
	g_queue_clear_full(&c->intake, g_free);
	g_free(c->packed_in);
	g_free(c->packed_out);
	if (c->out) /* a password may have gone through it */
		OPENSSL_cleanse(c->out, WRITE_BUFFER);
	g_free(c->out);
	g_free(c->host);
	g_free((char *)(uintptr_t)c->trust.ca);
	g_free((char *)(uintptr_t)c->trust.cert);
	g_free((char *)(uintptr_t)c->trust.key);
	g_free((char *)(uintptr_t)c->trust.pin);
	g_free(c);
}
