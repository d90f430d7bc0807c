/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_EDIT_H
#define AM_STORE_ARCHIVE_EDIT_H

#include "model/ctx.h"
#include "model/message.h"

/*
 * Changing what an archive shows: what a mail client does to its mail.  Every
 * change is a record of its own, nothing is taken away: what is expunged, moved
 * or removed stays in the history.
 *
 * The editor is the archive's one writer while it is open.  Changes count from
 * commit on; AM_FATAL: only close may follow, and what was not committed never
 * happened.  Ids are those of archive.h.
 */
struct am_archive;
struct am_archive_edit;

/* AM_E_BUSY: somebody else is writing. */
AM_MUST_USE int am_archive_edit_open(struct am_archive_edit **out,
                                     const char *path, struct am_ctx *ctx,
                                     struct am_error *err);
void am_archive_edit_close(struct am_archive_edit **edit);
/* All of it is safe when this returns AM_OK. */
AM_MUST_USE int am_archive_edit_commit(struct am_archive_edit *edit,
                                       struct am_error *err);
/* The archive as the changes leave it; the editor's. */
struct am_archive *am_archive_edit_archive(struct am_archive_edit *edit);

/* The folder of this path, made or brought back when it is not there; it keeps
 * the UIDs it once gave. */
AM_MUST_USE int am_archive_edit_folder(struct am_archive_edit *edit,
                                       const struct am_folder *path,
                                       int64_t *id, struct am_error *err);
/* Its path and role become these. */
AM_MUST_USE int am_archive_edit_rename(struct am_archive_edit *edit, int64_t id,
                                       const struct am_folder *path,
                                       struct am_error *err);
AM_MUST_USE int am_archive_edit_subscribe(struct am_archive_edit *edit,
                                          int64_t id, bool subscribed,
                                          struct am_error *err);
/* Not shown any more; what is in it is expunged. */
AM_MUST_USE int am_archive_edit_remove(struct am_archive_edit *edit, int64_t id,
                                       struct am_error *err);

enum am_flags_how { AM_FLAGS_SET, AM_FLAGS_ADD, AM_FLAGS_TAKE };
struct am_flags_change {
	enum am_flags_how how;
	uint32_t flags;
	size_t n_keywords; /* compared without regard to case */
	const char *const *keywords;
	/* SET leaves alone those this is false for; NULL: for none. */
	bool (*shown)(const char *keyword);
	bool guarded;        /* only where the sequence number is at most … */
	uint64_t not_beyond; /* … this */
};
/* AM_END: gone, or it changed after not_beyond; nothing was done then. */
AM_MUST_USE int am_archive_edit_flags(struct am_archive_edit *edit,
                                      int64_t placement,
                                      const struct am_flags_change *change,
                                      struct am_error *err);
/* These three: AM_END when it is gone already. */
AM_MUST_USE int am_archive_edit_expunge(struct am_archive_edit *edit,
                                        int64_t placement,
                                        struct am_error *err);
/* Into a folder, under its next UID. */
AM_MUST_USE int am_archive_edit_move(struct am_archive_edit *edit,
                                     int64_t placement, int64_t folder,
                                     uint32_t *uid, struct am_error *err);
AM_MUST_USE int am_archive_edit_copy(struct am_archive_edit *edit,
                                     int64_t placement, int64_t folder,
                                     uint32_t *uid, struct am_error *err);

/* The heavy part of adding a message, on any thread. */
struct am_split;
AM_MUST_USE int am_archive_edit_prepare(struct am_split **out,
                                        const struct am_message *msg,
                                        struct am_ctx *ctx,
                                        struct am_error *err);
/* A message of msg->folder, always as a placement of its own; borrows split. */
AM_MUST_USE int am_archive_edit_add(struct am_archive_edit *edit,
                                    const struct am_message *msg,
                                    struct am_split *split, uint32_t *uid,
                                    struct am_error *err);
void am_archive_edit_unprepare(struct am_split **split);

#endif
