/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FILES_FILES_FOLDERS_H
#define AM_FORMATS_FILES_FILES_FOLDERS_H

#include "formats/safe_name.h"

struct am_folder;

/*
 * Which directory of a tree of files a folder gets: its parts, each made safe
 * for the profile.  Two folders never share one, and where a directory does not
 * tell the folder's true path, AM_FOLDER_FILE in it will.
 */
struct am_files_folder {
	char *dir;  /* relative, "" is the root */
	char *text; /* for AM_FOLDER_FILE; NULL when dir says it all */
	uint64_t n; /* messages put so far */
	bool made;  /* the sink's own use */
};

struct am_files_folders;

struct am_files_folders *am_files_folders_new(enum am_safe_profile profile);
void am_files_folders_free(struct am_files_folders **folders);
struct am_files_folder *am_files_folders_get(struct am_files_folders *folders,
                                             const struct am_folder *folder);
/* The file system would not have it under that name: a plain one. */
void am_files_folders_plain(struct am_files_folder *f,
                            const struct am_folder *folder);
/* Each of them, in no particular order; stops at the first status but AM_OK
 * and hands it back. */
int am_files_folders_each(struct am_files_folders *folders,
                          int (*call)(void *user,
                                      struct am_files_folder *folder),
                          void *user);

#endif
