/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_VERIFY_INDEX_H
#define MAILARK_VERIFY_INDEX_H

#include "base/compiler.h"

struct am_json;
struct session;

/*
 * The part of `mailark verify` that asks whether the index holds what the
 * archive holds.  An archive without an index is fine.  With json, "index" is
 * an object in the one that is open; else lines for people unless quiet.
 * Returns an exit status.
 */
int verify_index(struct session *s, const char *archive, bool full, bool quiet,
                 struct am_json *json);

#endif
