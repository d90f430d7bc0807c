/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/fetch_impl.h"

#include "base/blob.h"

#include <string.h>

/* ---- wants and batches ---- */

static void want_free(struct am_imap_want *w)
{
	am_blob_unref(&w->blob);
	g_free(w->why);
	g_free(w);
}

struct am_imap_batch *am_imap_batch_new(const struct am_imap_box *box,
                                        enum am_imap_batch_kind kind)
{
	struct am_imap_batch *b = g_new0(struct am_imap_batch, 1);

	b->box = box;
	b->kind = kind;
	b->uidvalidity = box->uidvalidity;
	b->wants = g_ptr_array_new();
	return b;
}

void am_imap_batch_free(struct am_imap_batch *batch)
{
	if (!batch)
		return;
	for (guint i = 0; i < batch->wants->len; i++) {
		struct am_imap_want *w = batch->wants->pdata[i];
		/* Nobody else knows it any more. */
		if (w && w->taken)
			want_free(w);
	}
	g_ptr_array_free(batch->wants, TRUE);
	g_free(batch);
}

static uint64_t weight(const struct am_imap_want *w)
{
	return w->size == AM_SIZE_UNKNOWN ? GUESS_BYTES : w->size;
}

static size_t digits(uint32_t n)
{
	size_t d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

void am_imap_batch_add(struct am_imap_batch *batch, struct am_imap_want *want)
{
	const struct am_imap_want *before =
		batch->wants->len ? batch->wants->pdata[batch->wants->len - 1]
				  : NULL;

	bool follows = before && before->uid + 1 == want->uid;
	/* ",n", or the end of "m:n", which may be longer later. */
	if (!follows || !batch->in_range)
		batch->set_len += 1 + (follows ? 10 : digits(want->uid));
	batch->in_range = follows;
	g_ptr_array_add(batch->wants, want);
	batch->bytes += weight(want);
}

static void wake(struct am_imap_fetcher *f)
{
	pthread_cond_broadcast(&f->work);
}

/* With the lock held.  Something was taken: only who might send now is woken,
 * for each of ten thousand messages comes by here. */
static void wake_for_room(struct am_imap_fetcher *f)
{
	const struct am_imap_batch *b = f->queue;

	if (b && (f->held + b->bytes <= WINDOW_BYTES || !f->held))
		wake(f);
}

void am_imap_fetcher_queue(struct am_imap_fetcher *f,
                           struct am_imap_batch *batch, bool front)
{
	/* Those that came are not asked for again. */
	while (g_ptr_array_remove(batch->wants, NULL))
		;
	pthread_mutex_lock(&f->lock);
	for (guint i = 0; front && i < batch->wants->len; i++) {
		struct am_imap_want *w = batch->wants->pdata[i];
		f->held -= w->counted;
		w->counted = 0;
		w->sent = false;
	}
	batch->next = front ? f->queue : NULL;
	if (front)
		f->queue = batch;
	else if (f->queue_last)
		f->queue_last->next = batch;
	else
		f->queue = batch;
	if (!front || !batch->next)
		f->queue_last = batch;
	wake(f);
	pthread_mutex_unlock(&f->lock);
}

void am_imap_fetcher_settled(struct am_imap_fetcher *f,
                             struct am_imap_want *want, struct am_blob *blob,
                             const struct am_error *why)
{
	bool wakes = false;

	pthread_mutex_lock(&f->lock);
	f->held -= want->counted;
	want->counted = 0;
	want->settled = true;
	if (blob) {
		f->failures = 0;
		f->reopened = 0;
		f->bytes += am_blob_size(blob);
	} else if (why->kind != AM_E_NOTFOUND) {
		f->failures++;
	}
	if (want->taken) {
		am_blob_unref(&blob);
		want_free(want);
	} else {
		want->blob = blob;
		want->why = blob ? NULL : g_memdup2(why, sizeof *why);
		want->counted = blob ? am_blob_size(blob) : 0;
		f->held += want->counted;
		wakes = want == f->waiting;
		/* Of bodies more may be on the way: see am_imap_fetcher_tell().
		 */
		f->untold |= wakes && blob;
		wakes &= !blob;
	}
	pthread_mutex_unlock(&f->lock);
	if (wakes)
		pthread_cond_signal(&f->done);
}

void am_imap_fetcher_tell(struct am_imap_fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	bool untold = f->untold;
	f->untold = false;
	pthread_mutex_unlock(&f->lock);
	if (untold)
		pthread_cond_signal(&f->done);
}

void am_imap_fetcher_die(struct am_imap_fetcher *f, const struct am_error *why)
{
	pthread_mutex_lock(&f->lock);
	if (!f->fatal) {
		f->fatal = AM_FATAL;
		f->why = *why;
	}
	pthread_cond_broadcast(&f->done);
	wake(f);
	pthread_mutex_unlock(&f->lock);
}

/* ---- the reader's side ---- */

struct am_imap_fetcher *am_imap_fetcher_new(struct am_imap_account *account,
                                            struct am_imap_link *control)
{
	struct am_imap_fetcher *f = g_new0(struct am_imap_fetcher, 1);

	f->account = account;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->work, NULL);
	pthread_cond_init(&f->done, NULL);
	am_imap_carrier_init(&f->own, f, control);
	f->alone = account->connections < 2;
	return f;
}

