/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change on its way: one block of memory of its own kind.
 */
#include "model/memory.h"

#include "model/folder.h"

#include <glib.h>

static const char *const *copy_words(const char *const *words, size_t n)
{
	char **out = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = g_strdup(words[i]);
	return (const char *const *)out;
}

struct am_change *am_change_copy(const struct am_change *change)
{
	struct am_change *c = g_new(struct am_change, 1);

	*c = *change;
	c->folder = change->folder ? am_folder_ref(change->folder) : NULL;
	c->keywords = copy_words(change->keywords, change->n_keywords);
	c->labels = copy_words(change->labels, change->n_labels);
	return c;
}

void am_change_free(struct am_change **change)
{
	struct am_change *c = *change;

	*change = NULL;
	if (!c)
		return;
	am_folder_unref(&c->folder);
	g_strfreev((char **)c->keywords);
	g_strfreev((char **)c->labels);
	g_free(c);
}
