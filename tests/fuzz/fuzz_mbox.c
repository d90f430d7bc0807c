/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole source over one file.  The first byte chooses how much of a
 * message stays in memory and the dialect.  Promise: whatever the bytes are,
 * the messages' recipes put them together again.
 */
#include "base/blob.h"
#include "base/unpack.h"
#include "formats/mbox/mbox.h"
#include "formats/mbox/recipe.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool lost;

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (!strcmp(note->code, "mbox.as-imported-lost"))
		lost = true;
}

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

static void add(GByteArray *to, const struct am_message *msg)
{
	struct am_mbox_out out = {collect, to};
	uint8_t none = 0;
	const struct am_prop *recipe = am_message_prop(msg, "mbox.recipe");
	add_prop(to, msg, "mbox.before");
	add_prop(to, msg, "mbox.from-line");
	if (am_mbox_recipe_apply(recipe ? (const uint8_t *)recipe->value : &none,
	                         recipe ? recipe->len : 1, msg->raw, &out, NULL))
		abort();
	add_prop(to, msg, "mbox.after");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const dialects[] = {"dialect=auto", "dialect=mboxrd",
	                                       "dialect=mboxo",
	                                       "dialect=mboxcl2"};
	static const size_t memory[] = {0, 1, 100, 5000};
	if (!len)
		return 0;
	const char *options[] = {dialects[data[0] & 3], NULL};
	struct am_ctx ctx = {.on_note = on_note};
	struct am_source *src = NULL;
	struct am_item item;
	char path[64];
	ctx.limits.spool_memory = memory[data[0] >> 2 & 3];
	data++;
	len--;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct am_location where = {.path = path, .options = options};
	GByteArray *all = g_byte_array_new();
	bool failed = false, any = false;
	lost = false;
	if (!am_format_mbox.open_source(&src, &where, &ctx, NULL)) {
		int r;
		while ((r = am_source_next(src, &item, NULL)) != AM_END) {
			if (r == AM_FATAL)
				abort();
			failed |= r < 0;
			if (r || !item.message)
				continue;
			any = true;
			add(all, item.message);
			am_message_free(&item.message);
		}
		am_source_close(&src);
	}
	bool packed = am_unpack_sniff(data, len) != NULL;
	if (any && !failed && !lost && !packed &&
	    (all->len != len || memcmp(all->data, data, len)))
		abort();
	g_byte_array_free(all, TRUE);
	close(fd);
	return 0;
}
