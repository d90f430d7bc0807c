/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/lab.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <stdlib.h>
#include <string.h>

void lab_start(struct lab *l, const char *more)
{
	*l = (struct lab){0};
	dovecot_start(&l->d, more);
	l->r.to = l->d.imap;
	relay_start(&l->r);
	cli_init(&l->c);
	cli_write(&l->c, "password", "secret\n", 7);
	char *path = cli_path(&l->c, "password");
	g_chmod(path, 0600);
	g_free(path);
	/* Nothing of whoever runs the tests. */
	g_setenv("HOME", l->c.dir, TRUE);
	g_setenv("XDG_CONFIG_HOME", l->c.dir, TRUE);
}

void lab_stop(struct lab *l)
{
	relay_stop(&l->r);
	dovecot_stop(&l->d);
	cli_end(&l->c);
}

static bool is_user(const char *place)
{
	return g_str_has_prefix(place, "user") ||
	       g_str_has_prefix(place, "full");
}

#define LOGIN "imap,tls=off,password-file=password"

static char *url_of(const struct lab *l, const char *place)
{
	const char *slash = strchr(place, '/');
	char *user = g_strndup(place,
	                       slash ? (size_t)(slash - place) : strlen(place));
	char *url = g_strdup_printf("imap://%s@127.0.0.1:%u/%s", user,
	                            l->r.port, slash ? slash + 1 : "");

	g_free(user);
	return url;
}

pid_t lab_copy_start(struct lab *l, const char *from, const char *to)
{
	char *source = is_user(from) ? url_of(l, from) : g_strdup(from);
	char *target = is_user(to) ? url_of(l, to) : g_strdup(to);
	const char *how = is_user(to) ? LOGIN : l->to;
	char *line = g_strdup_printf("copy --no-index%s%s%s %s %s",
	                             is_user(from) ? " --from " LOGIN : "",
	                             how ? " --to " : "", how ? how : "",
	                             source, target);

	pid_t pid = cli_start(&l->c, line);
	g_free(line);
	g_free(target);
	g_free(source);
	return pid;
}

int lab_copy(struct lab *l, const char *from, const char *to)
{
	return cli_wait(&l->c, lab_copy_start(l, from, to));
}

int lab_line(struct lab *l, const char *line)
{
	GString *text = g_string_new(line);

	for (int i = 1; i <= 9; i++) {
		char *word = g_strdup_printf("@user%d", i);
		char *url = url_of(l, word + 1);
		g_string_replace(text, word, url, 0);
		g_free(url);
		g_free(word);
	}
	g_string_replace(text, "%P", "password-file=password", 0);
	int status = cli_line(&l->c, text->str);
	g_string_free(text, TRUE);
	return status;
}

const char *lab_ledger(struct lab *l)
{
	char *line = strstr(l->c.out, "found ");
	char *end = line ? strchr(line, ',') : NULL;

	/* A folder's name may be in front; the size and time are behind. */
	if (end)
		*end = 0;
	return line ? line : "";
}

char *lab_differ(struct lab *l, const char *a, const char *b)
{
	char *x = imap_talk_account(l->d.imap, a);
	char *y = imap_talk_account(l->d.imap, b);
	char *diff = lines_differ(x, y);

	g_free(x);
	g_free(y);
	return diff;
}

/* ---- lists ---- */
static char *field(const char *line, const char *name, const char *end)
{
	const char *at = strstr(line, name);
	const char *stop = at ? strstr(at + strlen(name), end) : NULL;

	return stop ? g_strndup(at + strlen(name),
	                        (size_t)(stop - at) - strlen(name))
	            : g_strdup("");
}

static gint compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_of(struct lab *l, const char *place)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	cr_assert_eq(
		cli_run(&l->c, "list", "--messages", "--json", place, NULL), 0,
		"%s", l->c.err);
	char **lines = g_strsplit(l->c.out, "\n", -1);
	for (char **line = lines; *line && **line; line++) {
		char *folder = field(*line, "\"folder\":[", "]");
		char *hash = field(*line, "\"sha256_lf\":\"", "\"");
		char *flags = field(*line, "\"flags\":[", "]");
		char *words = field(*line, "\"keywords\":[", "]");
		g_ptr_array_add(all, g_strdup_printf("%s %s %s %s", folder,
		                                     hash, words, flags));
		g_free(words);
		g_free(flags);
		g_free(hash);
		g_free(folder);
	}
	g_strfreev(lines);
	g_ptr_array_sort(all, compare_strings);
	return all;
}

char *lab_list(struct lab *l, const char *place)
{
	GPtrArray *all = list_of(l, place);

	g_ptr_array_add(all, NULL);
	char *joined = g_strjoinv("\n", (char **)all->pdata);
	g_ptr_array_unref(all);
	return joined;
}

char *lab_twice(struct lab *l, const char *place)
{
	GPtrArray *all = list_of(l, place);
	GString *out = g_string_new(NULL);

	for (guint i = 1; i < all->len; i++)
		if (!strcmp(all->pdata[i], all->pdata[i - 1]))
			g_string_append_printf(out, "%s\n",
			                       (char *)all->pdata[i]);
	g_ptr_array_unref(all);
	return g_string_free(out, FALSE);
}

/* ---- mail ---- */
unsigned lab_fill(struct lab *l, const char *user)
{
	static const struct {
		const char *text, *letters;
	} odd[] = {
		{"Subject: no body\n", "S"},
		{"\nno header\n", ""},
		{"Subject: no final line end\n\nthe end", "F"},
		{"Subject: 8-bit \xe4\xf6\xfc\n\n\xff\xfe\n", ""},
		{"From nobody\nSubject: looks like mbox\n\n>From me\n", "T"},
		{"Subject: dots\n\n.\n..\n{5}\n) OK\na1 OK FETCH\n", ""},
		{"not a header at all\n", "P"},
		{"Subject: a lone\rreturn\n\nin\rit\n", "S"},
	};
	GString *text = g_string_new("Subject: long\n\n");

	account_fill(&l->d, user, "INBOX", 0, 40, 1000);
	account_fill(&l->d, user, "Lists/gr&APwA3w-e", 40, 20, 20000);
	account_fill(&l->d, user, "Archive/a.b &- c", 60, 20, 3000);
	account_folder(&l->d, user, "Empty");
	for (unsigned i = 0; i < AM_COUNT(odd); i++)
		account_put(&l->d, user, "Archive/a.b &- c", 1000 + i,
		            odd[i].text, strlen(odd[i].text), odd[i].letters,
		            1000000000 + (int64_t)i);
	for (unsigned i = 0; i < 40000; i++)
		g_string_append_printf(text, "%u ", i);
	account_put(&l->d, user, "INBOX", 2000, text->str, text->len, "S",
	            1700000000);
	for (unsigned i = 0; i < 60000; i++)
		g_string_append_printf(text, "line %u of many of them\n", i);
	account_put(&l->d, user, "INBOX", 2001, text->str, text->len, "RS",
	            1700000001);
	g_string_free(text, TRUE);
	return 40 + 20 + 20 + AM_COUNT(odd) + 2;
}
