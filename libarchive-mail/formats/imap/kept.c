/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/kept.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/fetch_line.h"

#include <string.h>

enum {
	DUE = 200,      /* so many of one mailbox are asked for */
	ALL_DUE = 2000, /* so many in all: also where it is not open */
	ASK_MOST = 500, /* in one command */
	SET_TEXT = 6000,
	TRIES_MOST = 3,
	/* Fetched to see what was changed: so many, so large, held so long. */
	SAMPLES_MOST = 10,
	SAMPLE_BYTES = 16 << 10,
	HELD_BYTES = 4 << 20,
};

/* One that was sent. */
struct piece {
	struct am_imap_target *target;
	const struct am_folder *folder;
	char *origin;
	struct am_blob *blob; /* what was sent, of small ones, or NULL */
	uint64_t size, told;
	uint32_t uidvalidity, uid; /* there; uid 0: not told */
	bool answered, same; /* same: the bytes are those that were sent */
	unsigned tries;
	char *words; /* what was changed, when that is known */
};

/* What is asked for of one mailbox. */
struct question {
	struct am_imap_command select, noop, fetch;
	struct am_imap_kept *kept;
	struct am_imap_target *target;
	GPtrArray *pieces; /* ascending by uid, or all without one */
	GArray *sizes;     /* struct told: where they have none */
	uint64_t opening;  /* of the link, when it was sent */
	/* A server without UIDPLUS may lose what is appended while a mailbox is
	 * selected (proof.h): nothing goes on beside it. */
	bool waited_for;
};

struct told {
	uint32_t uid;
	uint64_t size;
};

struct am_imap_kept {
	struct am_imap_account *account;
	struct am_imap_link *link;
	struct am_imap_targets *targets;
	GPtrArray *all;         /* struct piece, oldest first */
	GPtrArray *odd;         /* those with another size, not told yet */
	struct question *asked; /* under way, or NULL */
	size_t held;            /* bytes of blobs */
	unsigned samples, lost;
	bool off;  /* nothing to be had, or nothing to be believed */
	bool real; /* what it says was found to be so, once */
};

/* ---- pieces ---- */

static void piece_free(void *data)
{
	struct piece *p = data;

	if (!p)
		return;
	am_folder_unref(&p->folder);
	am_blob_unref(&p->blob);
	g_free(p->origin);
	g_free(p->words);
	g_free(p);
}

static void let_go(struct am_imap_kept *k, struct piece *p)
{
	if (p->blob)
		k->held -= p->size;
	am_blob_unref(&p->blob);
}

static void question_free(struct question *q)
{
	g_ptr_array_unref(q->pieces);
	g_array_unref(q->sizes);
	g_free(q);
}

struct am_imap_kept *am_imap_kept_new(struct am_imap_account *account,
                                      struct am_imap_link *link,
                                      struct am_imap_targets *targets)
{
	struct am_imap_kept *k = g_new0(struct am_imap_kept, 1);

	k->account = account;
	k->link = link;
	k->targets = targets;
	k->all = g_ptr_array_new_with_free_func(piece_free);
	k->odd = g_ptr_array_new_with_free_func(piece_free);
	return k;
}

void am_imap_kept_free(struct am_imap_kept **kept)
{
	struct am_imap_kept *k = *kept;

	*kept = NULL;
	if (!k)
		return;
	if (k->asked)
		question_free(k->asked);
	g_ptr_array_unref(k->all);
	g_ptr_array_unref(k->odd);
	g_free(k);
}

bool am_imap_kept_is_under_way(const struct am_imap_kept *k)
{
	return k->asked;
}

void am_imap_kept_add(struct am_imap_kept *k, const struct am_imap_item *it,
                      uint32_t uid)
{
	if (k->off)
		return;
	struct piece *p = g_new0(struct piece, 1);
	p->target = it->target;
	p->folder = am_folder_ref(it->meta->folder);
	p->origin = g_strdup(it->meta->origin);
	p->size = it->size;
	p->uid = uid;
	p->uidvalidity = it->target->uidvalidity;
	if (it->size <= SAMPLE_BYTES && k->held + it->size <= HELD_BYTES &&
	    k->samples < SAMPLES_MOST) {
		p->blob = am_blob_ref(it->mended ? it->mended : it->raw);
		k->held += it->size;
	}
	g_ptr_array_add(k->all, p);
}

/* ---- answers ---- */

static int by_uid(const void *a, const void *b)
{
	uint32_t x = (*(const struct piece *const *)a)->uid;
	uint32_t y = (*(const struct piece *const *)b)->uid;

	return (x > y) - (x < y);
}

