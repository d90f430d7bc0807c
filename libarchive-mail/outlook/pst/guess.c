/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/guess.h"

#include "base/arena.h"
#include "model/folder.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst/context.h"
#include "outlook/pst/store_impl.h"

#include <glib.h>

#include <string.h>

/* Folders looked at: those of a mail program come first. */
enum { FOLDERS_MAX = 200 };

/* Those of ANSI Windows.  The first wins where several say the same. */
static const unsigned pages[] = {1252, 932,  936,  949,  950,  1250, 1251,
                                 1253, 1254, 1255, 1256, 1257, 1258, 874};

struct evidence {
	unsigned known[AM_COUNT(pages)]; /* names that are known, in each */
	char example[64];                /* one of them */
	bool odd;                        /* 1252 it is not, by the looks */
};

/* A byte that 1252 has nothing for, or three of its letters beyond ASCII in a
 * row, as no language has them that it is for. */
static bool looks_odd(const uint8_t *text, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len; i++) {
		run = text[i] >= 0x80 ? run + 1 : 0;
		if (run == 3 ||
		    (text[i] && memchr("\x81\x8d\x8f\x90\x9d", text[i], 5)))
			return true;
	}
	return false;
}

static void look_at(struct evidence *e, const struct am_mapi_props *props,
                    unsigned best)
{
	const struct am_mapi_prop *p = am_mapi_find(props, AM_PR_DISPLAY_NAME);
	struct am_mapi_props as = *props;

	if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_STRING8)
		return;
	bool foreign = false;
	for (size_t i = 0; i < p->len; i++)
		foreign = foreign || p->data[i] >= 0x80;
	if (!foreign)
		return;
	e->odd = e->odd || looks_odd(p->data, p->len);
	for (size_t i = 0; i < AM_COUNT(pages); i++) {
		as.codepage = pages[i];
		const char *name = am_mapi_text(&as, AM_PR_DISPLAY_NAME);
		if (am_role_guess(name) == AM_ROLE_NONE)
			continue;
		e->known[i]++;
		if (pages[i] == best && !*e->example)
			g_strlcpy(e->example, name, sizeof(e->example));
	}
}

static void look_at_all(struct am_pst_store *store, struct evidence *e,
                        unsigned best)
{
	for (guint i = 0; i < store->folders->len && i < FOLDERS_MAX; i++) {
		const struct am_pst_folder *f =
			&g_array_index(store->folders, struct am_pst_folder, i);
		struct am_arena *arena = am_arena_new();
		struct am_mapi_props props;
		am_mapi_props_init(&props, arena);
		if (!am_pst_pc_read(store->ndb, f->data, f->sub, &props, NULL,
		                    NULL))
			look_at(e, &props, best);
		am_arena_free(&arena);
	}
}

unsigned am_pst_guess_codepage(struct am_pst_store *store)
{
	struct evidence e = {{0}, "", false};
	size_t best = 0;

	look_at_all(store, &e, 0);
	for (size_t i = 1; i < AM_COUNT(pages); i++)
		if (e.known[i] > e.known[best])
			best = i;
	if (best) {
		look_at_all(store, &e, pages[best]);
		am_pst_ndb_note(store->ndb, "pst.codepage-guessed",
		                "nothing says which code page its text is in: "
		                "%u taken, in which it has a folder \"%s\" "
		                "(codepage= says another)",
		                pages[best], e.example);
	} else if (e.odd) {
		am_pst_ndb_note(store->ndb, "pst.codepage-unknown",
		                "nothing says which code page its text is in: "
		                "1252 taken, in which it looks odd (codepage= "
		                "says another: 932 Japanese, 1251 Cyrillic …)");
	}
	return pages[best];
}
