/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_MEMORY_H
#define AM_MODEL_MEMORY_H

#include "model/message.h"

struct am_memory;

/*
 * What changed in a source since a target last took from it.  It travels as an
 * item of its own, in order with the messages.
 *
 * A message is named by (folder, uidvalidity, uid), as IMAP does.  Targets
 * that keep history write it down and lose nothing by it.
 */
enum am_news {
	AM_NEWS_FLAGS, /* flags, keywords and labels are now these */
	AM_NEWS_GONE,  /* no longer on the server */
	AM_NEWS_UID    /* the folder was numbered anew: now named new_* */
};

struct am_change {
	enum am_news kind;
	const struct am_folder *folder;
	uint32_t uidvalidity, uid;
	uint32_t flags; /* of FLAGS, as are the words */
	size_t n_keywords, n_labels;
	const char *const *keywords;
	const char *const *labels;
	uint32_t new_uidvalidity, new_uid; /* of UID */
};

/* A copy that needs nothing of the source's any more. */
struct am_change *am_change_copy(const struct am_change *change);
void am_change_free(struct am_change **change); /* *change becomes NULL */

/* One message the target has from this source. */
struct am_remembered {
	uint32_t uidvalidity, uid;
	uint32_t flags;
	size_t n_keywords, n_labels;
	const char *const *keywords; /* as is all here: until the next one */
	const char *const *labels;
	struct am_when received;
	uint64_t size;
	const char *message_id; /* without <>; NULL: none */
	bool gone;              /* recorded as no longer on the server */
};

/*
 * What a target remembers of one source, so that a later run asks only for what
 * is new.  The sink gives it, the source reads it while it goes.  It shows what
 * was committed: of what this run put, sooner or later more.
 *
 *   cursor  the text last remembered for this folder (NULL: for the source as
 *           a whole), or NULL; the caller frees it with g_free().
 *   each    every message the target has of that folder, ascending by
 *           (uidvalidity, uid); a callback's status other than AM_OK ends it
 *           and is returned.
 *
 * `source` is am_source.identity.  Called on the reader's thread while the
 * sink works on its own.
 */
struct am_memory_ops {
	int (*cursor)(struct am_memory *memory, const char *source,
	              const struct am_folder *folder, char **value,
	              struct am_error *err);
	int (*each)(struct am_memory *memory, const char *source,
	            const struct am_folder *folder,
	            int (*one)(void *user, const struct am_remembered *what,
	                       struct am_error *err),
	            void *user, struct am_error *err);
};

struct am_memory {
	const struct am_memory_ops *ops;
};

#endif
