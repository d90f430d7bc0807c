/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BLOB_SUM_H
#define AM_FORMATS_BLOB_SUM_H

#include "base/error.h"
#include "base/hash.h"

struct am_blob;
struct am_reader;

/* SHA-256 of all bytes, in memory or not. */
AM_MUST_USE int am_blob_sum(uint8_t out[AM_SHA256_LEN],
                            const struct am_blob *blob, struct am_error *err);
/* The same of what is left of a reader, and how many they were. */
AM_MUST_USE int am_reader_sum(uint8_t out[AM_SHA256_LEN], uint64_t *size,
                              struct am_reader *reader, struct am_error *err);

#endif
