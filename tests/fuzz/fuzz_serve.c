/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client may say, to a session with a real archive behind it.  The first
 * byte chooses: not logged in (1), no mailbox selected (2), QRESYNC and UTF-8
 * on (4).  Every so often the archive begins anew.
 */
#include "base/blob.h"
#include "base/file.h"
#include "model/folder.h"
#include "model/format.h"
#include "serve/session_impl.h"
#include "serve/users.h"
#include "store/archive.h"
#include "store/archive_edit.h"
#include "wire/conn.h"

#include <glib.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__asan_default_options(void);

/* The vault's writer closes the archive some time after it wrote, which may be
 * in the middle of a look for leaks: those are the tests' to find (make asan).
 */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

enum { TURNS = 300 };

static char dir[] = "/tmp/am-fuzz-serve-XXXXXX";
static char *path;
static struct am_ctx ctx;
static struct am_house house;
static struct am_vault *vaults[1];
static unsigned turns;

static const char *const mails[] = {
	"From: a@b\r\nTo: c@d, \"E\" <e@f>\r\nSubject: one\r\nMessage-ID: <1@x>"
	"\r\nDate: Mon, 1 Mar 2021 10:00:00 +0100\r\n\r\nbody\r\n",
	"Subject: Re: one\nMessage-ID: <2@x>\nReferences: <1@x>\nContent-Type: "
	"multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n"
	"Content-Transfer-Encoding: base64\n\nPGI+eDwvYj4=\n--b\nContent-Type: "
	"message/rfc822\n\nSubject: in\n\ninner\n--b--\n",
	"no header",
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x\r\n",
};

static void need(int r)
{
	if (r)
		abort();
}

static void add(struct am_archive_edit *edit, const char *name,
                const char *text)
{
	const char *parts[] = {name};
	struct am_folder *folder;
	struct am_message *msg;
	struct am_split *split;
	uint32_t uid;

	need(am_folder_new(&folder, parts, 1, AM_ROLE_NONE, NULL));
	need(am_message_new(&msg, folder, NULL));
	need(am_blob_copy(&msg->raw, text, strlen(text), NULL));
	msg->origin = "";
	need(am_archive_edit_prepare(&split, msg, &ctx, NULL));
	need(am_archive_edit_add(edit, msg, split, &uid, NULL));
	am_archive_edit_unprepare(&split);
	am_message_free(&msg);
	am_folder_unref((const struct am_folder **)&folder);
}

static void begin_anew(void)
{
	struct am_vault_opts opts = {.path = path, .ctx = &ctx};
	struct am_archive_edit *edit;
	char *cache = g_strconcat(path, ".cache", NULL);

	am_vault_close(&vaults[0]);
	unlink(path);
	need(am_remove_tree(cache, NULL));
	g_free(cache);
	need(am_archive_edit_open(&edit, path, &ctx, NULL));
	for (size_t i = 0; i < AM_COUNT(mails); i++)
		add(edit, i % 3 == 2 ? "Other" : "INBOX", mails[i]);
	need(am_archive_edit_commit(edit, NULL));
	am_archive_edit_close(&edit);
	need(am_vault_open(&vaults[0], &opts, NULL));
	turns = 0;
}

static void clean_up(void)
{
	am_vault_close(&vaults[0]);
	(void)!am_remove_tree(dir, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(dir))
		abort();
	path = g_build_filename(dir, "a.mailark", NULL);
	ctx.tmpdir = dir;
	house = (struct am_house){.vaults = vaults,
	                          .n_vaults = 1,
	                          .ctx = &ctx,
	                          .name = "fuzz",
	                          .version = "0",
	                          .append_limit = 100000};
	need(am_users_one(&house.users, "me", "secret", NULL));
	begin_anew();
	atexit(clean_up);
	return 0;
}

struct client {
	int fd;
	const uint8_t *data;
	size_t len;
};

/* Says all of it, and listens meanwhile to whatever comes. */
static gpointer talk(gpointer user)
{
	struct client *c = user;
	char buf[4096];

	for (;;) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		if (c->len)
			p.events |= POLLOUT;
		poll(&p, 1, -1);
		if (p.revents & POLLOUT) {
			ssize_t n = send(c->fd, c->data, c->len,
			                 MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0)
				break;
			c->data += n;
			c->len -= (size_t)n;
			if (!c->len)
				shutdown(c->fd, SHUT_WR);
		}
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) &&
		    recv(c->fd, buf, sizeof buf, MSG_DONTWAIT) <= 0)
			break;
	}
	close(c->fd);
	return NULL;
}

static void poke(void *user)
{
	(void)user;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_conn *conn;
	int fds[2];

	if (len < 2)
		return 0;
	if (turns++ > TURNS)
		begin_anew();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		abort();
	need(am_conn_accept(&conn, fds[0], 5000, NULL, NULL));
	struct am_session_opts opts = {.house = &house,
	                               .conn = conn,
	                               .peer = "fuzzer",
	                               .loopback = true,
	                               .poke = poke};
	struct am_session *s = am_session_new(&opts);
	if (!(data[0] & 1)) {
		s->stage = AM_STAGE_IN;
		s->user = g_strdup("me");
	}
	if (data[0] & 4)
		s->condstore = s->qresync = s->utf8 = true;
	GString *all = g_string_new(data[0] & 3 ? "" : "s SELECT INBOX\r\n");
	g_string_append_len(all, (const char *)data + 1, (gssize)len - 1);
	struct client c = {fds[1], (const uint8_t *)all->str, all->len};
	GThread *thread = g_thread_new("client", talk, &c);
	while (am_session_run(s) == AM_SESSION_PARK)
		(void)!am_conn_wait(conn, 1000, NULL);
	am_session_free(&s);
	g_thread_join(thread);
	g_string_free(all, TRUE);
	return 0;
}
