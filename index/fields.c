/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/fields.h"

#include "index/index.h"

#include <glib.h>

#include <string.h>

#define SUBJECT_WEIGHT 4

char am_region_prefix(enum am_region region)
{
	static const char prefix[AM_REGION_COUNT + 1] = "SFTCBNL\0";

	return (unsigned)region < AM_REGION_COUNT ? prefix[region] : '\0';
}

char am_size_letter(unsigned bits)
{
	return (char)('0' + bits);
}

unsigned am_size_bits(uint64_t size)
{
	unsigned bits = size ? 64 - (unsigned)__builtin_clzll(size) : 0;

	return MIN(bits, AM_SIZE_BITS);
}

#define W(name, regions)                      \
	{                                     \
		name, AM_FIELD_WORDS, regions \
	}
#define R(region) AM_REGION_BIT(AM_REGION_##region)

/* Aliases are those of notmuch, mu and Gmail where they mean the same. */
const struct am_field_def am_field_defs[] = {
	W("from", R(FROM)),
	W("f", R(FROM)),
	W("to", R(TO)),
	W("t", R(TO)),
	W("cc", R(CC)),
	W("c", R(CC)),
	W("bcc", R(BCC)),
	W("h", R(BCC)),
	W("recipient", R(TO) | R(CC) | R(BCC)),
	W("recip", R(TO) | R(CC) | R(BCC)),
	W("deliveredto", R(TO) | R(CC) | R(BCC)),
	W("contact", R(FROM) | R(TO) | R(CC) | R(BCC)),
	W("subject", R(SUBJECT)),
	W("s", R(SUBJECT)),
	W("body", AM_REGIONS_TEXT),
	W("b", AM_REGIONS_TEXT),
	W("new", R(BODY)),
	W("quoted", R(QUOTED)),
	W("signature", R(SIGNATURE)),
	W("filename", R(FILENAME)),
	W("attachment", R(FILENAME)),
	W("file", R(FILENAME)),
	W("j", R(FILENAME)),
	W("attached", R(ATTACHED)),
	W("embed", R(ATTACHED)),
	W("e", R(ATTACHED)),
	W("list", R(LIST)),
	W("list-id", R(LIST)),
	W("v", R(LIST)),
	{"message-id", AM_FIELD_MESSAGE_ID, 0},
	{"messageid", AM_FIELD_MESSAGE_ID, 0},
	{"id", AM_FIELD_MESSAGE_ID, 0},
	{"mid", AM_FIELD_MESSAGE_ID, 0},
	{"msgid", AM_FIELD_MESSAGE_ID, 0},
	{"i", AM_FIELD_MESSAGE_ID, 0},
	{"rfc822msgid", AM_FIELD_MESSAGE_ID, 0},
	{"type", AM_FIELD_TYPE, 0},
	{"mime", AM_FIELD_TYPE, 0},
	{"y", AM_FIELD_TYPE, 0},
	{"mimetype", AM_FIELD_TYPE, 0},
	{"has", AM_FIELD_HAS, 0},
	{"extract", AM_FIELD_EXTRACT, 0},
	{"folder", AM_FIELD_FOLDER, 0},
	{"in", AM_FIELD_IN, 0},
	{"maildir", AM_FIELD_FOLDER, 0},
	{"m", AM_FIELD_FOLDER, 0},
	{"path", AM_FIELD_FOLDER, 0},
	{"is", AM_FIELD_IS, 0},
	{"flag", AM_FIELD_IS, 0},
	{"g", AM_FIELD_IS, 0},
	{"keyword", AM_FIELD_KEYWORD, 0},
	{"tag", AM_FIELD_TAG, 0},
	{"x", AM_FIELD_TAG, 0},
	{"label", AM_FIELD_KEYWORD, 0},
	{"category", AM_FIELD_CATEGORY, 0},
	{"date", AM_FIELD_DATE, 0},
	{"d", AM_FIELD_DATE, 0},
	{"since", AM_FIELD_SINCE, 0},
	{"after", AM_FIELD_SINCE, 0},
	{"newer", AM_FIELD_SINCE, 0},
	{"newer_than", AM_FIELD_SINCE, 0},
	{"until", AM_FIELD_UNTIL, 0},
	{"before", AM_FIELD_BEFORE, 0},
	{"older", AM_FIELD_BEFORE, 0},
	{"older_than", AM_FIELD_BEFORE, 0},
	{"thread", AM_FIELD_THREAD, 0},
	{"lang", AM_FIELD_LANGUAGE, 0},
	{"language", AM_FIELD_LANGUAGE, 0},
	{"size", AM_FIELD_SIZE, 0},
	{"z", AM_FIELD_SIZE, 0},
	{"larger", AM_FIELD_LARGER, 0},
	{"smaller", AM_FIELD_SMALLER, 0},
	{NULL, AM_FIELD_WORDS, 0},
};

