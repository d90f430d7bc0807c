/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_KNOWN_H
#define AM_FORMATS_OUTLOOK_PST_KNOWN_H

#include "base/hash.h"

struct am_folder;

/*
 * Which mails are in which folder, each as often as it is there: 16 bytes of
 * hash in a table that is half full at the least, 32 to 64 bytes a mail.
 */
struct am_pst_known;

struct am_pst_known *am_pst_known_new(void);
void am_pst_known_free(struct am_pst_known **known);
void am_pst_known_add(struct am_pst_known *known,
                      const struct am_folder *folder,
                      const uint8_t hash[AM_SHA256_LEN]);
/* true: one was there, and now is one less. */
bool am_pst_known_take(struct am_pst_known *known,
                       const struct am_folder *folder,
                       const uint8_t hash[AM_SHA256_LEN]);
/* All that were added and not taken. */
uint64_t am_pst_known_count(const struct am_pst_known *known);

#endif
