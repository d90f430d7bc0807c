/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_EUDORA_H
#define AM_FORMATS_MBOX_EUDORA_H

#include "base/error.h"

#include <glib.h>

struct am_ctx;
struct am_message;

/*
 * Eudora takes mail apart when it receives it.  Of a mail with attachments the
 * mailbox holds the header, which still says multipart, the text decoded, and
 * where each file went:
 *
 *     From ???@??? Mon Jan  1 00:00:00 2001
 *     Content-Type: multipart/mixed; boundary="…"      of which none follows
 *
 *     <x-html>                     or x-rich, x-flowed; plain text has none
 *     …
 *     </x-html>
 *
 *     Attachment Converted: "C:\EUDORA\Attach\report.doc"
 *     Attachment converted: Disk:Attachments Folder:report (WDBN/MSWD)
 * (00012345) Embedded Content: logo.gif: 00000001,5d6d7a10,00000000,00000000
 *
 * and what is sent names its files in a field X-Attachments.  No other program
 * shows such a mail as what it was.  So it is rebuilt: the text of its type,
 * each file that is found put back, as multipart/mixed, or multipart/related
 * where all of them are shown in the text.  It is not the mail that came (class
 * synthesised), and the way back to what the mailbox holds stays with it
 * (rebuilt.h).
 *
 *   eudora         what is to be changed in a message
 *   eudora_lines   its lines that name a file
 *   eudora_files   the directories in which Eudora keeps files
 */
struct am_mbox_eudora;

/* path: the mailbox, beside which files are looked for, or NULL; dir: where
 * else, or NULL; used: where am_mbox_eudora_key() of each file goes that is put
 * back, or NULL.  e is taken and used again where it is of the same place. */
struct am_mbox_eudora *am_mbox_eudora_open(struct am_mbox_eudora *e,
                                           const char *path, const char *dir,
                                           GHashTable *used);
void am_mbox_eudora_free(struct am_mbox_eudora **e);
/* Someone said where the files are: then of any mail, not of Eudora's only. */
bool am_mbox_eudora_told(const struct am_mbox_eudora *e);

/* What became of a message. */
struct am_mbox_eudora_did {
	unsigned found, missing;
	bool rebuilt;
	bool too_much; /* to be kept for the way back: it stays as it is */
	char *first;   /* the name of a file that is missing; g_free() */
};
AM_MUST_USE int am_mbox_eudora_rebuild(struct am_mbox_eudora *e,
                                       struct am_message *msg, uint8_t eol,
                                       struct am_mbox_eudora_did *did,
                                       struct am_ctx *ctx,
                                       struct am_error *err);

/* ---- eudora_files ---- */

/* Where the file of that name (its last part, in UTF-8) lies; NULL: nowhere.
 * The store's, until the next mailbox. */
const char *am_mbox_eudora_find(struct am_mbox_eudora *e, const char *name,
                                bool embedded);

/* Is the file in a directory in which Eudora keeps files?  Then what it is
 * known by. */
char *am_mbox_eudora_key(const char *path);

/* ---- eudora_lines ---- */

enum am_mbox_eudora_kind {
	AM_EUDORA_OPEN,     /* <x-html> */
	AM_EUDORA_CLOSE,    /* </x-html> */
	AM_EUDORA_ATTACHED, /* "Attachment Converted:" */
	AM_EUDORA_EMBEDDED  /* "Embedded Content:" */
};

struct am_mbox_eudora_mark {
	enum am_mbox_eudora_kind kind;
	size_t at, end;   /* line ends included */
	const char *type; /* of OPEN: the text's */
	char *name;       /* of a file, its last part, in UTF-8 */
};

/* All there are in a body, in order: of struct am_mbox_eudora_mark. */
GArray *am_mbox_eudora_marks(const uint8_t *bytes, size_t from, size_t len,
                             uint8_t eol);
/* The last part of a path of Windows, the Macintosh or Unix, in UTF-8. */
char *am_mbox_eudora_name(const char *path, size_t len, uint8_t eol);

#endif
