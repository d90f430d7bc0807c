/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account that is compared is opened a second time to say what differs: the
 * password that was given serves again.  The program as it is run.
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
	">> EXAMINE INBOX\n< * 1 EXISTS\n< * OK [UIDVALIDITY 7]\n"
	"< * OK [UIDNEXT 2]\n< $ OK\n"
	">> UID FETCH * (UID FLAGS*\n! metas\n< $ OK\n"
	">> UID FETCH * (UID BODY.PEEK[])\n! bodies\n< $ OK\n"
	">> LOGOUT\n< * BYE\n< $ OK\n! close\n"
	"m 1 () \"17-Jul-1996 02:44:25 +0000\" Message-ID: "
	"<1@x>\\r\\nSubject: a\\r\\n\\r\\none\\r\\n\n";

Test(imap_compare, opens_an_account_again, .timeout = 60)
{
	const char *const texts[] = {rules, NULL};
	struct script_server *server = script_server_new(texts, true);
	static const char mail[] = "Message-ID: <1@x>\nSubject: b\n\none\n";
	struct cli c;

	cli_init(&c);
	g_setenv("XDG_CONFIG_HOME", c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "pass", TRUE);
	cli_write(&c, "m.eml", mail, sizeof mail - 1);
	char *line = g_strdup_printf("compare --from imap,tls=off "
	                             "imap://u@127.0.0.1:%u/ m.eml",
	                             script_server_port(server));
	cr_expect_eq(cli_line(&c, line), 1, "%s: %s", line, c.err);
	cr_expect(strstr(c.out, "Subject changed"), "%s", c.out);
	g_free(line);
	script_server_free(server);
	cli_end(&c);
	g_unsetenv("MAILARK_PASSWORD");
}
