/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_CRYPT_H
#define AM_OUTLOOK_PST_CRYPT_H

#include "outlook/pst/ndb_layout.h"

/* Take the obscuring of a data block off and put it on, in place. */
void am_pst_decrypt(enum am_pst_crypt crypt, am_pst_bid bid, uint8_t *data,
                    size_t len);
void am_pst_encrypt(enum am_pst_crypt crypt, am_pst_bid bid, uint8_t *data,
                    size_t len);

#endif
