/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EMLX_EMLX_H
#define AM_FORMATS_EMLX_EMLX_H

#include "formats/boxes/box.h"

struct am_blob;
struct am_ctx;

/*
 * Apple Mail.  One message is a file:
 *
 *     4103      a number of bytes, blanks behind it
 *     …         the message, so many bytes
 *     <?xml …   a property list: flags, dates
 *
 * "N.partial.emlx" has its attachments outside: parts are empty and say
 * X-Apple-Content-Length, their contents lie in Attachments/N/PART/ beside
 * Messages/, or as N.PART.emlxpart beside the message.
 *
 *   emlx_plist    what the property list says
 *   emlx_refill   a partial message with its attachments put back
 *   emlx_path     the folder that a directory of Apple Mail's stands for
 *   emlx          the files one after the other
 */
extern const struct am_format am_format_emlx;
extern const struct am_box_kind am_box_emlx;

/* Top-level values of a property list in XML; false where there is none of that
 * name.  Strings are to be g_free()d. */
bool am_emlx_plist_number(const char *plist, size_t len, const char *key,
                          int64_t *out);
char *am_emlx_plist_string(const char *plist, size_t len, const char *key);

/*
 * The parts that lie outside put back into the message at dir/NAME, as far as
 * they are found.  *out stays NULL when nothing was missing.  *lost: how many
 * could not be had; *exact: what was put in has the very length it had.
 */
AM_MUST_USE int am_emlx_refill(struct am_blob **out, unsigned *lost,
                               bool *exact, const struct am_blob *raw,
                               const char *dir, const char *name,
                               struct am_ctx *ctx, struct am_error *err);

/* The parts of a folder, made of those of the directories that lead to
 * `path`. */
void am_emlx_path_parts(GPtrArray *parts, const char *path);

#endif
