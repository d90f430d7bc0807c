/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/state.h"

#include "base/file.h"
#include "base/hash.h"

#include <glib.h>

#include <errno.h>
#include <string.h>

#define VERSION    7 /* orders know how words begin */
#define FIRST_LINE "mailark-index 7\n"
#define STATE_MAX  (256u * 1024 * 1024)

char *am_shard_path(const char *dir, const struct am_shard *shard)
{
	return g_strdup_printf("%s/s-%" PRIu32 "-%" PRIu32 ".xdb", dir,
	                       shard->first, shard->last);
}

void am_state_clear(struct am_state *state)
{
	g_free(state->shards);
	g_free(state->gone.ids);
	memset(state, 0, sizeof(*state));
}

void am_state_copy(struct am_state *to, const struct am_state *from)
{
	*to = *from;
	to->shards =
		g_memdup2(from->shards, from->n_shards * sizeof(*from->shards));
	to->gone.ids = g_memdup2(from->gone.ids,
	                         from->gone.n * sizeof(*from->gone.ids));
}

/* ---- writing ---------------------------------------------------------------
 */

static void print_gone(GString *out, const struct am_id_set *gone)
{
	for (size_t i = 0; i < gone->n;) {
		size_t k = i;
		while (k + 1 < gone->n && gone->ids[k + 1] == gone->ids[k] + 1)
			k++;
		g_string_append_printf(out, "gone %" PRIu32, gone->ids[i]);
		if (k > i)
			g_string_append_printf(out, "-%" PRIu32, gone->ids[k]);
		g_string_append_c(out, '\n');
		i = k + 1;
	}
}

int am_state_write(const struct am_state *state, const char *dir,
                   struct am_error *err)
{
	GString *out = g_string_new(FIRST_LINE);
	char *path = g_build_filename(dir, "state", NULL);

	g_string_append_printf(out, "archive %" PRIx64 "\n", state->archive);
	g_string_append_printf(out, "seq %" PRIu64 "\n", state->seq);
	g_string_append_printf(out, "last %" PRIu32 "\n", state->last);
	for (size_t i = 0; i < state->n_shards; i++)
		g_string_append_printf(
			out, "shard %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
			state->shards[i].first, state->shards[i].last,
			state->shards[i].documents);
	print_gone(out, &state->gone);
	g_string_append_printf(out, "crc %08" PRIx32 "\n",
	                       am_crc32(0, out->str, out->len));
	int r = am_file_replace(path, out->str, out->len, err);
	g_string_free(out, TRUE);
	g_free(path);
	return r;
}

/* ---- reading ---------------------------------------------------------------
 */

struct parse {
	const char *at;
	GArray *shards, *gone;
};

static bool number(struct parse *p, unsigned base, uint64_t max, uint64_t *out)
{
	char *end;

	if (!g_ascii_isxdigit(*p->at))
		return false;
	errno = 0;
	*out = g_ascii_strtoull(p->at, &end, base);
	if (errno || end == p->at || *out > max)
		return false;
	p->at = end;
	return true;
}

static bool word(struct parse *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

static bool parse_shard(struct parse *p)
{
	uint64_t first, last, documents, before = 0;
	struct am_shard s;

	if (!number(p, 10, UINT32_MAX, &first) || !word(p, " ") ||
	    !number(p, 10, UINT32_MAX, &last) || !word(p, " ") ||
	    !number(p, 10, UINT32_MAX, &documents) || !word(p, "\n"))
		return false;
	if (p->shards->len)
		before = g_array_index(p->shards, struct am_shard,
		                       p->shards->len - 1)
		                 .last;
	if (first <= before || last < first || documents > last - first + 1 ||
	    p->shards->len == AM_SHARDS_MAX)
		return false;
	s = (struct am_shard){(uint32_t)first, (uint32_t)last,
	                      (uint32_t)documents};
	g_array_append_val(p->shards, s);
	return true;
}

static bool parse_gone(struct parse *p, uint32_t newest)
{
	uint64_t from, to;
	uint32_t before = 0;

	if (!number(p, 10, newest, &from))
		return false;
	to = from;
	if (word(p, "-") && !number(p, 10, newest, &to))
		return false;
	if (p->gone->len)
		before = g_array_index(p->gone, uint32_t, p->gone->len - 1);
	if (from <= before || to < from || !word(p, "\n"))
		return false;
	for (uint32_t id = (uint32_t)from; id <= to; id++)
		g_array_append_val(p->gone, id);
	return true;
}

/* The checksum has been found good: what is wrong now is not by accident, but
 * nothing is believed that could hurt. */
static bool parse_lines(struct parse *p, struct am_state *out)
{
	uint64_t last;

	if (!word(p, FIRST_LINE "archive ") ||
	    !number(p, 16, UINT64_MAX, &out->archive) || !word(p, "\nseq ") ||
	    !number(p, 10, UINT64_MAX, &out->seq) || !word(p, "\nlast ") ||
	    !number(p, 10, UINT32_MAX - 1, &last) || !word(p, "\n"))
		return false;
	out->last = (uint32_t)last;
	while (word(p, "shard "))
		if (!parse_shard(p))
			return false;
	while (word(p, "gone "))
		if (!parse_gone(p, out->last))
			return false;
	return word(p, "crc ");
}

static int check(const char *text, size_t len, const char *path,
                 struct am_error *err)
{
	const char *crc = g_strrstr_len(text, (gssize)len, "\ncrc ");
	uint64_t version;
	char *end;

	if (!g_str_has_prefix(text, "mailark-index "))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: no state of an index: mailark index "
		               "--rebuild makes it anew",
		               path);
	version = g_ascii_strtoull(text + strlen("mailark-index "), &end, 10);
	if (*end == '\n' && version < VERSION)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: made by an earlier mailark: mailark index "
		               "makes it anew",
		               path);
	if (*end == '\n' && version > VERSION)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s: made by a newer mailark (index format "
		               "%" PRIu64
		               "): mailark index --rebuild makes it anew",
		               path, version);
	if (!crc || g_ascii_strtoull(crc + 5, NULL, 16) !=
	                    am_crc32(0, text, (size_t)(crc + 1 - text)))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the index is damaged: mailark index "
		               "--rebuild makes it anew",
		               path);
	return AM_OK;
}

