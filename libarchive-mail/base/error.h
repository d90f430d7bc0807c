/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_ERROR_H
#define AM_BASE_ERROR_H

#include "base/compiler.h"

/* What the caller should do next.  Every function that can fail returns one. */
enum am_status {
	AM_OK = 0,      /* done */
	AM_END = 1,     /* nothing left to give; not an error */
	AM_RETRY = -1,  /* passing trouble: the same call may succeed later */
	AM_FAILED = -2, /* this one thing failed; the handle is still good */
	AM_FATAL = -3   /* the handle is dead: only close() may follow */
};

/* What went wrong.  Set whenever a status below zero is returned. */
enum am_kind {
	AM_E_NONE,
	AM_E_IO, /* the operating system said no: see sys */
	AM_E_MEMORY,
	AM_E_FORMAT,      /* bytes contradict the format they claim */
	AM_E_CORRUPT,     /* our own store does not match its checksum */
	AM_E_LIMIT,       /* a limit of struct am_limits was reached */
	AM_E_ARGUMENT,    /* the user asked for something meaningless */
	AM_E_UNSUPPORTED, /* well-formed, but not something we do */
	AM_E_NOTFOUND,
	AM_E_EXISTS,
	AM_E_BUSY,
	AM_E_AUTH,
	AM_E_PROTOCOL, /* the peer broke the protocol */
	AM_E_CANCELLED /* asked to stop; comes with AM_FATAL */
};

/*
 * The story behind a status.  The caller owns it, usually on its stack, and
 * passes its address last; NULL means "I only need the status".  It holds no
 * heap memory, so it can always report running out of it.
 */
struct am_error {
	enum am_kind kind;
	int sys; /* errno at the time, or 0 */
	char text[240];
};

/* Fill *err and return status, so that a failure is one line at its site. */
int am_fail(struct am_error *err, enum am_status status, enum am_kind kind,
            const char *fmt, ...) AM_PRINTF(4, 5);
/* The same for errno: appends ": " and its message, sets kind and sys.  The
 * kind is AM_E_IO but for ENOENT (NOTFOUND), EEXIST (EXISTS), ENOMEM (MEMORY).
 * errno stays as it was. */
int am_fail_sys(struct am_error *err, enum am_status status, const char *fmt,
                ...) AM_PRINTF(3, 4);
/* Put where it happened in front of what happened; returns status. */
int am_wrap(struct am_error *err, int status, const char *fmt, ...)
	AM_PRINTF(3, 4);

#endif
