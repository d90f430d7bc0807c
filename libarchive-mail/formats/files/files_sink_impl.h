/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FILES_FILES_SINK_IMPL_H
#define AM_FORMATS_FILES_FILES_SINK_IMPL_H

#include "formats/batch.h"
#include "formats/files/files.h"
#include "formats/files/files_folders.h"
#include "formats/files/files_name.h"

/* What files_sink.c, which puts, and files_target.c, which opens, share. */
enum target { TO_TREE, TO_PACK, TO_ONE };

struct files_sink {
	struct am_sink base;
	const struct am_files_kind *kind;
	enum target target;
	char *empty_folder; /* code of a note */
	char *path; /* the directory of a tree or of the one file; the pack */
	char *one;  /* name of the one file */
	struct am_batch_file held, held_beside;
	enum am_safe_profile profile;
	bool label_folders;
	bool beside; /* files beside them tell what these cannot hold */
	struct am_name_template *name;
	struct am_files_folders *folders;
	struct am_files_names *names;
	struct am_batch *batch; /* of a tree, of the one file */
	struct am_pack *pack;
	uint64_t count, committed;
	bool finished;
};

/* Is the file at this path of the tree one that tells of a message? */
bool am_files_beside_ours(const struct files_sink *s, const char *path);
/* The options; then what is written to. */
AM_MUST_USE int am_files_sink_options(struct files_sink *s,
                                      const struct am_location *where,
                                      const struct am_option *t,
                                      enum am_durability *durability,
                                      struct am_error *err);
AM_MUST_USE int am_files_sink_target(struct files_sink *s, const char *path,
                                     enum am_durability durability,
                                     struct am_error *err);

#endif
