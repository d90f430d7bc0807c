/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mozilla_profile.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PREFS_MAX (16 * 1024 * 1024)

struct am_mozilla_profile {
	GHashTable *prefs; /* key -> value, of mail.server.* */
};

static bool is_there(int dir_fd, const char *path, const char *name, bool dir)
{
	char *whole = g_strconcat(*path ? path : ".", "/", name, NULL);
	struct stat st;
	bool yes = !fstatat(dir_fd, whole, &st, 0) &&
	           (dir ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode));

	g_free(whole);
	return yes;
}

bool am_mozilla_profile_here(int dir_fd, const char *path)
{
	return is_there(dir_fd, path, "prefs.js", false) &&
	       (is_there(dir_fd, path, "Mail", true) ||
	        is_there(dir_fd, path, "ImapMail", true));
}

bool am_mozilla_profile_cache(const char *name)
{
	static const char *const names[] = {"cache", "cache2", "Cache",
	                                    "OfflineCache", "startupCache"};

	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

bool am_mozilla_profile_store(const char *name)
{
	return !strcmp(name, "Mail") || !strcmp(name, "ImapMail") ||
	       !strcmp(name, "News");
}

/* A string of JavaScript from behind its opening quote; *at goes behind the
 * closing one.  NULL: it is not closed. */
static char *js_string(const char **at)
{
	GString *out = g_string_new(NULL);
	const char *p = *at;

	for (; *p && *p != '"' && *p != '\n'; p++) {
		int digits = 0;
		gunichar c = 0;
		if (*p != '\\') {
			g_string_append_c(out, *p);
			continue;
		}
		p++;
		if (*p == 'u' || *p == 'x')
			digits = *p == 'u' ? 4 : 2;
		for (int i = 0; i < digits; i++) {
			int x = g_ascii_xdigit_value(p[1]);
			if (x < 0)
				break;
			c = c << 4 | (gunichar)x;
			p++;
		}
		if (digits && c && g_unichar_validate(c))
			g_string_append_unichar(out, c);
		else if (*p == 'n' || *p == 'r')
			g_string_append_c(out, ' ');
		else if (*p && !digits)
			g_string_append_c(out, *p);
		if (!*p)
			break;
	}
	if (*p != '"' || !g_utf8_validate(out->str, (gssize)out->len, NULL)) {
		g_string_free(out, TRUE);
		return NULL;
	}
	*at = p + 1;
	return g_string_free(out, FALSE);
}

static void read_line(struct am_mozilla_profile *profile, const char *line)
{
	static const char start[] = "user_pref(\"mail.server.";
	const char *p = line;
	char *key, *value = NULL;

	if (strncmp(p, start, sizeof start - 1) != 0)
		return;
	p += strlen("user_pref(\"");
	key = js_string(&p);
	while (key && (*p == ',' || *p == ' '))
		p++;
	if (key && *p == '"') {
		p++;
		value = js_string(&p);
	}
	if (value)
		g_hash_table_insert(profile->prefs, key, value);
	else
		g_free(key);
}

struct am_mozilla_profile *am_mozilla_profile_read(const char *path)
{
	struct am_mozilla_profile *profile =
		g_new0(struct am_mozilla_profile, 1);
	char *file = g_build_filename(path, "prefs.js", NULL), *text = NULL;
	struct stat st;

	profile->prefs =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!stat(file, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= PREFS_MAX &&
	    g_file_get_contents(file, &text, NULL, NULL)) {
		char **lines = g_strsplit(text, "\n", 0);
		for (char **l = lines; *l; l++)
			read_line(profile, *l);
		g_strfreev(lines);
	}
	g_free(text);
	g_free(file);
	return profile;
}

void am_mozilla_profile_free(struct am_mozilla_profile **profile)
{
	if (*profile)
		g_hash_table_destroy((*profile)->prefs);
	g_clear_pointer(profile, g_free);
}

static const char *pref(const struct am_mozilla_profile *profile,
                        const char *server, const char *what)
{
	char *key = g_strconcat(server, what, NULL);
	const char *value = g_hash_table_lookup(profile->prefs, key);

	g_free(key);
	return value && *value ? value : NULL;
}

/* "name", else who it is at which host. */
static char *name_of(const struct am_mozilla_profile *profile,
                     const char *server)
{
	const char *name = pref(profile, server, "name");
	const char *user = pref(profile, server, "userName");
	const char *host = pref(profile, server, "hostname");

	if (name)
		return g_strdup(name);
	if (!host)
		return NULL;
	if (!user || strchr(user, '@'))
		return g_strdup(user ? user : host);
	return g_strconcat(user, "@", host, NULL);
}

char *am_mozilla_profile_account(const struct am_mozilla_profile *profile,
                                 const char *store, const char *directory)
{
	static const char *const keys[] = {"directory-rel", "directory"};
	char *want = g_strconcat("/", store, "/", directory, NULL);
	char *found = NULL;
	GHashTableIter iter;
	void *key, *value;

	for (size_t i = 0; i < AM_COUNT(keys) && !found; i++) {
		g_hash_table_iter_init(&iter, profile->prefs);
		while (!found && g_hash_table_iter_next(&iter, &key, &value)) {
			const char *dot = strrchr(key, '.');
			char *path = g_strdelimit(
				g_strconcat("/", (char *)value, NULL), "\\]",
				'/');
			if (dot && !strcmp(dot + 1, keys[i]) &&
			    g_str_has_suffix(path, want)) {
				char *server = g_strndup(
					key, (gsize)(dot + 1 - (char *)key));
				found = name_of(profile, server);
				g_free(server);
			}
			g_free(path);
		}
	}
	g_free(want);
	return found;
}
