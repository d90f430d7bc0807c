/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_EML_H
#define AM_FORMATS_EML_EML_H

#include "formats/files/files.h"

/* Single messages as files: one, a tree of directories, a zip or tar. */
extern const struct am_format am_format_eml;

/* The parts of it. */
extern const struct am_files_kind am_eml_kind;
extern const struct am_option am_eml_options[];
AM_MUST_USE int am_eml_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);

struct am_file;
/* all: what looks like mail too, not only *.eml.  leave: members of other
 * formats are parcels, not failures. */
AM_MUST_USE int am_eml_container_open(struct am_source **out,
                                      struct am_file *file, bool all,
                                      bool leave, struct am_ctx *ctx,
                                      struct am_error *err);

#endif
