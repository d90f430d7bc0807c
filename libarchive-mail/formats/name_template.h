/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_NAME_TEMPLATE_H
#define AM_FORMATS_NAME_TEMPLATE_H

#include "base/error.h"
#include "base/time.h"
#include "formats/safe_name.h"

/*
 * File names for messages, as a person describes them:
 *
 *   {date:%Y%m%d-%H%M%S}_{from}_{subject:60}_{id8}.eml
 *
 * Fields: date and received (either stands in for the other), from, to,
 * subject, message-id, folder, id8, n, size.  ":60" is a number of characters
 * at most, ":%Y…" a date in UTC with Y m d H M S y j F s and %%.  "{{" and
 * "}}" are braces.
 */
#define AM_NAME_TEMPLATE_DEFAULT \
	"{date:%Y%m%d-%H%M%S}_{from}_{subject:60}_{id8}.eml"

struct am_name_template;

/* AM_FAILED with AM_E_ARGUMENT saying what is wrong where. */
AM_MUST_USE int am_name_template_parse(struct am_name_template **out,
                                       const char *text, struct am_error *err);
/* The same for attached files, which have {stem} and {ending} (".pdf") too. */
AM_MUST_USE int am_name_template_parse_file(struct am_name_template **out,
                                            const char *text,
                                            struct am_error *err);
void am_name_template_free(struct am_name_template **t);

/* NULL and 0 where not known. */
struct am_name_fields {
	struct am_when date, received;
	const char *from, *to, *subject, *message_id, *folder;
	const char *stem, *ending; /* of the name of an attached file */
	const char *id8; /* first 8 hexadecimal digits of the bytes' SHA-256 */
	uint64_t n, size;
};

/* Never fails: a component safe in that profile, at most max_bytes long (and
 * those at least 32), cut in the longest texts so that id8 and the ending
 * stay.  g_free() it. */
char *am_name_template_make(const struct am_name_template *t,
                            const struct am_name_fields *fields,
                            enum am_safe_profile profile, size_t max_bytes);

#endif
