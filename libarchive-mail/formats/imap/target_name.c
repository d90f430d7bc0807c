/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/target_name.h"

#include "model/folder.h"
#include "wire/imap.h"

#include <glib.h>

#include <string.h>

/* The server's separator within a part would be two parts; '*' and '%' are
 * patterns. */
static bool is_bad(const struct am_imap_naming *how, char c)
{
	if ((how->separator && c == how->separator) || c == '*' || c == '%' ||
	    (uint8_t)c < ' ' || c == 0x7f)
		return true;
	if (how->plain == AM_IMAP_NAME_DOTLESS && c == '.')
		return true;
	/* What Cyrus takes, without what is odd at the start of a name. */
	return how->plain && (uint8_t)c < 0x80 && !g_ascii_isalnum(c) &&
	       !strchr(" #$'()+,-.:=@_&", c);
}

static char **safe_parts(const struct am_imap_naming *how,
                         const struct am_folder *folder, bool *changed)
{
	char **parts = g_new0(char *, folder->depth + 1);

	for (size_t i = 0; i < folder->depth; i++) {
		parts[i] = g_strdup(folder->parts[i]);
		for (char *c = parts[i]; *c; c++) {
			if (!is_bad(how, *c))
				continue;
			*c = '_';
			*changed = true;
		}
	}
	return parts;
}

char *am_imap_target_name(const struct am_imap_naming *how,
                          const struct am_folder *folder, bool *changed,
                          struct am_error *err)
{
	if (!folder->depth)
		return g_strdup("INBOX");
	bool own = !g_ascii_strcasecmp(folder->parts[0], "INBOX");
	if (own && folder->depth == 1)
		return g_strdup("INBOX");
	char **parts = safe_parts(how, folder, changed);
	char *name =
		am_imap_name_wire((const char *const *)parts, folder->depth,
	                          how->separator, how->utf8, err);
	g_strfreev(parts);
	if (!name || !*how->prefix || own)
		return name;
	char *whole = g_strconcat(how->prefix, name, NULL);
	g_free(name);
	return whole;
}

static bool lies_below(const struct am_folder *folder, char *const *parts,
                       size_t n)
{
	if (folder->depth < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool inbox = !i && !g_ascii_strcasecmp(parts[0], "INBOX");
		if (inbox ? g_ascii_strcasecmp(folder->parts[0], "INBOX")
		          : strcmp(folder->parts[i], parts[i]))
			return false;
	}
	return true;
}

int am_imap_target_place(char *const *parts, const struct am_folder *folder,
                         const struct am_folder **out, struct am_error *err)
{
	size_t n = g_strv_length((char **)parts);
	bool inbox = folder->depth == 1 &&
	             !g_ascii_strcasecmp(folder->parts[0], "INBOX");
	struct am_folder *made = NULL;

	if (!n || lies_below(folder, parts, n)) {
		*out = am_folder_ref(folder);
		return AM_OK;
	}
	size_t own = inbox ? 0 : folder->depth;
	const char **all = g_new(const char *, n + own);
	for (size_t i = 0; i < n; i++)
		all[i] = parts[i];
	for (size_t i = 0; i < own; i++)
		all[n + i] = folder->parts[i];
	int r = am_folder_new(&made, all, n + own,
	                      own ? folder->role : AM_ROLE_NONE, err);
	g_free(all);
	*out = made;
	return r;
}
