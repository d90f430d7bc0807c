/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/script_server.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct rule {
	char *pattern;
	bool always, used, early;
	GPtrArray *steps; /* char *, with their first word */
};

struct mail {
	unsigned uid;
	char *flags, *date;
	GString *body;
};

struct script_server {
	int fd;
	unsigned port, strays;
	bool tagged, stop;
	pthread_t thread;
	pthread_mutex_t lock;
	GPtrArray *rules, *mails, *threads;
	GString *log;
};

struct visit {
	struct script_server *server;
	int fd;
	pthread_t thread;
	GString *in;
	char *taken; /* the tag of the line that "! line" took */
};

/* ---- the script ---- */

static GString *unescape(const char *s)
{
	GString *out = g_string_new(NULL);

	for (; *s; s++) {
		if (*s != '\\' || !s[1]) {
			g_string_append_c(out, *s);
			continue;
		}
		s++;
		if (*s == 'x' && g_ascii_isxdigit(s[1]) &&
		    g_ascii_isxdigit(s[2])) {
			g_string_append_c(
				out, (char)(g_ascii_xdigit_value(s[1]) * 16 +
			                    g_ascii_xdigit_value(s[2])));
			s += 2;
		} else {
			g_string_append_c(out, *s == 'r'   ? '\r'
			                       : *s == 'n' ? '\n'
			                       : *s == 't' ? '\t'
			                       : *s == '0' ? '\0'
			                                   : *s);
		}
	}
	return out;
}

/* m 3 (\Seen) "17-Jul-1996 02:44:25 -0700" From: a\r\n\r\nhello */
static void read_mail(struct script_server *server, const char *s)
{
	struct mail *m = g_new0(struct mail, 1);
	char *end;

	m->uid = (unsigned)strtoul(s, &end, 10);
	const char *open = strchr(end, '('), *close = strchr(end, ')');
	m->flags = g_strndup(open, (gsize)(close - open + 1));
	const char *first = strchr(close, '"');
	const char *last = strchr(first + 1, '"');
	m->date = g_strndup(first, (gsize)(last - first + 1));
	m->body = unescape(last + 2);
	g_ptr_array_add(server->mails, m);
}

static void read_script(struct script_server *server, const char *text)
{
	char **lines = g_strsplit(text, "\n", -1);
	struct rule *rule = NULL;

	for (char **l = lines; *l; l++) {
		if (**l == '>' || **l == '~') {
			rule = g_new0(struct rule, 1);
			bool twice = (*l)[1] == '>';
			rule->early = **l == '~';
			rule->always = twice || rule->early;
			rule->pattern = g_strdup(*l + 2 + twice);
			rule->steps = g_ptr_array_new_with_free_func(g_free);
			g_ptr_array_add(server->rules, rule);
		} else if (rule && (**l == '<' || **l == '!')) {
			g_ptr_array_add(rule->steps, g_strdup(*l));
		} else if (g_str_has_prefix(*l, "m ")) {
			read_mail(server, *l + 2);
		}
	}
	g_strfreev(lines);
}

/* ---- answering ---- */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool in_set(const char *set, unsigned uid)
{
	while (g_ascii_isdigit(*set) || *set == '*') {
		char *end;
		unsigned long a = strtoul(set, &end, 10), b = a;
		if (*set == '*') {
			a = b = uid;
			end = (char *)set + 1;
		}
		if (*end == ':') {
			b = end[1] == '*' ? G_MAXUINT
			                  : strtoul(end + 1, NULL, 10);
			end++;
			end += strspn(end, "0123456789*");
		}
		if (uid >= a && uid <= b)
			return true;
		set = end + (*end == ',');
	}
	return false;
}

static bool send_mails(struct visit *v, const char *what, const char *command)
{
	const char *fetch = strstr(command, "FETCH ");
	GString *out = g_string_new(NULL);
	bool ok = true;

	for (guint i = 0; fetch && i < v->server->mails->len; i++) {
		const struct mail *m = v->server->mails->pdata[i];
		if (!in_set(fetch + 6, m->uid))
			continue;
		g_string_append_printf(out, "* %u FETCH (UID %u", i + 1,
		                       m->uid);
		if (!strcmp(what, "metas"))
			g_string_append_printf(
				out,
				" FLAGS %s INTERNALDATE %s RFC822.SIZE %zu",
				m->flags, m->date, m->body->len);
		if (!strcmp(what, "bodies")) {
			g_string_append_printf(out, " BODY[] {%zu}\r\n",
			                       m->body->len);
			g_string_append_len(out, m->body->str,
			                    (gssize)m->body->len);
		}
		g_string_append(out, ")\r\n");
	}
	ok = send_all(v->fd, out->str, out->len);
	g_string_free(out, TRUE);
	return ok;
}

