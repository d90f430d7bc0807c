/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/limit.h"

#include <string.h>

size_t am_limit_skip(const struct am_session *s, size_t n)
{
	uint32_t most = s->house->message_limit;

	return most && n > most ? n - most : 0;
}

uint32_t am_limit_cut(const struct am_session *s, GArray *rows)
{
	size_t skip = am_limit_skip(s, rows->len);

	if (!skip)
		return 0;
	g_array_remove_range(rows, 0, (guint)skip);
	return g_array_index(rows, struct am_row, 0).uid;
}

void am_limit_tell(struct am_session *s, uint32_t lowest)
{
	char code[64];

	if (!lowest || !g_str_has_prefix(s->answer->str, "OK "))
		return;
	g_snprintf(code, sizeof code, "[MESSAGELIMIT %" PRIu32 " %" PRIu32 "] ",
	           s->house->message_limit, lowest);
	/* A tagged line has room for one code. */
	if (g_str_has_prefix(s->answer->str, "OK ["))
		am_say(s, "* NO %sthe lower ones are left\r\n", code);
	else
		g_string_insert(s->answer, (gssize)strlen("OK "), code);
}

bool am_limit_refuses(struct am_session *s, size_t n)
{
	if (!am_limit_skip(s, n))
		return false;
	am_no(s, "[MESSAGELIMIT %" PRIu32 "] too many messages at once",
	      s->house->message_limit);
	return true;
}
