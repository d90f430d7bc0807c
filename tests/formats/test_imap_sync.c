/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second run: what is new, what changed, what went, and what had to be left
 * out the first time; with every means a server may have to tell it.
 */
#include "formats/imap_listing.h"
#include "support/script_server.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char *const options[] = {"tls=off", "password-command=echo pass",
                                      "connections=1", NULL};

/* What every server here answers; numbers and messages are each test's. */
static const char base[] =
	">> (connect)\n< * OK ready\n"
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1\n< $ OK\n"
	">> LOGIN *\n< $ OK\n"
	">> ENABLE *\n< * ENABLED\n< $ OK\n"
	">> LIST *\n< * LIST () \"/\" INBOX\n< $ OK\n"
	">> LSUB *\n< $ OK\n"
	">> UID FETCH * (UID FLAGS*\n! metas\n< $ OK\n"
	">> UID FETCH * (UID BODY.PEEK[])\n! bodies\n< $ OK\n"
	">> UID FETCH * (UID)\n! uids\n< $ OK\n"
	">> NOOP\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n";

#define D " \"17-Jul-1996 02:44:2"
static const char three[] =
	">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
	"< * OK [UIDNEXT 4]\n< * OK [HIGHESTMODSEQ 50]\n< $ OK\n"
	"m 1 (\\Seen)" D "1 +0000\" Message-ID: <1@x>\\r\\n\\r\\n1\n"
	"m 2 ()" D "2 +0000\" Message-ID: <2@x>\\r\\n\\r\\n22\n"
	"m 3 ($A)" D "3 +0000\" Message-ID: <3@x>\\r\\n\\r\\n333\n";

static const char condstore[] =
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1 CONDSTORE\n< $ OK\n";
static const char qresync[] =
	">> CAPABILITY\n"
	"< * CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC LIST-EXTENDED "
	"LIST-STATUS\n< $ OK\n";

static char *run(struct imap_target *t, char **log, const char *first,
                 const char *second)
{
	const char *const texts[] = {first, second ? second : base,
	                             second ? base : NULL, NULL};
	struct script_server *server = script_server_new(texts, true);

	char *got = imap_target_run(t, script_server_port(server), "", options,
	                            true, 20);
	if (log)
		*log = script_server_log(server);
	script_server_free(server);
	return got;
}

static void expect(char *got, const char *want)
{
	cr_expect(g_pattern_match_simple(want, got), "wanted:\n%s\ngot:\n%s",
	          want, got);
	g_free(got);
}

static struct imap_target *with_three(const char *caps)
{
	struct imap_target *t = imap_target_new();

	expect(run(t, NULL, caps, three),
	       "INBOX\n1 seen *\n2 *\n3 [$A] *\n^ v=1 uidvalidity=7 uidnext=4 "
	       "exists=3*complete\n");
	return t;
}

Test(imap_sync, same_numbers_open_no_folder)
{
	static const char numbers[] =
		">> LIST *\n< * LIST () \"/\" INBOX\n"
		"< * STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 7 "
		"HIGHESTMODSEQ 50)\n< $ OK\n";
	char *text = g_strconcat(qresync, numbers, NULL), *log;
	char *both = g_strconcat(qresync, three, NULL);
	struct imap_target *t = with_three(both);

	/* The first time it is found that nothing is missing … */
	expect(run(t, &log, text, NULL), "INBOX\n^ * checked already=3\n");
	cr_expect(!strstr(log, "EXAMINE"), "%s", log);
	g_free(log);
	/* … and from then on nothing is to be said. */
	expect(run(t, &log, text, NULL), "INBOX already=3\n");
	unsigned n = 0;
	for (const char *c = log; *c; c++)
		n += *c == '\n';
	cr_expect(n <= 8, "%s", log);
	g_free(log);
	g_free(text);
	g_free(both);
	imap_target_free(t);
}

Test(imap_sync, qresync_tells_what_changed_and_went)
{
	static const char news[] =
		">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 5]\n< * OK [HIGHESTMODSEQ 60]\n< $ OK\n"
		"> UID FETCH 1:3 (UID FLAGS) (CHANGEDSINCE 50 VANISHED)\n"
		"< * VANISHED (EARLIER) 1\n"
		"< * 1 FETCH (UID 2 FLAGS (\\\\Flagged) MODSEQ (60))\n"
		"< * 2 FETCH (UID 3 FLAGS ($A) MODSEQ (59))\n< $ OK\n"
		"m 4 ()" D "4 +0000\" x\n";
	char *both = g_strconcat(qresync, news, NULL);
	struct imap_target *t = with_three(qresync);

	expect(run(t, NULL, both, NULL),
	       "INBOX\n~ gone 7/1\n~ flags 7/2 flagged\n4 * x\n"
	       "^ v=1 uidvalidity=7 uidnext=5 exists=3 modseq=60 complete "
	       "already=2\n");
	g_free(both);
	imap_target_free(t);
}

