/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/recurrence.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "outlook/mapi/props.h"

#include <string.h>

/* Bits of an exception's OverrideFlags, each with what it brings. */
enum override {
	SUBJECT = 0x1,
	MEETING_TYPE = 0x2,
	REMINDER_DELTA = 0x4,
	REMINDER = 0x8,
	LOCATION = 0x10,
	BUSY = 0x20,
	ATTACHMENT = 0x40,
	SUB_TYPE = 0x80,
	COLOUR = 0x100
};

/* A count, and so many moments. */
static bool read_days(struct am_cursor *c, struct am_arena *arena,
                      uint32_t **out, size_t *n)
{
	size_t count = am_get_le32(c);

	if (c->bad || count > am_cursor_left(c) / 4)
		return false;
	*out = am_arena_alloc(arena, (count + 1) * sizeof(**out));
	for (size_t i = 0; i < count; i++)
		(*out)[i] = am_get_le32(c);
	*n = count;
	return true;
}

/* RecurrencePattern, 2.2.1.44.1 */
static bool read_pattern(struct am_mapi_recurrence *out, struct am_cursor *c,
                         struct am_arena *arena)
{
	if (am_get_le16(c) != 0x3004)
		return false;
	(void)am_get_le16(c); /* writer's version */
	out->frequency = am_get_le16(c);
	out->pattern = am_get_le16(c);
	out->calendar = am_get_le16(c);
	(void)am_get_le32(c); /* FirstDateTime: follows from the rest */
	out->period = am_get_le32(c);
	(void)am_get_le32(c); /* SlidingFlag: tasks that begin when done */
	switch (out->pattern) {
	case AM_RECUR_DAY:
		break;
	case AM_RECUR_WEEK:
		out->weekdays = am_get_le32(c);
		break;
	case AM_RECUR_MONTH_NTH:
	case 0x0b:
		out->weekdays = am_get_le32(c);
		out->nth = am_get_le32(c);
		break;
	case AM_RECUR_MONTH:
	case AM_RECUR_MONTH_END:
	case 0x0a:
	case 0x0c:
		out->day = am_get_le32(c);
		break;
	default:
		return false;
	}
	out->ends = am_get_le32(c);
	out->count = am_get_le32(c);
	out->first_weekday = am_get_le32(c);
	if (!read_days(c, arena, &out->deleted, &out->n_deleted) ||
	    !read_days(c, arena, &out->modified, &out->n_modified))
		return false;
	out->first_day = am_get_le32(c);
	out->last_day = am_get_le32(c);
	return !c->bad;
}

/* Two lengths, the first with a NUL that is not there. */
static const char *read_narrow(struct am_cursor *c, unsigned codepage,
                               struct am_arena *arena)
{
	(void)am_get_le16(c);
	size_t len = am_get_le16(c), got;

	if (c->bad || len > am_cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	const char *text = am_charset_to_utf8(arena, am_mapi_charset(codepage),
	                                      (const char *)c->at, len, &got);
	c->at += len;
	return strlen(text) == got ? text : am_utf8_repair(arena, text, got);
}

static const char *read_wide(struct am_cursor *c, struct am_arena *arena)
{
	size_t len = 2 * (size_t)am_get_le16(c);

	if (c->bad || len > am_cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	const char *text = am_mapi_utf16(arena, c->at, len, NULL);
	c->at += len;
	return text;
}

static void skip_sized(struct am_cursor *c)
{
	size_t len = am_get_le32(c);

	if (c->bad || len > am_cursor_left(c))
		c->bad = true;
	else
		c->at += len;
}

/* ExceptionInfo, 2.2.1.44.2; its flags. */
static unsigned read_exception(struct am_mapi_exception *out,
                               struct am_cursor *c, unsigned codepage,
                               struct am_arena *arena)
{
	static const unsigned numbers[] = {BUSY, ATTACHMENT, SUB_TYPE, COLOUR};

	*out = (struct am_mapi_exception){0};
	out->start = am_get_le32(c);
	out->end = am_get_le32(c);
	out->original = am_get_le32(c);
	unsigned flags = am_get_le16(c);
	if (flags & SUBJECT)
		out->subject = read_narrow(c, codepage, arena);
	for (unsigned bit = MEETING_TYPE; bit <= REMINDER; bit <<= 1)
		if (flags & bit)
			(void)am_get_le32(c);
	if (flags & LOCATION)
		out->location = read_narrow(c, codepage, arena);
	for (size_t i = 0; i < AM_COUNT(numbers); i++)
		if (flags & numbers[i])
			(void)am_get_le32(c);
	return flags;
}

/* ExtendedException, 2.2.1.44.4: the same texts in Unicode. */
static void read_extended(struct am_mapi_exception *out, struct am_cursor *c,
                          unsigned flags, unsigned version,
                          struct am_arena *arena)
{
	if (version >= 0x3009)
		skip_sized(c); /* ChangeHighlight */
	skip_sized(c);
	if (!(flags & (SUBJECT | LOCATION)))
		return;
	for (unsigned i = 0; i < 3; i++)
		(void)am_get_le32(c); /* the three moments again */
	const char *subject = flags & SUBJECT ? read_wide(c, arena) : NULL;
	const char *location = flags & LOCATION ? read_wide(c, arena) : NULL;
	skip_sized(c);
	if (c->bad)
		return;
	out->subject = subject ? subject : out->subject;
	out->location = location ? location : out->location;
}

/* AppointmentRecurrencePattern, 2.2.1.44.5 */
static bool read_times(struct am_mapi_recurrence *out, struct am_cursor *c,
                       unsigned codepage, struct am_arena *arena)
{
	enum { SMALLEST = 14 };
	unsigned reader = am_get_le32(c), version = am_get_le32(c);

	out->start = am_get_le32(c);
	out->end = am_get_le32(c);
	size_t n = am_get_le16(c);
	if (c->bad || reader != 0x3006 || n > am_cursor_left(c) / SMALLEST)
		return false;
	out->has_times = true;
	out->exceptions =
		am_arena_alloc(arena, (n + 1) * sizeof(*out->exceptions));
	unsigned *flags = am_arena_alloc(arena, (n + 1) * sizeof(*flags));
	for (size_t i = 0; i < n; i++) {
		flags[i] =
			read_exception(&out->exceptions[i], c, codepage, arena);
		if (c->bad)
			return false;
		out->n_exceptions++;
	}
	skip_sized(c);
	for (size_t i = 0; i < n && !c->bad; i++)
		read_extended(&out->exceptions[i], c, flags[i], version, arena);
	return !c->bad;
}

int am_mapi_recurrence_read(struct am_mapi_recurrence *out, const uint8_t *data,
                            size_t len, unsigned codepage,
                            struct am_arena *arena, bool *whole,
                            struct am_error *err)
{
	struct am_cursor c = am_cursor(data, len);

	memset(out, 0, sizeof(*out));
	if (!read_pattern(out, &c, arena))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%zu bytes that are no rule of recurrence", len);
	*whole = !am_cursor_left(&c) || read_times(out, &c, codepage, arena);
	return AM_OK;
}
