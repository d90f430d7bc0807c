/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_meta.h"

#include "formats/mapi/item_meta.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

static void add_dates(struct am_message *to, const struct am_mapi_props *props)
{
	static const struct {
		unsigned id;
		const char *name;
	} list[] = {
		{AM_PR_DELIVERY_TIME, "mapi.delivery-time"},
		{AM_PR_SUBMIT_TIME, "mapi.submit-time"},
		{AM_PR_CREATED, "mapi.created"},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		struct am_when when;
		if (!am_mapi_time(props, list[i].id, &when))
			continue;
		am_message_add_date(to, list[i].name, &when);
		if (!to->received.known) {
			to->received = when;
			to->received_from = list[i].name;
		}
	}
}

/* What Outlook has counted, or else what is here. */
static uint64_t size_of(const struct am_mapi_props *props)
{
	uint64_t sum = 0;
	int64_t size = 0;

	if (am_mapi_int(props, AM_PR_MESSAGE_SIZE, &size) && size > 0)
		return (uint64_t)size;
	for (size_t i = 0; i < props->n; i++)
		sum += props->list[i].size;
	return sum;
}

unsigned am_mapi_meta_keywords(const struct am_mapi_names *names)
{
	return am_mapi_named_string(names, AM_PS_PUBLIC_STRINGS, "Keywords");
}

void am_mapi_meta(struct am_message *to, const struct am_mapi_props *props,
                  unsigned keywords)
{
	const struct am_mapi_prop *p =
		keywords ? am_mapi_find(props, keywords) : NULL;
	const char *word;

	to->exactness = AM_SYNTHESISED;
	to->size_about = size_of(props);
	to->flags = am_item_meta_flags(props);
	add_dates(to, props);
	for (size_t i = 0; p && (word = am_mapi_text_at(props, p, i)); i++)
		if (*word)
			am_message_add_keyword(to, word);
}