/* RFC 9586 and 9738: changes come in parts, the highest UIDs first, as UIDFETCH
 * and VANISHED. */
Test(imap_sync, changes_that_come_in_parts_are_all_asked_for)
{
	static const char news[] =
		">> CAPABILITY\n< * CAPABILITY IMAP4rev1 ENABLE CONDSTORE "
		"QRESYNC UIDONLY MESSAGELIMIT=1000\n< $ OK\n"
		"> ENABLE QRESYNC UIDONLY\n< $ OK\n"
		">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 5]\n< * OK [HIGHESTMODSEQ 60]\n< $ OK\n"
		"> UID FETCH 1:3 (UID FLAGS) (CHANGEDSINCE 50 VANISHED)\n"
		"< * 3 UIDFETCH (FLAGS ($A $B) MODSEQ (59))\n"
		"< $ OK [MESSAGELIMIT 1 3] in part\n"
		"> UID FETCH 1:2 (UID FLAGS) (CHANGEDSINCE 50 VANISHED)\n"
		"< * VANISHED (EARLIER) 1\n"
		"< * 2 UIDFETCH (FLAGS (\\\\Flagged) MODSEQ (60))\n"
		"< $ NO [MESSAGELIMIT 1 1] that was the last\n"
		"m 4 ()" D "4 +0000\" x\n";
	char *both = g_strconcat(news, qresync, NULL);
	struct imap_target *t = with_three(qresync);

	expect(run(t, NULL, both, NULL),
	       "INBOX\n~ flags 7/3 [$A] [$B]\n~ gone 7/1\n"
	       "~ flags 7/2 flagged\n4 * x\n"
	       "^ v=1 uidvalidity=7 uidnext=5 exists=3 modseq=60 complete "
	       "already=2\n");
	g_free(both);
	imap_target_free(t);
}

Test(imap_sync, condstore_alone_finds_what_went_by_counting)
{
	static const char news[] =
		">> EXAMINE *\n< * 2 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< * OK [HIGHESTMODSEQ 60]\n< $ OK\n"
		"> UID FETCH 1:3 (UID FLAGS) (CHANGEDSINCE 50)\n"
		"< * 1 FETCH (UID 2 FLAGS (\\\\Seen) MODSEQ (60))\n< $ OK\n"
		"m 2 (\\Seen)" D "2 +0000\" x\nm 3 ($A)" D "3 +0000\" y\n";
	static const char first[] =
		">> EXAMINE INBOX (CONDSTORE)\n< * 3 EXISTS\n"
		"< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< * OK [HIGHESTMODSEQ 50]\n< $ OK\n";
	char *one = g_strconcat(condstore, first, NULL);
	char *two = g_strconcat(condstore, news, NULL);
	struct imap_target *t = with_three(one);

	expect(run(t, NULL, two, NULL),
	       "INBOX\n~ flags 7/2 seen\n~ gone 7/1\n^ v=1 uidvalidity=7 "
	       "uidnext=4 exists=2 modseq=60 complete checked already=2\n");
	g_free(one);
	g_free(two);
	imap_target_free(t);
}

/* Neither UIDNEXT nor the count says that a flag changed. */
Test(imap_sync, a_flag_alone_is_seen_by_its_modseq)
{
	static const char news[] =
		">> EXAMINE *\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< * OK [HIGHESTMODSEQ 60]\n< $ OK\n"
		"> UID FETCH 1:3 (UID FLAGS) (CHANGEDSINCE 50)\n"
		"< * 1 FETCH (UID 2 FLAGS (\\\\Seen) MODSEQ (60))\n< $ OK\n";
	static const char first[] =
		">> EXAMINE INBOX (CONDSTORE)\n< * 3 EXISTS\n"
		"< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< * OK [HIGHESTMODSEQ 50]\n< $ OK\n";
	char *one = g_strconcat(condstore, first, NULL);
	char *two = g_strconcat(condstore, news, NULL);
	struct imap_target *t = with_three(one);

	expect(run(t, NULL, two, NULL),
	       "INBOX\n~ flags 7/2 seen\n^ v=1 uidvalidity=7 uidnext=4 "
	       "exists=3 modseq=60 complete checked already=3\n");
	g_free(one);
	g_free(two);
	imap_target_free(t);
}

Test(imap_sync, a_server_that_knows_nothing_is_compared)
{
	static const char news[] =
		">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 9]\n< $ OK\n"
		"m 2 (\\Seen)" D "2 +0000\" x\nm 3 ($A)" D "3 +0000\" y\n"
		"m 8 ()" D "4 +0000\" z\n";
	struct imap_target *t = with_three("");

	expect(run(t, NULL, news, NULL),
	       "INBOX\n~ flags 7/2 seen\n~ gone 7/1\n8 * z\n"
	       "^ v=1 uidvalidity=7 uidnext=9 exists=3 complete already=2\n");
	imap_target_free(t);
}

