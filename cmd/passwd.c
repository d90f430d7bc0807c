/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark passwd: who may log in to mailark serve. */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "serve/users.h"

#include <glib.h>
#include <openssl/crypto.h>

#include <stdio.h>
#include <string.h>

struct options {
	bool read_only, quiet;
};

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_error err = {0};
	char password[1024] = "";

	session_voice(s, o->quiet, false);
	if (argc != 2)
		return session_usage(s, "a file and a user are needed");
	char *prompt = g_strdup_printf("password for %s", argv[1]);
	int r = s->ctx.ask ? s->ctx.ask(s->ctx.user, prompt, password,
	                                sizeof password)
	                   : AM_FAILED;
	g_free(prompt);
	if (r || !*password) {
		r = am_fail(&err, AM_FAILED, AM_E_AUTH,
		            "no password: type one, or set MAILARK_PASSWORD");
	} else {
		r = am_users_set(argv[0], argv[1], password, o->read_only,
		                 &err);
	}
	OPENSSL_cleanse(password, sizeof password);
	if (r)
		return session_error(s, argv[0], &err);
	session_say(s, "%s: %s may log in%s", argv[0], argv[1],
	            o->read_only ? ", and change nothing" : "");
	return EXIT_DONE;
}

static const struct opt table[] = {
	{0, "read-only", NULL, "the user may look, and change nothing",
         OPT_SWITCH, offsetof(struct options, read_only)},
	OPT_QUIET,
	{0},
};

const struct cmd cmd_passwd = {
	.name = "passwd",
	.usage = "[options] FILE USER",
	.summary = "Set the password of somebody who may log in to serve",
	.examples = "  mailark passwd users alice\n"
		    "  mailark passwd --read-only users guest\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
