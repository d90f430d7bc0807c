/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_SUMS_H
#define AM_INDEX_SUMS_H

#include "base/error.h"

/*
 * A shard's files are written once, and an answer does not tell that a byte of
 * theirs has changed since.  So their checksums lie beside them, in a file
 * "sums": a line for each, its CRC-32 (eight digits, hexadecimal), a space, its
 * size, a space and its name.
 */
AM_MUST_USE int am_sums_write(const char *dir, struct am_error *err);
/* AM_E_CORRUPT: a file is not as it was.  A shard without the file, one of
 * earlier versions, passes. */
AM_MUST_USE int am_sums_check(const char *dir, struct am_error *err);

#endif
