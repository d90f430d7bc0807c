/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_ANY_H
#define AM_EXTRACTOR_ANY_H

#include "extract/hint.h"
#include "extractor/found.h"

/*
 * The text of a file held in memory, whatever it is, and of the files in it.
 * depth: how many others it lies in.
 */
void am_extract_any(struct am_found *f, enum am_extract_hint hint,
                    const uint8_t *data, size_t len, unsigned depth);
/* A file in another: its name is filed, its text goes under it. */
void am_extract_member(struct am_found *f, const char *type, const char *name,
                       const uint8_t *data, size_t len, unsigned depth);
/* The same where its name is known already. */
void am_extract_inner(struct am_found *f, const char *type, const char *name,
                      const uint8_t *data, size_t len, unsigned depth);
/* All of it, as am_reader_fn (extractor/serve.h). */
unsigned am_extract_document(unsigned hint, const uint8_t *data, size_t len,
                             uint8_t **pieces, size_t *n);
/* Load what must be loaded before there is no more file to be opened. */
void am_extract_warm_up(void);

/* One kind of file each. */
void am_extract_pdf(struct am_found *f, const uint8_t *data, size_t len,
                    unsigned depth);
void am_extract_packed(struct am_found *f, const uint8_t *data, size_t len,
                       unsigned depth);
void am_extract_cfb(struct am_found *f, const uint8_t *data, size_t len,
                    unsigned depth);
void am_extract_rtf(struct am_found *f, const uint8_t *data, size_t len);
void am_extract_text(struct am_found *f, const uint8_t *data, size_t len);
void am_extract_markup(struct am_found *f, const uint8_t *data, size_t len);
void am_extract_card(struct am_found *f, const uint8_t *data, size_t len);
void am_extract_mail(struct am_found *f, const uint8_t *data, size_t len,
                     unsigned depth);
void am_extract_tnef(struct am_found *f, const uint8_t *data, size_t len,
                     unsigned depth);

#endif
