/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_MANIFEST_H
#define MAILARK_MANIFEST_H

#include "base/error.h"

struct am_message;
struct am_place;
struct session;

/*
 * Proof of a conversion: a file with a line of JSON for each message that came
 * in, what became of it, and what it proves of itself.
 *
 *   add     one that is taken, with its bytes; from one thread
 *   finish  the target is read, every byte of it, and the file written whole
 *
 * {"manifest":1,"program":…,"command":…,"target":…,"started":…}
 * {"folder":[…],"origin":…,"size":…,"exactness":…,"sha256":…,"body_hash":
 *  "right","class":"identical","output":SHA-256,"output_body_hash":"right"}
 * {"messages":…,"identical":…,"line_ends":…,"absent":…,…}
 *
 * class: identical (these bytes are there), line-ends (they are but for CR LF
 * and LF), absent.  body_hash, smime, pgp, content_md5: what the mail proves of
 * itself (mime/proof.h); right, wrong, unknown, none, the last only of
 * body_hash.
 */
struct manifest;

AM_MUST_USE int manifest_open(struct manifest **out, const char *path,
                              struct session *s, struct am_error *err);
AM_MUST_USE int manifest_add(struct manifest *m, const struct am_message *msg,
                             struct am_error *err);
/* *absent: how many are not there. */
AM_MUST_USE int manifest_finish(struct manifest *m,
                                const struct am_place *target,
                                const char *target_name, int64_t started,
                                uint64_t *absent, struct am_error *err);
void manifest_free(struct manifest **m); /* what was not finished is no file */

/* A place held against what a manifest says was put there, now or years later.
 * Tells how many are there and names those that are not; the exit status.
 * pubkey: whose signature the manifest must have, or NULL. */
int manifest_check(struct session *s, const char *path, const char *pubkey,
                   const char *place, bool json);

#endif
