/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NOTIFY, RFC 5465. */
#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(notify, .timeout = 120);

#define MAIL "Subject: new\r\n\r\nhello\r\n"

static const char *append(struct talk *t, const char *box)
{
	return talk(t, "APPEND %s {%zu+}\r\n%s", box, strlen(MAIL), MAIL);
}

static const struct {
	const char *command, *answer;
} refused[] = {
	{"NOTIFY", "BAD"},
	{"NOTIFY SET", "BAD"},
	{"NOTIFY SET STATUS", "BAD"},
	{"NOTIFY SET (personal)", "BAD"},
	{"NOTIFY SET (everything (MessageNew MessageExpunge))", "BAD"},
	{"NOTIFY SET (personal (MessageNew))", "BAD"},
	{"NOTIFY SET (personal (FlagChange))", "BAD"},
	{"NOTIFY SET (personal (MessageNew (FLAGS) MessageExpunge))", "BAD"},
	{"NOTIFY SET (selected (MailboxName))", "BAD"},
	{"NOTIFY SET (selected (MessageNew (NOTHING) MessageExpunge))", "BAD"},
	{"NOTIFY SET (mailboxes (MessageNew MessageExpunge))", "BAD"},
	{"NOTIFY SET (personal (AnnotationChange))",
         "NO [BADEVENT (MessageNew"},
};

Test(notify, what_makes_no_sense_is_refused)
{
	struct served *s = served_new(2);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " NOTIFY");
	for (size_t i = 0; i < AM_COUNT(refused); i++) {
		const char *answer = talk(t, "%s", refused[i].command);
		cr_expect(!strncmp(answer, refused[i].answer,
		                   strlen(refused[i].answer)),
		          "%s: %s", refused[i].command, answer);
	}
	expect_end(talk(t, "NOTIFY NONE"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(notify, other_mailboxes_are_told_of)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s), *other = talk_login(s);
	expect_end(talk(other, "CREATE work"), "OK");
	expect_end(talk(other, "CREATE work/deep"), "OK");
	expect_end(talk(other, "CREATE quiet"), "OK");
	const char *told =
		talk(t, "NOTIFY SET STATUS (subtree work (MessageNew "
	                "MessageExpunge FlagChange MailboxName))");
	expect_in(told, "* STATUS \"work\" (MESSAGES 0 UIDNEXT 1 ");
	expect_in(told, "* STATUS \"work/deep\" (");
	expect_not_in(told, "quiet");
	expect_end(told, "OK");
	/* Nothing of this one; so the next line is of the other one. */
	expect_end(append(other, "quiet"), "OK");
	expect_end(append(other, "work/deep"), "OK");
	expect_in(talk_line(t),
	          "* STATUS \"work/deep\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ");
	expect_end(talk(other, "SELECT work/deep"), "OK");
	expect_end(talk(other, "STORE 1 +FLAGS (\\Seen)"), "OK");
	expect_in(talk_line(t), "UNSEEN 0)");
	/* A flag that no number shows. */
	expect_end(talk(other, "STORE 1 +FLAGS (\\Flagged)"), "OK");
	expect_in(talk_line(t), "* STATUS \"work/deep\" (MESSAGES 1 ");
	expect_end(talk(other, "STORE 1 +FLAGS (\\Deleted)"), "OK");
	expect_in(talk_line(t), "* STATUS ");
	expect_end(talk(other, "EXPUNGE"), "OK");
	expect_in(talk_line(t), "(MESSAGES 0 ");
	expect_end(talk(other, "CREATE work/more"), "OK");
	expect_in(talk_line(t), "\"/\" \"work/more\"\r\n");
	expect_in(talk_line(t), "* STATUS \"work/more\" (MESSAGES 0");
	expect_end(talk(other, "RENAME work/more work/less"), "OK");
	expect_in(talk_line(t),
	          "\"work/less\" (\"OLDNAME\" (\"work/more\"))\r\n");
	expect_end(talk(other, "DELETE work/less"), "OK");
	expect_in(talk_line(t), "* LIST (\\NonExistent) \"/\" \"work/less\"");
	expect_end(talk(t, "NOTIFY NONE"), "OK");
	expect_end(append(other, "work"), "OK");
	expect_not_in(talk(t, "NOOP"), "STATUS");
	talk_close(&t);
	talk_close(&other);
	served_free(&s);
}

Test(notify, the_open_one_is_told_of_at_once)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s), *other = talk_login(s);
	expect_end(append(other, "INBOX"), "OK");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "NOTIFY SET (selected (MessageNew (FLAGS "
	                   "BODY.PEEK[HEADER.FIELDS (SUBJECT)]) "
	                   "MessageExpunge FlagChange))"),
	           "OK");
	expect_end(append(other, "INBOX"), "OK");
	expect_in(talk_line(t), "* 2 EXISTS");
	const char *fetched = talk_line(t);
	expect_in(fetched, "* 2 FETCH (UID 2 FLAGS ()");
	expect_in(fetched, "Subject: new");
	expect_end(talk(other, "SELECT INBOX"), "OK");
	expect_end(talk(other, "STORE 1 +FLAGS (\\Deleted)"), "OK");
	expect_in(talk_line(t), "* 1 FETCH (UID 1 FLAGS (\\Deleted))");
	expect_end(talk(other, "EXPUNGE"), "OK");
	expect_in(talk_line(t), "* 1 EXPUNGE");
	/* Put off until numbers may change. */
	expect_end(talk(t, "NOTIFY SET (selected-delayed (MessageNew "
	                   "MessageExpunge))"),
	           "OK");
	expect_end(talk(other, "STORE 1 +FLAGS (\\Deleted)"), "OK");
	expect_in(talk_line(t), "* 1 FETCH ");
	expect_end(talk(other, "EXPUNGE"), "OK");
	expect_not_in(talk(t, "FETCH 1 (UID)"), "EXPUNGE");
	expect_in(talk(t, "NOOP"), "* 1 EXPUNGE");
	talk_close(&t);
	talk_close(&other);
	served_free(&s);
}

/* Only of subscriptions: a mailbox that is new has no news of that kind. */
Test(notify, subscriptions_alone_are_told_of)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s), *other = talk_login(s);
	expect_end(talk(t, "NOTIFY SET (personal (SubscriptionChange))"), "OK");
	expect_end(talk(other, "CREATE work"), "OK");
	expect_end(talk(other, "UNSUBSCRIBE work"), "OK");
	expect_in(talk_line(t), "* LIST () \"/\" \"work\"");
	expect_end(talk(other, "SUBSCRIBE work"), "OK");
	expect_in(talk_line(t), "* LIST (\\Subscribed) \"/\" \"work\"");
	talk_close(&t);
	talk_close(&other);
	served_free(&s);
}
