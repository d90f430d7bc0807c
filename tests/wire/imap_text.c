/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imap_text.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

struct drip {
	const uint8_t *at;
	size_t left, step;
	int ending;
};

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct drip *d = self;

	if (!d->left && d->ending < 0)
		return am_fail(err, (enum am_status)d->ending, AM_E_IO,
		               "the drip broke");
	if (!d->left)
		return AM_END;
	*got = MIN(MIN(d->step, room), d->left);
	memcpy(buf, d->at, *got);
	d->at += *got;
	d->left -= *got;
	return AM_OK;
}

struct am_reader *imap_drip(const void *data, size_t len, size_t step,
                            int ending)
{
	static const struct am_reader_ops ops = {.fill = fill, .close = g_free};
	struct drip *d = g_new(struct drip, 1);
	struct am_reader *r;

	*d = (struct drip){data, len, step ? step : SIZE_MAX, ending};
	cr_assert_eq(am_reader_new(&r, &ops, d, NULL), AM_OK);
	return r;
}

static void put_bytes(GString *to, const char *s, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++) {
		if (s[i] < 0x20 || s[i] > 0x7E)
			g_string_append_printf(to, "\\x%02X", (uint8_t)s[i]);
		else
			g_string_append_c(to, s[i]);
	}
}

static void put_values(GString *to, const struct am_imap_value *v, size_t n);

static void put_value(GString *to, const struct am_imap_value *v)
{
	static const char *const around[][2] = {
		[AM_IMAP_NIL] = {"", ""},
		[AM_IMAP_ATOM] = {"", ""},
		[AM_IMAP_STRING] = {"\"", "\""},
		[AM_IMAP_LITERAL] = {"{", "}"},
		[AM_IMAP_LIST] = {"(", ")"},
		[AM_IMAP_STREAMED] = {"<", ">"}};

	if (v->binary)
		g_string_append_c(to, '~');
	g_string_append(to, around[v->type][0]);
	if (v->type == AM_IMAP_LIST) {
		put_values(to, v->items, v->n_items);
	} else if (v->type == AM_IMAP_STREAMED) {
		g_string_append_printf(to, "%" PRIu64, v->len);
	} else if (v->type == AM_IMAP_NIL) {
		g_string_append(to, "NIL");
	} else {
		cr_assert_eq(v->text[v->len], '\0');
		put_bytes(to, v->text, v->len);
	}
	g_string_append(to, around[v->type][1]);
}

static void put_values(GString *to, const struct am_imap_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			g_string_append_c(to, ' ');
		put_value(to, &v[i]);
	}
}

void imap_text_line(GString *to, const struct am_imap_line *line)
{
	put_bytes(to, line->tag, strlen(line->tag));
	if (line->n_values)
		g_string_append_c(to, ' ');
	put_values(to, line->values, line->n_values);
	if (line->n_code) {
		g_string_append(to, " [");
		put_values(to, line->code, line->n_code);
		g_string_append_c(to, ']');
	}
	if (*line->human) {
		g_string_append(to, " :");
		put_bytes(to, line->human, strlen(line->human));
	}
	if (line->damage)
		g_string_append_printf(to, " !%s", line->damage);
	g_string_append_c(to, '\n');
}

GString *imap_text_all(const void *data, size_t len, size_t step,
                       enum am_imap_side side,
                       const struct am_imap_hooks *hooks,
                       const struct am_imap_limits *limits)
{
	struct am_reader *in = imap_drip(data, len, step, AM_END);
	GString *all = g_string_new(NULL);
	struct am_imap_parser *p;
	struct am_imap_line line;
	struct am_error err;
	int r;

	cr_assert_eq(am_imap_parser_new(&p, in, side, hooks, limits, &err),
	             AM_OK);
	for (;;) {
		r = am_imap_parser_line(p, &line, &err);
		if (r && r != AM_FAILED)
			break;
		if (r)
			g_string_append_printf(all, "FAILED: %s: ", err.text);
		imap_text_line(all, &line);
	}
	if (r < 0)
		g_string_append_printf(all, "FATAL: %s\n", err.text);
	am_imap_parser_free(&p);
	am_reader_close(&in);
	return all;
}

void imap_text_check(const void *data, size_t len, enum am_imap_side side,
                     const struct am_imap_hooks *hooks,
                     const struct am_imap_limits *limits, const char *want)
{
	static const size_t steps[] = {0, 1, 7};

	for (size_t i = 0; i < AM_COUNT(steps); i++) {
		GString *got =
			imap_text_all(data, len, steps[i], side, hooks, limits);
		cr_expect_str_eq(got->str, want,
		                 "\ngot  %swant %s(step %zu) of %s", got->str,
		                 want, steps[i], (const char *)data);
		g_string_free(got, TRUE);
	}
}
