/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_WALK_H
#define AM_MIME_WALK_H

#include "mime/scan.h"

struct am_reader;

/* The parts of a message as a person knows them, over one scan. */

/* What is said about one part; strings UTF-8 in the arena, NULL when absent. */
struct am_part_info {
	const char
		*section; /* "1.2", as IMAP counts; "1" for a plain message */
	const char *type; /* as in am_part */
	const char *charset;
	const char
		*name; /* file name: Content-Disposition, else Content-Type */
	const char *disposition; /* "attachment", "inline", lower case */
	const char *content_id;  /* without <> */
	const char *encoding;    /* as written, lower case */
	bool attachment;         /* a mail client would list it as a file */
};
AM_MUST_USE int am_part_info_read(struct am_part_info *out,
                                  const struct am_blob *raw,
                                  const struct am_scan *scan, size_t part,
                                  struct am_arena *arena, struct am_error *err);
/* Index of the part with this section, or SIZE_MAX. */
size_t am_part_by_section(const struct am_scan *scan, const char *section);

/* The body of a part, as it stands or with its transfer encoding undone. */
AM_MUST_USE int am_part_raw(struct am_reader **out, const struct am_blob *raw,
                            const struct am_scan *scan, size_t part,
                            struct am_error *err);
AM_MUST_USE int am_part_decoded(struct am_reader **out,
                                const struct am_blob *raw,
                                const struct am_scan *scan, size_t part,
                                struct am_error *err);

#endif
