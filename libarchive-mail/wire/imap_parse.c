/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap_parser.h"

#include "base/arena.h"
#include "base/reader.h"

#include <glib.h>

#include <string.h>

/*
 * The life of a line: segments, tokens, lists, literals.  No recursion: the
 * values of all open lists lie on one stack, the line's own at the bottom, and
 * move to the arena when their list closes.
 *
 * What real peers send and RFC 9051 does not allow, and what we make of it.
 * The tests quote these rows by number (tests/wire/test_imap_lenient.c).
 *
 *  1  LF without CR at a line's end      taken (scripts, proxies)
 *  2  doubled, leading, trailing spaces  skipped (SurgeMail PERMANENTFLAGS,
 *                                        Exchange STATUS, iCloud "* SEARCH ")
 *  3  "+" and nothing behind it          taken (imap-codec quirks)
 *  4  "* OK" and nothing behind it       taken; human is ""
 *  5  response code without "]"          ends with the line
 *  6  response code without "* OK"       taken as OK's (MailKit #115)
 *  7  "* SEARCH" without numbers         no values (Apple)
 *  8  CAPABILITY … "LITERAL +"           one word (MailKit #1654)
 *  9  lower case words, "nil"            as upper case (MailKit lowercase/)
 * 10  raw 8-bit in atoms, strings        kept (imap-backup #119)
 * 11  LIST names unquoted, with spaces,  the name runs to the end of the line
 *     tabs, control characters           (Exchange: MailKit #945)
 * 12  LIST delimiter NIL, "\\", "\"      taken (seznam, Domino: go-imap #329,
 *                                        Indy #329)
 * 13  negative, fractional numbers       atoms; am_imap_number() says false
 *                                        (Zoho: MailKit #1686)
 * 14  \* and \X-foo and 1 as flags       atoms (imapsync FAQ, gmvault #317)
 * 15  "$X-ME-Annot-2 domain.com"         two atoms (imapsync #387)
 * 16  {n+} from a server, ~{n}           as literals
 * 17  body quoted or NIL                 values like others (Yandex: MailKit
 *                                        #1708, Exchange)
 * 18  FETCH items outside of the list    put into it (Xeams: paperless-ngx
 *                                        #13412)
 * 19  space before ")"                   skipped (QQ: jakarta mail #209)
 * 20  a line end before ")" or a space   skipped, in a list only
 *     that goes on with the list         (MailKit #954)
 * 21  STATUS with no list or ()          taken (163: modern-email/defects #15)
 * 22  ")" too many                       skipped (Domino)
 * 23  STATUS names unquoted, with spaces as in LIST, up to the list
 * 24  COPYUID, APPENDUID without values  taken (MailKit #555)
 * 25  empty lines                        skipped
 *
 * A client's commands get 1, 2, 9, 10, 16 and 25 only.
 */
enum {
	LINE_CLIENT = 8 * 1024 * 1024,
	LINE_SERVER = 64 * 1024,
	LITERAL_CLIENT = 1024 * 1024,
	LITERAL_SERVER = 64 * 1024,
	VALUES_CLIENT = 4000000,
	VALUES_SERVER = 10000,
	DEPTH_CLIENT = 64,
	DEPTH_SERVER = 32,
	/* All of a line's that become values, in sizes of one. */
	LITERALS = 16,
	STACK_FIRST = 64,
	/* A larger stack is not kept for the next line. */
	STACK_KEEP = 16 * 1024
};

int am_imap_parser_new(struct am_imap_parser **out, struct am_reader *in,
                       enum am_imap_side side,
                       const struct am_imap_hooks *hooks,
                       const struct am_imap_limits *limits,
                       struct am_error *err)
{
	struct am_imap_parser *p = g_new0(struct am_imap_parser, 1);
	bool client = side == AM_IMAP_CLIENT;

	(void)err;
	p->in = in;
	p->side = side;
	if (hooks)
		p->hooks = *hooks;
	if (limits)
		p->limits = *limits;
	struct am_imap_limits *l = &p->limits;
	if (!l->line)
		l->line = client ? LINE_CLIENT : LINE_SERVER;
	if (!l->literal)
		l->literal = client ? LITERAL_CLIENT : LITERAL_SERVER;
	if (!l->values)
		l->values = client ? VALUES_CLIENT : VALUES_SERVER;
	if (!l->depth)
		l->depth = client ? DEPTH_CLIENT : DEPTH_SERVER;
	if (!l->stream)
		l->stream = UINT64_C(4) << 30;
	p->arena = am_arena_new();
	*out = p;
	return AM_OK;
}

