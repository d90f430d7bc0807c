/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_MESSAGE_H
#define AM_MODEL_MESSAGE_H

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"

struct am_arena;
struct am_blob;

/* The flags every serious mail system can express in some way. */
enum am_flag {
	AM_SEEN = 1 << 0,
	AM_ANSWERED = 1 << 1,
	AM_FLAGGED = 1 << 2,
	AM_DELETED = 1 << 3,
	AM_DRAFT = 1 << 4,
	AM_FORWARDED = 1 << 5, /* $Forwarded, Maildir "P", MAPI icon index */
	AM_JUNK = 1 << 6
};

/* RFC 6154 roles; a format maps its own names ("Gesendet") to them. */
enum am_role {
	AM_ROLE_NONE,
	AM_ROLE_INBOX,
	AM_ROLE_SENT,
	AM_ROLE_DRAFTS,
	AM_ROLE_TRASH,
	AM_ROLE_JUNK,
	AM_ROLE_ARCHIVE
};

/*
 * A folder is its path: UTF-8 parts, root first, never joined with a separator
 * inside the library, because every format has another one and every part may
 * contain it.  Immutable and counted, like a blob; see model/folder.h.
 */
struct am_folder {
	size_t depth; /* 0 is the root of the source */
	const char *const *parts;
	enum am_role role;
	bool subscribed;
	bool unsubscribed; /* known not to be; neither: nobody said */
};

/* How the raw bytes relate to what the source stores. */
enum am_exactness {
	AM_EXACT,      /* these very bytes */
	AM_UNQUOTED,   /* after undoing a reversible quoting: mboxrd, dots */
	AM_GUESSED,    /* after undoing an ambiguous one: mboxo */
	AM_SYNTHESISED /* composed by us from properties: PST, MSG */
};

/*
 * Where a received date came from.  Stable words: they go into archives,
 * reports and `list --json`.  "imap", "mbox.from", "maildir.mtime",
 * "maildir.name", "eml.mtime", "mapi.delivery-time", "mapi.submit-time",
 * "mapi.created", "emlx.date-received", "dbx.received", "header.received",
 * "header.date", "import".
 */
struct am_date_candidate {
	const char *from;
	struct am_when when;
};

/* Anything else a source knows.  Kept, carried on, never interpreted here. */
struct am_prop {
	const char *name; /* "mbox.from-line", "imap.modseq", "mapi.0x0037" */
	const char *value;
	size_t len;
};

#define AM_SIZE_UNKNOWN UINT64_MAX

/*
 * One message on its way from a source to a sink: the raw bytes and what
 * travels beside them.  Everything it points at lives in its arena and goes
 * with am_message_free().  One thread owns a message at a time; handing it on
 * hands over the duty to free it.
 */
struct am_message {
	struct am_arena *arena;
	const struct am_folder *folder; /* counted reference */

	const char *origin; /* its lasting name within the source */
	uint64_t size;      /* or AM_SIZE_UNKNOWN until loaded */
	/* What the source says of it then, in its own way of counting; 0:
	 * nothing. */
	uint64_t size_about;

	struct am_blob *raw; /* RFC 5322 bytes; NULL until am_source_load() */
	enum am_exactness exactness;
	bool hashed; /* the pump knows raw's hash, and that it holds no CR */
	uint8_t hash[AM_SHA256_LEN];
	/* A part of it could not be had.  A note said which, and the bytes say
	 * so in its place; known after load(). */
	bool incomplete;

	uint32_t flags; /* enum am_flag */
	size_t n_keywords, n_labels, n_props;
	const char *const *keywords; /* UTF-8, without "$" games */
	const char *const *labels;   /* further places it is filed under */
	const struct am_prop *props;

	struct am_when received;   /* INTERNALDATE, not the Date: header */
	const char *received_from; /* which candidate it is; NULL: unknown */
	size_t n_dates;
	/* Every candidate there was; what stands in the header may be left out
	 * where a better one was chosen. */
	const struct am_date_candidate *dates;
	uint32_t uid;                /* IMAP's, within its folder; 0: none */
	uint32_t uidvalidity;        /* of that number; 0: unknown */
	const char *envelope_sender; /* NULL when unknown, "" for <> */

	/* What its source wants to find again in load(); in the arena. */
	void *for_load;
	bool loads_anywhere; /* see am_source */
	bool flags_at_load;  /* before that nobody knows them */
	bool fixed; /* what goes by this origin keeps its bytes, as in a Maildir
	             */
};

/* Empty, with an arena of its own and a reference on folder. */
AM_MUST_USE int am_message_new(struct am_message **out,
                               const struct am_folder *folder,
                               struct am_error *err);
void am_message_free(struct am_message **msg); /* *msg becomes NULL */

/* Each copies what it is given into the message's arena and appends; a keyword
 * or label already there is not added again. */
void am_message_add_keyword(struct am_message *msg, const char *keyword);
void am_message_add_label(struct am_message *msg, const char *label);
void am_message_add_prop(struct am_message *msg, const char *name,
                         const void *value, size_t len);
void am_message_add_date(struct am_message *msg, const char *from,
                         const struct am_when *when);
/* NULL when there is none of that name. */
const struct am_prop *am_message_prop(const struct am_message *msg,
                                      const char *name);
/* Is this keyword or label the one that somebody asks for?  Both as
 * am_label_fold() leaves them: upper and lower case are one.  A '-' asks for
 * ' ', '/' and '_' as well, which Gmail's searches write so. */
char *am_label_fold(const char *label); /* g_free() it */
bool am_label_is(const char *folded, const char *wanted);
/* Everything but raw, folder and origin, deep, from one message to another. */
void am_message_copy_meta(struct am_message *to, const struct am_message *from);

/* "seen", "answered", … for each bit; NULL for anything else. */
const char *am_flag_name(enum am_flag flag);
bool am_flag_parse(const char *name, enum am_flag *out);
#define AM_FLAG_COUNT 7
const char *am_exactness_name(enum am_exactness exactness);

#endif
