/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main(): find the command, parse its options, run it. */
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/opt.h"
#include "cmd/session.h"

#include <glib.h>

#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* The command line as it goes into archives: without what stands between
 * "://user:" and "@". */
static char *readable_line(int argc, char **argv)
{
	GString *line = g_string_new("mailark");

	for (int i = 1; i < argc; i++) {
		const char *url = strstr(argv[i], "://");
		const char *at = url ? strchr(url + 3, '@') : NULL;
		const char *colon = url ? strchr(url + 3, ':') : NULL;
		g_string_append_c(line, ' ');
		if (at && colon && colon < at)
			g_string_append_printf(line, "%.*s:***%s",
			                       (int)(colon - argv[i]), argv[i],
			                       at);
		else
			g_string_append(line, argv[i]);
	}
	char *valid = g_utf8_make_valid(line->str, -1);
	g_string_free(line, TRUE);
	return valid;
}

static int fail_unknown(const char *name)
{
	const char *near = help_nearest(name);

	fprintf(stderr, "mailark: no command \"%s\"%s%s%s\n", name,
	        near ? "; did you mean " : "", near ? near : "",
	        near ? "?" : " (mailark help lists them)");
	return EXIT_COULD_NOT;
}

/* A full disk or a reader that has gone: what was to be printed is not, and
 * that is no success. */
static int finish_output(const char *who, int status)
{
	if ((fflush(stdout) || ferror(stdout)) && status == EXIT_DONE) {
		fprintf(stderr, "mailark: %s%sstandard output: cannot write\n",
		        who ? who : "", who ? ": " : "");
		return EXIT_COULD_NOT;
	}
	return status;
}

static int run(const struct cmd *cmd, int argc, char **argv, const char *line)
{
	void *options = g_malloc0(cmd->options_size ? cmd->options_size : 1);
	struct am_error err = {0};
	struct session s;
	bool help;
	int status;

	session_init(&s, cmd->name, line);
	if (opt_parse(cmd, options, &argc, argv, &help, &err)) {
		status = session_usage(&s, "%s", err.text);
	} else if (help) {
		opt_help(cmd);
		status = EXIT_DONE;
	} else {
		status = cmd->run(&s, options, argc, argv);
	}
	session_end(&s);
	opt_free(cmd, options);
	g_free(options);
	return finish_output(cmd->name, status);
}

/*
 * Blocks of some MiB come and go all the time.  Given back to the kernel each
 * time, every page of them is cleared and mapped anew: a third of an import's
 * page faults.
 */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_TOP_PAD, 4 << 20);
}

/*
 * "imap://user:secret@host" is refused later; but its error, and whoever lists
 * processes, need not show the secret.
 */
static void hide_passwords(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *user = strstr(argv[i], "://");
		char *end = user ? user + 3 + strcspn(user + 3, "/?#") : NULL;
		char *at =
			end ? memrchr(user, '@', (size_t)(end - user)) : NULL;
		char *colon =
			at ? memchr(user + 3, ':', (size_t)(at - user - 3))
			   : NULL;
		if (colon)
			memset(colon + 1, '*', (size_t)(at - colon - 1));
	}
}

int main(int argc, char **argv)
{
	hide_passwords(argc, argv);
	keep_memory();
	/* Not the rest: numbers have a point in every language, also for other
	 * programs, and seventy system calls are saved. */
	setlocale(LC_CTYPE, "");
	g_set_prgname("mailark"); /* names the owner of a lock */
	if (argc < 2) {
		help_overview();
		return EXIT_COULD_NOT;
	}
	const char *name = argv[1];
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("mailark %s\n", AM_VERSION);
		return finish_output(NULL, EXIT_DONE);
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
		help_overview();
		return finish_output(NULL, EXIT_DONE);
	}
	const struct cmd *cmd = help_find(name);
	if (!cmd)
		return fail_unknown(name);
	char *line = readable_line(argc, argv);
	int status = run(cmd, argc - 2, argv + 2, line);
	g_free(line);
	return status;
}
