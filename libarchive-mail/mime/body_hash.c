/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 6376: tag lists (section 3.2), body canonicalization (3.4.3, 3.4.4), the
 * tags bh=, c=, l= and a= (3.5), the hash (3.7).
 */
#include "mime/body_hash.h"

#include "base/hash.h"
#include "mime/scan.h"

#include <glib.h>

#include <string.h>

/* A mail that went through many hands has a handful; more are not computed. */
#define SIGNATURES_MAX 16
/* Base64 of 32 bytes. */
#define BH_LEN 44

struct signature {
	char bh[BH_LEN + 1];
	bool relaxed;
	uint64_t limit; /* l=: so much of the canonical body was signed */
};

/* The value of a tag, without white space, into out; false: it is not there or
 * does not fit. */
static bool tag(const char *list, size_t len, const char *name, char *out,
                size_t room)
{
	const char *end = list + len;
	while (list < end) {
		const char *stop = memchr(list, ';', (size_t)(end - list));
		if (!stop)
			stop = end;
		const char *equals = memchr(list, '=', (size_t)(stop - list));
		if (equals) {
			const char *a = list, *b = equals;
			while (a < b && g_ascii_isspace(*a))
				a++;
			while (b > a && g_ascii_isspace(b[-1]))
				b--;
			if ((size_t)(b - a) == strlen(name) &&
			    !memcmp(a, name, (size_t)(b - a))) {
				size_t n = 0;
				for (a = equals + 1; a < stop; a++) {
					if (g_ascii_isspace(*a))
						continue;
					if (n + 1 >= room)
						return false;
					out[n++] = *a;
				}
				out[n] = 0;
				return true;
			}
		}
		list = stop + 1;
	}
	return false;
}

static bool read_signature(struct signature *out, const char *value, size_t len)
{
	char text[64];
	*out = (struct signature){.limit = UINT64_MAX};
	if (!tag(value, len, "a", text, sizeof(text)) ||
	    !g_str_has_suffix(text, "-sha256") ||
	    !tag(value, len, "bh", out->bh, sizeof(out->bh)))
		return false;
	/* "header/body"; what is not said is simple. */
	if (tag(value, len, "c", text, sizeof(text))) {
		const char *body = strchr(text, '/');
		out->relaxed = body && !strcmp(body, "/relaxed");
	}
	if (tag(value, len, "l", text, sizeof(text)) && *text)
		out->limit = g_ascii_strtoull(text, NULL, 10);
	return true;
}

static bool is_signature(const struct am_field *field)
{
	return am_field_is(field, "DKIM-Signature") ||
	       am_field_is(field, "ARC-Message-Signature") ||
	       am_field_is(field, "X-Google-DKIM-Signature");
}

/* The canonical body on its way into the hash. */
struct canon {
	struct am_sha256 *hash;
	uint64_t left;
	size_t n_lines; /* line ends held back: they may be the last */
};

static void feed(struct canon *c, const void *data, size_t len)
{
	if (len > c->left)
		len = (size_t)c->left;
	am_sha256_update(c->hash, data, len);
	c->left -= len;
}

static void feed_held(struct canon *c)
{
	for (; c->n_lines && c->left; c->n_lines--)
		feed(c, "\r\n", 2);
	c->n_lines = 0;
}

/* One line without its end; false when it is empty. */
static bool feed_line(struct canon *c, const uint8_t *p, const uint8_t *end,
                      bool relaxed)
{
	while (relaxed && end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (p == end)
		return false;
	feed_held(c);
	if (!relaxed) {
		feed(c, p, (size_t)(end - p));
		return true;
	}
	while (p < end) {
		const uint8_t *q = p;
		while (q < end && *q != ' ' && *q != '\t')
			q++;
		feed(c, p, (size_t)(q - p));
		if (q < end)
			feed(c, " ", 1);
		while (q < end && (*q == ' ' || *q == '\t'))
			q++;
		p = q;
	}
	return true;
}

static void hash_body(const uint8_t *p, const uint8_t *end, bool relaxed,
                      uint64_t limit, uint8_t out[AM_SHA256_LEN])
{
	struct canon c = {.hash = am_sha256_new(), .left = limit};
	bool any = false;
	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf ? lf : end;
		const uint8_t *text =
			lf && stop > p && stop[-1] == '\r' ? stop - 1 : stop;
		any |= feed_line(&c, p, text, relaxed);
		/* Empty lines at the end do not count: each line end waits for
		 * something behind it. */
		c.n_lines++;
		p = lf ? lf + 1 : end;
	}
	/* One line end remains, also of an empty body when it is simple. */
	if (any || !relaxed) {
		c.n_lines = 1;
		feed_held(&c);
	}
	am_sha256_final(c.hash, out);
	am_sha256_free(&c.hash);
}

enum am_body_hash am_body_hash_check(const uint8_t *raw, size_t len)
{
	enum am_body_hash out = AM_BODY_HASH_NONE;
	struct am_fields fields;
	struct am_field field;
	size_t head = am_header_len(raw, len);
	am_fields_init(&fields, raw, head, 0);
	for (int n = 0; n < SIGNATURES_MAX && out != AM_BODY_HASH_RIGHT &&
	                am_fields_next(&fields, &field);) {
		struct signature s;
		uint8_t digest[AM_SHA256_LEN];
		if (!is_signature(&field) ||
		    !read_signature(&s, field.value, field.value_len))
			continue;
		n++;
		hash_body(raw + head, raw + len, s.relaxed, s.limit, digest);
		char *bh = g_base64_encode(digest, sizeof(digest));
		out = strcmp(bh, s.bh) ? AM_BODY_HASH_WRONG
		                       : AM_BODY_HASH_RIGHT;
		g_free(bh);
	}
	return out;
}
