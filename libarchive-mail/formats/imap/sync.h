/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_SYNC_H
#define AM_FORMATS_IMAP_SYNC_H

#include "formats/imap/state.h"
#include "formats/imap/stored.h"
#include "formats/imap/walk.h"

/*
 * One folder, from what the target remembers of it to what it should hear now.
 * The best the server can do is taken (RFC 7162): QRESYNC, CONDSTORE, the
 * numbers of STATUS, else all UIDs and flags compared.  A folder whose numbers
 * are those remembered is not even opened.
 *
 *     begin; the changes; next until AM_END (changes may come with each);
 *     finish; the changes; the cursor
 */
struct am_imap_sync {
	struct am_imap_control *control;
	struct am_memory *memory; /* NULL: nothing is known, all is new */
	struct am_imap_box *box;
	GQueue changes; /* of struct am_change *, to be told now */
	/* Of the folder on the server: there in all, told now, known before. */
	uint64_t exists, told, already;
	uint64_t lacking; /* counted to the end, and never named */
	/* The rest is the sync's. */
	struct am_imap_state before, now;
	bool remembered, resumable, unchanged, whole, compared, recount;
	bool relooked;
	uint32_t known_below; /* `already` counts those that are stored */
	uint64_t counted;     /* the most that were there at once */
	uint64_t expunged; /* of the mailbox that is open: taken off already */
	struct am_imap_set *told_uids;
	struct am_imap_stored stored;
	struct am_imap_walk *walk;
	GQueue ahead; /* of renumber.c: struct am_message * */
	int ahead_status;
	struct am_error ahead_why;
	uint32_t ahead_uid;
	GHashTable *by_date; /* of renumber.c */
};

/* AM_FAILED: the folder cannot be read; close it and go on. */
AM_MUST_USE int am_imap_sync_begin(struct am_imap_sync *y,
                                   struct am_error *err);
/* As am_imap_walk_next(), without what the target has. */
AM_MUST_USE int am_imap_sync_next(struct am_imap_sync *y,
                                  struct am_message **out, uint32_t *uid,
                                  struct am_error *err);
AM_MUST_USE int am_imap_sync_finish(struct am_imap_sync *y,
                                    struct am_error *err);
/* What to remember now, NULL where there is nothing to; g_free() it. */
char *am_imap_sync_cursor(const struct am_imap_sync *y);
/* Whether that is other than what was remembered. */
bool am_imap_sync_news(const struct am_imap_sync *y);
/* The same in the middle of a folder. */
char *am_imap_sync_cursor_here(const struct am_imap_sync *y);
void am_imap_sync_clear(struct am_imap_sync *y);

/* Queue a change of kind `kind` for a message; `flags` gives its new flags. */
void am_imap_sync_change(struct am_imap_sync *y, enum am_news kind,
                         uint32_t uidvalidity, uint32_t uid,
                         const struct am_message *flags);

/* This UID was told, or is known by another. */
void am_imap_sync_named(struct am_imap_sync *y, uint32_t uid);

/* ---- count.c ---- */
/* What the mailbox says of itself when it is opened. */
void am_imap_sync_counts(struct am_imap_sync *y,
                         const struct am_imap_mailbox *m);
/* What went since is not missing.  Also before another folder is opened while
 * this one is not finished yet. */
void am_imap_sync_leave(struct am_imap_sync *y);
/* How many more are counted than were named, as far as it is known now. */
uint64_t am_imap_sync_short(const struct am_imap_sync *y);
/* Open it anew to count: others take mail away too. */
AM_MUST_USE int am_imap_sync_count_anew(struct am_imap_sync *y,
                                        struct am_error *err);
/* For the last time: what lacks now, lacks. */
AM_MUST_USE int am_imap_sync_count_last(struct am_imap_sync *y,
                                        struct am_error *err);

/* It cannot be opened: what is in it by STATUS is `already` as far as it was
 * had before, and `lacking`; neither where nobody says. */
void am_imap_sync_refused(struct am_imap_sync *y);

/* ---- changes.c ---- */
/* What CHANGEDSINCE and VANISHED say since the remembered MODSEQ. */
AM_MUST_USE int am_imap_changes_since(struct am_imap_sync *y,
                                      struct am_error *err);
/* UIDs and flags of all below `below` against what is stored; those that the
 * target lacks go to `missing`. */
AM_MUST_USE int am_imap_changes_compare(struct am_imap_sync *y, uint32_t below,
                                        struct am_imap_set *missing,
                                        struct am_error *err);
/* A message that is stored: its flags, where they are others. */
void am_imap_changes_flags(struct am_imap_sync *y,
                           struct am_imap_stored_one *one,
                           const struct am_message *msg);

/* ---- renumber.c ---- */
/* Next of a folder that was numbered anew: those that are known again become
 * changes. */
AM_MUST_USE int am_imap_renumber_next(struct am_imap_sync *y,
                                      struct am_message **out, uint32_t *uid,
                                      struct am_error *err);
/* Those never found again are gone. */
void am_imap_renumber_finish(struct am_imap_sync *y);

#endif
