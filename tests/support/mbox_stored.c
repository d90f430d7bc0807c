/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/mbox_stored.h"

#include "formats/mbox/from_line.h"
#include "formats/mbox/recipe.h"

static int collect(void *user, const void *data, size_t len,
                   struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

static void add_prop(GByteArray *to, const struct am_message *msg,
                     const char *name)
{
	const struct am_prop *p = am_message_prop(msg, name);

	if (p)
		g_byte_array_append(to, (const guint8 *)p->value,
		                    (guint)p->len);
}

int am_test_mbox_stored(GByteArray *to, const struct am_message *msg)
{
	struct am_mbox_out out = {collect, to};
	char room[AM_MBOX_FROM_ROOM];
	const char *line = NULL;
	uint8_t none = 0;
	const struct am_prop *recipe = am_message_prop(msg, "mbox.recipe");

	add_prop(to, msg, "mbox.before");
	size_t n = am_mbox_from_kept(msg, room, &line);
	g_byte_array_append(to, (const guint8 *)line, (guint)n);
	int r = am_mbox_recipe_apply(
		recipe ? (const uint8_t *)recipe->value : &none,
		recipe ? recipe->len : 1, msg->raw, &out, NULL);
	add_prop(to, msg, "mbox.after");
	return r;
}
