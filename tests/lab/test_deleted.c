/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail that somebody took out of the target since the last run: it is on the
 * server still, so the next run brings it back, as it does from files.
 */
#include "tests/lab/lab.h"

#include <glib/gstdio.h>

#include <signal.h>
#include <string.h>

static struct lab l;
static unsigned n;

static void begin(void)
{
	lab_start(&l, NULL);
	n = lab_fill(&l, "user1");
}

static void end(void)
{
	lab_stop(&l);
}

/* No body was read by the clients of the account since last asked. */
static bool quiet(void)
{
	char *heard = dovecot_heard(&l.d, "user1");
	bool none = !strstr(heard, "BODY.PEEK[]");

	g_free(heard);
	return none;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first files of a folder, in the order of their names; g_free() each. */
static void first_files(const char *folder, char *paths[], guint most)
{
	GPtrArray *all = g_ptr_array_new();
	char *dir = cli_path(&l.c, folder);
	const char *name;

	GDir *d = g_dir_open(dir, 0, NULL);
	cr_assert(d, "%s", dir);
	while ((name = g_dir_read_name(d)))
		g_ptr_array_add(all, g_build_filename(dir, name, NULL));
	g_dir_close(d);
	g_free(dir);
	g_ptr_array_sort(all, by_name);
	cr_assert_geq(all->len, most);
	for (guint i = 0; i < all->len; i++)
		if (i < most)
			paths[i] = all->pdata[i];
		else
			g_free(all->pdata[i]);
	g_ptr_array_unref(all);
}

static void delete_first(const char *folder, guint count)
{
	char *paths[8];

	first_files(folder, paths, count);
	for (guint i = 0; i < count; i++) {
		cr_assert_eq(g_unlink(paths[i]), 0);
		g_free(paths[i]);
	}
}

static void mark_first(const char *folder)
{
	char *path;

	first_files(folder, &path, 1);
	char *flagged =
		g_strdup_printf("%.*s:2,FS", (int)strcspn(path, ":"), path);
	cr_assert_eq(g_rename(path, flagged), 0);
	g_free(flagged);
	g_free(path);
}

Test(deleted, from_a_maildir_comes_back, .init = begin, .fini = end,
     .timeout = 60)
{
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, n, 0);
	char *want = lab_list(&l, "m/");
	/* Somebody reads it: nothing to do, and nothing is read. */
	(void)quiet();
	mark_first("m/.Lists.gr&APwA3w-e/cur");
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 0, n);
	cr_expect(quiet());
	delete_first("m/cur", 3);
	delete_first("m/.Lists.gr&APwA3w-e/cur", 1);
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 4, n - 4);
	char *have = lab_list(&l, "m/");
	cr_expect_eq(cli_lines(have), cli_lines(want));
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 0, n);
	g_free(have);
	g_free(want);
}

/* The last run was killed: what it left behind is not known. */
static void as_if_killed(const char *state)
{
	size_t len;
	char *text = cli_read(&l.c, state, &len);
	char *at = strstr(text, "clean=true");
	char *left = strstr(text, "\n[left ");

	cr_assert(at && left, "%s", text);
	memcpy(at, "clean=no  ", 10);
	cli_write(&l.c, state, text, (size_t)(left - text));
	g_free(text);
}

Test(deleted, before_the_next_of_a_killed_run_comes_back, .init = begin,
     .fini = end, .timeout = 60)
{
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, n, 0);
	as_if_killed("m/.mailark-state");
	delete_first("m/cur", 2);
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 2, n - 2);
}

Test(deleted, from_an_mbox_comes_back, .init = begin, .fini = end,
     .timeout = 60)
{
	size_t len;

	lab_copy(&l, "user1/INBOX", "b.mbox");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	char *ledger = g_strdup(lab_ledger(&l));
	/* The first goes, and other mail comes that is more than it. */
	char *text = cli_read(&l.c, "b.mbox", &len);
	char *second = strstr(text, "\nFrom ");
	cr_assert(second);
	GString *now = g_string_new(second + 1);
	for (unsigned i = 0; i < 9; i++)
		g_string_append(now, "From a@b Thu Jan  1 00:00:00 2026\n"
		                     "Subject: another\n\n"
		                     "long enough, and some more of it\n\n");
	while (now->len <= len)
		g_string_append(now, "From a@b Thu Jan  1 00:00:00 2026\n"
		                     "Subject: another\n\nmore\n\n");
	cli_write(&l.c, "b.mbox", now->str, now->len);
	lab_copy(&l, "user1/INBOX", "b.mbox");
	cr_expect(strstr(lab_ledger(&l), "= stored 1 +"), "%s after %s",
	          lab_ledger(&l), ledger);
	g_string_free(now, TRUE);
	g_free(text);
	g_free(ledger);
}

