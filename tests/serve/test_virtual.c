/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All Mail, Flagged and searches as mailboxes. */
#include "serve/virtual.h"

#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(virtual, .timeout = 120);

/* A search that finds what it is told to. */
static int64_t finds[8];
static size_t n_finds;
static _Atomic int named = 1;

static char **names(void *user, struct am_vault *vault)
{
	(void)user;
	(void)vault;
	return g_strsplit(named ? "bills" : "", " ", -1);
}

static int find(void *user, struct am_vault *vault, const char *name,
                int64_t **ids, size_t *n, struct am_error *err)
{
	(void)user;
	(void)vault;
	(void)err;
	cr_assert_str_eq(name, "bills");
	*ids = g_memdup2(finds, sizeof finds);
	*n = n_finds;
	return AM_OK;
}

static const struct am_virtual_source source = {NULL, names, find};

#define MAIL(n)                                                           \
	"From: a@example.org\r\nSubject: number " n "\r\nMessage-ID: <" n \
	"@x>\r\n\r\ntext " n "\r\n"

static void add(struct served *s, const char *folder, const char *text)
{
	served_add(s, folder, text, strlen(text));
}

static struct served *start(void)
{
	struct served *s = served_new(0);

	add(s, "INBOX", MAIL("1"));
	add(s, "INBOX", MAIL("2"));
	add(s, "work", MAIL("3"));
	add(s, "work", MAIL("1")); /* again */
	s->virtual = true;
	s->searches = &source;
	served_start(s);
	return s;
}

Test(virtual, are_listed_when_they_are_wanted)
{
	struct served *s = start();
	struct talk *t = talk_login(s);

	const char *all = talk(t, "LIST \"\" *");
	expect_in(all, "(\\HasNoChildren \\All) \"/\" \"All Mail\"");
	expect_in(all, "(\\HasNoChildren \\Flagged) \"/\" \"Flagged\"");
	/* Searches come with the first tick. */
	while (!strstr(all, "\"Search/bills\""))
		all = talk(t, "LIST \"\" *");
	expect_in(all, "\\NonExistent \\Noselect) \"/\" \"Search\"");
	expect_in(talk(t, "LIST (SPECIAL-USE) \"\" *"), "\\Flagged");
	expect_in(talk(t, "STATUS \"All Mail\" (MESSAGES UIDNEXT UNSEEN "
	                  "HIGHESTMODSEQ)"),
	          "(MESSAGES 3 UIDNEXT 4 UNSEEN 3 HIGHESTMODSEQ 0)");
	named = 0;
	while (strstr(talk(t, "LIST \"\" *"), "Search"))
		;
	talk_close(&t);
	served_stop(s);
	s->virtual = false;
	served_start(s);
	t = talk_login(s);
	all = talk(t, "LIST \"\" *");
	expect_not_in(all, "All Mail");
	expect_not_in(all, "Flagged");
	expect_end(talk(t, "SELECT \"All Mail\""), "NO");
	talk_close(&t);
	served_free(&s);
}

/* Twice in the archive, once in there. */
Test(virtual, all_mail_is_read_like_any_mailbox)
{
	struct served *s = start();
	struct talk *t = talk_login(s);

	const char *opened = talk(t, "SELECT \"all mail\"");
	expect_end(opened, "NO"); /* only INBOX may be written so */
	opened = talk(t, "SELECT \"All Mail\"");
	expect_in(opened, "* 3 EXISTS");
	expect_in(opened, "[NOMODSEQ]");
	expect_not_in(opened, "HIGHESTMODSEQ");
	expect_in(opened, "[PERMANENTFLAGS (\\Answered \\Flagged \\Seen");
	expect_in(opened, "[READ-WRITE]");
	expect_in(talk(t, "UID FETCH 3 (BODY.PEEK[TEXT])"), "text 3");
	expect_in(talk(t, "SEARCH SUBJECT \"number 2\""), "* SEARCH 2\r\n");
	expect_in(talk(t, "SORT (REVERSE SUBJECT) UTF-8 ALL"),
	          "* SORT 3 2 1\r\n");
	expect_end(talk(t, "FETCH 1 (MODSEQ)"), "BAD");
	expect_end(talk(t, "FETCH 1 (FLAGS) (CHANGEDSINCE 1)"), "BAD");
	expect_end(talk(t, "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)"),
	           "BAD");
	expect_end(talk(t, "SEARCH MODSEQ 1"), "BAD");
	expect_end(talk(t, "SELECT \"All Mail\" (CONDSTORE)"), "OK");
	expect_not_in(talk(t, "FETCH 1:* (FLAGS)"), "MODSEQ");
	talk_close(&t);
	served_free(&s);
}

