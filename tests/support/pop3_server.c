/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/pop3_server.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct talk {
	struct pop3_server *server;
	int fd;
	FILE *out;
	GString *in; /* read and not looked at yet */
	bool user, entered;
	bool *marked; /* by DELE */
	size_t *at;   /* number - 1 -> mail */
	size_t n;
};

/* The next line without its end, g_free() it; NULL at the end. */
static char *read_line(struct talk *t)
{
	char buf[4096], *end;

	while (!(end = strchr(t->in->str, '\n'))) {
		ssize_t n = read(t->fd, buf, sizeof buf);
		if (n <= 0)
			return NULL;
		g_string_append_len(t->in, buf, n);
	}
	char *line = g_strndup(t->in->str, (gsize)(end - t->in->str));
	g_string_erase(t->in, 0, end + 1 - t->in->str);
	return g_strchomp(line);
}

static void number(struct talk *t)
{
	t->n = 0;
	for (size_t i = 0; i < t->server->n; i++)
		if (!t->server->mails[i].deleted)
			t->at[t->n++] = i;
}

static void say_lines(struct talk *t, const char *lines)
{
	char **each = g_strsplit(lines, "\n", -1);

	for (char **l = each; *l; l++)
		if (**l)
			fprintf(t->out, "%s\r\n", *l);
	fputs(".\r\n", t->out);
	g_strfreev(each);
}

/* Dots before dots; `headers`: no further than the empty line. */
static void say_text(struct talk *t, const char *text, bool headers)
{
	const char *end = headers ? strstr(text, "\r\n\r\n") : NULL;

	for (const char *p = text; *p && (!end || p < end + 4); p++) {
		if (*p == '.' && (p == text || p[-1] == '\n'))
			fputc('.', t->out);
		fputc(*p, t->out);
	}
	fputs(".\r\n", t->out);
}

static bool enter(struct talk *t, const char *mechanism)
{
	struct pop3_server *s = t->server;

	if (s->logins && *s->logins) {
		fprintf(t->out, "%s\r\n", *s->logins++);
		return true;
	}
	if (!mechanism) {
		fputs("-ERR [AUTH] no\r\n", t->out);
		return true;
	}
	s->mechanism = mechanism;
	t->entered = true;
	number(t);
	fputs("+OK in\r\n", t->out);
	return true;
}

static bool authenticate(struct talk *t, char **words)
{
	static const char plain[] = "\0me\0secret";
	static const char token[] = "user=me\1auth=Bearer tok\1\1";
	char *given = g_strdup(words[2]);
	gsize len = 0;

	if (!words[1]) {
		g_free(given);
		return enter(t, NULL);
	}
	if (!given) {
		fputs("+ \r\n", t->out);
		fflush(t->out);
		given = read_line(t);
		if (!given)
			return false;
	}
	guchar *data = g_base64_decode(given, &len);
	const char *in = NULL;
	if (!strcmp(words[1], "PLAIN") && len == sizeof plain - 1 &&
	    !memcmp(data, plain, len))
		in = "PLAIN";
	if (!strcmp(words[1], "XOAUTH2") && len == sizeof token - 1 &&
	    !memcmp(data, token, len))
		in = "XOAUTH2";
	g_free(data);
	g_free(given);
	return enter(t, in);
}

static struct pop3_mail *mail_of(struct talk *t, const char *word)
{
	size_t i = word ? strtoul(word, NULL, 10) : 0;

	return i && i <= t->n && !t->marked[t->at[i - 1]]
	               ? &t->server->mails[t->at[i - 1]]
	               : NULL;
}

/* false: the connection ends. */
static bool retrieve(struct talk *t, struct pop3_mail *m)
{
	struct pop3_server *s = t->server;
	unsigned waiting = 0;

	s->retrs++;
	/* What came in beyond this shows that the client pipelines. */
	for (const char *p = t->in->str; *p; p++)
		waiting += *p == '\n';
	s->most_ahead = MAX(s->most_ahead, waiting);
	if (m->refuse) {
		m->refuse--;
		fputs("-ERR [SYS/TEMP] not now\r\n", t->out);
	} else if (m->empty) {
		m->empty--;
		fputs("+OK\r\n.\r\n", t->out);
	} else if (m->garbage) {
		m->garbage--;
		fputs("HTTP/1.1 400 what?\r\n", t->out);
	} else {
		fputs("+OK here\r\n", t->out);
		if (m->cut) {
			m->cut--;
			fprintf(t->out, "%.*s", (int)strlen(m->text) / 2,
			        m->text);
			return false;
		}
		say_text(t, m->text, false);
	}
	return true;
}

static bool list(struct talk *t, bool uidl)
{
	struct pop3_server *s = t->server;

	if (uidl && s->no_uidl) {
		fputs("-ERR what is that?\r\n", t->out);
		return true;
	}
	fputs("+OK\r\n", t->out);
	for (size_t i = 0; i + s->hidden < t->n; i++) {
		const struct pop3_mail *m = &s->mails[t->at[i]];
		if (!uidl && s->list_cut && i == t->n / 2) {
			s->list_cut--;
			return false;
		}
		if (!uidl)
			fprintf(t->out, "%zu %zu\r\n", i + 1, strlen(m->text));
		else if (m->uidl)
			fprintf(t->out, "%zu %s\r\n", i + 1, m->uidl);
	}
	fputs(".\r\n", t->out);
	return true;
}