/* ---- as many come as go, so that the number of them shows nothing ---- */

static void swap_in_mbox(const char *file)
{
	static const char other[] = "From a@b Thu Jan  1 00:00:00 2026\n"
				    "Subject: another\n\nmore\n\n";
	size_t len;
	char *text = cli_read(&l.c, file, &len);
	char *second = strstr(text, "\nFrom ");

	cr_assert(second);
	char *now = g_strconcat(second + 1, other, NULL);
	cli_write(&l.c, file, now, strlen(now));
	g_free(now);
	g_free(text);
}

/* By names that are the last ones. */
static void swap_a_file(const char *folder, const char *name)
{
	static const char other[] = "Subject: another\n\nmore\n";
	static unsigned count;
	char *path = g_strdup_printf("%s/zz%u%s", folder, ++count, name);

	delete_first(folder, 1);
	cli_write(&l.c, path, other, sizeof other - 1);
	g_free(path);
}

/* The same tree of each kind, and how one message of it is swapped. */
static const struct {
	const char *format, *state, *file, *folder, *name;
} trees[] = {
	{"maildir", "t/.mailark-state", NULL, "t/cur", ".x:2,S"},
	{"mbox", "t/.mailark-state", "t/INBOX.mbox", NULL, NULL},
	{"eml", "t/.mailark-state", NULL, "t/INBOX", ".eml"},
};

static void copy_to(size_t i)
{
	char *line = g_strdup_printf(
		"copy --from imap,tls=off,%%P --to %s @user1 t/",
		trees[i].format);

	lab_line(&l, line);
	g_free(line);
}

static void swap_one(size_t i)
{
	if (trees[i].file)
		swap_in_mbox(trees[i].file);
	else
		swap_a_file(trees[i].folder, trees[i].name);
}

static void of_a_tree(size_t i)
{
	copy_to(i);
	lab_expect(&l, n, n, 0);
	/* Killed, and nobody was there: nothing is asked for. */
	as_if_killed(trees[i].state);
	(void)quiet();
	copy_to(i);
	lab_expect(&l, n, 0, n);
	cr_expect(quiet(), "%s", trees[i].format);
	as_if_killed(trees[i].state);
	swap_one(i);
	copy_to(i);
	lab_expect(&l, n, 1, n - 1);
	cr_expect(strstr(l.c.err, "1 message that was copied before is not "
	                          "known to be there"),
	          "%s", l.c.err);
	/* The same where the last run had ended well. */
	swap_one(i);
	copy_to(i);
	lab_expect(&l, n, 1, n - 1);
	copy_to(i);
	lab_expect(&l, n, 0, n);
	cr_expect_str_eq(l.c.err, "");
	/* All of the server is there, and the two that somebody put. */
	char *list = lab_list(&l, "t/");
	cr_expect_eq(cli_lines(list) + 1, n + 2, "%s: %s", trees[i].format,
	             list);
	g_free(list);
}

Test(deleted, from_a_maildir_though_as_many_come, .init = begin, .fini = end,
     .timeout = 60)
{
	of_a_tree(0);
}

Test(deleted, from_a_tree_of_mboxes_though_as_many_come, .init = begin,
     .fini = end, .timeout = 60)
{
	of_a_tree(1);
}

Test(deleted, from_a_tree_of_files_though_as_many_come, .init = begin,
     .fini = end, .timeout = 60)
{
	of_a_tree(2);
}

/* What a run leaves that is killed behind a commit. */
static void as_if_killed_after_commit(const char *state)
{
	size_t len;
	char *text = cli_read(&l.c, state, &len);
	char *at = strstr(text, "clean=true");

	cr_assert(at, "%s", text);
	memcpy(at, "clean=no  ", 10);
	cli_write(&l.c, state, text, len);
	g_free(text);
}

/* One file for several folders: nothing is missed in it. */
Test(deleted, nothing_is_from_the_mbox_of_all_folders, .init = begin,
     .fini = end, .timeout = 60)
{
	lab_copy(&l, "user1", "all.mbox");
	lab_expect(&l, n, n, 0);
	as_if_killed_after_commit("all.mbox.mailark-state");
	(void)quiet();
	lab_copy(&l, "user1", "all.mbox");
	lab_expect(&l, n, 0, n);
	cr_expect(quiet());
	cr_expect_not(strstr(l.c.err, "not known to be there"), "%s", l.c.err);
}

