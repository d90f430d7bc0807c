/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/account.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	abort();
}

static char *folder_dir(const struct dovecot *d, const char *user,
                        const char *folder)
{
	char *maildir = dovecot_maildir(d, user);
	char *dir = strcmp(folder, "INBOX") == 0
	                    ? g_strdup(maildir)
	                    : g_build_filename(maildir, folder, NULL);

	g_free(maildir);
	return dir;
}

static void own_dir(const char *path)
{
	if (!g_mkdir(path, 0755))
		dovecot_own(path);
}

void account_folder(const struct dovecot *d, const char *user,
                    const char *folder)
{
	static const char *const subs[] = {"cur", "new", "tmp", NULL};
	char *dir = folder_dir(d, user, folder);
	char *home = g_build_filename(d->dir, "home", user, NULL);

	/* Each of "a/b/c" on the way is to belong to the server. */
	for (char *p = dir + strlen(home) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		own_dir(dir);
		*p = '/';
	}
	own_dir(dir);
	for (size_t i = 0; subs[i]; i++) {
		char *sub = g_build_filename(dir, subs[i], NULL);
		own_dir(sub);
		g_free(sub);
	}
	char *keywords = g_build_filename(dir, "dovecot-keywords", NULL);
	if (g_access(keywords, F_OK)) {
		if (!g_file_set_contents(keywords, "0 $Label1\n1 work\n", -1,
		                         NULL))
			die(keywords);
		dovecot_own(keywords);
	}
	g_free(keywords);
	g_free(home);
	g_free(dir);
}

void account_put(const struct dovecot *d, const char *user, const char *folder,
                 unsigned number, const char *text, size_t len,
                 const char *letters, int64_t received)
{
	char *dir = folder_dir(d, user, folder);
	char *path = g_strdup_printf("%s/cur/%u.M%u.lab,S=%zu:2,%s", dir,
	                             1500000000 + number, number, len, letters);
	const struct timespec times[2] = {{.tv_sec = received},
	                                  {.tv_sec = received}};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    futimens(fd, times) || close(fd))
		die(path);
	dovecot_own(path);
	g_free(path);
	g_free(dir);
}

static void compose(GString *out, unsigned i, size_t body)
{
	g_string_printf(out,
	                "From: User %u <user%u@example.org>\n"
	                "To: list@example.com\n"
	                "Subject: message number %u\n"
	                "Date: Thu, 02 Jan 2020 03:%02u:%02u +0000\n"
	                "Message-ID: <%u@example.org>\n"
	                "\n"
	                "This is the text of number%u.\n",
	                i % 7, i % 7, i, i / 60 % 60, i % 60, i, i);
	for (size_t k = 0; k < body; k += 64)
		g_string_append_printf(out, "%08u line %08zu %s\n", i, k,
		                       "of quite ordinary text that fills it");
}

void account_fill(const struct dovecot *d, const char *user, const char *folder,
                  unsigned first, unsigned n, size_t body)
{
	static const char *const letters[] = {"",   "S",  "FS", "RS",
	                                      "Sa", "DS", "Sab"};
	GString *text = g_string_new(NULL);

	account_folder(d, user, folder);
	for (unsigned i = first; i < first + n; i++) {
		compose(text, i, body);
		account_put(d, user, folder, i, text->str, text->len,
		            letters[i % AM_COUNT(letters)],
		            1577934000 + (int64_t)i * 3607);
	}
	g_string_free(text, TRUE);
}
