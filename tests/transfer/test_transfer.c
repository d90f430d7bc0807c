/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/transfer/fakes.h"

#include "transfer/known.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <stdlib.h>
#include <string.h>

static const unsigned worker_counts[] = {0, 1, 2, 3, 8};

struct rig {
	struct am_cancel cancel;
	struct am_ctx ctx;
	struct fake_source src;
	struct fake_sink sink;
	struct am_transfer_opts opts;
	struct am_report *report;
	struct am_error err;
	int n_errors, n_progress;
	char last_origin[32], last_code[32];
};

static void on_note(void *user, const struct am_note *note)
{
	struct rig *rig = user;

	am_report_note(rig->report, note->code, 1);
	if (note->level != AM_NOTE_ERROR)
		return;
	rig->n_errors++;
	g_strlcpy(rig->last_origin, note->origin ? note->origin : "",
	          sizeof rig->last_origin);
	g_strlcpy(rig->last_code, note->code, sizeof rig->last_code);
}

static void on_progress(void *user, const struct am_progress *progress)
{
	struct rig *rig = user;

	(void)progress;
	rig->n_progress++;
}

static void set_up(struct rig *rig, int n, unsigned workers)
{
	*rig = (struct rig){0};
	rig->ctx = (struct am_ctx){.on_note = on_note,
	                           .on_progress = on_progress,
	                           .user = rig,
	                           .cancel = &rig->cancel};
	rig->report = am_report_new();
	fake_source_init(&rig->src, &rig->ctx, n);
	fake_sink_init(&rig->sink, &rig->ctx, n);
	rig->opts.workers = workers;
}

static int go(struct rig *rig)
{
	return am_transfer_run(&rig->src.base, &rig->sink.base, &rig->opts,
	                       rig->report, &rig->err);
}

static void tear_down(struct rig *rig)
{
	cr_expect(am_report_adds_up(rig->report), "the ledger adds up");
	cr_expect_eq(atomic_load(&rig->sink.prepared), 0,
	             "all that was prepared was put or discarded");
	am_report_free(&rig->report);
	fake_source_end(&rig->src);
	fake_sink_end(&rig->sink);
}

Test(transfer, keeps_the_order_whatever_the_number_of_workers)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++) {
		struct rig rig;
		set_up(&rig, 3000, worker_counts[w]);
		rig.src.folder_every = 100;
		rig.sink.vary = true;
		cr_assert_eq(go(&rig), AM_OK, "%s", rig.err.text);
		cr_assert_eq(rig.sink.n_put, 3000);
		for (int i = 0; i < 3000; i++)
			cr_assert_eq(rig.sink.order[i], i);
		const struct am_ledger *l = am_report_total(rig.report);
		cr_assert_eq(l->found, 3000u);
		cr_assert_eq(l->stored, 3000u);
		cr_assert_eq(l->bytes, 3000u * 200);
		cr_assert_eq(l->folders, 30u);
		cr_assert_eq(rig.sink.n_folders, 30);
		cr_assert_eq(rig.sink.n_begun, 1);
		cr_assert_eq(rig.sink.n_finished, 1);
		cr_assert(rig.sink.finished_complete);
		cr_assert_eq(rig.sink.last_commit_at, 3000);
		tear_down(&rig);
	}
}

Test(transfer, counts_a_failure_at_every_stage_and_goes_on)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++)
		for (int stage = 0; stage < 4; stage++) {
			static const char *const codes[] = {
				"source.format", "source.io", "target.format",
				"target.limit"};
			struct rig rig;
			set_up(&rig, 100, worker_counts[w]);
			rig.src.lazy = true;
			int *const where[] = {
				&rig.src.fail_next, &rig.src.fail_load,
				&rig.sink.fail_prepare, &rig.sink.fail_put};
			*where[stage] = 17;
			cr_assert_eq(go(&rig), AM_OK, "%s", rig.err.text);
			const struct am_ledger *l = am_report_total(rig.report);
			cr_assert_eq(l->found, 100u);
			cr_assert_eq(l->stored, 99u);
			cr_assert_eq(l->failed, 1u);
			cr_assert_eq(rig.n_errors, 1);
			cr_assert_str_eq(rig.last_code, codes[stage]);
			cr_assert_str_eq(rig.last_origin,
			                 stage ? "17" : "bad one");
			cr_assert_eq(rig.sink.order[17], 18);
			cr_assert(rig.sink.finished_complete);
			tear_down(&rig);
		}
}

