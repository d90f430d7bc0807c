/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_RECURRENCE_H
#define AM_TESTS_RECURRENCE_H

#include "base/time.h"

#include <glib.h>

/* The minute since 1601 at which a day begins. */
#define AM_TEST_DAY(y, m, d)                                \
	((uint32_t)((am_time_from_civil(y, m, d, 0, 0, 0) + \
	             INT64_C(11644473600)) /                \
	            60))

/*
 * Every second week on Tuesday and Thursday from 10:00 to 11:00, from 7 January
 * to 5 March 2020; not on 9 January, and on the 22nd instead of the 21st, at
 * 14:00, called "später", in the "garden".
 */
GByteArray *am_test_weekly(void);
/* How long its rule is, without times and exceptions. */
enum { AM_TEST_WEEKLY_RULE = 66 };

/* PidLidTimeZoneStruct of Central Europe: an hour ahead of UTC, two from the
 * last Sunday in March, 2:00, to that of October, 3:00. */
GByteArray *am_test_timezone(void);

#endif
