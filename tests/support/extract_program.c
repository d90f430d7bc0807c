/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/extract_program.h"

#include <glib.h>

char *am_test_extract_program(void)
{
	const char *mailark = g_getenv("MAILARK");
	char *dir = g_path_get_dirname(mailark ? mailark : "build/mailark");
	char *out = g_build_filename(dir, "mailark-extract", NULL);

	g_free(dir);
	return out;
}
