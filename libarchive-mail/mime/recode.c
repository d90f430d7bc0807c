/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Charsets of text parts.  Names go first through base/charset_names.h, whose
 * list is mail's and widens a charset to what is really written under its
 * name; names it has not are GMime's to find.  The converting is GMime's iconv
 * either way.  One am_recode is used by one thread; nothing is shared.
 */
#include "mime/recode.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/charset_names.h"
#include "base/utf8.h"

#include <glib.h>
#include <gmime/gmime.h>

#include <errno.h>
#include <string.h>

/* Longest character any charset here has, escape sequences included. */
#define CARRY_ROOM 64
/* HZ and nothing else is collected whole. */
#define COLLECT_MAX ((size_t)4 << 20)
#define PIECE       4096

enum way { BYTES, LATIN, ICONV, COLLECT };

struct am_recode {
	am_recode_fn *out;
	void *user;
	enum way way;
	bool is_utf8; /* and a character of it was there */
	bool begun;
	unsigned unit; /* bytes to pass over after an error */
	iconv_t cd;
	char carry[CARRY_ROOM];
	size_t n_carry;
	GString *all;
	char *charset;
};

/* ---- opening --------------------------------------------------------------
 */

static void *start_gmime(void *unused)
{
	(void)unused;
	g_mime_charset_map_init(); /* all of GMime that is used here */
	return NULL;
}

/* A name that cannot be an option to iconv, nor say that it is unknown. */
static bool is_plain_name(const char *name)
{
	static const char *const nothing[] = {"ascii",   "unknown", "x3.4",
	                                      "default", "none",    "user"};

	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "0123456789-_.:+");
	if (!len || len > 40 || name[len])
		return false;
	for (size_t i = 0; i < AM_COUNT(nothing); i++)
		if (strcasestr(name, nothing[i]))
			return false;
	return true;
}

static bool open_iconv(struct am_recode *r, const char *name)
{
	static GOnce once = G_ONCE_INIT;

	g_once(&once, start_gmime, NULL);
	r->cd = g_mime_iconv_open("UTF-8", name);
	if (r->cd != (iconv_t)-1)
		r->way = ICONV;
	return r->way == ICONV;
}

static void choose(struct am_recode *r, const char *charset)
{
	struct am_charset_name name = am_charset_names_find(charset);

	r->unit = name.unit ? name.unit : 1;
	switch (name.way) {
	case AM_CHARSET_LATIN:
		r->way = LATIN;
		break;
	case AM_CHARSET_ICONV:
	case AM_CHARSET_SHIFTED:
		open_iconv(r, name.iconv);
		break;
	case AM_CHARSET_HZ:
		r->way = COLLECT;
		r->all = g_string_new(NULL);
		break;
	case AM_CHARSET_UTF8:
		break;
	case AM_CHARSET_UNSAID:
		if (charset && is_plain_name(charset))
			open_iconv(r, charset);
		break;
	}
}

struct am_recode *am_recode_new(const char *charset, am_recode_fn *out,
                                void *user)
{
	struct am_recode *r = g_new0(struct am_recode, 1);

	r->out = out;
	r->user = user;
	r->cd = (iconv_t)-1;
	r->charset = g_strdup(charset);
	choose(r, charset);
	return r;
}

void am_recode_free(struct am_recode **recode)
{
	struct am_recode *r = *recode;

	if (!r)
		return;
	if (r->cd != (iconv_t)-1)
		g_mime_iconv_close(r->cd);
	if (r->all)
		g_string_free(r->all, TRUE);
	g_free(r->charset);
	g_free(r);
	*recode = NULL;
}

/* ---- bytes as UTF-8 or Windows-1252 ---------------------------------------
 */

static void put_latin(struct am_recode *r, const char *s, size_t len)
{
	char buf[PIECE];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		/* No function for this below: a table of 32 is quicker than
		 * one call for each letter. */
		static const uint16_t high[32] = {
			0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
			0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d,
			0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d,
			0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
			0x0153, 0x009d, 0x017e, 0x0178};
		uint8_t c = (uint8_t)s[i];
		if (n + 6 > sizeof buf) {
			r->out(r->user, buf, n);
			n = 0;
		}
		if (c < 0x80)
			buf[n++] = (char)c;
		else
			n += (size_t)g_unichar_to_utf8(
				c < 0xa0 ? high[c - 0x80] : c, buf + n);
	}
	if (n)
		r->out(r->user, buf, n);
}

