/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_COMPILER_H
#define AM_BASE_COMPILER_H

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AM_MUST_USE          __attribute__((warn_unused_result))
#define AM_UNUSED            __attribute__((unused))
#define AM_COUNT(array)      (sizeof(array) / sizeof((array)[0]))
/* The struct that contains *ptr as its member `field`. */
#define AM_CONTAINER(ptr, type, field) \
	((type *)(void *)(((char *)(ptr)) - offsetof(type, field)))

#endif
