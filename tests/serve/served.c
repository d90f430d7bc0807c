/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include "base/blob.h"
#include "base/file.h"
#include "model/folder.h"
#include "model/format.h"
#include "serve/users.h"
#include "serve/vault.h"
#include "store/archive.h"
#include "store/archive_edit.h"
#include "support/certificate.h"
#include "wire/conn.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct talk {
	int fd;
	unsigned n;
	GString *in, *answer;
	size_t at;
};

/* ---- the server ---- */

struct served *served_new(unsigned n)
{
	struct served *s = g_new0(struct served, 1);
	char *dir = g_strdup("/tmp/am-serve-XXXXXX");
	struct box_run run = {.to = n, .each = 50, .source = "box:"};
	struct am_error err = {0};

	cr_assert(mkdtemp(dir));
	s->dir = dir;
	s->path = g_build_filename(dir, "a.mailark", NULL);
	s->ctx.tmpdir = dir;
	cr_assert_eq(box_import(&am_format_archive, s->path, NULL, &run,
	                        &s->ctx, &err),
	             AM_OK, "%s", err.text);
	return s;
}

void served_add(struct served *s, const char *folder, const char *text,
                size_t len)
{
	char **parts = g_strsplit(folder, "/", -1);
	struct am_archive_edit *edit;
	struct am_folder *f;
	struct am_message *msg;
	struct am_split *split;
	struct am_error err = {0};
	uint32_t uid;

	cr_assert_eq(am_folder_new(&f, (const char *const *)parts,
	                           g_strv_length(parts), AM_ROLE_NONE, &err),
	             AM_OK);
	cr_assert_eq(am_message_new(&msg, f, &err), AM_OK);
	cr_assert_eq(am_blob_copy(&msg->raw, text, len, &err), AM_OK);
	msg->origin = "";
	msg->received = (struct am_when){1000000000, 60, true};
	/* A server that has just written has it for a moment longer. */
	int r;
	while ((r = am_archive_edit_open(&edit, s->path, &s->ctx, &err)) &&
	       err.kind == AM_E_BUSY)
		g_usleep(20000);
	cr_assert_eq(r, AM_OK, "%s", err.text);
	cr_assert_eq(am_archive_edit_prepare(&split, msg, &s->ctx, &err),
	             AM_OK);
	cr_assert_eq(am_archive_edit_add(edit, msg, split, &uid, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(am_archive_edit_commit(edit, &err), AM_OK, "%s", err.text);
	am_archive_edit_unprepare(&split);
	am_archive_edit_close(&edit);
	am_message_free(&msg);
	am_folder_unref((const struct am_folder **)&f);
	g_strfreev(parts);
}

static gpointer serve(gpointer user)
{
	struct served *s = user;

	cr_assert_eq(am_server_run(s->server, NULL), AM_OK);
	return NULL;
}

static void make_users(struct served *s)
{
	char *path = g_build_filename(s->dir, "users", NULL);
	struct am_error err = {0};

	if (s->user_read_only) {
		cr_assert_eq(am_users_set(path, "me", "secret", true, &err),
		             AM_OK, "%s", err.text);
		cr_assert_eq(am_users_read(&s->house.users, path, &err), AM_OK,
		             "%s", err.text);
	} else {
		cr_assert_eq(
			am_users_one(&s->house.users, "me", "secret", &err),
			AM_OK, "%s", err.text);
	}
	g_free(path);
}

void served_start(struct served *s)
{
	struct am_vault_opts opts = {.path = s->path,
	                             .read_only = s->read_only,
	                             .virtual = s->virtual,
	                             .searches = s->searches,
	                             .file_from = s->file_from,
	                             .traits_most = s->traits_most,
	                             .ctx = &s->ctx};
	struct am_error err = {0};
	char *where = NULL;

	s->house.vaults = g_new0(struct am_vault *, 1);
	s->house.n_vaults = 1;
	s->house.ctx = &s->ctx;
	s->house.name = "test";
	s->house.version = "1";
	make_users(s);
	if (s->tls && !s->cert) {
		char *key = g_build_filename(s->dir, "key.pem", NULL);
		s->cert = g_build_filename(s->dir, "cert.pem", NULL);
		certificate_make("DNS:localhost,IP:127.0.0.1", s->cert, key);
		cr_assert_eq(
			am_tls_server_new(&s->house.tls, s->cert, key, &err),
			AM_OK, "%s", err.text);
		g_free(key);
	}
	cr_assert_eq(am_vault_open(&s->house.vaults[0], &opts, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(am_server_new(&s->server, &s->house, &s->limits, NULL,
	                           NULL, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_server_listen(s->server, "127.0.0.1:0",
	                              s->pop3 ? AM_SERVE_POP3 : AM_SERVE_IMAP,
	                              &where, &err),
	             AM_OK, "%s", err.text);
	s->port = (uint16_t)atoi(strrchr(where, ':') + 1);
	g_free(where);
	s->thread = g_thread_new("server", serve, s);
}

void served_stop(struct served *s)
{
	if (!s->server)
		return;
	am_server_stop(s->server);
	g_thread_join(s->thread);
	am_server_free(&s->server);
	am_vault_close(&s->house.vaults[0]);
	g_free(s->house.vaults);
	am_users_unref(&s->house.users);
	s->house.vaults = NULL;
}

void served_free(struct served **served)
{
	struct served *s = *served;

	served_stop(s);
	am_tls_server_free(&s->house.tls);
	cr_assert_eq(am_remove_tree(s->dir, NULL), AM_OK);
	g_free(s->dir);
	g_free(s->path);
	g_free(s->cert);
	g_free(s);
	*served = NULL;
}

/* ---- a client ---- */

struct talk *talk_open(struct served *s)
{
	struct talk *t = g_new0(struct talk, 1);
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(s->port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	t->in = g_string_new("");
	t->answer = g_string_new("");
	cr_assert_eq(connect(t->fd, (struct sockaddr *)&to, sizeof to), 0);
	expect_in(talk_line(t),
	          s->pop3 ? "+OK " : "* OK [CAPABILITY IMAP4rev1");
	return t;
}

void talk_close(struct talk **talk)
{
	struct talk *t = *talk;

	close(t->fd);
	g_string_free(t->in, TRUE);
	g_string_free(t->answer, TRUE);
	g_free(t);
	*talk = NULL;
}

void talk_send(struct talk *t, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(t->fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* reading tells */
		at += n;
		len -= (size_t)n;
	}
}

static bool more(struct talk *t)
{
	char buf[65536];
	ssize_t n = recv(t->fd, buf, sizeof buf, 0);

	if (n <= 0)
		return false;
	g_string_erase(t->in, 0, (gssize)t->at);
	t->at = 0;
	g_string_append_len(t->in, buf, n);
	return true;
}

bool talk_byte(struct talk *t, uint8_t *out)
{
	if (t->at == t->in->len && !more(t))
		return false;
	*out = (uint8_t)t->in->str[t->at++];
	return true;
}

/* The length of a literal at the end of a line; -1: none. */
static long literal(const char *line, size_t len)
{
	size_t at = len;

	if (!at || line[at - 1] != '}')
		return -1;
	while (at && line[at - 1] != '{')
		at--;
	return at ? atol(line + at) : -1;
}

/* One line with what its literals hold, to *to; false: the end came. */
static bool take_line(struct talk *t, GString *to)
{
	for (;;) {
		const char *lf;
		while (!(lf = memchr(t->in->str + t->at, '\n',
		                     t->in->len - t->at)))
			if (!more(t))
				return false;
		size_t len = (size_t)(lf - t->in->str) - t->at;
		const char *line = t->in->str + t->at;
		g_string_append_len(to, line, (gssize)len + 1);
		t->at += len + 1;
		while (len && line[len - 1] == '\r')
			len--;
		long n = literal(line, len);
		if (n < 0)
			return true;
		while (t->in->len - t->at < (size_t)n)
			if (!more(t))
				return false;
		g_string_append_len(to, t->in->str + t->at, n);
		t->at += (size_t)n;
	}
}

const char *talk_line(struct talk *t)
{
	g_string_truncate(t->answer, 0);
	cr_assert(take_line(t, t->answer), "the connection ended: \"%s\"",
	          t->answer->str);
	return t->answer->str;
}

const char *talk_until(struct talk *t, const char *tag)
{
	GString *line = g_string_new("");
	size_t len = strlen(tag);

	g_string_truncate(t->answer, 0);
	for (;;) {
		g_string_truncate(line, 0);
		cr_assert(take_line(t, line), "the connection ended: \"%s\"",
		          t->answer->str);
		bool last =
			!strncmp(line->str, tag, len) && line->str[len] == ' ';
		g_string_append_len(t->answer, line->str + (last ? len + 1 : 0),
		                    (gssize)(line->len - (last ? len + 1 : 0)));
		if (last)
			break;
	}
	g_string_free(line, TRUE);
	/* A NUL in a literal would hide what comes behind it. */
	for (size_t i = 0; i < t->answer->len; i++)
		if (!t->answer->str[i])
			t->answer->str[i] = '\x01';
	return t->answer->str;
}

const char *talk(struct talk *t, const char *fmt, ...)
{
	GString *command = g_string_new("");
	char tag[16];
	va_list args;

	g_snprintf(tag, sizeof tag, "t%u", ++t->n);
	g_string_printf(command, "%s ", tag);
	va_start(args, fmt);
	g_string_append_vprintf(command, fmt, args);
	va_end(args);
	g_string_append(command, "\r\n");
	talk_send(t, command->str, command->len);
	g_string_free(command, TRUE);
	return talk_until(t, tag);
}

struct talk *talk_login(struct served *s)
{
	struct talk *t = talk_open(s);

	expect_end(talk(t, "LOGIN me secret"), "OK");
	return t;
}

bool talk_ended(struct talk *t)
{
	g_string_truncate(t->answer, 0);
	while (take_line(t, t->answer))
		if (strncmp(t->answer->str, "* BYE", 5))
			return false;
	return true;
}

bool talk_ends_with(const char *answer, const char *word)
{
	size_t len = strlen(answer);
	const char *at = answer + len;

	/* The last line's beginning. */
	if (len > 2)
		at -= 2;
	while (at > answer && at[-1] != '\n')
		at--;
	return !strncmp(at, word, strlen(word)) && at[strlen(word)] == ' ';
}
