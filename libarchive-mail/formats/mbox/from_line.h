/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_FROM_LINE_H
#define AM_FORMATS_MBOX_FROM_LINE_H

#include "base/compiler.h"
#include "base/time.h"

/*
 * The separator line: "From ", who sent it, when it came.  There is no
 * standard that anybody follows; this accepts the union of what is written,
 * and nothing behind it, so that a sentence that begins with "From " is not
 * taken for one.
 */

struct am_message;

/* A longer line is no separator. */
#define AM_MBOX_FROM_MAX 1024

enum am_mbox_from_kind {
	AM_MBOX_FROM_NOT,     /* some other line */
	AM_MBOX_FROM_PLAIN,   /* sender (or none) and date */
	AM_MBOX_FROM_BARE,    /* "From ": Thunderbird since 115 */
	AM_MBOX_FROM_DASH,    /* "From - date": Mozilla, date of the download */
	AM_MBOX_FROM_TAKEOUT, /* "From 1628424719502045299@xxx date" */
	AM_MBOX_FROM_VAULT, /* "From 163…-….mbox@xxx date", of twelve hours */
	AM_MBOX_FROM_EUDORA, /* "From ???@??? date" */
	AM_MBOX_FROM_PATCH   /* date Mon Sep 17 00:00:00 2001: git's magic */
};

struct am_mbox_from {
	enum am_mbox_from_kind kind;
	const char *sender; /* within the line, quotes and all */
	size_t sender_len;
	struct am_when when; /* offset_min 0 when no zone was given */
	bool zoned;          /* the line named a zone we know */
	bool loose; /* several words that are no address: a name, or prose */
};

/* line: from "From " to before its line end.  false: not a separator.  With
 * `loose` it takes headers behind it to make it one. */
bool am_mbox_from_parse(struct am_mbox_from *out, const uint8_t *line,
                        size_t len);
/* May its date count as the time of receipt?  (Brief rules: not Mozilla's
 * sync time, not git's magic, not the epoch.) */
bool am_mbox_from_dated(const struct am_mbox_from *from);

/* "From sender Www Mmm dd hh:mm:ss yyyy" without line end, into out; an
 * unknown sender (NULL) is MAILER-DAEMON, the empty one <>; what would break
 * the line becomes '-'.
 * Returns its length. */
#define AM_MBOX_FROM_ROOM 400
size_t am_mbox_from_write(char out[AM_MBOX_FROM_ROOM], const char *sender,
                          int64_t sec);

/*
 * The prop AM_MBOX_FROM_PROP: the line as it stood, with its end, for
 * as-imported; empty where that is what am_mbox_from_write() makes of the
 * message's sender and date, and a LF, as it mostly is.
 */
#define AM_MBOX_FROM_PROP "mbox.from-line"
void am_mbox_from_keep(struct am_message *msg, const uint8_t *line, size_t len);
/* The line again, AM_MBOX_FROM_MAX + 2 bytes at most; 0: not known. */
size_t am_mbox_from_kept(const struct am_message *msg,
                         char room[AM_MBOX_FROM_ROOM], const char **line);

#endif
