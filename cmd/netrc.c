/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/netrc.h"

#include "wire/secret.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1024 * 1024 };

/* The next word, unquoted; NULL at the end.  *at moves behind it. */
static char *next_word(const char **at)
{
	const char *p = *at;
	GString *word;

	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p != '#')
			break;
		p += strcspn(p, "\n");
	}
	if (!*p)
		return NULL;
	word = g_string_new(NULL);
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			g_string_append_c(word, *p);
		}
		p += *p == '"';
	} else {
		size_t n = strcspn(p, " \t\r\n");
		g_string_append_len(word, p, (gssize)n);
		p += n;
	}
	*at = p;
	return g_string_free(word, FALSE);
}

struct entry {
	bool host_fits, user_fits, any_user;
	char *password;
};

static bool is_it(struct entry *e)
{
	return e->host_fits && e->password && (e->user_fits || e->any_user);
}

static int search(char **out, const char *text, const char *host,
                  const char *user)
{
	struct entry e = {0};
	const char *at = text;
	char *word;

	while (!*out && (word = next_word(&at))) {
		bool machine = !strcmp(word, "machine");
		if (machine || !strcmp(word, "default")) {
			if (is_it(&e))
				*out = g_steal_pointer(&e.password);
			am_secret_free(&e.password);
			char *name = machine ? next_word(&at) : NULL;
			e = (struct entry){.any_user = true};
			e.host_fits = !machine ||
			              (name && !g_ascii_strcasecmp(name, host));
			g_free(name);
		} else if (!strcmp(word, "login")) {
			char *name = next_word(&at);
			e.any_user = !user;
			e.user_fits = name && user && !strcmp(name, user);
			g_free(name);
		} else if (!strcmp(word, "password")) {
			am_secret_free(&e.password);
			e.password = next_word(&at);
		} else if (!strcmp(word, "account")) {
			g_free(next_word(&at));
		} else if (!strcmp(word, "macdef")) {
			const char *end = strstr(at, "\n\n");
			at = end ? end : at + strlen(at);
		}
		am_secret_free(&word);
	}
	if (!*out && is_it(&e))
		*out = g_steal_pointer(&e.password);
	am_secret_free(&e.password);
	return *out ? AM_OK : AM_END;
}

int netrc_find(char **out, const char *path, const char *host, const char *user,
               struct am_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;
	int r = AM_OK;

	*out = NULL;
	if (fd < 0)
		return AM_END;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return AM_END;
	}
	char *text = g_malloc(FILE_MOST + 1);
	while (len < FILE_MOST &&
	       (n = read(fd, text + len, FILE_MOST - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	if (n < 0)
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	else
		r = search(out, text, host, user);
	if (!r && st.st_mode & (S_IRWXG | S_IRWXO)) {
		am_secret_free(out);
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "%s: others can read it: chmod 600 it first", path);
	}
	explicit_bzero(text, FILE_MOST);
	g_free(text);
	return r;
}
