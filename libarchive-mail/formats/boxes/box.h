/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BOXES_BOX_H
#define AM_FORMATS_BOXES_BOX_H

#include "model/format.h"

#include <glib.h>

struct am_folder;
struct am_message;

/*
 * A mailbox of some kind that lies in a tree of others: a file that holds many
 * messages (DBX, Babyl …), or a directory whose files are messages (MH, Apple's
 * Messages).  A kind says which are its own and reads one of them; walking,
 * folders and the common promises are the tree's, see boxes.h.
 */

/* A file that is looked at: its name and its first bytes, unpacked where a
 * compressor packed them. */
struct am_box_file {
	const char *name;
	const uint8_t *head;
	size_t head_len;
	uint64_t size;
};

/* A directory that is looked at.  The names are those in it, sorted. */
struct am_box_dir {
	int fd; /* open; -1: only the names are known */
	const char *name;
	const char *const *names;
	size_t n_names;
};

/* What a kind has found out that the next box of the tree needs too; `key` is
 * its own, and begins with its name. */
struct am_box_memory {
	char *key;
	void *value;
	void (*drop)(void *value);
};

void am_box_forget(struct am_box_memory *memory);

/* Where an opened box lies, and what goes with it. */
struct am_box_place {
	const char *path;   /* to open it */
	const char *origin; /* its lasting name: the path below the root */
	const struct am_folder *folder;
	struct am_location where; /* what the user said; for options */
	struct am_ctx *ctx;
	struct am_box_memory *memory; /* of one kind; the source's */
};

struct am_open_box;

/*
 *   next   the next message, with its bytes, in the place's folder or one it
 *          made itself; AM_END after the last.  AM_FAILED: one was bad, `bad`
 *          names it, and the following call goes on behind it.
 *   close  frees the box.
 */
struct am_box_ops {
	int (*next)(struct am_open_box *box, struct am_message **out,
	            struct am_error *err);
	void (*close)(struct am_open_box *box);
};

struct am_open_box {
	const struct am_box_ops *ops;
	const char *bad; /* after AM_FAILED; NULL: the box itself */
};

struct am_box_kind {
	const char *format; /* the name of the format */
	/* Endings that a file's name loses as a folder: ".dbx .DBX". */
	const char *suffixes;
	/* Is this file one of these mailboxes?  NULL: none is. */
	bool (*file)(const struct am_box_file *file);
	/* Is this directory one, by its names (fd -1), and then by a look into
	 * it?  NULL: none is. */
	bool (*dir)(const struct am_box_dir *dir);
	/* Of such a directory: is this file of its kind, message or not, so
	 * that nobody else is to read it? */
	bool (*owns)(const char *name);
	/* A message alone, in the folder it lies in, not a mailbox of its name.
	 */
	bool single;
	/* Its folder only leads to those of its messages. */
	bool shell;
	/* What the folder is called: the parts of its directories and, of a
	 * file, its own.  May shorten the list, put in others, or leave it;
	 * strings are g_free()d.  NULL: as they are. */
	void (*parts)(GPtrArray *parts, const char *path);
	/* The place is the caller's until close(). */
	int (*open)(struct am_open_box **out, const struct am_box_place *place,
	            struct am_error *err);
};

/* Do the first bytes of a directory's file look like mail? */
bool am_box_looks_like_mail(int dir_fd, const char *name);

#endif
