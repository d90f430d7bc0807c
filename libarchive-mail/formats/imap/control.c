/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/control.h"

#include "formats/imap/ahead.h"

int am_imap_control_open(struct am_imap_control *control,
                         const struct am_imap_box *box,
                         struct am_imap_session **out, struct am_error *err)
{
	int r = am_imap_fetcher_settle(control->fetcher, err);
	unsigned tries = 0;

	if (!r)
		r = am_imap_ahead_finish(control->ahead, control, err);
	while (!r) {
		r = am_imap_link_session(control->link, out, err);
		if (!r && am_imap_fetcher_is_slow(control->fetcher))
			r = am_imap_session_compress(*out, err);
		if (!r && box)
			r = am_imap_session_select(*out, box->name, false, err);
		if (r != AM_RETRY)
			break;
		r = am_imap_link_judge(control->link, r, NULL, err);
		if (r == AM_RETRY && ++tries < 5)
			r = AM_OK;
		else if (r == AM_RETRY)
			r = AM_FAILED;
	}
	return r;
}
