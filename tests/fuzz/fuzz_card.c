/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendars and contacts, in two pieces: the same lines as in one. */
#include "mime/card.h"

#include <glib.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void take(void *user, const char *s, size_t len)
{
	g_string_append_len(user, s, (gssize)len);
}

static GString *read_in(const char *s, size_t first, size_t len)
{
	GString *out = g_string_new(NULL);
	struct am_card *card = am_card_new(take, out);

	am_card_feed(card, s, first);
	am_card_feed(card, s + first, len - first);
	am_card_finish(card);
	am_card_free(&card);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	const char *s = (const char *)data + 1;
	GString *whole = read_in(s, len - 1, len - 1);
	GString *two = read_in(s, data[0] % len, len - 1);

	if (!g_string_equal(whole, two))
		abort();
	g_string_free(whole, TRUE);
	g_string_free(two, TRUE);
	return 0;
}