void am_imap_parser_free(struct am_imap_parser **parser)
{
	struct am_imap_parser *p = *parser;

	*parser = NULL;
	if (!p)
		return;
	am_arena_free(&p->arena);
	if (p->join)
		g_string_free(p->join, TRUE);
	g_free(p->stack);
	g_free(p->frames);
	g_free(p);
}

/* ---- what may go wrong with a line ---- */

void am_imap_parse_damage(struct am_imap_parser *p, const char *what)
{
	if (!p->damage)
		p->damage = what;
	p->over = true;
}

void am_imap_parse_limit(struct am_imap_parser *p, const char *what)
{
	if (!p->failed)
		p->failed = am_fail(&p->why, AM_FAILED, AM_E_LIMIT, "%s", what);
	p->over = true;
}

/* ---- the stack ---- */

void am_imap_parse_push(struct am_imap_parser *p, enum am_imap_type type,
                        const char *text, uint64_t len, bool binary)
{
	if (p->n_values == p->limits.values) {
		am_imap_parse_limit(p, "too many values in a line");
		return;
	}
	p->n_values++;
	if (p->n_stack == p->stack_room) {
		p->stack_room *= 2;
		p->stack =
			g_renew(struct am_imap_value, p->stack, p->stack_room);
	}
	p->stack[p->n_stack++] = (struct am_imap_value){
		.type = type, .binary = binary, .text = text, .len = len};
}

void am_imap_parse_open(struct am_imap_parser *p, bool code)
{
	if (p->n_frames == p->limits.depth) {
		am_imap_parse_limit(p, "lists nested too deep");
		return;
	}
	if (p->n_frames == p->frames_room) {
		p->frames_room = p->frames_room ? p->frames_room * 2 : 16;
		p->frames = g_renew(struct am_imap_frame, p->frames,
		                    p->frames_room);
	}
	p->frames[p->n_frames++] = (struct am_imap_frame){p->n_stack, code};
}

/* The values from `first` on, for good. */
static const struct am_imap_value *settle(struct am_imap_parser *p,
                                          size_t first, size_t *n)
{
	size_t size;

	*n = p->n_stack - first;
	p->n_stack = first;
	if (!*n)
		return NULL;
	size = *n * sizeof *p->stack;
	struct am_imap_value *items = am_imap_input_alloc(p, size);
	memcpy(items, p->stack + first, size);
	return items;
}

/* Close the innermost list or code. */
static void close_one(struct am_imap_parser *p)
{
	struct am_imap_frame frame = p->frames[--p->n_frames];
	const struct am_imap_value *items;
	size_t n;

	items = settle(p, frame.first, &n);
	if (frame.code) {
		p->code = items;
		p->n_code = n;
		p->in_code = false;
		return;
	}
	am_imap_parse_push(p, AM_IMAP_LIST, NULL, 0, false);
	/* Not pushed: beyond the limit. */
	if (p->n_stack > frame.first) {
		p->stack[p->n_stack - 1].items = items;
		p->stack[p->n_stack - 1].n_items = n;
	}
}

/* ---- values ---- */

/* The line ended with lists open.  A client goes on when what follows can only
 * belong to them (row 20). */
static bool goes_on(struct am_imap_parser *p)
{
	const uint8_t *data;
	size_t len;

	if (p->side != AM_IMAP_CLIENT || p->in_code)
		return false;
	/* An error is told by the next line's read. */
	if (am_reader_peek(p->in, 1, &data, &len, NULL))
		return false;
	return *data == ')' || *data == ' ' || *data == '\t';
}

static int at_line_end(struct am_imap_parser *p, bool *done,
                       struct am_error *err)
{
	*done = true;
	if (!p->n_frames)
		return AM_OK;
	if (p->in_code) {
		while (p->n_frames)
			close_one(p);
		return AM_OK;
	}
	if (!goes_on(p)) {
		am_imap_parse_damage(p, "a list is not closed");
		return AM_OK;
	}
	*done = false;
	return am_imap_input_segment(p, false, err);
}

static void close_list(struct am_imap_parser *p)
{
	if (p->n_frames && !p->frames[p->n_frames - 1].code)
		close_one(p);
	else if (p->side == AM_IMAP_SERVER)
		am_imap_parse_damage(p, "a parenthesis too many");
}