Test(imap_sync, what_is_lacking_is_asked_for_again)
{
	struct imap_target *t = with_three(qresync);

	imap_target_forget(t, "INBOX", 2);
	expect(run(t, NULL, qresync, three),
	       "INBOX\n2 *\n^ * exists=3 * already=2\n");
	/* From the very first message on, too. */
	imap_target_forget(t, "INBOX", 1);
	imap_target_forget(t, "INBOX", 2);
	imap_target_forget(t, "INBOX", 3);
	expect(run(t, NULL, qresync, three), "INBOX\n1 *\n2 *\n3 *\n");
	imap_target_free(t);
}

/* Counted, and not named the first time it is asked for. */
Test(imap_sync, what_is_left_out_of_a_listing_is_asked_for_in_the_same_run)
{
	static const char first[] =
		"> UID FETCH 1:3 (UID FLAGS*\n"
		"< * 1 FETCH (UID 1 FLAGS (\\\\Seen) RFC822.SIZE 22 "
		"INTERNALDATE" D "1 +0000\")\n"
		"< * 3 FETCH (UID 3 FLAGS ($A) RFC822.SIZE 24 "
		"INTERNALDATE" D "3 +0000\")\n< $ OK\n";
	char *rules = g_strconcat(first, three, NULL);
	struct imap_target *t = imap_target_new();
	char *log;

	char *got = run(t, &log, rules, NULL);
	expect(got, "INBOX\n1 seen *\n3 [$A] *\n2 *\n"
	            "^ v=1 uidvalidity=7 uidnext=4 exists=3*complete\n");
	cr_expect(strstr(log, "UID FETCH 2,4:4294967295 (UID FLAGS"), "%s",
	          log);
	g_free(log);
	g_free(rules);
	imap_target_free(t);
}

/* With hundreds of gaps between what is known, not gap by gap. */
Test(imap_sync, what_lacks_between_many_gaps_is_asked_for_in_one_line)
{
	GString *rules = g_string_new(
		">> EXAMINE INBOX\n< * 302 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 601]\n< $ OK\n");
	struct imap_target *t = imap_target_new();
	char *log;

	for (unsigned uid = 1; uid < 600; uid += 2)
		g_string_append_printf(rules, "m %u ()" D "1 +0000\" x\n", uid);
	expect(run(t, NULL, rules->str, NULL),
	       "INBOX\n1 *\n! INBOX (2 messages): *\n"
	       "^ v=1 uidvalidity=7 uidnext=601 exists=300 lacking=2 "
	       "complete\n");
	/* And again, with all that is known. */
	expect(run(t, &log, rules->str, NULL),
	       "INBOX\n! INBOX (2 messages): *\n^ * lacking=2 complete*"
	       "already=300\n");
	unsigned n = 0;
	for (const char *c = log; *c; c++)
		n += *c == '\n';
	cr_expect(n < 20, "%s", log);
	g_free(log);
	g_string_free(rules, TRUE);
	imap_target_free(t);
}

/* Gone, and there again under its number: not fetched, not missed. */
Test(imap_sync, what_was_left_out_for_a_while_is_back)
{
	static const char fewer[] =
		">> EXAMINE INBOX\n< * 2 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< $ OK\n"
		"m 1 (\\Seen)" D "1 +0000\" x\nm 3 ($A)" D "3 +0000\" y\n";
	struct imap_target *t = with_three("");

	expect(run(t, NULL, fewer, NULL),
	       "INBOX\n~ gone 7/2\n^ * exists=2 complete*already=2\n");
	expect(run(t, NULL, three, NULL),
	       "INBOX\n~ uid 7/2 7/2\n^ * exists=3 *already=3\n");
	expect(run(t, NULL, three, NULL), "*already=3\n");
	imap_target_free(t);
}

