/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_RULE_H
#define AM_FORMATS_MAPI_MAPI_RULE_H

#include "formats/mapi/mapi_class.h"
#include "outlook/mapi/recurrence.h"
#include "outlook/mapi/timezone.h"

#include <glib.h>

/*
 * A series as iCalendar has it (RFC 5545): its rule, the zone its clock is in,
 * the occurrences that are left out or otherwise.
 */
struct am_mapi_series {
	struct am_mapi_recurrence rule;
	struct am_mapi_timezone zone;
	bool has_zone;
	bool days;  /* whole days */
	char *tzid; /* of the zone; g_free() it */
};

/* Give its zone a name: this, or its own, or one made of its offset. */
void am_mapi_series_name(struct am_mapi_series *series, const char *name);
/* Is it a rule that iCalendar has?  Not those by the moon. */
bool am_mapi_rule_possible(const struct am_mapi_recurrence *rule);

/* The series whose blob is this property of the item. */
bool am_mapi_series_find(struct am_mapi_series *out,
                         const struct am_mapi_addressed *item,
                         enum am_mapi_set set, uint32_t number);
/* "DTSTART;TZID=…:20200102T030405" of a moment of the rule's clock. */
void am_mapi_rule_moment(GString *to, const char *name,
                         const struct am_mapi_series *series, uint32_t minutes);
/* RRULE and EXDATE. */
void am_mapi_rule_put(GString *to, const struct am_mapi_series *series);
/* VTIMEZONE; nothing where there is no zone. */
void am_mapi_rule_zone(GString *to, const struct am_mapi_series *series);

#endif
