/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_ENTITY_H
#define AM_MIME_HTML_ENTITY_H

#include "base/compiler.h"

/* Code point of a named character ("eacute", case matters), 0: none such. */
uint32_t am_html_entity(const char *name);
#define AM_HTML_ENTITY_MAX 14 /* length of the longest name */

#endif
