/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_LOG_H
#define MAILARK_SERVE_LOG_H

#include "base/error.h"

/*
 * A line an event, each a JSON object: "time", "event", and what there is to
 * it. Never a word of any mail, and no password.  Any thread.
 */
struct am_server_event;
struct serve_log;

/* Appends; "-" is standard error. */
AM_MUST_USE int serve_log_open(struct serve_log **out, const char *path,
                               struct am_error *err);
void serve_log_close(struct serve_log **log);
/* The file anew: somebody may have put the old one away.  When that fails it
 * stays the old one. */
AM_MUST_USE int serve_log_reopen(struct serve_log *log, struct am_error *err);
/* An am_server_log; user: a serve_log. */
void serve_log_event(void *user, const struct am_server_event *event);
/* What is nobody's connection: "start", "reload", "stop". */
void serve_log_note(struct serve_log *log, const char *event);

#endif
