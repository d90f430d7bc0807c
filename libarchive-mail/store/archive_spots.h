/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_SPOTS_H
#define AM_STORE_ARCHIVE_SPOTS_H

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"

struct am_archive;
struct am_folder;

/*
 * An archive as mailboxes: folders with their UIDs, and what lies in them, in
 * the numbers that a mail client caches.
 */
struct am_archive_box {
	int64_t id;
	const struct am_folder *folder; /* the archive's */
	uint32_t uidvalidity, uidnext;
	uint64_t messages, unseen, bytes;
};
typedef int am_box_fn(void *user, const struct am_archive_box *box,
                      struct am_error *err);
/* All that are shown, by id. */
AM_MUST_USE int am_archive_boxes(struct am_archive *archive, am_box_fn *fn,
                                 void *user, struct am_error *err);

/* A placement as it stands now; strings until the callback returns. */
struct am_archive_spot {
	int64_t placement, message, folder;
	uint64_t seq;
	uint32_t uid, flags;
	bool gone;
	struct am_when received;
	int64_t saved; /* when it came to its folder; 0: not known */
	size_t n_keywords;
	const char *const *keywords;
};
typedef int am_spot_fn(void *user, const struct am_archive_spot *spot,
                       struct am_error *err);
/* All that is or ever was in a folder: what was moved away has another folder
 * now, but tells how far the folder's own changes go. */
AM_MUST_USE int am_archive_spots(struct am_archive *archive, int64_t folder,
                                 am_spot_fn *fn, void *user,
                                 struct am_error *err);
/* Those that changed after a sequence number, each once. */
AM_MUST_USE int am_archive_spots_since(struct am_archive *archive,
                                       uint64_t after, am_spot_fn *fn,
                                       void *user, struct am_error *err);
/* Which moment of the archive the handle sees: no two have the same, and one
 * that another history leads to has another. */
AM_MUST_USE int am_archive_moment(struct am_archive *archive,
                                  uint8_t out[AM_SHA256_LEN],
                                  struct am_error *err);
/* The number of the last change. */
AM_MUST_USE int am_archive_seq(struct am_archive *archive, uint64_t *out,
                               struct am_error *err);

#endif
