/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of a message before its bytes.  Never ENVELOPE or
 * BODYSTRUCTURE: servers get them wrong in a hundred ways, and we read the
 * header ourselves.
 */
#include "formats/imap/fetch_line.h"

#include "base/arena.h"
#include "formats/imap/session.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

char *am_imap_meta_items(const struct am_imap_session *s, bool modseq)
{
	GString *out = g_string_new("(UID FLAGS INTERNALDATE RFC822.SIZE");

	if (modseq && (am_imap_session_has(s, "CONDSTORE") ||
	               am_imap_session_has(s, "QRESYNC")))
		g_string_append(out, " MODSEQ");
	if (am_imap_session_has(s, "OBJECTID"))
		g_string_append(out, " EMAILID THREADID");
	if (am_imap_session_has(s, "X-GM-EXT-1"))
		g_string_append(out, " X-GM-MSGID X-GM-THRID X-GM-LABELS");
	g_string_append_c(out, ')');
	return g_string_free(out, FALSE);
}

static void read_flags(struct am_message *msg, const struct am_imap_value *list)
{
	struct am_imap_flag flag;

	for (size_t i = 0; list->type == AM_IMAP_LIST && i < list->n_items;
	     i++) {
		if (!am_imap_flag_read(&list->items[i], &flag))
			continue;
		msg->flags |= flag.bit;
		if (!flag.keyword)
			continue;
		char *valid = g_utf8_make_valid(flag.keyword, -1);
		am_message_add_keyword(msg, valid);
		g_free(valid);
	}
}

/* Gmail's own labels are \Inbox, \Sent …; some of them are states. */
static void add_label(struct am_message *msg, const struct am_imap_value *v,
                      bool utf8)
{
	static const struct {
		const char *word, *label;
		uint32_t flag;
	} own[] = {
		{"\\Inbox", "Inbox", 0},
		{"\\Sent", "Sent", 0},
		{"\\Important", "Important", 0},
		{"\\Muted", "Muted", 0},
		{"\\Trash", "Trash", 0},
		{"\\Junk", "Spam", AM_JUNK},
		{"\\Spam", "Spam", AM_JUNK},
		{"\\Starred", NULL, AM_FLAGGED},
		{"\\Flagged", NULL, AM_FLAGGED},
		{"\\Draft", NULL, AM_DRAFT},
		{"\\Drafts", NULL, AM_DRAFT},
	};
	const char *text = am_imap_text(v);
	bool exact;

	if (!text || !*text)
		return;
	for (size_t i = 0; i < AM_COUNT(own); i++) {
		if (g_ascii_strcasecmp(text, own[i].word) != 0)
			continue;
		msg->flags |= own[i].flag;
		if (own[i].label)
			am_message_add_label(msg, own[i].label);
		return;
	}
	char **parts = am_imap_name_parts(text, v->len, 0, utf8, &exact);
	if (parts && parts[0] && *parts[0])
		am_message_add_label(msg, parts[0]);
	g_strfreev(parts);
}

void am_imap_meta_flags(struct am_message *msg, const struct am_imap_fetch *f,
                        bool utf8)
{
	const struct am_imap_value *flags = am_imap_fetch_item(f, "FLAGS");
	const struct am_imap_value *labels =
		am_imap_fetch_item(f, "X-GM-LABELS");

	if (flags)
		read_flags(msg, flags);
	for (size_t i = 0;
	     labels && labels->type == AM_IMAP_LIST && i < labels->n_items; i++)
		add_label(msg, &labels->items[i], utf8);
}

char *am_imap_meta_origin(const struct am_folder *folder, uint32_t uidvalidity,
                          uint32_t uid)
{
	char *path = am_folder_print(folder);
	char *out = g_strdup_printf("%s;UIDVALIDITY=%" PRIu32 ";UID=%" PRIu32,
	                            path, uidvalidity, uid);

	g_free(path);
	return out;
}

/* A value that stands alone, or in a list of one: (M1234). */
static void add_prop(struct am_message *msg, const struct am_imap_fetch *f,
                     const char *key, const char *name)
{
	const struct am_imap_value *v = am_imap_fetch_item(f, key);

	if (v && v->type == AM_IMAP_LIST)
		v = v->n_items == 1 ? &v->items[0] : NULL;
	const char *text = v ? am_imap_text(v) : NULL;
	/* MODSEQ -1 (Zoho) says nothing. */
	if (text && *text && *text != '-' && v->len < 256)
		am_message_add_prop(msg, name, text, v->len);
}

static void read_date(struct am_message *msg, const struct am_imap_fetch *f)
{
	const struct am_imap_value *v = am_imap_fetch_item(f, "INTERNALDATE");
	const char *text = v ? am_imap_text(v) : NULL;
	struct am_when when;

	if (!text || !am_imap_date_parse(text, v->len, &when))
		return;
	am_message_add_date(msg, "imap", &when);
	msg->received = when;
	msg->received_from = "imap";
}

int am_imap_meta_message(const struct am_imap_fetch *f,
                         const struct am_folder *folder, uint32_t uidvalidity,
                         const struct am_imap_session *s,
                         struct am_message **out, struct am_error *err)
{
	static const struct {
		const char *key, *name;
	} props[] = {
		{"MODSEQ", "imap.modseq"},
		{"EMAILID", "imap.emailid"},
		{"THREADID", "imap.threadid"},
		{"X-GM-MSGID", "imap.gm-msgid"},
		{"X-GM-THRID", "imap.gm-thrid"},
	};
	const struct am_imap_value *size = am_imap_fetch_item(f, "RFC822.SIZE");
	uint64_t n;

	*out = NULL;
	if (!f->uid)
		return AM_END;
	int r = am_message_new(out, folder, err);
	if (r)
		return r;
	struct am_message *msg = *out;
	msg->uid = f->uid;
	msg->uidvalidity = uidvalidity;
	msg->size = size && am_imap_number(size, &n) ? n : AM_SIZE_UNKNOWN;
	char *origin = am_imap_meta_origin(folder, uidvalidity, f->uid);
	msg->origin = am_arena_strdup(msg->arena, origin);
	g_free(origin);
	read_date(msg, f);
	am_imap_meta_flags(msg, f, am_imap_session_utf8(s));
	for (size_t i = 0; i < AM_COUNT(props); i++)
		add_prop(msg, f, props[i].key, props[i].name);
	return AM_OK;
}

void am_imap_meta_fill(struct am_message *to, const struct am_message *from)
{
	if (to->size == AM_SIZE_UNKNOWN)
		to->size = from->size;
	if (!to->received.known && from->received.known) {
		am_message_add_date(to, "imap", &from->received);
		to->received = from->received;
		to->received_from = "imap";
	}
	bool labels = !to->n_labels;
	for (size_t i = 0; labels && i < from->n_labels; i++)
		am_message_add_label(to, from->labels[i]);
	for (size_t i = 0; i < from->n_props; i++)
		if (!am_message_prop(to, from->props[i].name))
			am_message_add_prop(to, from->props[i].name,
			                    from->props[i].value,
			                    from->props[i].len);
}
