/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_MINISIGN_H
#define AM_BASE_MINISIGN_H

#include "base/error.h"

/*
 * Signatures of files in the format of minisign(1): Ed25519 over the BLAKE2b of
 * the file, with a comment that is signed too.  Its programs take our keys and
 * signatures and the other way round, but for secret keys with a password.
 *
 *   NAME.key     secret, without a password: nobody but its owner reads it
 *   NAME.pub     public; its second line may be given in place of the file
 *   FILE.minisig beside the file
 */

/* Neither file may be there. */
AM_MUST_USE int am_minisign_generate(const char *secret, const char *public_key,
                                     struct am_error *err);
/* Is it a secret key that can sign? */
AM_MUST_USE int am_minisign_check(const char *secret, struct am_error *err);
/* Writes FILE.minisig. */
AM_MUST_USE int am_minisign_sign(const char *secret, const char *file,
                                 struct am_error *err);
/*
 * Checks FILE.minisig.  AM_FAILED with AM_E_CORRUPT: it is not this key's
 * signature of this file.  *comment (g_free()): what was signed with it.
 */
AM_MUST_USE int am_minisign_verify(const char *public_key, const char *file,
                                   char **comment, struct am_error *err);

#endif
