/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/run_cli.h"

#include "base/file.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	abort();
}

static const char *program(void)
{
	const char *path = getenv("MAILARK");

	return path && *path ? path : "build/mailark";
}

void cli_init(struct cli *cli)
{
	*cli = (struct cli){0};
	cli->dir = g_dir_make_tmp("mailark-cli-XXXXXX", NULL);
	if (!cli->dir)
		die("temporary folder");
}

static void forget(struct cli *cli)
{
	g_clear_pointer(&cli->out, g_free);
	g_clear_pointer(&cli->err, g_free);
	cli->out_len = 0;
}

void cli_end(struct cli *cli)
{
	if (am_remove_tree(cli->dir, NULL))
		fprintf(stderr, "could not remove %s\n", cli->dir);
	g_free(cli->dir);
	forget(cli);
	*cli = (struct cli){0};
}

char *cli_path(struct cli *cli, const char *name)
{
	return g_build_filename(cli->dir, name, NULL);
}

/* Output goes to files: no pipe can fill up and no reader is needed. */
static void redirect(struct cli *cli, int fd, const char *name)
{
	char *path = cli_path(cli, name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (file < 0 || dup2(file, fd) < 0)
		_exit(127);
	close(file);
	g_free(path);
}

static pid_t start(struct cli *cli, char **argv)
{
	char *path = realpath(program(), NULL);

	if (!path)
		die(program());
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		int null = open("/dev/null", O_RDONLY);
		dup2(null, STDIN_FILENO);
		redirect(cli, STDOUT_FILENO, ".out");
		redirect(cli, STDERR_FILENO, ".err");
		if (chdir(cli->dir))
			_exit(127);
		setenv("TZ", "UTC", 1);
		execv(path, argv);
		_exit(127);
	}
	free(path);
	return pid;
}

static char *slurp(struct cli *cli, const char *name, size_t *len)
{
	char *path = cli_path(cli, name);
	char *text = NULL;
	gsize n = 0;

	if (!g_file_get_contents(path, &text, &n, NULL))
		text = g_strdup("");
	if (len)
		*len = n;
	g_free(path);
	return text;
}

int cli_wait(struct cli *cli, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		;
	forget(cli);
	cli->out = slurp(cli, ".out", &cli->out_len);
	cli->err = slurp(cli, ".err", NULL);
	cli->status =
		WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	return cli->status;
}

int cli_run(struct cli *cli, ...)
{
	GPtrArray *argv = g_ptr_array_new();
	va_list args;
	char *word;

	g_ptr_array_add(argv, (gpointer) "mailark");
	va_start(args, cli);
	while ((word = va_arg(args, char *)))
		g_ptr_array_add(argv, word);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	pid_t pid = start(cli, (char **)argv->pdata);
	g_ptr_array_unref(argv);
	return cli_wait(cli, pid);
}

pid_t cli_start(struct cli *cli, const char *line)
{
	char *whole = g_strdup_printf("mailark %s", line);
	char **argv = g_strsplit(whole, " ", -1);

	pid_t pid = start(cli, argv);
	g_strfreev(argv);
	g_free(whole);
	return pid;
}

int cli_line(struct cli *cli, const char *line)
{
	return cli_wait(cli, cli_start(cli, line));
}

void cli_write(struct cli *cli, const char *name, const void *data, size_t len)
{
	char *path = cli_path(cli, name);
	char *dir = g_path_get_dirname(path);

	if (g_mkdir_with_parents(dir, 0777) ||
	    !g_file_set_contents(path, data, (gssize)len, NULL))
		die(path);
	g_free(dir);
	g_free(path);
}

char *cli_read(struct cli *cli, const char *name, size_t *len)
{
	return slurp(cli, name, len);
}

bool cli_exists(struct cli *cli, const char *name)
{
	char *path = cli_path(cli, name);
	struct stat st;
	bool there = !lstat(path, &st);

	g_free(path);
	return there;
}

void cli_mbox(struct cli *cli, const char *name, int first, int n, size_t body)
{
	GString *box = g_string_new(NULL);

	for (int i = first; i < first + n; i++) {
		g_string_append_printf(
			box,
			"From user%d@example.org Thu Jan  2 03:%02d:%02d 2020\n"
			"From: User %d <user%d@example.org>\n"
			"To: list@example.com\n"
			"Subject: message number %d\n"
			"Date: Thu, 02 Jan 2020 03:%02d:%02d +0000\n"
			"Message-ID: <%d@example.org>\n"
			"\n"
			"This is the text of number%d.\n",
			i % 7, i / 60 % 60, i % 60, i % 7, i % 7, i,
			i / 60 % 60, i % 60, i, i);
		for (size_t k = 0; k < body; k += 64)
			g_string_append_printf(
				box, "%08d line %08zu %s\n", i, k,
				"of quite ordinary text that fills it");
		g_string_append_c(box, '\n');
	}
	cli_write(cli, name, box->str, box->len);
	g_string_free(box, TRUE);
}

size_t cli_lines(const char *text)
{
	return cli_count(text, "\n");
}

size_t cli_count(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
		n++;
	return n;
}
