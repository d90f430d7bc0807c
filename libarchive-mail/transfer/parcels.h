/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_PARCELS_H
#define AM_TRANSFER_PARCELS_H

#include "model/source.h"

/*
 * Files of other formats that a source comes upon (struct am_parcel): a zip in
 * a tree, an mbox in the zip.  Each is opened as what it looks like and given
 * to its end before that source goes on; parcels in it likewise, some levels
 * deep.
 *
 * A parcel is a folder of its name, without its ending, where it lies; its
 * messages have their bytes with them, since the next parcel needs no more than
 * one file open.
 */
struct am_parcels;

/* root: the file or tree that the source reads; what comes out of parcels is
 * bounded by its size.  ctx outlives it. */
struct am_parcels *am_parcels_new(struct am_ctx *ctx, const char *root);
void am_parcels_free(struct am_parcels **parcels); /* becomes NULL */

/* The item's parcel is what next() gives.  AM_FAILED: nobody can read it. */
AM_MUST_USE int am_parcels_enter(struct am_parcels *parcels,
                                 const struct am_item *item,
                                 struct am_error *err);
/* As am_source_next(); AM_END when no parcel is open (any more). */
AM_MUST_USE int am_parcels_next(struct am_parcels *parcels, struct am_item *out,
                                struct am_error *err);

#endif
