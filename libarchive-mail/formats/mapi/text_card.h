/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_TEXT_CARD_H
#define AM_FORMATS_MAPI_TEXT_CARD_H

#include "base/time.h"

#include <glib.h>

/* Lines of vCard and iCalendar: both escape and fold alike (RFC 6350 3.2 and
 * 3.4, RFC 5545 3.1 and 3.3.11). */

/* "name:value", escaped; nothing when value is NULL or empty. */
void am_text_card_line(GString *to, const char *name, const char *value);
/* The same of a value that has its structure already. */
void am_text_card_raw(GString *to, const char *name, const char *value);
/* Escape one component into a value under construction. */
void am_text_card_escape(GString *to, const char *value);
/* 20200102T030405Z */
void am_text_card_time(GString *to, const char *name,
                       const struct am_when *when);
/* 20200102, in a zone where it is about noon. */
void am_text_card_day(GString *to, const char *name,
                      const struct am_when *when);

#endif
