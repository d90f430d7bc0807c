/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/sandbox.h"

#include <glib.h>
#include <seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct am_sandbox {
	scmp_filter_ctx server;
	struct sock_fprog reader; /* compiled: loading it must not need more */
	uint64_t size, data;      /* of this process, in bytes */
};

/* What every program needs to compute and to end. */
static const int common[] = {
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getppid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(fstat),

	SCMP_SYS(close),
	SCMP_SYS(lseek),
	SCMP_SYS(getrlimit),
	SCMP_SYS(sched_getaffinity),
};
/* And what the server needs to have documents read. */
static const int server_only[] = {
	SCMP_SYS(read),      SCMP_SYS(write),           SCMP_SYS(poll),
	SCMP_SYS(ppoll),     SCMP_SYS(pipe2),           SCMP_SYS(dup2),
	SCMP_SYS(dup3),      SCMP_SYS(clone),           SCMP_SYS(clone3),
	SCMP_SYS(fork),      SCMP_SYS(wait4),           SCMP_SYS(kill),
	SCMP_SYS(prctl),     SCMP_SYS(seccomp),         SCMP_SYS(prlimit64),
	SCMP_SYS(setrlimit), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
};

static bool allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
		/* Not every processor has every call. */
		if (r && r != -EDOM && r != -EINVAL)
			return false;
	}
	return true;
}

/* Memory, but none that can be run. */
static bool allow_memory(scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

	for (size_t i = 0; i < AM_COUNT(calls); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
		                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)))
			return false;
	return true;
}

static scmp_filter_ctx make_filter(bool reader)
{
	static const int writes[] = {SCMP_SYS(write), SCMP_SYS(writev)};
	/* What is not allowed fails, and does not kill: a library that looks
	 * for a file of its own does without. */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool good = ctx && allow(ctx, common, AM_COUNT(common)) &&
	            allow_memory(ctx);

	if (good && !reader)
		good = allow(ctx, server_only, AM_COUNT(server_only));
	for (size_t i = 0; good && reader && i < AM_COUNT(writes); i++)
		good = !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, writes[i], 1,
		                         SCMP_A0(SCMP_CMP_EQ, AM_SANDBOX_OUT));
	if (good)
		return ctx;
	seccomp_release(ctx);
	return NULL;
}

static bool compile(scmp_filter_ctx ctx, struct sock_fprog *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	if (fd < 0)
		return false;
	bool good = !seccomp_export_bpf(ctx, fd);
	size = lseek(fd, 0, SEEK_END);
	good = good && size > 0 &&
	       size <= (off_t)(BPF_MAXINSNS * sizeof(struct sock_filter));
	if (good) {
		out->len = (unsigned short)((size_t)size /
		                            sizeof(struct sock_filter));
		out->filter = g_malloc((size_t)size);
		good = pread(fd, out->filter, (size_t)size, 0) == size;
	}
	close(fd);
	return good;
}

/* /proc/self/statm: size resident shared text 0 data, in pages. */
static void measure(struct am_sandbox *s)
{
	char buf[256] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), v[6] = {0};
	char *at = buf;

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; n > 0 && i < AM_COUNT(v); i++)
		v[i] = g_ascii_strtoull(at, &at, 10);
	/* Where there is no /proc, more than it is. */
	s->size = v[0] ? v[0] * page : (uint64_t)1 << 30;
	s->data = v[5] ? v[5] * page : (uint64_t)128 << 20;
}

struct am_sandbox *am_sandbox_new(const char **why)
{
	struct am_sandbox *s = g_new0(struct am_sandbox, 1);
	scmp_filter_ctx reader = make_filter(true);

	s->server = make_filter(false);
	measure(s);
	*why = NULL;
	if (!reader || !s->server || !compile(reader, &s->reader))
		*why = "no filter of system calls can be made";
	seccomp_release(reader);
	if (*why)
		am_sandbox_free(&s);
	return s;
}

void am_sandbox_free(struct am_sandbox **sandbox)
{
	struct am_sandbox *s = *sandbox;

	if (!s)
		return;
	if (s->server)
		seccomp_release(s->server);
	g_free(s->reader.filter);
	g_free(s);
	*sandbox = NULL;
}

bool am_sandbox_enter_server(struct am_sandbox *s)
{
	return !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) && !seccomp_load(s->server);
}

static bool limit(__rlimit_resource_t what, uint64_t soft, uint64_t hard)
{
	const struct rlimit l = {soft, hard};

	return setrlimit(what, &l) == 0;
}

bool am_sandbox_enter_reader(const struct am_sandbox *s,
                             const struct am_sandbox_limits *limits)
{
	bool good = limit(RLIMIT_CPU, limits->cpu_seconds,
	                  limits->cpu_seconds + 1) &&
	            limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_CORE, 0, 0) &&
	            limit(RLIMIT_NPROC, 0, 0);

/* The shadow memory of a sanitizer is larger than any limit. */
#if !defined(__SANITIZE_ADDRESS__)
	good = good &&
	       limit(RLIMIT_DATA, s->data + limits->memory,
	             s->data + limits->memory) &&
	       limit(RLIMIT_AS, s->size + limits->memory,
	             s->size + limits->memory);
#endif
	return good && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &s->reader, 0, 0);
}
