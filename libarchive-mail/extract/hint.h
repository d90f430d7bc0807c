/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_HINT_H
#define AM_EXTRACT_HINT_H

#include "base/compiler.h"

/*
 * What a file may be: by what is said about it (hint), and by its first bytes
 * (kind).  The bytes decide wherever they can; names and types of attachments
 * lie too often.
 */
enum am_extract_hint {
	AM_HINT_NOTHING, /* not worth a look: a picture, a signature */
	AM_HINT_LOOK,    /* only the bytes can tell */
	AM_HINT_TEXT,    /* plain text, if nothing speaks against it */
	AM_HINT_MARKUP,  /* HTML, XML */
	AM_HINT_MAIL     /* a message */
};
#define AM_HINT_COUNT 5

/* Either may be NULL. */
enum am_extract_hint am_extract_hint_of(const char *type, const char *name);

enum am_extract_kind {
	AM_KIND_UNKNOWN,
	AM_KIND_PDF,
	AM_KIND_ZIP, /* OOXML and ODF as well */
	AM_KIND_CFB, /* .doc, .xls, .ppt, .msg; OOXML with a password */
	AM_KIND_RTF,
	AM_KIND_TNEF,   /* winmail.dat */
	AM_KIND_PACKED, /* 7z, rar, tar, gz, …: a container that is no zip */
	AM_KIND_CARD,   /* vCard, iCalendar */
	AM_KIND_MARKUP,
	AM_KIND_CIPHER, /* PGP's and S/MIME's */
	AM_KIND_KNOWN   /* a kind of document that we cannot read */
};
/* head: the first bytes, 1 KiB of them or all there are. */
enum am_extract_kind am_extract_kind_of(const uint8_t *head, size_t len);
#define AM_KIND_HEAD 1024

#endif
