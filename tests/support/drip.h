/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_DRIP_H
#define AM_TESTS_DRIP_H

#include "base/reader.h"

/* Bytes that come in steps of at most so many: the same input whole and byte by
 * byte.  The struct is am_reader_new()'s self, and stays the caller's. */
struct am_test_drip {
	const uint8_t *at;
	size_t left, step;
};

extern const struct am_reader_ops am_test_drip_ops;

#endif
