/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that was broken off is gone on with where the archive has it up to. */
#include "base/blob.h"
#include "model/folder.h"
#include "support/tmpdir.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(go_on, .fini = am_test_tmpdir_end, .timeout = 60);

#define N 60

/* Every tenth mail stands there twice, far apart. */
static void make_mbox(void)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < N; i++)
		g_string_append_printf(
			text,
			"From a@b.example Mon Jan  1 00:00:00 2001\n"
			"From: a@b.example\nSubject: mail %u\n\n%0200u\n\n",
			i >= 50 ? (i - 50) * 5 : i, i >= 50 ? (i - 50) * 5 : i);
	am_test_write("in.mbox", text->str, text->len);
	g_string_free(text, TRUE);
}

/* A memory of one cursor. */
struct memory {
	struct am_memory base;
	const char *value;
	char *asked;
};

static int give_cursor(struct am_memory *base, const char *source,
                       const struct am_folder *folder, char **value,
                       struct am_error *err)
{
	struct memory *m = AM_CONTAINER(base, struct memory, base);

	(void)err;
	cr_assert_null(folder);
	g_free(m->asked);
	m->asked = g_strdup(source);
	*value = g_strdup(m->value);
	return AM_OK;
}

static const struct am_memory_ops memory_ops = {.cursor = give_cursor};

static struct am_source *open_source(const char *options)
{
	char *path = am_test_path("in.mbox");
	struct am_place *place = NULL;
	struct am_source *src = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_place_parse(&place, path, options, false, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(am_place_open_source(place, &src, NULL, &err), AM_OK, "%s",
	             err.text);
	am_place_free(&place);
	g_free(path);
	return src;
}

struct seen {
	GPtrArray *origins, *cursors;
	uint64_t already;
};

static struct seen read_all(const char *options, const char *cursor)
{
	struct memory memory = {.base = {&memory_ops}, .value = cursor};
	struct am_source *src = open_source(options);
	struct seen seen = {g_ptr_array_new_with_free_func(g_free),
	                    g_ptr_array_new_with_free_func(g_free), 0};
	struct am_item item;
	int r;

	cr_assert_eq(am_source_resume(src, &memory.base, NULL), AM_OK);
	while ((r = am_source_next(src, &item, NULL)) == AM_OK) {
		seen.already += item.already;
		if (item.cursor)
			g_ptr_array_add(seen.cursors, g_strdup(item.cursor));
		if (item.message)
			g_ptr_array_add(seen.origins,
			                g_strdup(item.message->origin));
		am_message_free(&item.message);
	}
	cr_expect_eq(r, AM_END);
	if (src->identity)
		cr_expect_str_eq(memory.asked, src->identity);
	am_source_close(&src);
	g_free(memory.asked);
	return seen;
}

static void seen_free(struct seen *seen)
{
	g_ptr_array_unref(seen->origins);
	g_ptr_array_unref(seen->cursors);
}

Test(go_on, a_source_begins_behind_any_cursor_it_gave)
{
	make_mbox();
	struct seen all = read_all("mbox,checkpoint=1500", NULL);

	cr_assert_eq(all.origins->len, N);
	cr_assert_gt(all.cursors->len, 5);
	cr_expect_str_eq(g_ptr_array_index(all.cursors, all.cursors->len - 1),
	                 "", "the end takes it back");
	for (guint i = 0; i + 1 < all.cursors->len; i++) {
		const char *cursor = g_ptr_array_index(all.cursors, i);
		struct seen rest = read_all("mbox,checkpoint=1500", cursor);
		cr_expect_eq(rest.already + rest.origins->len, N, "%s", cursor);
		cr_expect_gt(rest.already, 0);
		/* The first it says is where it is. */
		cr_expect_str_eq(g_ptr_array_index(rest.cursors, 0), cursor);
		for (guint k = 0; k < rest.origins->len; k++)
			cr_assert_str_eq(
				g_ptr_array_index(rest.origins, k),
				g_ptr_array_index(all.origins,
			                          (guint)rest.already + k));
		seen_free(&rest);
	}
	seen_free(&all);
}

Test(go_on, another_file_is_read_from_the_start)
{
	static const char *const options[] = {
		"mbox,checkpoint=1500,dialect=mboxo", "mbox,checkpoint=0",
		"mbox"};

	make_mbox();
	struct seen all = read_all("mbox,checkpoint=1500", NULL);
	char *cursor = g_strdup(g_ptr_array_index(all.cursors, 2));
	seen_free(&all);

	/* Read in another way, or too small to be worth it. */
	for (size_t i = 0; i < AM_COUNT(options); i++) {
		struct seen seen = read_all(options[i], cursor);
		cr_expect_eq(seen.origins->len, N, "%s", options[i]);
		cr_expect_eq(seen.cursors->len, 0, "%s", options[i]);
		seen_free(&seen);
	}
	/* Nonsense, and other bytes before the place. */
	char *bad = g_strdup(cursor);
	bad[strlen(bad) - 1] ^= 1;
	struct seen seen = read_all("mbox,checkpoint=1500", bad);
	cr_expect_eq(seen.origins->len, N);
	seen_free(&seen);
	seen = read_all("mbox,checkpoint=1500", "what 1 2 3");
	cr_expect_eq(seen.origins->len, N);
	seen_free(&seen);
	/* Of another time. */
	am_test_mtime("in.mbox", 1000000000);
	seen = read_all("mbox,checkpoint=1500", cursor);
	cr_expect_eq(seen.origins->len, N);
	seen_free(&seen);
	g_free(bad);
	g_free(cursor);
}

/* ---- into an archive ---- */

struct run {
	struct am_ctx ctx;
	struct am_cancel cancel;
	uint64_t stop_at, put;
	const struct am_sink_ops *ops; /* of the sink that is looked after */
};
static struct run *running;

/* Whoever runs it says stop after so many, however fast they go by. */
static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	int r = running->ops->put(sink, msg, prepared, outcome, err);

