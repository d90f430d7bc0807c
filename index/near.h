/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_NEAR_H
#define AM_INDEX_NEAR_H

#include "base/compiler.h"

/*
 * Do words stand close together?  positions[i] are where the i-th stands,
 * ascending.  True when one of each lie within `distance` words from the first
 * to the last, in this order if in_order.
 */
#define AM_NEAR_MAX 8

struct am_near {
	const uint32_t *at[AM_NEAR_MAX];
	size_t n[AM_NEAR_MAX];
	size_t words;
	uint32_t distance;
	bool in_order;
};
bool am_near_holds(const struct am_near *near);

#endif
