/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_MEMBER_MH_H
#define AM_FORMATS_EML_MEMBER_MH_H

#include "base/error.h"

struct am_ctx;
struct am_file;
struct am_message;

/*
 * Folders of MH in a zip or tar: what is known of the messages stands in files
 * beside them (.mh_sequences, .sylpheed_mark, .claws_mark), which may come
 * before or behind them.  So the container, `file`, is gone through for these
 * files once, when the first message comes that may be one of MH's.
 */
struct am_member_mh;

struct am_member_mh *am_member_mh_new(struct am_file *file);
void am_member_mh_free(struct am_member_mh **mh);
/* A number for a name, in a directory with such a file: *yes, it is a message,
 * whatever it looks like. */
AM_MUST_USE int am_member_mh_message(struct am_member_mh *mh,
                                     const char *member, bool *yes,
                                     const struct am_ctx *ctx,
                                     struct am_error *err);
/* The flags and keywords of such a message. */
void am_member_mh_apply(const struct am_member_mh *mh, const char *member,
                        struct am_message *msg);
/* A file that is MH's own, in a directory known to be one: no message.  To be
 * asked behind am_member_mh_message(). */
bool am_member_mh_own(const struct am_member_mh *mh, const char *member);

#endif
