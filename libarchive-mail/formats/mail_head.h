/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAIL_HEAD_H
#define AM_FORMATS_MAIL_HEAD_H

#include "base/compiler.h"

#define AM_MAIL_HEAD_BYTES 2048

/*
 * How much a file's first bytes look like the header block of a mail: 0 for
 * not at all, up to 28 bits.  A byte-order mark and "From " lines may stand in
 * front.
 */
int am_mail_head_bits(const uint8_t *head, size_t len);
/* Enough to take a file for a mail that nothing else says is one. */
#define AM_MAIL_HEAD_ENOUGH 5

/* A file that begins with a From_ line and is not called *.eml: in a tree of
 * several formats it is an mbox's to read. */
bool am_mail_head_mailbox(const char *name, const uint8_t *head, size_t len);

/* An Outlook data file, by its first bytes, however many there are. */
bool am_mail_head_outlook(const uint8_t *head, size_t len);
/* "x.pst", "x.OST.gz"? */
bool am_mail_head_outlook_name(const char *name);
/* "x.olm"? */
bool am_mail_head_olm_name(const char *name);

/* "x.EML"? */
bool am_mail_head_eml_name(const char *name);
/* "x.msg", "x.oft", "x.tnef", "winmail.dat": Outlook's by its name.  Others
 * call mails so, too: whether it is, its first bytes say. */
bool am_mail_head_msg_name(const char *name);
bool am_mail_head_msg(const uint8_t *head, size_t len);
/* "x.zip", "x.tar.bz2" …: a container, with mail in it or not.  No ".docx",
 * ".jar" or ".odt". */
bool am_mail_head_container_name(const char *name);
/* "a 7-Zip archive", "a RAR archive", which nobody looks into; or NULL. */
const char *am_mail_head_closed(const uint8_t *head, size_t len);
#define AM_MAIL_HEAD_CONTAINER \
	"a zip or tar within the tree: it is read when no format is named"
/* "x.zip", "x.tar.zst" …: a container that can be written? */
bool am_mail_head_pack_name(const char *name);

#endif
