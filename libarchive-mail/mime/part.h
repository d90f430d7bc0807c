/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_PART_H
#define AM_MIME_PART_H

#include "mime/scan.h"

/* What walk.c, overview.c and text.c share about single parts. */

/* The header block of a part, in place where the message is in memory. */
struct am_part_header {
	const char *block;
	size_t len;
	char *owned; /* NULL: in place */
};
AM_MUST_USE int am_part_header_read(struct am_part_header *out,
                                    const struct am_blob *raw,
                                    const struct am_part *part, size_t max,
                                    struct am_error *err);
void am_part_header_drop(struct am_part_header *header);

/* The fields of it that say what a part is; name NULL where missing. */
struct am_part_fields {
	struct am_field type, disposition, id, encoding;
};
void am_part_fields_find(struct am_part_fields *out,
                         const struct am_part_header *header);
/* The same a field at a time, for who walks over them anyway. */
void am_part_fields_take(struct am_part_fields *out,
                         const struct am_field *field);

/* Content-Disposition's parameter, else Content-Type's; NULL: nameless. */
char *am_part_name(struct am_arena *arena, const struct am_part_fields *fields);
bool am_part_is_disposed(const struct am_part_fields *fields, const char *how);
/* Would a mail client list it as a file? */
bool am_part_is_attachment(const struct am_scan *scan, size_t part,
                           const struct am_part_fields *fields, bool has_name);
/* "1.2", as IMAP counts. */
char *am_part_section(struct am_arena *arena, const struct am_scan *scan,
                      size_t part);

#endif
