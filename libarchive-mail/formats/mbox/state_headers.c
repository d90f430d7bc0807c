/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/state_headers.h"

#include "formats/mbox/dialect.h"
#include "formats/mbox/gmail.h"
#include "formats/old_mail.h"
#include "model/message.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

static bool word_is(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(s, word, len);
}

/* "3 top eol=lf rd"; false when it is not one of ours. */
static bool read_mark(struct am_mbox_mark *mark, const char *s, size_t len,
                      size_t *lines, bool *top)
{
	const char *end = s + len;
	*lines = 0;
	*top = false;
	if (!len || !g_ascii_isdigit(*s))
		return false;
	for (; s < end && g_ascii_isdigit(*s); s++) {
		*lines = *lines * 10 + (size_t)(*s - '0');
		if (*lines > 8)
			return false;
	}
	while (s < end) {
		if (*s++ != ' ')
			return false;
		const char *space = memchr(s, ' ', (size_t)(end - s));
		size_t n = (size_t)((space ? space : end) - s);
		if (word_is(s, n, "top"))
			*top = true;
		else if (word_is(s, n, "block"))
			mark->block = true;
		else if (word_is(s, n, "eol=lf"))
			mark->eol_added = 1;
		else if (word_is(s, n, "eol=crlf"))
			mark->eol_added = 2;
		else if (word_is(s, n, "nuls"))
			mark->nuls = true;
		else if (word_is(s, n, "rd"))
			mark->quote = AM_MBOX_QUOTE_RD;
		else if (word_is(s, n, "o"))
			mark->quote = AM_MBOX_QUOTE_O;
		else if (word_is(s, n, "raw"))
			mark->quote = AM_MBOX_QUOTE_NONE;
		else
			return false;
		mark->quote_told |= n <= 3 && !word_is(s, n, "top");
		s += n;
	}
	return true;
}

bool am_mbox_mark_find(struct am_mbox_mark *out, const struct am_mbox_header *h,
                       const uint8_t *head)
{
	for (size_t i = 0; i < h->n_fields; i++) {
		const struct am_mbox_field *f = &h->fields[i];
		size_t len, lines;
		bool top;
		if (f->kind != AM_MBOX_F_MARK)
			continue;
		*out = (struct am_mbox_mark){.field = i};
		const char *s = am_mbox_field_value(f, head, &len);
		if (!read_mark(out, s, len, &lines, &top) || lines > i ||
		    lines > f->ordinal)
			continue;
		out->first = i - lines;
		if (h->fields[out->first].ordinal != f->ordinal - lines)
			continue; /* something stands in between */
		bool begins = f->ordinal == lines;
		bool ends = f->ordinal + 1 == h->n_lines;
		if (top ? begins && !out->block
		        : ends && (!out->block || (begins && h->blank)))
			return true;
	}
	return false;
}

char *am_mbox_word_escape(const char *word)
{
	GString *s = g_string_new(NULL);
	for (; *word; word++) {
		uint8_t c = (uint8_t)*word;
		if (c <= ' ' || c == '%' || c == ',' || c >= 0x7f)
			g_string_append_printf(s, "%%%02X", c);
		else
			g_string_append_c(s, *word);
	}
	return g_string_free(s, FALSE);
}

char *am_mbox_word_unescape(const char *word, size_t len)
{
	char *out = g_malloc(len + 1);
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '%' && len - i > 2 &&
		    g_ascii_isxdigit(word[i + 1]) &&
		    g_ascii_isxdigit(word[i + 2])) {
			int c = g_ascii_xdigit_value(word[i + 1]) * 16 +
			        g_ascii_xdigit_value(word[i + 2]);
			if (c)
				out[n++] = (char)c;
			i += 2;
		} else {
			out[n++] = word[i];
		}
	}
	out[n] = 0;
	if (!g_utf8_validate(out, (gssize)n, NULL)) {
		char *whole = g_utf8_make_valid(out, (gssize)n);
		g_free(out);
		return whole;
	}
	return out;
}

void am_mbox_imap_clear(struct am_mbox_imap *imap)
{
	g_clear_pointer(&imap->keywords, g_strfreev);
	*imap = (struct am_mbox_imap){0};
}

