/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail that a server counts and does not show: a failure, by number, until it
 * is shown.  The program as it is run, into an archive.
 */
#include "tests/support/run_cli.h"
#include "tests/support/script_server.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct cli c;

static void begin(void)
{
	cli_init(&c);
	g_setenv("XDG_CONFIG_HOME", c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "pass", TRUE);
}

static void end(void)
{
	g_unsetenv("MAILARK_PASSWORD");
	cli_end(&c);
}

TestSuite(imap_lacking, .init = begin, .fini = end, .timeout = 60);

static const char base[] =
	">> (connect)\n< * OK ready\n"
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1 ENABLE CONDSTORE\n< $ OK\n"
	">> LOGIN *\n< $ OK\n"
	">> ENABLE *\n< * ENABLED CONDSTORE\n< $ OK\n"
	">> LIST *\n< * LIST () \"/\" INBOX\n< $ OK\n"
	">> LSUB *\n< $ OK\n"
	">> UID FETCH * (UID FLAGS) (CHANGEDSINCE *\n< $ OK\n"
	">> UID FETCH * (UID FLAGS*\n! metas\n< $ OK\n"
	">> UID FETCH * (UID BODY.PEEK[])\n! bodies\n< $ OK\n"
	">> UID FETCH * (UID)\n! uids\n< $ OK\n"
	">> NOOP\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n";

#define INBOX(exists, modseq)                                          \
	">> STATUS INBOX *\n< * STATUS INBOX (MESSAGES " exists        \
	" UIDNEXT 7 UIDVALIDITY 7 HIGHESTMODSEQ " modseq ")\n< $ OK\n" \
	">> EXAMINE INBOX\n< * " exists " EXISTS\n"                    \
	"< * OK [UIDVALIDITY 7]\n< * OK [UIDNEXT 7]\n"                 \
	"< * OK [HIGHESTMODSEQ " modseq "]\n< $ OK\n"
#define MAIL(n)                                                     \
	"m " n " () \"17-Jul-1996 02:44:25 +0000\" Message-ID: <" n \
	"@x>\\r\\n\\r\\nthis is " n "\\r\\n\n"

/* A copy into the archive: its exit status, its words in c.out. */
static int copy(const char *rules)
{
	const char *const texts[] = {rules, base, NULL};
	struct script_server *server = script_server_new(texts, true);
	char *line = g_strdup_printf("copy --from imap,tls=off,connections=1 "
	                             "imap://u@127.0.0.1:%u/ a.mailark",
	                             script_server_port(server));

	int status = cli_line(&c, line);
	cr_expect_eq(script_server_strays(server), 0);
	g_free(line);
	script_server_free(server);
	return status;
}

static void expect(const char *what)
{
	cr_expect(strstr(c.out, what), "no %s in\n%s\n%s", what, c.out, c.err);
}

static void expect_archived(unsigned n)
{
	char *want = g_strdup_printf("\"messages\":%u,", n);

	cr_assert_eq(cli_line(&c, "list --json a.mailark"), 0, "%s", c.err);
	expect(want);
	g_free(want);
}

Test(imap_lacking, is_a_failure_that_adds_up_until_it_is_shown)
{
	static const char five[] =
		INBOX("5", "50") MAIL("1") MAIL("3") MAIL("5");
	static const char all[] = INBOX("5", "50") MAIL("1") MAIL("2") MAIL("3")
		MAIL("4") MAIL("5");

	cr_expect_eq(copy(five), 1);
	expect("found 5 = stored 3 + duplicates 0 + filtered 0 + failed 2");
	cr_expect(strstr(c.err, "INBOX: the server counts 5 messages in this "
	                        "folder and shows 3"),
	          "%s", c.err);
	/* As long as it is so, it is said. */
	cr_expect_eq(copy(five), 1);
	expect("found 5 = stored 0 + duplicates 3 + filtered 0 + failed 2");
	expect_archived(3);
	cr_expect_eq(copy(all), 0, "%s", c.err);
	expect("found 5 = stored 2 + duplicates 3 + filtered 0 + failed 0");
	expect_archived(5);
	/* And from then on nothing is asked for. */
	cr_expect_eq(copy(all), 0, "%s", c.err);
	expect("found 5 = stored 0 + duplicates 5 + filtered 0 + failed 0");
}

/* Shown when as many others went: the count is what it was. */
Test(imap_lacking, is_had_though_the_count_is_the_same_again)
{
	static const char five[] =
		INBOX("5", "50") MAIL("1") MAIL("3") MAIL("5");
	static const char three[] =
		INBOX("3", "60") MAIL("2") MAIL("4") MAIL("5");

	cr_expect_eq(copy(five), 1);
	cr_expect_eq(copy(three), 0, "%s", c.err);
	expect("found 3 = stored 2 + duplicates 1 + filtered 0 + failed 0");
	expect_archived(5);
}

/* The same after the folder was numbered anew. */
Test(imap_lacking, is_a_failure_in_a_folder_numbered_anew)
{
	static const char all[] =
		INBOX("3", "50") MAIL("1") MAIL("2") MAIL("3");
	static const char anew[] =
		">> STATUS INBOX *\n< * STATUS INBOX (MESSAGES 4 UIDNEXT 20 "
		"UIDVALIDITY 8 HIGHESTMODSEQ 5)\n< $ OK\n"
		">> EXAMINE INBOX\n< * 4 EXISTS\n< * OK [UIDVALIDITY 8]\n"
		"< * OK [UIDNEXT 20]\n< * OK [HIGHESTMODSEQ 5]\n< $ OK\n"
		">> UID FETCH * (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])\n"
		"< * 1 FETCH (UID 11 BODY[HEADER.FIELDS (MESSAGE-ID)] "
		"{21}\\r\\nMessage-ID: <1@x>\\r\\n\\r\\n)\n"
		"< $ OK\n"
		"m 11 () \"17-Jul-1996 02:44:25 +0000\" Message-ID: <1@x>"
		"\\r\\n\\r\\nthis is 1\\r\\n\n"
		"m 14 () \"17-Jul-1996 02:44:29 +0000\" Message-ID: <9@x>"
		"\\r\\n\\r\\nthis is 9\\r\\n\n";

	cr_expect_eq(copy(all), 0, "%s", c.err);
	cr_expect_eq(copy(anew), 1, "%s", c.err);
	expect("found 4 = stored 1 + duplicates 1 + filtered 0 + failed 2");
}
