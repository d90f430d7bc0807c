/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_EXTRACT_PROGRAM_H
#define AM_TESTS_EXTRACT_PROGRAM_H

/* The mailark-extract that was built beside $MAILARK.  g_free() it. */
char *am_test_extract_program(void);

#endif
