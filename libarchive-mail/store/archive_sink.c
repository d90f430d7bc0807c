/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive as a sink: opening or making it, accessions, commits.
 */
#include "store/archive_sink.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "store/accession.h"
#include "store/in_place_impl.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct am_archive_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct am_archive_sink, base);
}

static int add_accession(struct am_archive_sink *s,
                         enum am_accession_state state, const char *json,
                         struct am_error *err)
{
	struct am_item_accession item = {
		.id = s->accession, .state = state, .json = json};

	int r = am_archive_writer_start(&s->writer, err);
	if (!r)
		r = am_catalog_add_accession(s->archive->catalog, &item, err);
	if (r)
		return AM_FATAL;
	am_items_add_accession(s->writer.items, &item);
	return am_archive_writer_turn(&s->writer, err);
}

struct search {
	GHashTable *found;
	const char *prefix;
};

static int is_of_source(void *user, const struct am_item_accession *a,
                        struct am_error *err)
{
	struct search *search = user;

	(void)err;
	if (a->state == AM_ACCESSION_BEGUN &&
	    am_accession_is_of(a->json, search->prefix)) {
		uint64_t *id = g_new(uint64_t, 1);
		*id = a->id;
		g_hash_table_add(search->found, id);
	}
	return AM_OK;
}

static int find_same_source(struct am_archive_sink *s, const char *source,
                            struct am_error *err)
{
	char *prefix = am_accession_prefix(source);

	s->same_source = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                       g_free, NULL);
	struct search search = {s->same_source, prefix};
	int r = am_catalog_accessions(s->archive->catalog, is_of_source,
	                              &search, err);
	g_free(prefix);
	return r ? AM_FATAL : AM_OK;
}

static int begin(struct am_sink *sink, const struct am_job_info *info,
                 struct am_error *err)
{
	struct am_archive_sink *s = sink_of(sink);
	struct am_catalog_counts counts;

	int r = am_catalog_counts(s->archive->catalog, &counts, err);
	if (r)
		return AM_FATAL;
	if (!s->same_source && !info->once)
		r = find_same_source(s, info->source, err);
	if (r)
		return r;
	s->accession = counts.max_accession + 1;
	s->gone_on = false;
	struct am_job_info told = *info;
	/* A path is no server: messages go by their origin there. */
	if (s->place)
		told.identity = NULL;
	g_free(s->identity);
	s->identity = g_strdup(told.identity);
	char *json = am_accession_begun(&told);
	r = add_accession(s, AM_ACCESSION_BEGUN, json, err);
	g_free(json);
	return r;
}

static int add_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	struct am_archive_sink *s = sink_of(sink);
	struct am_catalog_folder *row;
	int r = am_catalog_folder_at(s->archive->catalog, folder, &row, err);

	if (r)
		return r < 0 ? AM_FATAL : r;
	/* What was removed here stays so until something is put into it. */
	return row && row->removed
	               ? AM_OK
	               : am_archive_put_folder(s, folder, &row, err);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **out, struct am_error *err)
{
	const struct am_archive_sink *s =
		AM_CONTAINER((struct am_sink *)(uintptr_t)sink,
	                     struct am_archive_sink, base);
	struct am_limits limits =
		am_limits_or_default(sink->ctx ? &sink->ctx->limits : NULL);
	struct am_split *split;

	if (!msg->raw)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a message without its bytes");
	const uint8_t *hash = msg->hashed ? msg->hash : NULL;
	int r = s->place
	                ? am_split_facts(&split, msg->raw, hash, &limits, err)
	                : am_split_hashed(&split, msg->raw, hash, &limits, err);
	*out = split;
	return r;
}

static void discard(void *prepared)
{
	struct am_split *split = prepared;

	am_split_free(&split);
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	int r = AM_OK;

	/* A caller that has no workers may leave preparing to us. */
	if (!prepared)
		r = prepare(sink, msg, &prepared, err);
	struct am_archive_sink *s = sink_of(sink);
	if (!r && s->place)
		r = am_in_place_put(s->place, msg, prepared, outcome, err);
	else if (!r)
		r = am_archive_put_message(s, msg, prepared, outcome, err);
	discard(prepared);
	return r;
}

static int change(struct am_sink *sink, const char *source,
                  const struct am_change *what, struct am_error *err)
{
	return am_archive_change(sink_of(sink), source, what, err);
}

