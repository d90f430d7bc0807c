/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_THROUGH_H
#define AM_TRANSFER_THROUGH_H

#include "model/elsewhere.h"

/*
 * Messages of an archive that knows and does not hold them, read where they
 * lie: from the file itself where its bytes are the message's, or a stretch of
 * it; else by the source of the one file or Maildir that the origin names,
 * which may find it at once (am_source_ops.find) or be read up to it.  The
 * hash decides what is right, so nothing here has to know any format.
 */
extern const struct am_elsewhere_ops am_through_ops;

#endif
