/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark serve as it is run. */
#include "serving.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(serve, .timeout = 120);

#define expect_in(text, what) \
	cr_expect(strstr((text), (what)), "no %s in %s", (what), (text))
#define expect_not_in(text, what) \
	cr_expect(!strstr((text), (what)), "%s in %s", (what), (text))

/* Log in, say this, log out; g_free(). */
static char *imap(const struct serving *s, const char *commands)
{
	char *all = g_strdup_printf("a LOGIN mailark secret\r\n%s\r\n"
	                            "z LOGOUT\r\n",
	                            commands);
	char *answer = serving_ask(serving_port(s, "IMAP"), all);

	g_free(all);
	expect_in(answer, "z OK");
	return answer;
}

/* The same until the answer holds this. */
static char *imap_until(const struct serving *s, const char *commands,
                        const char *what)
{
	char *answer = imap(s, commands);

	while (!strstr(answer, what)) {
		g_free(answer);
		g_usleep(50000);
		answer = imap(s, commands);
	}
	return answer;
}

Test(serve, saved_searches_are_mailboxes)
{
	struct serving s;

	serving_init(&s);
	cr_assert_eq(cli_line(&s.cli, "index a.mailark"), 0, "%s", s.cli.err);
	static const char saved[] = "[searches]\n"
				    "three = subject:3 OR subject:4\n"
				    "broken = saved:none\n";
	static const char more[] = "[searches]\n"
				   "one = subject:1\n";
	cli_write(&s.cli, "mailark/searches", saved, strlen(saved));
	serving_start(&s, "--virtual --imap 127.0.0.1:0");
	char *all = imap_until(&s, "l LIST \"\" *", "\"Search/three\"");
	expect_in(all, "\\All) \"/\" \"All Mail\"");
	expect_not_in(all, "broken");
	g_free(all);
	all = imap(&s, "s SELECT Search/three\r\nf FETCH 1:* "
	               "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
	expect_in(all, "* 2 EXISTS");
	expect_in(all, "message number 3");
	expect_in(all, "message number 4");
	g_free(all);
	/* One that is saved while it runs. */
	cli_write(&s.cli, "mailark/searches", more, strlen(more));
	g_free(imap_until(&s, "x STATUS Search/one (MESSAGES)",
	                  "(MESSAGES 1)"));
	cr_expect_eq(serving_stop(&s), 0, "%s", s.cli.err);
	expect_in(s.cli.err, "no search is saved as \"none\"");
	serving_start(&s, "--imap 127.0.0.1:0");
	all = imap(&s, "l LIST \"\" *");
	expect_not_in(all, "Search");
	expect_not_in(all, "All Mail");
	g_free(all);
	serving_end(&s);
}

/* RFC 6203: a word that is nearly so, and the exact one before it. */
Test(serve, fuzzy_searches_ask_the_index)
{
	static const char box[] = "From a@x Thu Jan  2 03:00:00 2020\n"
				  "Subject: the garden party\n\nroses\n\n"
				  "From a@x Thu Jan  2 03:00:00 2020\n"
				  "Subject: a wall\n\nour gardn there\n\n";
	struct serving s;

	serving_init(&s);
	cli_write(&s.cli, "more.mbox", box, strlen(box));
	cr_assert_eq(cli_line(&s.cli, "copy more.mbox b.mailark"), 0, "%s",
	             s.cli.err);
	cr_assert_eq(cli_line(&s.cli, "index b.mailark"), 0, "%s", s.cli.err);
	serving_start(&s, "--imap 127.0.0.1:0 b.mailark");
	char *all = imap(&s, "s SELECT more\r\n"
	                     "1 SEARCH TEXT garden\r\n"
	                     "2 SEARCH FUZZY TEXT \"gardn OR\"\r\n"
	                     "3 SORT (RELEVANCY) UTF-8 FUZZY TEXT garden");
	expect_in(all, " SEARCH=FUZZY");
	expect_in(all, "* SEARCH 1\r\n1 OK");
	expect_in(all, "* SEARCH\r\n2 OK"); /* "or" is in neither */
	expect_in(all, "* SORT 1 2\r\n3 OK");
	g_free(all);
	serving_end(&s);
}