/* What a run left out is there from elsewhere, which the next has to see. */
Test(deleted, nothing_is_doubled_that_was_left_out, .init = begin, .fini = end,
     .timeout = 60)
{
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, n, 0);
	char *state = cli_path(&l.c, "m/.mailark-state");
	cr_assert_eq(g_unlink(state), 0);
	lab_line(&l, "copy --from imap,tls=off,%P --folder INBOX @user1 m/");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 0, n);
	(void)quiet();
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, 0, n);
	cr_expect(quiet());
	g_free(state);
}

/* As many come as go, which the number of them does not show. */
Test(deleted, from_the_mbox_of_a_killed_run_comes_back, .init = begin,
     .fini = end, .timeout = 60)
{
	static const char other[] = "From a@b Thu Jan  1 00:00:00 2026\n"
				    "Subject: another\n\nmore\n\n";
	size_t len;

	lab_copy(&l, "user1/INBOX", "b.mbox");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	/* What only came in behind it is no reason to ask for anything. */
	as_if_killed_after_commit("b.mbox.mailark-state");
	char *text = cli_read(&l.c, "b.mbox", &len);
	char *more = g_strconcat(text, other, NULL);
	cli_write(&l.c, "b.mbox", more, strlen(more));
	(void)quiet();
	lab_copy(&l, "user1/INBOX", "b.mbox");
	cr_expect(strstr(lab_ledger(&l), "= stored 0 +"), "%s", lab_ledger(&l));
	cr_expect(quiet());
	g_free(more);
	g_free(text);
	as_if_killed_after_commit("b.mbox.mailark-state");
	text = cli_read(&l.c, "b.mbox", &len);
	char *second = strstr(text, "\nFrom ");
	cr_assert(second);
	more = g_strconcat(second + 1, other, NULL);
	cli_write(&l.c, "b.mbox", more, strlen(more));
	lab_copy(&l, "user1/INBOX", "b.mbox");
	cr_expect(strstr(lab_ledger(&l), "= stored 1 +"), "%s", lab_ledger(&l));
	g_free(more);
	g_free(text);
}

/* The program killed behind its first commit. */
static void kill_after_commit(const char *from, const char *state)
{
	char *path = cli_path(&l.c, state), *text = NULL;
	pid_t pid = lab_copy_start(&l, from, "k.mbox");

	for (unsigned i = 0; i < 1000 && !(text && strstr(text, "uids-"));
	     i++) {
		g_usleep(20000);
		g_clear_pointer(&text, g_free);
		(void)!g_file_get_contents(path, &text, NULL, NULL);
	}
	kill(pid, SIGKILL);
	cli_wait(&l.c, pid);
	cr_assert_eq(l.c.status, -SIGKILL, "%s", l.c.err);
	cr_assert(text && strstr(text, "uids-"), "%s", text);
	g_free(text);
	g_free(path);
}

Test(deleted, behind_a_commit_comes_back, .timeout = 60)
{
	enum { MESSAGES = 60 };
	static const char other[] = "From a@b Thu Jan  1 00:00:00 2026\n"
				    "Subject: another\n\nmore\n\n";
	size_t len;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, MESSAGES, 100000);
	l.r.rate = 1 << 20;
	kill_after_commit("user1", "k.mbox.mailark-state");
	char *text = cli_read(&l.c, "k.mbox", &len);
	char *second = strstr(text, "\nFrom ");
	cr_assert(second);
	char *more = g_strconcat(second + 1, other, NULL);
	cli_write(&l.c, "k.mbox", more, strlen(more));
	/* As its owner cannot any more. */
	char *lock = cli_path(&l.c, "k.mbox.lock");
	(void)g_unlink(lock);
	g_free(lock);
	l.r.rate = 0;
	lab_copy(&l, "user1", "k.mbox");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	char *list = lab_list(&l, "k.mbox");
	cr_expect_eq(cli_lines(list) + 1, MESSAGES + 1, "%s", list);
	g_free(list);
	g_free(more);
	g_free(text);
	lab_stop(&l);
}

/* Somebody else is at the account that mail was moved to. */
static void do_there(const char *folder, const char *const commands[])
{
	struct imap_talk *t = imap_talk_open(l.d.imap, "user2", "secret");

	imap_talk(t, "SELECT \"%s\"", folder);
	for (size_t i = 0; commands[i]; i++)
		imap_talk(t, "%s", commands[i]);
	imap_talk_close(t);
}

