/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The promises every registered format makes, held against each of them with
 * no test code of its own: a new format is judged as soon as it is in the list.
 */
#include "base/blob.h"
#include "base/file.h"
#include "base/hash.h"
#include "model/folder.h"
#include "model/format.h"
#include "support/reference.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <unistd.h>

static char root[] = "/tmp/am-contract-XXXXXX";

static void setup(void)
{
	cr_assert(mkdtemp(root), "temporary directory");
}

static void teardown(void)
{
	struct am_error err = {0};
	cr_assert(am_remove_tree(root, &err) == 0, "%s", err.text);
}

TestSuite(contract, .init = setup, .fini = teardown, .timeout = 300);

/* A fresh target for this format: by suffix where it is one file, else a
 * directory.  words: as of --to, or NULL. */
static struct am_place *target_with(const struct am_format *format,
                                    const char *name, const char *words)
{
	char text[300];
	struct am_place *place = NULL;
	struct am_error err = {0};
	static const char *const files[][2] = {{"archive", ".mailark"},
	                                       {"pst", ".pst"},
	                                       {"jsonl", ".jsonl"},
	                                       {"csv", ".csv"},
	                                       {"eaxs", ".eaxs"}};
	const char *suffix = "/";
	for (size_t i = 0; i < AM_COUNT(files); i++)
		if (!strcmp(format->name, files[i][0]))
			suffix = files[i][1];
	g_snprintf(text, sizeof text, "%s:%s/%s-%s%s", format->name, root,
	           format->name, name, suffix);
	cr_assert(am_place_parse(&place, text, words, true, &err) == 0, "%s",
	          err.text);
	return place;
}

static struct am_place *target(const struct am_format *format, const char *name)
{
	return target_with(format, name, NULL);
}

static struct am_ledger copy(struct am_source *src, const struct am_place *to,
                             struct am_ctx *ctx, unsigned workers)
{
	struct am_error err = {0};
	struct am_sink *sink = NULL;
	cr_assert(am_place_open_sink(to, &sink, ctx, &err) == 0, "%s",
	          err.text);
	struct am_report *report = am_report_new();
	struct am_job_info info = {.command = "test",
	                           .source = "reference",
	                           .format = "reference",
	                           .program = "tests"};
	struct am_transfer_opts opts = {.workers = workers, .info = &info};
	int r = am_transfer_run(src, sink, &opts, report, &err);
	am_sink_close(&sink);
	cr_assert(r == 0, "%s: %s", am_place_format(to)->name, err.text);
	cr_assert(am_report_adds_up(report));
	struct am_ledger ledger = *am_report_total(report);
	am_report_free(&report);
	return ledger;
}

static char *key_of(const struct am_message *msg, uint32_t keeps)
{
	struct am_error err = {0};
	uint64_t size = am_blob_size(msg->raw);
	uint8_t *bytes = g_malloc(size + 1), hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];
	size_t got = 0;
	cr_assert(am_blob_read(msg->raw, 0, bytes, size, &got, &err) == 0 &&
	          got == size);
	am_sha256(bytes, size, hash);
	am_hex(hash, sizeof hash, hex);
	g_free(bytes);
	GString *key = g_string_new(keeps & AM_KEEPS_BYTES ? hex : "?");
	if (keeps & AM_KEEPS_FOLDERS) {
		char *path = am_folder_print(msg->folder);
		g_string_append_printf(key, " %s", path);
		g_free(path);
	}
	if (keeps & AM_KEEPS_FLAGS)
		g_string_append_printf(key, " %x", msg->flags);
	if (keeps & AM_KEEPS_RECEIVED)
		g_string_append_printf(key, " %" PRId64, msg->received.sec);
	if (keeps & AM_KEEPS_KEYWORDS)
		for (size_t i = 0; i < msg->n_keywords; i++)
			g_string_append_printf(key, " k:%s", msg->keywords[i]);
	if (keeps & AM_KEEPS_LABELS)
		for (size_t i = 0; i < msg->n_labels; i++)
			g_string_append_printf(key, " l:%s", msg->labels[i]);
	if (keeps & AM_KEEPS_SENDER)
		g_string_append_printf(
			key, " <%s>",
			msg->envelope_sender ? msg->envelope_sender : "(null)");
	if (keeps & AM_KEEPS_PROPS)
		cr_expect(am_message_prop(msg, "test.number"));
	return g_string_free(key, FALSE);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All messages of a source as sorted keys; counts failures. */
static GPtrArray *keys(struct am_source *src, uint32_t keeps, size_t *failed)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	struct am_item item;
	struct am_error err = {0};
	int r;
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		if (r == AM_FAILED) {
			++*failed;
			continue;
		}
		cr_assert(r == 0, "%s", err.text);
		if (!item.message)
			continue;
		r = am_source_load(src, item.message, &err);
		cr_assert(r == 0, "%s", err.text);
		g_ptr_array_add(out, key_of(item.message, keeps));
		am_message_free(&item.message);
	}
	g_ptr_array_sort(out, by_text);
	return out;
}

/* Servers are held to it by tests/lab and the scripted ones in tests/formats.
 */
static const struct am_format *writable(size_t i)
{
	const struct am_format *f = am_formats[i];
	return f->open_sink && f->open_source && f->keeps && !f->remote ? f
	                                                                : NULL;
}

