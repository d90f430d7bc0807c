/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_CMD_H
#define MAILARK_CMD_H

#include "base/error.h"

struct am_ctx;
struct session; /* what main() sets up for a command: see session.h */

/* One option: parsed, shown by --help, checked against the man page. */
enum opt_kind {
	OPT_SWITCH, /* bool * */
	OPT_STRING, /* const char ** */
	OPT_NUMBER, /* uint64_t * */
	OPT_COUNT,  /* the same, from 1 on */
	OPT_SIZE,   /* uint64_t *, "10k", "5M" */
	OPT_MANY    /* struct opt_list *: each use appends */
};
struct opt {
	char letter;      /* 0: none */
	const char *name; /* "from"; the table ends with name NULL */
	const char *arg;  /* "FORMAT"; NULL: a switch */
	const char *help; /* one line, no full stop */
	enum opt_kind kind;
	size_t offset; /* of the value in the command's options struct */
};

/* Rows of many tables, so that they read alike everywhere; each sets the
 * member of its name in the file's struct options. */
#define OPT_JOBS                                                      \
	{                                                             \
		'j', "jobs", "N", "work on so many messages at once", \
			OPT_COUNT, offsetof(struct options, jobs)     \
	}
#define OPT_QUIET                                              \
	{                                                      \
		'q', "quiet", NULL, "only errors", OPT_SWITCH, \
			offsetof(struct options, quiet)        \
	}
#define OPT_VERBOSE                                                            \
	{                                                                      \
		'v', "verbose", NULL,                                          \
			"every note; progress without a terminal", OPT_SWITCH, \
			offsetof(struct options, verbose)                      \
	}

/*
 * A command: one verb, one file, one row in commands[].  To add one:
 *   1. cmd/verb.c ending in `const struct cmd cmd_verb`
 *   2. its row in mailark.c
 *   3. cmd/man/mailark-verb.1
 *   4. tests/cmd/test_verb.c
 * The tests then check that --help, the man page and this table agree.
 */
struct cmd {
	const char *name;
	const char *usage;    /* "[options] SOURCE… TARGET" */
	const char *summary;  /* one line for `mailark help` */
	const char *examples; /* lines for --help */
	const struct opt *options;
	size_t options_size; /* of the struct the offsets are in; zeroed */
	int (*run)(struct session *s, void *options, int argc, char **argv);
};

extern const struct cmd *const commands[]; /* in commands.c, NULL-terminated */

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_SOME_FAILED = 1, EXIT_COULD_NOT = 2 };

#endif
