/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_TIME_SCAN_H
#define AM_BASE_TIME_SCAN_H

#include "base/compiler.h"

struct am_when;

/*
 * The pieces that the date parsers share.  Every am_time_scan_* below
 * takes what it names from the front and moves on, or gives false and stays.
 */
struct am_time_scan {
	const char *at, *end;
};

/* What was read so far; 0 in month or day means "not yet". */
struct am_time_parts {
	int year, month, day, hour, minute, second;
	int offset_min;
};

size_t am_time_scan_left(const struct am_time_scan *s);
/* The byte n further on, or NUL behind the end. */
char am_time_scan_peek(const struct am_time_scan *s, size_t n);
/* Spaces and tabs; also line ends, which folding leaves. */
void am_time_scan_spaces(struct am_time_scan *s);
/* A number of min to max digits with no digit behind it. */
bool am_time_scan_number(struct am_time_scan *s, int min, int max, int *out,
                         int *n_digits);
/* A run of letters, "Sept" or "Monday": its length, 0 for none. */
size_t am_time_scan_word(const struct am_time_scan *s);
/* The month it is by its first three letters, 1 to 12, else 0. */
int am_time_scan_month(const char *word, size_t len);
/* Minutes east of a named zone; false for a name that says nothing. */
bool am_time_scan_zone_name(const char *word, size_t len, int *minutes);
/* "+0100", "-08:00", "+1": sign, then one to four digits. */
bool am_time_scan_offset(struct am_time_scan *s, int *minutes);
/* "03:04", "3:04:05", "03:04:05.678"; the parts are checked. */
bool am_time_scan_clock(struct am_time_scan *s, struct am_time_parts *parts);
/* 2-digit years: 00 to 49 are 20xx, others 19xx; 3 digits count from 1900. */
int am_time_scan_year(int number, int n_digits);
/* "2020-01-02", then with a clock "T03:04:05", then maybe a zone. */
bool am_time_scan_iso(struct am_time_scan *s, struct am_time_parts *parts,
                      bool *has_clock);
/* Check them all, and *out is known; false and not known otherwise. */
bool am_time_scan_finish(const struct am_time_parts *parts,
                         struct am_when *out);

#endif
