/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/manifest.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/json.h"
#include "base/time.h"
#include "cmd/manifest_target.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "model/message.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is known before the target is read; the rest waits in a file of lines,
 * each without its end. */
struct taken {
	struct am_digest digest;
	uint8_t proof;
};

struct manifest {
	struct session *s;
	char *path, *temp;
	int fd;      /* the file to be */
	FILE *lines; /* unlinked */
	GArray *taken;
};

int manifest_open(struct manifest **out, const char *path, struct session *s,
                  struct am_error *err)
{
	struct manifest *m = g_new0(struct manifest, 1);
	int fd = -1;

	m->s = s;
	m->fd = -1;
	m->path = g_strdup(path);
	m->taken = g_array_new(FALSE, FALSE, sizeof(struct taken));
	int r = am_file_replace_open(&m->fd, &m->temp, path, err);
	if (!r)
		r = am_file_temp(&fd, s->ctx.tmpdir, err);
	if (!r) {
		m->lines = fdopen(fd, "w+");
		if (!m->lines)
			r = am_fail_sys(err, AM_FATAL, "temporary file");
	}
	if (r)
		manifest_free(&m);
	else
		*out = m;
	return r;
}

void manifest_free(struct manifest **manifest)
{
	struct manifest *m = *manifest;

	*manifest = NULL;
	if (!m)
		return;
	am_file_replace_drop(&m->fd, &m->temp);
	if (m->lines)
		(void)fclose(m->lines);
	g_array_free(m->taken, TRUE);
	g_free(m->path);
	g_free(m);
}

static void write_hash(struct am_json *json, const char *key,
                       const uint8_t hash[AM_SHA256_LEN])
{
	char hex[AM_SHA256_HEX];

	am_hex(hash, AM_SHA256_LEN, hex);
	out_json_text(json, key, hex);
}

/* body_hash always, the others where there is something. */
static void write_proof(struct am_json *json, const char *before,
                        uint8_t packed)
{
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		enum am_proof_verdict v = manifest_verdict(packed, i);
		char *key = g_strconcat(before, am_proof_names[i], NULL);
		if (!i || v != AM_PROOF_NONE)
			out_json_text(json, key, am_proof_word(v));
		g_free(key);
	}
}

int manifest_add(struct manifest *m, const struct am_message *msg,
                 struct am_error *err)
{
	struct am_proof proof;
	struct taken taken;
	int r = am_digest_read(&taken.digest, msg->raw, err);

	if (r)
		return r;
	r = am_proof_read(&proof, msg->raw, &m->s->ctx.limits, err);
	if (r)
		return r;
	taken.proof = manifest_pack(&proof);
	struct am_json *json = am_json_new();
	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, msg->folder);
	out_json_text(json, "origin", msg->origin);
	am_json_key(json, "size");
	am_json_uint(json, am_blob_size(msg->raw));
	out_json_text(json, "exactness", am_exactness_name(msg->exactness));
	am_json_key(json, "incomplete");
	am_json_bool(json, msg->incomplete);
	write_hash(json, "sha256", taken.digest.raw);
	write_proof(json, "", taken.proof);
	size_t len;
	const char *text = am_json_text(json, &len);
	if (fwrite(text, 1, len, m->lines) != len ||
	    fputc('\n', m->lines) == EOF)
		r = am_fail_sys(err, AM_FATAL, "%s", m->path);
	g_array_append_val(m->taken, taken);
	am_json_free(&json);
	return r;
}

static int write_line(struct manifest *m, const char *before,
                      struct am_json *json, struct am_error *err)
{
	size_t len;
	const char *text = am_json_text(json, &len);
	char *line = g_strconcat(before, text, "\n", NULL);
	int r = am_write_all(m->fd, line, strlen(line), m->path, err);

	g_free(line);
	am_json_reset(json);
	return r;
}

struct sums {
	uint64_t identical, line_ends, absent;
	uint64_t right_in[AM_PROOF_KINDS], right_out[AM_PROOF_KINDS];
	/* Messages with some proof, and those that lost none of it. */
	uint64_t proved_in, proved_out;
};

static void count_proof(struct sums *sums, const struct taken *taken,
                        const struct manifest_found *found)
{
	bool any = false, all = true;

	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		if (manifest_verdict(taken->proof, i) != AM_PROOF_RIGHT)
			continue;
		bool still = found && manifest_verdict(found->proof, i) ==
		                              AM_PROOF_RIGHT;
		sums->right_in[i]++;
		sums->right_out[i] += still;
		any = true;
		all &= still;
	}
	sums->proved_in += any;
	sums->proved_out += any && all;
}

