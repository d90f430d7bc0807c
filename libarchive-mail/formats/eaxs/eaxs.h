/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EAXS_EAXS_H
#define AM_FORMATS_EAXS_EAXS_H

#include "model/format.h"

#include <glib.h>

struct am_mail_facts;

/*
 * Email Account XML Schema of the State Archives of North Carolina and the
 * Smithsonian Institution Archives: one XML file for an account, and beside it
 * NAME.premis.xml with what was done.
 */
#define AM_EAXS_NAMESPACE \
	"https://github.com/StateArchivesOfNorthCarolina/tomes-eaxs"

extern const struct am_format am_format_eaxs;
extern const struct am_option am_eaxs_options[];
AM_MUST_USE int am_eaxs_sink_open(struct am_sink **out,
                                  const struct am_location *where,
                                  struct am_ctx *ctx, struct am_error *err);

/* The place in the text where the number of the message is to stand: they are
 * given in order, the text is made on any thread. */
#define AM_EAXS_LOCAL_ID "\001"

/* <Message>…</Message>. */
AM_MUST_USE int am_eaxs_message(GString *out, const struct am_message *msg,
                                const struct am_mail_facts *facts,
                                const struct am_ctx *ctx, struct am_error *err);

#endif
