/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_FORMATS_TEST_MBOX_HELP_H
#define AM_TESTS_FORMATS_TEST_MBOX_HELP_H

#include "formats/mbox/mbox.h"
#include "model/format.h"

#include <glib.h>

/* What a source gave, flat, to be compared. */
struct got {
	char *folder, *origin, *keywords, *labels, *sender;
	GBytes *raw;
	uint32_t flags;
	enum am_exactness exactness;
	struct am_when received;
	char *received_from;
	GBytes *stored; /* from the props: before, separator, recipe, after */
};

struct run {
	GPtrArray *messages; /* struct got */
	GPtrArray *folders;  /* char * */
	GPtrArray *failures; /* "origin: text" */
	GString *notes;      /* codes, each with a blank behind */
	GString *whole;      /* all `stored`, one behind the other */
};

/* A temporary directory for one test, and its removal. */
char *mbox_tmp(void);
void mbox_tmp_remove(char **dir);
/* dir/name filled with bytes; the path is to be freed. */
char *mbox_file(const char *dir, const char *name, const void *bytes,
                size_t len);
/* Read path with options ("a=b c=d", or NULL), spooling beyond `memory`. */
struct run *mbox_run(const char *path, const char *options, size_t memory);
/* The same of bytes in a file of that name. */
struct run *mbox_run_bytes(const char *name, const void *bytes, size_t len,
                           const char *options, size_t memory);
void mbox_run_free(struct run **run);
const struct got *mbox_got(const struct run *run, size_t i);
bool mbox_raw_is(const struct got *got, const void *bytes, size_t len);
bool mbox_noted(const struct run *run, const char *code);

/* A message to write. */
struct give {
	const char *folder; /* parts joined by '/' */
	GBytes *raw;
	uint32_t flags;
	const char *keywords, *labels; /* joined by ',' */
	int64_t received;              /* 0: unknown */
	const char *sender;
};
/* Put them into path; commit unless told not to.  Status of the first call
 * that failed; notes are added to *notes when it is not NULL. */
int mbox_write(const char *path, const char *options, const struct give *give,
               size_t n, bool commit, GString *notes);
/* Put what a run read, props and all. */
int mbox_copy(const char *from, const char *to, const char *options);

#endif
