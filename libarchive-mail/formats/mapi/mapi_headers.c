/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_headers.h"

#include "base/arena.h"
#include "outlook/mapi/entryid.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

/* Fields that are made where the transport headers lack them. */
enum field {
	FROM = 1 << 0,
	TO = 1 << 1,
	CC = 1 << 2,
	BCC = 1 << 3,
	SUBJECT = 1 << 4,
	DATE = 1 << 5,
	MESSAGE_ID = 1 << 6,
	IN_REPLY_TO = 1 << 7,
	REFERENCES = 1 << 8,
	SENDER = 1 << 9,
	IMPORTANCE = 1 << 10,
	SENSITIVITY = 1 << 11,
	REPLY_TO = 1 << 12
};

static const struct {
	const char *name;
	enum field bit;
} fields[] = {
	{"from", FROM},
	{"to", TO},
	{"cc", CC},
	{"bcc", BCC},
	{"subject", SUBJECT},
	{"date", DATE},
	{"message-id", MESSAGE_ID},
	{"in-reply-to", IN_REPLY_TO},
	{"references", REFERENCES},
	{"sender", SENDER},
	{"importance", IMPORTANCE},
	{"x-priority", IMPORTANCE},
	{"sensitivity", SENSITIVITY},
	{"reply-to", REPLY_TO},
};

/* How long the field's name is, when the line begins one; else 0. */
static size_t field_name(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[n] > ' ' && line[n] != ':' && line[n] != 0x7f)
		n++;
	return n < len && line[n] == ':' ? n : 0;
}

/* Ours to say: what tells how the body is built. */
static bool is_structure(const char *name, size_t len)
{
	return (len >= 8 && !g_ascii_strncasecmp(name, "content-", 8)) ||
	       (len == 12 && !g_ascii_strncasecmp(name, "mime-version", 12));
}

static unsigned bit_of(const char *name, size_t len)
{
	for (size_t i = 0; i < AM_COUNT(fields); i++)
		if (strlen(fields[i].name) == len &&
		    !g_ascii_strncasecmp(name, fields[i].name, len))
			return fields[i].bit;
	return 0;
}

/* Copy what is to be kept; returns which fields that were. */
static unsigned copy_headers(struct am_mail_out *out, const char *text)
{
	unsigned have = 0;
	bool keep = false;

	while (*text) {
		size_t len = strcspn(text, "\r\n");
		const char *next = text + len;
		if (*next == '\r')
			next++;
		if (*next == '\n')
			next++;
		if (!len && (have || keep))
			break; /* behind it: headers of parts */
		if (len && (*text == ' ' || *text == '\t')) {
			/* A line of blanks would end the header. */
			keep = keep && strspn(text, " \t") < len;
		} else {
			size_t n = field_name(text, len);
			keep = n && !is_structure(text, n);
			if (keep)
				have |= bit_of(text, n) | 1u << 31;
		}
		if (keep) {
			am_mail_out_write(out, text, len);
			am_mail_out_text(out, "\r\n");
		}
		text = next;
	}
	return have;
}

const char *am_mapi_subject(const struct am_mapi_props *msg)
{
	const char *subject = am_mapi_text(msg, AM_PR_SUBJECT);

	if (subject && *subject == 1 && subject[1])
		subject = g_utf8_next_char(subject + 1);
	return subject;
}

const char *am_mapi_subject_or_topic(const struct am_mapi_props *msg)
{
	const char *prefix = am_mapi_text(msg, AM_PR_SUBJECT_PREFIX);
	const char *rest = am_mapi_text(msg, AM_PR_NORMALIZED_SUBJECT);

	if (am_mapi_find(msg, AM_PR_SUBJECT))
		return am_mapi_subject(msg);
	if (!rest || !*rest)
		rest = am_mapi_text(msg, AM_PR_CONVERSATION_TOPIC);
	if (!rest || !*rest || !prefix || !*prefix)
		return rest;
	char *both = g_strconcat(prefix, rest, NULL);
	const char *copy = am_arena_strdup(msg->arena, both);
	g_free(both);
	return copy;
}

