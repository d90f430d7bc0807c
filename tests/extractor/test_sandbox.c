/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/status.h"
#include "extractor/serve.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Readers that are not what they should be: what a document would make of one
 * if it could.
 */

static struct am_server server_of(am_reader_fn *reader)
{
	const char *why;
	struct am_server s = {.reader = reader,
	                      .limits = {.cpu_seconds = 2, .memory = 64 << 20},
	                      .wall_ms = 60000};

	s.sandbox = am_sandbox_new(&why);
	cr_assert(s.sandbox, "%s", why);
	return s;
}

static unsigned ask(struct am_server *s, const char *doc, char **pieces)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	unsigned status = am_server_read(s, 7, (const uint8_t *)doc,
	                                 strlen(doc), &bytes, &n);

	if (pieces)
		*pieces = g_strndup(bytes ? (const char *)bytes : "", n);
	g_free(bytes);
	return status;
}

static unsigned echo(unsigned hint, const uint8_t *data, size_t len,
                     uint8_t **pieces, size_t *n)
{
	*pieces = g_memdup2(data, len);
	*n = len;
	return hint == 7 ? AM_EXTRACT_OK : AM_EXTRACT_DAMAGED;
}

Test(sandbox, a_reader_gets_the_document_and_gives_its_text)
{
	struct am_server s = server_of(echo);
	char *got;

	cr_expect_eq(ask(&s, "text", &got), AM_EXTRACT_OK);
	cr_expect_str_eq(got, "text");
	g_free(got);
	am_sandbox_free(&s.sandbox);
}

/* ---- out of it
 * ------------------------------------------------------------ */

static void put(GString *out, const char *what, bool worked)
{
	if (worked)
		g_string_append_printf(out, "%s ", what);
}

/* Every way out that there is; what worked is said. */
static unsigned escape(unsigned hint, const uint8_t *data, size_t len,
                       uint8_t **pieces, size_t *n)
{
	GString *out = g_string_new(NULL);
	static char *const argv[] = {NULL};
	const char *victim = g_strndup((const char *)data, len);
	struct stat st;

	(void)hint;
	put(out, "open", open("/etc/passwd", O_RDONLY) >= 0);
	put(out, "openat", openat(AT_FDCWD, ".", O_RDONLY) >= 0);
	put(out, "create", open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0);
	put(out, "memfd", syscall(SYS_memfd_create, "x", 0) >= 0);
	put(out, "unlink", unlink(victim) == 0);
	put(out, "mkdir", mkdir("/tmp/am-escaped", 0700) == 0);
	put(out, "readlink", readlink("/proc/self/exe", (char[9]){0}, 8) > 0);
	put(out, "access", access("/", R_OK) == 0);
	put(out, "chdir", chdir("/") == 0);
	put(out, "inet", socket(AF_INET, SOCK_STREAM, 0) >= 0);
	put(out, "inet6", socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
	put(out, "unix", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	put(out, "netlink", socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
	put(out, "pair", socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0}) == 0);
	put(out, "pipe", pipe((int[2]){0}) == 0);
	put(out, "exec", execve("/bin/true", argv, argv) == 0);
	put(out, "fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0);
	put(out, "kill", kill(getppid(), 0) == 0);
	put(out, "ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
	put(out, "stderr", write(2, "x", 1) > 0);
	put(out, "stdin", read(0, (char[1]){0}, 1) >= 0);
	put(out, "executable",
	    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	         -1, 0) != MAP_FAILED);
	put(out, "stat", stat("/", &st) == 0);
	*n = out->len;
	*pieces = (uint8_t *)g_string_free(out, FALSE);
	return AM_EXTRACT_OK;
}

Test(sandbox, nothing_gets_out_of_it)
{
	char path[] = "/tmp/am-sandbox-XXXXXX";
	int fd = mkstemp(path);
	struct am_server s = server_of(escape);
	char *got;

	cr_assert_geq(fd, 0);
	cr_expect_eq(ask(&s, path, &got), AM_EXTRACT_OK);
	cr_expect_str_eq(got, "", "%s", got);
	cr_expect_eq(access(path, F_OK), 0);
	g_free(got);
	/* And what that is worth: without the walls most of it works. */
	int status;
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		int out[2] = {open(path, O_RDONLY),
		              socket(AF_INET, SOCK_STREAM, 0)};
		_exit(out[0] >= 0 && out[1] >= 0 ? 0 : 1);
	}
	cr_expect_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	unlink(path);
	close(fd);
	am_sandbox_free(&s.sandbox);
}

Test(sandbox, it_is_proved_at_every_start)
{
	struct am_server s = server_of(echo);

	cr_expect(am_server_prove(&s));
	am_sandbox_free(&s.sandbox);
}

/* ---- limits
 * --------------------------------------------------------------- */

static unsigned misbehave(unsigned hint, const uint8_t *data, size_t len,
                          uint8_t **pieces, size_t *n)
{
	(void)hint;
	(void)len;
	*n = 0;
	*pieces = NULL;
	switch (*data) {
	case 's': /* spin */
		for (volatile uint64_t i = 0;; i = i + 1)
			;
	case 'w': /* wait */
		for (;;)
			syscall(SYS_futex, n, 0, *n, NULL, NULL, 0);
	case 'c': /* crash */
		__builtin_trap();
		break;
	case 'm': /* memory */
		for (size_t i = 0; i < 1 << 20; i++) {
			volatile char *p = malloc(1 << 20);
			if (!p)
				_exit(41);
			p[1] = 1;
		}
		break;
	case 'l': /* lie about the status */
		return 200;
	case 'f': /* flood */
		for (;;)
			if (write(AM_SANDBOX_OUT, "\1xxxxxxxxxxxxxxx", 16) < 0)
				_exit(0);
	case 'q': /* quit without a word */
		_exit(0);
	case 'e':
		_exit(3);
	default:
		break;
	}
	return AM_EXTRACT_OK;
}

Test(sandbox, what_goes_wrong_is_a_status)
{
	static const struct {
		const char *doc;
		unsigned status;
	} cases[] = {
		{"spin", AM_EXTRACT_TIMEOUT},
		{"crash", AM_EXTRACT_CRASH},
		{"lie", AM_EXTRACT_CRASH},
		{"flood", AM_EXTRACT_CRASH},
		{"quit", AM_EXTRACT_CRASH},
		{"exit", AM_EXTRACT_CRASH},
#if !defined(__SANITIZE_ADDRESS__)
		{"memory", AM_EXTRACT_MEMORY},
#endif
		{"orderly", AM_EXTRACT_OK},
	};
	struct am_server s = server_of(misbehave);

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_expect_eq(ask(&s, cases[i].doc, NULL), cases[i].status, "%s",
		             cases[i].doc);
	s.wall_ms = 50;
	cr_expect_eq(ask(&s, "wait", NULL), AM_EXTRACT_TIMEOUT);
	am_sandbox_free(&s.sandbox);
}
