/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Separator lines, RFC 4155 app. A and beyond.  The line is cut into words; the
 * date is the first run of words that reads as one up to the end of the line,
 * and what stands before it must look like a sender.
 */
#include "formats/mbox/from_line.h"

#include "formats/mbox/from_date.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* Only "remote from host" may stand behind the date: UUCP. */
static bool ends_well(const struct am_mbox_words *l, size_t i)
{
	const struct am_mbox_word *w = l->words;
	return i == l->n ||
	       (l->n - i == 3 && w[i].len == 6 && w[i + 1].len == 4 &&
	        !memcmp(w[i].s, "remote", 6) && !memcmp(w[i + 1].s, "from", 4));
}

/* Nothing, one word, a quoted string and what sticks to it, "john doe at
 * example.org" as list archives have it, or "John Doe <j@example.org>". */
static bool sender_shaped(const struct am_mbox_words *l, size_t n)
{
	if (n <= 1)
		return true;
	struct am_mbox_word before = l->words[n - 2], last = l->words[n - 1];
	if (n >= 3 && before.len == 2 && !memcmp(before.s, "at", 2))
		return true;
	if (last.len > 2 && last.s[0] == '<' && last.s[last.len - 1] == '>')
		return true;
	/* "x@[10.0.0.1] [pi]", as a mail server wrote what it was told. */
	return n == 2 && (l->words[0].s[0] == '"' ||
	                  memchr(l->words[0].s, '@', l->words[0].len));
}

/* Gmail's message number in place of an address. */
static bool takeout(const char *s, size_t len)
{
	size_t i = 0;
	if (len <= 4 || memcmp(s + len - 4, "@xxx", 4))
		return false;
	while (i < len - 4 && g_ascii_isdigit(s[i]))
		i++;
	return i == len - 4;
}

static enum am_mbox_from_kind kind_of(const struct am_mbox_from *from,
                                      const struct am_mbox_date *d)
{
	if (d->year == 2001 && d->month == 9 && d->day == 17 && !d->hour &&
	    !d->minute && !d->second)
		return AM_MBOX_FROM_PATCH;
	const char *s = from->sender;
	size_t len = from->sender_len;
	if (len == 1 && s[0] == '-')
		return AM_MBOX_FROM_DASH;
	if (len == 7 && !memcmp(s, "?\?\?@?\?\?", 7))
		return AM_MBOX_FROM_EUDORA;
	if (takeout(s, len))
		return AM_MBOX_FROM_TAKEOUT;
	if (len > 9 && g_ascii_isdigit(*s) &&
	    !memcmp(s + len - 9, ".mbox@xxx", 9))
		return AM_MBOX_FROM_VAULT;
	return AM_MBOX_FROM_PLAIN;
}

bool am_mbox_from_parse(struct am_mbox_from *out, const uint8_t *line,
                        size_t len)
{
	struct am_mbox_words l;
	struct am_mbox_date d;
	const char *s = (const char *)line;
	*out = (struct am_mbox_from){.kind = AM_MBOX_FROM_NOT};
	if (len < 5 || len > AM_MBOX_FROM_MAX || memcmp(s, "From ", 5) ||
	    !am_mbox_words_cut(&l, s + 5, len - 5))
		return false;
	if (!l.n ||
	    (l.n == 1 && l.words[0].len == 1 && l.words[0].s[0] == '-')) {
		out->kind = l.n ? AM_MBOX_FROM_DASH : AM_MBOX_FROM_BARE;
		return true;
	}
	/* Takeout of 2025 leaves the date out. */
	if (l.n == 1 && l.words[0].len > 14 &&
	    takeout(l.words[0].s, l.words[0].len)) {
		out->kind = AM_MBOX_FROM_TAKEOUT;
		out->sender = l.words[0].s;
		out->sender_len = l.words[0].len;
		return true;
	}
	for (size_t at = 0; at < l.n; at++) {
		size_t n = am_mbox_words_date(&l, at, &d);
		if (!n || !ends_well(&l, at + n))
			continue;
		out->loose = !sender_shaped(&l, at);
		if (out->loose && !d.year)
			return false;
		out->sender = at ? l.words[0].s : s + 5;
		if (at)
			out->sender_len =
				(size_t)(l.words[at - 1].s - out->sender) +
				l.words[at - 1].len;
		out->kind = kind_of(out, &d);
		if (!d.year)
			return true;
		out->when.sec = am_time_from_civil(d.year, d.month, d.day,
		                                   d.hour, d.minute, d.second) -
		                d.zone * 60;
		out->when.offset_min = (int16_t)d.zone;
		out->when.known = true;
		out->zoned = d.zoned;
		return true;
	}
	return false;
}

bool am_mbox_from_dated(const struct am_mbox_from *from)
{
	return from->when.known && from->when.sec != 0 &&
	       (from->kind == AM_MBOX_FROM_PLAIN ||
	        from->kind == AM_MBOX_FROM_TAKEOUT ||
	        from->kind == AM_MBOX_FROM_EUDORA);
}

size_t am_mbox_from_write(char out[AM_MBOX_FROM_ROOM], const char *sender,
                          int64_t sec)
{
	char date[AM_TIME_ROOM];
	size_t len = 5;
	memcpy(out, "From ", 5);
	if (!sender)
		sender = "MAILER-DAEMON";
	else if (!*sender)
		sender = "<>";
	/* A sender such as "-" or one longer than any real one would make the
	 * line mean something else. */
	if (!strcmp(sender, "-"))
		sender = "MAILER-DAEMON";
	for (const char *s = sender; *s && len < AM_MBOX_FROM_ROOM - 60; s++) {
		uint8_t c = (uint8_t)*s;
		out[len++] = c <= ' ' || c == 0x7f || c == '"' ? '-' : *s;
	}
	out[len++] = ' ';
	am_time_asctime(sec, date);
	size_t n = strlen(date);
	memcpy(out + len, date, n + 1);
	return len + n;
}

void am_mbox_from_keep(struct am_message *msg, const uint8_t *line, size_t len)
{
	char usual[AM_MBOX_FROM_ROOM];

	if (msg->received.known && len < AM_MBOX_FROM_ROOM && len &&
	    line[len - 1] == '\n') {
		size_t n = am_mbox_from_write(usual, msg->envelope_sender,
		                              msg->received.sec);
		if (n == len - 1 && !memcmp(usual, line, n))
			len = 0;
	}
	am_message_add_prop(msg, AM_MBOX_FROM_PROP, line, len);
}

size_t am_mbox_from_kept(const struct am_message *msg,
                         char room[AM_MBOX_FROM_ROOM], const char **line)
{
	const struct am_prop *prop = am_message_prop(msg, AM_MBOX_FROM_PROP);

	*line = room;
	if (!prop)
		return 0;
	if (prop->len) {
		*line = prop->value;
		return prop->len;
	}
	size_t n = am_mbox_from_write(room, msg->envelope_sender,
	                              msg->received.sec);
	room[n] = '\n';
	return n + 1;
}
