/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_DOCUMENT_H
#define AM_INDEX_DOCUMENT_H

#include "index/places.h"
#include "index/xapian_door.h"

struct am_blob;
struct am_extractor;
struct am_limits;
struct am_row;

/*
 * A message as the index takes it: its distinct terms and the order of its
 * words.  One of these is used for message after message; each read() replaces
 * what the last one gave.
 */
struct am_document;

struct am_document *am_document_new(void);
void am_document_free(struct am_document **doc);
AM_MUST_USE int am_document_read(struct am_document *doc,
                                 const struct am_blob *raw,
                                 const struct am_limits *limits,
                                 struct am_error *err);
/*
 * The same in two steps, with the text of attached files: begin() asks for it
 * and does not wait; finish() does, unless ready() within so many milliseconds.
 * What the document holds may be asked for behind finish().  extractor NULL:
 * they are not read.
 */
AM_MUST_USE int am_document_begin(struct am_document *doc,
                                  const struct am_blob *raw,
                                  const struct am_limits *limits,
                                  struct am_extractor *extractor,
                                  struct am_error *err);
bool am_document_ready(struct am_document *doc, unsigned ms);
AM_MUST_USE int am_document_finish(struct am_document *doc,
                                   struct am_error *err);
/* It will not be finished. */
void am_document_drop(struct am_document *doc);

/* Each once. */
const struct am_term *am_document_terms(const struct am_document *doc,
                                        size_t *n);
const uint8_t *am_document_order(const struct am_document *doc, size_t *len);
/* The beginning of its text, as index/texts.h keeps it; *more: not all. */
const uint8_t *am_document_head(const struct am_document *doc, size_t *len,
                                bool *more);
/* What columns keep of it, without its id. */
const struct am_row *am_document_row(const struct am_document *doc);
/* Date and size; the rest is for who files it. */
const struct am_place *am_document_place(const struct am_document *doc);
/* A term too long for Xapian stands as a hash; the same for queries.  out has
 * AM_TERM_MAX bytes; returns how many it takes. */
size_t am_document_fact_term(char *out, const char *prefix, const char *value);

#endif
