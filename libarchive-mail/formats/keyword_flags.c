/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/keyword_flags.h"

#include "model/message.h"

#include <glib.h>

void am_keyword_flags_add(struct am_message *msg, const char *keyword)
{
	static const struct {
		const char *keyword;
		enum am_flag flag;
	} table[] = {
		{"$Forwarded", AM_FORWARDED},
		{"Forwarded", AM_FORWARDED},
		{"$Junk", AM_JUNK},
		{"Junk", AM_JUNK},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		if (!g_ascii_strcasecmp(table[i].keyword, keyword)) {
			msg->flags |= table[i].flag;
			return;
		}
	}
	am_message_add_keyword(msg, keyword);
}
