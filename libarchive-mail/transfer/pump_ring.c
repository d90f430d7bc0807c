/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ring between the three stages.  Counters only grow; slot = counter &
 * mask:
 *
 *   cleared <= taken <= claimed <= pushed     (released == taken outside the
 *                                              writer)
 *
 * One mutex guards all of it.  pthread and not GLib's locks: GLib's mutex is a
 * bare futex, which ThreadSanitizer cannot see.
 */
#include "transfer/pump.h"

#include <glib.h>

#include <pthread.h>
#include <time.h>

#define NAP_USEC    200
#define CLAIM_MAX   AM_CLAIM_MAX
#define CLAIM_BYTES ((uint64_t)64 << 10)
/* Of entries whose bytes are still to come, whatever they are said to be. */
#define CLAIM_UNLOADED 4

struct am_ring {
	struct am_entry *slots;
	uint64_t mask;
	uint64_t depth, max_bytes;
	unsigned workers;

	pthread_mutex_t lock;
	pthread_cond_t space, work, ready;
	unsigned wait_space, wait_work, wait_ready; /* who wants waking */

	uint64_t pushed, claimed, taken, cleared;
	uint64_t bytes;
	bool ended, stopped;
	int end_status;
	struct am_error end_err;
};

static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct am_ring *am_ring_new(unsigned depth, uint64_t bytes, unsigned workers)
{
	struct am_ring *ring = g_new0(struct am_ring, 1);
	uint64_t room = 1;

	while (room < depth)
		room <<= 1;
	ring->slots = g_new0(struct am_entry, room);
	ring->mask = room - 1;
	ring->depth = depth;
	ring->max_bytes = bytes;
	ring->workers = workers;
	pthread_mutex_init(&ring->lock, NULL);
	init_cond(&ring->space);
	init_cond(&ring->work);
	init_cond(&ring->ready);
	return ring;
}

void am_ring_free(struct am_ring **ring)
{
	struct am_ring *r = *ring;

	*ring = NULL;
	if (!r)
		return;
	pthread_cond_destroy(&r->space);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->ready);
	pthread_mutex_destroy(&r->lock);
	g_free(r->slots);
	g_free(r);
}

static struct am_entry *slot(struct am_ring *ring, uint64_t i)
{
	return &ring->slots[i & ring->mask];
}

/* Wait on cond until a time of g_get_monotonic_time(); INT64_MAX: for ever. */
static void wait_until(struct am_ring *ring, pthread_cond_t *cond,
                       int64_t until)
{
	struct timespec at = {
		.tv_sec = (time_t)(until / G_USEC_PER_SEC),
		.tv_nsec = (long)(until % G_USEC_PER_SEC) * 1000,
	};

	if (until == INT64_MAX)
		pthread_cond_wait(cond, &ring->lock);
	else
		pthread_cond_timedwait(cond, &ring->lock, &at);
}

/* First a nap nobody knows of, from the second time on a wait to be woken. */
static void nap_or_wait(struct am_ring *ring, pthread_cond_t *cond,
                        unsigned *waiting, unsigned times, int64_t until)
{
	if (times < 2) {
		int64_t nap = g_get_monotonic_time() + NAP_USEC;
		wait_until(ring, cond, nap < until ? nap : until);
		return;
	}
	++*waiting;
	wait_until(ring, cond, until);
	--*waiting;
}

static bool has_space(const struct am_ring *ring, uint64_t cost)
{
	uint64_t used = ring->pushed - ring->taken;

	/* Whatever its size, one message always fits alone. */
	return !used ||
	       (used < ring->depth && ring->bytes + cost <= ring->max_bytes);
}

/* What the reader made the reader frees: a message that is freed by another
 * thread makes both wait for the allocator's lock.  Nobody else looks at these
 * slots. */
static void clear_taken(struct am_ring *ring, const struct am_sink *sink)
{
	uint64_t end = ring->taken;

	if (ring->cleared == end)
		return;
	pthread_mutex_unlock(&ring->lock);
	for (uint64_t i = ring->cleared; i != end; i++)
		am_entry_clear(sink, slot(ring, i));
	pthread_mutex_lock(&ring->lock);
	ring->cleared = end;
}

bool am_ring_push(struct am_ring *ring, const struct am_sink *sink,
                  const struct am_entry *entry)
{
	pthread_mutex_lock(&ring->lock);
	for (unsigned t = 0; !ring->stopped && !has_space(ring, entry->cost);
	     t++)
		nap_or_wait(ring, &ring->space, &ring->wait_space, t,
		            INT64_MAX);
	clear_taken(ring, sink);
	bool stopped = ring->stopped;
	if (!stopped) {
		struct am_entry *to = slot(ring, ring->pushed);
		*to = *entry;
		to->ready = !ring->workers;
		ring->pushed++;
		ring->bytes += entry->cost;
		if (!ring->workers) {
			ring->claimed = ring->pushed;
			if (ring->wait_ready)
				pthread_cond_signal(&ring->ready);
		} else if (ring->wait_work) {
			pthread_cond_signal(&ring->work);
		}
	}
	pthread_mutex_unlock(&ring->lock);
	return !stopped;
}

