/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_POP3_POP3_H
#define AM_FORMATS_POP3_POP3_H

#include "formats/server_login.h"

/* A mailbox on a POP3 server, read only. */
extern const struct am_format am_format_pop3;

extern const struct am_option am_pop3_options[];
extern const struct am_server_scheme am_pop3_schemes[];
AM_MUST_USE int am_pop3_source_open(struct am_source **out,
                                    const struct am_location *where,
                                    struct am_ctx *ctx, struct am_error *err);

#endif