/* The second half of a line: what became of it. */
static int end_line(struct manifest *m, const struct manifest_target *target,
                    const char *begun, const struct taken *taken,
                    struct sums *sums, struct am_json *json,
                    struct am_error *err)
{
	const struct manifest_found *found = manifest_target_find(
		target, taken->digest.raw, taken->digest.lf);
	bool same = found && !memcmp(found->digest.raw, taken->digest.raw,
	                             AM_SHA256_LEN);

	sums->identical += same;
	sums->line_ends += found && !same;
	sums->absent += !found;
	count_proof(sums, taken, found);
	am_json_open(json, '{');
	out_json_text(json, "class",
	              same    ? "identical"
	              : found ? "line-ends"
	                      : "absent");
	if (found) {
		write_hash(json, "output", found->digest.raw);
		write_proof(json, "output_", found->proof);
	}
	am_json_close(json, '}');
	/* One object of the two halves. */
	size_t len;
	const char *text = am_json_text(json, &len);
	char *line = g_strdup_printf("%s,%s\n", begun, text + 1);
	int r = am_write_all(m->fd, line, strlen(line), m->path, err);
	g_free(line);
	am_json_reset(json);
	return r;
}

static int write_head(struct manifest *m, const char *target_name,
                      int64_t started, struct am_json *json,
                      struct am_error *err)
{
	const struct am_when when = {.sec = started, .known = true};

	am_json_open(json, '{');
	am_json_key(json, "manifest");
	am_json_uint(json, 1);
	out_json_text(json, "program", "mailark " AM_VERSION);
	out_json_text(json, "command", m->s->line);
	out_json_text(json, "target", target_name);
	out_json_when(json, "started", &when);
	am_json_close(json, '}');
	return write_line(m, "", json, err);
}

static int write_sums(struct manifest *m, const struct sums *sums,
                      struct am_json *json, struct am_error *err)
{
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {{"messages", m->taken->len},
	            {"identical", sums->identical},
	            {"line_ends", sums->line_ends},
	            {"absent", sums->absent}};

	am_json_open(json, '{');
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		am_json_key(json, rows[i].name);
		am_json_uint(json, rows[i].n);
	}
	for (unsigned i = 0; i < AM_PROOF_KINDS; i++) {
		char *key = g_strconcat(am_proof_names[i], "_right", NULL);
		char *out = g_strconcat("output_", key, NULL);
		am_json_key(json, key);
		am_json_uint(json, sums->right_in[i]);
		am_json_key(json, out);
		am_json_uint(json, sums->right_out[i]);
		g_free(out);
		g_free(key);
	}
	am_json_close(json, '}');
	return write_line(m, "", json, err);
}

int manifest_finish(struct manifest *m, const struct am_place *target,
                    const char *target_name, int64_t started, uint64_t *absent,
                    struct am_error *err)
{
	struct manifest_target *found = NULL;
	struct am_json *json = am_json_new();
	struct sums sums = {0};
	char *line = NULL;
	size_t room = 0;
	guint i = 0;
	ssize_t n;
	int r = manifest_target_read(&found, m->s, target);

	if (r)
		r = am_fail(err, r, AM_E_IO,
		            "the target could not be read "
		            "again, so nothing is proven");
	if (!r)
		r = write_head(m, target_name, started, json, err);
	rewind(m->lines);
	while (!r && (n = getline(&line, &room, m->lines)) > 0 &&
	       i < m->taken->len) {
		line[n - 1] = 0;
		r = end_line(m, found, line,
		             &g_array_index(m->taken, struct taken, i++), &sums,
		             json, err);
	}
	if (!r && i != m->taken->len)
		r = am_fail_sys(err, AM_FATAL, "%s", m->path);
	if (!r)
		r = write_sums(m, &sums, json, err);
	if (!r)
		r = am_file_replace_commit(&m->fd, &m->temp, m->path, err);
	if (!r)
		session_say(m->s,
		            "proven: of %u messages %" PRIu64
		            " are there byte for byte, %" PRIu64
		            " but for line ends, %" PRIu64
		            " are not; of %" PRIu64
		            " that their signatures proved, %" PRIu64
		            " are proved there",
		            m->taken->len, sums.identical, sums.line_ends,
		            sums.absent, sums.proved_in, sums.proved_out);
	*absent = sums.absent;
	free(line);
	am_json_free(&json);
	manifest_target_free(&found);
	return r;
}
