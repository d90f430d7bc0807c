/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A contact as a vCard 4.0 (RFC 6350). */
#include "formats/mapi/mapi_class.h"
#include "formats/mapi/text_card.h"
#include "outlook/mapi/entryid.h"
#include "outlook/mapi/tags.h"

#include <string.h>

/* Of [MS-OXOCNTC], where one property is one line. */
static const struct {
	unsigned id;
	const char *name;
} plain[] = {
	{0x3a4f, "NICKNAME"},
	{0x3a17, "TITLE"},
	{0x3a08, "TEL;TYPE=\"work,voice\""},
	{0x3a1b, "TEL;TYPE=\"work,voice\""},
	{0x3a09, "TEL;TYPE=\"home,voice\""},
	{0x3a2f, "TEL;TYPE=\"home,voice\""},
	{0x3a1c, "TEL;TYPE=cell"},
	{0x3a24, "TEL;TYPE=\"work,fax\""},
	{0x3a25, "TEL;TYPE=\"home,fax\""},
	{0x3a21, "TEL;TYPE=pager"},
	{0x3a1d, "TEL;TYPE=car"},
	{0x3a1f, "TEL;TYPE=other"},
	{0x3a1a, "TEL;PREF=1"},
	{0x3a51, "URL;TYPE=work"},
	{0x3a50, "URL;TYPE=home"},
	{0x3a48, "RELATED;TYPE=spouse;VALUE=text"},
	{0x3a46, "X-PROFESSION"},
};

/* Components of a structured line, joined by ';'; nothing when all are empty.
 */
static void put_joined(GString *to, const char *name,
                       const char *const *components, size_t n)
{
	GString *value = g_string_new(NULL);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (i)
			g_string_append_c(value, ';');
		if (components[i] && *components[i]) {
			am_text_card_escape(value, components[i]);
			any = true;
		}
	}
	if (any)
		am_text_card_raw(to, name, value->str);
	g_string_free(value, TRUE);
}

static void put_name(GString *to, const struct am_mapi_props *props)
{
	static const unsigned ids[] = {0x3a11, 0x3a06, 0x3a44, 0x3a45, 0x3a05};
	const char *parts[AM_COUNT(ids)];
	const char *full = am_mapi_text(props, AM_PR_DISPLAY_NAME);

	for (size_t i = 0; i < AM_COUNT(ids); i++)
		parts[i] = am_mapi_text(props, ids[i]);
	if (!full || !*full)
		full = am_mapi_text(props, AM_PR_SUBJECT);
	if (!full || !*full)
		full = am_mapi_text(props, 0x3a16);
	/* FN is the one line that must be there. */
	am_text_card_line(to, "FN", full && *full ? full : "?");
	put_joined(to, "N", parts, AM_COUNT(parts));
}

static void put_addresses(GString *to, const struct am_mapi_props *props,
                          const struct am_mapi_names *names)
{
	/* Post office box, extension, street, town, region, code, country. */
	static const unsigned home[] = {0x3a5e, 0,      0x3a5d, 0x3a59,
	                                0x3a5c, 0x3a5b, 0x3a5a};
	static const unsigned other[] = {0x3a64, 0,      0x3a63, 0x3a5f,
	                                 0x3a62, 0x3a61, 0x3a60};
	static const uint32_t work[] = {0x804a, 0,      0x8045, 0x8046,
	                                0x8047, 0x8048, 0x8049};
	const char *lines[3][7] = {{NULL}};
	static const char *const field[] = {"ADR;TYPE=work", "ADR;TYPE=home",
	                                    "ADR"};

	for (size_t i = 0; i < 7; i++) {
		unsigned id = work[i] ? am_mapi_named(names, AM_PSETID_ADDRESS,
		                                      work[i])
		                      : 0;
		lines[0][i] = id ? am_mapi_text(props, id) : NULL;
		lines[1][i] = home[i] ? am_mapi_text(props, home[i]) : NULL;
		lines[2][i] = other[i] ? am_mapi_text(props, other[i]) : NULL;
	}
	for (size_t i = 0; i < 3; i++)
		put_joined(to, field[i], lines[i], 7);
}

static void put_mail(GString *to, const struct am_mapi_props *props,
                     const struct am_mapi_names *names)
{
	static const uint32_t emails[] = {0x8083, 0x8093, 0x80a3};

	for (size_t i = 0; i < AM_COUNT(emails); i++) {
		unsigned id =
			am_mapi_named(names, AM_PSETID_ADDRESS, emails[i]);
		am_text_card_line(to, "EMAIL",
		                  id ? am_mapi_text(props, id) : NULL);
	}
	unsigned im = am_mapi_named(names, AM_PSETID_ADDRESS, 0x8062);
	am_text_card_line(to, "X-IM", im ? am_mapi_text(props, im) : NULL);
}

