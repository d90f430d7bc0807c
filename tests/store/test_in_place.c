/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that an archive knows and does not hold; here they "lie" in the
 * made-up mailbox, under the number of the message. */
#include "archive_env.h"

#include "base/blob.h"
#include "model/elsewhere.h"
#include "model/format.h"
#include "store/in_place.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static bool taken[64], other[64];

/* The box is where messages are; some were taken away, some are other ones. */
static int read_box(struct am_elsewhere **state, struct am_ctx *ctx,
                    const struct am_address *at, struct am_blob **out,
                    struct am_error *err)
{
	unsigned n = (unsigned)strtoul(at->origin, NULL, 10);

	(void)ctx;
	*state = NULL;
	cr_assert_str_eq(at->location, "/box");
	cr_assert_str_eq(at->as, "made,up=yes");
	if (taken[n] || other[n])
		return am_fail(
			err, AM_FAILED, taken[n] ? AM_E_NOTFOUND : AM_E_CORRUPT,
			"%s is %s", at->origin, taken[n] ? "gone" : "another");
	GString *bytes = box_bytes(n);
	int r = am_blob_copy(out, bytes->str, bytes->len, err);
	g_string_free(bytes, TRUE);
	cr_assert_eq(am_blob_size(*out), at->size);
	return r;
}

static void no_box(struct am_elsewhere **state)
{
	*state = NULL;
}

static const struct am_elsewhere_ops box = {.read = read_box, .close = no_box};

static struct am_message *message(unsigned i)
{
	struct am_message *msg = box_message(i);

	msg->origin = g_strdup_printf("%u", i);
	return msg;
}

static void look(struct env *env, unsigned from, unsigned to,
                 struct am_in_place_counts *counts)
{
	const struct am_job_info info = {.source = "/box", .format = "made"};
	struct am_ledger ledger = {0};
	struct am_sink *sink;

	env->ctx.elsewhere = &box;
	cr_assert_eq(am_in_place_open(&sink, env->path, "/box", "made,up=yes",
	                              false, &env->ctx, NULL),
	             AM_OK);
	struct am_in_place *place = am_in_place_of(sink);
	cr_assert_eq(am_sink_begin(sink, &info, NULL), AM_OK);
	for (unsigned i = from; i < to; i++) {
		struct am_message *msg = message(i);
		char *origin = (char *)(uintptr_t)msg->origin;
		void *prepared = NULL;
		enum am_outcome outcome;
		cr_assert_not(am_in_place_knows(place, msg, AM_BY_BYTES));
		cr_assert_eq(am_sink_prepare(sink, msg, &prepared, NULL),
		             AM_OK);
		cr_assert_eq(am_sink_put(sink, msg, &prepared, &outcome, NULL),
		             AM_OK);
		am_message_free(&msg);
		g_free(origin);
	}
	cr_assert_eq(am_sink_finish(sink, &ledger, true, NULL), AM_OK);
	cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
	am_in_place_counts(place, counts);
	am_sink_close(&sink);
}

static int64_t find(struct am_archive *a, unsigned i)
{
	uint8_t hash[AM_SHA256_LEN];
	char hex[2 * AM_SHA256_LEN + 1];
	GString *bytes = box_bytes(i);
	int64_t id;

	am_sha256(bytes->str, bytes->len, hash);
	am_hex(hash, sizeof hash, hex);
	g_string_free(bytes, TRUE);
	cr_assert_eq(am_archive_find_hash(a, hex, &id, NULL), AM_OK);
	return id;
}

static int load(struct am_archive *a, unsigned i, struct am_error *err)
{
	struct am_blob *raw = NULL;

	int r = am_archive_load(a, find(a, i), &raw, err);
	am_blob_unref(&raw);
	return r;
}

static int add_message(void *user, const struct am_archive_head *head,
                       struct am_error *err)
{
	(void)err;
	g_string_append_printf(user, "%d|%s|%s|%s|%s\n", (int)head->id,
	                       head->from, head->to, head->cc, head->subject);
	return AM_OK;
}

/* What the catalog shows of all messages. */
static char *heads(struct env *env)
{
	struct am_archive *a = env_open(env);
	GString *all = g_string_new(NULL);

	cr_assert_eq(
		am_archive_each_head(a, 0, INT64_MAX, add_message, all, NULL),
		AM_OK);
	am_archive_close(&a);
	return g_string_free(all, FALSE);
}

Test(in_place, messages_are_read_where_they_lie)
{
	struct env *env = env_new();
	struct am_in_place_counts n;

	look(env, 0, 40, &n);
	cr_expect_eq(n.fresh, 40);
	struct am_archive *a = env_open(env);
	cr_expect(am_archive_is_elsewhere(a));
	for (unsigned i = 0; i < 40; i++)
		cr_assert_eq(load(a, i, NULL), AM_OK);
	am_archive_close(&a);
	env_verify(env, env->path);

	/* The catalog can be made anew without a look at the mail. */
	env->ctx.elsewhere = NULL;
	char *before = heads(env);
	cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, NULL), AM_OK);
	char *after = heads(env);
	cr_expect_str_eq(before, after);
	g_free(before);
	g_free(after);
	env_free(&env);
}

Test(in_place, what_is_gone_or_another_is_told)
{
	struct env *env = env_new();
	struct am_in_place_counts n;
	struct am_error err;

	look(env, 0, 20, &n);
	struct am_archive *a = env_open(env);
	taken[3] = other[4] = true;
	cr_expect_eq(load(a, 3, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_NOTFOUND);
	cr_expect_str_eq(err.text, "3 is gone");
	cr_expect_eq(load(a, 4, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_CORRUPT);
	cr_expect_str_eq(err.text, "4 is another");
	cr_expect_eq(load(a, 5, &err), AM_OK);
	am_archive_close(&a);
	env->ctx.elsewhere = NULL;
	a = env_open(env);
	cr_expect_eq(load(a, 5, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	am_archive_close(&a);
	env_free(&env);
}

Test(in_place, what_was_not_met_again_is_gone)
{
	struct env *env = env_new();
	struct am_in_place_counts n;
	struct am_archive_stats stats;

	look(env, 0, 20, &n);
	look(env, 5, 25, &n);
	cr_expect_eq(n.fresh + n.moved, 5);
	cr_expect_eq(n.unchanged, 15);
	cr_expect_eq(n.gone + n.moved, 5);
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_stats(a, &stats, NULL), AM_OK);
	cr_expect_eq(stats.placements, 20);
	am_archive_close(&a);
	env_verify(env, env->path);
	env_free(&env);
}

Test(in_place, what_needs_bytes_refuses)
{
	struct env *env = env_new();
	struct am_in_place_counts n;
	struct am_repair_result result;
	struct am_error err;
	struct am_sink *sink;

	look(env, 0, 5, &n);
	const struct am_location where = {.path = env->path};
	cr_expect_eq(
		am_archive_compact(env->path, NULL, &env->ctx, &result, &err),
		AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	cr_expect_eq(
		am_archive_repair(env->path, NULL, &env->ctx, &result, &err),
		AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	cr_expect_eq(
		am_format_archive.open_sink(&sink, &where, &env->ctx, &err),
		AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	env_free(&env);
}

Test(in_place, an_archive_of_mail_is_none)
{
	struct env *env = env_new();
	struct am_error err;
	struct am_sink *sink;

	(void)env_import(env, 0, 5, NULL);
	cr_expect_eq(am_in_place_open(&sink, env->path, "/box", "", false,
	                              &env->ctx, &err),
	             AM_FAILED);
	cr_expect_eq(err.kind, AM_E_EXISTS);
	env_free(&env);
}
