/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_TARGET_H
#define AM_FORMATS_IMAP_TARGET_H

#include "formats/imap/fingerprint.h"
#include "formats/imap/link.h"
#include "formats/imap/look.h"
#include "formats/imap/target_name.h"
#include "model/folder.h"
#include "model/sink.h"

#include <glib.h>

/*
 * Mailboxes that are written to: found by folder, created where they are not,
 * and what each can hold.
 */
struct am_imap_target {
	const struct am_folder *folder;
	char *name;               /* wire form */
	enum am_imap_plain plain; /* how far the name was made one that any
	                           * server takes */
	bool untold;              /* and that is to be told when it is made */
	bool there;               /* it is on the server */
	bool subscribe;    /* when it is made: the source does not say no */
	bool unsubscribed; /* it is there and nobody subscribed to it */
	bool told;         /* box is as the list had it */
	struct am_box box;
	bool ready;      /* what follows was read */
	char *permanent; /* " \\Seen $Junk " in lower case; NULL: not told */
	bool any_keyword;
	uint32_t uidvalidity;
	uint32_t seen;      /* from this UID on we have not looked */
	uint32_t kept_from; /* of kept.h: what is below it was looked at */
	uint64_t held;      /* so many messages were there when last counted */
	unsigned looks;
	struct am_imap_present *present;
	struct am_imap_alike *alike;      /* of the first look */
	struct am_imap_other_ids *others; /* as well */
	struct am_imap_look *look;        /* under way, or NULL, */
	uint32_t looking;                 /* under this UIDVALIDITY */
	GArray *acked;  /* struct am_imap_marks, sent since we looked */
	GArray *spoken; /* those before, and what was there already: ours */
};

struct am_imap_targets;

struct am_imap_targets *am_imap_targets_new(struct am_imap_account *account,
                                            struct am_imap_link *link);
void am_imap_targets_free(struct am_imap_targets **targets);
/* The mailbox of this folder, there or not; the targets' own.  AM_FAILED when
 * no name can be made of it. */
AM_MUST_USE int am_imap_targets_get(struct am_imap_targets *targets,
                                    const struct am_folder *folder,
                                    struct am_imap_target **out,
                                    struct am_error *err);
/* The source has a folder for it, which may be subscribed there. */
void am_imap_target_follow(struct am_imap_target *target,
                           const struct am_folder *folder);
/* Make it exist, and be subscribed to as the source has it.  Nothing may be
 * under way.  AM_RETRY: the
 * connection was lost or a pause waited out, the same again. */
AM_MUST_USE int am_imap_target_create(struct am_imap_targets *targets,
                                      struct am_imap_target *target,
                                      struct am_error *err);
/* Select it and read what it can hold and what it holds since last looked at;
 * what we sent ourselves meanwhile does not count.  As above; AM_E_NOTFOUND: it
 * is not there any more. */
AM_MUST_USE int am_imap_target_look(struct am_imap_targets *targets,
                                    struct am_imap_target *target,
                                    struct am_error *err);
/*
 * The same, and wait until nothing more comes into it by itself: what a
 * connection of ours that died had sent may still be on its way in.  Where
 * there was no mail when first looked at, this is no more than a look.
 */
AM_MUST_USE int am_imap_target_calm(struct am_imap_targets *targets,
                                    struct am_imap_target *target,
                                    struct am_error *err);

/* The same for all mailboxes, and for what a run that was killed had sent:
 * until nothing came in for some seconds.  All are to be looked at again then.
 */
AM_MUST_USE int am_imap_targets_calm(struct am_imap_targets *targets,
                                     struct am_error *err);

/* true: the mailbox held one like this, which now is spoken for; *uid (may be
 * NULL) is the one it has there. */
bool am_imap_target_take(struct am_imap_target *target,
                         const struct am_imap_marks *marks, uint32_t *uid);
/*
 * The same for a message whose fingerprint says little (print->weak): one of
 * those there may be it, with lines of the server's own.  `bytes`, and their
 * print: as it is, or as it may have been changed.  Nothing may be under
 * way; AM_RETRY as above.
 */
AM_MUST_USE int am_imap_target_take_alike(struct am_imap_targets *targets,
                                          struct am_imap_target *target,
                                          const struct am_message *msg,
                                          const struct am_blob *bytes,
                                          const struct am_imap_print *print,
                                          bool *taken, uint32_t *uid,
                                          struct am_error *err);
/* The same for one that is not found: it may be there with another Message-ID.
 */
AM_MUST_USE int am_imap_target_take_other(struct am_imap_targets *targets,
                                          struct am_imap_target *target,
                                          const struct am_message *msg,
                                          const struct am_imap_print *print,
                                          bool *taken, uint32_t *uid,
                                          struct am_error *err);
bool am_imap_target_may_be_other(const struct am_imap_target *target,
                                 const struct am_imap_print *print);
/* A message of the source is in it under that UID. */
void am_imap_target_tell(const struct am_imap_target *target,
                         const struct am_sink *sink,
                         const struct am_folder *folder, uint32_t uidvalidity,
                         uint32_t uid, uint32_t there);
/* The server took it. */
void am_imap_target_sent(struct am_imap_target *target,
                         const struct am_imap_marks *marks);
/* Nothing is in it that is not spoken for. */
bool am_imap_target_is_empty(const struct am_imap_target *target);

/* See am_sink_ops.missing.  Nothing may be under way. */
AM_MUST_USE int am_imap_targets_missing(struct am_imap_targets *targets,
                                        struct am_missing *what,
                                        struct am_error *err);

/* Flags and keywords as APPEND takes them, "(\\Seen work)", g_free() it; *lost
 * counts what the mailbox cannot hold.  `bare`: nothing a server may choke on
 * (\\Deleted, keywords). */
char *am_imap_target_flags(const struct am_imap_target *target,
                           const struct am_message *msg, bool labels, bool bare,
                           unsigned *lost);

#endif
