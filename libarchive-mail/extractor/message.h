/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_MESSAGE_H
#define AM_EXTRACTOR_MESSAGE_H

#include "extractor/found.h"

struct am_blob;
struct am_cfb;

/* What a compound file may be: a message, or a document of Office 97's.
 * Streams of cfb are read; it stays open. */
void am_extract_msg(struct am_found *f, struct am_blob *blob, unsigned depth);
void am_extract_doc(struct am_found *f, struct am_cfb *cfb, uint32_t stream);
void am_extract_xls(struct am_found *f, struct am_cfb *cfb, uint32_t stream);
void am_extract_ppt(struct am_found *f, struct am_cfb *cfb, uint32_t stream);

#endif
