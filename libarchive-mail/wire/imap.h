/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_IMAP_H
#define AM_WIRE_IMAP_H

#include "base/error.h"
#include "base/time.h"

struct am_reader;

/*
 * The grammar of IMAP lines (RFC 3501, RFC 9051), for both ends of the wire.
 * A line is a list of values; a command and a response differ only in how the
 * first words are read.  Nothing here knows a socket, a mailbox or a state.
 *
 * Lenient where servers are known to be wrong (bare LF, doubled or trailing
 * spaces, "+" without a text, lower case, raw 8-bit, odd characters in atoms
 * and flags, missing lists): see imap_parse.c for the table with evidence.
 */
enum am_imap_type {
	AM_IMAP_NIL,    /* text is there: a mailbox may be called "nil" */
	AM_IMAP_ATOM,   /* BODY[HEADER.FIELDS (A B)]<0> is one atom */
	AM_IMAP_STRING, /* quoted */
	AM_IMAP_LITERAL,
	AM_IMAP_LIST,
	AM_IMAP_STREAMED /* a literal that the hook took; len says how much */
};

struct am_imap_value {
	enum am_imap_type type;
	bool binary;      /* LITERAL, STREAMED: literal8 */
	const char *text; /* ATOM, STRING, LITERAL: bytes, NUL added */
	uint64_t len;
	const struct am_imap_value *items; /* LIST */
	size_t n_items;
};

/* Which end we are: a client reads responses, a server reads commands. */
enum am_imap_side { AM_IMAP_CLIENT, AM_IMAP_SERVER };

/* Where in its line a literal stands. */
struct am_imap_place {
	const struct am_imap_value *line; /* the line's values so far */
	size_t n_line;
	const struct am_imap_value *list; /* of the innermost open list */
	size_t n_list;                    /* both the line's at top level */
	size_t depth;                     /* open lists */
	uint64_t len;
	bool binary; /* ~{…} */
	bool wait;   /* a synchronising literal: the peer waits for "+" */
};

struct am_imap_hooks {
	/*
	 * Asked at each literal before its bytes are read (and before the
	 * go-ahead, which the first read sends).  AM_END: not mine, make it a
	 * value (up to the limit); nothing may have been read then.
	 * AM_OK: it has read all of `bytes` (what it left is skipped).  Other
	 * statuses end the line with them; AM_FAILED skips the literal and goes
	 * on parsing, and the line's status is AM_FAILED then.  NULL: none.
	 * AM_FAILED before anything was read refuses a synchronising literal:
	 * it is never sent, and the line ends there.
	 */
	int (*literal)(void *user, const struct am_imap_place *place,
	               struct am_reader *bytes, struct am_error *err);
	/* Server: a synchronising literal was accepted; send "+ …". */
	int (*go_ahead)(void *user, struct am_error *err);
	void *user;
};

/* Walls; 0 is the default. */
struct am_imap_limits {
	size_t line;     /* of one line without its literals: 8 MiB client
	                  * (a SEARCH of a million), 64 KiB server */
	size_t literal;  /* of a literal that becomes a value: 1 MiB, 64 KiB;
	                  * of all of a line together 16 times that */
	size_t values;   /* in one line: 4,000,000; 10,000 */
	size_t depth;    /* nesting: 64; 32 */
	uint64_t stream; /* of a literal that is streamed: 4 GiB;
	                  * one beyond that which cannot be refused is
	                  * AM_FATAL with AM_E_LIMIT, as is a line passed over
	                  * that does not end in 64 MiB */
};

struct am_imap_line {
	const char *tag; /* "*", "+", or the tag; "" when a command has none */
	/* Client: the words after the tag: {"OK"}, {"23", "FETCH", (…)},
	 * {"CAPABILITY", …}; all items of a FETCH are in its one list, and
	 * an unquoted name in LIST or STATUS is one ATOM, spaces and all.
	 * Server: the command's name and its arguments;
	 * a UID prefix is a value of its own. */
	const struct am_imap_value *values;
	size_t n_values;
	/* OK, NO, BAD, BYE, PREAUTH: the response code in [] as values
	 * ({"UIDVALIDITY", "123"}), and the human text behind it. */
	const struct am_imap_value *code;
	size_t n_code;
	const char *human; /* "" when there is none; also of "+" */
	/* Not NULL: the line broke the grammar here; values holds what came
	 * before.  The next line is found again. */
	const char *damage;
};

struct am_imap_parser;
/* hooks and limits may be NULL; hooks are copied; `in` stays the caller's. */
AM_MUST_USE int am_imap_parser_new(struct am_imap_parser **out,
                                   struct am_reader *in, enum am_imap_side side,
                                   const struct am_imap_hooks *hooks,
                                   const struct am_imap_limits *limits,
                                   struct am_error *err);
/*
 * The next line, its literals included; valid until the next call.  AM_END at a
 * clean end between lines.  AM_FAILED with AM_E_LIMIT: beyond a wall, skipped
 * to the next line.  What the reader or a hook failed with otherwise; AM_RETRY
 * before a line has begun may be tried again, and within one every further call
 * is AM_FATAL.  *out is valid in every case and holds what came before the
 * failure: the tag to answer to.
 *
 * Takes no byte behind the line: what is no line of the grammar (a SASL answer,
 * "DONE", which is a tag without a command) may be read from `in` itself.
 */
