/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_ENVELOPE_H
#define AM_SERVE_ENVELOPE_H

#include "base/error.h"

#include <glib.h>

struct am_blob;
struct am_limits;
struct am_part;

/* "(date subject (from) …)" of the message whose header this part has. */
AM_MUST_USE int am_envelope_put(GString *out, const struct am_blob *raw,
                                const struct am_part *part,
                                const struct am_limits *limits,
                                struct am_error *err);

/* A field's value on one line: folds go, blanks around it too. */
GString *am_field_unfold(const char *value, size_t len);
/* The list of an address field as ENVELOPE has it, "NIL" for none. */
void am_addresses_put(GString *out, const char *value, size_t len);
/* The first mailbox ("user") of it, or "" (RFC 5256 §3), g_free(). */
char *am_addresses_mailbox(const char *value, size_t len);

#endif
