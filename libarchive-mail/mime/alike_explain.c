/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a mail on its way: header fields that came, went or changed,
 * and of the body the first of these that makes the two the same: line ends,
 * empty lines at the end, quoting of "From ", blanks at the ends of lines, the
 * transfer encoding.
 */
#include "mime/alike.h"

#include "base/blob.h"

#include <glib.h>

#include <string.h>

/* A larger mail is told apart by its header alone. */
#define READ_MAX (32u << 20)
/* Of each kind of difference so many fields are named. */
#define NAMED_MAX 6

struct text {
	char *raw;
	size_t len;
	size_t head;
	bool crlf; /* any */
};

static int read_text(struct text *out, const struct am_blob *blob,
                     struct am_error *err)
{
	size_t size = (size_t)MIN(am_blob_size(blob), READ_MAX);

	*out = (struct text){.raw = g_malloc(size + 1)};
	int r = am_blob_read(blob, 0, out->raw, size, &out->len, err);
	out->raw[out->len] = '\0';
	out->head = am_header_len(out->raw, out->len);
	const char *cr = out->raw;
	const char *end = out->raw + out->len;
	while ((cr = memchr(cr, '\r', (size_t)(end - cr))) && cr[1] != '\n')
		cr++;
	out->crlf = cr != NULL;
	return r;
}

/* ---- header ---- */

struct field {
	char *name, *value; /* the value without its folds' line ends */
	bool met;
};

static void drop_field(gpointer data)
{
	struct field *f = data;

	g_free(f->name);
	g_free(f->value);
	g_free(f);
}

static char *unfold(const char *value, size_t len)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < len; i++)
		if (value[i] != '\r' && value[i] != '\n')
			g_string_append_c(out, value[i]);
	g_strstrip(out->str);
	return g_string_free(out, FALSE);
}

static GPtrArray *read_fields(const struct text *text)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(drop_field);
	struct am_fields fields;
	struct am_field field;

	am_fields_init(&fields, text->raw, text->head, 0);
	while (am_fields_next(&fields, &field)) {
		struct field *f = g_new0(struct field, 1);
		f->name = g_strndup(field.name, field.name_len);
		f->value = unfold(field.value, field.value_len);
		g_ptr_array_add(out, f);
	}
	return out;
}

/* Fields with equal names (and values) meet, in order. */
static void meet(GPtrArray *a, GPtrArray *b)
{
	GHashTable *there =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = b->len; i-- > 0;) {
		struct field *f = g_ptr_array_index(b, i);
		char *lower = g_ascii_strdown(f->name, -1);
		/* The first of several equal ones is the last put in. */
		g_hash_table_insert(there,
		                    g_strconcat(lower, ":", f->value, NULL), f);
		g_free(lower);
	}
	for (guint i = 0; i < a->len; i++) {
		struct field *f = g_ptr_array_index(a, i);
		char *lower = g_ascii_strdown(f->name, -1);
		char *key = g_strconcat(lower, ":", f->value, NULL);
		struct field *other = g_hash_table_lookup(there, key);
		g_free(lower);
		g_free(key);
		if (other)
			f->met = other->met = true;
	}
	g_hash_table_destroy(there);
}

static bool has_name(const GPtrArray *fields, const char *name)
{
	for (guint i = 0; i < fields->len; i++) {
		const struct field *f = g_ptr_array_index(fields, i);
		if (!f->met && !g_ascii_strcasecmp(f->name, name))
			return true;
	}
	return false;
}

static void say(GString *out, const char *what)
{
	if (out->len)
		g_string_append(out, "; ");
	g_string_append(out, what);
}

/* Names of what is in one and not in the other, each once. */
static void name_fields(GString *out, const GPtrArray *in,
                        const GPtrArray *other, bool changed, const char *verb)
{
	GString *names = g_string_new(NULL);
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	guint n = 0;

	for (guint i = 0; i < in->len; i++) {
		const struct field *f = g_ptr_array_index(in, i);
		if (f->met || has_name(other, f->name) != changed ||
		    !g_hash_table_add(seen, f->name) || n++ >= NAMED_MAX)
			continue;
		g_string_append_printf(names, "%s%.60s", names->len ? ", " : "",
		                       f->name);
	}
	if (n > NAMED_MAX)
		g_string_append_printf(names, " and %u more", n - NAMED_MAX);
	if (n) {
		g_string_append_printf(names, " %s", verb);
		say(out, names->str);
	}
	g_hash_table_destroy(seen);
	g_string_free(names, TRUE);
}

