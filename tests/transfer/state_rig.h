/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_TRANSFER_STATE_RIG_H
#define AM_TESTS_TRANSFER_STATE_RIG_H

#include "transfer/state.h"

#include <glib.h>

/* A state file of one folder, saved and opened again. */
#define ME "imap://me@host"

struct rig {
	char *path;
	struct am_state *state;
	const struct am_folder *folder;
	struct am_error err;
};

void rig_set_up(struct rig *rig);
void rig_tear_down(struct rig *rig);
/* As another run would: what was not saved is lost. */
void rig_reopen(struct rig *rig);
void rig_store(struct rig *rig, uint32_t validity, uint32_t uid);
/* "7/1 7/2 ": what is remembered of the source, and its cursor. */
void rig_expect(struct rig *rig, const char *source, const char *wanted,
                const char *cursor);

#endif
