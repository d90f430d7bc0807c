/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening, handles for reading, messages.
 *
 * A handle sees the moment it was opened.  That does not matter for a message,
 * which never changes, so a handle that is behind is lent on; it goes when what
 * was asked for came later, or when it is long behind and only holds up the
 * catalog's own tidying.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "base/reader.h"
#include "serve/vault_impl.h"
#include "store/archive.h"
#include "store/archive_spots.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BEHIND_MOST = 64, /* moments */
	FILE_FROM = 2000,
	TRAITS_MOST = 500000, /* 250 MB */
	KEEP_FROM = 256 * 1024,
	KEEP_MOST = 64 * 1024 * 1024,
	PIECE = 64 * 1024
};

/* ---- handles ---- */

static void free_lent(struct am_lent *lent)
{
	am_archive_close(&lent->archive);
	g_free(lent);
}

static int open_reader(struct am_vault *v, uint64_t moment,
                       struct am_archive **out, struct am_error *err)
{
	int r = am_archive_open(out, v->path, false, v->ctx, err);

	if (!r && am_archive_is_elsewhere(*out)) {
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: a catalog of mail that lies elsewhere is not "
		            "served: mailark copy makes an archive of it",
		            v->path);
		am_archive_close(out);
	}
	g_mutex_lock(&v->readers_lock);
	if (r) {
		v->n_readers--;
		g_cond_signal(&v->readers_free);
	} else {
		struct am_lent *lent = g_new(struct am_lent, 1);
		*lent = (struct am_lent){*out, moment};
		g_hash_table_insert(v->out, *out, lent);
	}
	g_mutex_unlock(&v->readers_lock);
	return r;
}

static int lend(struct am_vault *v, bool fresh, struct am_archive **out,
                struct am_error *err)
{
	struct am_lent *lent;

	*out = NULL;
	g_mutex_lock(&v->readers_lock);
	for (;;) {
		lent = g_queue_pop_head(&v->readers);
		if (lent && fresh && lent->moment != v->moment) {
			v->n_readers--;
			free_lent(lent);
			continue;
		}
		if (lent || v->n_readers < v->max_readers)
			break;
		g_cond_wait(&v->readers_free, &v->readers_lock);
	}
	uint64_t moment = v->moment;
	if (lent) {
		*out = lent->archive;
		g_hash_table_insert(v->out, lent->archive, lent);
	} else {
		v->n_readers++;
	}
	g_mutex_unlock(&v->readers_lock);
	return lent ? AM_OK : open_reader(v, moment, out, err);
}

int am_vault_lend(struct am_vault *v, struct am_archive **out,
                  struct am_error *err)
{
	return lend(v, false, out, err);
}

int am_vault_lend_fresh(struct am_vault *v, struct am_archive **out,
                        struct am_error *err)
{
	return lend(v, true, out, err);
}

void am_vault_give_back(struct am_vault *v, struct am_archive **archive)
{
	g_mutex_lock(&v->readers_lock);
	struct am_lent *lent = g_hash_table_lookup(v->out, *archive);
	g_hash_table_remove(v->out, *archive);
	*archive = NULL;
	bool old = v->moment - lent->moment > BEHIND_MOST;
	if (old)
		v->n_readers--;
	else /* the one used last has the blocks of what comes next */
		g_queue_push_head(&v->readers, lent);
	g_cond_signal(&v->readers_free);
	g_mutex_unlock(&v->readers_lock);
	if (old)
		free_lent(lent);
}

void am_vault_new_moment(struct am_vault *v)
{
	GQueue old = G_QUEUE_INIT;

	g_mutex_lock(&v->readers_lock);
	v->moment++;
	for (GList *at = v->readers.head; at;) {
		GList *next = at->next;
		struct am_lent *lent = at->data;
		if (v->moment - lent->moment > BEHIND_MOST) {
			g_queue_delete_link(&v->readers, at);
			g_queue_push_tail(&old, lent);
			v->n_readers--;
		}
		at = next;
	}
	g_mutex_unlock(&v->readers_lock);
	struct am_lent *lent;
	while ((lent = g_queue_pop_head(&old)))
		free_lent(lent);
}

/* Idle handles that are behind by whatever: they keep the catalog's journal
 * from being put away. */
static void drop_idle(struct am_vault *v)
{
	GQueue old = G_QUEUE_INIT;
	struct am_lent *lent;

	g_mutex_lock(&v->readers_lock);
	for (GList *at = v->readers.head; at;) {
		GList *next = at->next;
		lent = at->data;
		if (lent->moment != v->moment) {
			g_queue_delete_link(&v->readers, at);
			g_queue_push_tail(&old, lent);
			v->n_readers--;
		}
		at = next;
	}
	g_mutex_unlock(&v->readers_lock);
	while ((lent = g_queue_pop_head(&old)))
		free_lent(lent);
}

/* ---- messages ---- */

