/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/own_names.h"

#include <string.h>

/* {3d9d9563-6f3f-4eff-b2d6-881dd8a26f7e}, chosen at random once and for all. */
#define OURS                                                                \
	{                                                                   \
		0x63, 0x95, 0x9d, 0x3d, 0x3f, 0x6f, 0xff, 0x4e, 0xb2, 0xd6, \
			0x88, 0x1d, 0xd8, 0xa2, 0x6f, 0x7e                  \
	}

const struct am_mapi_name am_own_original = {OURS, 0, "MailarkOriginal"};
const struct am_mapi_name am_own_meta = {OURS, 0, "MailarkMeta"};
const struct am_mapi_name am_own_aside = {OURS, 0, "MailarkAside"};
/* PS_PUBLIC_STRINGS */
const struct am_mapi_name am_own_keywords = {
	{0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	0,
	"Keywords"};

static bool is_same(const struct am_mapi_name *a, const struct am_mapi_name *b)
{
	return !memcmp(a->set, b->set, sizeof(a->set)) && a->string &&
	       !strcmp(a->string, b->string);
}

const struct am_mapi_prop *am_own_find(const struct am_mapi_container *in,
                                       const struct am_mapi_props *props,
                                       const struct am_mapi_name *name)
{
	if (in && in->names) {
		unsigned id = am_mapi_name_id(in->names, name);
		return id ? am_mapi_find(props, id) : NULL;
	}
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].name && is_same(props->list[i].name, name))
			return &props->list[i];
	return NULL;
}
