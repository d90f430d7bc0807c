/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/state.h"

#include <glib.h>

#include <string.h>

static bool number(const char *word, const char *key, uint64_t most,
                   uint64_t *out)
{
	size_t n = strlen(key);
	char *end;

	if (strncmp(word, key, n) != 0 || word[n] != '=' ||
	    !g_ascii_isdigit(word[n + 1]))
		return false;
	uint64_t value = g_ascii_strtoull(word + n + 1, &end, 10);
	if (*end || value > most)
		return false;
	*out = value;
	return true;
}

bool am_imap_state_read(struct am_imap_state *out, const char *text)
{
	uint64_t version = 0, uidvalidity = 0, uidnext = 0;

	*out = (struct am_imap_state){0};
	char **words = g_strsplit(text ? text : "", " ", 32);
	for (char **w = words; *w; w++) {
		(void)(number(*w, "v", 1, &version) ||
		       number(*w, "uidvalidity", UINT32_MAX, &uidvalidity) ||
		       number(*w, "uidnext", UINT32_MAX, &uidnext) ||
		       number(*w, "modseq", UINT64_MAX, &out->modseq) ||
		       number(*w, "exists", UINT64_MAX, &out->exists) ||
		       number(*w, "lacking", UINT64_MAX, &out->lacking));
		out->complete |= !strcmp(*w, "complete");
		out->checked |= !strcmp(*w, "checked");
	}
	g_strfreev(words);
	out->uidvalidity = (uint32_t)uidvalidity;
	out->uidnext = (uint32_t)uidnext;
	return version == 1 && uidvalidity && uidnext;
}

char *am_imap_state_print(const struct am_imap_state *s)
{
	GString *out = g_string_new(NULL);

	g_string_printf(out,
	                "v=1 uidvalidity=%" PRIu32 " uidnext=%" PRIu32
	                " exists=%" PRIu64,
	                s->uidvalidity, s->uidnext, s->exists);
	if (s->lacking)
		g_string_append_printf(out, " lacking=%" PRIu64, s->lacking);
	if (s->modseq)
		g_string_append_printf(out, " modseq=%" PRIu64, s->modseq);
	if (s->complete)
		g_string_append(out, " complete");
	if (s->checked)
		g_string_append(out, " checked");
	return g_string_free(out, FALSE);
}
