/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_CONTENT_H
#define AM_INDEX_CONTENT_H

#include "base/error.h"
#include "index/fields.h"

struct am_arena;
struct am_blob;
struct am_limits;
struct am_overview;

/*
 * What of a message can be searched.  The index and the linear scan both read
 * messages through here, so what one finds the other finds.
 */
struct am_facts {
	bool dated;
	int64_t date; /* Date:, else the topmost Received: */
	uint64_t size;
	const char *message_id; /* without <>, lower case; or NULL */
	bool truncated; /* of its own very long text only the beginning is read
	                 */
	bool has_attachment;
	bool reply;         /* to a message: References or In-Reply-To */
	const char *thread; /* Message-ID of the oldest reference, as above */
	size_t n_types;
	const char *const *types; /* "application/pdf", "application", "pdf";
	                           * each once */
	const struct am_overview *overview; /* never NULL */
};

/* What the message's own text adds to what became of attached files: a bit for
 * each enum am_extract_status. */
uint32_t am_facts_statuses(const struct am_facts *facts);

/* In place of a region: the text is the name of the attached file whose text
 * follows, "" when the message's own does again.  It is not searched. */
#define AM_REGION_SOURCE ((enum am_region)31)

/* A piece of text of a region, UTF-8, valid during the call.  Words of two
 * pieces do not stand in a row. */
typedef int am_content_fn(void *user, enum am_region region, const char *text,
                          size_t len, struct am_error *err);

/* Facts live in the arena. */
AM_MUST_USE int am_content_read(struct am_facts *out, const struct am_blob *raw,
                                const struct am_limits *limits,
                                struct am_arena *arena, am_content_fn *fn,
                                void *user, struct am_error *err);

#endif
