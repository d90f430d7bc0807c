/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_TMPDIR_H
#define AM_TESTS_TMPDIR_H

#include "base/compiler.h"

/*
 * A directory for one test.  Criterion runs each test in a process of its own,
 * so there is one a process: made by the first call, removed with all in it by
 * am_test_tmpdir_end(), which goes into the suite's .fini.  Whatever fails in
 * here fails the test.
 */
const char *am_test_tmpdir(void);
void am_test_tmpdir_end(void);

/* A path in it, as printf() makes it.  g_free() it. */
char *am_test_path(const char *fmt, ...) AM_PRINTF(1, 2);
/* Write a file at a path relative to it, directories and all. */
void am_test_write(const char *path, const void *data, size_t len);
void am_test_write_text(const char *path, const char *text);
void am_test_mkdir(const char *path);
/* All of a file, NUL-terminated, g_free() it; len may be NULL. */
char *am_test_read(const char *path, size_t *len);
bool am_test_exists(const char *path);
void am_test_mtime(const char *path, int64_t sec);

#endif
