/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_keywords.h"

#include "base/charset.h"
#include "formats/maildir/maildir_lines.h"

#include <glib.h>

#include <string.h>

struct reading {
	char *atoms[AM_MAILDIR_KEYWORDS];
	char *spelled[AM_MAILDIR_KEYWORDS];
	bool more;
};

/* "3 $Forwarded": what follows the number, or NULL. */
static char *numbered(char *line, guint64 *n)
{
	char *end;

	*n = g_ascii_strtoull(line, &end, 10);
	if (end == line || *end != ' ' || !end[1] ||
	    *n >= AM_MAILDIR_KEYWORDS || !am_utf8_valid(end, strlen(end)))
		return NULL;
	return end + 1;
}

static void read_atom(void *user, char *line)
{
	struct reading *r = user;
	guint64 n;
	char *name = numbered(line, &n);

	r->more |= n >= AM_MAILDIR_KEYWORDS;
	if (name && !r->atoms[n])
		r->atoms[n] = g_strdup(name);
}

static void read_spelled(void *user, char *line)
{
	struct reading *r = user;
	guint64 n;
	char *name = numbered(line, &n);
	char *tab = name ? strchr(name, '\t') : NULL;

	if (!tab || !tab[1])
		return;
	*tab = '\0';
	if (r->atoms[n] && !r->spelled[n] && !strcmp(r->atoms[n], name))
		r->spelled[n] = g_strdup(tab + 1);
}

static void take(struct am_maildir_keywords *out, struct reading *r)
{
	out->more |= r->more;
	for (size_t i = 0; i < AM_MAILDIR_KEYWORDS; i++) {
		char **name = r->spelled[i] ? &r->spelled[i] : &r->atoms[i];

		if (!out->names[i])
			out->names[i] = g_steal_pointer(name);
		g_free(r->atoms[i]);
		g_free(r->spelled[i]);
	}
}

void am_maildir_keywords_read(struct am_maildir_keywords *out, int root_fd,
                              const char *dir)
{
	struct reading r = {0};

	am_maildir_lines_read(root_fd, dir, "dovecot-keywords", read_atom, &r);
	am_maildir_lines_read(root_fd, dir, "mailark-keywords", read_spelled,
	                      &r);
	take(out, &r);
}

void am_maildir_keywords_parse(struct am_maildir_keywords *out,
                               const char *atoms, const char *spelled)
{
	struct reading r = {0};

	am_maildir_lines_split(atoms, read_atom, &r);
	am_maildir_lines_split(spelled, read_spelled, &r);
	take(out, &r);
}

void am_maildir_keywords_clear(struct am_maildir_keywords *keywords)
{
	for (size_t i = 0; i < AM_MAILDIR_KEYWORDS; i++)
		g_clear_pointer(&keywords->names[i], g_free);
	keywords->more = false;
}

/* RFC 3501 §9 atom: no controls, no atom-specials, ASCII. */
static char *to_atom(const char *name)
{
	GString *s = g_string_new(NULL);

	for (; *name; name = g_utf8_next_char(name)) {
		bool plain =
			g_ascii_isgraph(*name) && !strchr("(){%*\"\\]", *name);

		g_string_append_c(s, plain ? *name : '_');
	}
	return g_string_free(s, FALSE);
}

void am_maildir_keywords_text(const struct am_maildir_keywords *keywords,
                              char **atoms, char **spelled)
{
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *a = g_string_new(NULL), *s = g_string_new(NULL);

	for (size_t i = 0; i < AM_MAILDIR_KEYWORDS; i++) {
		const char *name = keywords->names[i];
		char *atom;

		if (!name)
			continue;
		atom = to_atom(name);
		/* Dovecot takes a second one of a name for damage. */
		while (g_hash_table_contains(taken, atom)) {
			char *longer = g_strconcat(atom, "_", NULL);

			g_free(atom);
			atom = longer;
		}
		g_string_append_printf(a, "%zu %s\n", i, atom);
		if (strcmp(atom, name) != 0)
			g_string_append_printf(s, "%zu %s\t%s\n", i, atom,
			                       name);
		g_hash_table_add(taken, atom);
	}
	g_hash_table_unref(taken);
	*atoms = g_string_free(a, FALSE);
	*spelled = g_string_free(s, s->len == 0);
}

int am_maildir_keywords_number(struct am_maildir_keywords *keywords,
                               const char *name, bool *added)
{
	int free_one = -1;

	*added = false;
	for (int i = AM_MAILDIR_KEYWORDS; i-- > 0;) {
		if (!keywords->names[i])
			free_one = i;
		else if (!strcmp(keywords->names[i], name))
			return i;
	}
	/* A line feed would make two lines of it. */
	if (free_one < 0 || !*name || strpbrk(name, "\r\n"))
		return -1;
	keywords->names[free_one] = g_strdup(name);
	*added = true;
	return free_one;
}