static void explain_header(GString *out, const struct text *a,
                           const struct text *b)
{
	GPtrArray *fa = read_fields(a), *fb = read_fields(b);

	meet(fa, fb);
	name_fields(out, fb, fa, false, "added");
	name_fields(out, fa, fb, false, "removed");
	name_fields(out, fa, fb, true, "changed");
	g_ptr_array_unref(fa);
	g_ptr_array_unref(fb);
}

/* ---- body ---- */

enum looseness { LINE_ENDS, END, QUOTING, BLANKS, LOOSEST };

static void put_line(GString *out, const char *p, size_t len,
                     enum looseness loose)
{
	if (loose >= QUOTING) {
		size_t n = 0;
		while (n < len && p[n] == '>')
			n++;
		if (n && len - n >= 5 && !memcmp(p + n, "From ", 5)) {
			p += n;
			len -= n;
		}
	}
	while (loose >= BLANKS && len &&
	       (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	g_string_append_len(out, p, (gssize)len);
}

static GString *loosen(const char *p, const char *end, enum looseness loose)
{
	GString *out = g_string_sized_new((gsize)(end - p));

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *stop = lf ? lf : end;
		const char *text =
			lf && stop > p && stop[-1] == '\r' ? stop - 1 : stop;
		put_line(out, p, (size_t)(text - p), loose);
		if (lf)
			g_string_append_c(out, '\n');
		p = lf ? lf + 1 : end;
	}
	while (loose >= END && out->len && out->str[out->len - 1] == '\n')
		g_string_truncate(out, out->len - 1);
	return out;
}

static const char *explain_body(const struct text *a, const struct text *b)
{
	static const char *const words[LOOSEST] = {
		"",
		"empty lines at the end",
		"quoting of \"From \" lines",
		"blanks at the ends of lines",
	};
	const char *out = NULL;

	for (enum looseness l = LINE_ENDS; l < LOOSEST && !out; l++) {
		GString *x = loosen(a->raw + a->head, a->raw + a->len, l);
		GString *y = loosen(b->raw + b->head, b->raw + b->len, l);
		if (g_string_equal(x, y))
			out = words[l];
		g_string_free(x, TRUE);
		g_string_free(y, TRUE);
	}
	return out;
}

int am_alike_explain(char **out, const struct am_blob *a,
                     const struct am_blob *b, const struct am_limits *limits,
                     struct am_error *err)
{
	GString *text = g_string_new(NULL);
	struct text x = {0}, y = {0};
	struct am_alike alike_x, alike_y;

	*out = NULL;
	int r = read_text(&x, a, err);
	if (!r)
		r = read_text(&y, b, err);
	if (r)
		goto out;
	bool same = x.len == y.len && !memcmp(x.raw, y.raw, x.len) &&
	            am_blob_size(a) == am_blob_size(b);
	if (!same && x.crlf != y.crlf)
		say(text, "line ends");
	if (!same)
		explain_header(text, &x, &y);
	bool large = MAX(am_blob_size(a), am_blob_size(b)) > READ_MAX;
	const char *body = same || large ? "" : explain_body(&x, &y);
	if (body && *body)
		say(text, body);
	if (!body) {
		r = am_alike_read(&alike_x, a, limits, err);
		if (!r)
			r = am_alike_read(&alike_y, b, limits, err);
		if (r)
			goto out;
		say(text,
		    !memcmp(alike_x.content, alike_y.content, AM_SHA256_LEN)
		            ? "encoding of the parts"
		            : "another text");
	}
	if (large)
		say(text, "too large to compare the text");
	if (same)
		say(text, "the same bytes");
	else if (!text->len)
		say(text, "layout of the header");
	*out = g_string_free(text, FALSE);
	text = NULL;
out:
	g_free(x.raw);
	g_free(y.raw);
	if (text)
		g_string_free(text, TRUE);
	return r;
}
