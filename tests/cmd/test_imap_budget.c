/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was spent of the bytes of a day counts in the next run of that day.  The
 * program as it is run.
 */
#include "tests/support/run_cli.h"
#include "tests/support/script_server.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char rules[] =
	">> (connect)\n< * OK ready\n"
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1\n< $ OK\n"
	">> LOGIN *\n< $ OK\n"
	">> LIST *\n< * LIST () \"/\" INBOX\n< $ OK\n"
	">> LSUB *\n< $ OK\n"
	">> EXAMINE INBOX\n< * 3 EXISTS\n< * OK [UIDVALIDITY 7]\n"
	"< * OK [UIDNEXT 4]\n< $ OK\n"
	">> UID FETCH * (UID FLAGS*\n! metas\n< $ OK\n"
	">> UID FETCH * (UID BODY.PEEK[])\n! bodies\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n"
	"m 1 () \"17-Jul-1996 02:44:25 +0000\" Message-ID: <1@x>\\r\\n\\r\\n1\n"
	"m 2 () \"17-Jul-1996 02:44:25 +0000\" Message-ID: <2@x>\\r\\n\\r\\n2\n"
	"m 3 () \"17-Jul-1996 02:44:25 +0000\" Message-ID: "
	"<3@x>\\r\\n\\r\\n3\n";

static void copy(struct cli *c, struct script_server *server, const char *more,
                 const char *to, int want)
{
	char *line = g_strdup_printf("copy --from imap,tls=off,connections=1%s "
	                             "imap://u@127.0.0.1:%u/ %s",
	                             more, script_server_port(server), to);

	cr_expect_eq(cli_line(c, line), want, "%s: %s", line, c->err);
	g_free(line);
}

static void play(struct cli *c, struct script_server *server, const char *to)
{
	copy(c, server, ",budget=10/day", to, 2);
	cr_expect(strstr(c->err, "the budget of the day is spent"), "%s",
	          c->err);
	/* Not a message of those that are left comes today. */
	char *before = script_server_log(server);
	copy(c, server, ",budget=10/day", to, 2);
	char *after = script_server_log(server);
	cr_expect_eq(cli_count(before, "stored"), 0);
	cr_expect(!strstr(c->out, "stored 1 "), "%s", c->out);
	g_free(after);
	g_free(before);
	copy(c, server, "", to, 0);
	cr_expect(strstr(c->out, "found 3 = "), "%s", c->out);
}

static gint64 day(void)
{
	return g_get_real_time() / G_USEC_PER_SEC / 86400;
}

Test(imap_budget, of_a_day_is_spent_once, .timeout = 60)
{
	const char *const texts[] = {rules, NULL};
	struct script_server *server = script_server_new(texts, true);
	struct cli c;
	gint64 today = day();

	cli_init(&c);
	g_setenv("XDG_CONFIG_HOME", c.dir, TRUE);
	g_setenv("XDG_STATE_HOME", c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "pass", TRUE);
	play(&c, server, "a.mailark");
	play(&c, server, "md/");
	/* Midnight came in between: then it says nothing. */
	if (day() != today)
		cr_log_warn("another day began");
	script_server_free(server);
	cli_end(&c);
	g_unsetenv("MAILARK_PASSWORD");
}