static struct piece *find(const struct question *q, uint32_t uid)
{
	guint low = 0, high = q->pieces->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		struct piece *p = q->pieces->pdata[mid];
		if (p->uid == uid)
			return p;
		if (p->uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool is_open(const struct am_imap_kept *k,
                    const struct am_imap_target *t)
{
	const struct am_imap_session *s = am_imap_link_now(k->link);
	const struct am_imap_mailbox *m = s ? am_imap_session_mailbox(s) : NULL;

	return m && m->name && !strcmp(m->name, t->name) &&
	       m->uidvalidity == t->uidvalidity;
}

static int take_size(struct am_imap_command *cmd,
                     const struct am_imap_line *line, struct am_error *err)
{
	struct question *q = cmd->user;
	struct am_imap_fetch f;
	uint64_t size;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid ||
	    !is_open(q->kept, q->target))
		return AM_END;
	const struct am_imap_value *v = am_imap_fetch_item(&f, "RFC822.SIZE");
	if (!v || !am_imap_number(v, &size))
		return AM_END;
	const struct told told = {f.uid, size};
	struct piece *p = find(q, f.uid);
	if (p) {
		p->answered = true;
		p->told = size;
	} else if (f.uid >= q->target->kept_from &&
	           q->sizes->len <= q->pieces->len) {
		g_array_append_val(q->sizes, told);
	}
	return AM_OK;
}

/* Of messages without numbers: they are the last there, in order, if nothing
 * else came into the mailbox. */
static void pair(const struct question *q)
{
	const GArray *sizes = q->sizes;
	uint32_t before = 0;

	for (guint i = 0; i < sizes->len; i++) {
		const struct told *t = &g_array_index(sizes, struct told, i);
		if (t->uid <= before)
			return;
		before = t->uid;
	}
	if (!before)
		return;
	q->target->kept_from = before + (before < UINT32_MAX);
	for (guint i = 0; sizes->len == q->pieces->len && i < sizes->len; i++) {
		const struct told *t = &g_array_index(sizes, struct told, i);
		struct piece *p = q->pieces->pdata[i];
		p->answered = true;
		p->told = t->size;
		p->uid = t->uid;
	}
}

static void tell_unseen(struct am_imap_kept *k, const struct piece *p)
{
	am_ctx_note(k->account->ctx, AM_NOTE_WARN, "imap.unseen", p->folder,
	            p->origin,
	            "the server took it as number %" PRIu32
	            " and does not show it",
	            p->uid);
}

/* Once more, or known. */
static void take_piece(struct am_imap_kept *k, struct piece *p, bool ok)
{
	bool renumbered = p->uidvalidity != p->target->uidvalidity;

	if (!p->answered && p->uid && !renumbered &&
	    ++p->tries < TRIES_MOST - (ok ? 1u : 0u)) {
		g_ptr_array_add(k->all, p);
		return;
	}
	if (!p->answered && p->uid && ok && !renumbered)
		tell_unseen(k, p);
	if (p->answered && p->told != p->size) {
		g_ptr_array_add(k->odd, p);
		return;
	}
	let_go(k, p);
	piece_free(p);
}

static void take_answer(struct am_imap_kept *k)
{
	struct question *q = g_steal_pointer(&k->asked);
	enum am_imap_end end = q->fetch.reply.end;
	bool here = am_imap_link_now(k->link) &&
	            am_imap_link_openings(k->link) == q->opening;

	if (!q->pieces->len || ((struct piece *)q->pieces->pdata[0])->uid == 0)
		pair(q);
	/* It cannot do that: nobody asks again. */
	if (here && q->select.reply.end != AM_IMAP_END_NO &&
	    (end == AM_IMAP_END_BAD || end == AM_IMAP_END_NO))
		k->off = q->fetch.reply.trouble == AM_IMAP_REFUSED ||
		         q->fetch.reply.trouble == AM_IMAP_UNKNOWN_COMMAND;
	g_ptr_array_set_free_func(q->pieces, NULL);
	for (guint i = 0; i < q->pieces->len; i++)
		take_piece(k, q->pieces->pdata[i],
		           end == AM_IMAP_END_OK && !q->fetch.reply.limited);
	question_free(q);
	if (k->off)
		g_ptr_array_set_size(k->all, 0);
}

/* ---- questions ---- */

/* All of one kind of one mailbox, as many as fit. */
static struct question *gather(struct am_imap_kept *k, struct am_imap_target *t,
                               bool numbered)
{
	struct question *q = g_new0(struct question, 1);
	GPtrArray *rest = g_ptr_array_new_with_free_func(piece_free);
	guint most = numbered ? ASK_MOST : G_MAXUINT;

	q->kept = k;
	q->target = t;
	q->waited_for = !numbered;
	q->pieces = g_ptr_array_new_with_free_func(piece_free);
	q->sizes = g_array_new(FALSE, FALSE, sizeof(struct told));
	g_ptr_array_set_free_func(k->all, NULL);
	for (guint i = 0; i < k->all->len; i++) {
		struct piece *p = k->all->pdata[i];
		bool fits = p->target == t && (p->uid != 0) == numbered &&
		            q->pieces->len < most;
		g_ptr_array_add(fits ? q->pieces : rest, p);
	}
	g_ptr_array_unref(k->all);
	k->all = rest;
	if (numbered)
		g_ptr_array_sort(q->pieces, by_uid);
	return q;
}

static int put_question(struct am_imap_session *s, const struct question *q)
{
	struct am_imap_out *out = am_imap_session_out(s);
	struct am_imap_set *uids = am_imap_set_new();
	char text[SET_TEXT + 64];
	size_t next = 0;
	const struct piece *first = q->pieces->pdata[0];

	am_imap_out_clear(out);
	for (guint i = 0; i < q->pieces->len && first->uid; i++) {
		uint32_t uid = ((struct piece *)q->pieces->pdata[i])->uid;
		am_imap_set_add(uids, uid, uid);
	}
	int r = first->uid ? am_imap_set_print(uids, &next, text, sizeof text)
	                   : AM_OK;
	am_imap_set_free(&uids);
	if (first->uid)
		am_imap_put(out, "UID FETCH %s (UID RFC822.SIZE)",
		            r ? "1" : text);
	else
		am_imap_put(out, "UID FETCH %" PRIu32 ":* (UID RFC822.SIZE)",
		            MAX(q->target->kept_from, 1));
	return r;
}

/* Sends it; nobody waits. */
static int ask(struct am_imap_kept *k, struct question *q, struct am_error *err)
{
	struct am_imap_session *s;
	bool sent;

	k->asked = q;
	int r = am_imap_link_session(k->link, &s, err);
	if (r)
		return r;
	q->opening = am_imap_link_openings(k->link);
	r = am_imap_session_select_send(s, &q->select, q->target->name, true,
	                                &sent, err);
	/* Courier shows what came into the mailbox that is open only behind a
	 * command that says so. */
	if (!r && !sent) {
		am_imap_out_clear(am_imap_session_out(s));
		am_imap_put(am_imap_session_out(s), "NOOP");
		r = am_imap_session_send(s, &q->noop, err);
	}
	if (!r)
		r = put_question(s, q);
	q->fetch.untagged = take_size;
	q->fetch.user = q;
	if (!r)
		r = am_imap_session_send(s, &q->fetch, err);
	/* Never sent: there is nothing to wait for. */
	if (r)
		q->opening = 0;
	return r;
}

static struct am_imap_target *next_due(const struct am_imap_kept *k, bool all,
                                       bool *numbered)
{
	bool many = all || k->all->len >= ALL_DUE;

	for (guint i = 0; i < k->all->len; i++) {
		const struct piece *p = k->all->pdata[i];
		*numbered = p->uid != 0;
		if (many || (*numbered && is_open(k, p->target)))
			return p->target;
	}
	return NULL;
}

/* Answered, or never to be. */
static bool is_over(const struct am_imap_kept *k)
{
	const struct question *q = k->asked;

	return !am_imap_link_now(k->link) ||
	       am_imap_link_openings(k->link) != q->opening ||
	       q->fetch.reply.end != AM_IMAP_UNDER_WAY;
}

/* ---- what was changed ---- */

static int take_sample(struct am_imap_command *cmd,
                       const struct am_imap_line *line, struct am_error *err)
{
	struct question *q = cmd->user;
	struct am_imap_kept *k = q->kept;
	uint8_t sent[SAMPLE_BYTES];
	struct am_reader *in = NULL;
	struct am_imap_fetch f;
	uint64_t origin;
	bool partial;
	size_t nth, len = 0;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !is_open(k, q->target))
		return AM_END;
	const struct am_imap_value *v =
		am_imap_fetch_body(&f, &origin, &partial, &nth);
	struct piece *p = find(q, f.uid);
	const char *text = v && !line->damage ? am_imap_text(v) : NULL;
	if (!text || !p || !p->blob)
		return v ? AM_OK : AM_END;
	int r = am_blob_open(p->blob, &in, NULL);
	if (!r)
		r = am_reader_read(in, sent, sizeof sent, &len, NULL);
	am_reader_close(&in);
	if (r)
		return AM_OK;
	g_free(p->words);
	p->words = am_imap_kept_words(sent, len, (const uint8_t *)text,
	                              (size_t)v->len);
	p->same = !p->words;
	k->real |= !p->same;
	return AM_OK;
}

