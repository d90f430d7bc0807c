/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RETR, several at a time, over as many connections one after the other as it
 * takes.
 */
#include "formats/pop3/fetch.h"

#include "base/blob.h"
#include "base/reader.h"

#include <glib.h>

enum {
	WINDOW_COMMANDS = 100,
	WINDOW_BYTES = 8 * 1024 * 1024,
	ASKS = 2,   /* of one message, when it is refused or comes empty */
	LOSSES = 3, /* of connections over one message, or without any */
};

enum stage { QUEUED, SENT, HAD, GIVEN_UP };

struct fetch {
	size_t mail;
	enum stage stage;
	bool unwanted;
	unsigned asks, losses;
	uint64_t size; /* of the window it takes */
	struct am_blob *blob;
	struct am_error why;
};

struct am_pop3_fetcher {
	struct am_server_login *login;
	struct am_pop3_session *session;
	struct am_pop3_drop drop;
	GQueue asked; /* struct fetch, as they were asked for */
	GQueue wire;  /* those SENT, as answers will come */
	GQueue ready; /* those QUEUED, in order */
	uint64_t wire_bytes;
	bool unsent;     /* commands stand in the connection's buffer */
	unsigned losses; /* of connections since the last message came */
};

/* The list may be lost in the middle of it: nothing is known then, so from the
 * start, a few times. */
static int read_drop(struct am_pop3_fetcher *f, struct am_error *err)
{
	for (unsigned losses = 1;; losses++) {
		int r = am_pop3_drop_read(&f->drop, f->session, err);
		bool lost = r == AM_RETRY || err->kind == AM_E_IO ||
		            err->kind == AM_E_PROTOCOL;
		if (!r || r == AM_FAILED || !lost || losses == LOSSES)
			return r == AM_RETRY ? AM_FATAL : r;
		am_ctx_note(f->login->ctx, AM_NOTE_INFO, "pop3.reconnected",
		            NULL, NULL, "connection lost (%s): once more",
		            err->text);
		(void)am_pop3_session_close(&f->session, false, NULL);
		r = am_pop3_session_open(&f->session, f->login, false, err);
		if (r)
			return r;
	}
}

int am_pop3_fetcher_new(struct am_pop3_fetcher **out,
                        struct am_server_login *login, struct am_error *err)
{
	struct am_pop3_fetcher *f = g_new0(struct am_pop3_fetcher, 1);
	struct am_error own = {0};

	err = err ? err : &own;
	f->login = login;
	int r = am_pop3_session_open(&f->session, login, true, err);
	if (!r)
		r = read_drop(f, err);
	if (r)
		(void)am_pop3_fetcher_free(&f);
	*out = f;
	return r;
}

static void drop_fetch(struct fetch *fetch)
{
	am_blob_unref(&fetch->blob);
	g_free(fetch);
}

struct am_pop3_session *am_pop3_fetcher_free(struct am_pop3_fetcher **fetcher)
{
	struct am_pop3_fetcher *f = *fetcher;
	struct fetch *fetch;

	*fetcher = NULL;
	struct am_pop3_session *session = f->session;
	if (f->wire.length)
		(void)am_pop3_session_close(&session, false, NULL);
	while ((fetch = g_queue_pop_head(&f->asked)))
		drop_fetch(fetch);
	g_queue_clear(&f->wire);
	g_queue_clear(&f->ready);
	am_pop3_drop_clear(&f->drop);
	g_free(f);
	return session;
}

struct am_pop3_drop *am_pop3_fetcher_drop(struct am_pop3_fetcher *fetcher)
{
	return &fetcher->drop;
}

static void give_up(struct fetch *fetch, const struct am_error *why)
{
	fetch->stage = GIVEN_UP;
	fetch->why = *why;
}

/* ---- sending ---- */
static bool has_room(const struct am_pop3_fetcher *f, const struct fetch *next)
{
	if (!f->wire.length)
		return true;
	return f->session->pipelining && f->wire.length < WINDOW_COMMANDS &&
	       f->wire_bytes + next->size <= WINDOW_BYTES;
}

