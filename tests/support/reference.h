/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_REFERENCE_H
#define AM_TESTS_REFERENCE_H

#include "model/source.h"

/*
 * The reference mailbox: a source made of nothing, holding in a few messages
 * everything that formats get wrong: line ends of all kinds, no final line
 * end, quoted and unquoted From_ lines, NULs, an empty message, headers alone,
 * a body alone, attachments, folder names that no file system likes, every
 * flag, keywords, labels, zones, the same bytes twice.
 *
 * fail_at: next() gives AM_FAILED for this item (1-based) instead; 0: never.
 */
struct am_source *am_reference_open(struct am_ctx *ctx, size_t fail_at);
size_t am_reference_count(void);

#endif
