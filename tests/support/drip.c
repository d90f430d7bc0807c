/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/drip.h"

#include <glib.h>

#include <string.h>

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct am_test_drip *d = self;

	(void)err;
	*got = MIN(MIN(d->step, room), d->left);
	if (*got)
		memcpy(buf, d->at, *got);
	d->at += *got;
	d->left -= *got;
	return AM_OK;
}

const struct am_reader_ops am_test_drip_ops = {.fill = fill};
