/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SHOW_JSON_H
#define MAILARK_SHOW_JSON_H

#include "mime/scan.h"

struct am_archive;

/* One message of an archive in full, as one JSON object: what it says of
 * itself, its places, its parts, its text. */
AM_MUST_USE int show_json(struct am_archive *archive, int64_t id,
                          const struct am_blob *raw, const struct am_scan *scan,
                          struct am_arena *arena, struct am_error *err);

#endif
