/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_ATTACHMENTS_ATTACHMENTS_H
#define AM_FORMATS_ATTACHMENTS_ATTACHMENTS_H

#include "model/format.h"

struct am_mail_file;

/* Attached files alone, and a table of which mail each came with. */
extern const struct am_format am_format_attachments;
extern const struct am_option am_attachments_options[];
AM_MUST_USE int am_attachments_sink_open(struct am_sink **out,
                                         const struct am_location *where,
                                         struct am_ctx *ctx,
                                         struct am_error *err);

/* "pdf:image/…:.docx": which files are wanted; NULL or "": all. */
bool am_attachments_wanted(const char *types, const struct am_mail_file *file);

/*
 * What an earlier run wrote, by the table: a file by the SHA-256 of its bytes,
 * and which attachment of which mail is in the table.  Some hundred bytes a
 * file that is different, and 16 an attachment.
 */
#define AM_ATTACHMENTS_INDEX "index.csv"
struct am_attachments_known;
struct am_attachments_known *am_attachments_known_new(void);
void am_attachments_known_free(struct am_attachments_known **known);
/* The table, opened to add rows; known are those whose files are in the
 * directory that is open.  AM_E_EXISTS when it is no table of ours. */
struct am_append;
AM_MUST_USE int am_attachments_known_open(struct am_attachments_known *known,
                                          struct am_append **out,
                                          const char *path, int dir_fd,
                                          struct am_error *err);
/* The path of a file with these bytes, or NULL. */
const char *am_attachments_known_file(const struct am_attachments_known *known,
                                      const char *sha256);
void am_attachments_known_add_file(struct am_attachments_known *known,
                                   const char *sha256, const char *path);
/* Of which mail an attachment is: message's SHA-256, folder, section. */
uint64_t am_attachments_known_key(const char *message, const char *folder,
                                  const char *section);
/* false: it was there. */
bool am_attachments_known_add(struct am_attachments_known *known, uint64_t key);

/* The columns of the table. */
enum am_attachments_column {
	AM_ATTACHMENTS_FILE,
	AM_ATTACHMENTS_NAME,
	AM_ATTACHMENTS_TYPE,
	AM_ATTACHMENTS_SIZE,
	AM_ATTACHMENTS_SHA256,
	AM_ATTACHMENTS_DATE,
	AM_ATTACHMENTS_FROM,
	AM_ATTACHMENTS_SUBJECT,
	AM_ATTACHMENTS_MESSAGE_ID,
	AM_ATTACHMENTS_FOLDER,
	AM_ATTACHMENTS_SECTION,
	AM_ATTACHMENTS_MESSAGE_SHA256,
	AM_ATTACHMENTS_COLUMNS
};

#endif
