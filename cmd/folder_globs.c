/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/folder_globs.h"

#include "cmd/session.h"

bool folder_globs_fit(const struct opt_list *globs,
                      const struct am_folder *folder)
{
	bool fits = false;

	for (size_t i = 0; i < globs->n; i++)
		if (am_folder_matches(folder, globs->items[i]))
			fits = globs->met[i] = true;
	return fits;
}

void folder_globs_tell(struct session *s, const struct opt_list *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (!globs->met[i])
			am_ctx_note(&s->ctx, AM_NOTE_WARN, "folder.none", NULL,
			            NULL,
			            "no folder is called \"%s\": mailark list "
			            "shows them",
			            globs->items[i]);
}
