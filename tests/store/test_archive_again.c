/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying again from where mail came from, after a mail client was at it. */
#include "archive_env.h"

#include "model/folder.h"
#include "store/archive_edit.h"
#include "store/archive_spots.h"

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
