/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text cut in the middle of a character is no longer UTF-8. */
static void trim_cut_character(char *text, size_t room)
{
	size_t len = strlen(text);

	if (len + 1 < room)
		return;
	size_t start = len;
	while (start && ((uint8_t)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (!start || (uint8_t)text[start - 1] < 0xC0)
		return;
	uint8_t lead = (uint8_t)text[start - 1];
	size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
	if (len - start < need)
		text[start - 1] = '\0';
}

enum {
	WHOLE = 4608,    /* a path, and what is wrong with it */
	REASON_MAX = 120 /* what stands behind the last ": " */
};

/* The reason is the shorter and the more telling half: of a text that is too
 * long the middle goes, or without a reason the end. */
static void keep(struct am_error *err, const char *text)
{
	size_t room = sizeof err->text, len = strlen(text), tail = 0;

	if (len >= room)
		for (const char *p = text; (p = strstr(p, ": ")); p++)
			tail = strlen(p);
	if (tail > REASON_MAX)
		tail = 0;
	size_t head = len < room ? len : room - 1 - tail;
	memcpy(err->text, text, head);
	err->text[head] = '\0';
	if (len < room)
		return;
	trim_cut_character(err->text, head + 1);
	head = strlen(err->text);
	memcpy(err->text + head, text + len - tail, tail + 1);
}

int am_fail(struct am_error *err, enum am_status status, enum am_kind kind,
            const char *fmt, ...)
{
	if (!err)
		return status;
	/* By way of a buffer: an argument may point into err itself. */
	char text[WHOLE];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	keep(err, text);
	err->kind = kind;
	err->sys = 0;
	return status;
}

static enum am_kind kind_of(int sys)
{
	switch (sys) {
	case ENOENT:
		return AM_E_NOTFOUND;
	case EEXIST:
		return AM_E_EXISTS;
	case ENOMEM:
		return AM_E_MEMORY;
	default:
		return AM_E_IO;
	}
}

int am_fail_sys(struct am_error *err, enum am_status status, const char *fmt,
                ...)
{
	int sys = errno;

	if (!err)
		return status;
	char text[WHOLE], whole[WHOLE + REASON_MAX], buf[128];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	(void)snprintf(whole, sizeof whole, "%s: %.100s", text,
	               strerror_r(sys, buf, sizeof buf));
	keep(err, whole);
	err->kind = kind_of(sys);
	err->sys = sys;
	errno = sys;
	return status;
}

int am_wrap(struct am_error *err, int status, const char *fmt, ...)
{
	if (!err)
		return status;
	char text[WHOLE], whole[WHOLE + 2 + sizeof err->text];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	(void)snprintf(whole, sizeof whole, "%s: %s", text, err->text);
	keep(err, whole);
	return status;
}
