/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_RECURRENCE_H
#define AM_OUTLOOK_MAPI_RECURRENCE_H

#include "base/error.h"

struct am_arena;

/*
 * The blob that says how an appointment or a task recurs ([MS-OXOCAL]
 * 2.2.1.44).  Moments are minutes since 1601 on the clock of whoever made it;
 * days are the moments at which they begin.
 */
enum am_mapi_frequency {
	AM_RECUR_DAILY = 0x200a,
	AM_RECUR_WEEKLY = 0x200b,
	AM_RECUR_MONTHLY = 0x200c,
	AM_RECUR_YEARLY = 0x200d
};

enum am_mapi_pattern {
	AM_RECUR_DAY = 0,       /* every `period` minutes */
	AM_RECUR_WEEK = 1,      /* on `weekdays`, every `period` weeks */
	AM_RECUR_MONTH = 2,     /* on `day`, every `period` months */
	AM_RECUR_MONTH_NTH = 3, /* on the nth of `weekdays` in the month */
	AM_RECUR_MONTH_END = 4
	/* From 10 on the same by the moon. */
};

enum am_mapi_end {
	AM_RECUR_UNTIL = 0x2021,
	AM_RECUR_COUNT = 0x2022,
	AM_RECUR_FOREVER = 0x2023
};

/* One occurrence that is not as the others. */
struct am_mapi_exception {
	uint32_t start, end, original;
	/* UTF-8; NULL: as of the series. */
	const char *subject, *location;
};

struct am_mapi_recurrence {
	unsigned frequency, pattern, calendar;
	uint32_t period;
	uint32_t weekdays; /* bit 0: Sunday */
	uint32_t day, nth; /* nth 5: the last */
	unsigned ends;
	uint32_t count;
	unsigned first_weekday; /* 0: Sunday */
	size_t n_deleted, n_modified;
	uint32_t *deleted;  /* days left out, those of exceptions too */
	uint32_t *modified; /* days put in for them */
	uint32_t first_day, last_day;
	/* Of an appointment alone. */
	bool has_times;
	uint32_t start, end; /* minutes from the day's beginning */
	size_t n_exceptions;
	struct am_mapi_exception *exceptions;
};

/*
 * AM_E_FORMAT: it is none, or cut off before its rule.  What is cut off behind
 * that is left out, and *whole says so.
 */
AM_MUST_USE int am_mapi_recurrence_read(struct am_mapi_recurrence *out,
                                        const uint8_t *data, size_t len,
                                        unsigned codepage,
                                        struct am_arena *arena, bool *whole,
                                        struct am_error *err);

#endif
