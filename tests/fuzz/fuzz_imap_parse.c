/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IMAP lines.  The first byte chooses the side (1), a hook (2), which takes (4)
 * every other literal, and narrow limits (8).  What is parsed whole and what
 * is parsed byte by byte must be the same, line by line.
 */
#include "base/reader.h"
#include "support/drip.h"
#include "wire/imap.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct side {
	struct am_reader *in;
	struct am_imap_parser *p;
	GString *text;
	bool takes;
	unsigned n;
};

static void put(GString *to, const struct am_imap_value *v, size_t n,
                size_t depth)
{
	if (depth > 100)
		abort();
	for (size_t i = 0; i < n; i++) {
		uint64_t number;
		struct am_when when;
		struct am_imap_flag flag;
		g_string_append_printf(to, " %d%d:%" PRIu64 ":", v[i].type,
		                       v[i].binary, v[i].len);
		const char *text = am_imap_text(&v[i]);
		if (text) {
			if (text[v[i].len])
				abort();
			g_string_append_len(to, text, (gssize)v[i].len);
		}
		if (v[i].n_items && v[i].type != AM_IMAP_LIST)
			abort();
		put(to, v[i].items, v[i].n_items, depth + 1);
		(void)am_imap_number(&v[i], &number);
		(void)am_imap_is(&v[i], "NIL");
		(void)am_imap_flag_read(&v[i], &flag);
		if (text)
			(void)am_imap_date_parse(text, (size_t)v[i].len, &when);
	}
}

static int on_literal(void *user, const struct am_imap_place *place,
                      struct am_reader *bytes, struct am_error *err)
{
	struct side *s = user;
	uint8_t buf[100];
	size_t got;

	put(s->text, place->line, place->n_line, 0);
	put(s->text, place->list, place->n_list, 0);
	if (s->takes && s->n++ % 2)
		return AM_END;
	if (place->len % 5 == 1)
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "no");
	int r = am_reader_read(bytes, buf, sizeof buf, &got, err);
	if (!r)
		g_string_append_len(s->text, (char *)buf, (gssize)got);
	return r;
}

static int on_go_ahead(void *user, struct am_error *err)
{
	struct side *s = user;

	(void)err;
	g_string_append(s->text, " go");
	return AM_OK;
}

static void begin(struct side *s, struct am_test_drip *d, uint8_t how)
{
	struct am_imap_hooks hooks = {on_literal, on_go_ahead, s};
	struct am_imap_limits limits = {.line = 60,
	                                .literal = 10,
	                                .values = 20,
	                                .depth = 4,
	                                .stream = 50};

	s->text = g_string_new(NULL);
	s->takes = how & 4;
	s->n = 0;
	if (!(how & 2))
		hooks.literal = NULL;
	if (am_reader_new(&s->in, &am_test_drip_ops, d, NULL) ||
	    am_imap_parser_new(&s->p, s->in,
	                       how & 1 ? AM_IMAP_SERVER : AM_IMAP_CLIENT,
	                       &hooks, how & 8 ? &limits : NULL, NULL))
		abort();
}

static int next(struct side *s)
{
	struct am_imap_line line;
	struct am_error err = {.kind = AM_E_NONE};

	g_string_truncate(s->text, 0);
	int r = am_imap_parser_line(s->p, &line, &err);
	if (!line.tag || !line.human || (r < 0) != (err.kind != AM_E_NONE))
		abort();
	g_string_append_printf(s->text, " r%d %s %s", r, line.tag, line.human);
	put(s->text, line.values, line.n_values, 0);
	put(s->text, line.code, line.n_code, 0);
	g_string_append_printf(s->text, " %s", line.damage ? line.damage : "");
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_test_drip drips[2];
	struct side sides[2];
	int r;

	if (!len)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		drips[i] = (struct am_test_drip){data + 1, len - 1,
		                                 i ? 1 : SIZE_MAX};
		begin(&sides[i], &drips[i], *data);
	}
	do {
		r = next(&sides[0]);
		if (next(&sides[1]) != r ||
		    !g_string_equal(sides[0].text, sides[1].text) ||
		    am_reader_offset(sides[0].in) !=
		            am_reader_offset(sides[1].in))
			abort();
	} while (r == AM_OK || r == AM_FAILED);
	for (size_t i = 0; i < 2; i++) {
		am_imap_parser_free(&sides[i].p);
		am_reader_close(&sides[i].in);
		g_string_free(sides[i].text, TRUE);
	}
	return 0;
}
