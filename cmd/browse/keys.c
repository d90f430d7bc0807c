/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who knows mutt, vim or only arrows finds the keys where they are looked for.
 */
#include "cmd/browse/keys.h"

#include <glib.h>

#include <string.h>

#define LISTS (IN(LIST) | IN(SIDE) | IN(FILES))
#define PAGES (LISTS | IN(MESSAGE) | IN(HELP))

const struct key_row key_rows[] = {
	{LISTS, "j Down", ACT_DOWN, "one down"},
	{LISTS, "k Up", ACT_UP, "one up"},
	{IN(MESSAGE) | IN(HELP), "j Down Enter", ACT_DOWN, "a line down"},
	{IN(MESSAGE) | IN(HELP), "k Up Backspace", ACT_UP, "a line up"},
	{LISTS, "PgDn Ctrl-F z", ACT_PAGE_DOWN, "a page down"},
	{LISTS, "PgUp Ctrl-B Z", ACT_PAGE_UP, "a page up"},
	{IN(MESSAGE) | IN(HELP), "Space PgDn Ctrl-F", ACT_PAGE_DOWN,
         "a page down"},
	{IN(MESSAGE) | IN(HELP), "- b PgUp Ctrl-B", ACT_PAGE_UP, "a page up"},
	{PAGES, "Ctrl-D", ACT_HALF_DOWN, "half a page down"},
	{PAGES, "Ctrl-U", ACT_HALF_UP, "half a page up"},
	{PAGES, "g Home", ACT_FIRST, "to the beginning"},
	{PAGES, "G End", ACT_LAST, "to the end"},

	{IN(LIST), "/ l f", ACT_SEARCH, "search: type, and see what is found"},
	{IN(SIDE), "/", ACT_SEARCH, "search: type, and see what is found"},
	{IN(LIST), "Enter Right", ACT_OPEN, "read the message"},
	{IN(SIDE), "Enter Space Right", ACT_OPEN,
         "only what is in it; once more takes that back"},
	{IN(FILES), "Enter o Right", ACT_OPEN,
         "open the attachment with a program, after asking"},
	{IN(LIST) | IN(MESSAGE), "t", ACT_THREAD,
         "the whole thread of the message"},
	{IN(LIST), "o", ACT_SORT,
         "next order: newest, oldest, best match, largest first"},
	{IN(LIST) | IN(SIDE), "Tab", ACT_SIDE,
         "to the folders and facets, and back"},
	{IN(LIST) | IN(SIDE), "\\", ACT_SIDE_SHOW,
         "hide or show the folders and facets"},
	{IN(LIST), "Space", ACT_MARK, "mark the message, or take the mark off"},
	{IN(LIST), "*", ACT_MARK_ALL, "mark all that was found"},
	{IN(LIST), "U", ACT_UNMARK_ALL, "take all marks off"},
	{IN(LIST), "s C", ACT_EXPORT,
         "copy the marked messages, or all that was found, anywhere"},
	{IN(MESSAGE), "s C", ACT_EXPORT, "copy this message anywhere"},
	{IN(LIST) | IN(MESSAGE), "|", ACT_PIPE,
         "give the message, as it came, to a command"},
	{IN(LIST) | IN(MESSAGE), "v", ACT_FILES,
         "what is attached: open it or save it"},
	{IN(FILES), "s", ACT_SAVE, "save the attachment"},
	{IN(FILES), "S A", ACT_SAVE_ALL, "save all attachments into a folder"},

	{IN(MESSAGE), "J ] Right", ACT_NEXT_MESSAGE, "the next message"},
	{IN(MESSAGE), "K [", ACT_PREVIOUS_MESSAGE, "the message before"},
	{IN(MESSAGE), "h", ACT_HEADERS, "all of the header, or the usual part"},
	{IN(MESSAGE), "H", ACT_HTML,
         "the HTML instead of the plain text, where there are both"},
	{IN(MESSAGE), "/", ACT_FIND, "look for something in the text"},
	{IN(MESSAGE), "n", ACT_FIND_NEXT,
         "to the next of it, or of what was searched for"},
	{IN(MESSAGE), "N", ACT_FIND_PREVIOUS, "to the one before"},

	{IN(SEARCH), "Enter Tab", ACT_OPEN, "to what was found"},
	{IN(SEARCH), "Down", ACT_DOWN, "one down in what was found"},
	{IN(SEARCH), "Up", ACT_UP, "one up in what was found"},
	{IN(SEARCH), "PgDn", ACT_PAGE_DOWN, "a page down"},
	{IN(SEARCH), "PgUp", ACT_PAGE_UP, "a page up"},
	{IN(SEARCH), "Esc Ctrl-C", ACT_BACK, "back to the search before"},

	{IN(LIST), "Ctrl-R", ACT_RELOAD, "look for mail that came since"},
	{PAGES, "Ctrl-L", ACT_REDRAW, "draw the screen anew"},
	{PAGES & ~IN(HELP), "? F1", ACT_HELP, "this help"},
	{IN(SEARCH), "F1", ACT_HELP, "this help"},
	{IN(LIST), "Esc Left Ctrl-C", ACT_BACK,
         "back: out of the thread, to all messages"},
	{IN(SIDE), "q Esc Left Ctrl-C", ACT_BACK, "back to the list"},
	{IN(MESSAGE) | IN(FILES) | IN(HELP), "q i Esc Left Ctrl-C", ACT_BACK,
         "back"},
	{IN(LIST), "q", ACT_QUIT, "out of the thread, or leave"},
	{IN(LIST), "Q", ACT_QUIT, "leave"},
	{0, NULL, ACT_NONE, NULL},
};