/* One line of the client's, without its end; NULL: it is gone. */
static char *take_line(struct visit *v)
{
	char buf[65536], *end;

	while (!(end = memchr(v->in->str, '\n', v->in->len))) {
		ssize_t n = recv(v->fd, buf, sizeof buf, 0);
		if (n <= 0)
			return NULL;
		g_string_append_len(v->in, buf, n);
	}
	size_t n = (size_t)(end - v->in->str);
	char *line = g_strndup(v->in->str, n && end[-1] == '\r' ? n - 1 : n);
	g_string_erase(v->in, 0, (gssize)n + 1);
	return line;
}

static bool take_bytes(struct visit *v, size_t n)
{
	char buf[65536];

	while (v->in->len < n) {
		ssize_t got = recv(v->fd, buf, sizeof buf, 0);
		if (got <= 0)
			return false;
		g_string_append_len(v->in, buf, got);
	}
	g_string_erase(v->in, 0, (gssize)n);
	return true;
}

static bool special(struct visit *v, const char *what, const char *command)
{
	if (!strcmp(what, "close"))
		return false;
	if (!strcmp(what, "reset")) {
		struct linger now = {1, 0};
		setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		return false;
	}
	if (g_str_has_prefix(what, "wait ")) {
		struct pollfd p = {v->fd, 0, 0};
		(void)poll(&p, 1, (int)strtol(what + 5, NULL, 10));
		return true;
	}
	if (!strcmp(what, "line")) {
		char *line = take_line(v);
		g_free(v->taken);
		v->taken = line ? g_strndup(line, strcspn(line, " ")) : NULL;
		g_free(line);
		return v->taken;
	}
	if (g_str_has_prefix(what, "repeat ") ||
	    g_str_has_prefix(what, "fill ")) {
		bool fill = *what == 'f';
		char *end;
		unsigned long n = strtoul(strchr(what, ' '), &end, 10);
		GString *text = unescape(end + 1), *all = g_string_new(NULL);
		for (unsigned long i = 0; i < n; i++)
			g_string_append_printf(all, fill ? "%s" : "%s\r\n",
			                       text->str);
		bool ok = send_all(v->fd, all->str, all->len);
		g_string_free(text, TRUE);
		g_string_free(all, TRUE);
		return ok;
	}
	return send_mails(v, what, command);
}

static bool step(struct visit *v, const char *s, const char *tag,
                 const char *command)
{
	bool ended = s[1] != '-';
	const char *body = s + (ended ? 1 : 2);

	body += *body == ' ';
	if (*s == '!')
		return special(v, body, command);
	GString *text = unescape(body);
	if (*text->str == '$' || (*text->str == '%' && v->taken)) {
		tag = *text->str == '$' ? tag : v->taken;
		g_string_erase(text, 0, 1);
		g_string_prepend(text, tag);
	}
	if (ended)
		g_string_append(text, "\r\n");
	bool ok = send_all(v->fd, text->str, text->len);
	g_string_free(text, TRUE);
	return ok;
}

static struct rule *find(struct script_server *server, const char *command,
                         bool early)
{
	struct rule *found = NULL;

	pthread_mutex_lock(&server->lock);
	for (guint i = 0; i < server->rules->len && !found; i++) {
		struct rule *r = server->rules->pdata[i];
		if (r->early == early && !(r->used && !r->always) &&
		    g_pattern_match_simple(r->pattern, command))
			found = r;
	}
	if (found)
		found->used = true;
	if (found || !early)
		g_string_append_printf(server->log, "%s\n", command);
	server->strays += !found && !early && strcmp(command, "(connect)") != 0;
	pthread_mutex_unlock(&server->lock);
	return found;
}

static bool obey(struct visit *v, const struct rule *rule, const char *tag,
                 const char *command)
{
	bool ok = true;

	for (guint i = 0; ok && i < rule->steps->len; i++)
		ok = step(v, rule->steps->pdata[i], tag, command);
	return ok;
}

static bool answer(struct visit *v, const char *tag, const char *command)
{
	struct rule *rule = find(v->server, command, false);

	return rule ? obey(v, rule, tag, command)
	            : step(v, "< $ BAD no rule", tag, command);
}

/* true: a rule answered what would only now send its literal. */
static bool answer_early(struct visit *v, const char *line, bool *ok)
{
	const char *space = strchr(line, ' ');
	struct rule *rule = space ? find(v->server, space + 1, true) : NULL;

	if (!rule)
		return false;
	char *tag = g_strndup(line, (gsize)(space - line));
	*ok = obey(v, rule, tag, space + 1);
	g_free(tag);
	return true;
}

