/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark verify: is the archive whole, and does it hold what it should? */
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/manifest.h"
#include "cmd/matching.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "cmd/verify_index.h"
#include "cmd/verify_proof.h"
#include "store/archive.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>

struct options {
	bool full, proof, json, quiet, verbose;
	const char *against, *from, *manifest, *pubkey;
};

static void write_result(struct am_json *json, const struct am_verify_result *v)
{
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{"records", v->records},
		{"commits", v->commits},
		{"messages", v->messages},
		{"blobs", v->blobs},
		{"bytes", v->bytes},
		{"damaged_records", v->damaged_records},
		{"damaged_messages", v->damaged_messages},
		{"damaged_blobs", v->damaged_blobs},
		{"catalog_differences", v->catalog_differences},
		{"void_bytes", v->void_bytes},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		am_json_key(json, rows[i].name);
		am_json_uint(json, rows[i].n);
	}
}

static void print_result(const struct am_verify_result *v, bool full, bool good)
{
	char records[OUT_ROOM], messages[OUT_ROOM], blobs[OUT_ROOM];
	char size[OUT_ROOM];

	out_count(v->records, records);
	out_count(v->messages, messages);
	out_count(v->blobs, blobs);
	out_size(v->bytes, size);
	printf("%s: %s records, %s messages, %s attachments, %s %s\n",
	       good ? "whole" : "DAMAGED", records, messages, blobs, size,
	       full ? "read and hashed" : "of structure checked");
	if (v->void_bytes) {
		out_size(v->void_bytes, size);
		printf("%s of interrupted runs, which count for nothing\n",
		       size);
	}
	if (!good)
		printf("damaged: %" PRIu64 " records, %" PRIu64
		       " messages, %" PRIu64 " attachments; the catalog "
		       "differs in %" PRIu64 " places\n",
		       v->damaged_records, v->damaged_messages,
		       v->damaged_blobs, v->catalog_differences);
}

/* The archive against the place it came from; in both directions. */
static int check_against(struct session *s, const struct options *o,
                         const char *archive, struct am_json *json)
{
	struct matching *m = NULL;
	int status = EXIT_COULD_NOT;

	struct am_place *there = session_place(s, o->against, o->from, false);
	struct am_place *here =
		there ? session_place(s, archive, NULL, false) : NULL;
	if (here && !matching_read(&m, s, here, archive, there, o->against)) {
		session_before_output(s);
		if (json)
			matching_json(m, json, "against");
		else if (!o->quiet)
			matching_print(m);
		/* More of one than the other is what was asked about; what
		 * differs in flags alone is not. */
		status = matching_bytes_equal(m) ? EXIT_DONE : EXIT_SOME_FAILED;
	}
	matching_free(&m);
	am_place_free(&here);
	am_place_free(&there);
	return status;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct am_verify_result result = {0};
	struct am_json *json = NULL;
	struct am_error err = {0};
	int status = EXIT_DONE;

	session_voice(s, o->quiet, o->verbose);
	if (o->pubkey && !o->manifest)
		return session_usage(s, "--pubkey is for --manifest");
	if (o->manifest) {
		if (argc != 1 || o->full || o->against)
			return session_usage(s, "--manifest is for one place, "
			                        "of whatever format");
		return manifest_check(s, o->manifest, o->pubkey, argv[0],
		                      o->json);
	}
	if (o->proof) {
		if (argc != 1 || o->full || o->against)
			return session_usage(s, "--proof is for one place, of "
			                        "whatever format");
		return verify_proof(s, argv[0], o->json);
	}
	const char *path = session_begin(s, argc, argv);
	if (!path)
		return EXIT_COULD_NOT;
	int r = am_archive_verify(path, o->full, &s->ctx, &result, &err);
	if (r) {
		session_error(s, argv[0], &err);
		status = r == AM_FAILED && result.records ? EXIT_SOME_FAILED
		                                          : EXIT_COULD_NOT;
	}
	session_before_output(s);
	if (o->json) {
		json = am_json_new();
		am_json_open(json, '{');
		am_json_key(json, "whole");
		am_json_bool(json, !r);
		am_json_key(json, "full");
		am_json_bool(json, o->full);
		out_json_text(json, "error",
		              status != EXIT_COULD_NOT     ? NULL
		              : err.kind == AM_E_CANCELLED ? "stopped"
		                                           : err.text);
		write_result(json, &result);
	} else if (!o->quiet && status != EXIT_COULD_NOT) {
		print_result(&result, o->full, !r);
	}
	if (status != EXIT_COULD_NOT) {
		int other = verify_index(s, argv[0], o->full, o->quiet, json);
		status = MAX(status, other);
	}
	if (o->against && status != EXIT_COULD_NOT) {
		int other = check_against(s, o, argv[0], json);
		status = MAX(status, other);
	}
	if (json) {
		am_json_close(json, '}');
		out_json_line(json);
	}
	am_json_free(&json);
	session_sum_up(s);
	return status;
}

static const struct opt table[] = {
	{0, "full", NULL, "rebuild and hash every message too", OPT_SWITCH,
         offsetof(struct options, full)},
	{0, "against", "LOCATION", "compare with this mail, both ways",
         OPT_STRING, offsetof(struct options, against)},
	{0, "from", "FORMAT", "what that location is, and its options",
         OPT_STRING, offsetof(struct options, from)},
	{0, "manifest", "FILE",
         "is all there that this says was put there? any format", OPT_STRING,
         offsetof(struct options, manifest)},
	{0, "pubkey", "KEY", "and that has this key's signature", OPT_STRING,
         offsetof(struct options, pubkey)},
	{0, "proof", NULL,
         "what the mail proves of itself: DKIM, S/MIME, PGP; any format",
         OPT_SWITCH, offsetof(struct options, proof)},
	{0, "json", NULL, "print the result as JSON", OPT_SWITCH,
         offsetof(struct options, json)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_verify = {
	.name = "verify",
	.usage = "[options] ARCHIVE",
	.summary = "Check an archive: its structure, every hash, or against "
		   "its source",
	.examples = "  mailark verify mail.mailark\n"
		    "  mailark verify --full mail.mailark\n"
		    "  mailark verify --against old.mbox mail.mailark\n"
		    "  mailark verify --proof mail.mailark\n"
		    "  mailark verify --manifest proof.jsonl Maildir/\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
