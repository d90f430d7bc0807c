/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/spent.h"

#include <glib.h>

/* About as often as a target commits. */
enum { SLICE_MOST = 8 << 20 };

static uint64_t today(void)
{
	return (uint64_t)(am_time_now() / 86400);
}

int am_imap_spent_read(struct am_imap_spent *sp, struct am_memory *memory,
                       const struct am_folder *root, struct am_error *err)
{
	char *text = NULL;

	if (!memory || !sp->account->budget)
		return AM_OK;
	int r = memory->ops->cursor(memory, sp->account->identity, root, &text,
	                            err);
	char *at = text && g_str_has_prefix(text, "v=1 day=") ? text + 8 : NULL;
	if (at && g_ascii_strtoull(at, &at, 10) == today() &&
	    g_str_has_prefix(at, " bytes="))
		sp->before = g_ascii_strtoull(at + 7, NULL, 10);
	g_free(text);
	return r == AM_END ? AM_OK : r;
}

bool am_imap_spent_is_due(struct am_imap_spent *sp, bool now)
{
	uint64_t budget = sp->account->budget;
	uint64_t bytes = am_imap_fetcher_bytes(sp->fetcher);

	if (!budget || bytes <= sp->told ||
	    (!now && bytes - sp->told < MIN(budget / 32, SLICE_MOST)))
		return false;
	sp->told = bytes;
	return true;
}

char *am_imap_spent_print(const struct am_imap_spent *sp)
{
	return g_strdup_printf("v=1 day=%" PRIu64 " bytes=%" PRIu64, today(),
	                       sp->before + am_imap_fetcher_bytes(sp->fetcher));
}

static bool is_spent(const struct am_imap_spent *sp)
{
	uint64_t bytes = MAX(sp->asked, am_imap_fetcher_bytes(sp->fetcher));

	return sp->account->budget && sp->before + bytes >= sp->account->budget;
}

bool am_imap_spent_ask(struct am_imap_spent *sp, uint64_t size)
{
	if (is_spent(sp))
		return false;
	sp->asked += size == AM_SIZE_UNKNOWN ? 0 : size;
	return true;
}

int am_imap_spent_check(const struct am_imap_spent *sp, struct am_error *err)
{
	if (!is_spent(sp))
		return AM_OK;
	return am_fail(err, AM_FATAL, AM_E_LIMIT,
	               "%.80s: the budget of the day is spent; a run after "
	               "midnight (UTC) goes on from here",
	               sp->account->host);
}
