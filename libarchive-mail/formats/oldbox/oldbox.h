/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OLDBOX_OLDBOX_H
#define AM_FORMATS_OLDBOX_OLDBOX_H

#include "formats/boxes/box.h"

/* Mailboxes of programs that few still run, read only; each is a file of
 * messages that lie in it as they are. */
extern const struct am_format am_format_thebat, am_format_pegasus,
	am_format_babyl, am_format_listserv, am_format_uwmbx, am_format_dbox;
extern const struct am_box_kind am_box_thebat, am_box_pegasus, am_box_babyl,
	am_box_listserv, am_box_uwmbx, am_box_dbox;

#endif