Test(transfer, stops_at_a_fatal_source_and_commits_what_was_put)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++)
		for (int load = 0; load < 2; load++) {
			struct rig rig;
			set_up(&rig, 1000, worker_counts[w]);
			rig.src.lazy = true;
			*(load ? &rig.src.fatal_load : &rig.src.fatal_next) =
				500;
			cr_assert_eq(go(&rig), AM_FATAL);
			cr_assert_str_eq(rig.err.text, "the source broke");
			cr_assert_eq(rig.sink.n_put, 500);
			cr_assert_eq(rig.sink.last_commit_at, 500);
			cr_assert_not(rig.sink.finished_complete);
			cr_assert_eq(am_report_total(rig.report)->found, 500u);
			tear_down(&rig);
		}
}

/* What may be loaded anywhere is, and comes out as if it were not. */
Test(transfer, loads_on_workers_what_lets_it)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++) {
		struct rig rig;
		set_up(&rig, 1000, worker_counts[w]);
		rig.src.base.loads_anywhere = true;
		rig.src.lazy = true;
		rig.src.vary = true;
		rig.src.fail_load = 17;
		rig.src.gone_load = 18;
		rig.src.retry_load = 19;
		cr_assert_eq(go(&rig), AM_OK, "%s", rig.err.text);
		const struct am_ledger *l = am_report_total(rig.report);
		cr_assert_eq(l->found, 999u);
		cr_assert_eq(l->stored, 998u);
		cr_assert_eq(l->failed, 1u);
		cr_assert_str_eq(rig.last_code, "source.io");
		cr_assert_str_eq(rig.last_origin, "17");
		for (int i = 0; i < 998; i++)
			cr_assert_eq(rig.sink.order[i], i < 17 ? i : i + 2);
		if (worker_counts[w] > 1)
			cr_assert_gt(rig.src.max_loading, 1);
		tear_down(&rig);
	}
}

Test(transfer, stops_where_loading_on_a_worker_broke)
{
	struct rig rig;

	set_up(&rig, 1000, 3);
	rig.src.base.loads_anywhere = true;
	rig.src.lazy = true;
	rig.src.vary = true;
	rig.src.fatal_load = 500;
	cr_assert_eq(go(&rig), AM_FATAL);
	cr_assert_str_eq(rig.err.text, "the source broke");
	cr_assert_eq(rig.sink.n_put, 500);
	cr_assert_eq(rig.sink.last_commit_at, 500);
	cr_assert_eq(am_report_total(rig.report)->found, 500u);
	tear_down(&rig);
}

Test(transfer, leaves_a_dead_sink_alone)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++)
		for (int stage = 0; stage < 3; stage++) {
			struct rig rig;
			set_up(&rig, 1000, worker_counts[w]);
			int *const where[] = {&rig.sink.fatal_put,
			                      &rig.sink.fatal_prepare,
			                      &rig.sink.fail_commit};
			*where[stage] = stage == 2 ? 0 : 300;
			if (stage == 2)
				rig.opts.commit_bytes = 200 * 100;
			cr_assert_eq(go(&rig), AM_FATAL);
			cr_assert_eq(rig.sink.n_commits, 0);
			cr_assert_eq(rig.sink.n_finished, 0);
			/* Put, but never committed: not in the target. */
			const struct am_ledger *l = am_report_total(rig.report);
			cr_assert_eq(l->stored, 0u);
			cr_assert_eq(l->bytes, 0u);
			if (stage < 2)
				cr_assert_eq(l->failed, 300u);
			else
				cr_assert_gt(l->failed, 0u);
			cr_assert(am_report_adds_up(rig.report));
			tear_down(&rig);
		}
}

Test(transfer, can_be_cancelled_and_keeps_what_was_put)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++) {
		struct rig rig;
		set_up(&rig, 5000, worker_counts[w]);
		rig.src.cancel_at = 2500;
		cr_assert_eq(go(&rig), AM_FATAL);
		cr_assert_eq(rig.err.kind, AM_E_CANCELLED);
		cr_assert_leq(rig.sink.n_put, 2500);
		cr_assert_eq(rig.sink.last_commit_at, rig.sink.n_put);
		cr_assert_eq(rig.sink.n_finished, 1);
		cr_assert_not(rig.sink.finished_complete);
		cr_assert_eq(am_report_total(rig.report)->stored,
		             (uint64_t)rig.sink.n_put);
		tear_down(&rig);
	}
}

Test(transfer, holds_only_so_many_bytes_at_once)
{
	struct rig rig;

	set_up(&rig, 400, 2);
	rig.src.size = 100 << 10;
	rig.sink.put_usec = 50;
	rig.opts.queue_bytes = 1 << 20;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_put, 400);
	cr_assert_leq(atomic_load(&rig.sink.max_held), (uint64_t)1 << 20);
	tear_down(&rig);
}

