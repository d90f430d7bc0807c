/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying again from where mail came from, after a mail client was at it. */
#include "archive_env.h"

#include "model/folder.h"
#include "store/archive_edit.h"
#include "store/archive_spots.h"
#include "store/items.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(archive_again, .timeout = 120);

enum { MAILS = 12 };

static struct box_run import(struct env *env, const char *source)
{
	struct box_run run = {.to = MAILS, .source = source};
	struct am_error err = {0};

	cr_assert_eq(box_import(&am_format_archive, env->path, NULL, &run,
	                        &env->ctx, &err),
	             AM_OK, "%s", err.text);
	return run;
}

static int add_line(void *user, const struct am_archive_spot *s,
                    struct am_error *err)
{
	(void)err;
	if (!s->gone)
		g_string_append_printf(user, "%" PRId64 " in %" PRId64 "\n",
		                       s->placement, s->folder);
	return AM_OK;
}

static int add_box(void *user, const struct am_archive_box *b,
                   struct am_error *err)
{
	(void)err;
	g_string_append_printf(user, "box %" PRId64 "\n", b->id);
	return AM_OK;
}

/* Which mailboxes there are, and where mail lies. */
static char *lay_of(struct env *env)
{
	struct am_archive *a = env_open(env);
	GString *all = g_string_new("");

	cr_assert_eq(am_archive_boxes(a, add_box, all, NULL), AM_OK);
	cr_assert_eq(am_archive_spots_since(a, 0, add_line, all, NULL), AM_OK);
	am_archive_close(&a);
	/* Placements come in the order of their last changes. */
	char **lines = g_strsplit(all->str, "\n", -1);
	g_string_truncate(all, 0);
	for (guint pass = 0; pass < 100; pass++)
		for (char **l = lines; *l; l++)
			if (atoi(*l) == (int)pass)
				g_string_append_printf(all, "%s\n", *l);
	g_strfreev(lines);
	return g_string_free(all, FALSE);
}

static struct am_archive_edit *edit_open(struct env *env)
{
	struct am_archive_edit *e;
	struct am_error err = {0};

	cr_assert_eq(am_archive_edit_open(&e, env->path, &env->ctx, &err),
	             AM_OK, "%s", err.text);
	return e;
}

static void edit_close(struct am_archive_edit **e)
{
	struct am_error err = {0};

	cr_assert_eq(am_archive_edit_commit(*e, &err), AM_OK, "%s", err.text);
	am_archive_edit_close(e);
}

/* The second one of the first folder, with a new one for what is moved. */
static void expunge_and_move(struct env *env)
{
	static const char *const parts[] = {"Elsewhere"};
	struct am_archive_edit *e = edit_open(env);
	struct am_folder *path;
	int64_t folder;
	uint32_t uid;

	cr_assert_eq(am_folder_new(&path, parts, 1, AM_ROLE_NONE, NULL), AM_OK);
	cr_assert_eq(am_archive_edit_folder(e, path, &folder, NULL), AM_OK);
	cr_assert_eq(am_archive_edit_expunge(e, 2, NULL), AM_OK);
	cr_assert_eq(am_archive_edit_move(e, 3, folder, &uid, NULL), AM_OK);
	edit_close(&e);
	am_folder_unref((const struct am_folder **)&path);
}

Test(archive_again, what_was_expunged_or_moved_here_stays_so)
{
	struct env *env = env_new();

	import(env, "box:one");
	expunge_and_move(env);
	char *before = lay_of(env);
	for (int i = 0; i < 3; i++) {
		struct box_run run = import(env, "box:one");
		cr_expect_eq(run.stored, 0);
		cr_expect_eq(run.duplicates, MAILS);
		char *after = lay_of(env);
		cr_expect_str_eq(after, before);
		g_free(after);
		env_remove_cache(env);
	}
	/* Somebody else who has it means it. */
	struct box_run run = import(env, "box:another");
	cr_expect_eq(run.stored, 2);
	cr_expect_eq(run.duplicates, MAILS - 2);
	g_free(before);
	env_verify(env, env->path);
	env_free(&env);
}

Test(archive_again, a_mailbox_that_was_removed_stays_away)
{
	struct env *env = env_new();

	import(env, "box:one");
	struct am_archive_edit *e = edit_open(env);
	cr_assert_eq(am_archive_edit_remove(e, 1, NULL), AM_OK);
	edit_close(&e);
	char *before = lay_of(env);
	cr_expect(!strstr(before, "box 1\n"));
	struct box_run run = import(env, "box:one");
	cr_expect_eq(run.stored, 0);
	char *after = lay_of(env);
	cr_expect_str_eq(after, before);
	g_free(after);
	/* But for what is put into it by another. */
	run = import(env, "box:another");
	cr_expect_gt(run.stored, 0);
	after = lay_of(env);
	cr_expect(strstr(after, "box 1\n"));
	g_free(after);
	g_free(before);
	env_free(&env);
}

/* ---- flags, in three ways: as they came, as they are here and there ---- */

static void copy_flags(struct env *env, const char *source, uint32_t flags,
                       const char *keyword)
{
	struct am_job_info info = {.source = source};
	struct am_sink *sink = env_sink(env);
	struct am_message *msg = box_message(0);

	msg->flags = flags;
	if (keyword)
		am_message_add_keyword(msg, keyword);
	cr_assert_eq(am_sink_begin(sink, &info, NULL), AM_OK);
	env_put(sink, msg);
	am_message_free(&msg);
	cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
	am_sink_close(&sink);
}

