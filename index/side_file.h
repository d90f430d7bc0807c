/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_SIDE_FILE_H
#define AM_INDEX_SIDE_FILE_H

#include "base/error.h"

#include <glib.h>

#include <stdint.h>

struct am_file;

/*
 * How the files that a shard keeps beside Xapian's are written (places.h,
 * texts.h): a header of AM_SIDE_HEADER bytes, a body that grows as it comes, a
 * table of records behind it.  The header is written last, so a file that was
 * broken off has none.
 */
#define AM_SIDE_HEADER 48

struct am_side_file {
	int fd;
	char *path;
	uint64_t offset;     /* where in the file the next of the body goes */
	GByteArray *pending; /* of the body: append here, then move offset */
	GByteArray *table;   /* kept until the end */
};

AM_MUST_USE int am_side_open(struct am_side_file *out, const char *path,
                             struct am_error *err);
/* What is pending goes to the file; with `enough`, only when it is much. */
AM_MUST_USE int am_side_flush(struct am_side_file *side, bool enough,
                              struct am_error *err);
/* Bytes [at, end) of another file, behind the body. */
AM_MUST_USE int am_side_copy(struct am_side_file *side, struct am_file *from,
                             uint64_t at, uint64_t end, struct am_error *err);
/* Body, table and header; then the file is closed, whatever comes of it. */
AM_MUST_USE int am_side_finish(struct am_side_file *side,
                               const uint8_t header[AM_SIDE_HEADER],
                               struct am_error *err);
void am_side_close(struct am_side_file *side);

#endif
