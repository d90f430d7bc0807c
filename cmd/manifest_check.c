/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/json.h"
#include "base/minisign.h"
#include "base/reader.h"
#include "cmd/cmd.h"
#include "cmd/manifest.h"
#include "cmd/manifest_target.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "transfer/registry.h"

#include <glib.h>
#include <jansson.h>

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES (1024 * 1024)
/* Of what is missing, how many are named. */
#define NAMED 20

struct check {
	struct session *s;
	const struct manifest_target *target;
	uint64_t lines, wanted, there, missing, lost, never;
	bool begun, ended;
};

static bool from_hex(const char *hex, uint8_t out[AM_SHA256_LEN])
{
	if (!hex || strlen(hex) != (size_t)2 * AM_SHA256_LEN)
		return false;
	for (size_t i = 0; i < AM_SHA256_LEN; i++) {
		int hi = g_ascii_xdigit_value(hex[2 * i]);
		int lo = g_ascii_xdigit_value(hex[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* Something that it proved then does not hold any more. */
static bool is_lost(const json_t *line, const struct manifest_found *found)
{
	bool lost = false;

	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		char *key = g_strconcat("output_", am_proof_names[i], NULL);
		const char *was = json_string_value(json_object_get(line, key));
		lost |= was && !strcmp(was, "right") &&
		        manifest_verdict(found->proof, i) != AM_PROOF_RIGHT;
		g_free(key);
	}
	return lost;
}

/* A line of a message: is what it became still there? */
static int check_message(struct check *c, json_t *line, struct am_error *err)
{
	const char *output = json_string_value(json_object_get(line, "output"));
	const char *origin = json_string_value(json_object_get(line, "origin"));
	uint8_t hash[AM_SHA256_LEN];

	if (!output) { /* it was not there then */
		c->never++;
		return AM_OK;
	}
	if (!from_hex(output, hash))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "line %" PRIu64 ": no SHA-256", c->lines);
	c->wanted++;
	const struct manifest_found *found =
		manifest_target_find(c->target, hash, hash);
	if (found && !memcmp(found->digest.raw, hash, AM_SHA256_LEN)) {
		c->there++;
		c->lost += is_lost(line, found);
		return AM_OK;
	}
	if (c->missing++ < NAMED)
		session_say(c->s, "missing: %s", origin ? origin : output);
	return AM_OK;
}

static int check_line(struct check *c, const char *text, size_t len,
                      struct am_error *err)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	int r = AM_OK;

	c->lines++;
	if (!json_is_object(line))
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "line %" PRIu64 " is no JSON", c->lines);
	else if (c->lines == 1)
		c->begun = json_integer_value(
				   json_object_get(line, "manifest")) == 1;
	else if (json_object_get(line, "sha256"))
		r = check_message(c, line, err);
	else
		c->ended = (uint64_t)json_integer_value(json_object_get(
				   line, "messages")) == c->wanted + c->never;
	json_decref(line);
	if (!r && !c->begun)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "no manifest of mailark's");
	return r;
}

static int read_lines(struct check *c, const char *path, struct am_error *err)
{
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	const uint8_t *text;
	size_t len;
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_reader_file(&reader, file, 0, am_file_size(file), err);
	while (!r) {
		r = am_reader_line(reader, LINE_MAX_BYTES, &text, &len, err);
		if (!r)
			r = check_line(c, (const char *)text, len, err);
	}
	am_reader_close(&reader);
	am_file_unref(&file);
	if (r == AM_END && !c->ended)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "it does not end as a manifest does");
	return r == AM_END ? AM_OK : r;
}

static void tell(const struct check *c, bool as_json)
{
	if (as_json) {
		struct am_json *json = am_json_new();
		const struct {
			const char *name;
			uint64_t n;
		} rows[] = {{"messages", c->wanted},
		            {"identical", c->there},
		            {"missing", c->missing},
		            {"proof_lost", c->lost},
		            {"absent_then", c->never}};
		am_json_open(json, '{');
		for (size_t i = 0; i < AM_COUNT(rows); i++) {
			am_json_key(json, rows[i].name);
			am_json_uint(json, rows[i].n);
		}
		am_json_close(json, '}');
		out_json_line(json);
		am_json_free(&json);
		return;
	}
	printf("%s: of %" PRIu64 " messages that were put there %" PRIu64
	       " are there byte for byte, %" PRIu64 " are missing\n",
	       c->missing ? "NOT WHOLE" : "whole", c->wanted, c->there,
	       c->missing);
	if (c->never)
		printf("%" PRIu64 " had not come through then\n", c->never);
}

/* Before anything it says is believed. */
static int check_signature(struct session *s, const char *path,
                           const char *pubkey, struct am_error *err)
{
	char *comment = NULL;

	if (!pubkey)
		return AM_OK;
	int r = am_minisign_verify(pubkey, path, &comment, err);
	if (!r)
		session_say(s, "%s: signed with this key: %s", path, comment);
	g_free(comment);
	return r;
}

int manifest_check(struct session *s, const char *path, const char *pubkey,
                   const char *place_name, bool json)
{
	struct check c = {.s = s};
	struct manifest_target *target = NULL;
	struct am_error err = {0};
	int status = EXIT_COULD_NOT;

	if (check_signature(s, path, pubkey, &err))
		return session_error(s, NULL, &err);
	struct am_place *place = session_place(s, place_name, NULL, false);
	session_catch_signals(s);
	s->subject = place_name;
	if (place && !manifest_target_read(&target, s, place)) {
		c.target = target;
		if (read_lines(&c, path, &err)) {
			session_error(s, path, &err);
		} else {
			session_before_output(s);
			if (!s->quiet || json)
				tell(&c, json);
			status = c.missing || c.lost || s->n_errors
			                 ? EXIT_SOME_FAILED
			                 : EXIT_DONE;
		}
	}
	session_sum_up(s);
	manifest_target_free(&target);
	am_place_free(&place);
	return status;
}
