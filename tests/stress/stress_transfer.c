/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump under ThreadSanitizer: every way a run can end, with several
 * workers and small queues.  A plain program, because Criterion and TSan do
 * not go together.  Prints a line a case; exit 1 when one is wrong.
 */
#include "tests/transfer/fakes.c" /* one program, one object: no library */

#include "transfer/known.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <stdio.h>

#define N 20000

struct scene {
	const char *name;
	unsigned workers, depth;
	uint64_t bytes;
	int fail_load, fail_put, fatal_put, fatal_next, cancel_at;
	bool known;
	int want_status;
	int want_put; /* NEVER: whatever it was */
};

static const struct scene scenes[] = {
	{"plain", 4, 0, 0, -1, -1, -1, -1, -1, false, AM_OK, N},
	{"one worker", 1, 0, 0, -1, -1, -1, -1, -1, false, AM_OK, N},
	{"no threads", 0, 0, 0, -1, -1, -1, -1, -1, false, AM_OK, N},
	{"small queue", 3, 4, 0, -1, -1, -1, -1, -1, false, AM_OK, N},
	{"few bytes", 3, 0, 4096, -1, -1, -1, -1, -1, false, AM_OK, N},
	{"failures", 4, 0, 0, 100, 200, -1, -1, -1, false, AM_OK, N - 2},
	{"fatal sink", 4, 0, 0, -1, -1, 5000, -1, -1, false, AM_FATAL, 5000},
	{"fatal source", 4, 0, 0, -1, -1, -1, 5000, -1, false, AM_FATAL, 5000},
	{"cancel", 4, 0, 0, -1, -1, -1, -1, 5000, false, AM_FATAL, NEVER},
	{"known", 4, 0, 0, -1, -1, -1, -1, -1, true, AM_OK, N / 2},
};

static void on_note(void *user, const struct am_note *note)
{
	am_report_note(user, note->code, 1);
}

static bool run(const struct scene *scene)
{
	struct am_report *report = am_report_new();
	struct am_cancel cancel = {0};
	struct am_ctx ctx = {
		.on_note = on_note, .user = report, .cancel = &cancel};
	struct fake_source src = {0}, there = {0};
	struct fake_sink sink = {0};
	struct am_error err = {0};
	struct am_known *known = scene->known ? am_known_new() : NULL;

	fake_source_init(&src, &ctx, N);
	fake_source_init(&there, &ctx, N / 2);
	fake_sink_init(&sink, &ctx, N);
	src.lazy = true;
	src.fail_load = scene->fail_load;
	src.fatal_next = scene->fatal_next;
	src.cancel_at = scene->cancel_at;
	sink.fail_put = scene->fail_put;
	sink.fatal_put = scene->fatal_put;
	const struct am_transfer_opts opts = {
		.workers = scene->workers,
		.queue_depth = scene->depth,
		.queue_bytes = scene->bytes,
		.commit_bytes = 1 << 20,
		.known = known,
	};
	int r = known ? am_known_read(known, &there.base, NULL, &err) : AM_OK;
	gint64 start = g_get_monotonic_time();
	if (!r)
		r = am_transfer_run(&src.base, &sink.base, &opts, report, &err);
	double usec = (double)(g_get_monotonic_time() - start) / N;
	bool good = r == scene->want_status && am_report_adds_up(report) &&
	            !atomic_load(&sink.prepared) &&
	            (scene->want_put == NEVER || sink.n_put == scene->want_put);
	for (int i = 1; i < sink.n_put; i++)
		good = good && sink.order[i] > sink.order[i - 1];
	printf("%-14s %s  status %d, %d put, %.2f us a message\n", scene->name,
	       good ? "good" : "BAD ", r, sink.n_put, usec);
	am_known_free(&known);
	fake_source_end(&src);
	fake_source_end(&there);
	fake_sink_end(&sink);
	am_report_free(&report);
	return good;
}

int main(void)
{
	int bad = 0;

	for (size_t i = 0; i < AM_COUNT(scenes); i++)
		bad += !run(&scenes[i]);
	return bad > 0;
}
