/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_QUERY_DATE_H
#define AM_INDEX_QUERY_DATE_H

#include "base/error.h"

/*
 * Days as people say them, all in UTC: "yesterday", "last week", "this month",
 * "last monday", "3 days ago", "jan 2019", "5 jan 2019", "q3 2019",
 * "01.05.2020", "20200501", "202005"; with the month first "05/01/2020";
 * seconds since 1970, "1588291200" or "@1588291200".  From the first to the
 * last second of what is meant; of "3 days ago" and of seconds the moment.  '_'
 * and, between letters, '-' are as good as a space.
 */
bool am_natural_date(const char *text, size_t len, int64_t now, int64_t *from,
                     int64_t *to);

#endif