/* A large message is asked for piece by piece. */
struct kept {
	int64_t message;
	struct am_blob *blob;
};

static void keep(struct am_vault *v, int64_t message, struct am_blob *blob)
{
	uint64_t size = am_blob_size(blob);

	if (size < KEEP_FROM || size > KEEP_MOST / 2)
		return;
	struct kept *k = g_new(struct kept, 1);
	*k = (struct kept){message, am_blob_ref(blob)};
	g_mutex_lock(&v->readers_lock);
	g_queue_push_head(&v->kept, k);
	v->kept_bytes += size;
	while (v->kept_bytes > KEEP_MOST) {
		k = g_queue_pop_tail(&v->kept);
		v->kept_bytes -= am_blob_size(k->blob);
		am_blob_unref(&k->blob);
		g_free(k);
	}
	g_mutex_unlock(&v->readers_lock);
}

static struct am_blob *find_kept(struct am_vault *v, int64_t message)
{
	struct am_blob *found = NULL;

	g_mutex_lock(&v->readers_lock);
	for (GList *at = v->kept.head; at && !found; at = at->next) {
		struct kept *k = at->data;
		if (k->message == message)
			found = am_blob_ref(k->blob);
	}
	g_mutex_unlock(&v->readers_lock);
	return found;
}

static bool has_bare_lf(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		if (at == data || at[-1] != '\r')
			return true;
		at++;
	}
	return false;
}

/* In memory, at once. */
static struct am_blob *convert_small(const uint8_t *data, size_t len)
{
	struct am_blob *blob = NULL;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += data[i] == '\n';
	uint8_t *out = g_malloc(len + n + 1), *to = out;
	const uint8_t *at = data, *end = data + len;
	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		size_t run = (size_t)((lf ? lf : end) - at);
		memcpy(to, at, run);
		to += run;
		if (!lf)
			break;
		if (lf == data || lf[-1] != '\r')
			*to++ = '\r';
		*to++ = '\n';
		at = lf + 1;
	}
	if (am_blob_take(&blob, out, (size_t)(to - out), NULL))
		return NULL;
	return blob;
}

