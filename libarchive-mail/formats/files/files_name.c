/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/files/files_name.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "formats/blob_sum.h"
#include "mime/overview.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

int am_files_name_read(struct am_files_facts *out, const struct am_message *msg,
                       const struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_overview overview = {0};
	uint8_t digest[AM_SHA256_LEN];
	int r;

	memset(out, 0, sizeof(*out));
	r = am_blob_sum(digest, msg->raw, err);
	if (r)
		return r;
	out->arena = am_arena_new();
	am_hex(digest, sizeof(digest), out->sha256);
	/* A header that cannot be read makes a dull name, not a lost mail. */
	if (am_overview_read(&overview, msg->raw, NULL, &limits, out->arena,
	                     NULL))
		memset(&overview, 0, sizeof(overview));
	out->fields = (struct am_name_fields){
		.date = overview.date,
		.received = msg->received,
		.from = overview.from,
		.to = overview.to,
		.subject = overview.subject,
		.message_id = overview.message_id,
		.id8 = am_arena_strndup(out->arena, out->sha256, 8),
		.size = am_blob_size(msg->raw),
	};
	return AM_OK;
}

void am_files_name_clear(struct am_files_facts *facts)
{
	am_arena_free(&facts->arena);
	memset(&facts->fields, 0, sizeof(facts->fields));
}

struct am_files_names {
	GHashTable *hashes;
};

struct am_files_names *am_files_names_new(void)
{
	struct am_files_names *names = g_new0(struct am_files_names, 1);

	names->hashes = g_hash_table_new(g_direct_hash, g_direct_equal);
	return names;
}

void am_files_names_free(struct am_files_names **names)
{
	if (!*names)
		return;
	g_hash_table_unref((*names)->hashes);
	g_free(*names);
	*names = NULL;
}

bool am_files_names_take(struct am_files_names *names, const char *path)
{
	char *fold = g_utf8_casefold(path, -1);
	uint8_t digest[AM_SHA256_LEN];
	size_t key;

	am_sha256(fold, strlen(fold), digest);
	g_free(fold);
	memcpy(&key, digest, sizeof(key));
	return g_hash_table_add(names->hashes, GSIZE_TO_POINTER(key));
}

char *am_files_names_numbered(const char *path, unsigned n)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t stem = dot && dot > base ? (size_t)(dot - path) : strlen(path);

	return g_strdup_printf("%.*s-%u%s", (int)stem, path, n, path + stem);
}
