/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_REGISTRY_H
#define AM_TRANSFER_REGISTRY_H

#include "model/format.h"

/*
 * The one list of formats, the native archive among them.  To add one: its
 * header and its row in registry.c, nothing else here or above.
 */
extern const struct am_format *const am_formats[]; /* ends with NULL */

const struct am_format *am_format_find(const char *name);

/*
 * Recognise what lies at a path by looking at it: the format with the highest
 * bid.  AM_FAILED with AM_E_UNSUPPORTED when nobody wants it (the text says
 * what it looks like), with AM_E_ARGUMENT and both names on a draw.
 */
AM_MUST_USE int am_format_detect(const struct am_location *where,
                                 const struct am_format **out,
                                 struct am_error *err);
/* What a bare target's name says: suffix, trailing '/' (Maildir); an existing
 * target is recognised as above. */
AM_MUST_USE int am_format_for_target(const struct am_location *where,
                                     const struct am_format **out,
                                     struct am_error *err);

/*
 * A location as a person writes it: PATH, FMT:PATH, URL.  `format_and_options`
 * is the word of --from or --to ("mbox,dialect=mboxrd", "archive", "segment=1G"
 * is also understood when the format is clear) or NULL.
 */
struct am_place;
AM_MUST_USE int am_place_parse(struct am_place **out, const char *text,
                               const char *format_and_options, bool target,
                               struct am_error *err);
/* A server, its options one by one ("key=value", which may hold commas, ends
 * with NULL) and the user's words beside them, which win. */
AM_MUST_USE int am_place_url(struct am_place **out, const char *url,
                             const char *const *options,
                             const char *format_and_options, bool target,
                             struct am_error *err);
void am_place_free(struct am_place **place);
const struct am_format *am_place_format(const struct am_place *place);
const struct am_location *am_place_location(const struct am_place *place);
/* A pipe or standard input: it can be read once. */
bool am_place_once(const struct am_place *place);
AM_MUST_USE int am_place_open_source(const struct am_place *place,
                                     struct am_source **out, struct am_ctx *ctx,
                                     struct am_error *err);
/* The place of a sink, read for what is there already. */
AM_MUST_USE int am_place_open_there(const struct am_place *place,
                                    struct am_source **out, struct am_ctx *ctx,
                                    struct am_error *err);
AM_MUST_USE int am_place_open_sink(const struct am_place *place,
                                   struct am_sink **out, struct am_ctx *ctx,
                                   struct am_error *err);

#endif
