/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_BOUNDARY_H
#define AM_FORMATS_MBOX_BOUNDARY_H

#include "formats/mbox/from_line.h"
#include "formats/mbox/header.h"
#include "formats/mbox/window.h"

struct am_ctx;
struct am_spool;

/*
 * Where one message ends and the next begins.  A line that begins with "From "
 * is judged by five signs:
 *
 *   P  the line before it is empty (or it is the first of the file)
 *   V  it is a well-formed separator, see from_line.h
 *   H  two header lines follow, or the file ends; ">From " lines between are
 *      passed over
 *   L  the message's only Content-Length ends exactly here
 *   G  its date is git's magic one, and the file does not begin so
 *
 * L and V make a separator; so do V and H without G; so do P and V without G
 * when what follows is an empty header block, a single header, headers with
 * one line among them that is none, or the end.  P is not asked for in a file
 * that has no empty lines between its messages.
 * NULs before it do not hide a separator: a crash left a hole there.  Our own
 * sink marks a message that has such bytes of its own ("nuls").
 *
 * A message that is attached with its From_ line stays where it is, see
 * attached.h.
 *
 * Everything else is text.  Memory: the window, whatever the message's size.
 */

enum am_mbox_doubt {
	AM_MBOX_DOUBT_SPLIT, /* taken for a separator, but H is missing */
	AM_MBOX_DOUBT_BODY,  /* P, V or H speak for one; taken for text */
	AM_MBOX_DOUBT_LENGTH /* a Content-Length that leads nowhere */
};

struct am_mbox_rules {
	uint8_t eol;       /* '\n', or '\r' */
	bool wide;         /* imap-backup: look at "From" without a space too */
	bool patches;      /* the file begins with git's magic date */
	bool trust_length; /* lengths were right throughout the sample */
	bool tight;        /* no empty lines stand between messages */
	bool mmdf;         /* it is another kind of file, see mmdf.h */
	size_t keep;       /* a message up to this size stays in memory */
	/* Offsets of "From " lines that are, or are not, separators whatever
	 * the signs say. */
	size_t n_split, n_join;
	const uint64_t *split, *join;
	void (*doubt)(void *user, enum am_mbox_doubt doubt, uint64_t offset);
	void *user;
};

/* A line of the message that begins with '>'s and "From ". */
struct am_mbox_quoted {
	uint64_t at; /* of its first '>' from the message's start */
	int depth;
};
#define AM_MBOX_QUOTED_MAX (512 * 1024)

struct am_mbox_cut {
	uint64_t line, start, end; /* separator, message, next separator */
	bool blank;  /* an empty line stands before the next separator */
	bool hole;   /* NULs stand before it */
	bool at_end; /* the file ends instead */
	bool by_length;
	struct am_mbox_from from;
	struct am_mbox_header header;
	struct am_mbox_quoted *quoted;
	size_t n_quoted, quoted_room;
	bool quoted_lost; /* more than AM_MBOX_QUOTED_MAX */
	int deepest;      /* '>'s of the deepest of them */
	unsigned n_plain; /* "From " lines taken for text */
	/* Of these, with an empty line before and not the least of a separator
	 * about them: nobody who quotes leaves such a line. */
	unsigned n_plain_blank;

	/* Valid until the next scan: */
	const uint8_t *data; /* [start, end), or NULL: a large one */
	const uint8_t *sep;  /* [line, start) */
	size_t sep_len;
	const uint8_t *head; /* header.len + header.blank bytes */
	const uint8_t *tail; /* the last bytes before end */
	size_t tail_len;
	struct am_spool *spool; /* large and packed: [start, spooled) */
	uint64_t spooled;
	uint8_t *copy;   /* of sep and head, when the window has gone on */
	uint64_t claim;  /* where Content-Length says it ends; 0: nowhere */
	int claim_holds; /* -1: not yet looked */
	/* From our own sink's mark, which is read when it is wanted: there is
	 * no hole in it; no separator is left unquoted in it. */
	bool mark_read, owns_nuls, quoted_all;
	/* Up to here goes the part that begins with a From_ line. */
	uint64_t part_end;
	bool large;
};

struct am_mbox_scan {
	struct am_mbox_window window;
	struct am_mbox_rules rules;
	struct am_ctx *ctx;
	const char *tmpdir;
	size_t spool_memory;
	uint64_t next;  /* the separator found last; UINT64_MAX: none left */
	uint64_t first; /* start of what is looked at: 3 behind a BOM */
	bool begun;
	uint64_t n_doubts;
	/* What stands before the first separator, when it is not too much. */
	uint8_t *junk;
	uint64_t junk_len;
	struct am_mbox_cut cut;
};

#define AM_MBOX_JUNK_MAX (1024 * 1024)

/* Takes a reference on file.  limit: bytes of it to look at. */
AM_MUST_USE int am_mbox_scan_open(struct am_mbox_scan *scan,
                                  struct am_file *file, uint64_t limit,
                                  const struct am_mbox_rules *rules,
                                  struct am_ctx *ctx, struct am_error *err);
/* Before the first next(), of a plain file: begin at this separator. */
void am_mbox_scan_from(struct am_mbox_scan *scan, uint64_t offset);
/* The same of bytes that come by once; takes the reader. */
void am_mbox_scan_open_reader(struct am_mbox_scan *scan,
                              struct am_reader *reader, uint64_t limit,
                              const struct am_mbox_rules *rules,
                              struct am_ctx *ctx);
/* The next message is the first that begins at this offset or behind it;
 * AM_END: there is none, or the file is packed. */
AM_MUST_USE int am_mbox_scan_seek(struct am_mbox_scan *scan, uint64_t offset,
                                  struct am_error *err);
void am_mbox_scan_close(struct am_mbox_scan *scan);
/* The next message into scan->cut; AM_END behind the last. */
AM_MUST_USE int am_mbox_scan_next(struct am_mbox_scan *scan,
                                  struct am_error *err);

/* Does this head of a file (all of it when whole) begin like an mbox?  2: with
 * a separator that headers follow, 1: with junk first, 0: no. */
int am_mbox_head_fits(const uint8_t *head, size_t len, bool whole);
/* The same of a file, unpacked.  -1 and err when it cannot be read, or is
 * Outlook's and packed, which nobody looks into. */
struct am_mbox_looks {
	bool empty, outlook;
	const char *closed; /* am_mail_head_closed() */
	bool mail; /* what the source of .eml trees takes, by its content */
};
int am_mbox_head_look(struct am_file *file, const char *name,
                      struct am_mbox_looks *looks, struct am_error *err);

#endif
