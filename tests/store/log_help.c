/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log_help.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

char *logtest_dir(void)
{
	char *dir = g_build_filename(g_get_tmp_dir(), "am-log-XXXXXX", NULL);

	g_assert_nonnull(g_mkdtemp(dir));
	return dir;
}

void logtest_dir_remove(char **dir)
{
	(void)!am_remove_tree(*dir, NULL);
	g_free(*dir);
	*dir = NULL;
}

/* splitmix64 */
uint32_t logtest_next(struct logtest_random *random)
{
	uint64_t z = random->state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (uint32_t)(z >> 32);
}

uint32_t logtest_below(struct logtest_random *random, uint32_t below)
{
	return logtest_next(random) % below;
}

void logtest_fill(struct logtest_random *random, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)logtest_next(random);
}

/* ---- the index ---- */

static guint hash_key(const void *key)
{
	guint v;

	memcpy(&v, key, sizeof v);
	return v;
}

static gboolean same_key(const void *a, const void *b)
{
	return !memcmp(a, b, AM_SHA256_LEN);
}

static int find(GHashTable *table, const void *key, uint64_t *pos)
{
	const uint64_t *found = g_hash_table_lookup(table, key);

	if (!found)
		return AM_END;
	*pos = *found;
	return AM_OK;
}

static int find_block(void *user, uint64_t block, uint64_t *pos,
                      struct am_error *err)
{
	struct logtest_index *index = user;
	gint64 key = (gint64)block;

	(void)err;
	return find(index->blocks, &key, pos);
}

static int find_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                     uint64_t *pos, struct am_error *err)
{
	struct logtest_index *index = user;

	(void)err;
	return find(index->blobs, hash, pos);
}

static int add_block(void *user, uint64_t block, uint64_t pos,
                     struct am_error *err)
{
	struct logtest_index *index = user;

	(void)err;
	g_hash_table_insert(index->blocks, g_memdup2(&block, sizeof block),
	                    g_memdup2(&pos, sizeof pos));
	return AM_OK;
}

static int add_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                    uint64_t size, uint64_t pos, struct am_error *err)
{
	struct logtest_index *index = user;

	(void)size;
	(void)err;
	g_hash_table_insert(index->blobs, g_memdup2(hash, AM_SHA256_LEN),
	                    g_memdup2(&pos, sizeof pos));
	return AM_OK;
}

void logtest_index_init(struct logtest_index *index)
{
	index->index = (struct am_content_index){
		.user = index,
		.find_block = find_block,
		.find_blob = find_blob,
		.add_block = add_block,
		.add_blob = add_blob,
	};
	index->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                      g_free, g_free);
	index->blobs =
		g_hash_table_new_full(hash_key, same_key, g_free, g_free);
}

void logtest_index_clear(struct logtest_index *index)
{
	g_hash_table_destroy(index->blocks);
	g_hash_table_destroy(index->blobs);
}

/* ---- messages ---- */

struct maker {
	struct logtest_random *random;
	GByteArray *out;
	unsigned ends; /* 0 LF, 1 CRLF, 2 mixed */
};

static void add(struct maker *m, const char *s)
{
	g_byte_array_append(m->out, (const uint8_t *)s, (guint)strlen(s));
}

static void add_end(struct maker *m)
{
	bool crlf =
		m->ends == 1 || (m->ends == 2 && logtest_below(m->random, 2));

	add(m, crlf ? "\r\n" : "\n");
}

static void add_line(struct maker *m, const char *s)
{
	add(m, s);
	add_end(m);
}

static void add_base64(struct maker *m)
{
	static const unsigned lines[] = {76, 76, 76, 72, 64, 60, 4, 80, 998, 0};
	static const unsigned sizes[] = {0,    1,     255,   256,   257,
	                                 3000, 16384, 16390, 70000, 300000};
	size_t len = sizes[logtest_below(m->random, 10)];
	unsigned line = lines[logtest_below(m->random, 10)];
	uint8_t *data = g_malloc(len + 1);

	logtest_fill(m->random, data, len);
	char *text = g_base64_encode(data, len);
	size_t n = strlen(text);
	/* One in four is broken in some way. */
	if (n && !logtest_below(m->random, 4))
		text[logtest_below(m->random, (uint32_t)n)] =
			"=- \n\rA"[logtest_below(m->random, 6)];
	for (unsigned i = logtest_below(m->random, 8); i > 6; i--)
		add_end(m);
	for (size_t at = 0; at < n; at += line ? line : n) {
		size_t now = line && n - at > line ? line : n - at;
		if (at)
			add_end(m);
		g_byte_array_append(m->out, (const uint8_t *)text + at,
		                    (guint)now);
	}
	for (unsigned i = logtest_below(m->random, 3); i; i--)
		add_end(m);
	g_free(text);
	g_free(data);
}

static void add_text(struct maker *m)
{
	for (unsigned i = logtest_below(m->random, 40); i; i--) {
		char *line = g_strdup_printf("line %u of some text\r %u", i,
		                             logtest_next(m->random));
		add_line(m, line);
		g_free(line);
	}
}

static void add_binary(struct maker *m)
{
	size_t len = logtest_below(m->random, 200000);
	uint8_t *data = g_malloc(len + 1);

	logtest_fill(m->random, data, len);
	g_byte_array_append(m->out, data, (guint)len);
	g_free(data);
}

static void add_entity(struct maker *m, unsigned depth)
{
	char boundary[32];

	switch (logtest_below(m->random, depth < 4 ? 6 : 4)) {
	case 0:
		add_line(m, "Content-Type: text/plain");
		add_end(m);
		add_text(m);
		break;
	case 1:
		add_line(m, "Content-Type: text/html");
		add_line(m, "Content-Transfer-Encoding: base64");
		add_end(m);
		add_base64(m);
		break;
	case 2:
		add_line(m, "Content-Type: application/octet-stream");
		add_line(m, "Content-Transfer-Encoding: BASE64");
		add_end(m);
		add_base64(m);
		break;
	case 3:
		add_line(m, "Content-Type: application/octet-stream");
		add_line(m, "Content-Transfer-Encoding: binary");
		add_end(m);
		if (logtest_below(m->random, 4))
			add_text(m);
		else
			add_binary(m);
		break;
	case 4:
		add_line(m, "Content-Type: message/rfc822");
		add_end(m);
		add_line(m, "Subject: within");
		add_entity(m, depth + 1);
		break;
	default:
		g_snprintf(boundary, sizeof boundary, "b%u",
		           logtest_next(m->random));
		add(m, "Content-Type: multipart/mixed; boundary=");
		add_line(m, boundary);
		add_end(m);
		for (unsigned i = logtest_below(m->random, 5); i; i--) {
			add_end(m);
			add(m, "--");
			add_line(m, boundary);
			add_entity(m, depth + 1);
		}
		add_end(m);
		add(m, "--");
		add(m, boundary);
		add_line(m, "--");
	}
}

GByteArray *logtest_message(struct logtest_random *random)
{
	struct maker m = {random, g_byte_array_new(), 0};
	unsigned ends = logtest_below(random, 5);

	m.ends = ends < 2 ? 0 : ends < 4 ? 1 : 2;
	add_line(&m, "From: A <a@example.org>");
	add_line(&m, "Subject: random");
	add_line(&m, "MIME-Version: 1.0");
	add_entity(&m, 0);
	/* Some are cut off somewhere. */
	if (!logtest_below(random, 6) && m.out->len)
		g_byte_array_set_size(m.out, logtest_below(random, m.out->len));
	return m.out;
}
