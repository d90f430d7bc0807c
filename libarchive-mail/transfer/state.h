/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_STATE_H
#define AM_TRANSFER_STATE_H

#include "model/sink.h"
#include "transfer/tally.h"

/*
 * A memory for targets that have none of their own: a small file beside a mail
 * folder or mailbox, so that copying an account again asks the server only for
 * what is new.  It says which numbers of which folder were stored, and where
 * the source left off; of flags it knows nothing, as such targets are not told
 * of changes.
 *
 * An accelerator and never the truth.  While a run is under way it is marked
 * open; a run that finds it open, or the target other than it was left, must
 * not trust it alone but look at the target's messages too (transfer/known.h):
 * each that is remembered must be found there, one by one, by a key that was
 * written down when it was stored.  What is not there is asked for again.
 *
 * Any thread may read it through its memory while one writes.
 */
struct am_known_key;
struct am_state;

/* What lies at path; nothing there, or nothing that makes sense, is a state
 * that remembers nothing. */
AM_MUST_USE int am_state_open(struct am_state **out, const char *path,
                              struct am_error *err);
void am_state_free(struct am_state **state);
/* Something of this source was stored or remembered. */
bool am_state_knows(const struct am_state *state, const char *source);
/* Something of others was. */
bool am_state_knows_others(const struct am_state *state, const char *source);
/* Remember nothing: the target is not what it was. */
void am_state_forget(struct am_state *state);
/* The last run ended well. */
bool am_state_is_clean(const struct am_state *state);
/*
 * What the target shows now, its size if it is a file or its tally, against
 * what it was left with.  true: the last run ended well and everything is as it
 * was left.  Else what may be missing is in doubt: all of it, or the folders
 * whose mail is not what it was, and am_state_prove() must follow.
 */
bool am_state_check(struct am_state *state, uint64_t size,
                    const struct am_tally *now);
/*
 * What is in doubt is remembered still if `there` finds it in the target, by
 * the key it was given to am_state_proof() with (once for each message);
 * everything else is asked for again.  `gone` is told of each folder of a
 * source how many those are.
 */
typedef bool am_state_there_fn(void *user, const char *source,
                               const struct am_known_key *key);
typedef void am_state_gone_fn(void *user, const char *path, uint64_t n);
void am_state_prove(struct am_state *state, am_state_there_fn *there,
                    am_state_gone_fn *gone, void *user);
/*
 * The same for a target that numbers its messages and is not read through (a
 * server): what is not there any more of what was brought.  `forget`: it is
 * not remembered any more, so it comes again; else it is only told.  `gone` is
 * told of each folder of the source how many there are.  AM_FAILED: the target
 * could not say.
 */
AM_MUST_USE int am_state_check_placed(struct am_state *state,
                                      struct am_sink *sink, bool forget,
                                      am_state_gone_fn *gone, void *user,
                                      struct am_error *err);
/* The state's own; goes with it. */
struct am_memory *am_state_memory(struct am_state *state);

void am_state_stored(struct am_state *state, const char *source,
                     const struct am_message *msg);
/* By what it is known in a target that has no numbers (transfer/known.h). */
void am_state_proof(struct am_state *state, const char *source,
                    const struct am_folder *folder, uint32_t uidvalidity,
                    uint32_t uid, const struct am_known_key *key);
/* The number it has in the target. */
void am_state_placed(struct am_state *state, const char *source,
                     const struct am_placed *placed);
/* It was not, after all. */
void am_state_lost(struct am_state *state, const char *source,
                   const struct am_folder *folder, uint32_t uidvalidity,
                   uint32_t uid);
/* A folder that was numbered anew. */
void am_state_change(struct am_state *state, const char *source,
                     const struct am_change *change);
void am_state_remember(struct am_state *state, const char *source,
                       const struct am_folder *folder, const char *cursor);
/* After a commit of the target; `clean` after the last of a whole run, with
 * what the target is left with: its size, or its tally (may be NULL). */
AM_MUST_USE int am_state_save(struct am_state *state, bool clean, uint64_t size,
                              const struct am_tally *left,
                              struct am_error *err);

#endif
