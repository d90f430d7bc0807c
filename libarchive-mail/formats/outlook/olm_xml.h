/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_OLM_XML_H
#define AM_FORMATS_OUTLOOK_OLM_XML_H

#include "base/error.h"

#include <glib.h>

struct am_reader;

/*
 * The XML of an OLM: a list whose members are items.
 *
 *   <emails elementCount="1"><email>
 *     <OPFMessageCopySubject>…</OPFMessageCopySubject>
 *     <OPFMessageCopyToAddresses><emailAddress …="…"/></…>
 *   </email></emails>
 *
 * One item at a time is in memory.
 */
struct am_olm_node {
	char *name;
	char **attributes; /* name, value, name … NULL */
	GString *text;
	GPtrArray *children; /* struct am_olm_node *, or NULL */
};

/* NULL when there is none of that name; "" of one that is empty. */
const struct am_olm_node *am_olm_child(const struct am_olm_node *node,
                                       const char *name);
const char *am_olm_text(const struct am_olm_node *node, const char *name);
const char *am_olm_attribute(const struct am_olm_node *node, const char *name);
void am_olm_node_free(struct am_olm_node *node);

struct am_olm_xml;
/* Takes the reader, also when it fails. */
struct am_olm_xml *am_olm_xml_new(struct am_reader *from);
void am_olm_xml_free(struct am_olm_xml **xml); /* becomes NULL */
/* The next item, am_olm_node_free() it; AM_END behind the last.  AM_FAILED:
 * what is left of the file cannot be read. */
AM_MUST_USE int am_olm_xml_next(struct am_olm_xml *xml,
                                struct am_olm_node **out, struct am_error *err);

#endif
