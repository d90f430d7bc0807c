/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_POP3_FETCH_H
#define AM_FORMATS_POP3_FETCH_H

#include "formats/pop3/drop.h"

struct am_blob;
struct am_pop3_fetcher;

/*
 * Messages asked for ahead and had one by one.  Under PIPELINING several RETRs
 * are under way, as many as fit into a window of bytes; otherwise one.
 *
 * A refusal or an empty answer is asked for once more.  A lost connection is
 * opened again and what was not had yet is asked for anew; a message that the
 * connection was lost over three times is given up, and the rest goes on.
 */
AM_MUST_USE int am_pop3_fetcher_new(struct am_pop3_fetcher **out,
                                    struct am_server_login *login,
                                    struct am_error *err);
/* Gives the session back, NULL when something is still under way in it: then
 * it is closed. */
struct am_pop3_session *am_pop3_fetcher_free(struct am_pop3_fetcher **fetcher);

/* What there is; the fetcher's.  Numbers in it change. */
struct am_pop3_drop *am_pop3_fetcher_drop(struct am_pop3_fetcher *fetcher);
/* The mail at that place of the drop will be wanted. */
AM_MUST_USE int am_pop3_fetcher_ask(struct am_pop3_fetcher *fetcher,
                                    size_t mail, struct am_error *err);
/* Now; asks by itself when nobody did.  Those asked for before it and not yet
 * had are given up.  AM_FAILED: this one cannot be had. */
AM_MUST_USE int am_pop3_fetcher_have(struct am_pop3_fetcher *fetcher,
                                     size_t mail, struct am_blob **out,
                                     struct am_error *err);

#endif
