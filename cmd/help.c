/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark help: the manual page where it is installed, else the short help. */
#include "cmd/help.h"

#include "cmd/opt.h"
#include "cmd/session.h"
#include "index/index.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *completion;
};

const struct cmd *help_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

const char *help_nearest(const char *name)
{
	GPtrArray *names = g_ptr_array_new();

	for (size_t i = 0; commands[i]; i++)
		g_ptr_array_add(names, (gpointer)commands[i]->name);
	const char *near = opt_nearest(name, (const char *const *)names->pdata,
	                               names->len);
	g_ptr_array_unref(names);
	return near;
}

void help_overview(void)
{
	printf("usage: mailark COMMAND [options] …\n"
	       "       mailark --version\n"
	       "\n"
	       "Converts, archives and searches mail without losing any of "
	       "it.\n\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nThe commonest three:\n"
	       "  mailark copy old.mbox mail.mailark   archive and index it\n"
	       "  mailark search mail.mailark WORDS    find something\n"
	       "  mailark verify --full mail.mailark   know that it is whole\n"
	       "\nMore: mailark help COMMAND, mailark COMMAND --help\n");
}

/* bash's, from the tables themselves: words after a command, options of it. */
static void print_bash(void)
{
	printf("# mailark completion for bash: source this file\n"
	       "_mailark() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]} "
	       "words=\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	for (size_t i = 0; commands[i]; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	printf("' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $cmd in\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t%s) words='--help", commands[i]->name);
		for (const struct opt *o = commands[i]->options; o && o->name;
		     o++)
			printf(" --%s", o->name);
		if (!strcmp(commands[i]->name, "formats"))
			for (size_t f = 0; am_formats[f]; f++)
				printf(" %s", am_formats[f]->name);
		if (!strcmp(commands[i]->name, "help"))
			for (size_t c = 0; commands[c]; c++)
				printf(" %s", commands[c]->name);
		printf("' ;;\n");
	}
	printf("\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	       "\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")"
	       " $(compgen -f -- \"$cur\")) ;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -o filenames -F _mailark mailark\n");
}

/* Does not return when man could be started. */
static void try_man(const char *page)
{
	if (!isatty(STDOUT_FILENO))
		return;
	char *path = g_find_program_in_path("man");
	if (!path)
		return;
	g_free(path);
	char *quiet[] = {(char *)"man", (char *)"-w", (char *)page, NULL};
	gint status = 1;
	if (!g_spawn_sync(NULL, quiet, NULL,
	                  G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
	                          G_SPAWN_STDERR_TO_DEV_NULL,
	                  NULL, NULL, NULL, NULL, &status, NULL) ||
	    status)
		return;
	fflush(stdout);
	execlp("man", "man", page, (char *)NULL);
}

static void print_fields(void)
{
	printf("\nfields of a query:\n");
	for (const struct am_query_field *f = am_query_fields; f->name; f++)
		printf("  %-14s %-34s %s\n", f->name, f->example, f->help);
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;

	if (o->completion) {
		if (strcmp(o->completion, "bash"))
			return session_usage(s, "--completion knows bash only");
		print_bash();
		return EXIT_DONE;
	}
	if (!argc) {
		try_man("mailark");
		help_overview();
		return EXIT_DONE;
	}
	const struct cmd *cmd = help_find(argv[0]);
	if (!cmd) {
		const char *near = help_nearest(argv[0]);
		return session_usage(s, "no command \"%s\"%s%s%s", argv[0],
		                     near ? "; did you mean " : "",
		                     near ? near : "", near ? "?" : "");
	}
	char *page = g_strdup_printf("mailark-%s", cmd->name);
	try_man(page);
	g_free(page);
	opt_help(cmd);
	if (!strcmp(cmd->name, "search"))
		print_fields();
	return EXIT_DONE;
}

static const struct opt table[] = {
	{0, "completion", "SHELL", "print completion code: bash", OPT_STRING,
         offsetof(struct options, completion)},
	{0},
};

const struct cmd cmd_help = {
	.name = "help",
	.usage = "[options] [COMMAND]",
	.summary = "Show the manual of a command",
	.examples = "  mailark help search\n"
		    "  mailark help --completion bash > "
		    "/etc/bash_completion.d/mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
