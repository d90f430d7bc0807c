/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_XML_TEXT_H
#define AM_FORMATS_XML_TEXT_H

#include "base/compiler.h"

#include <glib.h>

/* Writing XML 1.0 into a growing text. */

/* As the content of an element or of an attribute in double quotes; what XML
 * has no letter for becomes U+FFFD. */
void am_xml_text(GString *out, const char *s, size_t len);
/* Are all characters such that XML has them? */
bool am_xml_can(const char *s, size_t len);
/* <name>text</name>, a line of its own; nothing when text is NULL. */
void am_xml_element(GString *out, const char *name, const char *text);

#endif
