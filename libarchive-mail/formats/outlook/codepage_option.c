/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/codepage_option.h"

#include "outlook/mapi/props.h"

#include <glib.h>

int am_codepage_option(const struct am_location *where,
                       const struct am_option *table, unsigned *out,
                       struct am_error *err)
{
	const char *text = am_location_option(where, table, "codepage");
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &number, NULL) ||
	    !am_mapi_charset((unsigned)number))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "codepage=%.20s: no code page that is known",
		               text);
	*out = (unsigned)number;
	return AM_OK;
}
