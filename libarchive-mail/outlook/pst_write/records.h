/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_RECORDS_H
#define AM_OUTLOOK_PST_WRITE_RECORDS_H

#include "base/error.h"

/*
 * Records of one size that wait until the end of a file is written: many of
 * them, in a temporary file once they are more than a buffer.  Those at the end
 * may be taken back.
 */
struct am_pst_records {
	size_t width;
	uint64_t n;
	const char *tmpdir;
	int fd; /* -1: all of them are in the buffer */
	uint8_t *buf;
	uint64_t from; /* the first of those in the buffer */
	uint64_t next; /* to be read */
};

/* Sixteen or so kilobytes are allocated by the first add. */
void am_pst_records_init(struct am_pst_records *records, size_t width,
                         const char *tmpdir);
void am_pst_records_clear(struct am_pst_records *records);
AM_MUST_USE int am_pst_records_add(struct am_pst_records *records,
                                   const uint8_t *record, struct am_error *err);
/* Only the first n stay. */
void am_pst_records_cut(struct am_pst_records *records, uint64_t n);
/* Each in turn, after the last add; NULL behind the last.  *out until the next
 * call. */
AM_MUST_USE int am_pst_records_next(struct am_pst_records *records,
                                    const uint8_t **out, struct am_error *err);

#endif
