/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a header says, as Outlook's properties; the header itself goes along. */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "mime/words.h"
#include "model/message.h"
#include "outlook/mapi/tags.h"

#include <string.h>

/* The fields that are looked at, the first of each. */
enum name {
	FROM,
	SENDER,
	REPLY_TO,
	SUBJECT,
	DATE,
	RECEIVED,
	MESSAGE_ID,
	IN_REPLY_TO,
	REFERENCES,
	IMPORTANCE,
	X_PRIORITY,
	X_MSMAIL_PRIORITY,
	PRIORITY,
	SENSITIVITY,
	THREAD_INDEX,
	THREAD_TOPIC,
	N_NAMES
};

static const char *const names[N_NAMES] = {
	"From",       "Sender",      "Reply-To",     "Subject",
	"Date",       "Received",    "Message-ID",   "In-Reply-To",
	"References", "Importance",  "X-Priority",   "X-MSMail-Priority",
	"Priority",   "Sensitivity", "Thread-Index", "Thread-Topic",
};

struct header {
	struct am_making *m;
	struct am_mapi_props *props;
	struct am_field fields[N_NAMES];     /* name NULL: not there */
	GString *display[AM_MAKING_BCC + 1]; /* of To, Cc, Bcc */
};

static void put_decoded(struct header *h, enum name name, unsigned id)
{
	const struct am_field *f = &h->fields[name];

	if (f->name)
		am_mapi_put_text(
			h->props, id,
			am_words_decode(h->m->arena, f->value, f->value_len));
}

/* "Re: " of "Re: that": at most three letters, as Outlook has it. */
static size_t prefix_len(const char *subject)
{
	size_t letters = 0;
	const char *p = subject;

	while (*p && *p != ':' && *p != ' ' && !g_ascii_isdigit(*p) &&
	       letters < 4) {
		p = g_utf8_next_char(p);
		letters++;
	}
	return letters && letters < 4 && p[0] == ':' && p[1] == ' '
	               ? (size_t)(p + 2 - subject)
	               : 0;
}

/* Up to AM_MAKING_SUBJECT_MAX bytes, and whole characters. */
static const char *subject_of(struct header *h)
{
	const struct am_field *f = &h->fields[SUBJECT];

	if (!f->name)
		return "";
	char *all = am_words_decode(h->m->arena, f->value, f->value_len);
	size_t len = strlen(all);

	if (len > AM_MAKING_SUBJECT_MAX) {
		len = AM_MAKING_SUBJECT_MAX;
		while (len && ((unsigned char)all[len] & 0xc0) == 0x80)
			len--;
		all[len] = '\0';
	}
	return all;
}

static const char *put_subject(struct header *h)
{
	const char *subject = subject_of(h);
	size_t n = prefix_len(subject);

	if (h->m->stored) {
		size_t units;
		(void)am_mapi_utf16_of(h->m->arena, subject, n, &units);
		am_mapi_put_text(h->props, AM_PR_SUBJECT,
		                 am_arena_printf(h->m->arena, "\1%c%s",
		                                 (char)(units / 2 + 1),
		                                 subject));
	} else {
		am_mapi_put_text(h->props, AM_PR_SUBJECT, subject);
	}
	am_mapi_put_text_n(h->props, AM_TO_SUBJECT_PREFIX, subject, n);
	am_mapi_put_text(h->props, AM_TO_NORMALIZED_SUBJECT, subject + n);
	if (h->fields[THREAD_TOPIC].name)
		put_decoded(h, THREAD_TOPIC, AM_PR_CONVERSATION_TOPIC);
	else
		am_mapi_put_text(h->props, AM_PR_CONVERSATION_TOPIC,
		                 subject + n);
	return subject + n;
}

/* ---- dates ---- */

static void parse_date(const struct am_field *f, struct am_when *out)
{
	if (f->name)
		(void)am_time_parse_mail(f->value, f->value_len, out);
}

static void parse_received(const struct am_field *f, struct am_when *out)
{
	if (f->name)
		(void)am_time_parse_received(f->value, f->value_len, out);
}

static void put_dates(struct header *h, struct am_when *sent)
{
	struct am_making *m = h->m;

	parse_date(&h->fields[DATE], sent);
	m->delivery = (struct am_when){.known = false};
	if (!m->depth && m->msg->received.known)
		m->delivery = m->msg->received;
	if (!m->delivery.known)
		parse_received(&h->fields[RECEIVED], &m->delivery);
	if (!m->delivery.known)
		m->delivery = *sent;
	am_mapi_put_time(h->props, AM_PR_SUBMIT_TIME, sent);
	am_mapi_put_time(h->props, AM_PR_DELIVERY_TIME, &m->delivery);
	am_mapi_put_time(h->props, AM_PR_CREATED, &m->delivery);
	am_mapi_put_time(h->props, AM_PR_MODIFIED, &m->delivery);
}

