/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_ROW_LOG_H
#define AM_OUTLOOK_PST_WRITE_ROW_LOG_H

#include "outlook/pst_write/context_out.h"

/*
 * Rows of the tables of many folders, which wait until the folders are
 * complete: in one temporary file for all, in runs of rows of one table.
 */
struct am_pst_row_log {
	GByteArray *tail; /* what is not in the file yet; NULL: nothing */
	GArray *runs;     /* where the rest is; NULL: nowhere */
	uint32_t n;
};

struct am_pst_row_file {
	const char *tmpdir;
	int fd;
	uint64_t end;
	uint64_t held;     /* bytes of all tails */
	GPtrArray *active; /* logs with a tail */
};

void am_pst_row_file_init(struct am_pst_row_file *file, const char *tmpdir);
void am_pst_row_file_clear(struct am_pst_row_file *file);
void am_pst_row_log_clear(struct am_pst_row_log *log);

/* What a row of this bag comes to in a table, and no less; how many of its
 * values become subnodes. */
uint64_t am_pst_row_size(const struct am_pst_columns *columns,
                         const struct am_pst_bag *bag, uint32_t *n_long);
/* Of a bag what these columns have; the log must stay where it is. */
AM_MUST_USE int am_pst_row_log_add(struct am_pst_row_file *file,
                                   struct am_pst_row_log *log,
                                   const struct am_pst_columns *columns,
                                   uint32_t id, const struct am_pst_bag *bag,
                                   struct am_error *err);
/* Each row into the table that was begun. */
AM_MUST_USE int am_pst_row_log_put(struct am_pst_row_file *file,
                                   struct am_pst_row_log *log,
                                   struct am_pst_context_out *c,
                                   struct am_error *err);

#endif
