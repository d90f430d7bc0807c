/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_TNEF_TNEF_H
#define AM_OUTLOOK_TNEF_TNEF_H

#include "base/error.h"
#include "outlook/mapi/item.h"

/*
 * TNEF ([MS-OXTNEF]), "winmail.dat": an item of Outlook's as one stream of
 * attributes, some of which are lists of MAPI properties.
 *
 * It is read leniently: wrong checksums, an end in the middle or garbage behind
 * the last attribute are told, and what was read is there.  Large values and
 * the data of attachments stay in the blob.
 */
struct am_tnef_options {
	unsigned codepage; /* of 8-bit text where the stream does not say it */
	void (*damage)(void *user, const char *text);
	void *user;
};

bool am_tnef_sniff(const uint8_t *head, size_t len);
/* The item is in the arena; am_mapi_item_clear() it.  AM_FAILED: there is
 * nothing of TNEF in it. */
AM_MUST_USE int am_tnef_read(struct am_mapi_item **out, struct am_blob *blob,
                             const struct am_tnef_options *options,
                             struct am_arena *arena, struct am_error *err);

#endif
