/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What clang's analyzer is told before it reads a file: it sees one file at a
 * time and cannot know that these return the status they are given, so every
 * failure seemed to go on as if nothing had happened.
 */
#include "base/error.h"

#include <glib.h>

#define am_fail(err, status, ...) (am_fail(err, status, __VA_ARGS__), (status))
#define am_fail_sys(err, status, ...) \
	(am_fail_sys(err, status, __VA_ARGS__), (status))
#define am_wrap(err, status, ...) (am_wrap(err, status, __VA_ARGS__), (status))

/* It knows g_free() but not this one, so every list freed seemed to leak. */
void am_told_frees(char **list);
#define g_strfreev(list) am_told_frees(list)
