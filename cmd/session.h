/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SESSION_H
#define MAILARK_SESSION_H

#include "model/ctx.h"

#include <signal.h>

struct am_place;
struct am_report;
struct asker;
struct progress;

/*
 * What main() sets up for a command: the ctx with its listeners, the words of
 * errors, and a way to be asked to stop.
 *
 * Errors and notes go to standard error as "mailark: COMMAND: WHAT: WHY"; WHAT
 * begins with `subject`, the location that is being worked on.
 */
struct session {
	struct am_ctx ctx;
	struct am_cancel cancel;
	const char *command; /* "copy" */
	const char *line;    /* the whole command line */
	const char *subject; /* may be NULL */
	bool quiet, verbose;
	struct am_report *report; /* notes are counted here; may be NULL */
	struct progress *progress;
	struct asker *asker; /* passwords */
	uint64_t n_errors;   /* notes of level ERROR */
	void *warned;        /* how often each code was printed */
	uint64_t unwarned;   /* notes that were only counted */
};

void session_init(struct session *s, const char *command, const char *line);
void session_end(struct session *s);
/* --quiet and --verbose, as soon as they are known. */
void session_voice(struct session *s, bool quiet, bool verbose);
/* From now on SIGINT and SIGTERM ask the job to stop (the second one ends the
 * program); until then they end the program as they always do. */
void session_catch_signals(struct session *s);

/* "mailark: copy: old.mbox: no such file"; what may be NULL.  Returns
 * EXIT_COULD_NOT. */
int session_error(struct session *s, const char *what,
                  const struct am_error *err);
/* "mailark: copy: usage …"; returns EXIT_COULD_NOT. */
int session_usage(struct session *s, const char *fmt, ...) AM_PRINTF(2, 3);
/* Stands the archive last, where it comes first? */
bool session_turned_round(int argc, char **argv);
/* A line to standard error unless --quiet, past the progress line. */
void session_say(struct session *s, const char *fmt, ...) AM_PRINTF(2, 3);
/* Take the progress line away: something goes to standard output. */
void session_before_output(struct session *s);
/* What was counted but not shown: "3 further notes …; --verbose shows them". */
void session_sum_up(struct session *s);

/* A location, "NAME:" of an account too, with its errors told; NULL:
 * session_error() said why. */
struct am_place *session_place(struct session *s, const char *text,
                               const char *format, bool target);
/* The path of an archive (for commands that take nothing else), or NULL; as
 * "archive:PATH" too.  The text's. */
const char *session_archive(struct session *s, const char *text);

/*
 * A command that works on one archive begins and ends alike.
 *
 * Begin: the one argument there must be is the archive; it becomes the subject,
 * and signals ask the job to stop.  Its path, or NULL when that was told.
 * Finish: the error, if r is one, is told, or when the job was asked to stop,
 * what that left behind; what was only counted is summed up.  Returns the exit
 * status.
 */
const char *session_begin(struct session *s, int argc, char **argv);
int session_finish(struct session *s, int r, const struct am_error *err,
                   const char *when_stopped);

#endif
