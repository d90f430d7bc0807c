/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_BASE_HELPERS_H
#define AM_TESTS_BASE_HELPERS_H

#include "base/error.h"

#include <glib.h>

struct am_reader;
struct am_file;

/* A reader that gives `step` bytes a time and then `ending`: AM_END, or an
 * error.  data must outlive it. */
struct am_reader *trickle(const void *data, size_t len, size_t step,
                          int ending);
/* All that a reader gives, and the status behind it; closes the reader. */
GString *drain(struct am_reader *r, int *status, struct am_error *err);
/* A new folder; gone with test_dir_remove, which frees the name. */
char *test_dir(void);
void test_dir_remove(char **dir);
/* Write a file there; returns its name, to be freed. */
char *test_file(const char *dir, const char *name, const void *data,
                size_t len);
/* The same, opened, and the name forgotten. */
struct am_file *test_open(const char *dir, const char *name, const void *data,
                          size_t len);
/* Run a program over a file's bytes, as a filter.  NULL when it is missing. */
GString *filter_through(const char *dir, const char *command, const void *data,
                        size_t len);

#endif
