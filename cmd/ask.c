/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/ask.h"

#include "cmd/config.h"
#include "cmd/netrc.h"
#include "cmd/session.h"
#include "formats/server_login.h"
#include "wire/secret.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { COMMAND_MS = 300 * 1000, TICK_MS = 100 };

struct asker {
	struct session *s;
	GHashTable *answers; /* prompt -> struct answer */
};

struct answer {
	char *text;
	bool used; /* since the last asker_begin() */
};

static void answer_free(void *data)
{
	struct answer *a = data;

	am_secret_free(&a->text);
	g_free(a);
}

struct asker *asker_new(struct session *s)
{
	struct asker *a = g_new0(struct asker, 1);

	a->s = s;
	a->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   answer_free);
	return a;
}

void asker_free(struct asker **asker)
{
	if (!*asker)
		return;
	g_hash_table_unref((*asker)->answers);
	g_free(*asker);
	*asker = NULL;
}

/* ---- places without a person ---- */
/* The same words: the same user on the same server and port. */
static bool is_of(const struct account *a, const char *prompt)
{
	static const struct am_server_scheme schemes[] = {
		{"imaps", 993, AM_TLS_NOW}, {"imap", 143, AM_TLS_STARTTLS},
		{"pop3s", 995, AM_TLS_NOW}, {"pop3", 110, AM_TLS_STARTTLS},
		{NULL, 0, AM_TLS_OFF},
	};
	const struct am_location where = {
		.url = a->url, .options = (const char *const *)a->options};
	struct am_server_login *login = NULL;

	if (am_server_login_new(&login, &where, NULL, schemes, NULL, NULL))
		return false;
	char *own = am_server_login_prompt(login);
	bool same = !strcmp(own, prompt);
	g_free(own);
	am_server_login_free(&login);
	return same;
}

/* An account that is not asked for by its name, but is the one all the same. */
static int from_config(struct asker *asker, const char *prompt, char **out,
                       struct am_error *err)
{
	struct config *config = NULL;
	int r = config_open(&config, err);

	for (char **n = r ? NULL : config_accounts(config);
	     n && *n && !*out && !r; n++) {
		struct account *a;
		/* Another account's trouble is not this one's. */
		if (config_account(config, *n, NULL, &a, NULL))
			continue;
		const char *command = account_option(a, "password-command");
		const char *file = account_option(a, "password-file");
		if (!is_of(a, prompt))
			;
		else if (a->password)
			*out = g_strdup(a->password);
		else if (command)
			r = am_secret_command(out, "password-command", command,
			                      COMMAND_MS, &asker->s->cancel,
			                      err);
		else if (file)
			r = am_secret_file(out, "password-file", file, err);
		account_free(&a);
	}
	config_free(&config);
	return r;
}

static int from_netrc(const char *user, const char *host, char **out,
                      struct am_error *err)
{
	const char *named = g_getenv("NETRC");
	char *path = named ? g_strdup(named)
	                   : g_build_filename(g_get_home_dir(), ".netrc", NULL);
	int r = netrc_find(out, path, host, user, err);

	g_free(path);
	return r == AM_END ? AM_OK : r;
}

static int without_person(struct asker *asker, const char *prompt, char **out,
                          struct am_error *err)
{
	const char *given = g_getenv("MAILARK_PASSWORD");
	char *user, *host;
	int r = AM_OK;

	bool login = am_server_login_prompt_read(prompt, &user, &host);
	if (login)
		r = from_config(asker, prompt, out, err);
	if (!r && !*out && given && *given)
		*out = g_strdup(given);
	if (!r && !*out && login)
		r = from_netrc(user, host, out, err);
	g_free(user);
	g_free(host);
	return r;
}

/* ---- the terminal ---- */
static int read_line(struct asker *asker, int fd, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	for (;;) {
		char c;
		if (am_cancel_asked(&asker->s->cancel))
			return AM_FATAL;
		if (poll(&p, 1, TICK_MS) <= 0)
			continue;
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			break;
		/* Rather none than half a one. */
		if (len + 1 >= size)
			return AM_FAILED;
		buf[len++] = c;
	}
	buf[len] = '\0';
	return len ? AM_OK : AM_FAILED;
}

static int from_terminal(struct asker *asker, const char *prompt, char *buf,
                         size_t size)
{
	struct termios was, quiet;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return AM_FAILED;
	if (tcgetattr(fd, &was)) {
		close(fd);
		return AM_FAILED;
	}
	session_before_output(asker->s);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	dprintf(fd, "%c%s: ", g_ascii_toupper(*prompt), prompt + 1);
	int r = read_line(asker, fd, buf, size);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	(void)!write(fd, "\n", 1);
	close(fd);
	return r;
}

void asker_begin(struct asker *asker)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, asker->answers);
	while (g_hash_table_iter_next(&it, NULL, &value))
		((struct answer *)value)->used = false;
}

/* The answer there was, or one from a place without a person. */
static int look_up(struct asker *asker, const char *prompt, char **found,
                   struct am_error *err)
{
	const struct answer *old = g_hash_table_lookup(asker->answers, prompt);

	if (!old)
		return without_person(asker, prompt, found, err);
	/* Who asks again did not like the answer. */
	*found = old->used ? NULL : g_strdup(old->text);
	return AM_OK;
}

static void keep(struct asker *asker, const char *prompt, const char *text)
{
	struct answer *a = g_new(struct answer, 1);

	*a = (struct answer){.text = g_strdup(text), .used = true};
	g_hash_table_replace(asker->answers, g_strdup(prompt), a);
}

int asker_ask(struct asker *asker, const char *prompt, char *buf, size_t size)
{
	struct am_error err = {0};
	char *found = NULL;

	int r = look_up(asker, prompt, &found, &err);
	if (r) {
		session_error(asker->s, prompt, &err);
		return err.kind == AM_E_CANCELLED ? AM_FATAL : AM_FAILED;
	}
	if (found)
		r = g_strlcpy(buf, found, size) < size ? AM_OK : AM_FAILED;
	else
		r = from_terminal(asker, prompt, buf, size);
	am_secret_free(&found);
	if (!r)
		keep(asker, prompt, buf);
	return r;
}
