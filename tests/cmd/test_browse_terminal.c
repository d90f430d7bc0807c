/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark browse on a real terminal: inside tmux, which types for us and tells
 * what is seen. */
#include "base/file.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_S = 60, TICK_US = 50000 };

struct terminal {
	struct cli cli;
	char *socket;
};

/* Of the test that runs: one that fails leaves nothing running either. */
static char *running_socket, *running_dir;

static void clean_up(void)
{
	if (!running_socket)
		return;
	char *argv[] = {(char *)"tmux", (char *)"-S", running_socket,
	                (char *)"kill-server", NULL};
	g_spawn_sync(NULL, argv, NULL,
	             G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
	             NULL, NULL, NULL, NULL, NULL);
	if (am_remove_tree(running_dir, NULL))
		fprintf(stderr, "could not remove %s\n", running_dir);
	g_clear_pointer(&running_socket, g_free);
	g_clear_pointer(&running_dir, g_free);
}

TestSuite(browse_terminal, .fini = clean_up);

static char *tmux(struct terminal *t, const char *const *words)
{
	GPtrArray *argv = g_ptr_array_new();
	char *out = NULL;
	int status;

	g_ptr_array_add(argv, (char *)"tmux");
	g_ptr_array_add(argv, (char *)"-u");
	g_ptr_array_add(argv, (char *)"-f");
	g_ptr_array_add(argv, (char *)"/dev/null");
	g_ptr_array_add(argv, (char *)"-S");
	g_ptr_array_add(argv, t->socket);
	for (; *words; words++)
		g_ptr_array_add(argv, (char *)*words);
	g_ptr_array_add(argv, NULL);
	cr_assert(g_spawn_sync(NULL, (char **)argv->pdata, NULL,
	                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
	                       NULL, NULL, &out, NULL, &status, NULL),
	          "tmux is there");
	g_ptr_array_unref(argv);
	return out;
}

#define TMUX(t, ...) g_free(tmux(t, (const char *const[]){__VA_ARGS__, NULL}))

static char *seen(struct terminal *t)
{
	static const char *const words[] = {"capture-pane", "-p", NULL};

	return tmux(t, words);
}

static void wait_for(struct terminal *t, const char *text)
{
	char *now = NULL;

	for (int i = 0; i < PATIENCE_S * (1000000 / TICK_US); i++) {
		g_free(now);
		now = seen(t);
		if (strstr(now, text))
			break;
		g_usleep(TICK_US);
	}
	cr_assert(strstr(now, text), "no \"%s\" on:\n%s", text, now);
	g_free(now);
}

static void press(struct terminal *t, const char *key)
{
	TMUX(t, "send-keys", key);
}

static void type(struct terminal *t, const char *text)
{
	TMUX(t, "send-keys", "-l", text);
}

/* A shell that runs the program, says what became of it and stays. */
static void begin(struct terminal *t, const char *options)
{
	static const char script[] =
		"trap : INT\n" /* Ctrl-C is for the program */
		"stty -g >before\n"
		"sh -c 'echo $$ >pid; exec \"$MAILARK\" browse '\"$1\"' "
		"a.mailark' 2>said\n"
		"echo status $?\n"
		"while [ \"$(stty -g)\" != \"$(cat before)\" ]; do\n"
		"sleep 0.1; done\n"
		"echo as it was\n"
		"read -r line\n";
	const char *program = g_getenv("MAILARK");
	int pty = posix_openpt(O_RDWR | O_NOCTTY);

	/* A chroot without /dev/pts: tmux has nothing to give either. */
	if (pty < 0)
		cr_skip_test("no terminal to be had: %s", g_strerror(errno));
	close(pty);
	cli_init(&t->cli);
	t->socket = cli_path(&t->cli, "tmux");
	running_socket = g_strdup(t->socket);
	running_dir = g_strdup(t->cli.dir);
	cli_write(&t->cli, "run.sh", script, strlen(script));
	char *samples = g_build_filename(
		g_getenv("SAMPLES") ? g_getenv("SAMPLES") : "samples", "mbox",
		"lists.mbox", NULL);
	char *whole = g_canonicalize_filename(samples, NULL);
	cr_assert_eq(cli_run(&t->cli, "copy", whole, "a.mailark", NULL), 0,
	             "%s", t->cli.err);
	char *path = g_canonicalize_filename(
		program && *program ? program : "build/mailark", NULL);
	char *env = g_strdup_printf("MAILARK=%s", path);
	TMUX(t, "new-session", "-d", "-x", "80", "-y", "24", "-c", t->cli.dir,
	     "-e", env, "-e", "MAILARK_OPEN=cat >opened", "-e",
	     "LC_ALL=C.UTF-8", "sh", "run.sh", options);
	wait_for(t, "newest first");
	g_free(env);
	g_free(path);
	g_free(whole);
	g_free(samples);
}

