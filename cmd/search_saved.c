/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Saved searches: --save NAME, saved:NAME, --saved, --forget NAME.
 *
 * They are the user's, not an archive's: $XDG_CONFIG_HOME/mailark/searches, a
 * key file with one group,
 *
 *     [searches]
 *     bills = invoice has:attachment
 *     old-bills = saved:bills until:2015
 */
#include "cmd/saved_searches.h"

#include "base/file.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/search_impl.h"
#include "cmd/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GROUP     "searches"
#define FIELD     "saved:"
#define DEPTH_MAX 8
#define LONGEST   (256u * 1024) /* of a query, saved ones put in */

char *saved_searches_path(void)
{
	return g_build_filename(g_get_user_config_dir(), "mailark", "searches",
	                        NULL);
}

/* No file is an empty one. */
static GKeyFile *load(struct session *s)
{
	GKeyFile *file = g_key_file_new();
	char *path = saved_searches_path();
	GError *why = NULL;

	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_COMMENTS,
	                               &why) &&
	    !g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		struct am_error err = {0};
		int r = am_fail(&err, AM_FATAL, AM_E_FORMAT, "%s",
		                why->message);
		g_clear_pointer(&file, g_key_file_unref);
		if (r)
			session_error(s, path, &err);
	}
	g_clear_error(&why);
	g_free(path);
	return file;
}

static int store(struct session *s, GKeyFile *file)
{
	char *path = saved_searches_path(), *dir = g_path_get_dirname(path);
	gsize len;
	char *text = g_key_file_to_data(file, &len, NULL);
	struct am_error err = {0};
	int r = am_make_dirs(dir, &err);

	if (!r)
		r = am_file_replace(path, text, len, &err);
	if (r)
		session_error(s, NULL, &err);
	g_free(text);
	g_free(dir);
	g_free(path);
	return r ? EXIT_COULD_NOT : EXIT_DONE;
}

static bool is_name_char(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(const char *name)
{
	const char *p = name;

	while (is_name_char(*p))
		p++;
	return *name && !*p;
}

static int wrong_name(const struct search *q, const char *name)
{
	return session_usage(q->s,
	                     "\"%s\" is no name for a search: letters, digits, "
	                     "'-', '_' and '.'",
	                     name);
}

static void print_json(const char *name, const char *query)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	out_json_text(json, "name", name);
	out_json_text(json, "query", query);
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

int search_saved_list(struct search *q)
{
	GKeyFile *file = load(q->s);
	size_t longest = 0;

	if (!file)
		return EXIT_COULD_NOT;
	char **names = g_key_file_get_keys(file, GROUP, NULL, NULL);
	for (char **n = names; n && *n; n++)
		longest = MAX(longest, strlen(*n));
	for (char **n = names; n && *n; n++) {
		char *query = g_key_file_get_string(file, GROUP, *n, NULL);
		if (q->o->json) {
			print_json(*n, query);
			g_free(query);
			continue;
		}
		char *clean = out_clean(query, false);
		out_padded(*n, longest);
		printf("  %s\n", clean);
		g_free(clean);
		g_free(query);
	}
	if (!names || !*names)
		session_say(q->s, "no searches are saved (--save NAME QUERY)");
	g_strfreev(names);
	g_key_file_unref(file);
	return EXIT_DONE;
}

int search_saved_save(struct search *q, const char *text)
{
	if (!is_name(q->o->save))
		return wrong_name(q, q->o->save);
	GKeyFile *file = load(q->s);
	if (!file)
		return EXIT_COULD_NOT;
	g_key_file_set_string(file, GROUP, q->o->save, text);
	int status = store(q->s, file);
	if (status == EXIT_DONE)
		session_say(q->s, "saved:%s is now: %s", q->o->save, text);
	g_key_file_unref(file);
	return status;
}

int search_saved_forget(struct search *q)
{
	GKeyFile *file = load(q->s);
	int status = EXIT_COULD_NOT;

	if (!file)
		return EXIT_COULD_NOT;
	if (!g_key_file_remove_key(file, GROUP, q->o->forget, NULL))
		session_usage(q->s,
		              "no search is saved as \"%s\" (--saved "
		              "lists them)",
		              q->o->forget);
	else
		status = store(q->s, file);
	g_key_file_unref(file);
	return status;
}

/* ---- saved:NAME ------------------------------------------------------------
 */

static bool expand(struct session *s, GKeyFile *file, const char *text,
                   unsigned depth, GString *out);

/* The name at p, behind "saved:"; *end behind it. */
static bool expand_name(struct session *s, GKeyFile *file, const char *p,
                        const char **end, unsigned depth, GString *out)
{
	const char *stop = p;

	while (is_name_char(*stop))
		stop++;
	char *name = g_strndup(p, (gsize)(stop - p));
	char *query = g_key_file_get_string(file, GROUP, name, NULL);
	bool good = false;

	*end = stop;
	if (!query)
		session_usage(s,
		              "no search is saved as \"%s\" (--saved lists "
		              "them)",
		              name);
	else if (depth == DEPTH_MAX || out->len > LONGEST)
		session_usage(s,
		              "saved:%s: saved searches that hold each "
		              "other",
		              name);
	else {
		g_string_append_c(out, '(');
		good = expand(s, file, query, depth + 1, out);
		g_string_append_c(out, ')');
	}
	g_free(query);
	g_free(name);
	return good;
}

static bool expand(struct session *s, GKeyFile *file, const char *text,
                   unsigned depth, GString *out)
{
	bool quoted = false;

	for (const char *p = text; *p;) {
		bool begins = p == text || strchr(" \t\n(-", p[-1]);
		if (*p == '"')
			quoted = !quoted;
		if (quoted || !begins ||
		    g_ascii_strncasecmp(p, FIELD, strlen(FIELD)) != 0 ||
		    !is_name_char(p[strlen(FIELD)])) {
			g_string_append_c(out, *p++);
			continue;
		}
		if (!expand_name(s, file, p + strlen(FIELD), &p, depth, out))
			return false;
	}
	return true;
}

char *saved_searches_expand(struct session *s, const char *text)
{
	char *low = g_ascii_strdown(text, -1);
	bool any = strstr(low, FIELD) != NULL;

	g_free(low);
	if (!any)
		return g_strdup(text);
	GKeyFile *file = load(s);
	if (!file)
		return NULL;
	GString *out = g_string_new(NULL);
	bool good = expand(s, file, text, 0, out);
	g_key_file_unref(file);
	return g_string_free(out, !good);
}

char **saved_searches_names(struct session *s)
{
	GKeyFile *file = load(s);
	char **names =
		file ? g_key_file_get_keys(file, GROUP, NULL, NULL) : NULL;

	if (file)
		g_key_file_unref(file);
	return names ? names : g_new0(char *, 1);
}
