/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/state.h"

#include "tests/transfer/state_rig.h"

#include "base/file.h"
#include "model/folder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

TestSuite(state, .fini = am_test_tmpdir_end);

Test(state, comes_back_as_saved)
{
	struct rig rig;

	rig_set_up(&rig);
	rig_expect(&rig, ME, "", NULL);
	rig_store(&rig, 7, 1);
	rig_store(&rig, 7, 2);
	rig_store(&rig, 7, 4294967295u);
	rig_store(&rig, 3, 9);
	am_state_remember(rig.state, ME, rig.folder, "uidnext=3; x=\"\\n\"");
	cr_assert_eq(am_state_save(rig.state, true, 512, NULL, &rig.err), AM_OK,
	             "%s", rig.err.text);
	rig_store(&rig, 7, 5); /* after the save: as if killed */
	rig_reopen(&rig);
	rig_expect(&rig, ME, "3/9 7/1 7/2 7/4294967295 ",
	           "uidnext=3; x=\"\\n\"");
	rig_expect(&rig, "imap://you@host", "", NULL);
	cr_assert(am_state_is_clean(rig.state));
	cr_assert(am_state_knows(rig.state, ME));
	cr_assert_not(am_state_knows(rig.state, "imap://you@host"));
	cr_assert(am_state_knows_others(rig.state, "imap://you@host"));
	cr_assert_not(am_state_knows_others(rig.state, ME));
	rig_tear_down(&rig);
}

Test(state, is_not_clean_while_open)
{
	struct rig rig;

	rig_set_up(&rig);
	cr_assert_not(am_state_is_clean(rig.state));
	cr_assert_eq(am_state_save(rig.state, true, 0, NULL, &rig.err), AM_OK);
	cr_assert_eq(am_state_save(rig.state, false, 0, NULL, &rig.err), AM_OK);
	rig_reopen(&rig);
	cr_assert_not(am_state_is_clean(rig.state));
	rig_tear_down(&rig);
}

Test(state, follows_new_numbers)
{
	struct rig rig;

	rig_set_up(&rig);
	rig_store(&rig, 7, 4);
	rig_store(&rig, 7, 5);
	am_state_change(rig.state, ME,
	                &(struct am_change){.kind = AM_NEWS_UID,
	                                    .folder = rig.folder,
	                                    .uidvalidity = 7,
	                                    .uid = 4,
	                                    .new_uidvalidity = 8,
	                                    .new_uid = 1});
	am_state_change(rig.state, ME,
	                &(struct am_change){.kind = AM_NEWS_GONE,
	                                    .folder = rig.folder,
	                                    .uidvalidity = 7,
	                                    .uid = 5});
	rig_expect(&rig, ME, "7/5 8/1 ", NULL);
	am_state_forget(rig.state);
	rig_expect(&rig, ME, "", NULL);
	rig_tear_down(&rig);
}

Test(state, what_makes_no_sense_is_nothing)
{
	static const char *const files[] = {
		"",
		"\xff\xfe\0\0",
		"[state]\nversion=99\nclean=true\n",
		"[state]\nversion=1\nclean=perhaps\n[folder 1]\n",
		"[state]\nversion=1\n[folder 1]\nsource=x\nfolder=y\n"
		"uids-7=9:1,frog\nuids-0=1\nuids-99999999999=1\n",
		"[state]\nversion=1\n[folder 1]\nsource=x\nfolder=y\n"
		"there-=1\nthere-x-1=1\nthere-9999999999-1=1:1:1\n"
		"there-4-7=1,1:1,1:1:0,4294967295:1:2,0:1:1,frog,1:1:1:1\n"
		"[box 9999999999]\nname=x\n[box x]\nname=y\n[box 3]\n",
	};
	struct rig rig;

	rig_set_up(&rig);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		cr_assert(g_file_set_contents(rig.path, files[i],
		                              (gssize)strlen(files[i]), NULL));
		rig_reopen(&rig);
		cr_assert_not(am_state_is_clean(rig.state));
		rig_expect(&rig, ME, "", NULL);
	}
	rig_tear_down(&rig);
}

/* A server that lacks some numbers. */
struct server {
	struct am_sink base;
	const char *name;
	uint32_t lacks[4];
	unsigned asked;
	int says;
	const char *renames; /* what is not yet */
	char *path;          /* of the last asked for */
};

static int server_missing(struct am_sink *sink, struct am_missing *what,
                          struct am_error *err)
{
	struct server *s = AM_CONTAINER(sink, struct server, base);
	uint32_t *uids = what->uids;
	size_t left = 0;

	(void)err;
	s->asked++;
	for (size_t i = 0; i < what->n; i++) {
		cr_expect(!i || uids[i] > uids[i - 1]);
		for (size_t k = 0; k < G_N_ELEMENTS(s->lacks); k++)
			if (!strcmp(what->box->name, s->name) && uids[i] &&
			    uids[i] == s->lacks[k])
				uids[left++] = uids[i];
	}
	what->n = left;
	what->box->messages = 11;
	if (s->renames && !what->box->renamed) {
		g_free((char *)what->box->name);
		what->box->name = g_strdup(s->renames);
		what->box->renamed = true;
	}
	s->path = g_strdup(what->path);
	return s->says;
}