/* /O=ORG/CN=X as Exchange writes it to the outside: letters and digits stay, a
 * slash becomes _, the rest +XX. */
static const char *encapsulate(struct am_arena *arena, const char *type,
                               const char *address)
{
	GString *text = g_string_new("IMCEA");
	char *safe = g_ascii_strup(type && *type ? type : "EX", -1);

	for (char *p = safe; *p; p++)
		if (!g_ascii_isalnum(*p))
			*p = '_';
	g_string_append_printf(text, "%s-", safe);
	for (const char *p = address; *p; p++) {
		if (g_ascii_isalnum(*p) || *p == '-')
			g_string_append_c(text, *p);
		else if (*p == '/')
			g_string_append_c(text, '_');
		else
			g_string_append_printf(text, "+%02X",
			                       (unsigned char)*p);
	}
	g_string_append(text, "@outlook.invalid");
	const char *copy = am_arena_strdup(arena, text->str);
	g_string_free(text, TRUE);
	g_free(safe);
	return copy;
}

const char *am_mapi_address(const struct am_mapi_props *props, unsigned smtp,
                            unsigned address, unsigned type)
{
	const char *best = smtp ? am_mapi_text(props, smtp) : NULL;

	if (best && strchr(best, '@'))
		return best;
	best = am_mapi_text(props, address);
	if (!best || !*best || strchr(best, '@'))
		return best;
	return encapsulate(props->arena, am_mapi_text(props, type), best);
}

const char *am_mapi_recipient_address(const struct am_mapi_props *row)
{
	return am_mapi_address(row, AM_PR_SMTP_ADDRESS, AM_PR_EMAIL_ADDRESS,
	                       AM_PR_ADDRESS_TYPE);
}

/* The same; who is a recipient too may have more of an address there. */
static const char *known_address(const struct am_mapi_props *msg, unsigned smtp,
                                 unsigned address, unsigned type,
                                 const struct am_mapi_props *list, size_t n)
{
	const char *world = am_mapi_text(msg, smtp);
	const char *own = am_mapi_text(msg, address);

	if ((world && strchr(world, '@')) || !own || !*own || strchr(own, '@'))
		return am_mapi_address(msg, smtp, address, type);
	for (size_t i = 0; i < n; i++) {
		const char *same = am_mapi_text(&list[i], AM_PR_EMAIL_ADDRESS);
		world = am_mapi_text(&list[i], AM_PR_SMTP_ADDRESS);
		if (same && !g_ascii_strcasecmp(same, own) && world &&
		    strchr(world, '@'))
			return world;
	}
	return am_mapi_address(msg, smtp, address, type);
}

const char *am_mapi_from(const struct am_mapi_props *msg,
                         const struct am_mapi_props *list, size_t n)
{
	return known_address(msg, AM_PR_SENT_REPRESENTING_SMTP,
	                     AM_PR_SENT_REPRESENTING_ADDRESS,
	                     AM_PR_SENT_REPRESENTING_TYPE, list, n);
}

bool am_mapi_date(const struct am_mapi_props *msg, struct am_when *out)
{
	return am_mapi_time(msg, AM_PR_SUBMIT_TIME, out) ||
	       am_mapi_time(msg, AM_PR_DELIVERY_TIME, out) ||
	       am_mapi_time(msg, AM_PR_CREATED, out) ||
	       am_mapi_time(msg, AM_PR_MODIFIED, out);
}

static void put_date(struct am_mail_out *out, const struct am_mapi_props *msg)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
	                                     "May", "Jun", "Jul", "Aug",
	                                     "Sep", "Oct", "Nov", "Dec"};
	int y, mon, d, h, min, s;
	struct am_when when;

	if (!am_mapi_date(msg, &when))
		return;
	am_time_civil(when.sec, &y, &mon, &d, &h, &min, &s);
	am_mail_out_printf(out, "Date: %d %s %04d %02d:%02d:%02d +0000\r\n", d,
	                   months[mon - 1], y, h, min, s);
}

