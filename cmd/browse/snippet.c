/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a message was found: the text around it, at the bottom of the list. */
#include "cmd/browse/cells.h"
#include "cmd/browse/model.h"
#include "cmd/searched.h"

#include <string.h>

/* Marks that no mail has any business with, and that cells_clean() leaves. */
#define ON  "\xEE\x80\x80" /* U+E000 */
#define OFF "\xEE\x80\x81" /* U+E001 */

static char *read_snippet(struct browse *b, const struct hit *hit)
{
	const struct searched *in = &b->in[hit->archive];
	struct am_query *query = NULL;
	char *text = NULL, *clean = NULL;

	if (!in->index)
		return NULL;
	/* One that cannot be had is no reason to say anything. */
	int r = (b->begun_word ? am_query_parse_typing : am_query_parse)(
		&query, b->query.text, am_time_now(), NULL);
	if (!r)
		r = am_index_snippet(in->index, in->archive, query, hit->id, ON,
		                     OFF, &text, NULL);
	if (!r && text)
		clean = cells_clean(text, false);
	g_free(text);
	am_query_free(&query);
	return clean;
}

static void draw(const char *text, struct frame *f, size_t y)
{
	enum style style = STYLE_DIM;
	size_t x = 1;

	frame_put(f, y, 0, f->columns, STYLE_DIM, "");
	while (*text && x < f->columns) {
		const char *on = strstr(text, ON), *off = strstr(text, OFF);
		const char *end = !on || (off && off < on) ? off : on;
		size_t len = end ? (size_t)(end - text) : strlen(text);
		char *piece = g_strndup(text, len);
		size_t width = MIN(cells_width(piece), f->columns - x);
		frame_put(f, y, x, width, style, piece);
		x += width;
		g_free(piece);
		text += len + (end ? strlen(ON) : 0);
		style = end && end == on ? STYLE_FOUND : STYLE_DIM;
	}
}

bool snippet_draw(struct browse *b, struct frame *f, size_t y)
{
	const struct hit *hit = list_hit(b);

	if (!hit || b->thread || !*b->query.text || b->asked != b->shown)
		return false;
	if (b->snippet_number != b->shown || b->snippet_hit.id != hit->id ||
	    b->snippet_hit.archive != hit->archive) {
		g_free(b->snippet);
		b->snippet = read_snippet(b, hit);
		b->snippet_number = b->shown;
		b->snippet_hit = *hit;
	}
	if (!b->snippet || !*b->snippet)
		return false;
	draw(b->snippet, f, y);
	return true;
}
