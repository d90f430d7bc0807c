/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_KEYS_H
#define MAILARK_BROWSE_KEYS_H

#include "base/compiler.h"

/*
 * The one table of keys: what each does where.  The help screen shows it, the
 * manual page is held to it by a test.
 *
 * A key is a character, a control character by its letter, or one of these.
 */
enum key {
	KEY_CTRL = 0x200000, /* KEY_CTRL + 'c' */
	KEY_IS_ENTER = 0x210000,
	KEY_IS_ESCAPE,
	KEY_IS_TAB,
	KEY_IS_BACKTAB,
	KEY_IS_BACKSPACE,
	KEY_IS_DELETE,
	KEY_IS_UP,
	KEY_IS_DOWN,
	KEY_IS_LEFT,
	KEY_IS_RIGHT,
	KEY_IS_PAGE_UP,
	KEY_IS_PAGE_DOWN,
	KEY_IS_HOME,
	KEY_IS_END,
	KEY_IS_HELP, /* F1 */
	KEY_IS_LAST
};

/* Where the keys work. */
enum view {
	VIEW_LIST,
	VIEW_SIDE,   /* folders and facets */
	VIEW_SEARCH, /* typing a query */
	VIEW_MESSAGE,
	VIEW_FILES, /* what is attached */
	VIEW_HELP,
	VIEW_PROMPT, /* typing something else */
	VIEW_ASK,    /* yes or no */
	VIEW_COUNT
};
#define IN(view) (1u << VIEW_##view)

enum action {
	ACT_NONE,
	ACT_DOWN,
	ACT_UP,
	ACT_PAGE_DOWN,
	ACT_PAGE_UP,
	ACT_HALF_DOWN,
	ACT_HALF_UP,
	ACT_FIRST,
	ACT_LAST,
	ACT_OPEN,
	ACT_SEARCH,
	ACT_SIDE,
	ACT_SIDE_SHOW,
	ACT_THREAD,
	ACT_SORT,
	ACT_MARK,
	ACT_MARK_ALL,
	ACT_UNMARK_ALL,
	ACT_EXPORT,
	ACT_PIPE,
	ACT_FILES,
	ACT_NEXT_MESSAGE,
	ACT_PREVIOUS_MESSAGE,
	ACT_HEADERS,
	ACT_HTML,
	ACT_FIND,
	ACT_FIND_NEXT,
	ACT_FIND_PREVIOUS,
	ACT_SAVE,
	ACT_SAVE_ALL,
	ACT_RELOAD,
	ACT_REDRAW,
	ACT_HELP,
	ACT_BACK,
	ACT_QUIT
};

struct key_row {
	unsigned views;   /* IN() of each */
	const char *keys; /* their names, a blank between */
	enum action action;
	const char *help; /* one line, no full stop */
};
extern const struct key_row key_rows[]; /* ends with keys NULL */

/* "j", "Ctrl-D", "PgDn", "Space"; the room is enough for any. */
#define KEY_NAME_ROOM 16
void key_label(int key, char out[KEY_NAME_ROOM]);
/* The key of that name; 0: none. */
int key_named(const char *name, size_t len);
enum action key_action(enum view view, int key);

#endif
