/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_FUZZY_H
#define MAILARK_SERVE_FUZZY_H

#include "serve/house.h"

/* am_house.rank, of the indexes: every word of the text, or one that is nearly
 * so, anywhere in the field.  user: the struct serve_index. */
int serve_fuzzy(void *user, struct am_vault *vault, const char *field,
                const char *text, struct am_ranked *out, struct am_error *err);

#endif
