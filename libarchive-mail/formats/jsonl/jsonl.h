/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_JSONL_JSONL_H
#define AM_FORMATS_JSONL_JSONL_H

#include "model/format.h"
#include "model/message_json.h"

#include <jansson.h>

struct am_box_kind;
struct am_json;
struct am_mail_facts;
struct am_reader;

/*
 * JSON Lines: one object a line, a message or a folder each; mailark-jsonl(5)
 * describes them.  The member "mailark" comes first and says which, "raw" comes
 * last and holds the bytes in base64, so that a line is written and read
 * without ever being in memory whole.
 */
#define AM_JSONL_MESSAGE AM_MESSAGE_JSON
#define AM_JSONL_FOLDER  "folder/1"

extern const struct am_format am_format_jsonl;
extern const struct am_option am_jsonl_options[];
AM_MUST_USE int am_jsonl_source_open(struct am_source **out,
                                     const struct am_location *where,
                                     struct am_ctx *ctx, struct am_error *err);
AM_MUST_USE int am_jsonl_sink_open(struct am_sink **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);

/* The members of a message's object but for raw; the object stays open. */
struct am_jsonl_wishes {
	bool headers, text;
};
void am_jsonl_write_message(struct am_json *json, const struct am_message *msg,
                            const struct am_mail_facts *facts,
                            const struct am_jsonl_wishes *wishes,
                            const struct am_ctx *ctx);

/* One line taken apart. */
struct am_jsonl_line {
	json_t *object;      /* without raw; yours to json_decref() */
	struct am_blob *raw; /* NULL: the line has none, or it was not wanted */
	bool has_raw;
	bool broken; /* the reader failed: no line follows */
};
/*
 * The next line that is not empty; AM_END behind the last.  AM_FAILED: it is no
 * object of ours, and the following call goes on behind it.  want_raw: else its
 * bytes are passed over.
 */
AM_MUST_USE int am_jsonl_read(struct am_jsonl_line *out,
                              struct am_reader *reader, bool want_raw,
                              const struct am_ctx *ctx, struct am_error *err);
/* The message of a line, whose bytes it takes. */
AM_MUST_USE int am_jsonl_message(struct am_message **out,
                                 struct am_jsonl_line *line,
                                 const struct am_folder *folder,
                                 const char *origin, struct am_ctx *ctx,
                                 struct am_error *err);
/* Such a file in a tree, which its folders stand in. */
extern const struct am_box_kind am_box_jsonl;
bool am_jsonl_sniff(const uint8_t *head, size_t len);
/* "message/1" …; NULL when it is none of ours. */
const char *am_jsonl_kind(const json_t *object);

#endif
