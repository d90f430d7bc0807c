/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only here: ncurses' names are macros by the hundred. */
#define NCURSES_WIDECHAR 1
#include "cmd/browse/term.h"

#include "cmd/browse/frame.h"
#include "cmd/browse/guard.h"
#include "cmd/browse/keys.h"
#include "cmd/browse/model.h"

#include <curses.h>
#include <glib.h>

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct term {
	SCREEN *screen;
	struct guard *guard;
	struct browse_term calls;
	attr_t styles[STYLE_COUNT];
	short pairs[STYLE_COUNT];
	bool mouse, implicit, pasting;
};

/* ECMA-48's BDSM, by which VTE can be told that lines come in the order they
 * are seen in.  Terminals that know nothing of it ignore it. */
#define IMPLICIT "\033[8h"
#define EXPLICIT "\033[8l"

/* Bracketed paste: what is pasted comes between two marks, so that nothing in
 * it is taken for a key.  (Ask for it, ask no more; the marks.) */
#define PASTE_ON    "\033[?2004h"
#define PASTE_OFF   "\033[?2004l"
#define PASTE_BEGIN "\033[200~"
#define PASTE_END   "\033[201~"
enum { KEY_PASTE = KEY_MAX + 1, KEY_PASTED };

/* How long after Esc the rest of a key's sequence may come. */
enum { ESCAPE_MS = 25 };

/* ---- styles -------------------------------------------------------------- */

static void set_style(struct term *t, enum style style, attr_t attributes,
                      short colour)
{
	t->styles[style] = attributes;
	if (colour < 0 || !has_colors())
		return;
	t->pairs[style] = (short)(style + 1);
	init_pair(t->pairs[style], colour, -1);
}

/* Attributes that tell without colours what colours only make nicer. */
static void set_styles(struct term *t)
{
	bool colours = has_colors() && !g_getenv("NO_COLOR");

	if (colours) {
		start_color();
		use_default_colors();
	}
#define COLOUR(c) (colours ? (c) : (short)-1)
	set_style(t, STYLE_BAR, A_REVERSE, -1);
	set_style(t, STYLE_SELECTED, A_REVERSE, -1);
	set_style(t, STYLE_RESTING, A_UNDERLINE, -1);
	set_style(t, STYLE_DIM, A_DIM, -1);
	set_style(t, STYLE_STRONG, A_BOLD, -1);
	set_style(t, STYLE_NAME, A_BOLD, COLOUR(COLOR_CYAN));
	set_style(t, STYLE_LINK, A_NORMAL, COLOUR(COLOR_CYAN));
	set_style(t, STYLE_FOUND, A_BOLD, COLOUR(COLOR_YELLOW));
	set_style(t, STYLE_ERROR, A_BOLD, COLOUR(COLOR_RED));
#undef COLOUR
}

/* ---- the screen ---------------------------------------------------------- */

static void show_cell(const struct term *t, int y, int x, const struct cell *c)
{
	wchar_t wide[CCHARW_MAX + 1] = L" ";
	size_t n = 0;
	cchar_t cell;

	for (const char *p = c->text; *p && n < CCHARW_MAX;
	     p = g_utf8_next_char(p))
		wide[n++] = (wchar_t)g_utf8_get_char(p);
	wide[n] = L'\0';
	if (n && setcchar(&cell, wide, t->styles[c->style], t->pairs[c->style],
	                  NULL) == OK)
		mvadd_wch(y, x, &cell);
}

void term_show(struct term *t, const struct frame *f)
{
	erase();
	for (size_t y = 0; y < f->rows && (int)y < LINES; y++)
		for (size_t x = 0; x < f->columns && (int)x < COLS; x++)
			show_cell(t, (int)y, (int)x,
			          &f->cells[y * f->columns + x]);
	curs_set(f->cursor_y != SIZE_MAX);
	if (f->cursor_y != SIZE_MAX)
		move((int)f->cursor_y, (int)f->cursor_x);
	refresh();
}

