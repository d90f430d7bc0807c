/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/edit.h"

#include "cmd/browse/cells.h"
#include "cmd/browse/keys.h"

#include <glib.h>

#include <string.h>

#define TEXT_MAX 8192

void edit_set(struct edit *e, const char *text)
{
	char *clean = cells_clean(text, false);

	g_free(e->text);
	e->text = clean;
	e->at = strlen(clean);
	e->left = 0;
}

void edit_clear(struct edit *e)
{
	g_free(e->text);
	*e = (struct edit){0};
}

/* The cell before the cursor. */
static size_t before(const struct edit *e)
{
	size_t at = 0, n;

	while ((n = cells_next(e->text + at, NULL)) && at + n < e->at)
		at += n;
	return e->at ? at : 0;
}

static size_t word_before(const struct edit *e)
{
	size_t at = e->at;

	while (at && e->text[at - 1] == ' ')
		at--;
	while (at && e->text[at - 1] != ' ')
		at--;
	return at;
}

static void erase(struct edit *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, strlen(e->text + to) + 1);
	e->at = from;
}

static bool insert(struct edit *e, int key)
{
	char utf8[8];

	if (strlen(e->text) > TEXT_MAX || !g_unichar_validate((gunichar)key))
		return false;
	utf8[g_unichar_to_utf8((gunichar)key, utf8)] = '\0';
	/* Marks, being typed, join what stands before them. */
	char *all = g_strdup_printf("%.*s%s%s", (int)e->at, e->text, utf8,
	                            e->text + e->at);
	size_t at = e->at + strlen(utf8);
	char *clean = cells_clean(all, false);
	bool same = !strcmp(clean, all);
	g_free(all);
	if (!same) {
		g_free(clean);
		return false;
	}
	g_free(e->text);
	e->text = clean;
	e->at = at;
	return true;
}

bool edit_key(struct edit *e, int key, bool *changed)
{
	size_t len = strlen(e->text);

	*changed = false;
	switch (key) {
	case KEY_IS_LEFT:
	case KEY_CTRL + 'b':
		e->at = before(e);
		return true;
	case KEY_IS_RIGHT:
	case KEY_CTRL + 'f':
		e->at += cells_next(e->text + e->at, NULL);
		return true;
	case KEY_IS_HOME:
	case KEY_CTRL + 'a':
		e->at = 0;
		return true;
	case KEY_IS_END:
	case KEY_CTRL + 'e':
		e->at = len;
		return true;
	case KEY_IS_BACKSPACE:
	case KEY_CTRL + 'h':
		*changed = e->at > 0;
		erase(e, before(e), e->at);
		return true;
	case KEY_IS_DELETE:
	case KEY_CTRL + 'd':
		*changed = e->at < len;
		erase(e, e->at, e->at + cells_next(e->text + e->at, NULL));
		return true;
	case KEY_CTRL + 'w':
		*changed = e->at > 0;
		erase(e, word_before(e), e->at);
		return true;
	case KEY_CTRL + 'u':
		*changed = e->at > 0;
		erase(e, 0, e->at);
		return true;
	case KEY_CTRL + 'k':
		*changed = e->at < len;
		erase(e, e->at, len);
		return true;
	default:
		if (key < ' ' || key >= KEY_CTRL)
			return false;
		*changed = insert(e, key);
		return true;
	}
}

void edit_draw(struct edit *e, struct frame *f, size_t y, size_t x,
               size_t columns, bool cursor)
{
	size_t used;

	/* The cursor stays in sight. */
	if (e->left > e->at || e->left > strlen(e->text))
		e->left = 0;
	while (e->left < e->at) {
		char *shown = g_strndup(e->text + e->left, e->at - e->left);
		size_t width = cells_width(shown);
		g_free(shown);
		if (width < columns)
			break;
		e->left += cells_next(e->text + e->left, NULL);
	}
	size_t fits = cells_cut(e->text + e->left, columns, NULL);
	char *shown = g_strndup(e->text + e->left, fits);
	frame_put(f, y, x, columns, STYLE_PLAIN, shown);
	if (cursor && e->at >= e->left) {
		shown[MIN(e->at - e->left, fits)] = '\0';
		cells_cut(shown, columns, &used);
		f->cursor_y = y;
		f->cursor_x = MIN(x + used, f->columns ? f->columns - 1 : 0);
	}
	g_free(shown);
}
