/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/through.h"

#include "base/blob.h"
#include "base/file.h"
#include "model/message.h"
#include "model/source.h"
#include "transfer/registry.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

/* Sources that stay open; the longest line that stands before a message. */
enum { DOORS = 6, LINE_MOST = 4096, CHUNK = 256 * 1024 };

/* A file or Maildir that was opened to read from it. */
struct door {
	char *path, *as;
	struct am_source *src;
	struct am_ctx ctx; /* without a voice: all was told when it was read */
	bool fresh;        /* next() was not asked yet */
	uint64_t used;
};

struct am_elsewhere {
	struct door doors[DOORS];
	uint64_t clock;
	struct am_sha256 *sha;
	uint8_t *chunk;
};

/* What an origin leads to. */
struct way {
	char *path;         /* NULL: to nothing that is there */
	const char *as;     /* to open it with */
	const char *within; /* what the message is called in it; "": it is it */
	bool met;           /* a message of that name, with other bytes */
};

static void leave(struct door *d)
{
	am_source_close(&d->src);
	g_clear_pointer(&d->path, g_free);
	g_clear_pointer(&d->as, g_free);
}

static void through_close(struct am_elsewhere **state)
{
	struct am_elsewhere *s = *state;

	*state = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < DOORS; i++)
		leave(&s->doors[i]);
	am_sha256_free(&s->sha);
	g_free(s->chunk);
	g_free(s);
}

/* ---- the way there ---- */

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool is_maildir(const char *path)
{
	char *cur = g_build_filename(path, "cur", NULL);
	char *fresh = g_build_filename(path, "new", NULL);
	bool yes = g_file_test(cur, G_FILE_TEST_IS_DIR) ||
	           g_file_test(fresh, G_FILE_TEST_IS_DIR);

	g_free(cur);
	g_free(fresh);
	return yes;
}

/* "dir/x.mbox:123", "dir/x.zip:a.eml", "dir/12" or, of a Maildir, "dir/BASE".
 */
static struct way find_way(const struct am_address *at)
{
	struct way way = {.as = at->as, .within = ""};
	const char *slash = strrchr(at->origin, '/');

	if (is_file(at->location)) {
		way.path = g_strdup(at->location);
		way.within = at->origin;
		return way;
	}
	for (const char *c = strchr(at->origin, ':'); c;
	     c = strchr(c + 1, ':')) {
		char *name = g_strndup(at->origin, (gsize)(c - at->origin));
		way.path = g_build_filename(at->location, name, NULL);
		g_free(name);
		if (is_file(way.path)) {
			way.within = c + 1;
			return way;
		}
		g_clear_pointer(&way.path, g_free);
	}
	way.path = g_build_filename(at->location, at->origin, NULL);
	if (is_file(way.path))
		return way;
	g_free(way.path);
	way.path =
		slash ? g_strdup_printf("%s/%.*s", at->location,
	                                (int)(slash - at->origin), at->origin)
		      : g_strdup(at->location);
	way.as = "maildir";
	way.within = slash ? slash + 1 : at->origin;
	if (!is_maildir(way.path))
		g_clear_pointer(&way.path, g_free);
	return way;
}

/* ---- proof ---- */

/* AM_END: these are other bytes. */
static int prove(struct am_elsewhere *s, const struct am_address *at,
                 const struct am_blob *blob, struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(blob);
	uint8_t found[AM_SHA256_LEN];
	uint64_t done = 0;

	if (am_blob_size(blob) != at->size)
		return AM_END;
	if (bytes) {
		am_sha256(bytes, (size_t)at->size, found);
		return memcmp(found, at->hash, sizeof found) ? AM_END : AM_OK;
	}
	if (!s->sha)
		s->sha = am_sha256_new();
	if (!s->chunk)
		s->chunk = g_malloc(CHUNK);
	while (done < at->size) {
		size_t got;
		int r = am_blob_read(blob, done, s->chunk, CHUNK, &got, err);
		if (r || !got) {
			am_sha256_final(s->sha, found);
			return r ? r : AM_END;
		}
		am_sha256_update(s->sha, s->chunk, got);
		done += got;
	}
	am_sha256_final(s->sha, found);
	return memcmp(found, at->hash, sizeof found) ? AM_END : AM_OK;
}

