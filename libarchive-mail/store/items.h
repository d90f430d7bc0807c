/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ITEMS_H
#define AM_STORE_ITEMS_H

#include "base/hash.h"
#include "mime/base64_form.h"
#include "model/message.h"

struct am_arena;
struct am_overview;

/*
 * Items: the facts inside an items record (FORMAT.md, section 3), each as a
 * struct with its encode and decode.  Tests hold them to be inverses.
 */
enum am_item_type {
	AM_ITEM_FOLDER = 1,
	AM_ITEM_MESSAGE = 2,
	AM_ITEM_PLACEMENT = 3,
	AM_ITEM_CHANGE = 4,
	AM_ITEM_CURSOR = 5,
	AM_ITEM_ACCESSION = 6
};

struct am_item_folder {
	uint64_t id;
	size_t depth;
	const char *const *parts;
	enum am_role role;
	bool subscribed, unsubscribed;
	bool removed; /* not shown any more; its number is its own for good */
	uint32_t uidvalidity, uidnext;
};

enum am_eol_class { AM_EOL_AS_IS = 0, AM_EOL_CRLF_FROM_LF = 1 };

enum am_step_kind {
	AM_STEP_TEXT,
	AM_STEP_BASE64,
	AM_STEP_BLOB,
	AM_STEP_BLOB_BASE64,
	AM_STEP_ELSEWHERE /* the whole message; its bytes are not here */
};

struct am_step {
	enum am_step_kind kind;
	uint64_t len; /* of skeleton or blob bytes: decoded, where encoded */
	struct am_base64_form form;
	uint8_t hash[AM_SHA256_LEN];
};

struct am_extent {
	uint64_t block;
	uint32_t offset, len;
};

struct am_recipe {
	size_t n_steps, n_extents;
	struct am_step *steps;
	struct am_extent *extents;
};

struct am_item_message {
	uint64_t id, size, content;
	uint8_t hash[AM_SHA256_LEN];
	uint8_t hash_lf[AM_SHA256_LEN]; /* with every CRLF as LF */
	enum am_eol_class eol;
	struct am_recipe recipe; /* only when content == id */
	/* Of one that lies elsewhere: what a list shows of it. */
	const struct am_overview *shown;
};

/* Are its bytes not in the archive? */
bool am_recipe_is_elsewhere(const struct am_recipe *recipe);

/* Flags and keywords. */
struct am_item_flags {
	uint32_t flags;
	size_t n_words;
	const char *const *words;
};

/* Everything about the message but its bytes, as struct am_message has it;
 * of `meta` the folder and raw stay NULL, strings live in the arena. */
struct am_item_placement {
	uint64_t id, message, folder, accession;
	const struct am_message *meta;
	int64_t saved; /* when it came to its folder; 0: not known */
	/* What its source had last; NULL: what meta says. */
	const struct am_item_flags *source;
};

enum am_change_kind {
	AM_CHANGE_FLAGS = 1,
	AM_CHANGE_MOVED = 2,
	AM_CHANGE_EXPUNGED = 3,
	AM_CHANGE_LABELS = 4,
	AM_CHANGE_NUMBERED = 5, /* what it is on the server it came from */
	AM_CHANGE_LEFT = 6,     /* it is no longer on that server */
	AM_CHANGE_REPLACED = 7, /* expunged: another placement stands for it */
	AM_CHANGE_RESTORED = 8, /* shown again, under a new UID */
	AM_CHANGE_DATED = 9     /* another date of receipt was chosen */
};

/* Whose flags they are: of those the source had last nothing new is known when
 * they were changed here. */
enum am_flags_by {
	AM_FLAGS_BY_SOURCE = 0, /* the source has the same now */
	AM_FLAGS_BY_USER = 1,
	AM_FLAGS_BY_BOTH = 2 /* the source has others now: change.others */
};

/* A date of receipt and the candidate it is. */
struct am_item_date {
	struct am_when when;
	const char *from; /* NULL: unknown */
};

struct am_item_change {
	uint64_t placement;
	int64_t when;
	enum am_change_kind kind;
	uint32_t flags;  /* FLAGS; REPLACED: what the other one got of it */
	uint64_t folder; /* MOVED, RESTORED, NUMBERED */
	uint32_t uid;    /* MOVED, RESTORED; NUMBERED: the server's, as is */
	uint32_t uidvalidity;
	const char *source; /* NUMBERED, LEFT: am_source.identity */
	size_t n_words;     /* FLAGS: keywords; LABELS: labels */
	const char *const *words;
	enum am_flags_by by;         /* FLAGS */
	struct am_item_flags others; /* FLAGS by both: the source's */
	uint64_t run; /* REPLACED, RESTORED, DATED: the accession they are of */
	uint64_t kept;   /* REPLACED: the placement that stands for it */
	const char *why; /* REPLACED */
	/* REPLACED: keywords and labels that the other one got of it. */
	size_t n_labels;
	const char *const *labels;
	struct am_item_date was, now; /* DATED */
};

struct am_item_cursor {
	const char *source, *folder, *value;
};

enum am_accession_state {
	AM_ACCESSION_BEGUN,
	AM_ACCESSION_ENDED,
	AM_ACCESSION_BROKEN
};

struct am_item_accession {
	uint64_t id;
	enum am_accession_state state;
	const char *json;
};

/* A growing run of encoded items: the payload of an items record. */
struct am_items;
struct am_items *am_items_new(void);
void am_items_free(struct am_items **items);
void am_items_reset(struct am_items *items);
const uint8_t *am_items_bytes(const struct am_items *items, size_t *len);

void am_items_add_folder(struct am_items *items,
                         const struct am_item_folder *folder);
void am_items_add_message(struct am_items *items,
                          const struct am_item_message *message);
void am_items_add_placement(struct am_items *items,
                            const struct am_item_placement *placement);
void am_items_add_change(struct am_items *items,
                         const struct am_item_change *change);
void am_items_add_cursor(struct am_items *items,
                         const struct am_item_cursor *cursor);
void am_items_add_accession(struct am_items *items,
                            const struct am_item_accession *accession);

/* One that is encoded already, whole. */
void am_items_append(struct am_items *items, const uint8_t *item, size_t len);

/* One decoded item; pointers live in the arena or in the payload. */
struct am_item_any {
	enum am_item_type type;
	union {
		struct am_item_folder folder;
		struct am_item_message message;
		struct am_item_placement placement;
		struct am_item_change change;
		struct am_item_cursor cursor;
		struct am_item_accession accession;
	};
};

struct am_items_reader {
	const uint8_t *at, *end;
};
/* AM_END after the last; AM_FAILED, AM_E_CORRUPT for nonsense (all counts and
 * lengths are checked against what is left); AM_E_UNSUPPORTED for an unknown
 * item that may not be skipped. */
AM_MUST_USE int am_items_next(struct am_items_reader *reader,
                              struct am_arena *arena, struct am_item_any *out,
                              struct am_error *err);

/* The recipe alone, as a blob column of the catalog keeps it. */
size_t am_recipe_encode(const struct am_recipe *recipe, uint8_t **out);
AM_MUST_USE int am_recipe_decode(struct am_recipe *out, const void *data,
                                 size_t len, struct am_arena *arena,
                                 struct am_error *err);

#endif