void am_ring_end(struct am_ring *ring, int status, const struct am_error *err)
{
	pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	ring->end_status = status;
	ring->end_err = *err;
	pthread_cond_broadcast(&ring->work);
	pthread_cond_broadcast(&ring->ready);
	pthread_mutex_unlock(&ring->lock);
}

/* How many entries one worker takes at once: a fair share, so that the last
 * ones before a pause are spread, and not too many bytes. */
static size_t share(struct am_ring *ring)
{
	uint64_t left = ring->pushed - ring->claimed;
	uint64_t n = left / (2 * (uint64_t)ring->workers) + 1;
	uint64_t bytes = 0, i = 0;

	if (n > CLAIM_MAX)
		n = CLAIM_MAX;
	/* A run must not wrap, so that it is one array. */
	uint64_t flat = ring->mask + 1 - (ring->claimed & ring->mask);
	if (n > flat)
		n = flat;
	while (i < n && bytes <= CLAIM_BYTES) {
		const struct am_entry *e = slot(ring, ring->claimed + i++);
		bytes += e->cost;
		if (e->unloaded && n > CLAIM_UNLOADED)
			n = CLAIM_UNLOADED;
	}
	return (size_t)i;
}

/* What was loaded here weighs more than was thought when it was pushed: nothing
 * is begun before something has left, but for what the writer waits for. */
static bool is_heavy(const struct am_ring *ring)
{
	return ring->bytes > ring->max_bytes && ring->claimed != ring->taken;
}

size_t am_ring_claim(struct am_ring *ring, struct am_entry **first)
{
	size_t n = 0;

	pthread_mutex_lock(&ring->lock);
	for (unsigned t = 0;
	     !ring->stopped &&
	     (ring->claimed == ring->pushed ? !ring->ended : is_heavy(ring));
	     t++)
		nap_or_wait(ring, &ring->work, &ring->wait_work, t, INT64_MAX);
	if (!ring->stopped && ring->claimed != ring->pushed) {
		n = share(ring);
		*first = slot(ring, ring->claimed);
		ring->claimed += n;
		/* One signal may stand for many pushes: pass it on. */
		if (ring->wait_work && ring->claimed != ring->pushed)
			pthread_cond_signal(&ring->work);
	}
	pthread_mutex_unlock(&ring->lock);
	return n;
}

void am_ring_done(struct am_ring *ring, struct am_entry *first, size_t n)
{
	pthread_mutex_lock(&ring->lock);
	for (size_t i = 0; i < n; i++) {
		ring->bytes += first[i].more_cost;
		first[i].cost += first[i].more_cost;
		first[i].ready = true;
	}
	if (ring->wait_ready && slot(ring, ring->taken)->ready)
		pthread_cond_signal(&ring->ready);
	pthread_mutex_unlock(&ring->lock);
}

static bool is_ready(struct am_ring *ring, uint64_t i)
{
	return i < ring->claimed && slot(ring, i)->ready;
}

int am_ring_take(struct am_ring *ring, int64_t until, struct am_entry **first,
                 size_t *n, struct am_error *err)
{
	int r = AM_OK;

	*n = 0;
	pthread_mutex_lock(&ring->lock);
	for (unsigned t = 0; !is_ready(ring, ring->taken); t++) {
		if (ring->ended && ring->taken == ring->pushed) {
			r = ring->end_status;
			*err = ring->end_err;
			goto out;
		}
		if (g_get_monotonic_time() >= until)
			goto out;
		nap_or_wait(ring, &ring->ready, &ring->wait_ready, t, until);
	}
	uint64_t flat = ring->mask + 1 - (ring->taken & ring->mask);
	*first = slot(ring, ring->taken);
	while (*n < flat && *n < CLAIM_MAX && is_ready(ring, ring->taken + *n))
		++*n;
out:
	pthread_mutex_unlock(&ring->lock);
	return r;
}

void am_ring_release(struct am_ring *ring, size_t n, uint64_t cost)
{
	pthread_mutex_lock(&ring->lock);
	ring->bytes -= cost;
	ring->taken += n;
	/* Half of it, so that the reader wakes for more than one message. */
	uint64_t used = ring->pushed - ring->taken;
	if (ring->wait_space && (!used || (used <= ring->depth / 2 &&
	                                   ring->bytes <= ring->max_bytes / 2)))
		pthread_cond_signal(&ring->space);
	if (ring->wait_work && ring->claimed != ring->pushed && !is_heavy(ring))
		pthread_cond_signal(&ring->work);
	pthread_mutex_unlock(&ring->lock);
}

void am_ring_stop(struct am_ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->stopped = true;
	pthread_cond_broadcast(&ring->space);
	pthread_cond_broadcast(&ring->work);
	pthread_cond_broadcast(&ring->ready);
	pthread_mutex_unlock(&ring->lock);
}

void am_ring_drain(struct am_ring *ring, const struct am_sink *sink)
{
	for (; ring->cleared != ring->pushed; ring->cleared++)
		am_entry_clear(sink, slot(ring, ring->cleared));
}
