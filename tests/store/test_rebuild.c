/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/file.h"
#include "model/format.h"
#include "store/items.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <string.h>

TestSuite(rebuild, .timeout = 120);

static void change_things(struct env *env)
{
	static const char *const words[] = {"$One", "zwei"};
	const struct am_item_change changes[] = {
		{.placement = 3,
	         .when = 5,
	         .kind = AM_CHANGE_FLAGS,
	         .flags = AM_ANSWERED,
	         .n_words = 2,
	         .words = words},
		{.placement = 4,
	         .when = 6,
	         .kind = AM_CHANGE_MOVED,
	         .folder = 2,
	         .uid = 900},
		{.placement = 5, .when = 7, .kind = AM_CHANGE_EXPUNGED},
		{.placement = 6,
	         .when = 8,
	         .kind = AM_CHANGE_LABELS,
	         .n_words = 1,
	         .words = words},
		{.placement = 4,
	         .when = 9,
	         .kind = AM_CHANGE_MOVED,
	         .folder = 1,
	         .uid = 901},
	};
	for (size_t i = 0; i < AM_COUNT(changes); i++)
		env_change(env, &changes[i]);
}

Test(rebuild, from_the_log_alone_everything_is_as_it_was)
{
	static const char *const options[] = {NULL, "segment=64k", "codec=zlib",
	                                      "codec=stored"};
	for (size_t i = 0; i < AM_COUNT(options); i++) {
		struct env *env = env_new();
		env_import(env, 0, 100, options[i]);
		change_things(env);
		env_import(env, 50, 160, NULL);
		char *before = env_dump(env, env->path);
		env_verify(env, env->path); /* row by row */
		cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, NULL),
		             AM_OK);
		char *after = env_dump(env, env->path);
		cr_assert_str_eq(before, after);
		g_free(after);
		env_remove_cache(env);
		after = env_dump(env, env->path);
		cr_assert_str_eq(before, after);
		/* UIDs go on where they were. */
		struct am_archive *a = env_open(env);
		struct am_archive_stats st;
		cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
		am_archive_close(&a);
		env_import(env, 200, 210, NULL);
		env_verify(env, env->path);
		cr_assert_eq(env_notes(env, "archive.damage"), 0);
		g_free(before);
		g_free(after);
		env_free(&env);
	}
}

Test(rebuild, what_was_expunged_is_kept_and_shown_on_request)
{
	struct env *env = env_new();
	const char *options[] = {"expunged=yes", NULL};
	struct am_location where = {.path = env->path};
	struct am_item_change gone = {.placement = 7,
	                              .kind = AM_CHANGE_EXPUNGED};
	unsigned seen[2] = {0};

	env_import(env, 0, 20, NULL);
	env_change(env, &gone);
	for (int all = 0; all < 2; all++) {
		struct am_source *src;
		struct am_item item;
		where.options = all ? options : NULL;
		cr_assert_eq(am_format_archive.open_source(&src, &where,
		                                           &env->ctx, NULL),
		             AM_OK);
		while (!am_source_next(src, &item, NULL)) {
			if (!item.message)
				continue;
			cr_assert_eq(am_source_load(src, item.message, NULL),
			             AM_OK);
			am_message_free(&item.message);
			seen[all]++;
		}
		am_source_close(&src);
	}
	cr_assert_eq(seen[0], 19);
	cr_assert_eq(seen[1], 20);
	/* It stays away from where it came, and another source brings it back,
	 * in a new place. */
	struct box_run run = env_import(env, 0, 20, NULL);
	cr_assert_eq(run.stored, 0);
	run = (struct box_run){.to = 20, .source = "box:another"};
	cr_assert_eq(box_import(&am_format_archive, env->path, NULL, &run,
	                        &env->ctx, NULL),
	             AM_OK);
	cr_assert_eq(run.stored, 1);
	env_verify(env, env->path);
	env_free(&env);
}

static void cancel_now(void *user, const struct am_progress *progress)
{
	struct env *env = user;
	if (!strcmp(progress->phase, "rebuilding the catalog") &&
	    progress->done > 20)
		am_cancel_request(&env->cancel);
}

Test(rebuild, broken_off_it_is_done_again)
{
	struct env *env = env_new();
	struct am_error err = {0};

	env_import(env, 0, 100, NULL);
	char *before = env_dump(env, env->path);
	env->ctx.on_progress = cancel_now;
	cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED, "%s", err.text);
	env->ctx.on_progress = NULL;
	env->cancel.asked = 0;
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	env_verify(env, env->path);
	g_free(before);
	g_free(after);
	env_free(&env);
}

Test(rebuild, tells_who_else_writes)
{
	struct env *env = env_new();
	struct am_archive *a;
	struct am_error err = {0};

	env_import(env, 0, 20, NULL);
	cr_assert_eq(am_archive_open(&a, env->path, true, &env->ctx, NULL),
	             AM_OK);
	cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_BUSY, "%s", err.text);
	am_archive_close(&a);
	env_free(&env);
}
