/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/foreign.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/reader.h"
#include "formats/boxes/boxes.h"
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

/* One of the kinds that boxes.h lists? */
static enum am_foreign look_boxes(const char *base, struct am_reader *reader)
{
	struct am_box_file file = {.name = base};
	const struct am_box_kind *kind;

	if (am_reader_peek(reader, AM_MAIL_HEAD_BYTES, &file.head,
	                   &file.head_len, NULL))
		return AM_FOREIGN_NONE;
	kind = am_boxes_claim_file(&file);
	return !kind          ? AM_FOREIGN_NONE
	       : kind->single ? AM_FOREIGN_MESSAGE
	                      : AM_FOREIGN_FILE;
}

char **am_foreign_folder(const char *member)
{
	const char *slash = strrchr(member, '/');
	const struct am_box_kind *kind = NULL;

	if (slash && g_str_has_suffix(slash, ".emlx"))
		kind = am_box_kind_find("emlx");
	else if (slash && (slash[1] == 'u' || slash[1] == 'm') &&
	         slash[2] == '.')
		kind = am_box_kind_find("dbox");
	if (!kind || !kind->parts)
		return NULL;
	struct am_arena *arena = am_arena_new();
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	char *dir = g_strndup(member, (size_t)(slash - member));
	char **words = g_strsplit(dir, "/", 0);
	for (char **w = words; *w; w++)
		if (**w && strcmp(*w, ".") != 0 && strcmp(*w, "..") != 0)
			g_ptr_array_add(parts, g_strdup(am_utf8_repair(
						       arena, *w, strlen(*w))));
	kind->parts(parts, "");
	g_strfreev(words);
	g_free(dir);
	am_arena_free(&arena);
	g_ptr_array_add(parts, NULL);
	return (char **)g_ptr_array_free(parts, FALSE);
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
	return others ? look_boxes(base, reader) : AM_FOREIGN_NONE;
}