/* An address of the world, not one that was encapsulated. */
static bool is_smtp(const char *address)
{
	return strchr(address, '@') &&
	       !g_str_has_suffix(address, "@outlook.invalid");
}

static void put_from(struct am_mail_out *out, const struct am_mapi_props *msg,
                     const struct am_mapi_props *list, size_t n)
{
	const char *from = am_mapi_from(msg, list, n);
	const char *name = am_mapi_text(msg, AM_PR_SENT_REPRESENTING_NAME);
	const char *sender =
		known_address(msg, AM_PR_SENDER_SMTP, AM_PR_SENDER_ADDRESS,
	                      AM_PR_SENDER_TYPE, list, n);
	const char *sender_name = am_mapi_text(msg, AM_PR_SENDER_NAME);
	const char *own = am_mapi_text(msg, AM_PR_SENT_REPRESENTING_ADDRESS);
	bool alone = !(from && *from) && !(name && *name);

	/* The same person, of whom only the sender's address is one. */
	if (sender && *sender && !g_strcmp0(name, sender_name) &&
	    !(own && strchr(own, '@')) && !(from && is_smtp(from)))
		from = sender;
	if (alone) {
		from = sender;
		name = sender_name;
	}
	if ((!from || !*from) && (!name || !*name))
		return;
	am_mail_out_text(out, "From: ");
	am_mail_out_address(out, false, name, from);
	am_mail_out_text(out, "\r\n");
	if (alone || !sender || !*sender || !from ||
	    !g_ascii_strcasecmp(sender, from))
		return;
	am_mail_out_text(out, "Sender: ");
	am_mail_out_address(out, false, sender_name, sender);
	am_mail_out_text(out, "\r\n");
}

/* The recipients of one kind: 1 To, 2 Cc, 3 Bcc; without a table, the names
 * that the message itself has. */
static void put_recipients(struct am_mail_out *out, const char *field, int kind,
                           const struct am_mapi_props *msg, unsigned display,
                           const struct am_mapi_props *list, size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t type = 1;
		(void)am_mapi_int(&list[i], AM_PR_RECIPIENT_TYPE, &type);
		if ((type & 0xf) != kind)
			continue;
		if (!done)
			am_mail_out_printf(out, "%s: ", field);
		am_mail_out_address(out, done++ > 0,
		                    am_mapi_text(&list[i], AM_PR_DISPLAY_NAME),
		                    am_mapi_recipient_address(&list[i]));
	}
	const char *names = n ? NULL : am_mapi_text(msg, display);
	if (names && *names) {
		char **each = g_strsplit(names, ";", -1);
		for (char **one = each; *one; one++) {
			g_strstrip(*one);
			if (!**one)
				continue;
			if (!done)
				am_mail_out_printf(out, "%s: ", field);
			bool spec = strchr(*one, '@') && !strchr(*one, ' ');
			am_mail_out_address(out, done++ > 0, spec ? NULL : *one,
			                    spec ? *one : NULL);
		}
		g_strfreev(each);
	}
	if (done)
		am_mail_out_text(out, "\r\n");
}

/* Answers go to others: a list of ids that bring name and address. */
static void put_reply_to(struct am_mail_out *out,
                         const struct am_mapi_props *msg)
{
	const struct am_mapi_prop *p =
		am_mapi_find(msg, AM_PR_REPLY_TO_ENTRIES);
	struct am_mapi_person who;
	const uint8_t *id;
	size_t len, done = 0;

	if (!p || !p->data)
		return;
	for (size_t i = 0; am_mapi_entry_at(p->data, p->len, i, &id, &len);
	     i++) {
		if (!am_mapi_one_off(msg, id, len, &who) ||
		    !strchr(who.address, '@'))
			continue;
		if (!done)
			am_mail_out_text(out, "Reply-To: ");
		am_mail_out_address(out, done++ > 0, who.name, who.address);
	}
	if (done)
		am_mail_out_text(out, "\r\n");
}