/* The same where what is loaded is more than was said before. */
Test(transfer, holds_only_so_many_bytes_that_nobody_told_of)
{
	struct rig rig;

	set_up(&rig, 400, 2);
	rig.src.base.loads_anywhere = true;
	rig.src.lazy = true;
	rig.src.size_about = 1000;
	rig.src.size = 100 << 10;
	rig.sink.put_usec = 50;
	rig.opts.queue_bytes = 1 << 20;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_put, 400);
	/* And what both workers have in their hands. */
	cr_assert_leq(atomic_load(&rig.sink.max_held),
	              ((uint64_t)1 << 20) + 8 * (100 << 10));
	tear_down(&rig);
}

Test(transfer, lets_one_message_through_that_is_larger_than_the_queue)
{
	struct rig rig;

	set_up(&rig, 5, 2);
	rig.src.size = 3 << 20;
	rig.opts.queue_bytes = 1 << 20;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_put, 5);
	tear_down(&rig);
}

Test(transfer, works_with_a_queue_of_one)
{
	for (unsigned workers = 0; workers < 3; workers++) {
		struct rig rig;
		set_up(&rig, 200, workers);
		rig.opts.queue_depth = 1;
		cr_assert_eq(go(&rig), AM_OK);
		cr_assert_eq(rig.sink.n_put, 200);
		tear_down(&rig);
	}
}

Test(transfer, commits_by_bytes_and_by_time)
{
	struct rig rig;

	set_up(&rig, 1000, 2);
	rig.opts.commit_bytes = 100 * (200 + 1024);
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_commits, 10 + 1);
	tear_down(&rig);

	/* What is a file only at its end is committed there, and until then
	 * nothing counts as safe. */
	set_up(&rig, 1000, 2);
	rig.sink.base.whole_at_end = true;
	rig.opts.commit_bytes = 100 * (200 + 1024);
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_commits, 1);
	cr_assert_eq(rig.sink.last_commit_at, 1000);
	cr_assert_eq(am_report_total(rig.report)->stored, 1000u);
	tear_down(&rig);
	set_up(&rig, 1000, 2);
	rig.sink.base.whole_at_end = true;
	rig.sink.fatal_put = 900;
	rig.opts.commit_bytes = 100 * (200 + 1024);
	cr_assert_eq(go(&rig), AM_FATAL);
	cr_assert_eq(am_report_total(rig.report)->stored, 0u);
	tear_down(&rig);
	/* But for what is in a file that became whole. */
	set_up(&rig, 1000, 2);
	rig.sink.base.whole_at_end = true;
	rig.sink.whole_put = 400;
	rig.sink.fatal_put = 900;
	cr_assert_eq(go(&rig), AM_FATAL);
	cr_assert_eq(am_report_total(rig.report)->stored, 400u);
	cr_assert_eq(am_report_total(rig.report)->failed, 500u);
	tear_down(&rig);

	/* A slow source: the clock alone commits, also while nothing comes. */
	set_up(&rig, 3, 1);
	rig.src.delay_usec = 700000;
	rig.opts.commit_secs = 1;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_geq(rig.sink.n_commits, 2);
	tear_down(&rig);
}

/* Of several runs into such a sink the last one commits for all. */
Test(transfer, holds_a_sink_that_is_whole_at_its_end)
{
	for (int fails = 0; fails < 2; fails++) {
		struct am_report *total = am_report_new();
		struct rig rig;
		set_up(&rig, 100, 2);
		rig.sink.base.whole_at_end = true;
		rig.opts.hold = true;
		rig.opts.held = total;
		cr_assert_eq(go(&rig), AM_OK);
		cr_assert_eq(rig.sink.n_commits, 0);
		cr_assert_eq(rig.sink.n_finished, 0);
		am_report_add(total, rig.report);
		cr_assert_eq(am_report_total(total)->stored, 100u);
		rig.opts.hold = false;
		if (fails)
			rig.sink.fail_commit = 0;
		cr_assert_eq(go(&rig), fails ? AM_FATAL : AM_OK);
		cr_assert_eq(rig.sink.n_finished, 1);
		const struct am_ledger *l = am_report_total(total);
		cr_assert_eq(l->stored, fails ? 0u : 100u);
		cr_assert_eq(l->failed, fails ? 100u : 0u);
		cr_assert(am_report_adds_up(total));
		tear_down(&rig);
		am_report_free(&total);
	}
}

Test(transfer, asks_ahead_but_not_too_far_and_loads_in_order)
{
	struct rig rig = {0};
	bool asks = true;

	set_up(&rig, 0, 2);
	fake_source_end(&rig.src);
	rig.src.asks = asks;
	fake_source_init(&rig.src, &rig.ctx, 500);
	fake_sink_end(&rig.sink);
	fake_sink_init(&rig.sink, &rig.ctx, 500);
	rig.src.lazy = true;
	rig.opts.ask_ahead = 16;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.src.n_asked, 500);
	cr_assert_eq(rig.src.max_ahead, 16);
	for (int i = 0; i < 500; i++)
		cr_assert_eq(rig.sink.order[i], i);
	tear_down(&rig);
}

