/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_BOX_H
#define AM_FORMATS_MAILDIR_BOX_H

#include "base/error.h"
#include "formats/maildir/maildir_keywords.h"
#include "formats/maildir/maildir_path.h"

struct am_ctx;
struct am_folder;

/* One folder of a Maildir that is written. */
struct am_maildir_box {
	char *dir; /* relative to the root, "" is the root */
	struct am_maildir_keywords keywords;
	bool keywords_changed;
};

/*
 * The folders of a Maildir that is written, made on first sight.
 *
 * The root of a Maildir++ is INBOX.  A source's own root, or its "Inbox", goes
 * there too if nobody else has, and AM_FOLDER_FILE then says who lives there,
 * so that copying once more finds what is already there.
 */
struct am_maildir_boxes;

AM_MUST_USE int am_maildir_boxes_open(struct am_maildir_boxes **out,
                                      int root_fd,
                                      enum am_maildir_layout layout,
                                      struct am_error *err);
void am_maildir_boxes_close(struct am_maildir_boxes **boxes);
AM_MUST_USE int am_maildir_boxes_get(struct am_maildir_boxes *boxes,
                                     const struct am_folder *folder,
                                     struct am_maildir_box **out,
                                     struct am_error *err);
/* Write the keyword files that changed. */
AM_MUST_USE int am_maildir_boxes_save(struct am_maildir_boxes *boxes,
                                      const char *root, struct am_error *err);
/* A Maildir++ needs its INBOX, mail or not. */
AM_MUST_USE int am_maildir_boxes_finish(struct am_maildir_boxes *boxes,
                                        struct am_error *err);

#endif