/* Could these last bytes begin a character that the next piece finishes? */
static bool may_continue(const char *s, size_t len)
{
	uint8_t c = (uint8_t)*s;
	size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0xc2 || c > 0xf4 || len >= need)
		return false;
	for (size_t i = 1; i < len; i++)
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Returns how many bytes were used; all of them when last. */
static size_t take_bytes(struct am_recode *r, const char *s, size_t len,
                         bool last)
{
	size_t from = 0, i = 0;

	while (i < len) {
		i += am_utf8_ascii(s + i, len - i);
		if (i == len)
			break;
		size_t n = am_utf8_step(s + i, len - i);
		if (n) {
			r->is_utf8 = true;
			i += n;
			continue;
		}
		if (i > from)
			r->out(r->user, s + from, i - from);
		if (!last && may_continue(s + i, len - i))
			return i;
		if (r->is_utf8)
			r->out(r->user, "\xef\xbf\xbd", 3);
		else
			put_latin(r, s + i, 1);
		from = ++i;
	}
	if (i > from)
		r->out(r->user, s + from, i - from);
	return len;
}

/* ---- iconv ----------------------------------------------------------------
 */

static size_t take_iconv(struct am_recode *r, const char *s, size_t len,
                         bool last)
{
	char buf[PIECE];
	char *in = (char *)(uintptr_t)s; /* iconv(3) does not change it */
	size_t left = len;

	for (bool flushing = false;;) {
		char *to = buf;
		size_t room = sizeof buf;
		size_t n = flushing ? iconv(r->cd, NULL, NULL, &to, &room)
		                    : iconv(r->cd, &in, &left, &to, &room);
		int why = errno;
		if (to > buf)
			r->out(r->user, buf, (size_t)(to - buf));
		if (n != (size_t)-1 && (flushing || !last))
			break;
		if (n != (size_t)-1) {
			flushing = true;
			continue;
		}
		if (why == E2BIG && to > buf)
			continue;
		if (why == EINVAL && !last && left < CARRY_ROOM)
			break;
		if (flushing)
			break;
		r->out(r->user, "\xef\xbf\xbd", 3);
		size_t skip = MIN(r->unit, left);
		if (!skip)
			break;
		in += skip;
		left -= skip;
	}
	return len - left;
}

/* ---- feeding --------------------------------------------------------------
 */

static size_t take(struct am_recode *r, const char *s, size_t len, bool last)
{
	switch (r->way) {
	case LATIN:
		put_latin(r, s, len);
		return len;
	case ICONV:
		return take_iconv(r, s, len, last);
	case COLLECT:
		g_string_append_len(
			r->all, s, (gssize)MIN(len, COLLECT_MAX - r->all->len));
		return len;
	default:
		return take_bytes(r, s, len, last);
	}
}

/* A mark at the very start outweighs what was said, and is no text. */
static size_t take_mark(struct am_recode *r, const char *s, size_t len)
{
	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3) &&
	    (r->way == BYTES || r->way == LATIN)) {
		r->way = BYTES;
		r->is_utf8 = true;
		return 3;
	}
	if (len >= 2 && (r->way == BYTES || r->way == LATIN) &&
	    (!memcmp(s, "\xff\xfe", 2) || !memcmp(s, "\xfe\xff", 2)) &&
	    open_iconv(r, *s == '\xff' ? "UTF-16LE" : "UTF-16BE")) {
		r->unit = 2;
		return 2;
	}
	return 0;
}

void am_recode_feed(struct am_recode *r, const char *s, size_t len)
{
	if (!r->begun && len) {
		/* Enough to see a mark; the first piece of a part is. */
		r->begun = true;
		size_t mark = take_mark(r, s, len);
		s += mark;
		len -= mark;
	}
	/* A character begun in the piece before: bytes of this one go behind
	 * it until it is used up. */
	while (r->n_carry && len) {
		size_t had = r->n_carry;
		size_t add = MIN(len, CARRY_ROOM - had);
		memcpy(r->carry + had, s, add);
		size_t used = take(r, r->carry, had + add, false);
		if (used < had && add == len) {
			r->n_carry = had + add - used;
			memmove(r->carry, r->carry + used, r->n_carry);
			return;
		}
		if (used < had)
			used = had; /* more than any character: let it go */
		s += used - had;
		len -= used - had;
		r->n_carry = 0;
	}
	if (!len)
		return;
	size_t used = take(r, s, len, false);
	r->n_carry = MIN(len - used, CARRY_ROOM);
	memcpy(r->carry, s + used, r->n_carry);
}

void am_recode_finish(struct am_recode *r)
{
	if (r->way == COLLECT) {
		struct am_arena *arena = am_arena_new();
		size_t len;
		const char *s = am_charset_to_utf8(
			arena, r->charset, r->all->str, r->all->len, &len);
		if (len)
			r->out(r->user, s, len);
		am_arena_free(&arena);
		return;
	}
	/* Escape sequences may owe characters even without a carry. */
	if (r->n_carry || r->way == ICONV)
		take(r, r->carry, r->n_carry, true);
	r->n_carry = 0;
}
