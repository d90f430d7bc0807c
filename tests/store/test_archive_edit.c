/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/blob.h"
#include "model/folder.h"
#include "store/archive_edit.h"
#include "store/archive_spots.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(archive_edit, .timeout = 120);

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

static int add_line(void *user, const struct am_archive_spot *s,
                    struct am_error *err)
{
	(void)err;
	g_string_append_printf(user,
	                       "%" PRId64 ":%" PRId64 " folder %" PRId64
	                       " uid %u seq %" PRIu64 " flags %x%s",
	                       s->placement, s->message, s->folder, s->uid,
	                       s->seq, s->flags, s->gone ? " gone" : "");
	for (size_t i = 0; i < s->n_keywords; i++)
		g_string_append_printf(user, " %s", s->keywords[i]);
	g_string_append_c(user, '\n');
	return AM_OK;
}

static int add_box(void *user, const struct am_archive_box *b,
                   struct am_error *err)
{
	char *name = am_folder_print(b->folder);

	(void)err;
	g_string_append_printf(user,
	                       "%" PRId64 " %s %u next %u: %" PRIu64
	                       " messages, %" PRIu64 " unseen%s\n",
	                       b->id, name, b->uidvalidity, b->uidnext,
	                       b->messages, b->unseen,
	                       b->folder->subscribed ? ", subscribed" : "");
	g_free(name);
	return AM_OK;
}

/* All that a mail client would see, and what changed since a moment. */
static char *show(struct env *env, uint64_t since)
{
	struct am_archive *a = env_open(env);
	GString *all = g_string_new("");

	cr_assert_eq(am_archive_boxes(a, add_box, all, NULL), AM_OK);
	for (int64_t id = 1; id <= 4; id++)
		cr_assert_eq(am_archive_spots(a, id, add_line, all, NULL),
		             AM_OK);
	g_string_append(all, "changed\n");
	cr_assert_eq(am_archive_spots_since(a, since, add_line, all, NULL),
	             AM_OK);
	am_archive_close(&a);
	return g_string_free(all, FALSE);
}

static bool is_visible(const char *keyword)
{
	return !strchr(keyword, ' ');
}

Test(archive_edit, what_a_client_does_is_there_after_a_rebuild)
{
	static const char *const first[] = {"one", "with space"},
				 *const second[] = {"TWO"};
	struct env *env = env_new();
	struct am_folder *made;
	struct am_error err = {0};
	int64_t folder;
	uint32_t uid;

	env_import(env, 0, 12, NULL);
	struct am_archive *a = env_open(env);
	uint64_t before;
	cr_assert_eq(am_archive_seq(a, &before, NULL), AM_OK);
	am_archive_close(&a);

	struct am_archive_edit *e = edit_open(env);
	const char *parts[] = {"New", "Box/one"};
	cr_assert_eq(am_folder_new(&made, parts, 2, AM_ROLE_NONE, NULL), AM_OK);
	cr_assert_eq(am_archive_edit_folder(e, made, &folder, &err), AM_OK);
	cr_assert_eq(folder, 3);
	struct am_flags_change flags = {.how = AM_FLAGS_SET,
	                                .flags = AM_FLAGGED,
	                                .n_keywords = 2,
	                                .keywords = first,
	                                .shown = is_visible};
	cr_assert_eq(am_archive_edit_flags(e, 1, &flags, &err), AM_OK);
	flags.n_keywords = 1;
	flags.keywords = second;
	cr_assert_eq(am_archive_edit_flags(e, 1, &flags, &err), AM_OK);
	flags.how = AM_FLAGS_ADD;
	flags.flags = AM_SEEN;
	flags.guarded = true;
	flags.not_beyond = before;
	cr_assert_eq(am_archive_edit_flags(e, 1, &flags, &err), AM_END,
	             "it changed since");
	cr_assert_eq(am_archive_edit_expunge(e, 2, &err), AM_OK);
	cr_assert_eq(am_archive_edit_expunge(e, 2, &err), AM_END);
	cr_assert_eq(am_archive_edit_move(e, 3, folder, &uid, &err), AM_OK);
	cr_assert_eq(uid, 1);
	cr_assert_eq(am_archive_edit_copy(e, 4, folder, &uid, &err), AM_OK);
	cr_assert_eq(uid, 2);
	cr_assert_eq(am_archive_edit_copy(e, 2, folder, &uid, &err), AM_END);
	cr_assert_eq(am_archive_edit_subscribe(e, folder, true, &err), AM_OK);
	edit_close(&e);

	char *then = show(env, before);
	cr_expect(strstr(then, "3 New/Box\\/one "), "%s", then);
	cr_expect(strstr(then, "next 3: 2 messages"), "%s", then);
	cr_expect(strstr(then, "flags 4 with space TWO\n"), "%s", then);
	cr_expect(strstr(then, "2:2 folder 1 uid 2"), "%s", then);
	cr_expect(strstr(then, " gone\n"), "%s", then);
	cr_expect(strstr(then, "3:3 folder 3 uid 1"), "%s", then);
	env_verify(env, env->path);
	env_remove_cache(env);
	char *now = show(env, before);
	cr_expect_str_eq(now, then);
	g_free(now);
	g_free(then);
	am_folder_unref((const struct am_folder **)&made);
	env_free(&env);
}

