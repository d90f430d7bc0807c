/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_KEYWORD_FLAGS_H
#define AM_FORMATS_KEYWORD_FLAGS_H

#include "base/compiler.h"

struct am_message;

/* Add a keyword, or the flag that it is another spelling of: "$Forwarded",
 * "$Junk", "Junk".  "$NotJunk" and the like stay keywords. */
void am_keyword_flags_add(struct am_message *msg, const char *keyword);

#endif
