/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/worker.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extract/status.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program has its own clock for each document; this is for when it fails
 * itself. */
#define ANSWER_MS 120000
#define HELLO_MS  60000
#define WHY_MAX   200
#define CANCEL_MS 100 /* until it is seen */
#define CHUNK     (64u * 1024)

struct am_extract_worker {
	char *program;
	const int *cancelled;
	pid_t pid; /* 0: not running */
	int fd;
};

struct am_extract_worker *am_extract_worker_new(const char *program,
                                                const int *cancelled)
{
	struct am_extract_worker *w = g_new0(struct am_extract_worker, 1);

	w->program = g_strdup(program);
	w->cancelled = cancelled;
	w->fd = -1;
	return w;
}

static void stop(struct am_extract_worker *w)
{
	int status;

	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	if (w->pid) {
		kill(w->pid, SIGKILL);
		while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	w->pid = 0;
}

void am_extract_worker_free(struct am_extract_worker **worker)
{
	struct am_extract_worker *w = *worker;

	if (!w)
		return;
	stop(w);
	g_free(w->program);
	g_free(w);
	*worker = NULL;
}

/* ---- bytes, both ways, with a clock ---------------------------------------
 */

static int wait_for(const struct am_extract_worker *w, short what,
                    int64_t until)
{
	struct pollfd p = {.fd = w->fd, .events = what};

	for (;;) {
		int64_t left = until - g_get_monotonic_time() / 1000;
		int n = poll(&p, 1, (int)CLAMP(left, 0, CANCEL_MS));
		if (n > 0)
			return AM_OK;
		if ((n < 0 && errno != EINTR) || left <= 0 ||
		    g_atomic_int_get(w->cancelled))
			return AM_FAILED;
	}
}

static int send_all(const struct am_extract_worker *w, const void *data,
                    size_t len, int64_t until)
{
	const uint8_t *at = data;

	while (len) {
		ssize_t n = send(w->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (wait_for(w, POLLOUT, until))
				return AM_FAILED;
		} else {
			return AM_FAILED;
		}
	}
	return AM_OK;
}

static int receive_all(const struct am_extract_worker *w, void *data,
                       size_t len, int64_t until)
{
	uint8_t *at = data;

	while (len) {
		ssize_t n = recv(w->fd, at, len, MSG_DONTWAIT);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (wait_for(w, POLLIN, until))
				return AM_FAILED;
		} else {
			return AM_FAILED;
		}
	}
	return AM_OK;
}

/* ---- starting
 * ------------------------------------------------------------ */

/* Standard input is the socket; there is nothing else to write to. */
static int spawn(struct am_extract_worker *w, int socket)
{
	static char *const environment[] = {NULL};
	char *const argv[] = {w->program, NULL};
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, socket, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&acts, STDOUT_FILENO, "/dev/null",
	                                 O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&acts, STDERR_FILENO, "/dev/null",
	                                 O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	/* Ctrl-C is for us to see: a group of its own. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	                                        POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	r = posix_spawn(&w->pid, w->program, &acts, &attr, argv, environment);
	if (r)
		w->pid = 0;
	posix_spawn_file_actions_destroy(&acts);
	posix_spawnattr_destroy(&attr);
	return r;
}

static int hear_hello(struct am_extract_worker *w, struct am_error *err)
{
	int64_t until = g_get_monotonic_time() / 1000 + HELLO_MS;
	uint8_t hello[AM_EXTRACT_HELLO_LEN];
	struct am_cursor c = am_cursor(hello, sizeof(hello));
	char why[WHY_MAX + 1] = "";

	if (receive_all(w, hello, sizeof(hello), until) ||
	    memcmp(hello, AM_EXTRACT_HELLO, 8) != 0)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s does not start", w->program);
	(void)am_get_bytes(&c, 8);
	uint32_t version = am_get_le32(&c);
	size_t len = am_get_le16(&c);
	if (len && !receive_all(w, why, MIN(len, WHY_MAX), until))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s: %s",
		               w->program, why);
	if (len || version != AM_EXTRACT_VERSION)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s is of another version", w->program);
	return AM_OK;
}

static int start(struct am_extract_worker *w, struct am_error *err)
{
	int pair[2];
	int r;

	if (w->pid)
		return AM_OK;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return am_fail_sys(err, AM_FAILED, "socketpair");
	r = spawn(w, pair[1]);
	close(pair[1]);
	w->fd = pair[0];
	if (r) {
		errno = r;
		r = am_fail_sys(err, AM_FAILED, "%s", w->program);
	} else {
		r = hear_hello(w, err);
	}
	if (r)
		stop(w);
	return r;
}

/* ---- a question
 * ---------------------------------------------------------- */

static int send_document(struct am_extract_worker *w, unsigned hint,
                         const struct am_blob *blob, int64_t until)
{
	uint8_t head[AM_EXTRACT_ASK_LEN] = {0};
	uint64_t size = am_blob_size(blob), at = 0;
	const uint8_t *bytes = am_blob_bytes(blob);
	uint8_t *buf = NULL;
	int r;

	memcpy(head, AM_EXTRACT_ASK, 4);
	head[4] = (uint8_t)hint;
	am_put_le64(head + 8, size);
	r = send_all(w, head, sizeof(head), until);
	if (!r && bytes)
		return send_all(w, bytes, (size_t)size, until);
	buf = g_malloc(CHUNK);
	while (!r && at < size) {
		size_t got;
		r = am_blob_read(blob, at, buf, CHUNK, &got, NULL);
		if (!r && !got)
			r = AM_FAILED;
		if (!r)
			r = send_all(w, buf, got, until);
		at += got;
	}
	g_free(buf);
	return r;
}

static int receive_answer(struct am_extract_worker *w, unsigned *status,
                          uint8_t **pieces, size_t *len, int64_t until)
{
	uint8_t head[AM_EXTRACT_GOT_LEN];
	struct am_cursor c = am_cursor(head + 8, 4);

	if (receive_all(w, head, sizeof(head), until) ||
	    memcmp(head, AM_EXTRACT_GOT, 4) != 0)
		return AM_FAILED;
	*status = head[4];
	*len = am_get_le32(&c);
	if (*status >= AM_EXTRACT_N_STATUS || *len > AM_EXTRACT_PIECES_MAX)
		return AM_FAILED;
	*pieces = *len ? g_malloc(*len) : NULL;
	if (*len && (receive_all(w, *pieces, *len, until) ||
	             !am_pieces_valid(*pieces, *len)))
		return AM_FAILED;
	return AM_OK;
}

int am_extract_worker_ask(struct am_extract_worker *w, unsigned hint,
                          const struct am_blob *blob, unsigned *status,
                          uint8_t **pieces, size_t *len, struct am_error *err)
{
	int64_t until;
	int r = start(w, err);

	*pieces = NULL;
	*len = 0;
	*status = AM_EXTRACT_SKIPPED;
	if (r)
		return r;
	until = g_get_monotonic_time() / 1000 + ANSWER_MS;
	r = send_document(w, hint, blob, until);
	if (!r)
		r = receive_answer(w, status, pieces, len, until);
	if (!r)
		return AM_OK;
	/* It fell over what it should have survived; the next document has a
	 * new one. */
	*status = g_get_monotonic_time() / 1000 >= until ? AM_EXTRACT_TIMEOUT
	                                                 : AM_EXTRACT_CRASH;
	g_clear_pointer(pieces, g_free);
	*len = 0;
	stop(w);
	return AM_OK;
}
