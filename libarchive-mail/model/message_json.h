/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_MESSAGE_JSON_H
#define AM_MODEL_MESSAGE_JSON_H

#include "model/message.h"

#include <jansson.h>

struct am_json;

/*
 * A message's meta data as JSON: all that travels beside the bytes, in words
 * that are the same in lists, in JSON Lines and in the files beside .eml ones
 * (mailark-jsonl(5)).
 */

/* The value of "mailark", the first member, of an object that is a message. */
#define AM_MESSAGE_JSON "message/1"

/* ["INBOX","Work"]; ["seen"]; ["a","b"]. */
void am_message_json_folder(struct am_json *json,
                            const struct am_folder *folder);
void am_message_json_flags(struct am_json *json, uint32_t flags);
void am_message_json_words(struct am_json *json, const char *const *words,
                           size_t n);
/* "key": "text" (or null), "key": "2020-01-02T…" (or null; seconds as a number
 * where no date in that form is the same moment). */
void am_message_json_text(struct am_json *json, const char *key, const char *s);
void am_message_json_when(struct am_json *json, const char *key,
                          const struct am_when *when);

/* The members of an object that is open: folder, origin, flags … props. */
void am_message_json_write(struct am_json *json, const struct am_message *msg);

/* What such an object says, into a message that has its folder already.
 * Nothing is required; members of another type than they should be count as
 * absent, and what is absent changes nothing.  Where it was before becomes the
 * property "provenance.origin". */
void am_message_json_read(struct am_message *msg, const json_t *object);
/* Its folder, with role and whether subscribed; no member: the root.
 * AM_E_FORMAT when it is none. */
AM_MUST_USE int am_message_json_read_folder(const struct am_folder **out,
                                            const json_t *object,
                                            struct am_error *err);

#endif