/* ---- threads ---- */

/* The first <…> of a field, else NULL. */
static const char *first_id(const struct am_field *f, size_t *len)
{
	const char *open = f->name ? memchr(f->value, '<', f->value_len) : NULL;
	const char *end =
		open ? memchr(open, '>',
	                      f->value_len - (size_t)(open - f->value))
		     : NULL;

	*len = end ? (size_t)(end + 1 - open) : 0;
	return end ? open : NULL;
}

/*
 * [MS-OXOMSG] 2.2.1.3: 1, five bytes of a FILETIME, 16 that are the same in a
 * thread.  Outlook's own is in the mail; of others the oldest message we know
 * of the thread stands for it.
 */
static void put_conversation(struct header *h, const struct am_when *sent,
                             const char *topic)
{
	static const enum name roots[] = {REFERENCES, IN_REPLY_TO, MESSAGE_ID};
	const struct am_field *own = &h->fields[THREAD_INDEX];
	uint8_t index[22], hash[AM_SHA256_LEN];
	const char *root = NULL;
	size_t len = 0;

	if (own->name && own->value_len < 4096) {
		gsize n;
		char *text = g_strndup(own->value, own->value_len);
		uint8_t *data = g_base64_decode(g_strstrip(text), &n);
		bool good = n >= sizeof(index) && data[0] == 1;
		if (good)
			am_mapi_put_binary(h->props, AM_PR_CONVERSATION_INDEX,
			                   data, n);
		g_free(data);
		g_free(text);
		if (good)
			return;
	}
	for (size_t i = 0; !root && i < AM_COUNT(roots); i++)
		root = first_id(&h->fields[roots[i]], &len);
	if (!root) {
		root = topic;
		len = strlen(topic);
	}
	am_sha256(root, len, hash);
	uint64_t ticks = am_mapi_ticks(sent);
	index[0] = 1;
	for (unsigned i = 0; i < 5; i++)
		index[1 + i] = (uint8_t)(ticks >> (48 - 8 * i));
	memcpy(index + 6, hash, 16);
	am_mapi_put_binary(h->props, AM_PR_CONVERSATION_INDEX, index,
	                   sizeof(index));
}

static void put_ids(struct header *h, enum name name, unsigned id)
{
	const struct am_field *f = &h->fields[name];

	if (!f->name)
		return;
	char *text = am_words_decode(h->m->arena, f->value, f->value_len);
	am_mapi_put_text(h->props, id, g_strstrip(text));
}

/* ---- levels ---- */

static bool begins(const struct am_field *f, const char *word)
{
	const char *p = f->value;
	size_t len = f->value_len, n = strlen(word);

	if (!f->name)
		return false;
	while (len && g_ascii_isspace(*p)) {
		p++;
		len--;
	}
	return len >= n && !g_ascii_strncasecmp(p, word, n);
}

static void put_levels(struct header *h)
{
	static const char *const secrecy[] = {"Personal", "Private",
	                                      "Company-Confidential"};
	const struct am_field *f = h->fields;
	bool high = begins(&f[IMPORTANCE], "high") ||
	            begins(&f[X_PRIORITY], "1") ||
	            begins(&f[X_PRIORITY], "2") ||
	            begins(&f[X_MSMAIL_PRIORITY], "high") ||
	            begins(&f[PRIORITY], "urgent");
	bool low = begins(&f[IMPORTANCE], "low") ||
	           begins(&f[X_PRIORITY], "4") || begins(&f[X_PRIORITY], "5") ||
	           begins(&f[X_MSMAIL_PRIORITY], "low") ||
	           begins(&f[PRIORITY], "non-urgent");
	int32_t level = high ? 2 : low ? 0 : 1, secret = 0;

	am_mapi_put_int(h->props, AM_PR_IMPORTANCE, level);
	am_mapi_put_int(h->props, AM_PR_PRIORITY, level - 1);
	for (size_t i = 0; i < AM_COUNT(secrecy); i++)
		if (begins(&f[SENSITIVITY], secrecy[i]))
			secret = (int32_t)i + 1;
	am_mapi_put_int(h->props, AM_PR_SENSITIVITY, secret);
}

