/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailbox of a POP3 server as a source: one folder, INBOX.
 */
#include "formats/pop3/pop3.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/pop3/fetch.h"
#include "formats/pop3/leave.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

struct pop3_source {
	struct am_source base;
	struct am_server_login *login;
	struct am_pop3_fetcher *fetcher;
	struct am_folder *inbox;
	bool delete;
	bool told; /* the folder was yielded */
	bool told_lacking;
	size_t at; /* the next mail */
	/* Origins name mails to load(). */
	GHashTable *places; /* origin -> place + 1 */
	struct am_pop3_known *known;
	size_t n_known;
	bool remembers; /* the target told what it has */
};

static struct pop3_source *pop3_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct pop3_source, base);
}

/* ---- what there is ---- */
static void count(struct pop3_source *p)
{
	const struct am_pop3_drop *drop = am_pop3_fetcher_drop(p->fetcher);

	p->base.total = p->base.total_bytes = 0;
	for (size_t i = 0; i < drop->n; i++) {
		if (drop->mails[i].known)
			continue;
		p->base.total++;
		if (drop->mails[i].size < UINT64_MAX - p->base.total_bytes)
			p->base.total_bytes += drop->mails[i].size;
	}
}

static int resume(struct am_source *src, struct am_memory *memory,
                  struct am_error *err)
{
	struct pop3_source *p = pop3_of(src);

	int r = am_pop3_drop_match(am_pop3_fetcher_drop(p->fetcher), memory,
	                           src->identity, p->inbox, &p->known,
	                           &p->n_known, err);
	p->remembers = !r;
	count(p);
	return r;
}

/* "uidl W8x…", or its place where there is no id; never twice the same. */
static char *origin_of(struct pop3_source *p, const struct am_pop3_mail *mail)
{
	char *origin;

	if (!mail->uidl)
		return g_strdup_printf("message %" PRIu32, mail->number);
	char *ascii = g_strcanon(g_strdup(mail->uidl),
	                         "!\"#$%&'()*+,-./0123456789:;<=>?@"
	                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
	                         "abcdefghijklmnopqrstuvwxyz{|}~",
	                         '?');
	origin = g_strdup_printf("uidl %s", ascii);
	if (g_hash_table_contains(p->places, origin)) {
		g_free(origin);
		origin = g_strdup_printf("uidl %s, message %" PRIu32, ascii,
		                         mail->number);
	}
	g_free(ascii);
	return origin;
}

static int make_message(struct pop3_source *p, size_t place,
                        struct am_message **out, struct am_error *err)
{
	const struct am_pop3_mail *mail =
		&am_pop3_fetcher_drop(p->fetcher)->mails[place];

	int r = am_message_new(out, p->inbox, err);
	if (r)
		return r;
	struct am_message *msg = *out;
	char *origin = origin_of(p, mail);
	g_hash_table_insert(p->places, origin, GSIZE_TO_POINTER(place + 1));
	msg->origin = am_arena_strdup(msg->arena, origin);
	msg->size = mail->size ? mail->size : AM_SIZE_UNKNOWN;
	msg->exactness = AM_EXACT;
	msg->uidvalidity = (uint32_t)(mail->key >> 32);
	msg->uid = (uint32_t)mail->key;
	if (mail->uidl)
		am_message_add_prop(msg, "pop3.uidl", mail->uidl,
		                    strlen(mail->uidl));
	return AM_OK;
}

/* Mail that is there and cannot be asked for. */
static int fail_lacking(struct pop3_source *p, const struct am_pop3_drop *drop,
                        struct am_item *out, struct am_error *err)
{
	p->told_lacking = true;
	out->messages = drop->counted - drop->n;
	out->origin = "INBOX";
	return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
	               "the server counts %" PRIu64
	               " messages and lists %zu; the next run asks again",
	               drop->counted, drop->n);
}

static int next(struct am_source *src, struct am_item *out,
                struct am_error *err)
{
	struct pop3_source *p = pop3_of(src);
	const struct am_pop3_drop *drop = am_pop3_fetcher_drop(p->fetcher);

	out->folder = p->inbox;
	if (!p->told) {
		p->told = true;
		for (size_t i = 0; i < drop->n; i++)
			out->already += drop->mails[i].known;
		return AM_OK;
	}
	while (p->at < drop->n && drop->mails[p->at].known)
		p->at++;
	if (p->at == drop->n)
		return drop->counted > drop->n && !p->told_lacking
		               ? fail_lacking(p, drop, out, err)
		               : AM_END;
	return make_message(p, p->at++, &out->message, err);
}

static bool place_of(struct pop3_source *p, const struct am_message *msg,
                     size_t *out)
{
	size_t place =
		GPOINTER_TO_SIZE(g_hash_table_lookup(p->places, msg->origin));

	*out = place - 1;
	return place;
}

static int ask(struct am_source *src, struct am_message *msg,
               struct am_error *err)
{
	struct pop3_source *p = pop3_of(src);
	size_t place;

	return place_of(p, msg, &place)
	               ? am_pop3_fetcher_ask(p->fetcher, place, err)
	               : AM_OK;
}