static int remember(struct am_sink *sink, const char *source,
                    const struct am_folder *folder, const char *cursor,
                    struct am_error *err)
{
	struct am_archive_sink *s = sink_of(sink);

	return s->place ? am_in_place_remember(s->place, cursor, err)
	                : am_archive_remember(s, source, folder, cursor, err);
}

static int finish(struct am_sink *sink, const struct am_ledger *ledger,
                  bool complete, struct am_error *err)
{
	struct am_archive_sink *s = sink_of(sink);

	s->writer.last = true;
	if (!s->accession)
		return AM_OK;
	int r = AM_OK;
	if (complete)
		r = s->place ? am_in_place_sweep(s->place, err)
		             : am_archive_tell_since(s, ledger, err);
	if (r)
		return r;
	char *json = am_accession_ended(ledger);
	r = add_accession(s,
	                  complete ? AM_ACCESSION_ENDED : AM_ACCESSION_BROKEN,
	                  json, err);
	g_free(json);
	return r;
}

static int commit(struct am_sink *sink, struct am_error *err)
{
	return am_archive_writer_commit(&sink_of(sink)->writer, err);
}

static void close_sink(struct am_sink *sink)
{
	struct am_archive_sink *s = sink_of(sink);

	am_in_place_free(&s->place);
	am_archive_memory_free(&s->base.memory);
	am_archive_writer_close(&s->writer);
	am_archive_close(&s->archive);
	if (s->same_source)
		g_hash_table_destroy(s->same_source);
	am_idset_free(&s->claimed);
	am_idset_free(&s->met);
	g_free(s->identity);
	am_arena_free(&s->arena);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.begin = begin,
	.folder = add_folder,
	.prepare = prepare,
	.put = put,
	.discard = discard,
	.change = change,
	.remember = remember,
	.finish = finish,
	.commit = commit,
	.close = close_sink,
};

/* ---- opening ---- */

static int read_options(const struct am_location *where,
                        struct am_log_options *out, bool *has_codec,
                        bool *has_level, struct am_error *err)
{
	const char *name =
		am_location_option(where, am_archive_options, "codec");
	const char *level =
		am_location_option(where, am_archive_options, "level");

	*out = (struct am_log_options){.codec = AM_CODEC_ZSTD};
	*has_codec = name != NULL;
	*has_level = level != NULL;
	int r = name ? am_codec_parse(&out->codec, name, err) : AM_OK;
	if (!r && level) {
		char *end;
		long n = strtol(level, &end, 10);
		if (*end || end == level || n < 1 || n > 22 ||
		    (out->codec == AM_CODEC_ZLIB && n > 9))
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "level is 1 to 9 (zlib) or 1 to 22 "
			               "(zstd), not \"%s\"",
			               level);
		out->level = (int)n;
	}
	if (!r)
		r = am_location_size(where, am_archive_options, "segment",
		                     &out->segment, err);
	return r;
}

/* "000000.seg.1a2b3c4d.tmp": a first segment that never got its name. */
static bool is_leftover(const char *name)
{
	return g_str_has_prefix(name, "000000.seg.") &&
	       g_str_has_suffix(name, ".tmp");
}

/* A folder that holds nothing, or only what a run left that was killed before
 * there was an archive; the latter goes. */
static int empty_folder(const char *path, bool *out, struct am_error *err)
{
	GPtrArray *leftovers = g_ptr_array_new_with_free_func(g_free);
	struct am_lock *lock = NULL;
	const char *name;
	int r = AM_OK;

	GDir *dir = g_dir_open(path, 0, NULL);
	if (!dir) {
		g_ptr_array_free(leftovers, TRUE);
		return am_fail(err, AM_FAILED, AM_E_IO, "%s: cannot be listed",
		               path);
	}
	*out = true;
	while ((name = g_dir_read_name(dir))) {
		*out &= is_leftover(name);
		g_ptr_array_add(leftovers, g_build_filename(path, name, NULL));
	}
	g_dir_close(dir);
	if (*out && leftovers->len) {
		size_t len = strlen(path);
		while (len > 1 && path[len - 1] == '/')
			len--;
		char *at = g_strdup_printf("%.*s.lock", (int)len, path);
		/* Somebody may be making it right now. */
		r = am_lock_take(&lock, at, g_get_prgname(), err);
		for (guint i = 0; i < leftovers->len && !r; i++)
			unlink(g_ptr_array_index(leftovers, i));
		am_lock_release(&lock);
		g_free(at);
	}
	g_ptr_array_free(leftovers, TRUE);
	return r;
}

