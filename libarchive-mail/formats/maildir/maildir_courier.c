/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Courier's README.imapkeywords.  The directory courierimapkeywords holds
 *
 *   :list    the keywords, one a line; an empty line; then, for each message
 *            that has any, "base name:0 2 5" with numbers of those lines
 *   NAME     a change since: the keywords of this message, one a line
 *   .N.NAME  an older change, N counting up
 */
#include "formats/maildir/maildir_courier.h"

#include "base/charset.h"
#include "formats/maildir/maildir_lines.h"

#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY    "courierimapkeywords"
#define MAX_KEYWORDS 4096 /* in the list, and on one message */

struct am_maildir_courier {
	GHashTable *messages; /* base name -> struct state * */
};

struct state {
	GPtrArray *keywords; /* ends with NULL */
	int64_t version;     /* of the file they are from; -1: the list */
};

struct reading {
	struct am_maildir_courier *courier;
	GPtrArray *names;
	GPtrArray *found;
	bool in_messages;
};

static void state_free(void *user)
{
	struct state *s = user;

	g_ptr_array_free(s->keywords, TRUE);
	g_free(s);
}

/* Takes keywords. */
static void set_state(struct am_maildir_courier *courier, const char *base,
                      GPtrArray *keywords, int64_t version)
{
	struct state *old = g_hash_table_lookup(courier->messages, base);
	struct state *s;

	if (old && old->version > version) {
		g_ptr_array_free(keywords, TRUE);
		return;
	}
	s = g_new0(struct state, 1);
	g_ptr_array_add(keywords, NULL);
	s->keywords = keywords;
	s->version = version;
	g_hash_table_replace(courier->messages, g_strdup(base), s);
}

static void add_keyword(GPtrArray *to, const char *name)
{
	if (*name && to->len < MAX_KEYWORDS &&
	    am_utf8_valid(name, strlen(name)))
		g_ptr_array_add(to, g_strdup(name));
}

static void read_list(void *user, char *line)
{
	struct reading *r = user;
	GPtrArray *keywords;
	char *colon;

	if (!r->in_messages) {
		if (*line)
			add_keyword(r->names, line);
		else
			r->in_messages = true;
		return;
	}
	colon = strrchr(line, ':');
	if (!colon)
		return;
	*colon = '\0';
	keywords = g_ptr_array_new_with_free_func(g_free);
	for (char *at = colon + 1, *end; *at; at = end) {
		guint64 n = g_ascii_strtoull(at, &end, 10);

		if (end == at)
			break;
		if (n < r->names->len)
			add_keyword(keywords, r->names->pdata[n]);
	}
	set_state(r->courier, line, keywords, -1);
}

static void read_change(void *user, char *line)
{
	struct reading *r = user;

	add_keyword(r->found, line);
}

static void read_changes(struct reading *r, int fd)
{
	DIR *dir = fdopendir(dup(fd));
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		const char *base = e->d_name;
		int64_t version = INT64_MAX;
		char *end;

		if (*base == ':' || !strcmp(base, ".") || !strcmp(base, ".."))
			continue;
		if (*base == '.') {
			version = g_ascii_strtoll(base + 1, &end, 10);
			if (end == base + 1 || *end != '.' || version < 0)
				continue;
			base = end + 1;
		}
		r->found = g_ptr_array_new_with_free_func(g_free);
		if (am_maildir_lines_read(fd, "", e->d_name, read_change, r))
			set_state(r->courier, base, r->found, version);
		else
			g_ptr_array_free(r->found, TRUE);
	}
	if (dir)
		closedir(dir);
}

struct am_maildir_courier *am_maildir_courier_read(int root_fd, const char *dir)
{
	char *path = g_strconcat(*dir ? dir : ".", "/" DIRECTORY, NULL);
	int fd = openat(root_fd, path,
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct reading r = {0};

	g_free(path);
	if (fd < 0)
		return NULL;
	r.courier = g_new0(struct am_maildir_courier, 1);
	r.courier->messages = g_hash_table_new_full(g_str_hash, g_str_equal,
	                                            g_free, state_free);
	r.names = g_ptr_array_new_with_free_func(g_free);
	am_maildir_lines_read(fd, "", ":list", read_list, &r);
	read_changes(&r, fd);
	g_ptr_array_free(r.names, TRUE);
	close(fd);
	return r.courier;
}

void am_maildir_courier_free(struct am_maildir_courier **courier)
{
	if (!*courier)
		return;
	g_hash_table_unref((*courier)->messages);
	g_free(*courier);
	*courier = NULL;
}

const char *const *
am_maildir_courier_get(const struct am_maildir_courier *courier,
                       const char *base, size_t base_len)
{
	char *key = g_strndup(base, base_len);
	struct state *s = g_hash_table_lookup(courier->messages, key);

	g_free(key);
	return s ? (const char *const *)s->keywords->pdata : NULL;
}
