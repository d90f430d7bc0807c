/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of recurrence and time zones: read as far as they go. */
#include "outlook/mapi/recurrence.h"
#include "outlook/mapi/timezone.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_recurrence r;
	struct am_mapi_timezone zone;
	struct am_error err = {0};
	bool whole = false;

	int bad = am_mapi_recurrence_read(&r, data, len, 1252, arena, &whole,
	                                  &err);
	if (bad && !*err.text)
		abort();
	/* No more than the bytes can hold. */
	if (!bad &&
	    (r.n_deleted + r.n_modified > len / 4 || r.n_exceptions > len / 14))
		abort();
	for (size_t i = 0; !bad && i < r.n_exceptions; i++)
		if (r.exceptions[i].subject &&
		    strlen(r.exceptions[i].subject) > 3 * len)
			abort();
	if (am_mapi_timezone_struct(&zone, data, len) ||
	    am_mapi_timezone_definition(&zone, data, len, arena))
		for (int64_t at = -86400 * 365; at < INT64_C(86400) * 36500;
		     at += INT64_C(86400) * 91) {
			int64_t utc = am_mapi_timezone_utc(&zone, at);
			if (utc - at > 2 * 86400 || at - utc > 2 * 86400)
				abort();
		}
	am_arena_free(&arena);
	return 0;
}
