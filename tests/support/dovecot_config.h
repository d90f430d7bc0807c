/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_DOVECOT_CONFIG_H
#define AM_TESTS_DOVECOT_CONFIG_H

#include "tests/support/dovecot.h"

/* Write dovecot.conf, users, certificate and homes into d->dir; d has its ports
 * already.  Part of dovecot.c. */
void dovecot_configure(struct dovecot *d, const char *more);

#endif