void term_size(const struct term *t, size_t *rows, size_t *columns)
{
	(void)t;
	*rows = (size_t)MAX(LINES, 1);
	*columns = (size_t)MAX(COLS, 1);
}

/* What terminfo does not know of. */
static void put_modes(const struct term *t, bool ours)
{
	fputs(ours ? PASTE_ON : PASTE_OFF, stdout);
	if (!t->implicit)
		fputs(ours ? EXPLICIT : IMPLICIT, stdout);
	fflush(stdout);
}

static void leave(void *user)
{
	struct term *t = user;

	curs_set(1);
	put_modes(t, false);
	endwin();
	guard_rest(t->guard, true);
}

static void back(void *user, bool wait)
{
	struct term *t = user;
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	guard_rest(t->guard, false);
	if (wait) {
		fputs("\n[press a key]", stdout);
		fflush(stdout);
		guard_single_keys();
		while (poll(&p, 1, -1) < 0 && errno == EINTR &&
		       !guard_asked(t->guard))
			;
		flushinp();
		fputs("\n", stdout);
		fflush(stdout);
	}
	clearok(curscr, TRUE);
	refresh();
	put_modes(t, true);
}

static void redraw(void *user)
{
	(void)user;
	clearok(curscr, TRUE);
}

/* What ends the modes we set, as terminfo(5) has it, without its delays. */
static char *restoring(bool mouse)
{
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};
	GString *text = g_string_new(IMPLICIT PASTE_OFF);

	if (mouse)
		g_string_append(text, "\033[?1006l\033[?1000l");
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		const char *s = tigetstr(names[i]);
		if (!s || s == (const char *)-1)
			continue;
		while (*s) {
			size_t n = strcspn(s, "$");
			g_string_append_len(text, s, (gssize)n);
			s += n;
			if (s[0] == '$' && s[1] == '<')
				s += strcspn(s, ">") + 1;
			else if (*s)
				g_string_append_c(text, *s++);
		}
	}
	return g_string_free(text, FALSE);
}

/* ---- keys ---------------------------------------------------------------- */

static int special(wint_t key)
{
	static const struct {
		wint_t curses;
		int ours;
	} table[] = {
		{KEY_ENTER, KEY_IS_ENTER},
		{KEY_BACKSPACE, KEY_IS_BACKSPACE},
		{KEY_DC, KEY_IS_DELETE},
		{KEY_UP, KEY_IS_UP},
		{KEY_DOWN, KEY_IS_DOWN},
		{KEY_LEFT, KEY_IS_LEFT},
		{KEY_RIGHT, KEY_IS_RIGHT},
		{KEY_PPAGE, KEY_IS_PAGE_UP},
		{KEY_NPAGE, KEY_IS_PAGE_DOWN},
		{KEY_HOME, KEY_IS_HOME},
		{KEY_END, KEY_IS_END},
		{KEY_BTAB, KEY_IS_BACKTAB},
		{KEY_F(1), KEY_IS_HELP},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++)
		if (table[i].curses == key)
			return table[i].ours;
	return 0;
}

static int plain(wint_t key)
{
	switch (key) {
	case '\r':
	case '\n':
		return KEY_IS_ENTER;
	case '\t':
		return KEY_IS_TAB;
	case 0x1B:
		return KEY_IS_ESCAPE;
	case 0x7F:
	case 0x08:
		return KEY_IS_BACKSPACE;
	default:
		return key < ' ' ? KEY_CTRL + (int)key + '`' : (int)key;
	}
}

static enum term_event take_mouse(struct term_input *out)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return TERM_NOTHING;
	out->y = (size_t)MAX(event.y, 0);
	out->x = (size_t)MAX(event.x, 0);
	out->button = event.bstate & BUTTON4_PRESSED                       ? 4
	              : event.bstate & BUTTON5_PRESSED                     ? 5
	              : event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED) ? 1
	                                                                   : 0;
	return TERM_MOUSE;
}

enum term_event term_next(struct term *t, struct term_input *out)
{
	wint_t key;
	int r;

