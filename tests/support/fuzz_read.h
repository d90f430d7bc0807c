/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_FUZZ_READ_H
#define AM_TESTS_FUZZ_READ_H

#include "model/format.h"

/*
 * A file of these bytes, read to its end by a format: each item is given with
 * bytes that can be read, or fails with a reason.  Anything else aborts.
 */
void am_test_fuzz_read(const struct am_format *format,
                       const char *const *options, const uint8_t *data,
                       size_t len);

#endif
