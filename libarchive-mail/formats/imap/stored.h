/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_STORED_H
#define AM_FORMATS_IMAP_STORED_H

#include "model/memory.h"

#include <glib.h>

/*
 * What the target has of a folder, in a few bytes for each message: a folder of
 * a million fits.
 */
struct am_imap_stored_one {
	uint32_t uid, flags, words; /* words: of keywords and labels, hashed */
	bool gone;
};

/* One under an earlier UIDVALIDITY, and what it may be known by again. */
struct am_imap_stored_old {
	uint32_t uidvalidity, uid, flags, words;
	int64_t received;
	uint64_t size, message_id; /* hashed; 0: none */
	bool found;
};

struct am_imap_stored {
	GArray *now; /* of the current UIDVALIDITY, ascending */
	GArray *old; /* the rest, without those that are gone */
};

AM_MUST_USE int am_imap_stored_load(struct am_imap_stored *out,
                                    struct am_memory *memory,
                                    const char *source,
                                    const struct am_folder *folder,
                                    uint32_t uidvalidity, struct am_error *err);
void am_imap_stored_clear(struct am_imap_stored *stored);
struct am_imap_stored_one *
am_imap_stored_find(const struct am_imap_stored *stored, uint32_t uid);
/* How many are there below that UID that are not gone. */
uint64_t am_imap_stored_below(const struct am_imap_stored *stored,
                              uint32_t uid);
/* In any order the same. */
uint32_t am_imap_stored_words(const char *const *keywords, size_t n_keywords,
                              const char *const *labels, size_t n_labels);
/* Of "<a@b>" or "a@b"; 0 for NULL and "". */
uint64_t am_imap_stored_id(const char *message_id, size_t len);

#endif
