/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_TNEF_NAMES_H
#define AM_INDEX_TNEF_NAMES_H

#include "base/error.h"

struct am_blob;
struct am_limits;

/*
 * What the files in a mail's winmail.dat are called, also those in messages in
 * it, so that they are found by name though nobody has opened it.  name() gets
 * each, in UTF-8.  What cannot be read has no names.
 */
AM_MUST_USE int am_tnef_names(const struct am_blob *raw,
                              const struct am_limits *limits,
                              int (*name)(void *user, const char *name,
                                          size_t len, struct am_error *err),
                              void *user, struct am_error *err);

#endif