static int one_token(struct am_imap_parser *p, char c, struct am_error *err)
{
	bool code = p->n_frames && p->frames[p->n_frames - 1].code;

	switch (c) {
	case '(':
		am_imap_parse_open(p, false);
		return AM_OK;
	case ')':
		close_list(p);
		return AM_OK;
	case '"':
		am_imap_lex_quoted(p);
		return AM_OK;
	default:
		break;
	}
	if (c == ']' && code) {
		close_one(p);
		return AM_OK;
	}
	return am_imap_lex_atom(p, err);
}

int am_imap_parse_values(struct am_imap_parser *p, size_t enough,
                         struct am_error *err)
{
	bool code = p->in_code;
	int r = AM_OK;

	while (!r && !p->over) {
		char c = p->held;
		bool done = false;
		if (code ? !p->in_code : !p->n_frames && p->n_stack >= enough)
			return AM_OK;
		p->held = 0;
		if (!c) {
			am_imap_lex_spaces(p);
			if (p->at < p->end)
				c = *p->at++;
			else if (p->head.there)
				r = am_imap_literal_take(p, err);
			else
				r = at_line_end(p, &done, err);
		}
		if (done)
			return r;
		if (c)
			r = one_token(p, c, err);
	}
	return r;
}

/* ---- a line ---- */

/* "tag UID FETCH …" */
static int command(struct am_imap_parser *p, struct am_error *err)
{
	size_t len;
	char *tag = am_imap_lex_word(p, "", &len);

	if (!am_imap_lex_tag_ok(tag, len)) {
		am_imap_parse_damage(p, "no valid tag");
		return AM_OK;
	}
	p->tag = am_imap_input_copy(p, tag, len);
	am_imap_lex_spaces(p);
	if (p->at == p->end) {
		am_imap_parse_damage(p, "no command");
		return AM_OK;
	}
	int r = am_imap_parse_values(p, 1, err);
	if (!r && !p->over && (!p->n_stack || p->stack[0].type != AM_IMAP_ATOM))
		am_imap_parse_damage(p, "no command");
	return r ? r : am_imap_parse_values(p, SIZE_MAX, err);
}

static void begin(struct am_imap_parser *p)
{
	if (!p->stack || p->stack_room > STACK_KEEP) {
		g_free(p->stack);
		p->stack_room = STACK_FIRST;
		p->stack = g_new(struct am_imap_value, p->stack_room);
	}
	if (p->join)
		g_string_truncate(p->join, 0);
	p->n_stack = p->n_frames = p->n_values = 0;
	p->literal_left = p->limits.literal > SIZE_MAX / LITERALS
	                          ? SIZE_MAX
	                          : p->limits.literal * LITERALS;
	p->tag = p->human = "";
	p->damage = NULL;
	p->code = NULL;
	p->n_code = 0;
	p->in_code = p->over = false;
	p->odd_delimiter = 0;
	p->failed = AM_OK;
}

/* The first segment that is not empty. */
static int first_segment(struct am_imap_parser *p, struct am_error *err)
{
	int r;

	do {
		r = am_imap_input_segment(p, true, err);
		if (!r && !p->over)
			am_imap_lex_spaces(p);
	} while (!r && !p->over && p->at == p->full);
	return r;
}

static int read_line(struct am_imap_parser *p, struct am_error *err)
{
	int r = AM_OK;

	if (!p->over)
		r = p->side == AM_IMAP_CLIENT ? am_imap_response(p, err)
		                              : command(p, err);
	if (!r && p->over)
		r = am_imap_input_skip_line(p, err);
	while (p->n_frames)
		close_one(p);
	if (!r && p->side == AM_IMAP_CLIENT)
		am_imap_response_mend(p);
	return r;
}

int am_imap_parser_line(struct am_imap_parser *p, struct am_imap_line *out,
                        struct am_error *err)
{
	*out = (struct am_imap_line){.tag = "", .human = ""};
	if (p->broken)
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "the line before this was left unfinished");
	begin(p);
	int r = first_segment(p, err);
	if (r) /* nothing of a line was taken */
		return r == AM_FAILED ? AM_FATAL : r;
	r = read_line(p, err);
	/* What failed is below the line, which is not for the next call. */
	if (r == AM_FAILED)
		r = AM_FATAL;
	p->broken = r != AM_OK;
	*out = (struct am_imap_line){.tag = p->tag,
	                             .values = p->stack,
	                             .n_values = p->n_stack,
	                             .code = p->code,
	                             .n_code = p->n_code,
	                             .human = p->human,
	                             .damage = p->damage};
	if (r || !p->failed)
		return r;
	if (err)
		*err = p->why;
	return p->failed;
}