/* The picture, which is an attachment too, so that a card that is taken out of
 * the mail has it. */
static void put_photo(GString *to, const struct am_mapi_addressed *item)
{
	enum { PHOTO_MAX = 1 << 20 };
	uint8_t *bytes = NULL;
	size_t len = 0;

	for (size_t i = 0; i < item->n_attachments; i++) {
		const struct am_mapi_enclosure *att = &item->attachments[i];
		g_clear_pointer(&bytes, g_free);
		const struct am_mapi_prop *p =
			am_mapi_find(&att->props, AM_PR_ATTACH_DATA);
		if (!am_mapi_bool(&att->props, AM_PR_CONTACT_PHOTO) || !p ||
		    am_mapi_type_of(p) != AM_MAPI_BINARY ||
		    am_mapi_value_all(item->msg->in, p, PHOTO_MAX, &bytes, &len,
		                      NULL) ||
		    !len)
			continue;
		char *text = g_base64_encode(bytes, len);
		char *uri = g_strdup_printf(
			"data:image/%s;base64,%s",
			len > 4 && !memcmp(bytes, "\x89PNG", 4) ? "png"
			: len > 4 && !memcmp(bytes, "GIF8", 4)  ? "gif"
								: "jpeg",
			text);
		am_text_card_raw(to, "PHOTO", uri);
		g_free(uri);
		g_free(text);
		g_free(bytes);
		return;
	}
	g_free(bytes);
}

char *am_mapi_vcard(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_names *names = item->msg->in->names;
	GString *to = g_string_new("BEGIN:VCARD\r\nVERSION:4.0\r\n");
	const char *org[] = {am_mapi_text(props, 0x3a16),
	                     am_mapi_text(props, 0x3a18)};
	struct am_when when;

	put_name(to, props);
	put_joined(to, "ORG", org, org[1] && *org[1] ? 2 : 1);
	for (size_t i = 0; i < AM_COUNT(plain); i++)
		am_text_card_line(to, plain[i].name,
		                  am_mapi_text(props, plain[i].id));
	put_mail(to, props, names);
	put_addresses(to, props, names);
	if (am_mapi_time(props, 0x3a42, &when))
		am_text_card_day(to, "BDAY", &when);
	if (am_mapi_time(props, 0x3a41, &when))
		am_text_card_day(to, "ANNIVERSARY", &when);
	am_text_card_line(to, "NOTE", am_mapi_text(props, AM_PR_BODY));
	put_photo(to, item);
	if (am_mapi_time(props, AM_PR_MODIFIED, &when))
		am_text_card_time(to, "REV", &when);
	g_string_append(to, "END:VCARD\r\n");
	return g_string_free(to, FALSE);
}

/* Its members as the one-off ids that are kept of them. */
char *am_mapi_group(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_ADDRESS, 0x8054);
	const struct am_mapi_prop *name =
		am_mapi_item_prop(item, AM_PSETID_ADDRESS, 0x8053);
	GString *to = g_string_new("BEGIN:VCARD\r\nVERSION:4.0\r\n"
	                           "KIND:group\r\n");
	const char *full = name ? am_mapi_prop_text(props, name) : NULL;
	struct am_mapi_person who;
	const uint8_t *id;
	size_t len;

	if (!full || !*full)
		full = am_mapi_text(props, AM_PR_DISPLAY_NAME);
	am_text_card_line(to, "FN", full && *full ? full : "?");
	for (size_t i = 0; p && am_mapi_multi_at(p, i, &id, &len); i++) {
		if (!am_mapi_one_off(props, id, len, &who) || !who.address ||
		    !*who.address)
			continue;
		char *cn = g_strdup(who.name ? who.name : "");
		g_strdelimit(cn, "\"\r\n\t", '\'');
		char *field = *cn ? g_strdup_printf("MEMBER;X-CN=\"%s\"", cn)
		                  : g_strdup("MEMBER");
		char *uri = g_strdup_printf("mailto:%s", who.address);
		am_text_card_raw(to, field, uri);
		g_free(uri);
		g_free(field);
		g_free(cn);
	}
	am_text_card_line(to, "NOTE", am_mapi_text(props, AM_PR_BODY));
	g_string_append(to, "END:VCARD\r\n");
	return g_string_free(to, FALSE);
}
