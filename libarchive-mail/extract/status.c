/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/status.h"

#include <string.h>

static const char *const names[AM_EXTRACT_N_STATUS] = {
	[AM_EXTRACT_NONE] = "none",
	[AM_EXTRACT_OK] = "ok",
	[AM_EXTRACT_EMPTY] = "empty",
	[AM_EXTRACT_TRUNCATED] = "truncated",
	[AM_EXTRACT_ENCRYPTED] = "encrypted",
	[AM_EXTRACT_UNSUPPORTED] = "unsupported",
	[AM_EXTRACT_SKIPPED] = "skipped",
	[AM_EXTRACT_DAMAGED] = "damaged",
	[AM_EXTRACT_TIMEOUT] = "timeout",
	[AM_EXTRACT_CRASH] = "crash",
	[AM_EXTRACT_MEMORY] = "memory",
	[AM_EXTRACT_TOO_LARGE] = "too-large",
};

const char *am_extract_name(unsigned status)
{
	return status < AM_EXTRACT_N_STATUS ? names[status] : NULL;
}

bool am_extract_failed(unsigned status)
{
	return status >= AM_EXTRACT_DAMAGED && status < AM_EXTRACT_N_STATUS;
}

bool am_extract_is_name(const char *name)
{
	/* No document is filed under "none". */
	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS; i++)
		if (!strcmp(name, names[i]))
			return true;
	return !strcmp(name, "failed");
}
