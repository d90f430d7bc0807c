/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_BLOB_IMPL_H
#define AM_BASE_BLOB_IMPL_H

#include "base/compiler.h"

struct am_blob;

/* What spool.c needs of blob.c and nobody else: a blob over the first `size`
 * bytes of a file without a name.  Takes fd. */
struct am_blob *am_blob_of_fd(int fd, uint64_t size);

#endif
