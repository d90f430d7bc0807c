/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/worker.h"

#include "base/pool.h"
#include "cmd/browse/divide.h"
#include "cmd/browse/listing.h"
#include "cmd/searched.h"
#include "model/ctx.h"
#include "store/archive.h"

#include <glib.h>

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Between two keys of who types slowly. */
enum { MOMENT_US = 80000 };

struct worker {
	struct am_ctx ctx; /* without listeners: nothing is said from here */
	struct searched *in;
	struct listing **listings; /* of archives without an index */
	size_t n_in;

	GThread *thread;
	GMutex lock;
	GCond changed;
	int fd;

	/* Under the lock: */
	bool stop, busy, waiting;
	bool hurry;      /* somebody waits for all of it */
	uint64_t number; /* of the last ask */
	struct ask next; /* query is ours */
	GQueue answers;
};

/* A hit with what hits of several archives are merged by. */
struct keyed {
	struct hit hit;
	double score;
	int64_t date;
	uint64_t size;
};

struct job {
	struct worker *w;
	struct ask ask;
	uint64_t number;
	struct am_query *query; /* NULL: everything, from the catalog */
	bool begun_word;
};

static bool outdated(const struct job *j)
{
	struct worker *w = j->w;

	g_mutex_lock(&w->lock);
	bool yes = w->stop || w->waiting;
	g_mutex_unlock(&w->lock);
	return yes;
}

static void hand_over(struct job *j, struct answer *a)
{
	struct worker *w = j->w;
	uint64_t one = 1;

	a->number = j->number;
	g_mutex_lock(&w->lock);
	g_queue_push_tail(&w->answers, a);
	g_mutex_unlock(&w->lock);
	ssize_t n = write(w->fd, &one, sizeof one);
	(void)n; /* full is as good as written */
}

/* ---- the query ----------------------------------------------------------- */

/*
 * Could the end of the query be a word in the making?  Not its first two
 * letters: half of all words begin with those, which helps nobody and takes
 * long; letters of other scripts say more.  Nor in a phrase: all words that
 * begin so would have to be looked up beside its others.
 */
static bool ends_in_word(const char *query)
{
	const char *end = query + strlen(query);
	size_t letters = 0, quotes = 0;
	bool ascii = true;

	for (const char *p = query; *p; p++)
		quotes += *p == '"';
	if (quotes % 2)
		return false;
	while (end > query) {
		end = g_utf8_prev_char(end);
		gunichar c = g_utf8_get_char(end);
		if (!g_unichar_isalnum(c) && !g_unichar_ismark(c))
			break;
		ascii = ascii && c < 0x80;
		letters++;
	}
	return letters >= (ascii ? 3 : 2);
}

/* What is not finished is no error, as long as somebody types. */
static int parse_typing(struct job *j, struct am_error *err)
{
	const char *text = j->ask.query;
	bool word = ends_in_word(text);
	/* The parser goes by the last letter. */
	char *whole = g_strconcat(text, word ? NULL : " ", NULL);
	char *begun = g_strconcat(text, "*", NULL);
	struct am_query *as_begun = NULL;
	int r = am_query_parse_typing(&j->query, whole, am_time_now(), err);

	if (!r && word)
		j->begun_word = am_query_parse(&as_begun, begun, am_time_now(),
		                               NULL) == AM_OK;
	am_query_free(&as_begun);
	g_free(whole);
	g_free(begun);
	return r;
}

static int parse(struct job *j, struct am_error *err)
{
	if (j->ask.typing)
		return parse_typing(j, err);
	return am_query_parse(&j->query, j->ask.query, am_time_now(), err);
}

/* ---- one archive --------------------------------------------------------- */

static int key_of(struct job *j, size_t at, struct keyed *k,
                  struct am_error *err)
{
	struct am_archive_message m;

	if (j->w->n_in == 1 || j->ask.sort == AM_SORT_RELEVANCE)
		return AM_OK;
	int r = am_archive_message(j->w->in[at].archive, k->hit.id, &m, err);
	if (r)
		return r;
	k->date = m.date.known ? m.date.sec : INT64_MIN;
	k->size = m.size;
	return AM_OK;
}

