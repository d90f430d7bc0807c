/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_TIME_H
#define AM_BASE_TIME_H

#include "base/compiler.h"

/* A moment with the zone it was written in. */
struct am_when {
	int64_t sec;        /* since 1970-01-01 UTC */
	int16_t offset_min; /* east of Greenwich, minutes */
	bool known;
};

/* RFC 5322 §3.3 date-time with §4.3's obsolete forms and what mail really
 * holds: comments, two-digit years, missing weekday or seconds, named zones.
 * false, and *out not known, when there is no date to be had. */
bool am_time_parse_mail(const char *s, size_t len, struct am_when *out);
/* The same of a Received field's value: the date is behind its last ';'
 * (RFC 5322 §3.6.7). */
bool am_time_parse_received(const char *value, size_t len, struct am_when *out);
/* "2020-01-02", "2020-01-02T03:04:05Z", "… +01:00"; a bare day is midnight
 * UTC.  Whole string or false. */
bool am_time_parse_iso(const char *s, struct am_when *out);

#define AM_TIME_ROOM 40
/* "2020-01-02T03:04:05+01:00", or "" when not known. */
void am_time_iso(const struct am_when *when, char out[AM_TIME_ROOM]);
/* "Fri Sep  6 21:19:10 2019", UTC. */
void am_time_asctime(int64_t sec, char out[AM_TIME_ROOM]);
/* Civil date of a second count in UTC; proleptic Gregorian, any year. */
void am_time_civil(int64_t sec, int *year, int *month, int *day, int *hour,
                   int *minute, int *second);
int64_t am_time_from_civil(int year, int month, int day, int hour, int minute,
                           int second);
int64_t am_time_now(void);

#endif