/* "1310126914 0000000044 $Forwarded Junk" */
static void read_imap_base(struct am_mbox_imap *imap, const char *s, size_t len)
{
	char *text = g_strndup(s, len);
	char **words = g_strsplit_set(text, " \t\r\n", 1024);
	GPtrArray *list = g_ptr_array_new();
	int n = 0;
	for (char **w = words; *w; w++) {
		if (!**w)
			continue;
		if (n == 1)
			imap->uid_last = (uint32_t)strtoul(*w, NULL, 10);
		if (n >= 2 && g_utf8_validate(*w, -1, NULL))
			g_ptr_array_add(list, g_strdup(*w));
		n++;
	}
	g_ptr_array_add(list, NULL);
	g_strfreev(imap->keywords);
	imap->keywords = (char **)g_ptr_array_free(list, FALSE);
	g_strfreev(words);
	g_free(text);
}

static char **keyword_list(const char *s, size_t len)
{
	char *text = g_strndup(s, len);
	char **words = g_strsplit_set(text, ", \t\r\n", 1024);
	g_free(text);
	return words;
}

/* Only what X-IMAPbase lists is a keyword; the rest came with the mail. */
static bool all_listed(const struct am_mbox_imap *imap, const char *s,
                       size_t len)
{
	if (!imap->keywords)
		return false;
	char **words = keyword_list(s, len);
	bool all = true;
	for (char **w = words; *w && all; w++)
		all = !**w ||
		      g_strv_contains((const char *const *)imap->keywords, *w);
	g_strfreev(words);
	return all;
}

static bool is_hex(const char *s, size_t len, size_t want)
{
	if (len != want)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!g_ascii_isxdigit(s[i]))
			return false;
	return true;
}

/* "RO", "O", "", "U", "NRD": letters that some reader writes. */
static bool is_status(const char *s, size_t len)
{
	return len <= 8 && strspn(s, "RONUDATFS") >= len;
}

static void take(struct am_mbox_state *st, const struct am_mbox_cut *cut,
                 const struct am_mbox_field *f)
{
	st->gaps[st->n_gaps++] =
		(struct am_mbox_gap){f->at, f->len, cut->head + f->at};
}

/* The whole group at once, with its empty line where that is ours too. */
static void take_group(struct am_mbox_state *st, const struct am_mbox_cut *cut)
{
	const struct am_mbox_header *h = &cut->header;
	const struct am_mbox_field *first = &h->fields[st->mark.first];
	const struct am_mbox_field *last = &h->fields[st->mark.field];
	uint64_t end = last->at + last->len;
	if (st->mark.block)
		end += h->blank;
	st->gaps[st->n_gaps++] = (struct am_mbox_gap){
		first->at, end - first->at, cut->head + first->at};
}

static bool mozilla_valid(const struct am_mbox_field *f, const uint8_t *head)
{
	size_t len;
	const char *s = am_mbox_field_value(f, head, &len);
	switch (f->kind) {
	case AM_MBOX_F_MOZ_STATUS:
		return is_hex(s, len, 4);
	case AM_MBOX_F_MOZ_STATUS2:
		return is_hex(s, len, 8);
	default:
		return true;
	}
}

