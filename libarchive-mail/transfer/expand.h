/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_EXPAND_H
#define AM_TRANSFER_EXPAND_H

#include "model/source.h"

/* A source whose mails come with their winmail.dat opened (tnef=expand).  Takes
 * `inner`, and closes it with itself. */
struct am_source *am_expand_new(struct am_source *inner);

#endif
