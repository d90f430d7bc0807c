/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_COLUMNS_IMPL_H
#define AM_INDEX_COLUMNS_IMPL_H

#include "index/columns.h"
#include "index/side_file.h"

/* Of a file: the columns, then two for each dictionary. */
#define AM_COLUMN_SECTIONS (AM_COLUMN_COUNT + 2 * AM_DICTIONARY_COUNT)

struct am_section {
	uint64_t offset, len;
};

struct am_dictionary_texts {
	bool loaded;
	uint32_t n;
	uint32_t *starts; /* n + 1 */
	char *texts;      /* each NUL-terminated */
};

struct am_columns {
	struct am_file *file;
	uint64_t n;
	uint32_t first, last;
	struct am_section sections[AM_COLUMN_SECTIONS];
	struct am_dictionary_texts dictionaries[AM_DICTIONARY_COUNT];
};

/* Which column a dictionary numbers the texts of. */
enum am_column am_dictionary_column(enum am_dictionary dictionary);
void am_columns_header(uint8_t to[AM_SIDE_HEADER], uint64_t n, uint64_t table,
                       uint32_t first, uint32_t last);
/* The table from sections, the header, the end. */
AM_MUST_USE int am_columns_seal(struct am_side_file *side,
                                const struct am_section *sections, uint64_t n,
                                uint32_t first, uint32_t last,
                                struct am_error *err);
/* A piece of the section that is written. */
AM_MUST_USE int am_columns_put(struct am_side_file *side, const void *data,
                               size_t len, struct am_error *err);
int am_columns_corrupt(const struct am_columns *c, struct am_error *err);

#endif