/* Into the buffer: what is asked for together goes out together. */
static int put_more(struct am_pop3_fetcher *f, struct am_error *err)
{
	static const struct am_error gone = {.kind = AM_E_NOTFOUND,
	                                     .text = "no longer on the server"};
	struct fetch *next;
	int r = AM_OK;

	while (!r && (next = g_queue_peek_head(&f->ready)) &&
	       has_room(f, next)) {
		uint32_t number = f->drop.mails[next->mail].number;
		g_queue_pop_head(&f->ready);
		if (!number || next->unwanted) {
			give_up(next, &gone);
			continue;
		}
		g_queue_push_tail(&f->wire, next);
		f->wire_bytes += next->size;
		next->stage = SENT;
		next->asks++;
		f->unsent = true;
		r = am_pop3_put(f->session, err, "RETR %" PRIu32, number);
	}
	return r;
}

/* ---- receiving ---- */
static int read_body(struct am_pop3_fetcher *f, struct am_blob **out,
                     bool *ours, struct am_error *err)
{
	struct am_ctx *ctx = f->login->ctx;
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_reader *body = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;

	*ours = true;
	int r = am_spool_open(&spool, limits.spool_memory, am_ctx_tmpdir(ctx),
	                      err);
	if (r)
		return r;
	*ours = false;
	r = am_pop3_body(&body, am_conn_in(f->session->conn), err);
	while (!r && !(r = am_reader_peek(body, 1, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		*ours = r != AM_OK;
		am_reader_skip(body, len);
	}
	am_reader_close(&body);
	if (r == AM_END) {
		*ours = true;
		r = am_spool_seal(&spool, out, err);
	}
	am_spool_drop(&spool);
	return r;
}

/* Once more, at the end of what is under way, or no more. */
static void again_or_never(struct am_pop3_fetcher *f, struct fetch *fetch,
                           const struct am_error *why)
{
	if (fetch->asks >= ASKS) {
		give_up(fetch, why);
		return;
	}
	fetch->stage = QUEUED;
	g_queue_push_head(&f->ready, fetch);
}

/* The answer to the first of those under way.  Any error but AM_FATAL means
 * that the connection is of no use any more. */
static int read_one(struct am_pop3_fetcher *f, struct am_error *err)
{
	struct fetch *fetch = g_queue_peek_head(&f->wire);
	struct am_pop3_status status;
	struct am_error why = {0};
	bool ours = false;

	int r = am_pop3_answer(f->session, &status, err);
	if (r)
		return r == AM_FATAL && err->kind != AM_E_CANCELLED ? AM_RETRY
		                                                    : r;
	if (status.ok)
		r = read_body(f, &fetch->blob, &ours, err);
	if (r)
		return ours || err->kind == AM_E_CANCELLED ? AM_FATAL
		                                           : AM_RETRY;
	g_queue_pop_head(&f->wire);
	f->wire_bytes -= fetch->size;
	f->losses = 0;
	if (!status.ok) {
		(void)am_pop3_refusal(&status, "the message was", &why);
		again_or_never(f, fetch, &why);
	} else if (!am_blob_size(fetch->blob)) {
		am_blob_unref(&fetch->blob);
		(void)am_fail(&why, AM_FAILED, AM_E_PROTOCOL,
		              "came empty from the server");
		again_or_never(f, fetch, &why);
	} else {
		fetch->stage = HAD;
	}
	return AM_OK;
}

/* ---- the connection ---- */
/* Whatever is wrong with it: a new one, and all that was under way again. */
static int reconnect(struct am_pop3_fetcher *f, struct am_error *err)
{
	struct fetch *fetch = g_queue_peek_head(&f->wire);
	struct am_error why = *err;

	am_ctx_note(f->login->ctx, AM_NOTE_INFO, "pop3.reconnected", NULL, NULL,
	            "connection lost (%s): once more", why.text);
	if (fetch && ++fetch->losses >= LOSSES) {
		g_queue_pop_head(&f->wire);
		give_up(fetch, &why);
		(void)am_wrap(&fetch->why, AM_FAILED,
		              "the connection was lost over it %u times",
		              fetch->losses);
	} else if (++f->losses >= 2 * LOSSES) {
		return am_wrap(err, AM_FATAL,
		               "%s: %u connections lost in a row",
		               f->login->host, f->losses);
	}
	while ((fetch = g_queue_pop_tail(&f->wire))) {
		fetch->stage = QUEUED;
		fetch->asks--;
		g_queue_push_head(&f->ready, fetch);
	}
	f->wire_bytes = 0;
	f->unsent = false;
	(void)am_pop3_session_close(&f->session, false, NULL);
	int r = am_pop3_session_open(&f->session, f->login, false, err);
	return r ? r : am_pop3_drop_renumber(&f->drop, f->session, err);
}

/* One step forward, over a new connection where need be. */
static int go_on(struct am_pop3_fetcher *f, struct am_error *err)
{
	struct am_error own = {0};
	int r = AM_RETRY;

	err = err ? err : &own;
	if (am_ctx_cancelled(f->login->ctx))
		return am_ctx_fail_cancelled(err);
	if (f->session) {
		r = put_more(f, err);
		if (!r && f->unsent)
			r = am_pop3_flush(f->session, err);
		f->unsent = false;
		if (!r && f->wire.length)
			r = read_one(f, err);
	}
	if (r == AM_RETRY)
		r = reconnect(f, err);
	/* Lost again while it was listed: the next step tries anew. */
	if (r == AM_RETRY)
		r = ++f->losses < 2 * LOSSES ? AM_OK : AM_FATAL;
	return r;
}

/* ---- asking ---- */
int am_pop3_fetcher_ask(struct am_pop3_fetcher *f, size_t mail,
                        struct am_error *err)
{
	struct fetch *fetch = g_new0(struct fetch, 1);
	struct am_error own = {0};

	fetch->mail = mail;
	fetch->size = f->drop.mails[mail].size;
	g_queue_push_tail(&f->asked, fetch);
	g_queue_push_tail(&f->ready, fetch);
	if (!f->session)
		return AM_OK;
	int r = put_more(f, err ? err : &own);
	/* have() finds out and opens another. */
	return r == AM_FATAL && (err ? err : &own)->kind == AM_E_CANCELLED
	               ? r
	               : AM_OK;
}

static struct fetch *first_wanted(struct am_pop3_fetcher *f, size_t mail)
{
	for (GList *l = f->asked.head; l; l = l->next) {
		struct fetch *fetch = l->data;
		if (fetch->mail == mail && !fetch->unwanted)
			return fetch;
	}
	return NULL;
}

/* Those at the front that nobody wants and that nothing waits for. */
static void shed(struct am_pop3_fetcher *f)
{
	struct fetch *fetch;

	while ((fetch = g_queue_peek_head(&f->asked)) && fetch->unwanted &&
	       fetch->stage != SENT) {
		if (fetch->stage == QUEUED)
			g_queue_remove(&f->ready, fetch);
		g_queue_pop_head(&f->asked);
		drop_fetch(fetch);
	}
}

int am_pop3_fetcher_have(struct am_pop3_fetcher *f, size_t mail,
                         struct am_blob **out, struct am_error *err)
{
	struct fetch *fetch = first_wanted(f, mail);
	int r = AM_OK;

	*out = NULL;
	if (!fetch) {
		r = am_pop3_fetcher_ask(f, mail, err);
		if (r)
			return r;
		fetch = g_queue_peek_tail(&f->asked);
	}
	for (GList *l = f->asked.head; l && l->data != fetch; l = l->next)
		((struct fetch *)l->data)->unwanted = true;
	shed(f);
	while (!r && fetch->stage != HAD && fetch->stage != GIVEN_UP)
		r = go_on(f, err);
	if (!r && fetch->stage == HAD) {
		*out = fetch->blob;
		fetch->blob = NULL;
	} else if (!r) {
		r = AM_FAILED;
		if (err)
			*err = fetch->why;
	}
	fetch->unwanted = true;
	shed(f);
	return r;
}
