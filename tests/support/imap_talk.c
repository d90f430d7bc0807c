/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/imap_talk.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct imap_talk {
	int fd;
	unsigned tag;
	GString *in;   /* read and not yet looked at */
	GString *last; /* answer */
};

static void fail(struct imap_talk *t, const char *what)
{
	fprintf(stderr, "imap_talk: %s; last heard:\n%.2000s\n", what,
	        t->last->str);
	abort();
}

static void send_all(struct imap_talk *t, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(t->fd, data + at, len - at, MSG_NOSIGNAL);
		if (n <= 0)
			fail(t, "cannot send");
		at += (size_t)n;
	}
}

static void more(struct imap_talk *t)
{
	char buf[65536];
	ssize_t n = recv(t->fd, buf, sizeof(buf), 0);

	if (n <= 0)
		fail(t, "the server closed");
	g_string_append_len(t->in, buf, n);
}

/* Move one line, or n bytes, from what was read to the answer. */
static void take_line(struct imap_talk *t)
{
	char *eol;

	while (!(eol = memchr(t->in->str, '\n', t->in->len)))
		more(t);
	gssize n = eol + 1 - t->in->str;
	g_string_append_len(t->last, t->in->str, n);
	g_string_erase(t->in, 0, n);
}

static void take_bytes(struct imap_talk *t, size_t n)
{
	while (t->in->len < n)
		more(t);
	g_string_append_len(t->last, t->in->str, (gssize)n);
	g_string_erase(t->in, 0, (gssize)n);
}

/* The length of the literal that a line ends with. */
static bool literal_at(const char *line, size_t len, size_t *n)
{
	const char *brace = len > 4 ? memrchr(line, '{', len) : NULL;

	if (!brace || memcmp(line + len - 3, "}\r\n", 3))
		return false;
	*n = (size_t)g_ascii_strtoull(brace + 1, NULL, 10);
	return true;
}

/* Until the tagged answer, or a "+". */
static const char *answer(struct imap_talk *t, const char *tag)
{
	g_string_truncate(t->last, 0);
	for (;;) {
		gsize start = t->last->len, literal;
		take_line(t);
		const char *line = t->last->str + start;
		if (g_str_has_prefix(line, tag) || *line == '+')
			return line;
		gsize at = start;
		while (literal_at(t->last->str + at, t->last->len - at,
		                  &literal)) {
			take_bytes(t, literal);
			at = t->last->len;
			take_line(t);
		}
	}
}

static bool command(struct imap_talk *t, const char *text)
{
	char *tag = g_strdup_printf("t%u ", ++t->tag);
	char *line = g_strdup_printf("%s%s\r\n", tag, text);

	send_all(t, line, strlen(line));
	bool good = g_str_has_prefix(answer(t, tag) + strlen(tag), "OK");
	g_free(line);
	g_free(tag);
	return good;
}

const GString *imap_talk(struct imap_talk *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (!command(t, text))
		fail(t, text);
	g_free(text);
	return t->last;
}

bool imap_talk_try(struct imap_talk *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);
	va_end(args);
	bool good = command(t, text);
	g_free(text);
	return good;
}

void imap_talk_append(struct imap_talk *t, const char *folder,
                      const char *flags, const char *date, const char *text,
                      size_t len)
{
	char *tag = g_strdup_printf("t%u ", ++t->tag);
	char *line = g_strdup_printf("%sAPPEND \"%s\" %s%s%s%s {%zu}\r\n", tag,
	                             folder, flags, date ? " \"" : "",
	                             date ? date : "", date ? "\"" : "", len);

	send_all(t, line, strlen(line));
	if (*answer(t, tag) != '+')
		fail(t, line);
	send_all(t, text, len);
	send_all(t, "\r\n", 2);
	if (!g_str_has_prefix(answer(t, tag) + strlen(tag), "OK"))
		fail(t, line);
	g_free(line);
	g_free(tag);
}

