/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark sign: keys and signatures of manifests, as minisign has them. */
#include "base/minisign.h"
#include "cmd/cmd.h"
#include "cmd/session.h"

#include <glib.h>

#include <stdio.h>

struct options {
	const char *new_key, *key, *pubkey;
	bool quiet;
};

static int make_key(const char *name, bool quiet, struct am_error *err)
{
	char *secret = g_strconcat(name, ".key", NULL);
	char *public_key = g_strconcat(name, ".pub", NULL);
	int r = am_minisign_generate(secret, public_key, err);

	if (!r && !quiet)
		printf("%s signs: keep it to yourself, it has no password\n"
		       "%s checks: give it to whoever is to check\n",
		       secret, public_key);
	g_free(secret);
	g_free(public_key);
	return r;
}

static int check(const char *pubkey, const char *file, bool quiet,
                 struct am_error *err)
{
	char *comment = NULL;
	int r = am_minisign_verify(pubkey, file, &comment, err);

	if (!r && !quiet)
		printf("%s: the signature holds (%s)\n", file, comment);
	g_free(comment);
	return r;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_error err = {0};
	int r;

	session_voice(s, o->quiet, false);
	if (!!o->new_key + !!o->key + !!o->pubkey != 1 || argc != !o->new_key)
		return session_usage(s, "--new NAME, or --key FILE or --pubkey "
		                        "KEY and a file");
	if (o->new_key)
		r = make_key(o->new_key, o->quiet, &err);
	else if (o->key)
		r = am_minisign_sign(o->key, argv[0], &err);
	else
		r = check(o->pubkey, argv[0], o->quiet, &err);
	if (!r)
		return EXIT_DONE;
	(void)session_error(s, NULL, &err);
	/* Asked whether it holds, no is an answer. */
	return o->pubkey && err.kind == AM_E_CORRUPT ? EXIT_SOME_FAILED
	                                             : EXIT_COULD_NOT;
}

static const struct opt table[] = {
	{0, "new", "NAME", "make a key: NAME.key to sign, NAME.pub to check",
         OPT_STRING, offsetof(struct options, new_key)},
	{0, "key", "FILE", "sign with it: FILE.minisig is written", OPT_STRING,
         offsetof(struct options, key)},
	{0, "pubkey", "KEY", "check the signature: a .pub file, or its text",
         OPT_STRING, offsetof(struct options, pubkey)},
	OPT_QUIET,
	{0},
};

const struct cmd cmd_sign = {
	.name = "sign",
	.usage = "[options] [FILE]",
	.summary = "Sign a manifest, or check its signature, as minisign does",
	.examples = "  mailark sign --new me\n"
		    "  mailark sign --key me.key proof.jsonl\n"
		    "  mailark sign --pubkey me.pub proof.jsonl\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