static int convert_large(struct am_vault *v, struct am_blob *raw,
                         struct am_blob **out, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(v->ctx ? &v->ctx->limits : NULL);
	struct am_reader *in = NULL, *crlf = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;

	int r = am_blob_open(raw, &in, err);
	if (!r)
		r = am_reader_crlf(&crlf, in, err);
	if (!r)
		r = am_spool_open(&spool, limits.spool_memory,
		                  am_ctx_tmpdir(v->ctx), err);
	while (!r && !(r = am_reader_peek(crlf, PIECE, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(crlf, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	am_reader_close(&crlf);
	return r;
}

static int to_wire(struct am_vault *v, struct am_blob **blob,
                   struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(*blob);
	struct am_blob *wire = NULL;
	int r = AM_OK;

	if (bytes && !has_bare_lf(bytes, (size_t)am_blob_size(*blob)))
		return AM_OK;
	if (bytes)
		wire = convert_small(bytes, (size_t)am_blob_size(*blob));
	else
		r = convert_large(v, *blob, &wire, err);
	am_blob_unref(blob);
	*blob = wire;
	return r;
}

int am_vault_message(struct am_vault *v, int64_t message, struct am_blob **out,
                     struct am_error *err)
{
	struct am_archive *archive;
	struct am_error why = {0};

	*out = find_kept(v, message);
	if (*out)
		return AM_OK;
	int r = am_vault_lend(v, &archive, err);
	if (r)
		return r;
	r = am_archive_load(archive, message, out, &why);
	am_vault_give_back(v, &archive);
	if (r && why.kind == AM_E_NOTFOUND) {
		/* It may have come after the handle was opened. */
		r = am_vault_lend_fresh(v, &archive, err);
		if (r)
			return r;
		r = am_archive_load(archive, message, out, &why);
		am_vault_give_back(v, &archive);
	}
	if (r) {
		if (err)
			*err = why;
		return r;
	}
	r = to_wire(v, out, err);
	if (!r)
		keep(v, message, *out);
	return r;
}

/* ---- what others write ---- */

/* What the log's and the catalog's files look like from outside. */
static void look(const struct am_vault *v, uint8_t seen[64])
{
	static const char *const names[] = {"", ".cache/catalog.sqlite",
	                                    ".cache/catalog.sqlite-wal"};
	uint64_t facts[8] = {0};
	struct stat st;

	for (size_t i = 0; i < AM_COUNT(names); i++) {
		char *path = g_strconcat(v->path, names[i], NULL);
		if (!stat(path, &st)) {
			facts[i * 2] =
				(uint64_t)st.st_mtim.tv_sec * 1000000000 +
				(uint64_t)st.st_mtim.tv_nsec;
			facts[i * 2 + 1] = (uint64_t)st.st_size;
		}
		g_free(path);
	}
	memcpy(seen, facts, sizeof facts);
}

void am_vault_tick(struct am_vault *v)
{
	struct am_archive *archive;
	uint8_t seen[sizeof v->seen];

	look(v, seen);
	bool changed = memcmp(seen, v->seen, sizeof seen) != 0;
	memcpy(v->seen, seen, sizeof seen);
	if (v->virtuals) {
		bool look_again;
		changed |= am_virtuals_tick(v->virtuals, &look_again);
		if (look_again)
			am_vault_tell_virtual(v);
	}
	drop_idle(v);
	am_vault_save_shelves(v, false);
	am_vault_tidy(v);
	am_vault_tidy_traits(v);
	am_fact_table_tick(v->facts);
	if (!changed)
		return;
	am_vault_new_moment(v);
	if (am_vault_lend_fresh(v, &archive, NULL))
		return;
	if (am_vault_refresh(v, archive, NULL))
		memset(v->seen, 0, sizeof v->seen); /* again, next time */
	am_vault_give_back(v, &archive);
}

/* ---- the whole ---- */

int am_vault_open(struct am_vault **out, const struct am_vault_opts *opts,
                  struct am_error *err)
{
	struct am_vault *v = g_new0(struct am_vault, 1);
	struct am_archive *archive;

	v->path = g_strdup(opts->path);
	v->cache = g_strconcat(opts->path, ".cache", NULL);
	v->prefix = g_strdup(opts->prefix);
	v->read_only = opts->read_only;
	v->traits_most = opts->traits_most ? opts->traits_most : TRAITS_MOST;
	v->file_from = opts->file_from ? opts->file_from : FILE_FROM;
	v->ctx = opts->ctx;
	g_mutex_init(&v->lock);
	g_mutex_init(&v->traits_lock);
	g_mutex_init(&v->readers_lock);
	g_mutex_init(&v->write_lock);
	g_cond_init(&v->readers_free);
	g_cond_init(&v->write_more);
	g_cond_init(&v->write_done);
	g_queue_init(&v->readers);
	g_queue_init(&v->writes);
	g_queue_init(&v->kept);
	v->shelves = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                                   am_shelf_free);
	v->traits = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                                  am_traits_release);
	v->words = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free,
		(GDestroyNotify)(void (*)(void))g_strfreev);
	v->out = g_hash_table_new(NULL, NULL);
	v->changed = g_hash_table_new(NULL, NULL);
	v->max_readers = MAX(2, 2 * g_get_num_processors());
	look(v, v->seen);
	int r = am_vault_lend(v, &archive, err);
	if (!r) {
		v->id = am_archive_id(archive);
		r = am_archive_seq(archive, &v->seq, err);
		if (!r && opts->virtual)
			v->virtuals = am_virtuals_new(v, opts->searches,
			                              v->cache, v->id);
		if (!r)
			r = am_archive_moment(archive, v->at, err);
		if (!r)
			r = am_vault_read_boxes(v, archive, &v->boxes, err);
		am_vault_give_back(v, &archive);
	}
	if (!r)
		v->facts = am_fact_table_open(v->cache, v->id);
	if (!r)
		am_vault_heads_open(v);
	if (r)
		am_vault_close(&v);
	else
		am_vault_writer_start(v);
	*out = v;
	return r;
}

void am_vault_close(struct am_vault **vault)
{
	struct am_vault *v = *vault;
	struct am_lent *lent;
	struct kept *k;

	*vault = NULL;
	if (!v)
		return;
	am_vault_writer_stop(v);
	am_vault_save_shelves(v, true);
	while ((lent = g_queue_pop_head(&v->readers)))
		free_lent(lent);
	while ((k = g_queue_pop_head(&v->kept))) {
		am_blob_unref(&k->blob);
		g_free(k);
	}
	am_fact_table_close(&v->facts);
	am_head_table_close(&v->heads);
	am_head_table_close(&v->unkept);
	am_head_table_close(&v->fields);
	am_virtuals_free(&v->virtuals);
	am_boxes_unref(&v->boxes);
	g_hash_table_destroy(v->shelves);
	g_hash_table_destroy(v->traits);
	g_hash_table_destroy(v->words);
	g_hash_table_destroy(v->out);
	g_hash_table_destroy(v->changed);
	g_list_free(v->watches);
	g_mutex_clear(&v->lock);
	g_mutex_clear(&v->traits_lock);
	g_mutex_clear(&v->readers_lock);
	g_mutex_clear(&v->write_lock);
	g_cond_clear(&v->readers_free);
	g_cond_clear(&v->write_more);
	g_cond_clear(&v->write_done);
	g_free(v->prefix);
	g_free(v->path);
	g_free(v->cache);
	g_free(v);
}

bool am_vault_read_only(const struct am_vault *v)
{
	return v->read_only;
}

const char *am_vault_prefix(const struct am_vault *v)
{
	return v->prefix;
}

const char *am_vault_path(const struct am_vault *v)
{
	return v->path;
}