/* Connections are opened when there is something to fetch, not before. */
static void start(struct am_imap_fetcher *f)
{
	unsigned n = f->alone ? 0 : f->account->connections - 1;

	f->started = true;
	/* The first may be dead before the second is there. */
	pthread_mutex_lock(&f->lock);
	for (unsigned i = 0; i < n; i++) {
		struct am_imap_carrier *c = &f->carriers[f->n_carriers];
		am_imap_carrier_init(c, f, am_imap_link_new(f->account));
		f->n_alive++;
		if (pthread_create(&c->thread, NULL, am_imap_carrier_main, c)) {
			f->n_alive--;
			am_imap_carrier_clear(c);
			am_imap_link_free(&c->link, false);
			break;
		}
		f->n_carriers++;
	}
	f->alone = !f->n_alive;
	pthread_mutex_unlock(&f->lock);
}

void am_imap_fetcher_free(struct am_imap_fetcher **fetcher)
{
	struct am_imap_fetcher *f = *fetcher;

	*fetcher = NULL;
	if (!f)
		return;
	am_imap_account_stop(f->account);
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	wake(f);
	pthread_mutex_unlock(&f->lock);
	for (unsigned i = 0; i < f->n_carriers; i++) {
		struct am_imap_carrier *c = &f->carriers[i];
		/* Half a batch is not waited for. */
		if (f->asked)
			am_imap_link_interrupt(c->link);
		pthread_join(c->thread, NULL);
		am_imap_carrier_clear(c);
		am_imap_link_free(&c->link, !f->fatal);
	}
	am_imap_carrier_clear(&f->own);
	for (struct am_imap_batch *b = f->queue, *next; b; b = next) {
		next = b->next;
		am_imap_batch_free(b);
	}
	am_imap_batch_free(f->open);
	for (struct am_imap_want *w = f->asked, *next; w; w = next) {
		next = w->next;
		want_free(w);
	}
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->work);
	pthread_cond_destroy(&f->done);
	g_free(f);
}

static void close_open(struct am_imap_fetcher *f)
{
	struct am_imap_batch *b = f->open;

	f->open = NULL;
	if (!b)
		return;
	for (guint i = 0; i < b->wants->len; i++)
		((struct am_imap_want *)b->wants->pdata[i])->queued = true;
	if (!f->started)
		start(f);
	am_imap_fetcher_queue(f, b, false);
}

/* What the server lets into one command (RFC 9738), as far as is known. */
static guint batch_most(const struct am_imap_fetcher *f)
{
	const struct am_imap_session *s = am_imap_link_now(f->own.link);
	uint32_t limit = s ? am_imap_session_limit(s) : 0;

	return limit ? MIN(limit, BATCH_MESSAGES) : BATCH_MESSAGES;
}

void am_imap_fetcher_ask(struct am_imap_fetcher *f,
                         const struct am_imap_box *box,
                         const struct am_message *msg)
{
	struct am_imap_want *w = g_new0(struct am_imap_want, 1);
	struct am_imap_batch *b = f->open;

	w->box = box;
	w->uid = msg->uid;
	w->size = msg->size;
	pthread_mutex_lock(&f->lock);
	if (f->asked_last)
		f->asked_last->next = w;
	else
		f->asked = w;
	f->asked_last = w;
	/* Nobody works: a small batch now beats a full one later. */
	bool idle = !f->queue && f->held == 0;
	pthread_mutex_unlock(&f->lock);
	bool large = w->size != AM_SIZE_UNKNOWN && w->size >= LARGE_BYTES;
	if (b &&
	    (b->box != box || large || b->wants->len >= f->batch_most ||
	     b->set_len + 24 > SET_ROOM || b->bytes + weight(w) > BATCH_BYTES))
		close_open(f);
	if (!f->open) {
		f->open = am_imap_batch_new(box, large ? AM_IMAP_LARGE
		                                       : AM_IMAP_BODIES);
		f->batch_most = batch_most(f);
	}
	am_imap_batch_add(f->open, w);
	if (large || f->open->bytes >= BATCH_BYTES ||
	    (idle && f->open->bytes >= BATCH_BYTES / 8))
		close_open(f);
}