struct imap_talk *imap_talk_open(uint16_t port, const char *user,
                                 const char *password)
{
	struct imap_talk *t = g_new0(struct imap_talk, 1);
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	t->in = g_string_new(NULL);
	t->last = g_string_new(NULL);
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&at, sizeof(at)))
		fail(t, "cannot connect");
	take_line(t);
	(void)imap_talk(t, "LOGIN %s %s", user, password);
	return t;
}

void imap_talk_close(struct imap_talk *t)
{
	(void)imap_talk_try(t, "LOGOUT");
	close(t->fd);
	g_string_free(t->in, TRUE);
	g_string_free(t->last, TRUE);
	g_free(t);
}

/* ---- a whole account ---- */
static gint compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *join_sorted(GPtrArray *all, const char *between)
{
	g_ptr_array_sort(all, compare_strings);
	g_ptr_array_add(all, NULL);
	char *joined = g_strjoinv(between, (char **)all->pdata);
	g_ptr_array_unref(all);
	return joined;
}

/* What lies between the words; Dovecot answers items in the order asked for. */
static char *between(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from);
	const char *end = start ? strstr(start + strlen(from), to) : NULL;

	start = start ? start + strlen(from) : text;
	return g_strndup(start, end ? (size_t)(end - start) : 0);
}

static char *sorted_flags(const char *text)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	char **words = g_strsplit(text, " ", -1);

	/* \Recent is of the session, not of the message. */
	for (char **w = words; *w; w++)
		if (**w && strcmp(*w, "\\Recent") != 0)
			g_ptr_array_add(all, g_strdup(*w));
	g_strfreev(words);
	return join_sorted(all, " ");
}

static void add_messages(GPtrArray *out, const char *folder,
                         const GString *text)
{
	const char *end = text->str + text->len;

	for (const char *p = text->str; p < end && *p == '*';) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)(eol + 1 - p), n;
		uint8_t digest[AM_SHA256_LEN];
		char hex[AM_SHA256_HEX];
		bool fetch = literal_at(p, len, &n);
		if (fetch) {
			char *line = g_strndup(p, len);
			char *words = between(line, "FLAGS (", ")");
			char *flags = sorted_flags(words);
			char *date = between(line, "INTERNALDATE \"", "\"");
			am_sha256(p + len, n, digest);
			am_hex(digest, sizeof(digest), hex);
			g_ptr_array_add(out,
			                g_strdup_printf("%s|%s|%s|%s", folder,
			                                date, flags, hex));
			g_free(date);
			g_free(flags);
			g_free(words);
			g_free(line);
		}
		p += len + (fetch ? n + strlen(")\r\n") : 0);
	}
}

char *imap_talk_account(uint16_t port, const char *user)
{
	struct imap_talk *t = imap_talk_open(port, user, "secret");
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	char **lines = g_strsplit(imap_talk(t, "LIST \"\" *")->str, "\r\n", -1);

	for (char **l = lines; *l; l++) {
		char *name = strstr(*l, "\"/\" ");
		if (!g_str_has_prefix(*l, "* LIST") || !name)
			continue;
		name += strlen("\"/\" ");
		g_ptr_array_add(all, g_strdup(name));
		if (strstr(*l, "\\Noselect"))
			continue;
		(void)imap_talk(t, "EXAMINE %s", name);
		add_messages(all, name,
		             imap_talk(t, "UID FETCH 1:* (FLAGS INTERNALDATE "
		                          "BODY.PEEK[])"));
	}
	g_strfreev(lines);
	imap_talk_close(t);
	return join_sorted(all, "\n");
}

char *lines_differ(const char *a, const char *b)
{
	char **x = g_strsplit(a, "\n", -1), **y = g_strsplit(b, "\n", -1);
	GString *out = g_string_new(NULL);

	for (size_t i = 0, k = 0; x[i] || y[k];) {
		int c = !x[i] ? 1 : !y[k] ? -1 : strcmp(x[i], y[k]);
		if (c)
			g_string_append_printf(out, "%c%s\n", c < 0 ? '-' : '+',
			                       c < 0 ? x[i] : y[k]);
		i += c <= 0;
		k += c >= 0;
	}
	g_strfreev(x);
	g_strfreev(y);
	return g_string_free(out, FALSE);
}
