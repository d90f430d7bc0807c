/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILBAG_MAILBAG_H
#define AM_FORMATS_MAILBAG_MAILBAG_H

#include "model/format.h"

/*
 * A Mailbag (Mailbag Specification 1.0), which is a BagIt bag (RFC 8493):
 *
 *   bagit.txt  bag-info.txt            what it is
 *   mailbag.csv (or mailbag-1.csv …)   a row a message
 *   premis.xml                         what was done
 *   manifest-sha256.txt  -sha512.txt   hashes of all below data/
 *   tagmanifest-sha256.txt  -sha512.txt  hashes of the files above
 *   data/eml/FOLDER/ID.eml             the messages
 *   data/eml/FOLDER/ID.eml.json        what each has beside its bytes
 */
#define AM_MAILBAG_PAYLOAD "data/eml"

extern const struct am_format am_format_mailbag;
extern const struct am_option am_mailbag_options[];
AM_MUST_USE int am_mailbag_sink_open(struct am_sink **out,
                                     const struct am_location *where,
                                     struct am_ctx *ctx, struct am_error *err);

/* What of the tag files comes from outside the payload. */
struct am_mailbag_facts {
	const char *root;
	const char *id;     /* External-Identifier */
	const char *source; /* Mailbag-Source */
	struct am_ctx *ctx;
};
/* All tag files anew, from the payload as it is read back from the disk; but
 * for premis.xml, which has to be there.  *n: messages. */
AM_MUST_USE int am_mailbag_write_tags(const struct am_mailbag_facts *facts,
                                      uint64_t *n, struct am_error *err);

#endif
