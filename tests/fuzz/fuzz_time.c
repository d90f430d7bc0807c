/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was understood must print as ISO and be understood again. */
static void check(bool ok, const struct am_when *when)
{
	char out[AM_TIME_ROOM];
	struct am_when again;

	am_time_iso(when, out);
	if (ok != when->known)
		abort();
	if (!ok)
		return;
	int year, month, day, hour, minute, second;
	am_time_civil(when->sec + when->offset_min * 60, &year, &month, &day,
	              &hour, &minute, &second);
	if (year < 1 || year > 9999)
		return; /* a leap second at the end of 9999 */
	if (!am_time_parse_iso(out, &again) || again.sec != when->sec ||
	    again.offset_min != when->offset_min)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *s = (const char *)data;
	struct am_when when;

	check(am_time_parse_mail(s, len, &when), &when);
	char *text = strndup(s, len);
	if (!text)
		return 0;
	check(am_time_parse_iso(text, &when), &when);
	free(text);
	return 0;
}