Test(archive_edit, the_same_message_added_twice_is_two)
{
	struct env *env = env_new();
	struct am_message *msg = box_message(1);
	struct am_split *split;
	struct am_error err = {0};
	uint32_t uid;

	env_import(env, 0, 12, NULL);
	struct am_archive_edit *e = edit_open(env);
	cr_assert_eq(am_archive_edit_prepare(&split, msg, &env->ctx, &err),
	             AM_OK);
	uint32_t last = 0;
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(am_archive_edit_add(e, msg, split, &uid, &err),
		             AM_OK, "%s", err.text);
		cr_assert(!last || uid == last + 1);
		last = uid;
	}
	am_archive_edit_unprepare(&split);
	edit_close(&e);
	env_verify(env, env->path);
	am_message_free(&msg);
	env_free(&env);
}

Test(archive_edit, a_removed_folder_comes_back_with_its_numbers)
{
	struct env *env = env_new();
	struct am_error err = {0};
	int64_t again;

	env_import(env, 0, 12, NULL);
	struct am_archive_edit *e = edit_open(env);
	cr_assert_eq(am_archive_edit_remove(e, 2, &err), AM_OK, "%s", err.text);
	edit_close(&e);
	char *gone = show(env, 0);
	cr_expect(!strstr(gone, "Old"), "%s", gone);
	g_free(gone);
	env_verify(env, env->path);
	env_remove_cache(env);
	gone = show(env, 0);
	cr_expect(!strstr(gone, "Old"), "%s", gone);
	g_free(gone);

	struct am_folder *old;
	struct am_message *msg = box_message(3);
	for (unsigned i = 0; !g_str_has_prefix(msg->folder->parts[0], "Old");
	     i++) {
		am_message_free(&msg);
		msg = box_message(i);
	}
	cr_assert_eq(am_folder_new(&old, msg->folder->parts, msg->folder->depth,
	                           AM_ROLE_NONE, NULL),
	             AM_OK);
	e = edit_open(env);
	cr_assert_eq(am_archive_edit_folder(e, old, &again, &err), AM_OK);
	cr_assert_eq(again, 2);
	edit_close(&e);
	char *back = show(env, 0);
	cr_expect(strstr(back, "next 3: 0 messages"), "%s", back);
	g_free(back);
	am_message_free(&msg);
	am_folder_unref((const struct am_folder **)&old);
	env_free(&env);
}

Test(archive_edit, what_was_not_committed_never_happened)
{
	struct env *env = env_new();
	struct am_error err = {0};

	env_import(env, 0, 12, NULL);
	char *before = show(env, 0);
	struct am_archive_edit *e = edit_open(env);
	cr_assert_eq(am_archive_edit_expunge(e, 1, &err), AM_OK);
	cr_assert_eq(am_archive_edit_remove(e, 1, &err), AM_OK);
	am_archive_edit_close(&e);
	char *after = show(env, 0);
	cr_expect_str_eq(after, before);
	g_free(before);
	g_free(after);
	env_verify(env, env->path);
	env_free(&env);
}
