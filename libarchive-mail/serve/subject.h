/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SUBJECT_H
#define AM_SERVE_SUBJECT_H

#include "base/compiler.h"

/* A subject without what answers and lists put around it (RFC 5256 §2.1), for
 * comparing: "Re: [list] Fwd: x (fwd)" -> "x"; g_free(). */
char *am_base_subject(const char *subject, bool *is_reply);

/* Text as it is put in order: without regard to case.  g_free(). */
char *am_collated(const char *text, size_t len);

#endif