Test(imap_sync, numbered_anew_nothing_is_fetched_twice)
{
	static const char anew[] =
		">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 8]\n"
		"< * OK [UIDNEXT 14]\n< $ OK\n"
		"> UID FETCH 11:12 (UID BODY.PEEK[HEADER.FIELDS "
		"(MESSAGE-ID)])\n"
		"< * 1 FETCH (UID 11 BODY[HEADER.FIELDS (MESSAGE-ID)] "
		"{21}\\r\\nMessage-ID: <1@x>\\r\\n\\r\\n)\n"
		"< * 2 FETCH (BODY[HEADER.FIELDS (MESSAGE-ID)] "
		"{22}\\r\\nMessage-ID:\\r\\n <3@x>\\r\\n\\r\\n UID 12)\n< $ "
		"OK\n"
		"m 11 (\\Seen)" D "1 +0000\" Message-ID: <1@x>\\r\\n\\r\\n1\n"
		"m 12 ()" D "3 +0000\" Message-ID: <3@x>\\r\\n\\r\\n333\n"
		"m 13 ()" D "9 +0000\" new\n";
	struct imap_target *t = with_three("");
	char *log;

	expect(run(t, &log, anew, NULL),
	       "INBOX\n~ uid 7/1 8/11\n~ uid 7/3 8/12\n~ flags 8/12\n"
	       "13 * new\n~ gone 7/2\n^ v=1 uidvalidity=8 uidnext=14 exists=3 "
	       "complete already=2\n");
	cr_expect(!strstr(log, "11 (UID BODY.PEEK[])"), "%s", log);
	g_free(log);
	imap_target_free(t);
}

Test(imap_sync, an_empty_folder_proves_nothing)
{
	static const char empty[] =
		">> EXAMINE INBOX\n< * 0 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 4]\n< $ OK\n";
	struct imap_target *t = with_three("");

	char *got = run(t, NULL, empty, NULL);
	cr_expect(!strstr(got, "gone") && !strstr(got, "exists=0"), "%s", got);
	g_free(got);
	imap_target_free(t);
}

/* ---- large messages ---- */

#define PIECE "4194304"

Test(imap_sync, a_large_message_goes_on_where_it_broke)
{
	static const char large[] =
		">> EXAMINE INBOX\n< * 1 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 2]\n< $ OK\n"
		">> UID FETCH 1:1 (UID FLAGS*\n"
		"< * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 17000000)\n< $ OK\n"
		">> UID FETCH 1 (UID FLAGS*\n"
		"< * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 17000000)\n< $ OK\n"
		"> UID FETCH 1 (UID BODY.PEEK[]<0." PIECE ">)\n"
		"<- * 1 FETCH (UID 1 BODY[]<0> {" PIECE "}\\r\\n\n"
		"! fill " PIECE " a\n< )\n< $ OK\n"
		"> UID FETCH 1 (UID BODY.PEEK[]<4194304." PIECE ">)\n"
		"<- * 1 FETCH (UID 1 BODY[]<4194304> {" PIECE "}\\r\\n\n"
		"! fill 1000000 b\n! close\n"
		"> UID FETCH 1 (UID BODY.PEEK[]<4194304." PIECE ">)\n"
		"<- * 1 FETCH (UID 1 BODY[]<4194304> {" PIECE "}\\r\\n\n"
		"! fill " PIECE " b\n< )\n< $ OK\n"
		"> UID FETCH 1 (UID BODY.PEEK[]<8388608." PIECE ">)\n"
		"< * 1 FETCH (UID 1 BODY[]<8388608> {3}\\r\\nend)\n< $ OK\n"
		">> UID FETCH 1 (UID BODY.PEEK[]<*>)\n"
		"< * 1 FETCH (UID 1 BODY[]<99> \"\")\n< $ OK\n"
		"> UID FETCH 1 (UID BODY.PEEK[]<8388611." PIECE ">)\n"
		"< * 1 FETCH (UID 1 BODY[]<8388611> \"\")\n< $ OK\n";
	static const char end[] =
		"> UID FETCH 1 (UID BODY.PEEK[]<8388611." PIECE ">)\n"
		"< * 1 FETCH (UID 1 BODY[]<8388611> \"\")\n< $ OK\n";
	char *text = g_strconcat(end, large, NULL), *log;
	struct imap_target *t = imap_target_new();

	expect(run(t, &log, text, NULL), "INBOX\n1 - 8388611 aaa*\n^ *\n");
	const char *first = strstr(log, "[]<0.");
	cr_expect(first && !strstr(first + 1, "[]<0."), "%s", log);
	g_free(log);
	g_free(text);
	imap_target_free(t);
}

Test(imap_sync, a_server_without_pieces_gives_it_whole)
{
	static const char whole[] =
		">> EXAMINE INBOX\n< * 1 EXISTS\n< * OK [UIDVALIDITY 7]\n"
		"< * OK [UIDNEXT 2]\n< $ OK\n"
		">> UID FETCH 1 (UID FLAGS*\n"
		"< * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 17000000)\n< $ OK\n"
		">> UID FETCH 1 (UID BODY.PEEK[]<*>)\n"
		"<- * 1 FETCH (UID 1 BODY[] {17000000}\\r\\n\n"
		"! fill 17000000 w\n< )\n< $ OK\n";
	struct imap_target *t = imap_target_new();

	expect(run(t, NULL, whole, NULL), "INBOX\n1 - 17000000 www*\n^ *\n");
	imap_target_free(t);
}