/* Fetches the first of those that are odd; their mailbox is opened for it. */
static int sample(struct am_imap_kept *k, struct am_error *err)
{
	struct question q = {
		.kept = k,
		.fetch = {.untagged = take_sample, .user = &q},
		.pieces = g_ptr_array_new(),
	};
	struct am_imap_session *s;
	int r = AM_OK;

	for (guint i = 0; i < k->odd->len && k->samples < SAMPLES_MOST; i++) {
		struct piece *p = k->odd->pdata[i];
		if (!p->blob || p->words || !p->uid ||
		    (q.target && q.target != p->target))
			continue;
		q.target = p->target;
		k->samples++;
		g_ptr_array_add(q.pieces, p);
	}
	if (!q.target) {
		g_ptr_array_unref(q.pieces);
		return AM_OK;
	}
	g_ptr_array_sort(q.pieces, by_uid);
	r = am_imap_link_session(k->link, &s, err);
	if (!r)
		r = am_imap_session_select(s, q.target->name, true, err);
	for (guint i = 0; !r && i < q.pieces->len; i++) {
		am_imap_put(am_imap_session_out(s),
		            "UID FETCH %" PRIu32 " (UID BODY.PEEK[])",
		            ((struct piece *)q.pieces->pdata[i])->uid);
		r = am_imap_session_run(s, &q.fetch, "FETCH", err);
	}
	for (guint i = 0; i < q.pieces->len; i++)
		let_go(k, q.pieces->pdata[i]);
	g_ptr_array_unref(q.pieces);
	return r == AM_FAILED ? AM_OK : r;
}

