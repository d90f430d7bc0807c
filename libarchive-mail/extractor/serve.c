/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/serve.h"

#include "base/bytes.h"
#include "extract/protocol.h"
#include "extract/status.h"
#include "extractor/exit.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- bytes
 * --------------------------------------------------------------- */

static bool read_all(int fd, void *data, size_t len)
{
	uint8_t *at = data;

	while (len) {
		ssize_t n = read(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the reader
 * ---------------------------------------------------------- */

static _Noreturn void be_reader(const struct am_server *s, unsigned hint,
                                const uint8_t *data, size_t len, int out,
                                pid_t parent)
{
	uint8_t *pieces = NULL;
	size_t n = 0;
	struct am_sandbox_limits limits = s->limits;

	/* It goes when the server goes. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(AM_EXIT_NO_SANDBOX);
	if (out != AM_SANDBOX_OUT && dup2(out, AM_SANDBOX_OUT) < 0)
		_exit(AM_EXIT_NO_SANDBOX);
	close(STDIN_FILENO);
	/* The document is the process's own memory, too. */
	limits.memory += len;
	if (!am_sandbox_enter_reader(s->sandbox, &limits))
		_exit(AM_EXIT_NO_SANDBOX);
	uint8_t status = (uint8_t)s->reader(hint, data, len, &pieces, &n);
	if (!write_all(AM_SANDBOX_OUT, &status, 1) ||
	    !write_all(AM_SANDBOX_OUT, pieces, n))
		_exit(AM_EXIT_MEMORY);
	_exit(AM_EXIT_OK);
}

/* Everything it writes until it ends, or too much, or too late. */
static bool collect(int fd, int64_t until, GByteArray *out)
{
	uint8_t buf[65536];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (out->len <= AM_EXTRACT_PIECES_MAX) {
		int64_t left = until - now_ms();
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		g_byte_array_append(out, buf, (guint)n);
	}
	return true;
}

static unsigned judge(int status, bool in_time, const GByteArray *got)
{
	if (!in_time)
		return AM_EXTRACT_TIMEOUT;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGXCPU ? AM_EXTRACT_TIMEOUT
		       /* not ours: the kernel ran out */
		       : WTERMSIG(status) == SIGKILL && !got->len
		               ? AM_EXTRACT_MEMORY
		               : AM_EXTRACT_CRASH;
	switch (WEXITSTATUS(status)) {
	case AM_EXIT_OK:
		return got->len && got->data[0] < AM_EXTRACT_N_STATUS &&
		                       got->len <= AM_EXTRACT_PIECES_MAX
		               ? got->data[0]
		               : AM_EXTRACT_CRASH;
	case AM_EXIT_MEMORY:
		return AM_EXTRACT_MEMORY;
	case AM_EXIT_NO_SANDBOX:
		return AM_EXTRACT_SKIPPED;
	default:
		return AM_EXTRACT_CRASH;
	}
}

unsigned am_server_read(const struct am_server *s, unsigned hint,
                        const uint8_t *data, size_t len, uint8_t **pieces,
                        size_t *n)
{
	GByteArray *got = g_byte_array_new();
	pid_t self = getpid(), pid;
	unsigned result = AM_EXTRACT_SKIPPED;
	int fds[2], status = 0;

	*pieces = NULL;
	*n = 0;
	if (pipe2(fds, O_CLOEXEC)) {
		g_byte_array_unref(got);
		return result;
	}
	pid = fork();
	if (pid == 0)
		be_reader(s, hint, data, len, fds[1], self);
	close(fds[1]);
	if (pid > 0) {
		bool in_time = collect(fds[0], now_ms() + s->wall_ms, got);
		kill(pid, SIGKILL); /* nothing to one that has ended */
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		result = judge(status, in_time, got);
	}
	close(fds[0]);
	/* Of one that failed nothing is believed. */
	if (got->len > 1 && !am_extract_failed(result)) {
		*n = got->len - 1;
		*pieces = g_memdup2(got->data + 1, *n);
	} else if (got->len > 1 && WIFEXITED(status) && !WEXITSTATUS(status) &&
	           result == got->data[0]) {
		/* Unless it ended well, and says itself what was wrong. */
		*n = got->len - 1;
		*pieces = g_memdup2(got->data + 1, *n);
	}
	g_byte_array_unref(got);
	return result;
}

/* ---- the proof
 * ----------------------------------------------------------- */

static unsigned try_to_get_out(unsigned hint, const uint8_t *data, size_t len,
                               uint8_t **pieces, size_t *n)
{
	(void)hint;
	(void)data;
	(void)len;
	(void)pieces;
	(void)n;
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	int net = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 && net < 0 ? AM_EXTRACT_OK : AM_EXTRACT_DAMAGED;
}

bool am_server_prove(const struct am_server *server)
{
	struct am_server s = *server;
	uint8_t *pieces;
	size_t n;

	s.reader = try_to_get_out;
	unsigned status = am_server_read(&s, 0, NULL, 0, &pieces, &n);
	g_free(pieces);
	return status == AM_EXTRACT_OK;
}

/* ---- questions and answers
 * ----------------------------------------------- */

void am_server_hello(int fd, const char *why)
{
	uint8_t hello[AM_EXTRACT_HELLO_LEN];
	size_t len = why ? strlen(why) : 0;

	memcpy(hello, AM_EXTRACT_HELLO, 8);
	am_put_le32(hello + 8, AM_EXTRACT_VERSION);
	am_put_le16(hello + 12, (uint16_t)len);
	if (write_all(fd, hello, sizeof(hello)) && len)
		(void)!write_all(fd, why, len);
}

static bool answer(const struct am_server *s, int fd, unsigned hint,
                   uint8_t *data, size_t len)
{
	uint8_t head[AM_EXTRACT_GOT_LEN] = {0};
	uint8_t *pieces = NULL;
	size_t n = 0;
	unsigned status = am_server_read(s, hint, data, len, &pieces, &n);

	memcpy(head, AM_EXTRACT_GOT, 4);
	head[4] = (uint8_t)status;
	am_put_le32(head + 8, (uint32_t)n);
	bool good =
		write_all(fd, head, sizeof(head)) && write_all(fd, pieces, n);
	g_free(pieces);
	return good;
}

void am_server_run(const struct am_server *s, int fd)
{
	uint8_t head[AM_EXTRACT_ASK_LEN];
	bool good = true;

	while (good && read_all(fd, head, sizeof(head))) {
		struct am_cursor c = am_cursor(head + 8, 8);
		uint64_t len = am_get_le64(&c);
		if (memcmp(head, AM_EXTRACT_ASK, 4) != 0 ||
		    len > AM_EXTRACT_DOCUMENT_MAX)
			return;
		/* Mapped, so that it is gone at once when it is done. */
		uint8_t *data =
			mmap(NULL, (size_t)len + 1, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (data == MAP_FAILED)
			return;
		good = read_all(fd, data, (size_t)len) &&
		       answer(s, fd, head[4], data, (size_t)len);
		munmap(data, (size_t)len + 1);
	}
}
