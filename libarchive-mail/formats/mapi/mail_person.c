/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Senders and recipients: people without a directory, by one-off entry ids
 * ([MS-OXCDATA] 2.2.5.1) and the keys that Outlook looks them up by. */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "mime/address.h"
#include "outlook/mapi/entryid.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum { ADDRESSES_MAX = 100000 };

/* Where a person's properties go; 0: nowhere. */
struct person_ids {
	unsigned name, type, address, smtp, id, key;
};

static void put_person(struct am_mapi_props *props,
                       const struct person_ids *ids,
                       const struct am_address *who)
{
	const char *address = who->address ? who->address : "";
	const char *name = who->name && *who->name ? who->name : address;
	size_t len;

	am_mapi_put_text(props, ids->name, name);
	am_mapi_put_text(props, ids->type, "SMTP");
	am_mapi_put_text(props, ids->address, address);
	if (ids->smtp)
		am_mapi_put_text(props, ids->smtp, address);
	if (ids->id) {
		uint8_t *id =
			am_mapi_one_off_of(props->arena, name, address, &len);
		am_mapi_put_binary(props, ids->id, id, len);
	}
	if (ids->key) {
		char *key = g_ascii_strup(address, -1);
		char *all = am_arena_printf(props->arena, "SMTP:%s", key);
		am_mapi_put_binary(props, ids->key, all, strlen(all) + 1);
		g_free(key);
	}
}

static struct am_address *parse_list(struct am_making *m,
                                     const struct am_field *f, size_t *n)
{
	size_t most = 1;

	*n = 0;
	if (!f->name)
		return NULL;
	for (size_t i = 0; i < f->value_len; i++)
		most += f->value[i] == ',' || f->value[i] == ';' ||
		        f->value[i] == '>';
	most = MIN(most + 1, (size_t)ADDRESSES_MAX);
	struct am_address *list =
		am_arena_alloc(m->arena, most * sizeof(*list));
	*n = am_address_parse(m->arena, f->value, f->value_len, list, most);
	return list;
}

void am_making_sender(struct am_making *m, const struct am_field *from_field,
                      const struct am_field *sender_field)
{
	static const struct person_ids from = {
		AM_PR_SENT_REPRESENTING_NAME,    AM_PR_SENT_REPRESENTING_TYPE,
		AM_PR_SENT_REPRESENTING_ADDRESS, AM_PR_SENT_REPRESENTING_SMTP,
		AM_TO_SENT_REPRESENTING_ID,      AM_TO_SENT_REPRESENTING_KEY};
	static const struct person_ids sender = {
		AM_PR_SENDER_NAME, AM_PR_SENDER_TYPE, AM_PR_SENDER_ADDRESS,
		AM_PR_SENDER_SMTP, AM_TO_SENDER_ID,   AM_TO_SENDER_KEY};
	size_t n_from, n_sender;
	struct am_address *who = parse_list(m, from_field, &n_from);
	struct am_address *by = parse_list(m, sender_field, &n_sender);

	if (!n_from) {
		who = by;
		n_from = n_sender;
	}
	if (!n_from)
		return;
	put_person(&m->item->props, &from, who);
	put_person(&m->item->props, &sender, n_sender ? by : who);
}

void am_making_reply_to(struct am_making *m, const struct am_field *f)
{
	size_t n, len;
	struct am_address *list = parse_list(m, f, &n);
	GString *shown = g_string_new(NULL);
	GByteArray *ids = am_mapi_entry_list_new();

	for (size_t i = 0; i < n; i++) {
		const char *address = list[i].address;
		if (!address)
			continue;
		const char *name = list[i].name ? list[i].name : address;
		uint8_t *id = am_mapi_one_off_of(m->arena, name, address, &len);
		am_mapi_entry_list_add(ids, id, len);
		g_string_append_printf(shown, "%s%s", shown->len ? ";" : "",
		                       name);
	}
	if (shown->len) {
		am_mapi_put_binary(&m->item->props, AM_PR_REPLY_TO_ENTRIES,
		                   ids->data, ids->len);
		am_mapi_put_text(&m->item->props, AM_TO_REPLY_TO_NAMES,
		                 shown->str);
	}
	g_byte_array_free(ids, TRUE);
	g_string_free(shown, TRUE);
}

static void put_recipient(struct am_making *m, int32_t kind,
                          const struct am_address *who, GString *shown)
{
	static const struct person_ids ids = {
		AM_PR_DISPLAY_NAME, AM_PR_ADDRESS_TYPE, AM_PR_EMAIL_ADDRESS,
		AM_PR_SMTP_ADDRESS, AM_TO_ENTRY_ID,     AM_TO_SEARCH_KEY};
	const char *name = who->name && *who->name ? who->name : who->address;
	size_t len;

	g_string_append_printf(shown, "%s%s", shown->len ? "; " : "", name);
	if (!who->address)
		return; /* the name of a group */
	struct am_mapi_props *row = am_mapi_item_recipient(m->item);
	put_person(row, &ids, who);
	uint8_t *id = am_mapi_one_off_of(m->arena, name, who->address, &len);
	am_mapi_put_binary(row, AM_PR_RECORD_KEY, id, len);
	am_mapi_put_text(row, AM_TO_RECIPIENT_NAME, name);
	am_mapi_put_int(row, AM_PR_RECIPIENT_TYPE, kind);
	am_mapi_put_bool(row, AM_TO_RESPONSIBILITY, true);
	am_mapi_put_int(row, AM_TO_OBJECT_TYPE, 6);
	am_mapi_put_int(row, AM_TO_DISPLAY_TYPE, 0);
	am_mapi_put_bool(row, AM_TO_RICH_INFO, false);
}

void am_making_recipients(struct am_making *m, const struct am_field *f,
                          GString *const display[AM_MAKING_BCC + 1])
{
	int32_t kind = am_field_is(f, "To")    ? 1
	               : am_field_is(f, "Cc")  ? 2
	               : am_field_is(f, "Bcc") ? AM_MAKING_BCC
	                                       : 0;
	size_t n;

	if (!kind)
		return;
	struct am_address *list = parse_list(m, f, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i].name || list[i].address)
			put_recipient(m, kind, &list[i], display[kind]);
}
