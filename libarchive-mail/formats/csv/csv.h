/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CSV_CSV_H
#define AM_FORMATS_CSV_CSV_H

#include "model/format.h"

#include <glib.h>

struct am_csv;
struct am_mail_facts;

/* A table of messages, a row each, for spreadsheets and databases. */

extern const struct am_format am_format_csv;
extern const struct am_option am_csv_options[];
AM_MUST_USE int am_csv_sink_open(struct am_sink **out,
                                 const struct am_location *where,
                                 struct am_ctx *ctx, struct am_error *err);

/* A column: its name, and what of a message stands in it. */
struct am_csv_column {
	const char *name;
	void (*write)(struct am_csv *row, const struct am_message *msg,
	              const struct am_mail_facts *facts,
	              const struct am_ctx *ctx);
};
extern const struct am_csv_column am_csv_columns[]; /* ends with NULL */
#define AM_CSV_COLUMNS_DEFAULT                                               \
	"folder:date:received:from:to:cc:subject:message_id:flags:keywords:" \
	"labels:size:attachments:sha256"

#endif