Test(transfer, tries_again_what_may_pass)
{
	struct rig rig;

	set_up(&rig, 50, 2);
	rig.src.lazy = true;
	rig.src.retry_load = 7;
	rig.sink.retry_put = 9;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_put, 50);
	cr_assert_eq(am_report_total(rig.report)->failed, 0u);
	tear_down(&rig);
}

static int want_even(void *user, const struct am_message *msg,
                     struct am_error *err)
{
	(void)user;
	(void)err;
	return atoi(msg->origin) % 2 ? AM_END : AM_OK;
}

static int want_below_100(void *user, const struct am_message *msg,
                          struct am_error *err)
{
	(void)user;
	cr_assert_not_null(msg->raw);
	if (atoi(msg->origin) == 50)
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "no telling");
	return atoi(msg->origin) < 100 ? AM_OK : AM_END;
}

Test(transfer, filters_before_and_after_loading)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++) {
		struct rig rig;
		set_up(&rig, 200, worker_counts[w]);
		rig.src.lazy = true;
		rig.opts.want = want_even;
		rig.opts.want_loaded = want_below_100;
		cr_assert_eq(go(&rig), AM_OK);
		const struct am_ledger *l = am_report_total(rig.report);
		cr_assert_eq(l->found, 200u);
		cr_assert_eq(l->stored, 49u);
		cr_assert_eq(l->failed, 1u);
		cr_assert_eq(l->filtered, 150u);
		cr_assert_eq(rig.src.n_loaded, 100,
		             "what is not wanted is not loaded");
		tear_down(&rig);
	}
}

Test(transfer, takes_no_more_than_the_limit)
{
	struct rig rig;

	set_up(&rig, 200, 2);
	rig.opts.want = want_even;
	rig.opts.limit = 10;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(rig.sink.n_put, 10);
	cr_assert_eq(am_report_total(rig.report)->stored, 10u);
	tear_down(&rig);
}

Test(transfer, counts_duplicates_the_sink_tells_of)
{
	struct rig rig;

	set_up(&rig, 100, 2);
	rig.sink.duplicate_odd = true;
	cr_assert_eq(go(&rig), AM_OK);
	cr_assert_eq(am_report_total(rig.report)->duplicates, 50u);
	cr_assert_eq(am_report_total(rig.report)->stored, 50u);
	tear_down(&rig);
}

Test(transfer, adds_only_what_the_target_does_not_know)
{
	for (size_t w = 0; w < AM_COUNT(worker_counts); w++) {
		struct rig rig;
		struct fake_source there = {0};
		set_up(&rig, 300, worker_counts[w]);
		fake_source_init(&there, &rig.ctx, 120);
		struct am_known *known = am_known_new();
		cr_assert_eq(am_known_read(known, &there.base, NULL, &rig.err),
		             AM_OK);
		cr_assert_eq(am_known_count(known), 120u);
		rig.opts.known = known;
		cr_assert_eq(go(&rig), AM_OK);
		cr_assert_eq(am_report_total(rig.report)->duplicates, 120u);
		cr_assert_eq(rig.sink.n_put, 180);
		cr_assert_eq(rig.sink.order[0], 120);
		cr_assert_eq(am_known_count(known), 0u);
		am_known_free(&known);
		fake_source_end(&there);
		tear_down(&rig);
	}
}

Test(transfer, writes_nothing_in_a_dry_run)
{
	struct rig rig;

	set_up(&rig, 100, 2);
	rig.opts.dry_run = true;
	cr_assert_eq(am_transfer_run(&rig.src.base, NULL, &rig.opts, rig.report,
	                             &rig.err),
	             AM_OK);
	cr_assert_eq(am_report_total(rig.report)->stored, 100u);
	cr_assert_eq(rig.sink.n_begun, 0);
	tear_down(&rig);
}

Test(transfer, tells_progress_at_most_ten_times_a_second)
{
	struct rig rig;

	set_up(&rig, 300, 2);
	rig.src.delay_usec = 1000;
	gint64 start = g_get_monotonic_time();
	cr_assert_eq(go(&rig), AM_OK);
	double seconds =
		(double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
	cr_assert_geq(rig.n_progress, 2);
	cr_assert_leq(rig.n_progress, (int)(seconds * 10) + 3);
	tear_down(&rig);
}

Test(transfer, costs_little_for_each_message)
{
	struct rig rig;

	set_up(&rig, 100000, 2);
	gint64 start = g_get_monotonic_time();
	cr_assert_eq(go(&rig), AM_OK);
	double usec = (double)(g_get_monotonic_time() - start) / 100000;
	cr_log_info("%.2f us a message, made up and remembered", usec);
	/* Generous: other work may share the machine. */
	cr_assert_lt(usec, 50.0);
	tear_down(&rig);
}
