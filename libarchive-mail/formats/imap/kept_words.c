/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/kept.h"

#include "mime/scan.h"

#include <string.h>

enum { NAMES_MOST = 6 };

/* With CRLF at each line's end, as it goes over the wire. */
static GByteArray *crlf_of(const uint8_t *p, size_t len)
{
	GByteArray *out = g_byte_array_sized_new((guint)len + 16);

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' && (!i || p[i - 1] != '\r'))
			g_byte_array_append(out, (const uint8_t *)"\r", 1);
		g_byte_array_append(out, p + i, 1);
	}
	return out;
}

/* "name: value" of each field -> how many of them; names in a text of their
 * own. */
static GHashTable *fields_of(const uint8_t *p, size_t len)
{
	GHashTable *all =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct am_fields fields;
	struct am_field field;

	am_fields_init(&fields, p, len, 0);
	while (am_fields_next(&fields, &field)) {
		char *value =
			g_strndup((const char *)field.value, field.value_len);
		char *text = g_strdup_printf("%.*s:%s", (int)field.name_len,
		                             (const char *)field.name,
		                             g_strstrip(value));
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(all, text));
		g_hash_table_replace(all, text, GUINT_TO_POINTER(n + 1));
		g_free(value);
	}
	return all;
}

static int by_text(const void *a, const void *b)
{
	return g_ascii_strcasecmp(*(const char *const *)a,
	                          *(const char *const *)b);
}

/* Names of fields that are in `a` and not in `b`: "X-UID, Status". */
static char *names_of(GHashTable *a, GHashTable *b)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);
	GHashTableIter it;
	gpointer key, n;

	g_hash_table_iter_init(&it, a);
	while (g_hash_table_iter_next(&it, &key, &n)) {
		const char *colon = strchr(key, ':');
		if (GPOINTER_TO_UINT(g_hash_table_lookup(b, key)) <
		    GPOINTER_TO_UINT(n))
			g_ptr_array_add(
				names,
				g_strndup(key, (gsize)(colon - (char *)key)));
	}
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len && i < NAMES_MOST; i++)
		g_string_append_printf(out, "%s%.40s", i ? ", " : "",
		                       (const char *)names->pdata[i]);
	if (names->len > NAMES_MOST)
		g_string_append(out, " …");
	g_ptr_array_unref(names);
	return g_string_free(out, FALSE);
}

static size_t trimmed(const uint8_t *p, size_t len)
{
	while (len && (p[len - 1] == '\r' || p[len - 1] == '\n'))
		len--;
	return len;
}

static void say(GString *out, const char *what, const char *names)
{
	g_string_append_printf(out, "%s%s%s", out->len ? "; " : "", what,
	                       names);
}

static void compare_headers(GString *out, const uint8_t *a, size_t a_len,
                            const uint8_t *b, size_t b_len)
{
	GHashTable *sent = fields_of(a, a_len), *got = fields_of(b, b_len);
	char *added = names_of(got, sent), *gone = names_of(sent, got);

	if (*added)
		say(out, "header lines added: ", added);
	if (*gone)
		say(out, "header lines gone: ", gone);
	g_free(added);
	g_free(gone);
	g_hash_table_destroy(sent);
	g_hash_table_destroy(got);
}

char *am_imap_kept_words(const uint8_t *sent, size_t sent_len,
                         const uint8_t *got, size_t got_len)
{
	GByteArray *a = crlf_of(sent, sent_len), *b = crlf_of(got, got_len);
	GString *out = g_string_new(NULL);
	bool same = a->len == b->len &&
	            (!a->len || !memcmp(a->data, b->data, a->len));
	size_t ah = am_header_len(a->data, a->len);
	size_t bh = am_header_len(b->data, b->len);

	if (!same) {
		const uint8_t *ab = a->data + ah, *bb = b->data + bh;
		size_t an = a->len - ah, bn = b->len - bh;
		compare_headers(out, a->data, ah, b->data, bh);
		if (an == bn && (!an || !memcmp(ab, bb, an)))
			;
		else if (trimmed(ab, an) == trimmed(bb, bn) &&
		         !memcmp(ab, bb, trimmed(ab, an)))
			say(out, "another line end at its end", "");
		else if (bn < an && !memcmp(ab, bb, trimmed(bb, bn)))
			say(out, "the end of its body is gone", "");
		else
			say(out, "its body is another", "");
		if (!out->len)
			say(out, "its header is written otherwise", "");
	}
	g_byte_array_unref(a);
	g_byte_array_unref(b);
	if (same) {
		g_string_free(out, TRUE);
		return NULL;
	}
	return g_string_free(out, FALSE);
}
