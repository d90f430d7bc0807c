/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SESSION_IMPL_H
#define AM_SERVE_SESSION_IMPL_H

#include "serve/session.h"
#include "serve/vault.h"
#include "wire/imap.h"

#include <glib.h>

/* What the commands share; the states are bits, for the table of them. */
enum am_stage {
	AM_STAGE_NEW = 1, /* not logged in */
	AM_STAGE_IN = 2,
	AM_STAGE_BOX = 4, /* a mailbox is selected */
	AM_STAGE_ANY = 7
};

struct am_session {
	struct am_session_opts opts;
	struct am_house *house;
	struct am_conn *conn;
	char *peer;
	struct am_imap_parser *parser;
	int dead; /* the connection failed with this status */
	bool greeted, over;

	enum am_stage stage;
	char *user;
	bool user_read_only;
	unsigned bad_logins, bad_commands; /* in a row */
	bool utf8, condstore, qresync, rev2, uidonly, compressed;

	/* The command at work. */
	const char *tag;
	GString *out;         /* what is not sent yet */
	GString *answer;      /* "OK done", without the tag */
	bool answered;        /* the tagged line is out already */
	GPtrArray *bodies;    /* struct am_blob: literals that were streamed */
	struct am_pop3 *pop3; /* NULL: IMAP */
	char *idle_tag;       /* IDLE is on */

	/* The mailbox. */
	struct am_vault *vault;
	struct am_snap *snap;
	char *box;
	bool read_only, watching;
	struct am_watch watch;
	struct am_notify *notify;  /* NULL: nothing unasked */
	struct am_imap_set *saved; /* SEARCHRES, UIDs */
	GArray *own; /* uint32_t: UIDs whose FETCH the command owes */
	bool own_silent;
};

typedef const struct am_imap_value *am_args;
enum {
	AM_TAKES_UID = 1,
	AM_KEEPS_NUMBERS = 2, /* no EXPUNGE may come with its answer */
	AM_NUMBERS = 4,       /* without UID it speaks of messages by number */
	AM_ALONE = 8          /* it takes nothing */
};
struct am_command {
	const char *name;
	unsigned stages; /* where it may be given */
	void (*run)(struct am_session *s, am_args args, size_t n, bool uid);
	unsigned how;
};
const struct am_command *am_command_find(const struct am_imap_value *name);

/* ---- session.c: answering ---- */
void am_say(struct am_session *s, const char *fmt, ...) AM_PRINTF(2, 3);
/* What stands in s->out goes to the connection when it is much. */
void am_say_turn(struct am_session *s);
void am_say_flush(struct am_session *s);
void am_say_bytes(struct am_session *s, const void *data, size_t len);
/* A number in digits, quicker than am_say(). */
void am_put_number(GString *out, uint64_t number);
/* A string as quoted or literal, whatever it needs; NULL is NIL. */
void am_put_string(GString *out, const char *text);
void am_put_bytes(GString *out, const char *text, size_t len);
/* A mailbox name. */
void am_put_name(struct am_session *s, GString *out, const char *name);
/* The tagged line, sent when the command is over. */
void am_ok(struct am_session *s, const char *fmt, ...) AM_PRINTF(2, 3);
void am_no(struct am_session *s, const char *fmt, ...) AM_PRINTF(2, 3);
void am_bad(struct am_session *s, const char *fmt, ...) AM_PRINTF(2, 3);
/* NO with the response code that fits an error of the archive's. */
void am_no_error(struct am_session *s, const struct am_error *err);
/* What the parser leaves as it is. */
bool am_arg_is_string(const struct am_imap_value *v);
/* A line that is none of the grammar; *out lives until the next read. */
AM_MUST_USE int am_session_line(struct am_session *s, char **out);
/* Bytes of one message that are taken; a number of 32 bits (RFC 7889). */
uint64_t am_append_limit(const struct am_session *s);
/* The go-ahead, sent at once. */
int am_session_continue(struct am_session *s, const char *text);

/* ---- mailboxes ---- */
/* The name in an argument as UTF-8, g_free(); NULL: BAD was said. */
char *am_arg_name(struct am_session *s, const struct am_imap_value *v);
/* … of a mailbox that is to be: none that would be told otherwise than it was
 * given. */
char *am_arg_new_name(struct am_session *s, const struct am_imap_value *v);
/* A flag or keyword to be set; false: it is none. */
bool am_arg_flag(const struct am_imap_value *v, struct am_imap_flag *out);
/* The vault a name belongs to. */
struct am_vault *am_vault_of(struct am_session *s, const char *name);
/* A mailbox that is there; false: NO was said.  *boxes is to be unref'ed. */
bool am_find_box(struct am_session *s, const char *name, struct am_vault **v,
                 struct am_mailboxes **boxes, const struct am_mailbox **box);
/* Where the box is an INBOX that nobody has put anything in yet, it becomes one
 * that is there, and *boxes those of then. */
AM_MUST_USE int am_make_inbox(struct am_vault *v, struct am_mailboxes **boxes,
                              const struct am_mailbox **box,
                              struct am_error *err);
/* May this session change the vault?  false: NO was said. */
bool am_may_write(struct am_session *s, struct am_vault *v);
/* Can mail be put into it and taken out?  false: NO was said. */
bool am_is_real(struct am_session *s, const struct am_mailbox *box);
/* Of the mailbox that is open: may its mail be changed, and taken out of it?
 * false: NO was said. */
bool am_may_change(struct am_session *s);
bool am_may_take(struct am_session *s);
void am_box_close(struct am_session *s);

/* ---- view.c ---- */
/* Tell what changed in the mailbox since last told. */
void am_view_sync(struct am_session *s, bool numbers_stay);
/* The numbers in a set (of UIDs, or of messages) as UIDs; NULL: BAD was said.
 * "$" is what was saved. */
struct am_imap_set *am_arg_uids(struct am_session *s,
                                const struct am_imap_value *v, bool uid);
/* "(\Seen foo)" of a row. */
void am_put_flags(GString *out, const struct am_row *row);
/* A set as text, or "" */
void am_put_set(GString *out, const struct am_imap_set *set);
/* "* 3 FETCH (", or what is said instead where numbers are not wanted. */
void am_say_fetch(struct am_session *s, size_t number, uint32_t uid);
/* "UID 7 FLAGS (\Seen) MODSEQ (5)" */
void am_put_row(struct am_session *s, const struct am_row *row, bool flags,
                bool modseq);
/* MODSEQ is wanted from now on. */
void am_enable_condstore(struct am_session *s);

#endif