static bool wanted(const struct am_mbox_cut *cut,
                   const struct am_mbox_dialect *d,
                   const struct am_mbox_imap *imap, size_t i, bool in_tail,
                   bool first)
{
	const struct am_mbox_field *f = &cut->header.fields[i];
	size_t len;
	const char *s = am_mbox_field_value(f, cut->head, &len);
	switch (f->kind) {
	case AM_MBOX_F_LENGTH:
		return d->lengths && in_tail;
	case AM_MBOX_F_LINES: {
		const struct am_mbox_header *h = &cut->header;
		bool beside =
			(i && h->fields[i - 1].kind == AM_MBOX_F_LENGTH) ||
			(i + 1 < h->n_fields &&
		         h->fields[i + 1].kind == AM_MBOX_F_LENGTH);
		return d->lengths && in_tail && beside;
	}
	case AM_MBOX_F_STATUS:
	case AM_MBOX_F_X_STATUS:
		return d->status && in_tail && is_status(s, len);
	case AM_MBOX_F_X_KEYWORDS:
		return d->status && in_tail && all_listed(imap, s, len);
	case AM_MBOX_F_X_UID:
		return d->imap && in_tail;
	case AM_MBOX_F_X_IMAP:
		return d->imap && first && in_tail;
	case AM_MBOX_F_MOZ_STATUS:
	case AM_MBOX_F_MOZ_STATUS2:
	case AM_MBOX_F_MOZ_KEYS:
		return (d->mozilla || cut->from.kind == AM_MBOX_FROM_DASH) &&
		       f->ordinal < AM_MBOX_TOP && mozilla_valid(f, cut->head);
	case AM_MBOX_F_EVOLUTION:
		return d->evolution && f->ordinal + 1 == cut->header.n_lines &&
		       len == 13 && s[8] == '-' && is_hex(s, 8, 8) &&
		       is_hex(s + 9, 4, 4);
	case AM_MBOX_F_GM_THRID:
	case AM_MBOX_F_GM_LABELS:
		return cut->from.kind == AM_MBOX_FROM_TAKEOUT && f->ordinal < 4;
	default:
		return false;
	}
}

void am_mbox_state_find(struct am_mbox_state *out,
                        const struct am_mbox_cut *cut,
                        const struct am_mbox_dialect *d,
                        struct am_mbox_imap *imap, bool first)
{
	const struct am_mbox_header *h = &cut->header;
	out->n_gaps = 0;
	out->expunged = out->pseudo = false;
	out->marked = am_mbox_mark_find(&out->mark, h, cut->head);
	if (out->marked) {
		take_group(out, cut);
		return;
	}
	size_t tail = am_mbox_tail_run(h);
	for (size_t i = 0; i < h->n_fields; i++) {
		const struct am_mbox_field *f = &h->fields[i];
		size_t len;
		const char *s = am_mbox_field_value(f, cut->head, &len);
		if (f->kind == AM_MBOX_F_X_IMAP && first && d->imap) {
			read_imap_base(imap, s, len);
			out->pseudo = h->internal_data;
		}
	}
	for (size_t i = 0; i < h->n_fields; i++)
		if (wanted(cut, d, imap, i, i >= tail, first)) {
			const struct am_mbox_field *f = &h->fields[i];
			take(out, cut, f);
			if (f->kind == AM_MBOX_F_MOZ_STATUS) {
				size_t len;
				const char *s =
					am_mbox_field_value(f, cut->head, &len);
				out->expunged = (strtoul(s, NULL, 16) & 8) != 0;
			}
		}
}

/* true: it says that a reader has seen the message. */
static bool read_status(struct am_message *msg, const char *s, size_t len)
{
	bool old = false;
	for (size_t i = 0; i < len; i++)
		switch (s[i]) {
		case 'O':
			old = true;
			break;
		case 'R':
			msg->flags |= AM_SEEN;
			break;
		case 'A':
			msg->flags |= AM_ANSWERED;
			break;
		case 'F':
			msg->flags |= AM_FLAGGED;
			break;
		case 'T':
			msg->flags |= AM_DRAFT;
			break;
		case 'D':
			msg->flags |= AM_DELETED;
			break;
		default:
			break;
		}
	return old;
}

/* A keyword that is one of the flags goes there. */
static void add_keyword(struct am_message *msg, const char *word)
{
	if (!g_ascii_strcasecmp(word, "$forwarded"))
		msg->flags |= AM_FORWARDED;
	else if (!g_ascii_strcasecmp(word, "$junk") ||
	         !g_ascii_strcasecmp(word, "junk"))
		msg->flags |= AM_JUNK;
	else if (g_utf8_validate(word, -1, NULL))
		am_message_add_keyword(msg, word);
}

static void read_words(struct am_message *msg, const char *s, size_t len,
                       bool escaped, bool labels)
{
	char **words = keyword_list(s, len);
	for (char **w = words; *w; w++) {
		if (!**w)
			continue;
		char *plain = escaped ? am_mbox_word_unescape(*w, strlen(*w))
		                      : g_strdup(*w);
		if (labels)
			am_message_add_label(msg, plain);
		else if (escaped && strcmp(plain, *w))
			am_message_add_keyword(msg, plain);
		else
			add_keyword(msg, plain);
		g_free(plain);
	}
	g_strfreev(words);
}