static void end(struct terminal *t)
{
	TMUX(t, "kill-server");
	g_free(t->socket);
	cli_end(&t->cli);
	g_clear_pointer(&running_socket, g_free);
	g_clear_pointer(&running_dir, g_free);
}

/* Alternate screen, cursor seen, keypad, mouse. */
static void expect_as_it_was(struct terminal *t)
{
	static const char *const words[] = {
		"display-message", "-p",
		"#{alternate_on}#{cursor_flag}#{keypad_cursor_flag}"
		"#{keypad_flag}#{mouse_any_flag}",
		NULL};

	wait_for(t, "as it was");
	char *modes = tmux(t, words);
	cr_expect_str_eq(modes, "01000\n", "%s", modes);
	g_free(modes);
}

static pid_t program_pid(struct terminal *t)
{
	size_t len;
	char *text = cli_read(&t->cli, "pid", &len);
	pid_t pid = (pid_t)g_ascii_strtoll(text, NULL, 10);

	g_free(text);
	cr_assert_gt(pid, 1);
	return pid;
}

Test(browse_terminal, searches_reads_and_saves)
{
	static const char message[] =
		"Fwd: Invoice 4711\n"
		"From: Alice Moreau <alice@garden.example>\n"
		"To: treasurer@garden.example\n"
		"Date: 2024-03-08 13:44\n"
		"Subject: Fwd: Invoice 4711\n"
		"Folder: lists\n"
		"Attachment 2: invoice-4711.pdf (application/pdf, 1.0 KiB)\n"
		"\n"
		"For the books, please: Förderverein pays this one.\n";
	struct terminal t;
	size_t len;

	begin(&t, "");
	wait_for(&t, "6 messages, newest first");
	wait_for(&t, "山田");
	press(&t, "/");
	type(&t, "invoice from:ali");
	wait_for(&t, "1 message, newest first");
	press(&t, "Enter");
	press(&t, "Enter");
	wait_for(&t, message);
	char *now = seen(&t);
	cr_expect(g_str_has_prefix(now, message), "%s", now);
	g_free(now);
	press(&t, "v");
	wait_for(&t, "Attached to:");
	press(&t, "s");
	wait_for(&t, "save as: invoice-4711.pdf");
	press(&t, "Enter");
	wait_for(&t, "saved invoice-4711.pdf (772 B)");
	char *saved = cli_read(&t.cli, "invoice-4711.pdf", &len);
	cr_assert_eq(cli_line(&t.cli, "show --part 2 a.mailark 4"), 0);
	cr_expect(len == t.cli.out_len && !memcmp(saved, t.cli.out, len));
	g_free(saved);
	/* A program that opens it gets the terminal, and gives it back. */
	press(&t, "Enter");
	wait_for(&t, "with cat >opened? (y/n)");
	press(&t, "y");
	wait_for(&t, "Enter open  s save");
	cr_expect(cli_exists(&t.cli, "opened"));
	press(&t, "q");
	press(&t, "q");
	wait_for(&t, "/invoice from:ali*");
	press(&t, "q");
	wait_for(&t, "status 0");
	expect_as_it_was(&t);
	end(&t);
}

Test(browse_terminal, copies_on_the_normal_screen)
{
	struct terminal t;

	begin(&t, "--query from:alice");
	wait_for(&t, "2 messages");
	press(&t, "s");
	wait_for(&t, "copy 2 messages, all found, to:");
	type(&t, "out.mbox");
	press(&t, "Enter");
	wait_for(&t, "found 6 = stored 2 + duplicates 0 + filtered 4 + failed "
	             "0");
	wait_for(&t, "[press a key]");
	press(&t, "x");
	wait_for(&t, "/from:alice");
	cr_expect(cli_exists(&t.cli, "out.mbox"));
	press(&t, "Q");
	expect_as_it_was(&t);
	end(&t);
}

