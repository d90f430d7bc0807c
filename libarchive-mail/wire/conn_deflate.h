/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_CONN_DEFLATE_H
#define AM_WIRE_CONN_DEFLATE_H

#include "base/error.h"

/*
 * COMPRESS=DEFLATE (RFC 4978): raw deflate both ways, one stream for the life
 * of the connection.  Only wire/conn.c knows it.
 */
struct am_zip;

AM_MUST_USE int am_zip_new(struct am_zip **out, bool server,
                           struct am_error *err);
void am_zip_free(struct am_zip **zip);

/*
 * What comes in: am_zip_feed() gives it packed bytes, which must stay where
 * they are until am_zip_hungry() says that they are used up; am_zip_take()
 * gives plain ones, perhaps none.  AM_FATAL: damaged, or a bomb.
 */
void am_zip_feed(struct am_zip *zip, const void *data, size_t len);
bool am_zip_hungry(const struct am_zip *zip);
AM_MUST_USE int am_zip_take(struct am_zip *zip, void *buf, size_t room,
                            size_t *got, struct am_error *err);

/*
 * What goes out: packs from *data (moving it and *len on) into buf; *got < room
 * when it wants more.  With flush, all that was given comes out, and the peer
 * can unpack it; again until *got < room.
 */
void am_zip_pack(struct am_zip *zip, const uint8_t **data, size_t *len,
                 bool flush, void *buf, size_t room, size_t *got);

#endif