Test(deleted, from_another_server_comes_back, .init = begin, .fini = end,
     .timeout = 60)
{
	static const char *const two[] = {"STORE 2:3 +FLAGS.SILENT (\\Deleted)",
	                                  "EXPUNGE", NULL};
	static const char *const all[] = {"STORE 1:* +FLAGS.SILENT (\\Deleted)",
	                                  "EXPUNGE", NULL};

	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 0, n);
	/* As many come as go: their numbers tell. */
	do_there("INBOX", two);
	account_fill(&l.d, "user2", "INBOX", 7000, 2, 300);
	(void)quiet();
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 2, n - 2);
	cr_expect(strstr(l.c.err, "2 messages that were copied before are not "
	                          "there any more: copied again"),
	          "%s", l.c.err);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 0, n);
	cr_expect(quiet() == false);
	/* A folder that is emptied, and one that is gone. */
	do_there("Archive/a.b &- c", all);
	do_there("INBOX",
	         (const char *const[]){"DELETE \"Lists/gr&APwA3w-e\"", NULL});
	lab_copy(&l, "user1", "user2");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	/* All is there, and the two of somebody else. */
	char *diff = lab_differ(&l, "user1", "user2");
	cr_expect_eq(cli_lines(diff), 2, "%s", diff);
	cr_expect(*diff == '+' && !strstr(diff, "\n-"), "%s", diff);
	g_free(diff);
}

Test(deleted, from_another_server_is_left_so_when_asked, .init = begin,
     .fini = end, .timeout = 60)
{
	static const char *const two[] = {"STORE 1:2 +FLAGS.SILENT (\\Deleted)",
	                                  "EXPUNGE", NULL};

	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	do_there("INBOX", two);
	for (unsigned i = 0; i < 2; i++) {
		lab_line(&l, "copy --from imap,tls=off,%P --to "
		             "imap,tls=off,%P,bring-back=no @user1 @user2");
		lab_expect(&l, n, 0, n);
		cr_expect(strstr(l.c.err, "2 messages that were copied before "
		                          "are not there any more: left so"),
		          "%s", l.c.err);
	}
}

static void lose_states(void)
{
	char *dir = cli_path(&l.c, ".local/state/mailark");
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;

	cr_assert(d, "%s", dir);
	while ((name = g_dir_read_name(d))) {
		char *path = g_build_filename(dir, name, NULL);
		cr_assert_eq(g_unlink(path), 0);
		g_free(path);
	}
	g_dir_close(d);
	g_free(dir);
}

/* What was found to be there is known by its number as what was sent is. */
Test(deleted, from_another_server_whose_state_was_lost_comes_back,
     .init = begin, .fini = end, .timeout = 60)
{
	static const char *const two[] = {"STORE 2:3 +FLAGS.SILENT (\\Deleted)",
	                                  "EXPUNGE", NULL};

	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	lose_states();
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 0, n);
	do_there("INBOX", two);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 2, n - 2);
}

Test(deleted, or_renamed_on_another_server_is_gone_on_with, .init = begin,
     .fini = end, .timeout = 60)
{
	static const char *const rename[] = {
		"CREATE Mine",
		"RENAME \"Lists/gr&APwA3w-e\" \"Kept/&AOQ-lter\"", NULL};

	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	do_there("INBOX", rename);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 0, n);
	cr_expect(strstr(l.c.err, "Lists/gr\xc3\xbc\xc3\x9f"
	                          "e: somebody renamed it on the server to "
	                          "\"Kept/\xc3\xa4lter\": it is gone on with "
	                          "there"),
	          "%s", l.c.err);
	/* What is new goes there, what is taken out comes again, and nothing
	 * is said any more. */
	account_fill(&l.d, "user1", "Lists/gr&APwA3w-e", 9000, 2, 300);
	do_there("Kept/&AOQ-lter",
	         (const char *const[]){"STORE 1 +FLAGS.SILENT (\\Deleted)",
	                               "EXPUNGE", NULL});
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n + 2, 3, n - 1);
	cr_expect_not(strstr(l.c.err, "renamed"), "%s", l.c.err);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n + 2, 0, n + 2);
	cr_expect_str_eq(l.c.err, "");
	char *there = imap_talk_account(l.d.imap, "user2");
	cr_expect_not(strstr(there, "Lists"), "%s", there);
	g_free(there);
	/* Away for good: made again under the name it has in the source. */
	do_there("INBOX",
	         (const char *const[]){"DELETE \"Kept/&AOQ-lter\"", NULL});
	lab_copy(&l, "user1", "user2");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	char *diff = lab_differ(&l, "user1", "user2");
	cr_expect_str_eq(diff, "+Kept\n+Mine\n");
	g_free(diff);
}
