/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_UPLOAD_H
#define AM_FORMATS_IMAP_UPLOAD_H

#include "formats/imap/fingerprint.h"
#include "formats/imap/target.h"
#include "model/sink.h"

/*
 * Sending messages with APPEND (RFC 3501 §6.3.11, MULTIAPPEND RFC 3502,
 * LITERAL+/- RFC 7888) without waiting for each answer: several messages in one
 * command where the server takes that, several commands under way, bounded in
 * bytes.
 *
 * Nothing is sent twice: after a connection was lost with commands unanswered,
 * the mailbox is looked at first.  What a server refuses is mended in steps
 * (mend.h) as long as that may help, each change told; what stays refused is
 * told through am_sink.late.
 */
struct am_imap_upload;

/* One message to be sent; the upload takes its own references. */
struct am_imap_parcel {
	const struct am_message *msg;
	struct am_imap_target *target;
	const struct am_imap_print *print; /* of its bytes */
	bool labels;                       /* as keywords too */
	bool copy; /* one more copy of a message that is counted elsewhere */
};

struct am_imap_upload *am_imap_upload_new(struct am_imap_account *account,
                                          struct am_imap_link *link,
                                          struct am_imap_targets *targets,
                                          struct am_sink *sink, bool repair);
/* Does not wait for what is under way. */
void am_imap_upload_free(struct am_imap_upload **upload);
/* AM_OK: taken.  AM_FAILED: cannot be sent at all (APPENDLIMIT). */
AM_MUST_USE int am_imap_upload_put(struct am_imap_upload *upload,
                                   const struct am_imap_parcel *parcel,
                                   struct am_error *err);
/* It is over: everything taken that has no answer is told as late, with this
 * error. */
void am_imap_upload_abandon(struct am_imap_upload *upload,
                            const struct am_error *err);
/* Until everything taken was answered, mended, or told as late; the last time
 * also until it is known what the server made of it (kept.h). */
AM_MUST_USE int am_imap_upload_settle(struct am_imap_upload *upload, bool last,
                                      struct am_error *err);

#endif