/* A literal of the client's is taken and forgotten: its line goes on. */
static char *take_command(struct visit *v)
{
	GString *all = g_string_new(NULL);
	char *line;

	while ((line = take_line(v))) {
		size_t len = strlen(line);
		char *open =
			len && line[len - 1] == '}' ? strrchr(line, '{') : NULL;
		g_string_append(all, line);
		if (!open || !v->server->tagged) {
			g_free(line);
			return g_string_free(all, FALSE);
		}
		bool waits = line[len - 2] != '+', ok = true;
		size_t n = strtoul(open + 1, NULL, 10);
		g_free(line);
		if (waits && answer_early(v, all->str, &ok)) {
			if (!ok)
				break;
			g_string_truncate(all, 0);
			continue;
		}
		if ((waits && !send_all(v->fd, "+ go\r\n", 6)) ||
		    !take_bytes(v, n))
			break;
	}
	g_string_free(all, TRUE);
	return NULL;
}

static void *serve(void *arg)
{
	struct visit *v = arg;
	bool ok = answer(v, "*", "(connect)");
	char *line = NULL;

	while (ok && (line = take_command(v))) {
		char *space = v->server->tagged ? strchr(line, ' ') : NULL;
		if (space)
			*space = 0;
		ok = answer(v, line, space ? space + 1 : line);
		g_free(line);
	}
	pthread_mutex_lock(&v->server->lock);
	close(v->fd);
	v->fd = -1;
	pthread_mutex_unlock(&v->server->lock);
	g_string_free(v->in, TRUE);
	g_free(v->taken);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct script_server *server = arg;

	for (;;) {
		int fd = accept(server->fd, NULL, NULL);
		if (fd < 0 || server->stop) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		struct visit *v = g_new0(struct visit, 1);
		v->server = server;
		v->fd = fd;
		v->in = g_string_new(NULL);
		g_ptr_array_add(server->threads, v);
		if (pthread_create(&v->thread, NULL, serve, v))
			abort();
	}
}

static void free_rule(gpointer rule)
{
	struct rule *r = rule;

	g_free(r->pattern);
	g_ptr_array_free(r->steps, TRUE);
	g_free(r);
}

static void free_mail(gpointer mail)
{
	struct mail *m = mail;

	g_free(m->flags);
	g_free(m->date);
	g_string_free(m->body, TRUE);
	g_free(m);
}

struct script_server *script_server_new(const char *const *texts, bool tagged)
{
	struct script_server *server = g_new0(struct script_server, 1);
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;

	server->tagged = tagged;
	server->rules = g_ptr_array_new_with_free_func(free_rule);
	server->mails = g_ptr_array_new_with_free_func(free_mail);
	server->threads = g_ptr_array_new_with_free_func(g_free);
	server->log = g_string_new(NULL);
	pthread_mutex_init(&server->lock, NULL);
	for (; *texts; texts++)
		read_script(server, *texts);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->fd < 0 ||
	    bind(server->fd, (struct sockaddr *)&at, sizeof at) ||
	    listen(server->fd, 16) ||
	    getsockname(server->fd, (struct sockaddr *)&at, &len) ||
	    pthread_create(&server->thread, NULL, accept_all, server))
		abort();
	server->port = ntohs(at.sin_port);
	return server;
}

unsigned script_server_port(const struct script_server *server)
{
	return server->port;
}

char *script_server_log(struct script_server *server)
{
	pthread_mutex_lock(&server->lock);
	char *log = g_strdup(server->log->str);
	pthread_mutex_unlock(&server->lock);
	return log;
}

unsigned script_server_strays(struct script_server *server)
{
	pthread_mutex_lock(&server->lock);
	unsigned n = server->strays;
	pthread_mutex_unlock(&server->lock);
	return n;
}

void script_server_free(struct script_server *server)
{
	server->stop = true;
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	for (guint i = 0; i < server->threads->len; i++) {
		struct visit *v = server->threads->pdata[i];
		pthread_mutex_lock(&server->lock);
		if (v->fd >= 0)
			shutdown(v->fd, SHUT_RDWR);
		pthread_mutex_unlock(&server->lock);
		pthread_join(v->thread, NULL);
	}
	close(server->fd);
	g_ptr_array_free(server->threads, TRUE);
	g_ptr_array_free(server->rules, TRUE);
	g_ptr_array_free(server->mails, TRUE);
	g_string_free(server->log, TRUE);
	pthread_mutex_destroy(&server->lock);
	g_free(server);
}

void script_server_expect(const char *name, const char *text, const char *got,
                          const char *log)
{
	char **want = g_strsplit(text, "\n", -1);
	char **have = g_strsplit(got, "\n", -1), **h = have;

	for (char **w = want; *w; w++) {
		if (!g_str_has_prefix(*w, "= "))
			continue;
		bool same = *h && g_pattern_match_simple(*w + 2, *h);
		cr_expect(same, "%s: wanted \"%s\"\n    got \"%s\"\n%s%s", name,
		          *w + 2, *h ? *h : "(end)", got, log);
		if (!same)
			break;
		h++;
	}
	cr_expect(!*h || !**h, "%s: too much: \"%s\"\n%s%s", name, *h ? *h : "",
	          got, log);
	g_strfreev(want);
	g_strfreev(have);
}
