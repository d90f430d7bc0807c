/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_CODEPAGE_OPTION_H
#define AM_FORMATS_OUTLOOK_CODEPAGE_OPTION_H

#include "model/format.h"

/* The option "codepage" of all formats of Outlook's. */
AM_MUST_USE int am_codepage_option(const struct am_location *where,
                                   const struct am_option *table, unsigned *out,
                                   struct am_error *err);

#endif
