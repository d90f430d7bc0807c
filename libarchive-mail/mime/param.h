/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_PARAM_H
#define AM_MIME_PARAM_H

#include "base/compiler.h"

struct am_arena;

/*
 * The parameters of a structured field, one by one and in place.
 * am_param_get() in scan.h is what most callers want.
 */
struct am_params {
	const char *at, *end;
	bool no_comments; /* an unclosed one was met: '(' is a plain letter */
};

struct am_param {
	const char *name, *value; /* value: inside the quotes, not unescaped */
	size_t name_len, value_len;
	bool quoted;
};

void am_params_init(struct am_params *p, const char *value, size_t len);
bool am_params_next(struct am_params *p, struct am_param *out);

/* The first parameter of that name with quoting undone as RFC 2045 says and
 * nothing decoded, as boundaries want it; NULL when absent. */
char *am_param_raw(struct am_arena *arena, const char *value, size_t len,
                   const char *name);

#endif
