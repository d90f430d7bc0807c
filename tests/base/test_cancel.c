/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cancel.h"

#include <criterion/criterion.h>

Test(cancel, asked_once_is_asked)
{
	struct am_cancel c = {0};

	cr_assert_not(am_cancel_asked(NULL));
	cr_assert_not(am_cancel_asked(&c));
	am_cancel_request(&c);
	cr_assert(am_cancel_asked(&c));
}
