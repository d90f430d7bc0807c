/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/fetch_line.h"

#include <glib.h>

#include <string.h>

/* Keys and values in turn: first in the list, then what stands behind it. */
struct walk {
	const struct am_imap_line *line;
	const struct am_imap_value *items;
	size_t n, at;
	size_t next_value; /* of the line */
};

static void walk_begin(struct walk *w, const struct am_imap_line *line)
{
	*w = (struct walk){.line = line, .next_value = 2};
	if (line->n_values > 2 && line->values[2].type == AM_IMAP_LIST) {
		w->items = line->values[2].items;
		w->n = line->values[2].n_items;
		w->next_value = 3;
	}
}

static bool walk_next(struct walk *w, const struct am_imap_value **key,
                      const struct am_imap_value **value)
{
	for (;;) {
		if (w->at + 1 >= w->n) {
			if (w->next_value + 1 >= w->line->n_values)
				return false;
			w->items = w->line->values + w->next_value;
			w->n = w->line->n_values - w->next_value;
			w->at = 0;
			w->next_value = w->line->n_values;
		}
		*key = &w->items[w->at];
		if ((*key)->type == AM_IMAP_ATOM) {
			*value = &w->items[w->at + 1];
			w->at += 2;
			return true;
		}
		w->at++; /* a value that lost its key */
	}
}

bool am_imap_fetch_read(struct am_imap_fetch *out,
                        const struct am_imap_line *line)
{
	const struct am_imap_value *v;
	uint64_t n = 0;

	*out = (struct am_imap_fetch){.line = line};
	if (line->n_values < 3 || strcmp(line->tag, "*") != 0)
		return false;
	bool named = am_imap_is(&line->values[1], "UIDFETCH");
	if (!named && !am_imap_is(&line->values[1], "FETCH"))
		return false;
	v = am_imap_fetch_item(out, "UID");
	if (v ? am_imap_number(v, &n)
	      : named && am_imap_number(&line->values[0], &n))
		out->uid = n <= UINT32_MAX ? (uint32_t)n : 0;
	return true;
}

const struct am_imap_value *am_imap_fetch_item(const struct am_imap_fetch *f,
                                               const char *key)
{
	const struct am_imap_value *k, *v;
	struct walk w;

	walk_begin(&w, f->line);
	while (walk_next(&w, &k, &v))
		if (am_imap_is(k, key))
			return v;
	return NULL;
}

const struct am_imap_value *am_imap_fetch_header(const struct am_imap_fetch *f)
{
	const struct am_imap_value *k, *v;
	struct walk w;

	walk_begin(&w, f->line);
	while (walk_next(&w, &k, &v)) {
		const char *key = am_imap_text(k);
		if (key && !g_ascii_strncasecmp(key, "BODY[HEADER", 11))
			return v;
	}
	return NULL;
}

/* "BODY[]", "body[]<0>"; what is between the brackets is not the whole. */
static bool body_key(const struct am_imap_value *key, uint64_t *origin,
                     bool *partial)
{
	const char *text = am_imap_text(key);

	*origin = 0;
	*partial = false;
	if (!text || key->type != AM_IMAP_ATOM ||
	    g_ascii_strncasecmp(text, "BODY[]", 6) != 0)
		return false;
	if (!text[6])
		return true;
	if (text[6] != '<')
		return false;
	*partial = true;
	for (const char *c = text + 7; g_ascii_isdigit(*c); c++)
		*origin = *origin < UINT64_MAX / 16
		                  ? *origin * 10 + (uint64_t)(*c - '0')
		                  : UINT64_MAX;
	return true;
}

const struct am_imap_value *am_imap_fetch_body(const struct am_imap_fetch *f,
                                               uint64_t *origin, bool *partial,
                                               size_t *streamed)
{
	const struct am_imap_value *k, *v;
	struct walk w;

	*streamed = 0;
	walk_begin(&w, f->line);
	while (walk_next(&w, &k, &v)) {
		if (body_key(k, origin, partial))
			return v;
		*streamed += v->type == AM_IMAP_STREAMED;
	}
	return NULL;
}

bool am_imap_fetch_is_body(const struct am_imap_place *place)
{
	uint64_t origin;
	bool partial;

	return place->n_line >= 2 && place->n_list &&
	       (am_imap_is(&place->line[1], "FETCH") ||
	        am_imap_is(&place->line[1], "UIDFETCH")) &&
	       body_key(&place->list[place->n_list - 1], &origin, &partial);
}
