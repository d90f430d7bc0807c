/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Apple Mail's directories, since 2005:
 *
 *     Mail/IMAP-me@host/INBOX.imapmbox/Messages/            V2 and before
 *     V3/IMAP-me@host/Work.mbox/Clients.mbox/<UUID>/Data/Messages/
 *     V10/<UUID>/Work.mbox/<UUID>/Data/4/2/1/Messages/
 *     Mailboxes/Old.mbox/Messages/                          on this Mac
 *
 * A folder is the path of its .mbox directories, behind the account where that
 * tells anything.
 */
#include "formats/emlx/emlx.h"

#include <dirent.h>
#include <string.h>

static void cut_last(GPtrArray *parts)
{
	g_ptr_array_remove_index(parts, parts->len - 1);
}

static const char *last(const GPtrArray *parts)
{
	return parts->len ? parts->pdata[parts->len - 1] : "";
}

static const char *const endings[] = {".mbox", ".imapmbox", ".mailbox"};

static bool is_box(const char *name)
{
	for (size_t i = 0; i < AM_COUNT(endings); i++)
		if (g_str_has_suffix(name, endings[i]) &&
		    strlen(name) > strlen(endings[i]))
			return true;
	return false;
}

static bool is_version(const char *name)
{
	return *name == 'V' && name[1] &&
	       strspn(name + 1, "0123456789") == strlen(name + 1);
}

/* How many directories in this one hold mailboxes: accounts, that is. */
static unsigned count_accounts(const char *path)
{
	DIR *dir = opendir(path), *below;
	struct dirent *e, *in;
	unsigned n = 0;

	while (dir && (e = readdir(dir))) {
		char *inside;
		bool found = false;
		if (e->d_name[0] == '.')
			continue;
		inside = g_build_filename(path, e->d_name, NULL);
		below = opendir(inside);
		while (below && !found && (in = readdir(below)))
			found = is_box(in->d_name);
		if (below)
			closedir(below);
		g_free(inside);
		n += found;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* What an account's directory tells, g_free() it; NULL: nothing. */
static char *account_name(const char *name, const char *version_path)
{
	static const char *const prefixes[] = {"IMAP-",    "POP-",      "EWS-",
	                                       "AosImap-", "Exchange-", "Mac-"};

	for (size_t i = 0; i < AM_COUNT(prefixes); i++)
		if (g_str_has_prefix(name, prefixes[i]))
			return g_strdup(name + strlen(prefixes[i]));
	if (!strcmp(name, "Mailboxes"))
		return NULL;
	/* An id says nothing, but keeps two of them apart. */
	return count_accounts(version_path) > 1 ? g_strndup(name, 8) : NULL;
}

static void replace(GPtrArray *parts, guint at, char *with)
{
	if (with) {
		g_free(parts->pdata[at]);
		parts->pdata[at] = with;
	} else {
		g_ptr_array_remove_index(parts, at);
	}
}

/* "V10" and the account behind it, which may lie above where the walk began. */
static void cut_account(GPtrArray *parts, const char *path)
{
	char **names = g_strsplit(path, "/", 0);
	guint n = g_strv_length(names), version = n;

	for (guint i = 0; i < n; i++)
		if (is_version(names[i]))
			version = i;
	if (version + 1 < n) {
		char *keep = names[version + 1];
		names[version + 1] = NULL;
		char *above = g_strjoinv("/", names);
		names[version + 1] = keep;
		/* parts stand for the last names of the path. */
		guint skipped = n - parts->len;
		if (parts->len <= n && version + 1 >= skipped)
			replace(parts, version + 1 - skipped,
			        account_name(keep, *above ? above : "."));
		if (parts->len && version >= skipped)
			g_ptr_array_remove_index(parts, version - skipped);
		g_free(above);
	}
	g_strfreev(names);
}

void am_emlx_path_parts(GPtrArray *parts, const char *path)
{
	guint whole = parts->len;
	char *trimmed;

	cut_account(parts, path);
	if (!strcmp(last(parts), "Messages"))
		cut_last(parts);
	while (parts->len && strlen(last(parts)) == 1 &&
	       g_ascii_isdigit(*last(parts)))
		cut_last(parts);
	if (!strcmp(last(parts), "Data")) {
		cut_last(parts);
		/* <UUID>, within a mailbox */
		if (parts->len > 1 && is_box(parts->pdata[parts->len - 2]))
			cut_last(parts);
	}
	/* Accounts of old, without a version above. */
	for (guint i = 0; i + 1 < parts->len && parts->len <= whole; i++) {
		const char *name = parts->pdata[i];
		if (g_str_has_prefix(name, "IMAP-") ||
		    g_str_has_prefix(name, "POP-"))
			replace(parts, i, g_strdup(strchr(name, '-') + 1));
		else if (!strcmp(name, "Mailboxes") &&
		         is_box(parts->pdata[i + 1]))
			g_ptr_array_remove_index(parts, i);
	}
	for (guint i = 0; i < parts->len; i++)
		for (size_t k = 0; k < AM_COUNT(endings); k++)
			if (g_str_has_suffix(parts->pdata[i], endings[k]) &&
			    strlen(parts->pdata[i]) > strlen(endings[k])) {
				trimmed = g_strndup(parts->pdata[i],
				                    strlen(parts->pdata[i]) -
				                            strlen(endings[k]));
				replace(parts, i, trimmed);
				break;
			}
}