#undef W
#undef R

/* One row a field; the aliases stand in the help text. */
const struct am_query_field am_query_fields[] = {
	{"from", "from:alice@example.org",
         "the sender, by name, address, domain or a domain above it"},
	{"to", "to:bob", "the same for To"},
	{"cc", "cc:bob", "for Cc"},
	{"bcc", "bcc:bob", "for Bcc"},
	{"recipient", "recipient:bob", "To, Cc or Bcc"},
	{"contact", "contact:example.org", "From, To, Cc or Bcc"},
	{"subject", "subject:\"annual report\"", "words of the subject"},
	{"body", "body:invoice", "words of the text, quotations included"},
	{"new", "new:invoice", "words of the text, quotations left out"},
	{"quoted", "quoted:invoice", "words of quoted text"},
	{"signature", "signature:phone", "words behind the line \"-- \""},
	{"attached", "in:attachment:invoice",
         "words within attachments (attached:invoice is the same)"},
	{"filename", "filename:report.pdf",
         "words of an attachment's name (also attachment:)"},
	{"list", "list:announce.example.org",
         "words of the mailing list's id (also list-id:)"},
	{"message-id", "id:20200102.1234@example.org",
         "the whole Message-ID (also id:, mid:, rfc822msgid:)"},
	{"thread", "thread:{from:alice subject:budget}",
         "all of the threads in which something matches; thread:MESSAGE-ID"},
	{"type", "type:pdf",
         "MIME type, half of one (image/*), or file name extension of a part"},
	{"has", "has:attachment",
         "attachment, image, pdf, document, spreadsheet, presentation, audio, "
         "video, archive, calendar, contact, message, html, quote, signature, "
         "cc, bcc"},
	{"extract", "extract:encrypted",
         "what became of an attached file's text: ok, empty, truncated, "
         "encrypted, unsupported, skipped, or failed (damaged, timeout, crash, "
         "memory, too-large)"},
	{"folder", "folder:Work/*",
         "folder, with everything below; *, ? and [] match (also in:)"},
	{"is", "is:unread",
         "seen, read, unread, flagged, starred, answered, draft, deleted, "
         "forwarded, junk; reply, list, signed, encrypted"},
	{"keyword", "keyword:urgent",
         "keyword or label (also tag:, label:; category:social)"},
	{"date", "date:2020-01..2020-03",
         "day, month, year or a range of them, either end open; yesterday, "
         "\"last week\", \"jan 2019\""},
	{"since", "since:3w",
         "on or after a date, or since 3 days, weeks, months or years (3d, 3w, "
         "3m, 3y; also after:, newer_than:)"},
	{"until", "until:2019-12-31",
         "up to the end of a date; before: and older_than: end before it "
         "begins"},
	{"size", "size:>1M",
         "size of the message: >, <, or a range 10k..1M; 1M is that and more"},
	{"larger", "larger:500k", "larger than (also size:>)"},
	{"smaller", "smaller:10k", "smaller than (also size:<)"},
	{"lang", "lang:de rechnung",
         "the language whose word forms are found too, from here on; "
         "lang:none: none"},
	{NULL, NULL, NULL},
};

const struct am_field_def *am_field_find(const char *name, size_t len)
{
	for (const struct am_field_def *f = am_field_defs; f->name; f++)
		if (strlen(f->name) == len &&
		    g_ascii_strncasecmp(f->name, name, len) == 0)
			return f;
	return NULL;
}

/* How many letters must change, be added or go to make b of a; at most 20. */
static size_t distance(const char *a, size_t n, const char *b)
{
	size_t row[24], m = strlen(b);

	for (size_t k = 0; k <= m; k++)
		row[k] = k;
	for (size_t i = 0; i < n; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t k = 0; k < m; k++) {
			size_t same = g_ascii_tolower(a[i]) == b[k] ? 0 : 1;
			size_t best = MIN(diagonal + same,
			                  MIN(row[k], row[k + 1]) + 1);
			diagonal = row[k + 1];
			row[k + 1] = best;
		}
	}
	return row[m];
}

const char *am_field_guess(const char *name, size_t len)
{
	const char *best = NULL;
	size_t least = 3;

	if (len > 20)
		return NULL;
	for (const struct am_field_def *f = am_field_defs; f->name; f++) {
		size_t d = distance(name, len, f->name);
		if (d < least && d < len && strlen(f->name) > 2) {
			least = d;
			best = f->name;
		}
	}
	return best;
}

uint32_t am_region_weight(enum am_region region)
{
	if (region == AM_REGION_SUBJECT)
		return SUBJECT_WEIGHT;
	return region != AM_REGION_QUOTED && region != AM_REGION_SIGNATURE;
}
