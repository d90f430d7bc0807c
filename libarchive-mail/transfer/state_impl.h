/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_STATE_IMPL_H
#define AM_TRANSFER_STATE_IMPL_H

#include "transfer/state.h"
#include "wire/imap.h"

#include <glib.h>

/* The inside of state.h: state.c has what was stored and the file,
 * state_placed.c where it lies in a target that numbers it, state_proof.c by
 * what it is known again in one that does not. */

/* The numbers of one folder under one UIDVALIDITY. */
struct epoch {
	uint32_t uidvalidity;
	struct am_imap_set *uids;
};

/* So many in a row, on both sides. */
struct run {
	uint32_t uidvalidity, first;
	uint32_t box, box_first; /* box: index of am_state.boxes */
	uint32_t n;
};

struct place {
	char *source, *path, *cursor;
	uint64_t id;    /* of source and path */
	GArray *epochs; /* struct epoch, ascending */
	GArray *runs;   /* struct run, as they came */
	/* The target may lack some of it: what it was found to have. */
	bool doubt;
	GArray *proven; /* struct epoch, while it is looked for, or NULL */
};

struct am_state {
	struct am_memory memory;
	char *file;
	GMutex lock;
	GHashTable *places; /* "source\npath" -> struct place */
	GPtrArray *boxes;   /* struct am_box, names their own */
	bool clean;
	uint64_t size;
	struct am_tally *left; /* after the last run that ended well, or NULL */
	GByteArray *proofs;    /* not in their file yet */
};

/* The place, made if it is to be; with the lock held. */
struct place *am_state_place(struct am_state *s, const char *source,
                             const struct am_folder *folder, bool make);
/* A new one. */
GArray *am_state_epochs_new(void);
/* The numbers of that epoch, made if it is not there. */
struct am_imap_set *am_state_uids(GArray *epochs, uint32_t uidvalidity);
/* One that was stored is not. */
void am_state_place_lost(struct place *p, uint32_t uidvalidity, uint32_t uid);

/* ---- state_proof.c ---- */
uint64_t am_state_place_id(const char *source, const char *path);
/* What was added since the last time into their file; with the lock held. */
AM_MUST_USE int am_state_proofs_save(struct am_state *s, struct am_error *err);
/* What a killed process left of writing their file. */
void am_state_proofs_clear(const char *state);
/* All of them, and the file. */
void am_state_proofs_drop(struct am_state *s);

/* ---- state_placed.c ---- */
GPtrArray *am_state_boxes_new(void);
void am_state_runs_lost(struct place *p, uint32_t uidvalidity, uint32_t uid);
void am_state_runs_renumber(struct place *p, const struct am_change *change);
void am_state_boxes_write(const struct am_state *s, GKeyFile *file);
void am_state_runs_write(const struct place *p, GKeyFile *file,
                         const char *group);
/* "box 3" */
void am_state_box_read(struct am_state *s, GKeyFile *file, const char *group);
/* A key of a place: "there-3-7"; false: it is no such. */
bool am_state_runs_read(struct place *p, GKeyFile *file, const char *group,
                        const char *key);

#endif
