/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FOLDER_FILE_H
#define AM_FORMATS_FOLDER_FILE_H

#include "base/error.h"

struct am_folder;

/*
 * A folder whose name no directory can have (too long, or characters the
 * target forbids) gets a directory with a name as near as possible, and in it
 * a file that holds the true path, so that reading it back is exact.
 *
 * The file holds the path as am_folder_print() writes it, and a line feed.
 */
#define AM_FOLDER_FILE "mailark-folder"

/* The text of such a file; g_free() it. */
char *am_folder_file_text(const struct am_folder *folder);
/*
 * Take such a text apart: NULL-terminated parts for g_strfreev(), or NULL when
 * it is not one (not UTF-8, an empty part, more than 64 KiB or 256 parts).
 */
char **am_folder_file_parse(const char *text, size_t len);
/* The same of the file in this open directory; NULL when there is none. */
char **am_folder_file_read(int dir_fd);

#endif
