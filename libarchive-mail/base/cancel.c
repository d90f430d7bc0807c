/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cancel.h"

#include <stdatomic.h>

static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler sets the flag");

void am_cancel_request(struct am_cancel *cancel)
{
	atomic_store_explicit(&cancel->asked, 1, memory_order_release);
}

bool am_cancel_asked(const struct am_cancel *cancel)
{
	if (!cancel)
		return false;
	return atomic_load_explicit(&cancel->asked, memory_order_acquire);
}
