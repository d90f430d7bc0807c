/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FILES_FILES_H
#define AM_FORMATS_FILES_FILES_H

#include "model/format.h"

struct am_blob;
struct am_loaded_file;

/*
 * Messages that are files of their own: one, a tree of directories of them, a
 * zip or tar to write them into.  A format of such files (.eml, .msg) says what
 * is peculiar to its own.
 */
struct am_files_kind {
	const char *format; /* "eml": the codes of its notes begin so */
	enum am_exactness exactness;
	/* Is a file one of them by its name?  By its first bytes, where the
	 * name does not prove it; or NULL. */
	bool (*named)(const char *name);
	bool (*sniff)(const uint8_t *head, size_t len);
	/* What the file has, into the message; takes file->blob.  user is what
	 * the source was opened with. */
	int (*load)(const void *user, struct am_message *msg,
	            struct am_loaded_file *file, struct am_ctx *ctx,
	            struct am_error *err);
	/* The bytes of the file for a message, on any thread; NULL: its own. */
	int (*compose)(const struct am_message *msg, const struct am_ctx *ctx,
	               struct am_blob **out, struct am_error *err);
	/* What lies beside a file, called as it is and this behind it, and
	 * tells what the file cannot hold; load() reads it.  NULL: nothing
	 * does. */
	const char *beside;
	int (*compose_beside)(const struct am_message *msg, const char *sha256,
	                      struct am_blob **out, struct am_error *err);
	bool packs; /* zips and tars of them are read, so they may be written */
	bool loads_anywhere; /* see am_source */
	bool flagged;        /* the files have flags in them */
};

struct am_files_options {
	bool all;   /* take what looks like mail too, whatever its name */
	bool leave; /* what the sources of other formats read */
	bool quiet; /* without a word for what is no such file */
	/* For load(); the source's to free, also when it fails: with
	 * user_free, or g_free(). */
	void *user;
	void (*user_free)(void *user);
};

/* Takes the directory that root_fd is open on; path is for messages. */
AM_MUST_USE int am_files_tree_open(struct am_source **out, int root_fd,
                                   const char *path,
                                   const struct am_files_kind *kind,
                                   const struct am_files_options *options,
                                   struct am_ctx *ctx, struct am_error *err);
AM_MUST_USE int am_files_one_open(struct am_source **out, const char *path,
                                  const struct am_files_kind *kind,
                                  const struct am_files_options *options,
                                  struct am_ctx *ctx, struct am_error *err);

/* What a target of them has for options, to stand in the format's table. */
/* clang-format off */
#define AM_FILES_SINK_OPTIONS(preset, label_preset)                                          \
	{"name", "TEMPLATE",                                                   \
	 "file names, of {date} {received} {from} {to} {subject} "             \
	 "{message-id} {folder} {id8} {n} {size}, with :N characters or "      \
	 ":%Y…", preset},                                                      \
	{"profile", "windows|posix|portable",                                  \
	 "names that Windows takes, that Unix takes, or of ASCII alone",       \
	 "windows"},                                                           \
	{"labels", "folders|first",                                            \
	 "further labels become hard links in further folders (copies in a "   \
	 "zip), or nothing", label_preset},                                                   \
	{"durable", "yes|no|each",                                             \
	 "on disk: at each commit, whenever the system likes, or file by file",\
	 "yes"}
/* clang-format on */

AM_MUST_USE int am_files_sink_open(struct am_sink **out,
                                   const struct am_location *where,
                                   const struct am_files_kind *kind,
                                   const struct am_option *table,
                                   struct am_ctx *ctx, struct am_error *err);

#endif
