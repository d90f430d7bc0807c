/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark compare: what is in one location and not in the other. */
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/matching.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "transfer/registry.h"

#include <glib.h>

struct options {
	const char *from, *to;
	bool json, strict, content, quiet, verbose;
};

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_place *a = NULL, *b = NULL;
	struct matching *m = NULL;
	int status = EXIT_COULD_NOT;

	session_voice(s, o->quiet, o->verbose);
	if (o->strict && o->content)
		return session_usage(s, "--strict or --content");
	if (argc != 2)
		return session_usage(s, "two locations are needed");
	a = session_place(s, argv[0], o->from, false);
	b = a ? session_place(s, argv[1], o->to, false) : NULL;
	if (b && !matching_read(&m, s, a, argv[0], b, argv[1])) {
		session_before_output(s);
		if (o->json) {
			struct am_json *json = am_json_new();
			am_json_open(json, '{');
			matching_json(m, json, NULL);
			am_json_close(json, '}');
			out_json_line(json);
			am_json_free(&json);
		} else if (!o->quiet) {
			matching_print(m);
		}
		bool equal = o->strict    ? matching_all_equal(m)
		             : o->content ? matching_content_equal(m)
		                          : matching_bytes_equal(m);
		status = equal && !s->n_errors ? EXIT_DONE : EXIT_SOME_FAILED;
	}
	matching_free(&m);
	am_place_free(&a);
	am_place_free(&b);
	session_sum_up(s);
	return status;
}

static const struct opt table[] = {
	{0, "from", "FORMAT", "what A is, and its options: imap,tls-ca=FILE",
         OPT_STRING, offsetof(struct options, from)},
	{0, "to", "FORMAT", "what B is, and its options", OPT_STRING,
         offsetof(struct options, to)},
	{0, "strict", NULL, "folders, flags and dates must agree too",
         OPT_SWITCH, offsetof(struct options, strict)},
	{0, "content", NULL,
         "mail that came by another road or in another form is equal too",
         OPT_SWITCH, offsetof(struct options, content)},
	{0, "json", NULL, "print the result as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	{'q', "quiet", NULL, "say nothing: the exit status tells", OPT_SWITCH,
         offsetof(struct options, quiet)},
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_compare = {
	.name = "compare",
	.usage = "[options] A B",
	.summary = "Show what mail is in one location and not in the other",
	.examples = "  mailark compare old.mbox mail.mailark\n"
		    "  mailark compare --content list.mbox account.mailark\n"
		    "  mailark compare imaps://me@mail.example mail.mailark\n"
		    "  mailark compare --json ~/Maildir backup/ | jq .only_a\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
