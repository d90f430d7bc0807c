/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_JSON_H
#define AM_BASE_JSON_H

#include "base/compiler.h"

/*
 * Writing JSON (RFC 8259) into a growing buffer: the calls follow the shape
 * of the document and commas come by themselves.
 *
 *   am_json_open(j, '{'); am_json_key(j, "n"); am_json_int(j, 3);
 *   am_json_close(j, '}');
 *
 * Strings may be any bytes: what is not UTF-8 becomes U+FFFD.
 */
struct am_json;

struct am_json *am_json_new(void);
void am_json_free(struct am_json **json);
void am_json_open(struct am_json *json, char bracket);  /* '{' or '[' */
void am_json_close(struct am_json *json, char bracket); /* '}' or ']' */
void am_json_key(struct am_json *json, const char *key);
void am_json_string(struct am_json *json, const char *s); /* NULL: null */
void am_json_stringn(struct am_json *json, const char *s, size_t len);
void am_json_int(struct am_json *json, int64_t n);
void am_json_uint(struct am_json *json, uint64_t n);
void am_json_double(struct am_json *json, double n);
void am_json_bool(struct am_json *json, bool b);
void am_json_null(struct am_json *json);
/* The text so far, the json's until its next call; take resets it. */
const char *am_json_text(const struct am_json *json, size_t *len);
void am_json_reset(struct am_json *json);

#endif
