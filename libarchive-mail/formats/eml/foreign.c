/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/foreign.h"

#include "base/reader.h"
#include "formats/mail_head.h"

#include <glib.h>

#include <string.h>

/* "x.mbox"? */
static bool mailbox_name(const char *base)
{
	static const char *const ends[] = {".mbox", ".mbx", ".mboxrd"};
	size_t len = strlen(base);

	for (size_t i = 0; i < AM_COUNT(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && !g_ascii_strcasecmp(base + len - n, ends[i]))
			return true;
	}
	return false;
}

enum am_foreign am_foreign_look(const char *base, struct am_reader *reader,
                                bool others, const char **what)
{
	const uint8_t *data;
	size_t len;

	if (am_reader_peek(reader, 10, &data, &len, NULL))
		return AM_FOREIGN_NONE;
	*what = "a mailbox of its own";
	if (am_mail_head_outlook(data, len))
		return AM_FOREIGN_FILE;
	/* Apple's copies leave "._x" that are nothing. */
	if (*base == '.' && base[1] == '_')
		return AM_FOREIGN_NONE;
	if ((others || mailbox_name(base)) &&
	    am_mail_head_mailbox(base, data, len))
		return AM_FOREIGN_FILE;
	/* Who calls so what is text means mails. */
	*what = "Outlook's message file";
	if (am_mail_head_msg_name(base) && am_mail_head_msg(data, len))
		return AM_FOREIGN_MESSAGE;
	if (others && am_mail_head_outlook_name(base))
		return AM_FOREIGN_FILE;
	*what = "Outlook for Mac's archive";
	if (others && am_mail_head_olm_name(base))
		return AM_FOREIGN_FILE;
	*what = "a zip or tar within this one";
	if (*base != '.' && am_mail_head_container_name(base))
		return AM_FOREIGN_FILE;
	return AM_FOREIGN_NONE;
}
