/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_BANNED_H
#define AM_BASE_BANNED_H

/*
 * Functions we never call, turned into compile errors.  The Makefile puts this
 * file in front of every C file of ours with -include.
 *
 * Poisoning is deaf to intent: a name may not even be declared afterwards.  So
 * whatever declares one of these, or uses one in a macro, comes first; GLib
 * does both for alloca.  C++ has its own headers that re-export the C names,
 * and the one C++ file of ours uses none of them: nothing happens there.
 *
 * Instead: g_strlcpy, g_snprintf, am_arena_printf, GString for text; strtol
 * with its end pointer or a parser of our own for numbers; am_time_civil for
 * dates; am_file_temp for temporary files.
 */
#ifndef __cplusplus

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#if __has_include(<glib.h>)
#include <glib.h>
#endif

/* Macros of glibc's, with clang and _FORTIFY_SOURCE. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat
#pragma GCC poison sprintf vsprintf gets strtok
#pragma GCC poison atoi atol
#pragma GCC poison localtime gmtime ctime asctime
#undef alloca
#pragma GCC poison mktemp tmpnam alloca system

#endif
#endif
