/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long commands take, side by side:
 *
 *   command-clock ROUNDS [=N] COMMAND… [::: [=N] COMMAND…]… < words
 *
 * Each line of the input takes the place of "{}" in the commands, as one
 * argument.  They are run in turn, ROUNDS times, their output thrown away.
 * Prints for each line, separated by TABs, of each command the least
 * microseconds of processor time (its own and the kernel's for it) and the
 * least of the wall's, and then the line.  Starting a process by a shell or
 * time(1) would cost more than what is measured, and tell milliseconds only.
 *
 * A command that ends with another status than 0 ends it, for a refusal is
 * quicker than any answer.  "=N" in front of a command is a status of its own
 * for having found nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX  8
#define ARGUMENTS_MAX 64

extern char **environ;

struct command {
	char *argv[ARGUMENTS_MAX + 1];
	char *run[ARGUMENTS_MAX + 1]; /* with the line put in */
	int nothing; /* exit status when nothing is found, beside 0 */
	double cpu, wall;
};

static double wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_us(const struct rusage *use)
{
	return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) * 1e6 +
	       (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec);
}

/* "mailark search a.mailark word: exit status 2" */
static void tell(const struct command *c, int status)
{
	for (size_t i = 0; c->run[i]; i++)
		fprintf(stderr, "%s%s", i ? " " : "", c->run[i]);
	if (WIFEXITED(status))
		fprintf(stderr, ": exit status %d\n", WEXITSTATUS(status));
	else
		fprintf(stderr, ": killed by signal %d\n", WTERMSIG(status));
}

static bool run(struct command *c, const posix_spawn_file_actions_t *quiet)
{
	struct rusage use;
	double from = wall_us();
	pid_t pid;
	int status;
	int r = posix_spawnp(&pid, c->run[0], quiet, NULL, c->run, environ);

	if (r) {
		fprintf(stderr, "%s: %s\n", c->run[0], strerror(r));
		return false;
	}
	while (wait4(pid, &status, 0, &use) < 0)
		if (errno != EINTR)
			return false;
	double wall = wall_us() - from, cpu = cpu_us(&use);
	if (!WIFEXITED(status) ||
	    (WEXITSTATUS(status) && WEXITSTATUS(status) != c->nothing)) {
		tell(c, status);
		return false;
	}
	c->cpu = cpu < c->cpu ? cpu : c->cpu;
	c->wall = wall < c->wall ? wall : c->wall;
	return true;
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = {0};
	posix_spawn_file_actions_t quiet;
	size_t n = 0, k = 0;
	long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	char line[4096];

	for (int i = 2; i < argc; i++) {
		bool next = strcmp(argv[i], ":::") == 0;
		if (n == COMMANDS_MAX || k == ARGUMENTS_MAX) {
			fprintf(stderr, "command-clock: too many\n");
			return 2;
		}
		if (!next && !k && *argv[i] == '=')
			commands[n].nothing =
				(int)strtol(argv[i] + 1, NULL, 10);
		else if (!next)
			commands[n].argv[k++] = argv[i];
		if (k && (next || i + 1 == argc)) {
			n++;
			k = 0;
		}
	}
	if (rounds < 1 || !n) {
		fprintf(stderr, "usage: command-clock ROUNDS [=N] COMMAND… "
		                "[::: [=N] COMMAND…]… < words\n");
		return 2;
	}
	posix_spawn_file_actions_init(&quiet);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null",
		                                 fd ? O_WRONLY : O_RDONLY, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < n; i++) {
			struct command *c = &commands[i];
			c->cpu = c->wall = 1e18;
			for (k = 0; c->argv[k]; k++)
				c->run[k] = strcmp(c->argv[k], "{}") == 0
				                    ? line
				                    : c->argv[k];
		}
		for (long round = 0; round < rounds; round++)
			for (size_t i = 0; i < n; i++)
				if (!run(&commands[i], &quiet))
					return 1;
		for (size_t i = 0; i < n; i++)
			printf("%.0f\t%.0f\t", commands[i].cpu,
			       commands[i].wall);
		printf("%s\n", line);
		fflush(stdout);
	}
	return 0;
}
