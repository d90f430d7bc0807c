/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BOXES_BOXES_H
#define AM_FORMATS_BOXES_BOXES_H

#include "formats/boxes/box.h"

/* All kinds there are; ends with NULL.  To add one: its declaration and its row
 * in claims.c. */
extern const struct am_box_kind *const am_box_kinds[];
const struct am_box_kind *am_box_kind_find(const char *format);

/*
 * Which of them a file or directory belongs to, NULL: none.  In a tree of
 * several formats the sources of the others leave those alone, so all draw the
 * same line.
 */
const struct am_box_kind *am_boxes_claim_file(const struct am_box_file *file);
const struct am_box_kind *am_boxes_claim_dir(const struct am_box_dir *dir);
/* The same where the names are not at hand. */
const struct am_box_kind *am_boxes_claim_fd(int dir_fd, const char *name);
/* The same of a file by itself, whose first bytes are read for it. */
bool am_boxes_claim_path(const char *path, const char *name);

/* Is this directory in dir_fd/parent ("" is dir_fd) one that holds parts of
 * messages, or a program's own things?  Nobody looks for mail there. */
bool am_boxes_owned_dir(int dir_fd, const char *parent, const char *name);

/* A file or tree read as one kind, or (NULL) as any of them. */
AM_MUST_USE int am_boxes_open(struct am_source **out,
                              const struct am_location *where,
                              const struct am_box_kind *kind,
                              struct am_ctx *ctx, struct am_error *err);
/* What a format of such boxes bids, by its kind's own judgement. */
int am_boxes_probe(const struct am_box_kind *kind,
                   const struct am_probe *probe);

#endif
