/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy --watch: the same again and again, as soon as there may be something. */
#include "cmd/copy_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "model/source.h"

#include <glib.h>

/* A long time in short pieces, so that Ctrl-C is heard. */
static bool rest(struct copy *c, uint64_t ms)
{
	int64_t until = g_get_monotonic_time() + (int64_t)ms * 1000;

	while (!am_ctx_cancelled(&c->s->ctx) && g_get_monotonic_time() < until)
		g_usleep(100000);
	return !am_ctx_cancelled(&c->s->ctx);
}

/* Until there may be something new; false: asked to stop. */
static bool await_news(struct copy *c, unsigned failures)
{
	uint64_t minutes = c->o->every ? MIN(c->o->every, 24 * 60) : 10;
	uint64_t ms = minutes * 60000;
	struct am_error err;
	int r = AM_OK;

	if (!c->waiting)
		return rest(
			c,
			failures ? MIN(UINT64_C(15000) << MIN(failures, 8), ms)
				 : ms);
	r = c->waiting->ops->watch(c->waiting, (unsigned)ms, &err);
	am_source_close(&c->waiting);
	if (r == AM_FATAL && err.kind != AM_E_CANCELLED) {
		session_say(c->s, "%s", err.text);
		return rest(c, 15000);
	}
	/* What comes in a burst is taken in one go. */
	return r != AM_FATAL && rest(c, r == AM_OK ? 500 : 0);
}

/* The same again and again.  What did not even begin the first time (a wrong
 * password) ends it; later trouble passes. */
int copy_watch(struct copy *c)
{
	int status = copy_all(c), worst = status;
	unsigned failures = 0;

	while (!c->stopped && (status != EXIT_COULD_NOT || c->again)) {
		failures = status == EXIT_COULD_NOT ? failures + 1 : 0;
		if (!await_news(c, failures))
			break;
		c->again = true;
		am_report_free(&c->total);
		am_json_free(&c->json);
		g_clear_pointer(&c->broke, g_free);
		c->s->n_errors = 0;
		c->total = am_report_new();
		c->json = am_json_new();
		c->started = am_time_now();
		status = copy_all(c);
		worst = MAX(worst, status == EXIT_SOME_FAILED ? status : 0);
	}
	am_source_close(&c->waiting);
	return worst;
}
