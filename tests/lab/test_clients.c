/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark serve with other people's programs at the other end. */
#include "serving.h"
#include "tests/support/imap_talk.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

TestSuite(clients, .timeout = 300);

/* ---- mbsync ---- */

static const char mbsyncrc[] = "FSync no\n"
			       "IMAPStore far\nHost 127.0.0.1\nPort %u\n"
			       "User mailark\nPass secret\nSSLType None\n"
			       "AuthMechs LOGIN\n\n"
			       "MaildirStore near\nPath %s/md/\n"
			       "Inbox %s/md/INBOX\nSubFolders Verbatim\n\n"
			       "Channel all\nFar :far:\nNear :near:\n"
			       "Patterns *\nCreate Both\nExpunge Both\n"
			       "Sync All\nCopyArrivalDate yes\nSyncState *\n";

/* Every file below a folder, with its size; g_free(). */
static char *tree(struct serving *s, const char *folder)
{
	char *line = g_strdup_printf("find %s -type f -printf '%%P %%s\\n' | "
	                             "grep -v mbsyncstate | sort > tree.txt",
	                             folder);
	serving_run(s, "%s", line);
	g_free(line);
	return cli_read(&s->c, "tree.txt", NULL);
}

Test(clients, mbsync_syncs_both_ways)
{
	struct serving s = {.port = 0};
	size_t len;

	if (!program_there("mbsync"))
		cr_skip_test("no mbsync");
	serving_fill(&s, 40);
	serving_start(&s, "a.mailark");
	char *config = g_strdup_printf(mbsyncrc, s.port, s.c.dir, s.c.dir);
	cli_write(&s.c, "mbsyncrc", config, strlen(config));
	g_free(config);
	cr_assert_eq(serving_run(&s, "mkdir md && mbsync -q -c mbsyncrc -a"),
	             0);
	char *first = tree(&s, "md");
	cr_expect_eq(cli_lines(first), 41, "%s", first);
	cr_expect_eq(serving_run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	char *second = tree(&s, "md");
	cr_expect_str_eq(second, first);
	g_free(first);
	g_free(second);
	/* A message is filed, one is deleted, a folder is made. */
	cr_expect_eq(serving_run(&s,
	                         "f=$(ls md/INBOX/new | head -1); "
	                         "rm md/INBOX/new/$f; "
	                         "mkdir -p md/Neu/new md/Neu/cur md/Neu/tmp; "
	                         "printf 'Subject: pushed\\n\\nbody\\n' > "
	                         "md/Neu/new/1.1.x"),
	             0);
	cr_expect_eq(serving_run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	cr_expect(strstr(imap_talk(t, "STATUS INBOX (MESSAGES)")->str,
	                 "(MESSAGES 39)"));
	cr_expect(strstr(imap_talk(t, "SELECT Neu")->str, "* 1 EXISTS"));
	cr_expect(strstr(imap_talk(t, "FETCH 1 BODY.PEEK[TEXT]")->str,
	                 "body\r\n"));
	imap_talk(t, "STORE 1 +FLAGS (\\Flagged)");
	imap_talk_close(t);
	cr_expect_eq(
		serving_run(&s, "mbsync -q -c mbsyncrc -a && ls md/Neu/cur/*F* "
	                        "md/Neu/new/*F* 2>/dev/null | grep -q F"),
		0);
	char *before = tree(&s, "md");
	char *archive = cli_read(&s.c, "a.mailark", &len);
	size_t was = len;
	g_free(archive);
	cr_expect_eq(serving_run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	char *after = tree(&s, "md");
	cr_expect_str_eq(after, before);
	archive = cli_read(&s.c, "a.mailark", &len);
	cr_expect_eq(len, was, "a run with nothing new wrote something");
	g_free(archive);
	g_free(before);
	g_free(after);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

Test(clients, curl_reads_a_message)
{
	struct serving s = {.port = 0};
	size_t len;

	if (!program_there("curl"))
		cr_skip_test("no curl");
	serving_fill(&s, 5);
	serving_start(&s, "a.mailark");
	cr_assert_eq(
		serving_run(&s,
	                    "curl -s -u mailark:secret "
	                    "'imap://127.0.0.1:%u/INBOX;UID=3' | tr -d '\\r' > "
	                    "got.eml",
	                    s.port),
		0);
	cr_assert_eq(
		serving_run(&s, "%s show --raw a.mailark 3 > want.eml",
	                    g_canonicalize_filename(serving_program(), "/")),
		0);
	char *got = cli_read(&s.c, "got.eml", &len);
	char *want = cli_read(&s.c, "want.eml", &len);
	cr_expect(*got);
	cr_expect_str_eq(got, want);
	g_free(got);
	g_free(want);
	/* STARTTLS and PLAIN, with the certificate of its own. */
	cr_expect_eq(
		serving_run(
			&s,
			"curl -s -k --ssl-reqd --login-options "
			"AUTH=PLAIN -u mailark:secret "
			"imap://127.0.0.1:%u -X 'STATUS INBOX (MESSAGES)' | "
			"grep -q 'MESSAGES 5'",
			s.port),
		0);
	cr_expect_neq(
		serving_run(&s, "curl -s -u mailark:wrong imap://127.0.0.1:%u",
	                    s.port),
		0);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

static const char offlineimaprc[] =
	"[general]\naccounts=a\nmetadata=%s/meta\nui=Quiet\nfsync=False\n"
	"[Account a]\nlocalrepository=l\nremoterepository=r\n"
	"[Repository l]\ntype=Maildir\nlocalfolders=%s/off\n"
	"[Repository r]\ntype=IMAP\nremotehost=127.0.0.1\nremoteport=%u\n"
	"remoteuser=mailark\nremotepass=secret\nauth_mechanisms=LOGIN\n"
	"ssl=no\nstarttls=no\n";

Test(clients, offlineimap_syncs_and_then_finds_nothing)
{
	struct serving s = {.port = 0};

	if (!program_there("offlineimap"))
		cr_skip_test("no offlineimap");
	serving_fill(&s, 15);
	serving_start(&s, "a.mailark");
	char *config = g_strdup_printf(offlineimaprc, s.c.dir, s.c.dir, s.port);
	cli_write(&s.c, "offrc", config, strlen(config));
	g_free(config);
	cr_assert_eq(serving_run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	char *first = tree(&s, "off");
	cr_expect_geq(cli_lines(first), 15);
	cr_expect_eq(serving_run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	char *second = tree(&s, "off");
	cr_expect_str_eq(second, first);
	g_free(first);
	g_free(second);
	/* The other way: one is filed, one deleted, one read; and it is quiet
	 * again. */
	cr_expect_eq(serving_run(&s, "cd off/INBOX && set -- $(ls new cur | "
	                             "grep U=) && rm */$1 && mv */$2 "
	                             "cur/${2%%%%:2,*}:2,S && "
	                             "printf 'Subject: pushed\n\nbody\n' > "
	                             "new/1.1.x"),
	             0);
	cr_expect_eq(serving_run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	cr_expect(strstr(imap_talk(t, "STATUS INBOX (MESSAGES)")->str,
	                 "(MESSAGES 15)"));
	imap_talk(t, "SELECT INBOX");
	cr_expect(strstr(imap_talk(t, "SEARCH SUBJECT pushed")->str,
	                 "* SEARCH 15\r\n"));
	cr_expect(strstr(imap_talk(t, "SEARCH SEEN")->str, "* SEARCH 1\r\n"));
	imap_talk_close(t);
	char *third = tree(&s, "off");
	cr_expect_eq(serving_run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	char *fourth = tree(&s, "off");
	cr_expect_str_eq(fourth, third);
	g_free(third);
	g_free(fourth);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

/* ---- imaplib ---- */

/* All messages of all folders, each as a file named by its number; and each
 * part of BODYSTRUCTURE can be had. */
static const char reader[] =
	"import imaplib, sys, hashlib\n"
	"c = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))\n"
	"c.starttls()\n"
	"c.authenticate('PLAIN', lambda _: b'\\0mailark\\0secret')\n"
	"n = 0\n"
	"out = open('hashes.txt', 'w')\n"
	"for line in c.list()[1]:\n"
	"    name = line.decode().split(' \"/\" ')[1]\n"
	"    typ, (count,) = c.select(name, readonly=True)\n"
	"    assert typ == 'OK', name\n"
	"    if not int(count):\n"
	"        continue\n"
	"    for part in c.uid('FETCH', '1:*', '(RFC822.SIZE "
	"BODY.PEEK[])')[1]:\n"
	"        if isinstance(part, tuple):\n"
	"            size = int(part[0].split(b'SIZE ')[1].split()[0])\n"
	"            assert size == len(part[1]), part[0]\n"
	"            out.write(hashlib.sha256(part[1].replace(\n"
	"                b'\\r\\n', b'\\n')).hexdigest() + '\\n')\n"
	"            n += 1\n"
	"    assert c.search(None, 'SUBJECT', 'nothing')[0] == 'OK'\n"
	"c.logout()\n"
	"assert n == int(sys.argv[2]), n\n";

Test(clients, imaplib_reads_it_all)
{
	struct serving s = {.port = 0};

	serving_fill(&s, 30);
	serving_start(&s, "a.mailark");
	cli_write(&s.c, "reader.py", reader, strlen(reader));
	cr_assert_eq(serving_run(&s, "python3 reader.py %u 30", s.port), 0);
	char *program = g_canonicalize_filename(serving_program(), NULL);
	/* The archive's own idea of the bytes. */
	cr_assert_eq(serving_run(&s,
	                         "for i in $(seq 30); do %s show --raw "
	                         "a.mailark $i | sha256sum | cut -d' ' -f1; "
	                         "done | sort > want.txt && "
	                         "sort hashes.txt | cmp - want.txt",
	                         program),
	             0);
	g_free(program);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

/* ---- mutt ---- */

static const char muttrc[] =
	"set folder=imap://mailark@127.0.0.1:%u/ spoolfile=+INBOX\n"
	"set imap_user=mailark imap_pass=secret\n"
	"set ssl_starttls=no ssl_force_tls=no imap_check_subscribed=no\n"
	"set header_cache=~/hc message_cachedir=~/mc\n"
	"set imap_condstore=yes imap_qresync=yes imap_idle=yes\n"
	"set confirmappend=no confirmcreate=no delete=yes quit=yes move=no\n"
	"set mbox= sort=threads mail_check=1 timeout=1 wait_key=no\n";

#define TMUX "tmux -f /dev/null -S tmux.sock "

/* Until the screen shows it. */
static void wait_for(struct serving *s, const char *what)
{
	for (int i = 0; i < 600; i++) {
		if (!serving_run(s, TMUX "capture-pane -p | grep -q -- '%s'",
		                 what))
			return;
		g_usleep(100000);
	}
	serving_run(s, TMUX "kill-server");
	cr_assert_fail("never was there \"%s\"", what);
}

static void type(struct serving *s, const char *keys, const char *enter)
{
	if (*keys)
		cr_assert_eq(serving_run(s, TMUX "send-keys -l '%s'", keys), 0);
	if (enter)
		cr_assert_eq(serving_run(s, TMUX "send-keys %s", enter), 0);
}

static void open_mutt(struct serving *s, const char *mutt)
{
	/* One that ran before may still be on its way out. */
	for (int i = 0; i < 600; i++) {
		if (!serving_run(s,
		                 TMUX "new-session -d -x 90 -y 20 -e HOME=%s "
		                      "-e TERM=xterm '%s -F muttrc'",
		                 s->c.dir, mutt))
			break;
		g_usleep(100000);
	}
	wait_for(s, "Msgs:");
}

static void use_mutt(const char *mutt)
{
	struct serving s = {.port = 0};

	if (!program_there(mutt) || !program_there("tmux"))
		cr_skip_test("no %s", mutt);
	serving_fill(&s, 25);
	serving_start(&s, "a.mailark");
	char *rc = g_strdup_printf(muttrc, s.port);
	cli_write(&s.c, "muttrc", rc, strlen(rc));
	g_free(rc);
	cr_assert_eq(serving_run(&s, "mkdir hc mc"), 0);
	open_mutt(&s, mutt);
	wait_for(&s, "Msgs:25");
	/* What another client does is seen while it idles. */
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	imap_talk(t, "APPEND INBOX {23+}\r\nSubject: seen\r\n\r\nbody\r\n");
	wait_for(&s, "Msgs:26");
	/* A message is read, filed, the last one is deleted. */
	type(&s, "=", NULL);
	/* Keys are thrown away when it beeps for new mail. */
	do
		type(&s, "", "Enter");
	while (serving_run(&s, "sleep 0.5; " TMUX "capture-pane -p | "
	                       "grep -q 'From: '"));
	type(&s, "q", NULL);
	type(&s, "C", NULL);
	wait_for(&s, "Copy to");
	type(&s, "", "C-u");
	type(&s, "=filed", "Enter");
	wait_for(&s, "Msgs:26");
	type(&s, "*d$", NULL);
	wait_for(&s, "Msgs:25");
	type(&s, "q", NULL);
	while (!serving_run(&s, TMUX "has-session"))
		g_usleep(100000);
	cr_expect(strstr(imap_talk(t, "STATUS INBOX (MESSAGES)")->str,
	                 "(MESSAGES 25)"));
	cr_expect(strstr(imap_talk(t, "SELECT filed")->str, "* 1 EXISTS"));
	imap_talk(t, "SELECT INBOX");
	cr_expect(strstr(imap_talk(t, "FETCH 1 FLAGS")->str, "\\Seen"));
	imap_talk(t, "STORE 2 +FLAGS (\\Flagged)");
	imap_talk_close(t);
	/* It comes back with its cache and hears what it missed. */
	open_mutt(&s, mutt);
	wait_for(&s, "Flag:1");
	type(&s, "q", NULL);
	while (!serving_run(&s, TMUX "has-session"))
		g_usleep(100000);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

Test(clients, mutt_reads_files_deletes_and_comes_back)
{
	use_mutt("mutt");
}

Test(clients, neomutt_reads_files_deletes_and_comes_back)
{
	use_mutt("neomutt");
}

/* ---- a crowd, half of it hostile ---- */

Test(clients, good_ones_hear_nothing_of_hostile_ones)
{
	struct serving s = {.port = 0};

	serving_fill(&s, 40);
	char *tool = g_canonicalize_filename("tools/stress_serve.py", NULL);
	char *program = g_canonicalize_filename(serving_program(), NULL);
#if defined(__SANITIZE_ADDRESS__)
	g_setenv("STRESS_MEMORY", "any", TRUE);
#endif
	cr_expect_eq(serving_run(&s, "python3 %s %s a.mailark 100 400 60", tool,
	                         program),
	             0);
	g_free(program);
	g_free(tool);
	cli_end(&s.c);
}
