/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one writer: takes all that waits, does it, commits once, and only then
 * tells.  So a hundred sessions that each set a flag share two syncs.
 *
 * The archive is locked while it is open for writing.  It is closed when
 * nothing more comes for a moment, so that an import can have its turn.
 */
#include "serve/vault_impl.h"
#include "store/archive_edit.h"

enum {
	LINGER_US = 300000,
	PATIENCE_US = 15 * G_USEC_PER_SEC,
	RETRY_US = 100000,
	BATCH = 256
};

struct am_write {
	am_vault_job *what;
	void *user;
	bool done;
	int r;
	struct am_error err;
};

int am_vault_edit(struct am_vault *v, am_vault_job *what, void *user,
                  struct am_error *err)
{
	struct am_write write = {.what = what, .user = user};

	if (v->read_only)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "this archive is served read-only");
	g_mutex_lock(&v->write_lock);
	if (v->stopping) {
		g_mutex_unlock(&v->write_lock);
		return am_fail(err, AM_FAILED, AM_E_BUSY,
		               "the server is going down");
	}
	g_queue_push_tail(&v->writes, &write);
	g_cond_signal(&v->write_more);
	while (!write.done)
		g_cond_wait(&v->write_done, &v->write_lock);
	g_mutex_unlock(&v->write_lock);
	if (write.r < 0 && err)
		*err = write.err;
	return write.r;
}

static int open_editor(struct am_vault *v, struct am_archive_edit **edit,
                       struct am_error *err)
{
	int64_t until = g_get_monotonic_time() + PATIENCE_US;
	int r;

	for (;;) {
		r = am_archive_edit_open(edit, v->path, v->ctx, err);
		if (!r || err->kind != AM_E_BUSY || v->stopping ||
		    g_get_monotonic_time() > until)
			return r;
		g_usleep(RETRY_US);
	}
}

/* What the writes of one turn come to. */
static void do_batch(struct am_vault *v, struct am_archive_edit **edit,
                     struct am_write **writes, size_t n)
{
	struct am_error err = {0};
	size_t did = 0;
	int r = *edit ? AM_OK : open_editor(v, edit, &err);

	for (; did < n && !r; did++) {
		struct am_write *w = writes[did];
		w->r = w->what(w->user, *edit, &w->err);
		if (w->r == AM_FATAL) {
			r = AM_FATAL;
			err = w->err;
		}
	}
	if (!r)
		r = am_archive_edit_commit(*edit, &err);
	if (!r)
		r = am_vault_refresh(v, am_archive_edit_archive(*edit), &err);
	/* Nothing of this turn is sure; nothing was answered yet. */
	for (size_t i = 0; i < n && r; i++) {
		writes[i]->r = r == AM_FATAL ? AM_FAILED : r;
		writes[i]->err = err;
	}
	if (r)
		am_archive_edit_close(edit);
	else
		am_vault_new_moment(v);
}

static size_t take(struct am_vault *v, bool open, struct am_write **writes)
{
	int64_t until = g_get_monotonic_time() + LINGER_US;
	size_t n = 0;

	g_mutex_lock(&v->write_lock);
	while (g_queue_is_empty(&v->writes) && !v->stopping) {
		if (!open)
			g_cond_wait(&v->write_more, &v->write_lock);
		else if (!g_cond_wait_until(&v->write_more, &v->write_lock,
		                            until))
			break;
	}
	while (n < BATCH && !g_queue_is_empty(&v->writes))
		writes[n++] = g_queue_pop_head(&v->writes);
	g_mutex_unlock(&v->write_lock);
	return n;
}

static gpointer run(gpointer user)
{
	struct am_vault *v = user;
	struct am_archive_edit *edit = NULL;
	struct am_write *writes[BATCH];
	size_t n;

	for (;;) {
		n = take(v, edit, writes);
		if (n) {
			do_batch(v, &edit, writes, n);
			g_mutex_lock(&v->write_lock);
			for (size_t i = 0; i < n; i++)
				writes[i]->done = true;
			g_cond_broadcast(&v->write_done);
			g_mutex_unlock(&v->write_lock);
			continue;
		}
		am_archive_edit_close(&edit);
		g_mutex_lock(&v->write_lock);
		bool over = v->stopping && g_queue_is_empty(&v->writes);
		g_mutex_unlock(&v->write_lock);
		if (over)
			break;
	}
	return NULL;
}

void am_vault_writer_start(struct am_vault *v)
{
	if (!v->read_only)
		v->writer = g_thread_new("writer", run, v);
}

void am_vault_writer_stop(struct am_vault *v)
{
	g_mutex_lock(&v->write_lock);
	v->stopping = true;
	g_cond_broadcast(&v->write_more);
	g_mutex_unlock(&v->write_lock);
	if (v->writer)
		g_thread_join(v->writer);
	v->writer = NULL;
}