static void put_text_field(struct am_mail_out *out, const char *name,
                           const struct am_mapi_props *msg, unsigned id)
{
	const char *value = am_mapi_text(msg, id);

	if (value && *value)
		am_mail_out_field(out, name, value);
}

/* Message ids are no words to be encoded or folded away. */
static void put_ids(struct am_mail_out *out, const char *name,
                    const struct am_mapi_props *msg, unsigned id)
{
	const char *value = am_mapi_text(msg, id);

	if (!value || !strchr(value, '<'))
		return;
	char **words = g_strsplit_set(value, " \t\r\n,", -1);
	size_t done = 0;
	for (char **w = words; *w; w++)
		if (**w)
			am_mail_out_printf(out, "%s%s", done++ ? "\r\n " : name,
			                   *w);
	if (done)
		am_mail_out_text(out, "\r\n");
	g_strfreev(words);
}

static void put_levels(struct am_mail_out *out, const struct am_mapi_props *msg,
                       unsigned have)
{
	static const char *const secrecy[] = {NULL, "Personal", "Private",
	                                      "Company-Confidential"};
	int64_t n;

	if (!(have & IMPORTANCE) && am_mapi_int(msg, AM_PR_IMPORTANCE, &n) &&
	    (n == 0 || n == 2))
		am_mail_out_printf(out, "Importance: %s\r\n",
		                   n ? "high" : "low");
	if (!(have & SENSITIVITY) && am_mapi_int(msg, AM_PR_SENSITIVITY, &n) &&
	    n > 0 && n < 4)
		am_mail_out_printf(out, "Sensitivity: %s\r\n", secrecy[n]);
}

static bool is_mail(const char *class)
{
	return !class || !g_ascii_strcasecmp(class, "IPM.Note") ||
	       !g_ascii_strncasecmp(class, "IPM.Note.", 9);
}

void am_mapi_headers(struct am_mail_out *out, const struct am_mapi_props *msg,
                     const struct am_mapi_props *list, size_t n)
{
	const char *headers = am_mapi_text(msg, AM_PR_TRANSPORT_HEADERS);
	const char *class = am_mapi_text(msg, AM_PR_MESSAGE_CLASS);
	unsigned have = headers ? copy_headers(out, headers) : 0;

	if (!(have & FROM))
		put_from(out, msg, list, n);
	if (!(have & REPLY_TO))
		put_reply_to(out, msg);
	if (!(have & (TO | CC))) {
		put_recipients(out, "To", 1, msg, AM_PR_DISPLAY_TO, list, n);
		put_recipients(out, "Cc", 2, msg, AM_PR_DISPLAY_CC, list, n);
	}
	if (!(have & BCC))
		put_recipients(out, "Bcc", 3, msg, AM_PR_DISPLAY_BCC, list, n);
	const char *subject =
		have ? am_mapi_subject(msg) : am_mapi_subject_or_topic(msg);
	if (!subject || !*subject)
		subject = is_mail(class)
		                  ? subject
		                  : am_mapi_text(msg, AM_PR_DISPLAY_NAME);
	if (!(have & SUBJECT) && subject && *subject)
		am_mail_out_field(out, "Subject", subject);
	if (!(have & DATE))
		put_date(out, msg);
	if (!(have & MESSAGE_ID))
		put_ids(out, "Message-ID: ", msg, AM_PR_MESSAGE_ID);
	if (!(have & IN_REPLY_TO))
		put_ids(out, "In-Reply-To: ", msg, AM_PR_IN_REPLY_TO);
	if (!(have & REFERENCES))
		put_ids(out, "References: ", msg, AM_PR_REFERENCES);
	put_levels(out, msg, have);
	if (!have)
		put_text_field(out, "Thread-Topic", msg,
		               AM_PR_CONVERSATION_TOPIC);
	if (!is_mail(class))
		am_mail_out_field(out, "X-Outlook-Class", class);
	if (!have)
		am_mail_out_text(out, "X-Mailark-Synthesized: header\r\n");
}
