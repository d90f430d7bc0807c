/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * De-encapsulation ([MS-OXRTFEX] 3): what stands in {\*\htmltag …} is copied,
 * what stands between \htmlrtf and \htmlrtf0 is RTF's alone and dropped, the
 * rest is text.
 *
 * Bytes wait in `raw` until the character set they are in can change: the two
 * bytes of a Japanese character may be \'hh and a letter.
 */
#include "outlook/rtf/rtf.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/utf8.h"
#include "outlook/mapi/props.h"
#include "outlook/rtf/rtf_words.h"

#include <glib.h>

#include <string.h>

enum { DEPTH = 1000, FONTS = 32768 };

enum place {
	IN_TEXT,
	IN_TAG,   /* {\*\htmltag …} */
	IN_FONTS, /* {\fonttbl …} */
	IN_OTHER  /* a destination that shows nothing */
};

/* What a group inherits and gives back. */
struct state {
	enum place place;
	bool rtf_only; /* \htmlrtf */
	int uc;        /* characters to skip behind a \u */
	unsigned codepage;
};

struct reader {
	const char *at, *end;
	enum am_rtf_kind kind;
	struct state now;
	GArray *above; /* struct state */
	GString *out, *raw;
	unsigned raw_codepage;
	unsigned ansi; /* \ansicpg */
	GHashTable *fonts;
	int font; /* the one being defined */
	int default_font;
	int skip;      /* characters still to be skipped behind a \u */
	gunichar high; /* first half of a surrogate pair */
	bool star;     /* \* was just seen */
	struct am_arena *arena;
};

static bool shows(const struct reader *r)
{
	if (r->now.place == IN_TAG)
		return true;
	return r->now.place == IN_TEXT && !r->now.rtf_only;
}

static void flush(struct reader *r)
{
	size_t len;

	if (!r->raw->len)
		return;
	/* Windows' single bytes have ASCII in them; RTF is mostly that. */
	if (r->raw_codepage >= 1250 && r->raw_codepage <= 1258 &&
	    am_utf8_ascii(r->raw->str, r->raw->len) == r->raw->len &&
	    !memchr(r->raw->str, 0, r->raw->len)) {
		g_string_append_len(r->out, r->raw->str, (gssize)r->raw->len);
		g_string_truncate(r->raw, 0);
		return;
	}
	const char *text =
		am_charset_to_utf8(r->arena, am_mapi_charset(r->raw_codepage),
	                           r->raw->str, r->raw->len, &len);
	if (memchr(text, 0, len)) {
		text = am_utf8_repair(r->arena, text, len);
		len = strlen(text);
	}
	g_string_append_len(r->out, text, (gssize)len);
	g_string_truncate(r->raw, 0);
	am_arena_reset(r->arena);
}

static void put_char(struct reader *r, gunichar ch)
{
	flush(r);
	if (shows(r) && ch)
		g_string_append_unichar(r->out, ch);
}

static void put_text(struct reader *r, const char *text)
{
	flush(r);
	if (shows(r))
		g_string_append(r->out, text);
}

/* One byte of text, in the character set of here. */
static void put_byte(struct reader *r, char byte)
{
	unsigned codepage = r->now.place == IN_TAG ? r->ansi : r->now.codepage;

	if (r->skip) {
		r->skip--;
		return;
	}
	if (!shows(r))
		return;
	if (codepage != r->raw_codepage)
		flush(r);
	r->raw_codepage = codepage;
	g_string_append_c(r->raw, byte);
}

static void put_unicode(struct reader *r, int n)
{
	gunichar ch = (gunichar)(n < 0 ? n + 65536 : n) & 0xffff;

	if (ch >= 0xdc00 && ch < 0xe000)
		ch = r->high ? 0x10000 + ((r->high - 0xd800) << 10) +
		                       (ch - 0xdc00)
		             : 0xfffd;
	r->high = ch >= 0xd800 && ch < 0xdc00 ? ch : 0;
	if (!r->high)
		put_char(r, ch);
	r->skip = r->now.uc;
}

static void choose_font(struct reader *r, int number)
{
	gpointer codepage =
		g_hash_table_lookup(r->fonts, GINT_TO_POINTER(number));

	r->now.codepage = codepage ? GPOINTER_TO_UINT(codepage) : r->ansi;
}

static void define_font(struct reader *r, int charset)
{
	unsigned codepage = am_rtf_charset(charset);

	if (g_hash_table_size(r->fonts) < FONTS)
		g_hash_table_insert(
			r->fonts, GINT_TO_POINTER(r->font),
			GUINT_TO_POINTER(codepage ? codepage : r->ansi));
}

static void change(struct reader *r, enum am_rtf_word word, bool has, int n)
{
	switch (word) {
	case AM_RTF_W_FROMHTML:
		r->kind = AM_RTF_HTML;
		break;
	case AM_RTF_W_FROMTEXT:
		r->kind = AM_RTF_TEXT;
		break;
	case AM_RTF_W_HTMLRTF:
		r->now.rtf_only = !has || n;
		break;
	case AM_RTF_W_ANSICPG:
		if (n > 0)
			r->ansi = r->now.codepage = (unsigned)n;
		break;
	case AM_RTF_W_UC:
		r->now.uc = n < 0 || n > 16 ? 1 : n;
		break;
	case AM_RTF_W_DEFF:
		r->default_font = n;
		break;
	case AM_RTF_W_PLAIN:
		choose_font(r, r->default_font);
		break;
	case AM_RTF_W_F:
		if (r->now.place == IN_FONTS)
			r->font = n;
		else
			choose_font(r, n);
		break;
	case AM_RTF_W_FCHARSET:
		if (r->now.place == IN_FONTS)
			define_font(r, n);
		break;
	default:
		break;
	}
}

