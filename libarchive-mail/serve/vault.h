/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_VAULT_H
#define AM_SERVE_VAULT_H

#include "model/ctx.h"
#include "model/message.h"
#include "serve/snap.h"

/*
 * An archive that many sessions read and change at once.
 *
 *   boxes     the list of mailboxes, as it was at one moment
 *   snaps     mailboxes that somebody looks at: snap.h
 *   readers   handles of the archive, lent for one message at a time
 *   writer    one thread; what sessions want changed waits in its queue, is
 *             done in turn and committed together, and only then answered.  The
 *             archive is locked only while there is something to write.
 *
 * What others write (an import beside us) is seen by am_vault_tick().
 * Everything here may be called by any thread.
 */
struct am_archive;
struct am_archive_edit;
struct am_blob;
struct am_vault;
struct am_virtual_source; /* virtual.h */

struct am_vault_opts {
	const char *path;
	const char *prefix; /* its mailboxes are below this one; NULL: on top */
	bool read_only;
	bool virtual; /* with mailboxes that show messages of others */
	const struct am_virtual_source *searches; /* among them; may be NULL */
	size_t traits_most; /* messages whose traits are kept (traits.h);
	                     * 0: 500,000 */
	size_t file_from;   /* of so many messages on a mailbox has a file that
	                     * it is opened from (snap_file.h); 0: 2,000 */
	struct am_ctx *ctx;
};
AM_MUST_USE int am_vault_open(struct am_vault **out,
                              const struct am_vault_opts *opts,
                              struct am_error *err);
/* No session may hold anything of it; finishes what was asked to be written. */
void am_vault_close(struct am_vault **vault);
bool am_vault_read_only(const struct am_vault *vault);
const char *am_vault_prefix(const struct am_vault *vault);
const char *am_vault_path(const struct am_vault *vault);
/* Look whether somebody else wrote; about once a second. */
void am_vault_tick(struct am_vault *vault);

/* ---- mailboxes ---- */

struct am_mailbox {
	/* 0: an INBOX that nobody has put anything in; below: virtual.h */
	int64_t id;
	char *name; /* UTF-8, parts joined by '/', the prefix in front */
	const struct am_folder *folder;
	enum am_role role;
	const char *use; /* "\\All"; NULL: what the role says */
	bool subscribed;
	/* Of a virtual one they are in its snapshot alone. */
	uint32_t uidvalidity, uidnext;
	uint64_t messages, unseen;
	uint64_t changed; /* differs when anything in it did */
};
struct am_mailboxes {
	size_t n;
	struct am_mailbox *boxes; /* by name */
	int refs;
};
struct am_mailboxes *am_vault_boxes(struct am_vault *vault);
void am_boxes_unref(struct am_mailboxes **boxes);
/* By its name ("inbox" in any case); NULL: there is none. */
const struct am_mailbox *am_boxes_find(const struct am_mailboxes *boxes,
                                       const char *name);
/* The folder a name stands for, there or not; unref it.  AM_FAILED with
 * AM_E_ARGUMENT for one that cannot be. */
AM_MUST_USE int am_vault_folder(const struct am_vault *vault, const char *name,
                                struct am_folder **out, struct am_error *err);

AM_MUST_USE int am_vault_snap(struct am_vault *vault, int64_t box,
                              struct am_snap **out, struct am_error *err);
/* Called when the mailbox's snapshot changed, box 0: the list of them; must not
 * call back. */
struct am_watch {
	void (*changed)(void *user);
	void *user;
	int64_t box;
};
void am_vault_watch(struct am_vault *vault, struct am_watch *watch);
void am_vault_unwatch(struct am_vault *vault, struct am_watch *watch);

/* ---- reading ---- */

/* A handle for a while: give it back before waiting for anything else. */
AM_MUST_USE int am_vault_lend(struct am_vault *vault, struct am_archive **out,
                              struct am_error *err);
/* One that has seen all that is known of. */
AM_MUST_USE int am_vault_lend_fresh(struct am_vault *vault,
                                    struct am_archive **out,
                                    struct am_error *err);
void am_vault_give_back(struct am_vault *vault, struct am_archive **archive);
/* A message as it goes over the wire: all line ends CRLF. */
AM_MUST_USE int am_vault_message(struct am_vault *vault, int64_t message,
                                 struct am_blob **out, struct am_error *err);

/* ---- changing ---- */

/* `what` runs on the writer's thread; returns when all it did is safe on disk
 * and seen by am_vault_snap().  AM_E_BUSY: somebody else has been writing for
 * too long; AM_E_UNSUPPORTED: read only. */
typedef int am_vault_job(void *user, struct am_archive_edit *edit,
                         struct am_error *err);
AM_MUST_USE int am_vault_edit(struct am_vault *vault, am_vault_job *what,
                              void *user, struct am_error *err);

#endif