/* The same of Mozilla's fields. */
static bool read_mozilla(struct am_message *msg, const struct am_mbox_field *f,
                         const char *s, size_t len)
{
	unsigned long n = strtoul(s, NULL, 16);
	if (f->kind == AM_MBOX_F_MOZ_KEYS) {
		read_words(msg, s, len, false, false);
	} else if (f->kind == AM_MBOX_F_MOZ_STATUS2) {
		if (n & 0x00800000)
			am_message_add_keyword(msg, "$MDNSent");
		return !(n & 0x00010000);
	} else {
		msg->flags |= (n & 0x0001 ? AM_SEEN : 0u) |
		              (n & 0x0002 ? AM_ANSWERED : 0u) |
		              (n & 0x0004 ? AM_FLAGGED : 0u) |
		              (n & 0x0008 ? AM_DELETED : 0u) |
		              (n & 0x1000 ? AM_FORWARDED : 0u);
	}
	return false;
}

static void read_evolution(struct am_message *msg, unsigned long n)
{
	msg->flags |= (n & 0x0001 ? AM_ANSWERED : 0u) |
	              (n & 0x0002 ? AM_DELETED : 0u) |
	              (n & 0x0004 ? AM_DRAFT : 0u) |
	              (n & 0x0008 ? AM_FLAGGED : 0u) |
	              (n & 0x0010 ? AM_SEEN : 0u) | (n & 0x0080 ? AM_JUNK : 0u);
}

/* true: the message is no longer new. */
static bool apply(const struct am_mbox_state *state,
                  const struct am_mbox_field *f, const char *s, size_t len,
                  struct am_mbox_imap *imap, struct am_message *msg)
{
	uint32_t uid;
	switch (f->kind) {
	case AM_MBOX_F_STATUS:
	case AM_MBOX_F_X_STATUS:
		return read_status(msg, s, len);
	case AM_MBOX_F_X_KEYWORDS:
		read_words(msg, s, len, state->marked, false);
		break;
	case AM_MBOX_F_X_LABEL:
		read_words(msg, s, len, state->marked, true);
		break;
	case AM_MBOX_F_X_UID: /* counts only while it ascends */
		uid = (uint32_t)strtoul(s, NULL, 10);
		if (uid > imap->uid_seen && uid <= imap->uid_last)
			msg->uid = imap->uid_seen = uid;
		break;
	case AM_MBOX_F_X_IMAP:
		am_message_add_prop(msg, "mbox.imap-base", s, len);
		break;
	case AM_MBOX_F_MOZ_STATUS:
	case AM_MBOX_F_MOZ_STATUS2:
	case AM_MBOX_F_MOZ_KEYS:
		return read_mozilla(msg, f, s, len);
	case AM_MBOX_F_EVOLUTION: /* "uid-flags", Camel's */
		read_evolution(msg, strtoul(s + 9, NULL, 16));
		break;
	case AM_MBOX_F_GM_LABELS:
		am_mbox_gmail_labels(msg, s, len);
		break;
	case AM_MBOX_F_GM_THRID:
		am_message_add_prop(msg, "gmail.thread-id", s, len);
		break;
	default:
		break;
	}
	return false;
}

void am_mbox_state_apply(const struct am_mbox_state *state,
                         const struct am_mbox_cut *cut,
                         struct am_mbox_imap *imap, struct am_message *msg)
{
	const struct am_mbox_header *h = &cut->header;
	bool old = false;
	for (size_t i = 0; i < h->n_fields; i++) {
		const struct am_mbox_field *f = &h->fields[i];
		bool taken = false;
		for (size_t k = 0; k < state->n_gaps && !taken; k++)
			taken = f->at >= state->gaps[k].at &&
			        f->at < state->gaps[k].at + state->gaps[k].len;
		if (!taken)
			continue;
		size_t len;
		const char *s = am_mbox_field_value(f, cut->head, &len);
		old |= apply(state, f, s, len, imap, msg);
	}
	if (old)
		am_old_mail_tell(msg);
}