static const struct {
	int key;
	const char *name;
} names[] = {
	{' ', "Space"},
	{KEY_IS_ENTER, "Enter"},
	{KEY_IS_ESCAPE, "Esc"},
	{KEY_IS_TAB, "Tab"},
	{KEY_IS_BACKTAB, "Shift-Tab"},
	{KEY_IS_BACKSPACE, "Backspace"},
	{KEY_IS_DELETE, "Del"},
	{KEY_IS_UP, "Up"},
	{KEY_IS_DOWN, "Down"},
	{KEY_IS_LEFT, "Left"},
	{KEY_IS_RIGHT, "Right"},
	{KEY_IS_PAGE_UP, "PgUp"},
	{KEY_IS_PAGE_DOWN, "PgDn"},
	{KEY_IS_HOME, "Home"},
	{KEY_IS_END, "End"},
	{KEY_IS_HELP, "F1"},
};

void key_label(int key, char out[KEY_NAME_ROOM])
{
	char text[8] = "";

	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (names[i].key == key) {
			g_strlcpy(out, names[i].name, KEY_NAME_ROOM);
			return;
		}
	if (key >= KEY_CTRL && key < KEY_IS_ENTER) {
		g_snprintf(out, KEY_NAME_ROOM, "Ctrl-%c",
		           g_ascii_toupper((char)(key - KEY_CTRL)));
		return;
	}
	if (key > 0 && key < KEY_CTRL)
		text[g_unichar_to_utf8((gunichar)key, text)] = '\0';
	g_strlcpy(out, text, KEY_NAME_ROOM);
}

int key_named(const char *name, size_t len)
{
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (strlen(names[i].name) == len &&
		    !memcmp(names[i].name, name, len))
			return names[i].key;
	if (len == 6 && !memcmp(name, "Ctrl-", 5))
		return KEY_CTRL + g_ascii_tolower(name[5]);
	gunichar c = g_utf8_get_char_validated(name, (gssize)len);
	return (gint)c > 0 && (size_t)(g_utf8_next_char(name) - name) == len
	               ? (int)c
	               : 0;
}

enum action key_action(enum view view, int key)
{
	for (const struct key_row *row = key_rows; row->keys; row++) {
		if (!(row->views & (1u << view)))
			continue;
		for (const char *k = row->keys; *k;) {
			size_t len = strcspn(k, " ");
			if (key_named(k, len) == key)
				return row->action;
			k += len + strspn(k + len, " ");
		}
	}
	return ACT_NONE;
}