static int load(struct am_source *src, struct am_message *msg,
                struct am_error *err)
{
	struct pop3_source *p = pop3_of(src);
	static const struct am_when never = {0};
	struct am_received headers;
	size_t place;

	if (!place_of(p, msg, &place))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "not a message of this source");
	int r = am_pop3_fetcher_have(p->fetcher, place, &msg->raw, err);
	/* POP3 does not tell when mail came: the header does. */
	if (!r)
		r = am_received_read(&headers, msg->raw, src->ctx, err);
	if (!r)
		am_received_choose_file(msg, &headers, &never, "import");
	if (!r || r == AM_FAILED)
		g_hash_table_remove(p->places, msg->origin);
	return r;
}

/* ---- the end ---- */
static int delete_known(struct pop3_source *p, struct am_pop3_session **session,
                        const struct am_pop3_drop *drop, struct am_error *err)
{
	uint64_t deleted = 0, unsure = 0;

	int r = am_pop3_leave(*session, drop, p->known, p->n_known, &deleted,
	                      &unsure, err);
	/* Without QUIT nothing of it holds. */
	int quit = am_pop3_session_close(session, !r, err);
	if (r || quit)
		return r ? r : quit;
	if (deleted)
		am_ctx_note(p->base.ctx, AM_NOTE_INFO, "pop3.deleted", p->inbox,
		            NULL,
		            "%" PRIu64 " messages deleted on the server: an "
		            "earlier run stored them",
		            deleted);
	if (unsure)
		am_ctx_note(p->base.ctx, AM_NOTE_WARN, "pop3.not-deleted",
		            p->inbox, NULL,
		            "%" PRIu64 " messages left on the server: their "
		            "Message-ID is not the one that was stored",
		            unsure);
	return AM_OK;
}

static void leave(struct pop3_source *p, struct am_pop3_drop *drop)
{
	struct am_pop3_session *session = NULL;
	struct am_error err = {0};
	int r = AM_OK;

	/* The drop outlives the fetcher. */
	struct am_pop3_drop kept = *drop;
	*drop = (struct am_pop3_drop){0};
	session = am_pop3_fetcher_free(&p->fetcher);
	if (!p->delete || am_ctx_cancelled(p->base.ctx))
		;
	else if (!p->remembers)
		am_ctx_note(p->base.ctx, AM_NOTE_WARN, "pop3.not-deleted",
		            p->inbox, NULL,
		            "nothing is deleted on the server: this target "
		            "does not remember what it got from where");
	else if (session)
		r = delete_known(p, &session, &kept, &err);
	if (r)
		am_ctx_note_error(p->base.ctx, "pop3.not-deleted", p->inbox,
		                  NULL, &err);
	(void)am_pop3_session_close(&session, true, NULL);
	am_pop3_drop_clear(&kept);
}

static void close_source(struct am_source *src)
{
	struct pop3_source *p = pop3_of(src);

	if (p->fetcher)
		leave(p, am_pop3_fetcher_drop(p->fetcher));
	if (p->places)
		g_hash_table_unref(p->places);
	const struct am_folder *inbox = p->inbox;
	am_folder_unref(&inbox);
	am_server_login_free(&p->login);
	g_free(p->known);
	g_free(p);
}

static const struct am_source_ops ops = {
	.next = next,
	.ask = ask,
	.load = load,
	.resume = resume,
	.close = close_source,
};

/* ---- opening ---- */
static void tell_lacks(const struct pop3_source *p)
{
	const struct am_pop3_drop *drop = am_pop3_fetcher_drop(p->fetcher);

	if (drop->n && drop->no_uidl)
		am_ctx_note(p->base.ctx, AM_NOTE_WARN, "pop3.no-uidl", p->inbox,
		            NULL,
		            drop->no_top
		                    ? "the server gives messages no lasting "
		                      "name: all are fetched each time"
		                    : "the server gives messages no lasting "
		                      "name: they are told by their headers");
}

int am_pop3_source_open(struct am_source **out, const struct am_location *where,
                        struct am_ctx *ctx, struct am_error *err)
{
	static const char *const inbox[] = {"INBOX"};
	struct pop3_source *p = g_new0(struct pop3_source, 1);

	*out = NULL;
	p->base = (struct am_source){.ops = &ops, .ctx = ctx};
	p->places =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int r = am_server_login_new(&p->login, where, am_pop3_options,
	                            am_pop3_schemes, ctx, err);
	if (!r && p->login->path && g_ascii_strcasecmp(p->login->path, "INBOX"))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "POP3 has no folders: the URL ends behind the "
		            "host");
	if (!r)
		r = am_location_switch(where, am_pop3_options,
		                       "delete-after-verify", &p->delete, err);
	if (!r)
		r = am_folder_new(&p->inbox, inbox, 1, AM_ROLE_INBOX, err);
	if (!r)
		r = am_pop3_fetcher_new(&p->fetcher, p->login, err);
	if (r) {
		close_source(&p->base);
		return r;
	}
	p->base.identity = p->login->identity;
	count(p);
	tell_lacks(p);
	*out = &p->base;
	return AM_OK;
}