/* ---- the header itself ---- */

static bool only_lf(const char *s, size_t len)
{
	return !memchr(s, '\r', len);
}

static bool only_crlf(const char *s, size_t len)
{
	const char *p = s, *end = s + len;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		if (p == s || p[-1] != '\r')
			return false;
		p++;
	}
	for (p = s; (p = memchr(p, '\r', (size_t)(end - p))); p++)
		if (end - p < 2 || p[1] != '\n')
			return false;
	return true;
}

/* As it came, with CRLF and an empty line behind it. */
static int put_block(struct am_making *m, const struct am_part_header *header,
                     uint64_t whole, struct am_error *err)
{
	const struct am_part *part = &m->scan.parts[m->part];
	const char *s = header->block;
	size_t len = header->len;
	bool lf = only_lf(s, len), after_cr = false;
	struct am_original_span span = {.at = part->header,
	                                .len = len,
	                                .kind = AM_ORIGINAL_HEADER,
	                                .lf = lf};
	bool exact = len == whole && len && !memchr(s, '\0', len) &&
	             am_utf8_valid(s, len) && (lf || only_crlf(s, len));

	if (!exact)
		s = am_charset_to_utf8(m->arena, NULL, s, len, &len);
	GString *text = g_string_sized_new(len + len / 16 + 8);
	am_making_lines(text, s, len, &after_cr);
	for (size_t i = 0; !exact && i < text->len; i++)
		if (!text->str[i])
			text->str[i] = ' ';
	span.n = text->len;
	if (!g_str_has_suffix(text->str, "\r\n"))
		g_string_append(text, "\r\n");
	if (text->len > 2 && !g_str_has_suffix(text->str, "\r\n\r\n"))
		g_string_append(text, "\r\n");
	int r = am_making_text(m, AM_PR_TRANSPORT_HEADERS, text->str, text->len,
	                       err);
	if (exact)
		g_array_append_val(m->spans, span);
	g_string_free(text, TRUE);
	return r;
}

/* The same for the same mail, whichever run. */
static void put_search_key(struct header *h, const struct am_part_header *block)
{
	uint8_t hash[AM_SHA256_LEN];

	am_sha256(block->block, block->len, hash);
	am_mapi_put_binary(h->props, AM_TO_SEARCH_KEY, hash, 16);
}

static void put_fields(struct header *h, const struct am_part_header *block)
{
	static const unsigned display[AM_MAKING_BCC + 1] = {
		0, AM_PR_DISPLAY_TO, AM_PR_DISPLAY_CC, AM_PR_DISPLAY_BCC};
	struct am_when sent = {.known = false};
	struct am_fields fields;
	struct am_field f;

	am_fields_init(&fields, block->block, block->len, 0);
	while (am_fields_next(&fields, &f)) {
		for (size_t i = 0; i < N_NAMES; i++)
			if (!h->fields[i].name && am_field_is(&f, names[i]))
				h->fields[i] = f;
		am_making_recipients(h->m, &f, h->display);
	}
	const char *topic = put_subject(h);
	put_dates(h, &sent);
	put_conversation(h, &sent, topic);
	put_ids(h, MESSAGE_ID, AM_PR_MESSAGE_ID);
	put_ids(h, IN_REPLY_TO, AM_PR_IN_REPLY_TO);
	put_ids(h, REFERENCES, AM_PR_REFERENCES);
	put_levels(h);
	am_making_sender(h->m, &h->fields[FROM], &h->fields[SENDER]);
	am_making_reply_to(h->m, &h->fields[REPLY_TO]);
	for (unsigned i = 1; i <= AM_MAKING_BCC; i++)
		am_mapi_put_text(h->props, display[i], h->display[i]->str);
}

int am_making_header(struct am_making *m, struct am_error *err)
{
	const struct am_part *part = &m->scan.parts[m->part];
	struct header h = {.m = m, .props = &m->item->props};
	struct am_part_header block;
	int r = am_part_header_read(&block, m->raw, part,
	                            m->limits.header_bytes, err);

	for (unsigned i = 1; i <= AM_MAKING_BCC; i++)
		h.display[i] = g_string_new(NULL);
	if (!r) {
		put_fields(&h, &block);
		put_search_key(&h, &block);
		r = put_block(m, &block, part->body - part->header, err);
	}
	for (unsigned i = 1; i <= AM_MAKING_BCC; i++)
		g_string_free(h.display[i], TRUE);
	am_part_header_drop(&block);
	return r;
}