static int load(char **text, size_t *len, const char *path,
                struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (r)
		return err && err->kind == AM_E_NOTFOUND ? AM_END : r;
	if (am_file_size(file) > STATE_MAX) {
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s: the index is damaged: mailark index --rebuild "
		            "makes it anew",
		            path);
	} else {
		*len = (size_t)am_file_size(file);
		*text = g_malloc0(*len + 1);
		r = am_file_read_all(file, 0, *text, *len, err);
	}
	am_file_unref(&file);
	return r;
}

int am_state_read(struct am_state *out, const char *dir, struct am_error *err)
{
	char *path = g_build_filename(dir, "state", NULL), *text = NULL;
	struct am_error own;
	size_t len = 0;

	memset(out, 0, sizeof(*out));
	int r = load(&text, &len, path, err ? err : &own);
	if (!r)
		r = check(text, len, path, err);
	if (!r) {
		struct parse p = {
			text,
			g_array_new(FALSE, FALSE, sizeof(struct am_shard)),
			g_array_new(FALSE, FALSE, sizeof(uint32_t))};
		if (!parse_lines(&p, out))
			r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
			            "%s: the index is damaged: mailark index "
			            "--rebuild makes it anew",
			            path);
		out->n_shards = p.shards->len;
		out->gone.n = p.gone->len;
		out->shards = (void *)g_array_free(p.shards, FALSE);
		out->gone.ids = (void *)g_array_free(p.gone, FALSE);
	}
	if (r)
		am_state_clear(out);
	g_free(text);
	g_free(path);
	return r;
}

/* ---- the rest --------------------------------------------------------------
 */

int am_state_sweep(const struct am_state *state, const char *dir,
                   struct am_error *err)
{
	GHashTable *live =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;
	int r = AM_OK;

	for (size_t i = 0; i < state->n_shards; i++)
		g_hash_table_add(live, am_shard_path(dir, &state->shards[i]));
	while (d && !r && (name = g_dir_read_name(d)) != NULL) {
		char *path = g_build_filename(dir, name, NULL);
		if (g_str_has_prefix(name, "s-") &&
		    g_str_has_suffix(name, ".xdb") &&
		    !g_hash_table_contains(live, path))
			r = am_remove_tree(path, err);
		g_free(path);
	}
	if (d)
		g_dir_close(d);
	g_hash_table_unref(live);
	return r;
}

void am_id_set_change(struct am_id_set *set, const uint32_t *add, size_t n_add,
                      const uint32_t *drop, size_t n_drop)
{
	uint32_t *out = g_new(uint32_t, set->n + n_add + 1);
	size_t n = 0, i = 0, a = 0, d = 0;

	while (i < set->n || a < n_add) {
		uint32_t id;
		if (a == n_add || (i < set->n && set->ids[i] <= add[a]))
			id = set->ids[i++];
		else
			id = add[a++];
		while (d < n_drop && drop[d] < id)
			d++;
		if ((d == n_drop || drop[d] != id) && (!n || out[n - 1] != id))
			out[n++] = id;
	}
	g_free(set->ids);
	set->ids = out;
	set->n = n;
}

bool am_id_set_has(const struct am_id_set *set, uint32_t id)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->n && set->ids[low] == id;
}