AM_MUST_USE int am_imap_parser_line(struct am_imap_parser *p,
                                    struct am_imap_line *out,
                                    struct am_error *err);
void am_imap_parser_free(struct am_imap_parser **p);

/* Reading values: each says false instead of guessing. */
bool am_imap_is(const struct am_imap_value *v, const char *word); /* any case */
bool am_imap_number(const struct am_imap_value *v, uint64_t *out);
/* The string of an ATOM, STRING or LITERAL; NULL for NIL and the rest.  May
 * hold NULs before `len`. */
const char *am_imap_text(const struct am_imap_value *v);
/* "17-Jul-1996 02:44:25 -0700" (RFC 3501 date-time), with what servers make of
 * it: one-digit days, missing zones, "--400". */
bool am_imap_date_parse(const char *s, size_t len, struct am_when *out);
/* An unknown zone writes +0000. */
void am_imap_date_print(const struct am_when *when, char out[40]);

/* A flag or keyword, as the model sees it: bit (0: none) or the keyword's
 * text; $Forwarded, $Junk, NonJunk … are known.  \Recent gives neither. */
struct am_imap_flag {
	uint32_t bit;        /* enum am_flag's value */
	const char *keyword; /* in the value's own text, or NULL */
};
bool am_imap_flag_read(const struct am_imap_value *v, struct am_imap_flag *out);
/* The words of `bits`, space-separated ("\\Seen $Forwarded"), static. */
const char *am_imap_flag_word(uint32_t bit);
/* Whether a keyword can be sent as it is (atom characters only). */
bool am_imap_keyword_ok(const char *keyword);

/*
 * Sets of numbers, "1:3,7,9:*" (RFC 3501 sequence-set), kept as ranges: what a
 * mailbox of a million needs little memory for.  Numbers are 1 … 2^32-1.
 */
struct am_imap_set;
struct am_imap_set *am_imap_set_new(void);
void am_imap_set_free(struct am_imap_set **set);
/* Parse and add; "*" becomes `star` (0: a set with "*" is an error).  AM_FAILED
 * leaves what was added before.  Ascending input is linear. */
AM_MUST_USE int am_imap_set_parse(struct am_imap_set *set, const char *text,
                                  size_t len, uint32_t star,
                                  struct am_error *err);
void am_imap_set_add(struct am_imap_set *set, uint32_t first, uint32_t last);
void am_imap_set_remove(struct am_imap_set *set, uint32_t first, uint32_t last);
void am_imap_set_add_all(struct am_imap_set *set, const struct am_imap_set *of);
void am_imap_set_remove_all(struct am_imap_set *set,
                            const struct am_imap_set *of);
bool am_imap_set_has(const struct am_imap_set *set, uint32_t n);
uint64_t am_imap_set_count(const struct am_imap_set *set);
size_t am_imap_set_ranges(const struct am_imap_set *set);
/* The i-th range, ascending. */
void am_imap_set_range(const struct am_imap_set *set, size_t i, uint32_t *first,
                       uint32_t *last);
/* As text, ascending, at most `room` bytes with the NUL: ranges from *next on
 * (0 at first), *next becomes where to go on; AM_END after the last. */
AM_MUST_USE int am_imap_set_print(const struct am_imap_set *set, size_t *next,
                                  char *out, size_t room);

/*
 * Writing: into a buffer of the caller's.  Strings go as atom, quoted or
 * literal, whatever they need.
 */
struct am_imap_out {
	char *data;
	size_t len, room;
	bool literal_plus;  /* peer takes {n+} of any size; */
	bool literal_minus; /* of up to 4096 bytes */
	bool utf8;          /* UTF8=ACCEPT is on: quoted strings may hold it */
	/* Offsets where a synchronising literal begins: send up to there, wait
	 * for "+", go on. */
	size_t n_waits, waits[16];
};
void am_imap_out_clear(struct am_imap_out *out); /* keeps the room */
void am_imap_out_free(struct am_imap_out *out);
void am_imap_put(struct am_imap_out *out, const char *fmt, ...) AM_PRINTF(2, 3);
/* astring: atom where possible. */
AM_MUST_USE int am_imap_put_string(struct am_imap_out *out, const char *text,
                                   size_t len, struct am_error *err);

/*
 * Mailbox names.  The wire bytes are what commands use; parts are what people
 * see: UTF-8, split at the separator.  What is no valid modified UTF-7 (RFC
 * 3501 §5.1.3) or UTF-8 is shown byte for byte as best it can be, with
 * *exact false.
 */
char **am_imap_name_parts(const char *wire, size_t len, char separator,
                          bool utf8, bool *exact); /* g_strfreev() */
/* The wire form of parts: g_free().  NULL when a part holds the separator and
 * *err says so, or a NUL. */
char *am_imap_name_wire(const char *const *parts, size_t depth, char separator,
                        bool utf8, struct am_error *err);

#endif