	*out = (struct term_input){0};
	while ((r = get_wch(&key)) == KEY_CODE_YES &&
	       (key == KEY_PASTE || key == KEY_PASTED))
		t->pasting = key == KEY_PASTE;
	if (r == ERR)
		return TERM_NOTHING;
	out->pasted = t->pasting;
	/* Lines become one. */
	if (t->pasting && r == OK && key < ' ')
		key = ' ';
	if (r == KEY_CODE_YES && key == KEY_RESIZE)
		return TERM_RESIZED;
	if (r == KEY_CODE_YES && key == KEY_MOUSE)
		return take_mouse(out);
	out->key = r == KEY_CODE_YES ? special(key) : plain(key);
	return out->key ? TERM_KEY : TERM_NOTHING;
}

enum term_event term_wait(struct term *t, int fd, struct term_input *out)
{
	/* What ncurses has read already no poll() tells of. */
	enum term_event event = term_next(t, out);
	if (event != TERM_NOTHING)
		return event;
	struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN},
	                     {.fd = fd, .events = POLLIN},
	                     {.fd = guard_fd(t->guard), .events = POLLIN}};
	int r = poll(p, AM_COUNT(p), -1);
	int asked = guard_asked(t->guard);
	if (asked == GUARD_INTERRUPT) {
		out->key = KEY_CTRL + 'c';
		return TERM_KEY;
	}
	if (asked || (r > 0 && (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))))
		return TERM_ENDED;
	return term_next(t, out);
}

/* ---- life ---------------------------------------------------------------- */

/* Over ssh a machine meets terminals that its terminfo has never heard of.
 * These do all that we ask of the one that they are like. */
static const char *stand_in(const char *name)
{
	static const char *const alike[] = {
		"xterm", "alacritty", "contour", "foot",   "ghostty", "iterm",
		"kitty", "konsole",   "mintty",  "mlterm", "putty",   "rxvt",
		"st-",   "vte",       "wezterm", "gnome"};

	for (size_t i = 0; name && i < AM_COUNT(alike); i++)
		if (g_str_has_prefix(name, alike[i]))
			return "xterm-256color";
	return NULL;
}

/* NULL: it is not known, or nothing can be put in its place on it. */
static SCREEN *new_screen(const char *name)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);

	if (!screen && stand_in(name))
		screen = newterm(stand_in(name), stdout, stdin);
	const char *move_to = screen ? tigetstr("cup") : NULL;

	if (screen && (!move_to || move_to == (const char *)-1)) {
		endwin();
		delscreen(screen);
		screen = NULL;
	}
	return screen;
}

int term_open(struct term **out, bool mouse, bool implicit,
              struct am_error *err)
{
	struct term *t = g_new0(struct term, 1);
	const char *name = g_getenv("TERM");

	*out = NULL;
	t->mouse = mouse;
	t->implicit = implicit;
	t->calls = (struct browse_term){
		.leave = leave, .back = back, .redraw = redraw, .user = t};
	t->guard = guard_new();
	t->screen = new_screen(name);
	if (!t->screen) {
		guard_free(&t->guard);
		g_free(t);
		return am_fail(
			err, AM_FAILED, AM_E_UNSUPPORTED,
			"this terminal (TERM=%s) is not known, or cannot "
			"place text",
			name && *name ? name : "");
	}
	set_term(t->screen);
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	define_key(PASTE_BEGIN, KEY_PASTE);
	define_key(PASTE_END, KEY_PASTED);
	nodelay(stdscr, TRUE);
	set_styles(t);
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED |
		                  BUTTON5_PRESSED,
		          NULL);
		mouseinterval(0);
	}
	refresh();
	put_modes(t, true);
	char *text = restoring(mouse);
	guard_begin(t->guard, text);
	g_free(text);
	*out = t;
	return AM_OK;
}

void term_close(struct term **term)
{
	struct term *t = *term;

	if (!t)
		return;
	curs_set(1);
	put_modes(t, false);
	endwin();
	guard_free(&t->guard);
	delscreen(t->screen);
	g_free(t);
	*term = NULL;
}

const struct browse_term *term_calls(struct term *t)
{
	return &t->calls;
}
