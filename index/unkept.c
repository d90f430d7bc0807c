/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text is cut as for the index; what lies between two words and would be
 * words, if data were, was passed over.
 */
#include "index/unkept.h"

#include "base/arena.h"
#include "index/content.h"
#include "index/tokens.h"

#include <glib.h>

#include <string.h>

static bool has_words(const char *text, size_t len)
{
	struct am_tokens t;
	struct am_token token;

	am_tokens_init(&t, text, len);
	t.keep_blobs = true;
	return am_tokens_next(&t, &token);
}

/* Is what was kept of it all of it? */
static bool is_whole(const char *text, const struct am_token *token)
{
	size_t len = token->end - token->start;

	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[token->start + i] >= 0x80) {
			char *all = am_fold_text(text + token->start, len);
			bool whole = token->len == strlen(all);
			g_free(all);
			return whole;
		}
	return token->len == len;
}

static void add(GString *out, const char *text, size_t len)
{
	g_string_append_len(out, text, (gssize)len);
	g_string_append_c(out, '\n');
}

static int add_text(void *user, enum am_region region, const char *text,
                    size_t len, struct am_error *err)
{
	const unsigned own =
		AM_REGIONS_TEXT | AM_REGION_BIT(AM_REGION_ATTACHED);
	struct am_tokens t;
	struct am_token token;
	size_t behind = 0;

	(void)err;
	if (region == AM_REGION_SOURCE || !(AM_REGION_BIT(region) & own))
		return AM_OK;
	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &token)) {
		if (token.start > behind &&
		    has_words(text + behind, token.start - behind))
			add(user, text + behind, token.start - behind);
		if (!token.single && !is_whole(text, &token))
			add(user, text + token.start, token.end - token.start);
		behind = token.end;
	}
	if (has_words(text + behind, len - behind))
		add(user, text + behind, len - behind);
	return AM_OK;
}

int am_index_unkept(const struct am_blob *raw, const struct am_limits *limits,
                    GString *out, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_facts facts;
	int r = am_content_read(&facts, raw, limits, arena, add_text, out, err);

	am_arena_free(&arena);
	return r;
}
