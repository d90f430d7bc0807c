/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_PROGRESS_H
#define MAILARK_PROGRESS_H

#include "model/ctx.h"

/*
 * How far a job is, on standard error: on a terminal one line that is drawn
 * again at most ten times a second; elsewhere, with --verbose, a plain line
 * every few seconds; else nothing.
 */
struct progress;

struct progress *progress_new(void);
void progress_free(struct progress **progress);
void progress_voice(struct progress *progress, bool quiet, bool verbose);
void progress_show(struct progress *progress, const struct am_progress *p);
/* Take the line away before something else is printed. */
void progress_clear(struct progress *progress);

#endif
