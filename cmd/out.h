/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_OUT_H
#define MAILARK_OUT_H

#include "base/time.h"

#include <stdio.h>

struct am_folder;
struct am_json;
struct am_message;

/*
 * What goes to standard output.  Text that came out of mail goes through
 * out_clean(): control characters of a terminal must not reach it.
 */
bool out_colours(void); /* stdout is a terminal that knows colours */
/* Columns of the terminal that stdout is; else $COLUMNS, else 80. */
size_t out_width(void);
/* A copy with control characters as spaces, invalid UTF-8 repaired; lines: line
 * feeds and tabs stay.  NULL: "".  g_free() it. */
char *out_clean(const char *s, bool lines);
/* The same, cut to so many columns with "…".  g_free() it. */
char *out_fit(const char *s, size_t columns);
/* Pad to so many columns as they are seen. */
void out_padded(const char *s, size_t columns);

#define OUT_ROOM 40
/* "54.0 MiB", "812 B". */
void out_size(uint64_t bytes, char out[OUT_ROOM]);
/* "6,000". */
void out_count(uint64_t n, char out[OUT_ROOM]);
/* "1.2 s", "3 min 20 s", "2 h 5 min". */
void out_duration(double seconds, char out[OUT_ROOM]);
/* "2020-01-02 03:04", or spaces when not known; in its own zone. */
void out_when(const struct am_when *when, char out[OUT_ROOM]);

/* ["INBOX","Work"] as a JSON array of the parts. */
void out_json_folder(struct am_json *json, const struct am_folder *folder);
void out_json_flags(struct am_json *json, uint32_t flags);
void out_json_words(struct am_json *json, const char *const *words, size_t n);
/* "key": "text" (or null), "key": "2020-01-02T…" (or null). */
void out_json_text(struct am_json *json, const char *key, const char *s);
void out_json_when(struct am_json *json, const char *key,
                   const struct am_when *when);
/* Its text and a line feed to stdout; the json is then empty. */
void out_json_line(struct am_json *json);

#endif
