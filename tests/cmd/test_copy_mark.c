/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy into a server that was broken off leaves a mark: what it had sent may
 * still be coming in, so the next one sees whether mailboxes are at rest.
 */
#include "tests/support/run_cli.h"
#include "tests/support/script_server.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char rules[] =
	">> (connect)\n< * OK ready\n"
	">> CAPABILITY\n< * CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS\n< $ OK\n"
	"> LOGIN *\n< $ NO not now\n"
	">> LOGIN *\n< $ OK\n"
	">> LIST \"\" \"*\"\n< * LIST () \"/\" a\n< $ OK\n"
	">> LSUB *\n< $ OK\n"
	">> STATUS a *\n"
	"< * STATUS a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\n< $ OK\n"
	">> SELECT a\n< * 0 EXISTS\n< * OK [UIDVALIDITY 7]\n"
	"< * OK [UIDNEXT 1]\n< $ OK\n"
	">> UID FETCH *\n< $ OK\n"
	">> APPEND *\n< $ OK [APPENDUID 7 5]\n"
	">> NOOP\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n";

/* How often a mailbox was asked how much is in it, in that run. */
static size_t looks(struct cli *c, struct script_server *server, int want)
{
	char *before = script_server_log(server);
	char *line = g_strdup_printf("copy --to imap,tls=off a.mbox "
	                             "imap://u@127.0.0.1:%u/",
	                             script_server_port(server));

	cr_expect_eq(cli_line(c, line), want, "%s", c->err);
	char *after = script_server_log(server);
	size_t n = cli_count(after, "STATUS a (MESSAGES UIDNEXT") -
	           cli_count(before, "STATUS a (MESSAGES UIDNEXT");
	g_free(after);
	g_free(line);
	g_free(before);
	return n;
}

Test(copy_mark, what_was_broken_off_is_looked_at_patiently, .timeout = 120)
{
	const char *const texts[] = {rules, NULL};
	struct script_server *server = script_server_new(texts, true);
	struct cli c;

	cli_init(&c);
	g_setenv("XDG_CONFIG_HOME", c.dir, TRUE);
	g_setenv("XDG_STATE_HOME", c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "pass", TRUE);
	cli_mbox(&c, "a.mbox", 1, 2, 100);
	cr_expect_eq(looks(&c, server, 2), 0);
	cr_expect_geq(looks(&c, server, 0), 4);
	/* That one ended well. */
	cr_expect_lt(looks(&c, server, 0), 4);
	script_server_free(server);
	cli_end(&c);
	g_unsetenv("MAILARK_PASSWORD");
}
