/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that needs no more than to be decoded: plain, HTML and XML, RTF, cards.
 */
#include "base/arena.h"
#include "base/charset.h"
#include "extractor/any.h"
#include "mime/card.h"
#include "mime/html.h"
#include "mime/recode.h"
#include "outlook/rtf/rtf.h"

#include <string.h>

#define PIECE 65536

struct reading {
	struct am_found *found;
	struct am_html *html;
	struct am_card *card;
};

static void take(void *user, const char *s, size_t len)
{
	struct reading *r = user;

	if (r->html)
		am_html_feed(r->html, s, len);
	else if (r->card)
		am_card_feed(r->card, s, len);
	else
		am_found_text(r->found, s, len);
}

static void take_text(void *user, const char *s, size_t len)
{
	am_found_text(((struct reading *)user)->found, s, len);
}

static void take_html(void *user, bool quoted, const char *s, size_t len)
{
	(void)quoted;
	am_found_text(((struct reading *)user)->found, s, len);
}

/* The charset that a byte order mark says, *skip: its length. */
static const char *marked(const uint8_t *data, size_t len, size_t *skip)
{
	*skip = 0;
	if (len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) {
		*skip = 3;
		return "utf-8";
	}
	if (len >= 2 && data[0] == 0xff && data[1] == 0xfe) {
		*skip = 2;
		return "utf-16le";
	}
	if (len >= 2 && data[0] == 0xfe && data[1] == 0xff) {
		*skip = 2;
		return "utf-16be";
	}
	return NULL;
}

/* <?xml encoding="…"?> and <meta charset=…>: both within the first KiB, and
 * both end with the same. */
static char *declared(const uint8_t *data, size_t len)
{
	char *head =
		g_ascii_strdown((const char *)data, (gssize)MIN(len, 1024));
	const char *at = strstr(head, "charset=");
	char *out = NULL;

	if (!strncmp(head, "<?xml", 5)) {
		const char *end = strstr(head, "?>");
		const char *enc = strstr(head, "encoding=");
		at = enc && end && enc < end ? enc + 1 : NULL;
	}
	if (at) {
		at += strlen("charset=");
		at += strspn(at, "\"' ");
		out = g_strndup(at, strcspn(at, "\"' />;?"));
	}
	g_free(head);
	return out;
}

static void recode(struct reading *r, const char *charset, const uint8_t *data,
                   size_t len)
{
	struct am_recode *recode = am_recode_new(charset, take, r);

	for (size_t at = 0; at < len && !am_found_full(r->found); at += PIECE)
		am_recode_feed(recode, (const char *)data + at,
		               MIN(PIECE, len - at));
	am_recode_finish(recode);
	am_recode_free(&recode);
}

void am_extract_text(struct am_found *f, const uint8_t *data, size_t len)
{
	struct reading r = {.found = f};
	size_t skip;
	const char *charset = marked(data, len, &skip);

	f->known = true;
	recode(&r, charset, data + skip, len - skip);
}

void am_extract_markup(struct am_found *f, const uint8_t *data, size_t len)
{
	struct reading r = {.found = f};
	size_t skip;
	const char *charset = marked(data, len, &skip);
	char *said = charset ? NULL : declared(data, len);

	f->known = true;
	r.html = am_html_new(take_html, &r, true);
	recode(&r, charset ? charset : said, data + skip, len - skip);
	am_html_finish(r.html);
	am_html_free(&r.html);
	g_free(said);
}

void am_extract_card(struct am_found *f, const uint8_t *data, size_t len)
{
	struct reading r = {.found = f};
	size_t skip;
	const char *charset = marked(data, len, &skip);

	f->known = true;
	r.card = am_card_new(take_text, &r);
	recode(&r, charset, data + skip, len - skip);
	am_card_finish(r.card);
	am_card_free(&r.card);
}

void am_extract_rtf(struct am_found *f, const uint8_t *data, size_t len)
{
	enum am_rtf_kind kind;
	char *text = NULL;
	size_t n = 0;

	f->known = true;
	if (am_rtf_read(data, len, &kind, &text, &n, NULL)) {
		f->damaged = true;
	} else if (kind == AM_RTF_HTML) {
		struct reading r = {.found = f};
		r.html = am_html_new(take_html, &r, true);
		am_html_feed(r.html, text, n);
		am_html_finish(r.html);
		am_html_free(&r.html);
	} else {
		am_found_text(f, text, n);
	}
	g_free(text);
}
