/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_OFFICE_XML_H
#define AM_EXTRACTOR_OFFICE_XML_H

#include "extractor/found.h"

/*
 * The text of one XML member of an office document, fed as it is unpacked.
 * No such member has a DOCTYPE: one that has is damaged, and so no entity is
 * ever expanded.
 */
enum am_office_member {
	AM_OFFICE_OTHER,    /* none of these: a file like any other */
	AM_OFFICE_IGNORED,  /* nothing to read in it */
	AM_OFFICE_TEXT,     /* OOXML: <t> in paragraphs */
	AM_OFFICE_SHEET,    /* OOXML: cells */
	AM_OFFICE_WORKBOOK, /* OOXML: names of sheets */
	AM_OFFICE_ODF,      /* paragraphs of an ODF document */
	AM_OFFICE_ABOUT,    /* title, author, keywords, of both */
	AM_OFFICE_MANIFEST  /* ODF: is it encrypted? */
};
/* Of a member, by its name. */
enum am_office_member am_office_ooxml(const char *name);
enum am_office_member am_office_odf(const char *name);

struct am_office_xml;

struct am_office_xml *am_office_xml_new(struct am_found *f,
                                        enum am_office_member what);
/* false: no more is wanted. */
bool am_office_xml_feed(struct am_office_xml *xml, const void *data,
                        size_t len);
/* whole: its end has come. */
void am_office_xml_end(struct am_office_xml **xml, bool whole);

#endif
