/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_MBOX_H
#define AM_FORMATS_MBOX_MBOX_H

#include "model/format.h"

/*
 * The mbox family: one file, many messages, each after a "From " line.
 * Reads a file or a tree of files, in every dialect met in the wild; writes
 * mboxrd unless told otherwise.  README of the moving parts, bottom up:
 *
 *   from_line      is this line a separator, and what does it tell?
 *   quoting        finding "From " at line starts, fast; '>' runs
 *   window         a bounded view of a file or of an unpacked stream
 *   header         where the fields lie that an mbox writer may have added
 *   boundary       the next message: from where to where
 *   dialect        what kind of file, decided on a sample
 *   state_headers  fields of the mbox, not of the message -> flags, labels
 *   mmdf           the same for files of MMDF
 *   recipe         how the raw bytes become the stored ones again
 *   deliver        boundary + dialect -> struct am_message
 *   lone           a file of the tree that is a mail, not a mailbox
 *   settings       what --from says
 *   eudora         what Eudora took apart, put together again
 *   rebuilt        ... and the way back
 *   sidecar, vault   what programs keep beside an mbox
 *   stream         an mbox in a zip or tar
 *   names, tree    folder parts <-> file names, directories
 *   source         all of it in order
 *   compose, target, sink   the way back
 */
extern const struct am_format am_format_mbox;
extern const struct am_format am_format_mmdf;

#endif