/* ---- the file as it is ---- */

static int take_slice(struct am_elsewhere *s, const struct am_address *at,
                      struct am_file *file, uint64_t offset,
                      const struct am_limits *limits, struct am_blob **out,
                      struct am_error *err)
{
	int r;

	if (offset > am_file_size(file) ||
	    at->size > am_file_size(file) - offset)
		return AM_END;
	if (at->size <= limits->spool_memory) {
		uint8_t *data = g_malloc((size_t)at->size + 1);
		r = am_file_read_all(file, offset, data, (size_t)at->size, err);
		if (r) {
			g_free(data);
			return AM_END;
		}
		r = am_blob_take(out, data, (size_t)at->size, err);
	} else {
		r = am_blob_slice(out, file, offset, at->size, err);
	}
	if (!r)
		r = prove(s, at, *out, err);
	if (r)
		am_blob_unref(out);
	return r;
}

/* The message is the file, or what follows the line at an offset, as in an
 * mbox.  AM_END: it is not. */
static int read_plain(struct am_elsewhere *s, const struct am_address *at,
                      const struct way *way, const struct am_limits *limits,
                      struct am_blob **out, struct am_error *err)
{
	const char *colon = strrchr(way->within, ':');
	const char *digits = colon ? colon + 1 : way->within;
	char *end, line[LINE_MOST];
	struct am_file *file = NULL;
	uint64_t offset = g_ascii_strtoull(digits, &end, 10);
	size_t got;

	if (*end || (*way->within && end == digits))
		return AM_END;
	int r = am_file_open(&file, way->path, err);
	if (r)
		return AM_END;
	if (!*way->within) {
		r = am_file_size(file) == at->size
		            ? take_slice(s, at, file, 0, limits, out, err)
		            : AM_END;
		goto out;
	}
	r = am_file_read(file, offset, line, sizeof line, &got, err);
	const char *lf = r ? NULL : memchr(line, '\n', got);
	r = lf ? take_slice(s, at, file, offset + (uint64_t)(lf - line) + 1,
	                    limits, out, err)
	       : AM_END;
out:
	am_file_unref(&file);
	return r;
}

/* ---- by its source ---- */

static int open_door(struct door *d, struct am_error *err)
{
	struct am_place *place = NULL;
	int r = am_place_parse(&place, d->path, d->as, false, err);

	am_source_close(&d->src);
	d->fresh = true;
	if (!r)
		r = am_place_open_source(place, &d->src, &d->ctx, err);
	am_place_free(&place);
	return r;
}

static int find_door(struct am_elsewhere *s, const struct way *way,
                     struct am_ctx *ctx, struct door **out,
                     struct am_error *err)
{
	struct door *oldest = &s->doors[0];

	s->clock++;
	for (size_t i = 0; i < DOORS; i++) {
		struct door *d = &s->doors[i];
		if (d->src && !strcmp(d->path, way->path) &&
		    !strcmp(d->as, way->as)) {
			d->used = s->clock;
			*out = d;
			return AM_OK;
		}
		if (d->used < oldest->used)
			oldest = d;
	}
	leave(oldest);
	oldest->path = g_strdup(way->path);
	oldest->as = g_strdup(way->as);
	oldest->used = s->clock;
	oldest->ctx = (struct am_ctx){.limits = ctx->limits,
	                              .tmpdir = ctx->tmpdir,
	                              .cancel = ctx->cancel};
	*out = oldest;
	return open_door(oldest, err);
}

