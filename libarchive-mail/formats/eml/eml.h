/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_EML_H
#define AM_FORMATS_EML_EML_H

#include "model/format.h"

/* Single messages as files: one, a tree of directories, a zip or tar. */
extern const struct am_format am_format_eml;

/* The parts of it.  Sources: */
extern const struct am_option am_eml_options[];
AM_MUST_USE int am_eml_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);
AM_MUST_USE int am_eml_sink_open(struct am_sink **out,
                                 const struct am_location *where,
                                 struct am_ctx *ctx, struct am_error *err);

/* Which files of a tree are taken. */
enum am_eml_files {
	AM_EML_ALL, /* all that looks like mail, and *.eml */
	AM_EML_NAMED
};
struct am_eml_tree_options {
	enum am_eml_files files;
	bool leave; /* Maildirs and mboxes, to sources of theirs */
};
/* Takes the directory that root_fd is open on; path is for messages. */
AM_MUST_USE int am_eml_tree_open(struct am_source **out, int root_fd,
                                 const char *path,
                                 const struct am_eml_tree_options *options,
                                 struct am_ctx *ctx, struct am_error *err);

struct am_file;
AM_MUST_USE int am_eml_container_open(struct am_source **out,
                                      struct am_file *file,
                                      enum am_eml_files files,
                                      struct am_ctx *ctx, struct am_error *err);

#endif
