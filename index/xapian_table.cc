/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one name that mailark-xapian.so is asked for. */
#include "index/xapian_door.h"

extern "C" {
extern const struct am_xapian_door am_xapian_table;
const struct am_xapian_door am_xapian_table = {AM_VERSION,
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared */
#define AM_XAPIAN_VALUE(name) name,
                                               AM_XAPIAN_DOOR(AM_XAPIAN_VALUE)
#undef AM_XAPIAN_VALUE
};
}