static void destination(struct reader *r, enum am_rtf_word word)
{
	bool hidden = r->now.place == IN_OTHER;

	if (word == AM_RTF_W_HTMLTAG && !hidden)
		r->now.place = IN_TAG;
	else if (word == AM_RTF_W_FONTTBL && !hidden)
		r->now.place = IN_FONTS;
	else
		r->now.place = IN_OTHER;
}

static void control_word(struct reader *r)
{
	const char *name = r->at;
	bool has = false, minus = false;
	long n = 0;

	while (r->at < r->end && g_ascii_isalpha(*r->at))
		r->at++;
	size_t len = (size_t)(r->at - name);
	if (r->at + 1 < r->end && *r->at == '-' && g_ascii_isdigit(r->at[1])) {
		minus = true;
		r->at++;
	}
	for (; r->at < r->end && g_ascii_isdigit(*r->at); r->at++) {
		has = true;
		if (n < 100000000)
			n = n * 10 + (*r->at - '0');
	}
	if (r->at < r->end && *r->at == ' ')
		r->at++;
	int value = (int)(minus ? -n : n);
	bool star = r->star;
	r->star = false;
	const struct am_rtf_meaning *m = am_rtf_find_word(name, len);
	/* The binary data behind it is no text, wherever it stands. */
	if (m && m->word == AM_RTF_W_BIN) {
		size_t left = (size_t)(r->end - r->at);
		r->at += value > 0 ? MIN((size_t)value, left) : 0;
		return;
	}
	if (m && m->word == AM_RTF_W_U) {
		put_unicode(r, value);
		return;
	}
	r->skip = 0;
	if (star && !(m && m->word == AM_RTF_W_HTMLTAG)) {
		flush(r);
		r->now.place = IN_OTHER;
	} else if (m && m->text) {
		put_text(r, m->text);
	} else if (m && m->destination) {
		flush(r);
		destination(r, m->word);
	} else if (m) {
		flush(r);
		change(r, m->word, has, value);
	}
}

static void control(struct reader *r)
{
	char c;

	if (r->at == r->end)
		return;
	c = *r->at;
	if (g_ascii_isalpha(c)) {
		control_word(r);
		return;
	}
	r->at++;
	switch (c) {
	case '\'':
		if (r->end - r->at >= 2 && g_ascii_isxdigit(r->at[0]) &&
		    g_ascii_isxdigit(r->at[1])) {
			put_byte(r, (char)(g_ascii_xdigit_value(r->at[0]) * 16 +
			                   g_ascii_xdigit_value(r->at[1])));
			r->at += 2;
		}
		return;
	case '*':
		r->star = true;
		return;
	case '\\':
	case '{':
	case '}':
		put_byte(r, c);
		return;
	case '~':
		put_char(r, 0xa0);
		return;
	case '_':
		put_char(r, 0x2011);
		return;
	case '-':
		put_char(r, 0xad);
		return;
	case '\r':
	case '\n':
		put_text(r, "\r\n");
		return;
	}
}

static int open_group(struct reader *r, struct am_error *err)
{
	if (r->above->len >= DEPTH)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "RTF of more than %d groups in each other",
		               DEPTH);
	flush(r);
	r->skip = 0;
	r->star = false;
	g_array_append_val(r->above, r->now);
	return AM_OK;
}

static void close_group(struct reader *r)
{
	flush(r);
	r->skip = 0;
	r->star = false;
	if (!r->above->len)
		return;
	r->now = g_array_index(r->above, struct state, r->above->len - 1);
	g_array_set_size(r->above, r->above->len - 1);
}

static int read_all(struct reader *r, struct am_error *err)
{
	int status = AM_OK;

	while (!status && r->at < r->end) {
		char c = *r->at++;
		if (c == '{')
			status = open_group(r, err);
		else if (c == '}')
			close_group(r);
		else if (c == '\\')
			control(r);
		else if (c != '\r' && c != '\n' && c)
			put_byte(r, c);
	}
	flush(r);
	return status;
}

int am_rtf_read(const uint8_t *rtf, size_t len, enum am_rtf_kind *kind,
                char **out, size_t *out_len, struct am_error *err)
{
	struct reader r = {.kind = AM_RTF_RICH,
	                   .now = {IN_TEXT, false, 1, 1252},
	                   .ansi = 1252};

	*out = NULL;
	*out_len = 0;
	if (len < 5 || memcmp(rtf, "{\\rtf", 5) != 0)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a body that should be RTF is none");
	r.at = (const char *)rtf;
	r.end = r.at + len;
	r.above = g_array_new(FALSE, FALSE, sizeof(struct state));
	r.out = g_string_sized_new(len);
	r.raw = g_string_new(NULL);
	r.fonts = g_hash_table_new(NULL, NULL);
	r.arena = am_arena_new();
	int status = read_all(&r, err);
	am_arena_free(&r.arena);
	g_hash_table_destroy(r.fonts);
	g_string_free(r.raw, TRUE);
	g_array_free(r.above, TRUE);
	*kind = r.kind;
	*out_len = r.out->len;
	*out = g_string_free(r.out, status != 0);
	return status;
}
