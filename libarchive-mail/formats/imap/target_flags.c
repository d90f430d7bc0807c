/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What PERMANENTFLAGS (RFC 3501 §7.1) lets a mailbox keep. */
#include "formats/imap/target_impl.h"

#include <string.h>

static bool has_system_flag(const char *permanent)
{
	const char *at = permanent;

	while ((at = strchr(at, '\\')))
		if (*++at != '*')
			return true;
	return false;
}

void am_imap_target_permanent(struct am_imap_target *t, const char *flags)
{
	g_free(t->permanent);
	t->permanent = NULL;
	t->any_keyword = !flags;
	if (!flags)
		return;
	char *lower = g_ascii_strdown(flags, -1);
	t->permanent = g_strdup_printf(" %s ", lower);
	t->any_keyword = strstr(t->permanent, " \\* ") != NULL;
	/* "(\\*)" alone: what keeps any keyword keeps the others too. */
	if (t->any_keyword && !has_system_flag(t->permanent))
		g_clear_pointer(&t->permanent, g_free);
	g_free(lower);
}

static bool holds(const struct am_imap_target *t, const char *word)
{
	if (!t->permanent)
		return true;
	char *lower = g_ascii_strdown(word, -1);
	char *wanted = g_strdup_printf(" %s ", lower);
	bool has = strstr(t->permanent, wanted) ||
	           (t->any_keyword && *word != '\\');
	g_free(wanted);
	g_free(lower);
	return has;
}

static void add_word(const struct am_imap_target *t, GString *to,
                     const char *word, unsigned *lost)
{
	if (!holds(t, word) || (*word != '\\' && !am_imap_keyword_ok(word))) {
		++*lost;
		return;
	}
	if (to->len > 1)
		g_string_append_c(to, ' ');
	g_string_append(to, word);
}

char *am_imap_target_flags(const struct am_imap_target *t,
                           const struct am_message *msg, bool labels, bool bare,
                           unsigned *lost)
{
	GString *to = g_string_new("(");

	*lost = 0;
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++) {
		uint32_t bit = UINT32_C(1) << i;
		const char *word = am_imap_flag_word(bit);
		if (!(msg->flags & bit) || !word)
			continue;
		if (bare && (bit == AM_DELETED || *word != '\\'))
			++*lost;
		else
			add_word(t, to, word, lost);
	}
	if (bare)
		*lost += (unsigned)(msg->n_keywords +
		                    (labels ? msg->n_labels : 0));
	for (size_t i = 0; !bare && i < msg->n_keywords; i++)
		add_word(t, to, msg->keywords[i], lost);
	for (size_t i = 0; !bare && labels && i < msg->n_labels; i++)
		add_word(t, to, msg->labels[i], lost);
	g_string_append_c(to, ')');
	return g_string_free(to, FALSE);
}
