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
 * n - m times.  About 16 bytes a message.
 *
 * Filled by one thread; then one thread takes while any number ask.
 */
struct am_known;

struct am_known *am_known_new(void);
void am_known_free(struct am_known **known);
/* Before the first add, for a target that keeps no folders: messages alone
 * count. */
void am_known_ignore_folders(struct am_known *known);
AM_MUST_USE int am_known_read(struct am_known *known, struct am_source *target,
                              struct am_error *err);
void am_known_add(struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[32]);
/* true: one is there that nobody has taken yet. */
bool am_known_has(const struct am_known *known, const struct am_folder *folder,
                  const uint8_t hash[32]);
/* true: one was there, and is now spoken for. */
bool am_known_take(struct am_known *known, const struct am_folder *folder,
                   const uint8_t hash[32]);
uint64_t am_known_count(const struct am_known *known);

#endif
