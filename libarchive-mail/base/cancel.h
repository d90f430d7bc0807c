/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_CANCEL_H
#define AM_BASE_CANCEL_H

#include "base/compiler.h"

/* One lock-free flag.  Any thread may ask, and so may a signal handler. */
struct am_cancel {
	_Atomic int asked;
};

void am_cancel_request(struct am_cancel *cancel);
bool am_cancel_asked(const struct am_cancel *cancel); /* NULL: false */

#endif