Test(browse_terminal, follows_the_size_of_the_terminal)
{
	struct terminal t;

	begin(&t, "");
	TMUX(&t, "resize-window", "-x", "120", "-y", "40");
	for (int i = 0; i < PATIENCE_S * (1000000 / TICK_US); i++) {
		char *now = seen(&t);
		char **lines = g_strsplit(now, "\n", -1);
		bool there = g_strv_length(lines) >= 40 &&
		             strstr(lines[39], "q leave") &&
		             g_utf8_strlen(lines[0], -1) > 100;
		g_strfreev(lines);
		g_free(now);
		if (there)
			break;
		cr_assert_lt(i + 1, PATIENCE_S * (1000000 / TICK_US));
		g_usleep(TICK_US);
	}
	TMUX(&t, "resize-window", "-x", "30", "-y", "8");
	press(&t, "Enter");
	wait_for(&t, "q back");
	press(&t, "q");
	press(&t, "q");
	wait_for(&t, "status 0");
	end(&t);
}

/* What is pasted is text, whatever keys it looks like. */
Test(browse_terminal, takes_what_is_pasted_as_text)
{
	struct terminal t;

	begin(&t, "");
	TMUX(&t, "set-buffer", "Qq\ninvoice\nfrom:keller");
	TMUX(&t, "paste-buffer", "-p");
	press(&t, "/");
	TMUX(&t, "set-buffer", "invoice\nfrom:keller");
	TMUX(&t, "paste-buffer", "-p");
	wait_for(&t, "/invoice from:keller");
	wait_for(&t, "1 message,");
	press(&t, "Enter");
	press(&t, "q");
	wait_for(&t, "status 0");
	expect_as_it_was(&t);
	end(&t);
}

/* Ctrl-C goes back, and never ends it while it listens. */
Test(browse_terminal, survives_an_interrupt)
{
	struct terminal t;

	begin(&t, "--mouse --query from:alice");
	press(&t, "Enter");
	wait_for(&t, "q back");
	press(&t, "C-c");
	wait_for(&t, "2 messages");
	press(&t, "C-c");
	wait_for(&t, "6 messages");
	press(&t, "C-c");
	press(&t, "/");
	type(&t, "invoice");
	wait_for(&t, "2 messages");
	press(&t, "C-c");
	wait_for(&t, "6 messages");
	press(&t, "q");
	wait_for(&t, "status 0");
	expect_as_it_was(&t);
	end(&t);
}

/* Whatever ends it: asked to, crashed, or killed without a word. */
Test(browse_terminal, leaves_the_terminal_as_it_was)
{
	static const int signals[] = {SIGTERM, SIGHUP,  SIGSEGV,
	                              SIGQUIT, SIGABRT, SIGKILL};

	for (size_t i = 0; i < AM_COUNT(signals); i++) {
		struct terminal t;
		begin(&t, "--mouse");
		kill(program_pid(&t), signals[i]);
		/* What the shell said before that may be gone with the
		 * alternate screen: nobody waits for who was killed. */
		expect_as_it_was(&t);
		end(&t);
	}
}

/* As over ssh, to a machine that has not heard of the terminal. */
Test(browse_terminal, takes_what_is_like_xterm_for_one)
{
	const char *program = g_getenv("MAILARK");
	char *path = g_canonicalize_filename(
		program && *program ? program : "build/mailark", NULL);
	struct terminal t;

	begin(&t, "");
	TMUX(&t, "new-window", "-c", t.cli.dir, "sh", "-c",
	     "TERM=xterm-nobodys \"$0\" browse --query from:alice a.mailark; "
	     "read -r line",
	     path);
	wait_for(&t, "2 messages");
	press(&t, "/");
	type(&t, " invoice");
	wait_for(&t, "1 message,");
	g_free(path);
	end(&t);
}

Test(browse_terminal, refuses_a_terminal_that_cannot_do_it)
{
	static const char *const names[] = {"no-such-terminal", "dumb"};
	const char *program = g_getenv("MAILARK");
	char *path = g_canonicalize_filename(
		program && *program ? program : "build/mailark", NULL);
	struct terminal t;
	size_t len;

	begin(&t, "");
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		char *how = g_strdup_printf("how.%zu", i);
		char *line = g_strdup_printf("TERM=%s \"$0\" browse a.mailark "
		                             "2>why; echo $? >%s",
		                             names[i], how);
		TMUX(&t, "new-window", "-d", "-c", t.cli.dir, "sh", "-c", line,
		     path);
		for (int k = 0; !cli_exists(&t.cli, how); k++) {
			cr_assert_lt(k, PATIENCE_S * (1000000 / TICK_US));
			g_usleep(TICK_US);
		}
		char *why = cli_read(&t.cli, "why", &len);
		cr_expect_eq(cli_lines(why), 1, "%s", why);
		cr_expect(strstr(why, names[i]), "%s", why);
		g_free(why);
		g_free(line);
		g_free(how);
	}
	g_free(path);
	end(&t);
}
