/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_SAMPLE_H
#define AM_TRANSFER_SAMPLE_H

#include "model/format.h"

/*
 * What the probes of the formats look at: a bounded sample of a file or a
 * directory.  See struct am_probe for the bounds.
 */
struct am_sample;

/* AM_FAILED when there is nothing at the path, or it cannot be read, or it is
 * neither file nor directory. */
AM_MUST_USE int am_sample_take(struct am_sample **out,
                               const struct am_location *where,
                               struct am_error *err);
void am_sample_free(struct am_sample **sample);
const struct am_probe *am_sample_probe(const struct am_sample *sample);
/* "a PDF", "a JPEG image" …: what bytes are that no format of ours wants;
 * NULL when they say nothing. */
const char *am_sample_looks_like(const struct am_probe *probe);

#endif
