/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_ITEM_H
#define AM_OUTLOOK_MAPI_ITEM_H

#include "outlook/mapi/props.h"

struct am_blob;

/*
 * An item of Outlook's that is to be written, whole: what the writers of PST
 * and of .msg take.  A bag of properties, its recipients, its attachments,
 * which may be items again.
 *
 * Whoever makes an item leaves out what a container computes for itself: sizes
 * (PR_MESSAGE_SIZE, PR_ATTACH_SIZE), PR_HASATTACH and its bit of the flags, row
 * ids, PR_ATTACH_DATA.  Bags need not be sorted, each id is in one at most
 * once.
 *
 * Everything is in one arena, but for the blobs: an item holds a reference on
 * each, which am_mapi_item_clear() gives back.  Immutable once made, so one
 * thread may make it and another write it.
 */
struct am_mapi_item {
	struct am_mapi_props props;
	size_t n_recipients, n_attachments;
	struct am_mapi_props *recipients;
	struct am_mapi_attachment *attachments;
};

struct am_mapi_attachment {
	struct am_mapi_props props;
	struct am_blob *data;      /* PR_ATTACH_DATA_BIN, or NULL */
	struct am_mapi_item *item; /* PR_ATTACH_DATA_OBJ, or NULL */
};

struct am_mapi_item *am_mapi_item_new(struct am_arena *arena);
/* Room for one more; the address holds until the next of its kind is added. */
struct am_mapi_props *am_mapi_item_recipient(struct am_mapi_item *item);
struct am_mapi_attachment *am_mapi_item_attachment(struct am_mapi_item *item);
/* Gives its blobs back, and those of all items in it. */
void am_mapi_item_clear(struct am_mapi_item *item);

/* ---- filling a bag; values are copied into its arena ---- */

void am_mapi_put_int(struct am_mapi_props *props, unsigned id, int32_t value);
void am_mapi_put_bool(struct am_mapi_props *props, unsigned id, bool value);
/* A time that is not known is not put. */
void am_mapi_put_time(struct am_mapi_props *props, unsigned id,
                      const struct am_when *when);
/* UTF-8 that becomes a STRING; NULL is not put, bad bytes become U+FFFD. */
void am_mapi_put_text(struct am_mapi_props *props, unsigned id,
                      const char *text);
void am_mapi_put_text_n(struct am_mapi_props *props, unsigned id,
                        const char *text, size_t len);
void am_mapi_put_binary(struct am_mapi_props *props, unsigned id,
                        const void *data, size_t len);
/* A large value: STRING (UTF-16LE already) or BINARY; takes a reference. */
void am_mapi_put_blob(struct am_mapi_props *props, uint32_t tag,
                      struct am_blob *blob);
/* Several strings under a name. */
void am_mapi_put_named_texts(struct am_mapi_props *props,
                             const struct am_mapi_name *name,
                             const char *const *texts, size_t n);

/* UTF-8 to UTF-16LE; *out_len in bytes. */
uint8_t *am_mapi_utf16_of(struct am_arena *arena, const char *text, size_t len,
                          size_t *out_len);
/* The other way round of am_mapi_filetime(). */
uint64_t am_mapi_ticks(const struct am_when *when);

#endif
