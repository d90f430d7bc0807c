/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_KNOWN_H
#define AM_TRANSFER_KNOWN_H

#include "model/ctx.h"
#include "model/message.h"

struct am_source;

/*
 * What a target holds already, as a multiset of (folder, am_digest_text()):
 * read once from the target, so that copying again adds only what is new.  A
 * message that is n times in the source and m times in the target is copied
 * n - m times.  About 16 bytes a message, 28 with names.
 *
 * Filled by one thread; then one thread takes while any number ask.
 */
struct am_known;

/* What one is told by from others: 96 bits of a hash. */
struct am_known_key {
	uint32_t words[3]; /* all zeros: none */
};

struct am_known *am_known_new(void);
void am_known_free(struct am_known **known);
/* Before the first add, for a target that keeps no folders: messages alone
 * count. */
void am_known_ignore_folders(struct am_known *known);
/* Before am_known_read(): of what is known the name is, too. */
void am_known_keep_names(struct am_known *known);
/* The same once more, without names. */
struct am_known *am_known_copy(const struct am_known *known);

/* NULL, the root and "INBOX" are one. */
void am_known_key(struct am_known_key *out, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN]);
/* The same of a file of a target by its name there (am_message.origin). */
void am_known_name(struct am_known_key *out, const char *name, uint64_t size);
bool am_known_key_none(const struct am_known_key *key);

/* Of the target all messages; or, of those whose names are in `only`, which
 * are taken from it there. */
AM_MUST_USE int am_known_read(struct am_known *known, struct am_source *target,
                              struct am_known *only, struct am_error *err);
/* Not what they say, but what they are called. */
AM_MUST_USE int am_known_read_names(struct am_known *known,
                                    struct am_source *target,
                                    struct am_error *err);
void am_known_add(struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN]);
void am_known_add_key(struct am_known *known, const struct am_known_key *key);
/* true: one is there that nobody has taken yet. */
bool am_known_has(const struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[AM_SHA256_LEN]);
bool am_known_has_key(const struct am_known *known,
                      const struct am_known_key *key);
/* true: one was there, and is now spoken for.  *which (may be NULL): its name
 * where names are kept (or none), else its key. */
bool am_known_take(struct am_known *known, const struct am_folder *folder,
                   const uint8_t hash[AM_SHA256_LEN],
                   struct am_known_key *which);
bool am_known_take_key(struct am_known *known, const struct am_known_key *key);
uint64_t am_known_count(const struct am_known *known);

#endif
