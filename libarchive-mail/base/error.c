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

AM_PRINTF(2, 0)
static void set_text(struct am_error *err, const char *fmt, va_list args)
{
	/* By way of a buffer: an argument may point into err itself. */
	char text[sizeof err->text];

	(void)vsnprintf(text, sizeof text, fmt, args);
	trim_cut_character(text, sizeof text);
	memcpy(err->text, text, sizeof text);
}

int am_fail(struct am_error *err, enum am_status status, enum am_kind kind,
            const char *fmt, ...)
{
	if (!err)
		return status;
	va_list args;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
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
	va_list args;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);

	char buf[128];
	const char *why = strerror_r(sys, buf, sizeof buf);
	/* The reason is the shorter and the more telling half: it stays. */
	size_t keep = sizeof err->text - 1 - strnlen(why, 100) - 2;
	size_t len = strlen(err->text);
	if (len > keep) {
		err->text[keep] = '\0';
		trim_cut_character(err->text, keep + 1);
		len = strlen(err->text);
	}
	(void)snprintf(err->text + len, sizeof err->text - len, ": %.100s",
	               why);
	err->kind = kind_of(sys);
	err->sys = sys;
	errno = sys;
	return status;
}

int am_wrap(struct am_error *err, int status, const char *fmt, ...)
{
	if (!err)
		return status;
	char old[sizeof err->text];
	memcpy(old, err->text, sizeof old);

	va_list args;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);

	size_t len = strlen(err->text);
	size_t left = sizeof err->text - len;
	(void)snprintf(err->text + len, left, ": %s", old);
	trim_cut_character(err->text, sizeof err->text);
	return status;
}