static void placed(struct rig *rig, uint32_t validity, uint32_t uid,
                   const char *box, uint32_t box_uid)
{
	rig_store(rig, validity, uid);
	am_state_placed(rig->state, ME,
	                &(struct am_placed){.folder = rig->folder,
	                                    .uidvalidity = validity,
	                                    .uid = uid,
	                                    .box = box,
	                                    .box_uidvalidity = 3,
	                                    .box_uid = box_uid});
}

static void count_gone(void *user, const char *path, uint64_t n)
{
	(void)path;
	*(uint64_t *)user += n;
}

static uint64_t check_placed(struct rig *rig, struct server *s, bool forget)
{
	uint64_t gone = 0;

	cr_assert_eq(am_state_save(rig->state, true, 0, NULL, &rig->err),
	             AM_OK);
	rig_reopen(rig);
	cr_assert_eq(am_state_check_placed(rig->state, &s->base, forget,
	                                   count_gone, &gone, &rig->err),
	             AM_OK);
	return gone;
}

static const struct am_sink_ops server_ops = {.missing = server_missing};

Test(state, asks_for_what_a_server_has_no_more)
{
	struct server s = {.base.ops = &server_ops,
	                   .name = "a\n\xff]",
	                   .lacks = {101, 103, 200}};
	struct rig rig;

	rig_set_up(&rig);
	for (uint32_t i = 0; i < 5; i++)
		placed(&rig, 7, 1 + i, "a\n\xff]", 100 + i);
	placed(&rig, 7, 9, "a\n\xff]", 200);
	/* Its twin in another box is there. */
	placed(&rig, 7, 10, "b", 101);
	am_state_remember(rig.state, ME, rig.folder, "all is there");
	cr_expect_eq(check_placed(&rig, &s, false), 3);
	rig_expect(&rig, ME, "7/1 7/2 7/3 7/4 7/5 7/9 7/10 ", "all is there");
	cr_expect_eq(check_placed(&rig, &s, true), 3);
	rig_expect(&rig, ME, "7/1 7/3 7/5 7/10 ", NULL);
	cr_expect_eq(s.asked, 4);
	/* Brought again, with another number; and the source is numbered
	 * anew. */
	placed(&rig, 7, 2, "a\n\xff]", 300);
	cr_expect_eq(check_placed(&rig, &s, true), 0);
	am_state_change(rig.state, ME,
	                &(struct am_change){.kind = AM_NEWS_UID,
	                                    .folder = rig.folder,
	                                    .uidvalidity = 7,
	                                    .uid = 3,
	                                    .new_uidvalidity = 8,
	                                    .new_uid = 30});
	s.lacks[0] = 102;
	cr_expect_eq(check_placed(&rig, &s, true), 1);
	rig_expect(&rig, ME, "7/1 7/2 7/5 7/10 ", NULL);
	/* One that cannot be asked is believed; one that was numbered anew
	 * says nothing. */
	s.lacks[0] = 104;
	s.says = AM_FAILED;
	cr_expect_eq(check_placed(&rig, &s, true), 0);
	rig_expect(&rig, ME, "7/1 7/2 7/5 7/10 ", NULL);
	s.says = AM_END;
	cr_expect_eq(check_placed(&rig, &s, true), 0);
	rig_expect(&rig, ME, "", NULL);
	rig_tear_down(&rig);
}

Test(state, remembers_that_a_box_was_renamed)
{
	struct server s = {.base.ops = &server_ops,
	                   .name = "old",
	                   .renames = "new",
	                   .lacks = {102}};
	struct rig rig;

	rig_set_up(&rig);
	char *path = am_folder_print(rig.folder);
	placed(&rig, 7, 1, "old", 101);
	cr_expect_eq(check_placed(&rig, &s, true), 0);
	cr_expect_str_eq(s.path, path);
	/* What it lacks is asked for by the new name; what is put now is in the
	 * same box. */
	s.name = "new";
	placed(&rig, 7, 2, "new", 102);
	cr_expect_eq(check_placed(&rig, &s, true), 1);
	cr_expect_eq(s.asked, 2);
	rig_expect(&rig, ME, "7/1 ", NULL);
	/* Of two folders in one nobody can say which it was. */
	struct am_message root = {.uidvalidity = 7, .uid = 3};
	am_state_stored(rig.state, ME, &root);
	am_state_placed(rig.state, ME,
	                &(struct am_placed){.uidvalidity = 7,
	                                    .uid = 3,
	                                    .box = "new",
	                                    .box_uidvalidity = 3,
	                                    .box_uid = 103});
	cr_expect_eq(check_placed(&rig, &s, true), 0);
	cr_expect_null(s.path);
	g_free(path);
	rig_tear_down(&rig);
}