static void tell(struct am_imap_kept *k, const struct piece *p)
{
	am_ctx_note(k->account->ctx, AM_NOTE_LOSS, "imap.changed", p->folder,
	            p->origin,
	            "the server keeps it otherwise: %" PRIu64
	            " bytes were sent, it says it has %" PRIu64 "%s%s",
	            p->size, p->told, p->words ? ": " : "",
	            p->words ? p->words : "");
}

static int tell_odd(struct am_imap_kept *k, struct am_error *err)
{
	bool same = false;
	int r = AM_OK;

	if (k->samples < SAMPLES_MOST)
		r = sample(k, err);
	for (guint i = 0; i < k->odd->len; i++)
		same |= ((struct piece *)k->odd->pdata[i])->same;
	/* The size is wrong, and not the message. */
	k->off |= same && !k->real;
	if (k->off)
		am_ctx_note(k->account->ctx, AM_NOTE_INFO, "imap.sizes", NULL,
		            NULL,
		            "%.80s gives other sizes than its messages have: "
		            "whether it keeps them as they were sent is not "
		            "looked at",
		            k->account->host);
	for (guint i = 0; i < k->odd->len; i++) {
		struct piece *p = k->odd->pdata[i];
		let_go(k, p);
		if (!k->off && !p->same)
			tell(k, p);
	}
	g_ptr_array_set_size(k->odd, 0);
	if (k->off)
		g_ptr_array_set_size(k->all, 0);
	return r;
}

/* ---- the door ---- */

/* After any status: the copy does not fail by it. */
static int judge(struct am_imap_kept *k, int r, struct am_error *err)
{
	if (r == AM_OK || r == AM_FAILED)
		return AM_OK;
	if (r == AM_RETRY && ++k->lost >= TRIES_MOST)
		k->off = true;
	r = am_imap_link_judge(k->link, r, NULL, err);
	/* No connection any more, and all is there. */
	if (r == AM_FATAL && err->kind != AM_E_CANCELLED) {
		k->off = true;
		return AM_OK;
	}
	return r == AM_RETRY ? AM_OK : r;
}

int am_imap_kept_settle(struct am_imap_kept *k, bool all, struct am_error *err)
{
	struct am_imap_session *s;
	bool numbered;
	int r = AM_OK;

	for (;;) {
		while (k->asked && (all || k->asked->waited_for) && !r &&
		       !is_over(k)) {
			s = am_imap_link_now(k->link);
			r = judge(k, am_imap_session_step(s, err), err);
		}
		if (r)
			return r;
		if (k->asked && !is_over(k))
			return AM_OK;
		if (k->asked)
			take_answer(k);
		if (k->odd->len) {
			r = judge(k, tell_odd(k, err), err);
			if (r)
				return r;
		}
		struct am_imap_target *t = next_due(k, all, &numbered);
		if (!t || k->off)
			return AM_OK;
		r = judge(k, ask(k, gather(k, t, numbered), err), err);
	}
}