static void edit_flags(struct env *env, enum am_flags_how how, uint32_t flags,
                       const char *keyword)
{
	const struct am_flags_change change = {.how = how,
	                                       .flags = flags,
	                                       .n_keywords = keyword ? 1 : 0,
	                                       .keywords = &keyword};
	struct am_archive_edit *e = edit_open(env);

	cr_assert_eq(am_archive_edit_flags(e, 1, &change, NULL), AM_OK);
	edit_close(&e);
}

struct state {
	char *flags;
	uint64_t seq;
	int64_t saved;
};

static int take_state(void *user, const struct am_archive_spot *s,
                      struct am_error *err)
{
	struct state *state = user;
	GString *text = g_string_new("");

	(void)err;
	g_string_append_printf(text, "%x", s->flags);
	for (size_t i = 0; i < s->n_keywords; i++)
		g_string_append_printf(text, " %s", s->keywords[i]);
	g_free(state->flags);
	*state = (struct state){g_string_free(text, FALSE), s->seq, s->saved};
	return AM_OK;
}

static struct state state_of(struct env *env, int64_t folder)
{
	struct am_archive *a = env_open(env);
	struct state state = {NULL, 0, 0};

	cr_assert_eq(am_archive_spots(a, folder, take_state, &state, NULL),
	             AM_OK);
	am_archive_close(&a);
	return state;
}

enum { COPY, ADD, TAKE };
static const struct {
	int how;
	uint32_t flags;
	const char *keyword, *then;
	bool again; /* the catalog is made anew */
} steps[] = {
	{COPY, AM_SEEN, "One", "1 One", false},
	/* What was changed here stays, however often it is copied. */
	{ADD, AM_FLAGGED, "Mine", "5 One Mine", false},
	{TAKE, AM_SEEN, "One", "4 Mine", false},
	{COPY, AM_SEEN, "One", "4 Mine", false},
	{COPY, AM_SEEN, "One", "4 Mine", true},
	/* What is changed there comes, and nothing else. */
	{COPY, AM_SEEN | AM_ANSWERED, "One", "6 Mine", false},
	{COPY, AM_SEEN | AM_ANSWERED, "Two", "6 Mine Two", true},
	{COPY, AM_FLAGGED, "Two", "4 Mine Two", false},
	/* Both did the same; then one does something else. */
	{COPY, 0, "Mine", "0 Mine", false},
	{ADD, AM_SEEN, NULL, "1 Mine", false},
	{COPY, AM_SEEN, "Mine", "1 Mine", true},
	{COPY, 0, NULL, "0", false},
};

Test(archive_again, flags_are_changed_by_whoever_changes_them)
{
	struct env *env = env_new();

	for (size_t i = 0; i < AM_COUNT(steps); i++) {
		if (steps[i].how == COPY)
			copy_flags(env, "imap:a", steps[i].flags,
			           steps[i].keyword);
		else
			edit_flags(env,
			           steps[i].how == ADD ? AM_FLAGS_ADD
			                               : AM_FLAGS_TAKE,
			           steps[i].flags, steps[i].keyword);
		if (steps[i].again)
			env_remove_cache(env);
		struct state now = state_of(env, 1);
		cr_expect_str_eq(now.flags, steps[i].then, "step %zu: %s", i,
		                 now.flags);
		g_free(now.flags);
		env_verify(env, env->path);
	}
	env_free(&env);
}

/* Two sources every night: what neither changes is no change, or a mail client
 * would be told of it each time. */
Test(archive_again, two_sources_do_not_take_turns)
{
	struct env *env = env_new();
	uint64_t seq = 0;

	for (int i = 0; i < 3; i++) {
		copy_flags(env, "imap:a", 0, NULL);
		copy_flags(env, "mbox:b", AM_ANSWERED, "B");
		struct state now = state_of(env, 1);
		cr_expect_str_eq(now.flags, "2 B");
		cr_expect(!i || now.seq == seq);
		seq = now.seq;
		g_free(now.flags);
	}
	env_free(&env);
}

/* ---- when it came to its folder ---- */

Test(archive_again, when_it_came_is_known_and_stays)
{
	int64_t before = am_time_now();
	struct env *env = env_new();

	copy_flags(env, "imap:a", 0, NULL);
	struct state first = state_of(env, 1);
	cr_expect_geq(first.saved, before);
	cr_expect_leq(first.saved, am_time_now());
	/* Neither flags nor another look at it change that. */
	edit_flags(env, AM_FLAGS_ADD, AM_SEEN, NULL);
	copy_flags(env, "imap:a", AM_FLAGGED, NULL);
	env_remove_cache(env);
	struct state then = state_of(env, 1);
	cr_expect_eq(then.saved, first.saved);
	/* A move does. */
	env_change(env, &(struct am_item_change){.placement = 1,
	                                         .when = 2000000000,
	                                         .kind = AM_CHANGE_MOVED,
	                                         .folder = 1,
	                                         .uid = 9});
	g_free(then.flags);
	then = state_of(env, 1);
	cr_expect_eq(then.saved, 2000000000);
	g_free(then.flags);
	g_free(first.flags);
	env_verify(env, env->path);
	env_free(&env);
}