static int search_index(struct job *j, size_t at, GArray *found,
                        uint64_t *total, bool *all, struct am_error *err)
{
	struct searched *in = &j->w->in[at];
	size_t room = j->ask.room, got = 0;
	uint64_t sum = 0;
	int r = AM_OK;

	if (room == SIZE_MAX) {
		r = am_index_count(in->index, in->archive, j->query, &sum, err);
		room = (size_t)sum;
	}
	if (r || !room)
		return r;
	struct am_hit *hits = g_new(struct am_hit, room);
	r = am_index_search(in->index, in->archive, j->query, j->ask.sort, 0,
	                    room, hits, &got, &sum, err);
	for (size_t i = 0; i < got && !r; i++) {
		struct keyed k = {.hit = {(uint32_t)at, hits[i].id},
		                  .score = hits[i].score};
		r = key_of(j, at, &k, err);
		g_array_append_val(found, k);
	}
	g_free(hits);
	if (got == room && j->ask.room != SIZE_MAX)
		*all = false;
	*total += MAX(sum, got);
	return r;
}

static bool stop_listing(void *user)
{
	return outdated(user);
}

/* Words can only be looked for in an index. */
static bool is_left_out(const struct job *j, size_t at, struct am_error *why)
{
	const struct searched *in = &j->w->in[at];

	if (in->index || !*j->ask.query)
		return false;
	*why = in->why;
	if (in->why.kind == AM_E_NONE)
		am_fail(why, AM_FAILED, AM_E_NOTFOUND,
		        "%s has no index yet: mailark index %s makes one",
		        in->name, in->name);
	return true;
}

/* Without an index there is the catalog, and only all of it. */
static int search_catalog(struct job *j, size_t at, GArray *found,
                          uint64_t *total, bool *all, struct am_error *err)
{
	struct worker *w = j->w;
	const struct listed *rows;
	size_t n, room;

	int r = listing_rows(&w->listings[at], w->in[at].archive, j->ask.sort,
	                     stop_listing, j, &rows, &n, err);
	if (r)
		return r;
	room = MIN(n, j->ask.room);
	for (size_t i = 0; i < room; i++) {
		struct keyed k = {.hit = {(uint32_t)at, rows[i].id},
		                  .date = rows[i].date,
		                  .size = rows[i].size};
		g_array_append_val(found, k);
	}
	*all = *all && room == n;
	*total += n;
	return AM_OK;
}

/* ---- all of them --------------------------------------------------------- */

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct keyed *x = a, *y = b;
	const struct job *j = user;
	int order = 0;

	switch (j->ask.sort) {
	case AM_SORT_RELEVANCE:
		order = (x->score < y->score) - (x->score > y->score);
		break;
	case AM_SORT_DATE:
		order = (x->date < y->date) - (x->date > y->date);
		break;
	case AM_SORT_DATE_ASC:
		order = (x->date > y->date) - (x->date < y->date);
		break;
	case AM_SORT_SIZE:
		order = (x->size < y->size) - (x->size > y->size);
		break;
	}
	return order ? order
	             : (x->hit.archive > y->hit.archive) -
	                       (x->hit.archive < y->hit.archive);
}

static int find(struct job *j, struct answer *a)
{
	struct worker *w = j->w;
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct keyed));
	int r = parse(j, &a->err);

	/* Without words nothing is a better match than another. */
	if (!*j->ask.query && j->ask.sort == AM_SORT_RELEVANCE)
		j->ask.sort = AM_SORT_DATE;
	a->all = true;
	a->begun_word = j->begun_word;
	for (size_t i = 0; i < w->n_in && !r; i++)
		if (!is_left_out(j, i, &a->left_out))
			r = (w->in[i].index ? search_index : search_catalog)(
				j, i, found, &a->total, &a->all, &a->err);
	if (!r && w->n_in > 1)
		g_array_sort_with_data(found, compare, j);
	if (!r) {
		/* Of merged lists only so much is in order. */
		a->n = MIN(found->len, j->ask.room);
		a->all = a->all && a->n == found->len;
		a->hits = g_new(struct hit, a->n + 1);
		for (size_t i = 0; i < a->n; i++)
			a->hits[i] = g_array_index(found, struct keyed, i).hit;
	}
	g_array_unref(found);
	return r;
}

/* While somebody types: does the next key come within a moment? */
static bool is_followed(struct job *j)
{
	struct worker *w = j->w;
	gint64 until = g_get_monotonic_time() + MOMENT_US;

	g_mutex_lock(&w->lock);
	while (j->ask.typing && !w->stop && !w->waiting && !w->hurry &&
	       g_cond_wait_until(&w->changed, &w->lock, until))
		;
	bool yes = w->stop || w->waiting;
	g_mutex_unlock(&w->lock);
	return yes;
}