/* Those before it were skipped: whoever has them lets go of them. */
static struct am_imap_want *take_want(struct am_imap_fetcher *f,
                                      const struct am_imap_box *box,
                                      const struct am_message *msg)
{
	struct am_imap_want *w = f->asked;

	while (w && (w->box != box || w->uid != msg->uid))
		w = w->next;
	if (!w)
		return NULL;
	for (struct am_imap_want *skipped = f->asked; skipped != w;) {
		struct am_imap_want *next = skipped->next;
		if (skipped->settled) {
			f->held -= skipped->counted;
			want_free(skipped);
		} else {
			skipped->taken = true;
		}
		skipped = next;
	}
	f->asked = w;
	return w;
}

/* With the lock held, which it lets go of meanwhile. */
static int wait_for(struct am_imap_fetcher *f, struct am_imap_want *w,
                    struct am_error *err)
{
	int r = AM_OK;

	f->waiting = w;
	wake(f);
	while (!r && !w->settled && !f->fatal) {
		if (!f->alone) {
			pthread_cond_wait(&f->done, &f->lock);
			continue;
		}
		pthread_mutex_unlock(&f->lock);
		r = am_imap_carrier_turn(&f->own, err);
		pthread_mutex_lock(&f->lock);
		if (r == AM_END)
			r = w->settled ? AM_OK
			               : am_fail(err, AM_FATAL, AM_E_PROTOCOL,
			                         "a message asked for was "
			                         "lost sight of");
	}
	f->waiting = NULL;
	if (!r && !w->settled && f->fatal) {
		r = f->fatal;
		if (err)
			*err = f->why;
	}
	return r;
}

int am_imap_fetcher_load(struct am_imap_fetcher *f,
                         const struct am_imap_box *box,
                         const struct am_message *msg, struct am_blob **out,
                         struct am_error *err)
{
	*out = NULL;
	pthread_mutex_lock(&f->lock);
	struct am_imap_want *w = take_want(f, box, msg);
	pthread_mutex_unlock(&f->lock);
	if (!w) {
		am_imap_fetcher_ask(f, box, msg);
		pthread_mutex_lock(&f->lock);
		w = take_want(f, box, msg);
		pthread_mutex_unlock(&f->lock);
	}
	if (!w->queued)
		close_open(f);
	pthread_mutex_lock(&f->lock);
	int r = w->settled ? AM_OK : wait_for(f, w, err);
	if (!r) {
		*out = g_steal_pointer(&w->blob);
		if (!*out && err)
			*err = *w->why;
		r = *out ? AM_OK : AM_FAILED;
		f->held -= w->counted;
		f->asked = w->next;
		if (!f->asked)
			f->asked_last = NULL;
		want_free(w);
		wake_for_room(f);
	}
	pthread_mutex_unlock(&f->lock);
	return r;
}

int am_imap_fetcher_settle(struct am_imap_fetcher *f, struct am_error *err)
{
	int r = AM_OK;

	f->own.holding = true;
	while (!r && f->own.first)
		r = am_imap_carrier_turn(&f->own, err);
	f->own.holding = false;
	return r == AM_END ? AM_OK : r;
}

uint64_t am_imap_fetcher_bytes(struct am_imap_fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	uint64_t bytes = f->bytes;
	pthread_mutex_unlock(&f->lock);
	return bytes;
}

void am_imap_fetcher_found_slow(struct am_imap_fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	bool before = f->slow;
	f->slow = true;
	pthread_mutex_unlock(&f->lock);
	if (!before)
		am_ctx_note(f->account->ctx, AM_NOTE_INFO, "imap.slow-line",
		            NULL, NULL,
		            "a slow line: the server is asked to compress");
}

bool am_imap_fetcher_is_apart(struct am_imap_fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	bool apart = !f->alone;
	pthread_mutex_unlock(&f->lock);
	return apart;
}

bool am_imap_fetcher_is_slow(struct am_imap_fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	bool slow = f->slow;
	pthread_mutex_unlock(&f->lock);
	return slow;
}
