/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_IMAP_PARSER_H
#define AM_WIRE_IMAP_PARSER_H

#include "wire/imap.h"

#include <glib.h>

struct am_arena;

/*
 * Private to the parser's own files.  A line comes in segments: what stands
 * between two literals, or between a literal and the line's end.  Each segment
 * is copied into the arena once and cut into tokens in place.
 *
 *   imap_input.c     segments, literals' bytes, skipping
 *   imap_lex.c       atoms and quoted strings of a segment
 *   imap_literal.c   what becomes of a literal
 *   imap_parse.c     lists, the life of a line
 *   imap_response.c  what is peculiar to a server's lines
 */

/* "{12}", "{12+}", "~{12}" at the end of a segment. */
struct am_imap_head {
	bool there, binary, plus;
	uint64_t len; /* UINT64_MAX when it does not fit */
};

/* A literal's bytes on their way to the hook. */
struct am_imap_bytes {
	struct am_imap_parser *parser;
	uint64_t left;
	bool ask; /* send the go-ahead before the first byte is wanted */
	int status;
	struct am_error why;
};

/* An open list, or an open response code. */
struct am_imap_frame {
	size_t first; /* its first value on the stack */
	bool code;
};

struct am_imap_parser {
	struct am_reader *in;
	enum am_imap_side side;
	struct am_imap_hooks hooks;
	struct am_imap_limits limits;

	struct am_arena *arena;
	size_t arena_used;

	/* The segment: at moves; end is before the literal's head, full before
	 * the line end.  A delimiter that was overwritten by the NUL behind a
	 * token is held. */
	char *at, *end, *full;
	char held;
	struct am_imap_head head;

	/* Of this line. */
	size_t line_left, literal_left, n_values;
	const char *tag, *human, *damage;
	const struct am_imap_value *code;
	size_t n_code;
	bool in_code;        /* a response code is being read */
	bool over;           /* the rest of the line is not parsed */
	char odd_delimiter;  /* "\" before this is a whole string */
	int failed;          /* what the line will return */
	struct am_error why; /* its reason */
	struct am_imap_bytes bytes;
	GString *join; /* an atom that goes over a literal */

	/* Values whose list is still open, the line's own first. */
	struct am_imap_value *stack;
	size_t n_stack, stack_room;
	struct am_imap_frame *frames;
	size_t n_frames, frames_room;

	bool broken; /* the reader failed in the middle of a line */
};

/* ---- imap_input.c ---- */

/* The next segment.  AM_END between lines (`first`) only.  Beyond the limit it
 * is AM_OK with p->failed set and p->over. */
int am_imap_input_segment(struct am_imap_parser *p, bool first,
                          struct am_error *err);
/* Pass over the rest of the line, literals by count.  A literal that the peer
 * would send only on our word ends it: we do not give it. */
int am_imap_input_skip_line(struct am_imap_parser *p, struct am_error *err);
/* The literal was taken; what comes next is a segment. */
void am_imap_input_taken(struct am_imap_parser *p);
int am_imap_input_skip(struct am_imap_parser *p, uint64_t n,
                       struct am_error *err);
int am_imap_input_cut(struct am_error *err);
/* Room in the arena of the line. */
char *am_imap_input_copy(struct am_imap_parser *p, const char *s, size_t len);
void *am_imap_input_alloc(struct am_imap_parser *p, size_t size);

/* ---- imap_lex.c ---- */

/* The token at p->at - 1, of which the first byte is taken. */
int am_imap_lex_atom(struct am_imap_parser *p, struct am_error *err);
void am_imap_lex_quoted(struct am_imap_parser *p);
void am_imap_lex_spaces(struct am_imap_parser *p);
/* Take a word up to a space (or one of `stop`) and end it with a NUL. */
char *am_imap_lex_word(struct am_imap_parser *p, const char *stop, size_t *len);
bool am_imap_lex_tag_ok(const char *tag, size_t len);
bool am_imap_lex_atom_char(char c);

/* ---- imap_parse.c ---- */

void am_imap_parse_damage(struct am_imap_parser *p, const char *what);
/* Beyond a wall: the line fails with AM_E_LIMIT. */
void am_imap_parse_limit(struct am_imap_parser *p, const char *what);
void am_imap_parse_push(struct am_imap_parser *p, enum am_imap_type type,
                        const char *text, uint64_t len, bool binary);
/* Values until the line's end, or until there are `enough` of them outside of
 * lists, or, with in_code, until the code is closed. */
int am_imap_parse_values(struct am_imap_parser *p, size_t enough,
                         struct am_error *err);
void am_imap_parse_open(struct am_imap_parser *p, bool code);

/* ---- imap_literal.c ---- */

/* At a head: its bytes become a value, or go to the hook; then the segment
 * behind them. */
int am_imap_literal_take(struct am_imap_parser *p, struct am_error *err);
/* Its bytes as text; NULL when the line is over. */
int am_imap_literal_text(struct am_imap_parser *p, const char **text,
                         struct am_error *err);

/* ---- imap_response.c ---- */

int am_imap_response(struct am_imap_parser *p, struct am_error *err);
/* Mend the finished line: FETCH items outside of the list, "LITERAL +". */
void am_imap_response_mend(struct am_imap_parser *p);

#endif