static void answer_whole(struct job *j)
{
	struct worker *w = j->w;
	struct answer *a = g_new0(struct answer, 1);
	struct divide *d = divide_new();
	int r = AM_OK;

	a->kind = ANSWER_WHOLE;
	for (size_t i = 0; i < w->n_in && !r; i++) {
		uint64_t n = 0;
		if (w->in[i].index)
			r = divide_add(d, &w->in[i], j->query, &n, &a->err);
		else if (!*j->ask.query && w->listings[i])
			n = listing_length(w->listings[i]);
		a->total += n;
	}
	divide_end(&d, &a->divisions, &a->n_divisions);
	hand_over(j, a);
}

static void answer_ask(struct job *j)
{
	struct answer *a = g_new0(struct answer, 1);
	int r = find(j, a);

	/* Stopped in the middle: nobody wants to know. */
	if (r && a->err.kind == AM_E_CANCELLED)
		answer_free(&a);
	else
		hand_over(j, a);
	if (!r && !is_followed(j))
		answer_whole(j);
	am_query_free(&j->query);
}

static gpointer work(gpointer data)
{
	struct worker *w = data;

	g_mutex_lock(&w->lock);
	while (!w->stop) {
		if (!w->waiting) {
			w->busy = false;
			g_cond_broadcast(&w->changed);
			g_cond_wait(&w->changed, &w->lock);
			continue;
		}
		struct job j = {.w = w, .ask = w->next, .number = w->number};
		char *query = (char *)w->next.query;
		w->next.query = NULL;
		w->waiting = false;
		w->busy = true;
		g_mutex_unlock(&w->lock);
		answer_ask(&j);
		g_free(query);
		g_mutex_lock(&w->lock);
	}
	g_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- the door ------------------------------------------------------------ */

int worker_start(struct worker **out, const struct searched *in, size_t n,
                 struct am_error *err)
{
	struct worker *w = g_new0(struct worker, 1);
	sigset_t before;
	int r = AM_OK;

	*out = w;
	g_mutex_init(&w->lock);
	g_cond_init(&w->changed);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		r = am_fail_sys(err, AM_FATAL, "eventfd");
	w->in = g_new0(struct searched, n + 1);
	w->listings = g_new0(struct listing *, n + 1);
	for (; w->n_in < n && !r; w->n_in++)
		r = searched_again(&w->in[w->n_in], &in[w->n_in], &w->ctx, err);
	if (r) {
		worker_stop(out);
		return r;
	}
	/* Signals are for the thread that has the terminal. */
	am_signals_elsewhere(&before);
	w->thread = g_thread_new("search", work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return AM_OK;
}

void worker_stop(struct worker **worker)
{
	struct worker *w = *worker;
	struct answer *a;

	if (!w)
		return;
	g_mutex_lock(&w->lock);
	w->stop = true;
	g_cond_broadcast(&w->changed);
	g_mutex_unlock(&w->lock);
	if (w->thread)
		g_thread_join(w->thread);
	while ((a = g_queue_pop_head(&w->answers)))
		answer_free(&a);
	for (size_t i = 0; i < w->n_in; i++) {
		searched_close(&w->in[i]);
		listing_free(&w->listings[i]);
	}
	if (w->fd >= 0)
		close(w->fd);
	g_free((char *)w->next.query);
	g_free(w->in);
	g_free(w->listings);
	g_mutex_clear(&w->lock);
	g_cond_clear(&w->changed);
	g_free(w);
	*worker = NULL;
}

uint64_t worker_ask(struct worker *w, const struct ask *ask)
{
	g_mutex_lock(&w->lock);
	g_free((char *)w->next.query);
	w->next = *ask;
	w->next.query = g_strdup(ask->query);
	w->waiting = true;
	uint64_t number = ++w->number;
	g_cond_broadcast(&w->changed);
	g_mutex_unlock(&w->lock);
	return number;
}

int worker_fd(const struct worker *w)
{
	return w->fd;
}

struct answer *worker_take(struct worker *w)
{
	uint64_t n;

	g_mutex_lock(&w->lock);
	struct answer *a = g_queue_pop_head(&w->answers);
	if (!a && read(w->fd, &n, sizeof n) < 0)
		n = 0; /* it was not set */
	g_mutex_unlock(&w->lock);
	return a;
}

void answer_free(struct answer **answer)
{
	if (!*answer)
		return;
	g_free((*answer)->hits);
	for (size_t i = 0; i < (*answer)->n_divisions; i++)
		division_clear(&(*answer)->divisions[i]);
	g_free((*answer)->divisions);
	g_free(*answer);
	*answer = NULL;
}

void worker_wait(struct worker *w)
{
	g_mutex_lock(&w->lock);
	w->hurry = true;
	g_cond_broadcast(&w->changed);
	while (w->waiting || w->busy)
		g_cond_wait(&w->changed, &w->lock);
	w->hurry = false;
	g_mutex_unlock(&w->lock);
}
