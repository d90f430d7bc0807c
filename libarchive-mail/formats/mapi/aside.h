/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_ASIDE_H
#define AM_FORMATS_MAPI_ASIDE_H

#include "model/ctx.h"
#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

/*
 * Attachments that are too large for the file their item goes into: no PST
 * holds one of 2 GiB.  Their bytes lie in a file beside it; in their place
 * stands a text that says so to a person, with a property of ours
 * ("MailarkAside", five strings) by which both come together again:
 *
 *   bytes            in decimal
 *   SHA-256          of them, 64 hexadecimal digits
 *   file             DIRECTORY/NAME, from where the PST is; NAME begins with
 *                    32 of the digits, DIRECTORY ends in AM_ASIDE_DIR
 *   name, type       of the attachment
 *
 * A PST may come from anybody, so what it names is believed no further: a file
 * of another form, name, size or hash is none, and links are not followed.
 */
#define AM_ASIDE_DIR ".pst-files"

/* How many bytes the item's attachments and values have, and those of the items
 * in it.  *largest, unless that is NULL: the largest attachment of all these;
 * NULL: none has bytes. */
uint64_t am_aside_weight(const struct am_mapi_item *item,
                         struct am_mapi_attachment **largest);
/* Its bytes go to a file in root/dir ("mail.pst-files"), on the disk when this
 * returns; the same bytes lie there once.  *name: of the file, g_free() it. */
AM_MUST_USE int am_aside_put(struct am_mapi_attachment *att, const char *root,
                             const char *dir, char **name,
                             struct am_error *err);

/* Those of a message that are such: their names, sizes and bytes as they were,
 * or why they are not to be had.  prove: look at each byte. */
void am_aside_find(const struct am_mapi_container *in,
                   struct am_mapi_enclosure *atts, size_t n, bool prove);
/* Bytes in all such files beside this one, and in a directory of them. */
uint64_t am_aside_all(const struct am_mapi_container *in);
uint64_t am_aside_sum(const char *path);

#endif
