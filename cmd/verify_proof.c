/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/verify_proof.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/lister.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "model/folder.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>

/* Of what does not hold, so many are named. */
#define NAMED 20

static const struct {
	const char *title, *what;
} kinds[AM_PROOF_KINDS] = {
	{"DKIM, ARC", "hash of the body"},
	{"S/MIME", "digest of the signed part, and the signature where the "
                   "certificate is in it"},
	{"PGP", "first 16 bits of the digest of the signed part"},
	{"Content-MD5", "digest of each part"},
};

struct proof {
	struct session *s;
	bool json;
	uint64_t messages;
	uint64_t n[AM_PROOF_KINDS][AM_PROOF_UNKNOWN + 1];
	uint64_t any, wrong, named;
};

static void name_wrong(struct proof *p, const struct lister_item *item)
{
	GString *what = g_string_new(NULL);

	for (unsigned i = 0; i < AM_PROOF_KINDS; i++)
		if (am_proof_get(&item->proof, i) == AM_PROOF_WRONG)
			g_string_append_printf(what, "%s%s",
			                       what->len ? ", " : "",
			                       kinds[i].title);
	char *folder = am_folder_print(item->msg->folder);
	char *subject = out_fit(
		item->overview.subject ? item->overview.subject : "", 60);
	session_say(p->s, "%s%s%s: %s does not hold: %s", folder,
	            *folder ? ": " : "",
	            item->msg->origin ? item->msg->origin : "?", what->str,
	            subject);
	g_free(subject);
	g_free(folder);
	g_string_free(what, TRUE);
}

/* One line for each message that proves something. */
static void write_message(const struct lister_item *item)
{
	struct am_json *json = am_json_new();
	char hex[AM_SHA256_HEX];

	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, item->msg->folder);
	out_json_text(json, "origin", item->msg->origin);
	am_hex(item->digest.raw, AM_SHA256_LEN, hex);
	out_json_text(json, "sha256", hex);
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++)
		if (am_proof_get(&item->proof, i) != AM_PROOF_NONE)
			out_json_text(
				json, am_proof_names[i],
				am_proof_word(am_proof_get(&item->proof, i)));
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

static int each(void *user, const struct lister_item *item,
                struct am_error *err)
{
	struct proof *p = user;
	bool any = false, wrong = false;

	(void)err;
	if (!item->msg)
		return AM_OK;
	p->messages++;
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		enum am_proof_verdict v = am_proof_get(&item->proof, i);
		p->n[i][v]++;
		any |= v != AM_PROOF_NONE;
		wrong |= v == AM_PROOF_WRONG;
	}
	p->any += any;
	p->wrong += wrong;
	if (any && p->json)
		write_message(item);
	else if (wrong && (p->s->verbose || p->named++ < NAMED))
		name_wrong(p, item);
	return AM_OK;
}

static void print(const struct proof *p)
{
	printf("of %" PRIu64 " messages %" PRIu64
	       " hold something by which their bytes can be checked\n",
	       p->messages, p->any);
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		const uint64_t *n = p->n[i];
		if (n[AM_PROOF_RIGHT] + n[AM_PROOF_WRONG] + n[AM_PROOF_UNKNOWN])
			printf("%-12s %8" PRIu64 " right %8" PRIu64
			       " wrong %8" PRIu64 " not checkable  (%s)\n",
			       kinds[i].title, n[AM_PROOF_RIGHT],
			       n[AM_PROOF_WRONG], n[AM_PROOF_UNKNOWN],
			       kinds[i].what);
	}
}

static void write_sums(const struct proof *p)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	am_json_key(json, "messages");
	am_json_uint(json, p->messages);
	am_json_key(json, "with_proof");
	am_json_uint(json, p->any);
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		am_json_key(json, am_proof_names[i]);
		am_json_open(json, '{');
		for (unsigned v = AM_PROOF_WRONG; v <= AM_PROOF_UNKNOWN; v++) {
			am_json_key(json,
			            am_proof_word((enum am_proof_verdict)v));
			am_json_uint(json, p->n[i][v]);
		}
		am_json_close(json, '}');
	}
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

int verify_proof(struct session *s, const char *place_name, bool as_json)
{
	struct proof p = {.s = s, .json = as_json};
	const struct lister lister = {.each = each,
	                              .user = &p,
	                              .overview = true,
	                              .proof = true,
	                              .phase = "proving"};
	struct am_place *place = session_place(s, place_name, NULL, false);
	int status = EXIT_COULD_NOT;

	session_catch_signals(s);
	s->subject = place_name;
	if (place && !lister_run(s, place, &lister)) {
		session_before_output(s);
		if (as_json)
			write_sums(&p);
		else if (!s->quiet)
			print(&p);
		status = s->n_errors ? EXIT_SOME_FAILED : EXIT_DONE;
	}
	if (p.wrong > NAMED && !s->verbose && !as_json)
		session_say(s, "%" PRIu64 " more do not hold; -v names them",
		            p.wrong - NAMED);
	session_sum_up(s);
	am_place_free(&place);
	return status;
}
