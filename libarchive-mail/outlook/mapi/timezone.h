/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_TIMEZONE_H
#define AM_OUTLOOK_MAPI_TIMEZONE_H

#include "base/compiler.h"

struct am_arena;

/*
 * A time zone as appointments bring it: how far the clock is behind UTC, and
 * when it is put on and back ([MS-OXOCAL] 2.2.1.39 and 2.2.1.41).
 */
struct am_mapi_switch {
	unsigned month;   /* 0: never */
	unsigned nth;     /* 1 to 4; 5: the last */
	unsigned weekday; /* 0: Sunday */
	unsigned hour, minute;
};

struct am_mapi_timezone {
	const char *name; /* UTF-8; NULL: it has none */
	/* Minutes to be added to the clock for UTC. */
	int32_t standard, daylight;
	struct am_mapi_switch to_standard, to_daylight;
};

/* PidLidTimeZoneStruct; without a name. */
bool am_mapi_timezone_struct(struct am_mapi_timezone *out, const uint8_t *data,
                             size_t len);
/* PidLidAppointmentTimeZoneDefinition…: the rule that is said to hold for what
 * recurs, else the last. */
bool am_mapi_timezone_definition(struct am_mapi_timezone *out,
                                 const uint8_t *data, size_t len,
                                 struct am_arena *arena);

/* The day of the month on which it is done in a year. */
int am_mapi_switch_day(const struct am_mapi_switch *when, int year);
/* Seconds since 1970 of a clock in this zone that shows those seconds. */
int64_t am_mapi_timezone_utc(const struct am_mapi_timezone *zone,
                             int64_t clock);

#endif