static bool transaction(struct talk *t, char **words)
{
	struct pop3_server *s = t->server;
	const char *verb = words[0];
	struct pop3_mail *m = mail_of(t, words[1]);

	if (!strcmp(verb, "LIST") || !strcmp(verb, "UIDL"))
		return list(t, *verb == 'U');
	if (!strcmp(verb, "STAT")) {
		fprintf(t->out, "+OK %zu 1000\r\n", t->n);
		return true;
	}
	if (!m || (s->no_top && !strcmp(verb, "TOP"))) {
		fputs("-ERR no such message or command\r\n", t->out);
		return true;
	}
	if (!strcmp(verb, "RETR"))
		return retrieve(t, m);
	if (!strcmp(verb, "TOP")) {
		s->tops++;
		fputs("+OK\r\n", t->out);
		say_text(t, m->text, true);
	} else if (!strcmp(verb, "DELE")) {
		s->deles++;
		t->marked[m - s->mails] = true;
		fputs("+OK gone\r\n", t->out);
	} else {
		fputs("-ERR\r\n", t->out);
	}
	return true;
}

static bool quit(struct talk *t)
{
	t->server->quits++;
	for (size_t i = 0; i < t->server->n; i++)
		if (t->marked[i])
			t->server->mails[i].deleted = true;
	fputs("+OK bye\r\n", t->out);
	return false;
}

static bool apop_is_right(const char *given)
{
	char *right = g_compute_checksum_for_string(G_CHECKSUM_MD5,
	                                            "<1.2@x>secret", -1);
	bool same = given && !strcmp(given, right);

	g_free(right);
	return same;
}

static bool command(struct talk *t, char **words)
{
	struct pop3_server *s = t->server;
	const char *verb = words[0];

	if (!strcmp(verb, "QUIT"))
		return quit(t);
	if (!strcmp(verb, "CAPA") && s->capa) {
		fputs("+OK\r\n", t->out);
		say_lines(t, s->capa);
		return true;
	}
	if (!strcmp(verb, "STLS") && s->stls) {
		fputs(s->stls, t->out);
		return *s->stls != '\0';
	}
	if (t->entered)
		return transaction(t, words);
	if (!strcmp(verb, "AUTH"))
		return authenticate(t, words);
	if (!strcmp(verb, "APOP") && s->apop_in_vain) {
		fputs("-ERR [AUTH] Bad login\r\n", t->out);
		return !s->apop_hangs_up;
	}
	if (!strcmp(verb, "APOP") && s->apop)
		return enter(t, words[1] && apop_is_right(words[2]) ? "APOP"
		                                                    : NULL);
	if (!strcmp(verb, "USER")) {
		t->user = true;
		fputs("+OK\r\n", t->out);
		return true;
	}
	if (!strcmp(verb, "PASS") && t->user)
		return enter(t, words[1] && !strcmp(words[1], "secret") ? "USER"
		                                                        : NULL);
	fputs("-ERR what?\r\n", t->out);
	return true;
}

static void talk(struct pop3_server *server, int fd)
{
	struct talk t = {.server = server,
	                 .fd = fd,
	                 .in = g_string_new(NULL),
	                 .out = fdopen(fd, "w"),
	                 .marked = g_new0(bool, server->n + 1),
	                 .at = g_new0(size_t, server->n + 1)};
	bool go_on = true;
	char *line;

	server->connections++;
	fprintf(t.out, "%s\r\n",
	        server->greeting ? server->greeting : "+OK hello");
	fflush(t.out);
	while (go_on && (line = read_line(&t))) {
		char **words = g_strsplit(line, " ", 3);
		go_on = words[0] && command(&t, words);
		g_strfreev(words);
		g_free(line);
		fflush(t.out);
	}
	fclose(t.out);
	g_string_free(t.in, TRUE);
	g_free(t.marked);
	g_free(t.at);
}

static gpointer run(gpointer arg)
{
	struct pop3_server *server = arg;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0)
		talk(server, fd);
	return NULL;
}

void pop3_server_start(struct pop3_server *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;

	signal(SIGPIPE, SIG_IGN);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(!bind(server->fd, (struct sockaddr *)&at, len));
	cr_assert(!listen(server->fd, 16));
	cr_assert(!getsockname(server->fd, (struct sockaddr *)&at, &len));
	server->port = ntohs(at.sin_port);
	server->thread = g_thread_new("pop3", run, server);
}

void pop3_server_stop(struct pop3_server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	g_thread_join(server->thread);
	close(server->fd);
}

char *pop3_server_url(const struct pop3_server *server)
{
	return g_strdup_printf("pop3://me@127.0.0.1:%u", server->port);
}