	if (++running->put == running->stop_at)
		am_cancel_request(&running->cancel);
	return r;
}

/* Into m.mailark; broken off when so many messages were put. */
static struct am_ledger copy(uint64_t stop_at)
{
	struct run run = {.stop_at = stop_at};
	struct am_report *report = am_report_new();
	char *path = am_test_path("m.mailark");
	struct am_place *place = NULL;
	struct am_sink *sink = NULL;
	struct am_source *src = open_source("mbox,checkpoint=1500");
	struct am_error err = {0};
	const struct am_job_info info = {.command = "copy",
	                                 .source = "in.mbox",
	                                 .format = "mbox",
	                                 .program = "test"};
	const struct am_transfer_opts opts = {
		.whole = true, .commit_bytes = 1, .info = &info};

	run.ctx = (struct am_ctx){.cancel = &run.cancel};
	src->ctx = &run.ctx;
	cr_assert_eq(am_place_parse(&place, path, "archive", true, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(am_place_open_sink(place, &sink, &run.ctx, &err), AM_OK,
	             "%s", err.text);
	struct am_sink_ops ops = *sink->ops;
	run.ops = sink->ops;
	running = &run;
	ops.put = put;
	sink->ops = &ops;
	int r = am_transfer_run(src, sink, &opts, report, &err);
	sink->ops = run.ops;
	cr_expect_eq(r, stop_at ? AM_FATAL : AM_OK, "%s", err.text);
	cr_expect(am_report_adds_up(report));
	struct am_ledger ledger = *am_report_total(report);
	am_sink_close(&sink);
	am_source_close(&src);
	am_place_free(&place);
	am_report_free(&report);
	g_free(path);
	return ledger;
}

static uint64_t count_archive(void)
{
	char *path = am_test_path("m.mailark");
	struct am_place *place = NULL;
	struct am_source *src = NULL;
	struct am_item item;
	uint64_t n = 0;

	cr_assert_eq(am_place_parse(&place, path, "archive", false, NULL),
	             AM_OK);
	cr_assert_eq(am_place_open_source(place, &src, NULL, NULL), AM_OK);
	while (!am_source_next(src, &item, NULL)) {
		n += item.message != NULL;
		am_message_free(&item.message);
	}
	am_source_close(&src);
	am_place_free(&place);
	g_free(path);
	return n;
}

/* Also the copies of what was stored before the break are stored behind it. */
Test(go_on, an_archive_has_all_of_it_once)
{
	make_mbox();
	struct am_ledger first = copy(35);
	cr_assert_geq(first.stored, 20, "%u", (unsigned)first.stored);
	cr_assert_lt(first.stored, N);
	struct am_ledger second = copy(0);
	cr_expect_eq(second.found, N);
	cr_expect_eq(first.stored + second.stored, N, "%u + %u",
	             (unsigned)first.stored, (unsigned)second.stored);
	cr_expect_eq(count_archive(), N);
	/* It came to its end, so now all is read, and all is there. */
	struct am_ledger third = copy(0);
	cr_expect_eq(third.found, N);
	cr_expect_eq(third.stored, 0);
	cr_expect_eq(third.duplicates, N);
	cr_expect_eq(count_archive(), N);
}
