/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_FORMATS_MAPI_HELP_H
#define AM_TESTS_FORMATS_MAPI_HELP_H

#include "base/arena.h"
#include "base/blob.h"
#include "formats/mapi/mail_to_mapi.h"
#include "formats/mapi/original.h"
#include "model/message.h"
#include "outlook/mapi/tags.h"
#include "support/item_container.h"

/* A mail made into an item, and what that takes. */
struct made {
	struct am_ctx ctx;
	struct am_message *msg;
	struct am_arena *arena;
	struct am_mapi_item *item;
};

/* raw has LF ends; crlf: they become CRLF. */
void made_init(struct made *m, const char *raw, size_t len, bool crlf);
void made_item(struct made *m); /* of m->msg, which may be changed before */
void made_clear(struct made *m);

/* A value of the item as text; "" when there is none. */
const char *made_text(const struct am_mapi_props *props, unsigned id);
int64_t made_int(const struct am_mapi_props *props, unsigned id);
/* All bytes of a blob, g_free() them. */
char *made_bytes(const struct am_blob *blob, size_t *len);
/* The original as the item gives it back: AM_OK, and its bytes are checked. */
int made_back(const struct made *m, struct am_error *err);

#endif
