/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_VERIFY_PROOF_H
#define MAILARK_VERIFY_PROOF_H

#include "base/compiler.h"

struct session;

/* What the mail of a place proves of itself, mail by mail (mime/proof.h); the
 * exit status: what does not hold did so before or not, so it is told and is no
 * failure. */
int verify_proof(struct session *s, const char *place, bool as_json);

#endif
