/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serving.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *serving_program(void)
{
	const char *path = g_getenv("MAILARK");

	return path ? path : "build/mailark";
}

void serving_start(struct serving *s, const char *archive)
{
	char *program_path = g_canonicalize_filename(serving_program(), NULL);
	const char *argv[] = {program_path,  "serve",   "--imap",
	                      "127.0.0.1:0", "--imaps", "127.0.0.1:0",
	                      archive,       s->option, NULL};
	GString *said = g_string_new("");
	GError *error = NULL;
	const char *at;

	g_setenv("HOME", s->c.dir, TRUE);
	g_setenv("XDG_CONFIG_HOME", s->c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "secret", TRUE);
	cr_assert(g_spawn_async_with_pipes(s->c.dir, (char **)(uintptr_t)argv,
	                                   NULL, G_SPAWN_DO_NOT_REAP_CHILD,
	                                   NULL, NULL, &s->pid, NULL, &s->out,
	                                   NULL, &error));
	while (!(at = strstr(said->str, "IMAP   127.0.0.1:")) ||
	       !strchr(at, '\n')) {
		char c;
		cr_assert_eq(read(s->out, &c, 1), 1, "it ended: %s", said->str);
		g_string_append_c(said, c);
	}
	s->port = (uint16_t)atoi(at + strlen("IMAP   127.0.0.1:"));
	g_string_free(said, TRUE);
	g_free(program_path);
}

int serving_stop(struct serving *s, int number)
{
	int status;

	kill(s->pid, number);
	cr_assert_eq(waitpid(s->pid, &status, 0), s->pid);
	close(s->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void serving_fill(struct serving *s, int n)
{
	cli_init(&s->c);
	cli_mbox(&s->c, "INBOX", 0, n, 700);
	cr_assert_eq(cli_line(&s->c, "copy --quiet --no-index INBOX a.mailark"),
	             0, "%s", s->c.err);
}

int serving_run(struct serving *s, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	char *line = g_strdup_vprintf(format, args);
	va_end(args);
	const char *argv[] = {"sh", "-c", line, NULL};
	cr_assert(g_spawn_sync(s->c.dir, (char **)(uintptr_t)argv, NULL,
	                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
	                       NULL, NULL, NULL, NULL, &status, NULL));
	g_free(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool program_there(const char *name)
{
	char *path = g_find_program_in_path(name);

	g_free(path);
	return path != NULL;
}