/* Is there nothing yet, or an empty folder? */
static int is_new(const char *path, bool *out, struct am_error *err)
{
	struct stat st;

	*out = false;
	if (stat(path, &st)) {
		if (errno != ENOENT)
			return am_fail_sys(err, AM_FAILED, "%s", path);
		*out = true;
		return AM_OK;
	}
	return S_ISDIR(st.st_mode) ? empty_folder(path, out, err) : AM_OK;
}

static int open_archive(struct am_archive_sink *s,
                        const struct am_location *where, struct am_ctx *ctx,
                        struct am_error *err)
{
	struct am_log_options options;
	bool fresh, codec, level;

	int r = am_location_check(where, am_archive_options, "archive", err);
	if (!r && !where->path)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "an archive is a file or a folder, not a URL");
	if (!r)
		r = read_options(where, &options, &codec, &level, err);
	if (!r)
		r = is_new(where->path, &fresh, err);
	if (r)
		return r;
	if (fresh)
		return am_archive_create(&s->archive, where->path, &options,
		                         ctx, err);
	r = am_archive_open(&s->archive, where->path, true, ctx, err);
	if (!r)
		r = am_archive_needs_bytes(s->archive,
		                           "changed but by mailark "
		                           "index --in-place",
		                           err);
	if (!r && (codec || level))
		am_log_set_codec(s->archive->log,
		                 codec ? options.codec
		                       : am_log_codec(s->archive->log),
		                 options.level);
	return r;
}

static struct am_archive_sink *new_sink(struct am_ctx *ctx)
{
	struct am_archive_sink *s = g_new0(struct am_archive_sink, 1);

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.hashes = true;
	s->claimed = am_idset_new();
	s->met = am_idset_new();
	s->arena = am_arena_new();
	return s;
}

static int open_writer(struct am_archive_sink *s, struct am_error *err)
{
	int r = am_archive_writer_open(&s->writer, s->archive, err);

	s->first_new = s->writer.next.max_placement + 1;
	return r;
}

static int open_in_place(struct am_archive_sink *s, const char *path,
                         struct am_error *err)
{
	static const struct am_log_options options = {.codec = AM_CODEC_ZSTD,
	                                              .elsewhere = true};
	bool fresh;

	int r = is_new(path, &fresh, err);
	if (r || fresh)
		return r ? r
		         : am_archive_create(&s->archive, path, &options,
		                             s->base.ctx, err);
	r = am_archive_open(&s->archive, path, true, s->base.ctx, err);
	if (!r && !am_archive_is_elsewhere(s->archive))
		r = am_fail(
			err, AM_FAILED, AM_E_EXISTS,
			"%s: an archive that holds mail; mail in place needs "
			"a catalog of its own",
			path);
	return r;
}

int am_in_place_open(struct am_sink **out, const char *archive,
                     const char *path, const char *as, bool single,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive_sink *s = new_sink(ctx);

	*out = NULL;
	s->place = am_in_place_new(s, path, as, single);
	int r = open_in_place(s, archive, err);
	if (!r)
		r = open_writer(s, err);
	if (!r)
		r = find_same_source(s, path, err);
	if (!r)
		r = am_in_place_begin(s->place, err);
	if (r)
		close_sink(&s->base);
	else
		*out = &s->base;
	return r;
}

struct am_in_place *am_in_place_of(struct am_sink *sink)
{
	return sink_of(sink)->place;
}

int am_archive_open_sink(struct am_sink **out, const struct am_location *where,
                         struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive_sink *s = new_sink(ctx);

	*out = NULL;
	int r = open_archive(s, where, ctx, err);
	if (!r)
		r = open_writer(s, err);
	if (r) {
		close_sink(&s->base);
		return r;
	}
	/* Into a new catalog everything goes in one turn, and there is nothing
	 * to remember yet. */
	if (s->first_new > 1)
		s->base.memory = am_archive_memory_new(s->archive);
	*out = &s->base;
	return AM_OK;
}
