/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAIL_TO_MAPI_H
#define AM_FORMATS_MAPI_MAIL_TO_MAPI_H

#include "base/hash.h"
#include "model/ctx.h"
#include "outlook/mapi/item.h"

struct am_coder;
struct am_message;

/*
 * An item of Outlook's of a mail: what PST and .msg are written from.  The way
 * back is mapi_to_mail.h.
 *
 * The item is made for Outlook: a header as properties, bodies, recipients,
 * attachments, messages in messages.  What makes the very same bytes of it
 * again goes along as a property of ours (original.h), and what the message
 * had beside its bytes as another (item_meta.h).
 *
 * Pure: any thread, several at once.  Nothing large stays in memory; pieces of
 * the mail itself stay in its blob, of which the item holds references, and
 * what had to be decoded goes to one spool.
 *
 * The item is in the arena.  am_mapi_item_clear() it before the arena goes;
 * not when this failed.
 */
AM_MUST_USE int am_mail_to_mapi(struct am_mapi_item **out,
                                const struct am_message *msg,
                                struct am_arena *arena,
                                const struct am_ctx *ctx, struct am_error *err);

/* The same for a PST, which has two characters in front of each subject that
 * say how long its "Re: " is ([MS-PST] 2.5.3.1.1.1).  The coder is for one
 * call at a time; what it made before shows in nothing. */
AM_MUST_USE int
am_mail_to_mapi_stored(struct am_mapi_item **out, const struct am_message *msg,
                       struct am_arena *arena, struct am_coder *coder,
                       const struct am_ctx *ctx, struct am_error *err);

/* The SHA-256 of the mail that the item was made of. */
void am_mail_to_mapi_hash(const struct am_mapi_item *item,
                          uint8_t out[AM_SHA256_LEN]);

#endif