static void check_kept(const struct am_format *f, const char *name,
                       const char *words)
{
	struct am_ctx ctx = {.tmpdir = root};
	struct am_error err = {0};
	struct am_place *to = target_with(f, name, words);
	uint32_t keeps =
		f->keeps_with ? f->keeps_with(am_place_location(to)) : f->keeps;
	struct am_source *src = am_reference_open(&ctx, 0);
	struct am_ledger ledger = copy(src, to, &ctx, 2);
	am_source_close(&src);
	cr_expect(ledger.stored >= am_reference_count(), "%s", f->name);

	size_t failed = 0;
	src = am_reference_open(&ctx, 0);
	GPtrArray *want = keys(src, keeps, &failed);
	am_source_close(&src);
	int r = am_place_open_source(to, &src, &ctx, &err);
	cr_assert(r == 0, "%s: %s", f->name, err.text);
	/* Labels are written once per label where they cannot be kept. */
	GPtrArray *got = keys(src, keeps, &failed);
	am_source_close(&src);
	cr_expect(failed == 0);
	for (size_t k = 0, g = 0; k < want->len; k++) {
		while (g < got->len &&
		       strcmp(got->pdata[g], want->pdata[k]) < 0)
			g++;
		bool same =
			g < got->len && !strcmp(got->pdata[g], want->pdata[k]);
		cr_expect(same, "%s lost %s", f->name, (char *)want->pdata[k]);
		if (same)
			g++;
	}
	if (keeps & AM_KEEPS_LABELS)
		cr_expect(got->len == want->len, "%s", f->name);
	g_ptr_array_free(want, TRUE);
	g_ptr_array_free(got, TRUE);
	am_place_free(&to);
}

Test(contract, what_a_format_promises_to_keep_comes_back)
{
	for (size_t i = 0; am_formats[i]; i++)
		if (writable(i))
			check_kept(writable(i), "keep", NULL);
}

/* With options that make it keep more. */
Test(contract, what_a_format_promises_with_options_comes_back)
{
	check_kept(am_format_find("eml"), "sidecar", "eml,sidecar=yes");
}

Test(contract, no_number_of_workers_changes_the_outcome)
{
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = writable(i);
		if (!f)
			continue;
		struct am_ctx ctx = {.tmpdir = root};
		struct am_error err = {0};
		GPtrArray *list[2];
		for (unsigned k = 0; k < 2; k++) {
			struct am_place *to = target(f, k ? "many" : "none");
			struct am_source *src = am_reference_open(&ctx, 0);
			size_t failed = 0;
			copy(src, to, &ctx, k * 3);
			am_source_close(&src);
			cr_assert(am_place_open_source(to, &src, &ctx, &err) ==
			                  0,
			          "%s", err.text);
			list[k] = keys(src, f->keeps | AM_KEEPS_BYTES, &failed);
			am_source_close(&src);
			am_place_free(&to);
		}
		cr_expect(list[0]->len == list[1]->len, "%s", f->name);
		for (size_t k = 0; k < list[0]->len && k < list[1]->len; k++)
			cr_expect_str_eq(list[0]->pdata[k], list[1]->pdata[k]);
		g_ptr_array_free(list[0], TRUE);
		g_ptr_array_free(list[1], TRUE);
	}
}

Test(contract, one_bad_item_costs_one_item)
{
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = am_formats[i];
		/* PDF takes a program that may be there or not, and seconds:
		 * formats/test_pdf.c has one of its own. */
		if (!f->open_sink || f->remote || !strcmp(f->name, "pdf"))
			continue;
		struct am_ctx ctx = {.tmpdir = root};
		struct am_place *to = target(f, "bad");
		struct am_source *src = am_reference_open(&ctx, 4);
		struct am_ledger ledger = copy(src, to, &ctx, 1);
		am_source_close(&src);
		cr_expect(ledger.failed == 1, "%s", f->name);
		cr_expect(ledger.found == am_reference_count(), "%s", f->name);
		am_place_free(&to);
	}
}

/* A source that asks its own job to stop after some messages. */
static void stop_after(void *user, const struct am_progress *progress)
{
	struct am_ctx *ctx = user;
	if (progress->done >= 3)
		am_cancel_request(ctx->cancel);
}

Test(contract, cancelled_midway_every_target_reads_back_whole)
{
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = writable(i);
		if (!f)
			continue;
		struct am_cancel cancel = {0};
		struct am_ctx ctx = {.tmpdir = root,
		                     .cancel = &cancel,
		                     .on_progress = stop_after};
		ctx.user = &ctx;
		struct am_error err = {0};
		struct am_place *to = target(f, "cancel");
		struct am_source *src = am_reference_open(&ctx, 0);
		struct am_sink *sink = NULL;
		cr_assert(am_place_open_sink(to, &sink, &ctx, &err) == 0);
		struct am_report *report = am_report_new();
		struct am_transfer_opts opts = {.workers = 2};
		int r = am_transfer_run(src, sink, &opts, report, &err);
		cr_expect(am_report_adds_up(report), "%s", f->name);
		uint64_t stored = am_report_total(report)->stored;
		cr_expect(r == 0 || err.kind == AM_E_CANCELLED, "%s: %s",
		          f->name, err.text);
		am_sink_close(&sink);
		am_source_close(&src);
		am_report_free(&report);
		ctx.cancel = NULL;
		ctx.on_progress = NULL;
		size_t failed = 0;
		r = am_place_open_source(to, &src, &ctx, &err);
		if (r == 0) {
			GPtrArray *got = keys(src, AM_KEEPS_BYTES, &failed);
			cr_expect(got->len >= stored, "%s: %u of %" PRIu64,
			          f->name, got->len, stored);
			g_ptr_array_free(got, TRUE);
			am_source_close(&src);
		} else {
			cr_expect(stored == 0, "%s: %s", f->name, err.text);
		}
		cr_expect(failed == 0, "%s", f->name);
		am_place_free(&to);
	}
}
