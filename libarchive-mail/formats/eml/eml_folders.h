/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_FOLDERS_H
#define AM_FORMATS_EML_FOLDERS_H

#include "formats/safe_name.h"

struct am_folder;

/*
 * Which directory of an EML tree a folder gets: its parts, each made safe for
 * the profile.  Two folders never share one, and where a directory does not
 * tell the folder's true path, AM_FOLDER_FILE in it will.
 */
struct am_eml_folder {
	char *dir;  /* relative, "" is the root */
	char *text; /* for AM_FOLDER_FILE; NULL when dir says it all */
	uint64_t n; /* messages put so far */
	bool made;  /* the sink's own use */
};

struct am_eml_folders;

struct am_eml_folders *am_eml_folders_new(enum am_safe_profile profile);
void am_eml_folders_free(struct am_eml_folders **folders);
struct am_eml_folder *am_eml_folders_get(struct am_eml_folders *folders,
                                         const struct am_folder *folder);
/* Each of them, in no particular order; stops at the first status but AM_OK
 * and hands it back. */
int am_eml_folders_each(struct am_eml_folders *folders,
                        int (*call)(void *user, struct am_eml_folder *folder),
                        void *user);

#endif