Test(virtual, flags_are_set_wherever_the_message_lies)
{
	struct served *s = start();
	struct talk *a = talk_login(s), *b = talk_login(s);

	expect_end(talk(a, "SELECT \"All Mail\""), "OK");
	expect_end(talk(b, "SELECT Flagged"), "OK");
	const char *stored = talk(a, "STORE 1 +FLAGS (\\Flagged mine)");
	expect_in(stored, "FLAGS (\\Flagged mine)");
	expect_end(stored, "OK");
	const char *told = talk(b, "NOOP");
	expect_in(told, "* 1 EXISTS");
	expect_in(talk(b, "FETCH 1 (UID FLAGS)"), "UID 1 FLAGS (\\Flagged");
	expect_in(talk(a, "STATUS work (MESSAGES UNSEEN)"), "UNSEEN 2");
	/* Reading it marks both, too. */
	expect_in(talk(b, "FETCH 1 BODY[]"), "text 1");
	expect_in(talk(a, "STATUS work (UNSEEN)"), "UNSEEN 1");
	expect_in(talk(a, "STATUS INBOX (UNSEEN)"), "UNSEEN 1");
	/* Taken away it is gone from there, as an expunged one goes. */
	told = talk(b, "UID STORE 1 -FLAGS (\\Flagged)");
	expect_in(told, "* 1 EXPUNGE");
	expect_end(told, "OK");
	/* And back again it is a new one. */
	expect_end(talk(a, "STORE 1:2 +FLAGS (\\Flagged)"), "OK");
	expect_in(talk(b, "NOOP"), "* 2 EXISTS");
	expect_in(talk(b, "FETCH 1:* (UID)"), "* 1 FETCH (UID 2)");
	expect_in(talk(a, "STORE 3 FLAGS (\\Deleted)"), "NO [CANNOT]");
	talk_close(&a);
	talk_close(&b);
	served_free(&s);
}

Test(virtual, nothing_is_put_in_or_taken_out)
{
	static const char *const refused[] = {
		"APPEND Flagged {3+}\r\nabc",
		"COPY 1 Flagged",
		"MOVE 1 work",
		"EXPUNGE",
		"UID EXPUNGE 1",
		"DELETE Flagged",
		"RENAME \"All Mail\" x",
		"UNSUBSCRIBE Flagged",
		"CREATE Flagged",
		"RENAME work Flagged",
	};
	struct served *s = start();
	struct talk *t = talk_login(s);

	/* \Deleted where it lies is nothing that goes through here. */
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "STORE 2 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(t, "SELECT \"All Mail\""), "OK");
	for (size_t i = 0; i < AM_COUNT(refused); i++) {
		const char *answer = talk(t, "%s", refused[i]);
		cr_expect(talk_ends_with(answer, "NO"), "%s: %s", refused[i],
		          answer);
		expect_in(answer, i < 8 ? "[CANNOT]" : "[ALREADYEXISTS]");
	}
	expect_end(talk(t, "SUBSCRIBE Flagged"), "OK");
	expect_end(talk(t, "CLOSE"), "OK");
	expect_in(talk(t, "STATUS INBOX (MESSAGES)"), "(MESSAGES 2)");
	/* Out of it a message may be copied. */
	expect_end(talk(t, "SELECT \"All Mail\""), "OK");
	expect_in(talk(t, "UID COPY 3 INBOX"), "[COPYUID ");
	expect_in(talk(t, "STATUS INBOX (MESSAGES)"), "(MESSAGES 3)");
	expect_in(talk(t, "STATUS \"All Mail\" (MESSAGES)"), "(MESSAGES 3)");
	talk_close(&t);
	served_free(&s);
}

Test(virtual, uids_stay_over_a_restart)
{
	struct served *s = start();
	struct talk *t = talk_login(s);

	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "STORE 2 +FLAGS (\\Flagged)"), "OK");
	expect_end(talk(t, "STATUS Flagged (MESSAGES)"), "OK");
	expect_end(talk(t, "STORE 1 +FLAGS (\\Flagged)"), "OK");
	char *before = g_strdup(
		talk(t, "STATUS Flagged (UIDVALIDITY UIDNEXT MESSAGES)"));
	expect_in(before, "UIDNEXT 3 MESSAGES 2");
	talk_close(&t);
	served_stop(s);
	served_start(s);
	t = talk_login(s);
	cr_expect_str_eq(
		talk(t, "STATUS Flagged (UIDVALIDITY UIDNEXT MESSAGES)"),
		before);
	/* The one flagged first has the smaller UID. */
	expect_end(talk(t, "SELECT Flagged"), "OK");
	expect_in(talk(t, "FETCH 1 BODY.PEEK[TEXT]"), "text 2");
	g_free(before);
	talk_close(&t);
	served_free(&s);
}

Test(virtual, a_search_is_followed_and_tells_who_idles)
{
	struct served *s = start();
	struct talk *t = talk_login(s);
	const char *opened;

	finds[0] = 2;
	n_finds = 1;
	do
		opened = talk(t, "SELECT Search/bills");
	while (talk_ends_with(opened, "NO"));
	expect_in(opened, "* 1 EXISTS");
	expect_in(talk(t, "FETCH 1 BODY.PEEK[TEXT]"), "text 2");
	talk_send(t, "i IDLE\r\n", 8);
	expect_in(talk_line(t), "+ ");
	finds[0] = 1;
	finds[1] = 2;
	n_finds = 2;
	expect_in(talk_line(t), "* 2 EXISTS");
	n_finds = 1;
	expect_in(talk_line(t), "* 1 EXPUNGE");
	talk_send(t, "DONE\r\n", 6);
	expect_end(talk_until(t, "i"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(virtual, a_folder_of_that_name_comes_first)
{
	struct served *s = served_new(0);

	add(s, "Flagged", MAIL("1"));
	s->virtual = true;
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "LIST \"\" *"),
	          "(\\HasNoChildren) \"/\" \"Flagged\"");
	expect_in(talk(t, "LIST \"\" *"), "\\Flagged) \"/\" \"Flagged~2\"");
	expect_in(talk(t, "STATUS Flagged (MESSAGES)"), "(MESSAGES 1)");
	expect_in(talk(t, "STATUS Flagged~2 (MESSAGES)"), "(MESSAGES 0)");
	talk_close(&t);
	served_free(&s);
}