/* Alone, a file calls its messages by the end of what they are in a tree. */
static bool is_it(const char *origin, const char *here)
{
	size_t n = strlen(origin), len = here ? strlen(here) : 0;

	if (!len || len > n || strcmp(origin + n - len, here) != 0)
		return false;
	return len == n || origin[n - len - 1] == ':' ||
	       origin[n - len - 1] == '/';
}

/* AM_END: other bytes, or none.  Takes the message. */
static int take(struct am_elsewhere *s, const struct am_address *at,
                struct door *d, struct am_message *msg, bool *met,
                struct am_blob **out, struct am_error *err)
{
	int r = am_source_load(d->src, msg, err);

	*met |= !r;
	if (!r)
		r = prove(s, at, msg->raw, err);
	if (!r)
		*out = am_blob_ref(msg->raw);
	am_message_free(&msg);
	return r == AM_FAILED ? AM_END : r;
}

/* From where it stands to its end. */
static int walk(struct am_elsewhere *s, const struct am_address *at,
                struct way *way, struct door *d, struct am_blob **out,
                struct am_error *err)
{
	struct am_item item;
	int r;

	d->fresh = false;
	while ((r = am_source_next(d->src, &item, err)) != AM_END) {
		if (r == AM_FATAL)
			return am_ctx_cancelled(&d->ctx) ? r : AM_END;
		if (r || !item.message)
			continue;
		if (*way->within && !is_it(at->origin, item.message->origin)) {
			am_message_free(&item.message);
			continue;
		}
		r = take(s, at, d, item.message, &way->met, out, err);
		if (r != AM_END)
			return r;
	}
	return AM_END;
}

static int read_by_source(struct am_elsewhere *s, const struct am_address *at,
                          struct way *way, struct am_ctx *ctx,
                          struct am_blob **out, struct am_error *err)
{
	struct am_message *msg = NULL;
	struct door *d;
	int r = find_door(s, way, ctx, &d, err);

	if (r)
		return r == AM_FATAL && am_ctx_cancelled(ctx) ? r : AM_END;
	if (d->src->ops->find) {
		r = d->src->ops->find(d->src, way->within, &msg, err);
		d->fresh = false;
		if (!r)
			r = take(s, at, d, msg, &way->met, out, err);
		if (r == AM_OK || am_ctx_cancelled(ctx))
			return r;
		/* What has no order to be read in is not there. */
		if (!strcmp(way->as, "maildir"))
			return r == AM_FAILED ? AM_END : r;
	}
	bool fresh = d->fresh;
	r = walk(s, at, way, d, out, err);
	if (r == AM_END && !fresh && !open_door(d, err))
		r = walk(s, at, way, d, out, err);
	return r;
}

/* ---- */

static int through_read(struct am_elsewhere **state, struct am_ctx *ctx,
                        const struct am_address *at, struct am_blob **out,
                        struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(&ctx->limits);
	struct way way = find_way(at);
	struct am_error why = {0};
	struct stat st;
	int r = AM_END;

	*out = NULL;
	if (!*state)
		*state = g_new0(struct am_elsewhere, 1);
	if (way.path)
		r = read_plain(*state, at, &way, &limits, out, &why);
	if (way.path && r == AM_END)
		r = read_by_source(*state, at, &way, ctx, out, &why);
	if (r == AM_END && stat(at->location, &st))
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND, "%s is gone",
		            at->location);
	else if (r == AM_END && !way.met &&
	         (!way.path || !strcmp(way.as, "maildir")))
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "%s: %s is gone (mailark index --in-place looks "
		            "where it is now)",
		            at->location, at->origin);
	else if (r == AM_END)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s: %s has changed since it was indexed (mailark "
		            "index --in-place --again reads it)",
		            at->location, at->origin);
	else if (r && err)
		*err = why;
	g_free(way.path);
	return r;
}

const struct am_elsewhere_ops am_through_ops = {
	.read = through_read,
	.close = through_close,
};
