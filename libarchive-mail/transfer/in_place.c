/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of many messages is remembered as "SIZE MTIME LAST PROBE": where its
 * last message begins, and a hash of some of its bytes: the first, the last and
 * stretches between.  When it is longer later and these bytes are what they
 * were, only what follows LAST is read.
 */
#include "transfer/in_place.h"

#include "base/file.h"
#include "model/folder.h"
#include "store/in_place.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PIECE = 64 * 1024, PIECES = 16, TAIL = 1024 * 1024, YOUNG = 2 };

struct stamp {
	uint64_t size;
	int64_t sec, nsec;
	uint64_t last;
};

struct place_source {
	struct am_source base;
	struct am_source *inner;
	struct am_in_place *place;
	struct am_ctx ctx; /* what the inner one is opened with */
	bool single, again;
	const struct am_folder *root; /* for words that are of no folder */

	/* The file of many messages that is being read: */
	char *file; /* by its path in the location; NULL: none */
	struct stamp stamp;
	GPtrArray *done; /* cursors of files that were read */
	char *cursor;    /* the one that was given last */
	uint64_t already;
	bool over; /* the inner source is at its end */
	bool told; /* what was left out was counted */
};

static struct place_source *place_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct place_source, base);
}

/* ---- files ---- */

static bool look(const char *path, struct stamp *out)
{
	struct stat st;

	*out = (struct stamp){0};
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	*out = (struct stamp){.size = (uint64_t)st.st_size,
	                      .sec = st.st_mtim.tv_sec,
	                      .nsec = st.st_mtim.tv_nsec};
	return true;
}

/* Another write might leave it with the same time. */
static bool is_young(const struct stamp *s)
{
	return s->sec + YOUNG >= time(NULL);
}

static bool hash_piece(struct am_sha256 *sha, struct am_file *file, uint64_t at,
                       size_t len, uint8_t *buf)
{
	if (am_file_read_all(file, at, buf, len, NULL))
		return false;
	am_sha256_update(sha, buf, len);
	return true;
}

/* Of the first `size` bytes; g_free() it.  NULL: it cannot be read. */
static char *probe(const char *path, uint64_t size)
{
	uint8_t digest[AM_SHA256_LEN], *buf = NULL;
	char hex[2 * AM_SHA256_LEN + 1];
	struct am_file *file = NULL;
	bool good = !am_file_open(&file, path, NULL);
	struct am_sha256 *sha = am_sha256_new();
	size_t tail = size < TAIL ? (size_t)size : TAIL;

	if (good) {
		buf = g_malloc(TAIL);
		good = hash_piece(sha, file, size - tail, tail, buf);
	}
	for (uint64_t i = 0; good && size > TAIL && i < PIECES; i++)
		good = hash_piece(sha, file, (size - TAIL) / PIECES * i, PIECE,
		                  buf);
	am_sha256_final(sha, digest);
	am_sha256_free(&sha);
	am_file_unref(&file);
	g_free(buf);
	am_hex(digest, 8, hex);
	return good ? g_strdup(hex) : NULL;
}

/* A number and the character behind it. */
static bool take_number(const char **text, char behind, uint64_t *out)
{
	char *end;

	*out = g_ascii_strtoull(*text, &end, 10);
	bool good = end > *text && *end == behind;
	*text = good ? end + 1 : *text;
	return good;
}

static bool parse(const char *text, struct stamp *out, const char **probe_at)
{
	uint64_t sec, nsec;

	*out = (struct stamp){0};
	if (!text || !take_number(&text, ' ', &out->size) ||
	    !take_number(&text, '.', &sec) || !take_number(&text, ' ', &nsec) ||
	    !take_number(&text, ' ', &out->last))
		return false;
	out->sec = (int64_t)sec;
	out->nsec = (int64_t)nsec;
	*probe_at = text;
	return true;
}

/* Its path in the location, or NULL: it is not there but in a zip, say. */
static const char *name_in(const struct place_source *s, const char *path)
{
	const char *root = am_in_place_path(s->place);
	size_t len = strlen(root);

	if (s->single)
		return strcmp(path, root) ? NULL : "";
	if (strncmp(path, root, len) != 0)
		return NULL;
	if (root[len - 1] == '/')
		return path + len;
	return path[len] == '/' ? path + len + 1 : NULL;
}

/* The file before it, if there is one, was read to its end. */
static void end_file(struct place_source *s)
{
	if (!s->file)
		return;
	if (!is_young(&s->stamp)) {
		char *path =
			s->single ? g_strdup(am_in_place_path(s->place))
				  : g_build_filename(am_in_place_path(s->place),
		                                     s->file, NULL);
		char *bytes = probe(path, s->stamp.size);
		if (bytes)
			g_ptr_array_add(
				s->done,
				g_strdup_printf("%" PRIu64 " %" PRId64
			                        ".%09" PRId64 " %" PRIu64
			                        " %s\t%s",
			                        s->stamp.size, s->stamp.sec,
			                        s->stamp.nsec, s->stamp.last,
			                        bytes, s->file));
		g_free(bytes);
		g_free(path);
	}
	g_clear_pointer(&s->file, g_free);
}

/* am_ctx.reads */
static bool reads(void *user, const char *path, uint64_t *from)
{
	struct place_source *s = user;
	const char *name = name_in(s, path), *bytes = NULL;
	struct stamp before, now;
	bool grown = false;

	if (!name || !look(path, &now))
		return true;
	/* A single file was looked at before its source was opened. */
	if (s->single)
		g_clear_pointer(&s->file, g_free);
	end_file(s);
	bool known = !s->again &&
	             parse(am_in_place_before(s->place, name), &before, &bytes);
	bool same = known && before.size == now.size && before.sec == now.sec &&
	            before.nsec == now.nsec;
	if (known && !same && from && now.size > before.size) {
		char *then = probe(path, before.size);
		grown = !g_strcmp0(then, bytes);
		g_free(then);
	}
	am_in_place_file_met(s->place, name, same || grown);
	if (same)
		return false;
	s->file = g_strdup(name);
	s->stamp = now;
	if (grown) {
		*from = before.last;
		s->stamp.last = before.last;
	}
	return true;
}

/* ---- messages ---- */

static bool is_in_file(const struct place_source *s, const char *origin)
{
	size_t len = s->file ? strlen(s->file) : 0;

	return s->file && (s->single || (!strncmp(origin, s->file, len) &&
	                                 (origin[len] == ':' || !origin[len])));
}

static void note_last(struct place_source *s, const char *origin)
{
	const char *colon = strrchr(origin, ':');
	char *end;

	uint64_t at = colon ? g_ascii_strtoull(colon + 1, &end, 10) : 0;
	if (colon && !*end && end > colon + 1)
		s->stamp.last = at;
}

static enum am_in_place_by how(struct place_source *s, struct am_message *msg)
{
	struct stamp now;
	char text[64];

	if (is_in_file(s, msg->origin))
		note_last(s, msg->origin);
	if (s->again || s->single || msg->raw || is_in_file(s, msg->origin))
		return AM_BY_BYTES;
	if (msg->fixed)
		return AM_BY_NAME;
	char *path =
		g_build_filename(am_in_place_path(s->place), msg->origin, NULL);
	bool file = look(path, &now);
	g_free(path);
	if (!file)
		return AM_BY_BYTES;
	if (is_young(&now))
		return AM_BY_BYTES;
	g_snprintf(text, sizeof text, "%" PRIu64 " %" PRId64 ".%09" PRId64,
	           now.size, now.sec, now.nsec);
	am_message_add_prop(msg, AM_PROP_STAMP, text, strlen(text));
	return AM_BY_STAMP;
}

static int take_message(struct place_source *s, struct am_item *out)
{
	if (!am_in_place_knows(s->place, out->message, how(s, out->message)))
		return AM_OK;
	s->already++;
	am_message_free(&out->message);
	return AM_END;
}

static void give_cursor(struct place_source *s, struct am_item *out,
                        char *cursor)
{
	g_free(s->cursor);
	s->cursor = cursor;
	*out = (struct am_item){
		.folder = s->root, .cursor = cursor, .already = s->already};
	s->already = 0;
}

/* "123", "0x200024": a message in a file of many. */
static bool is_number(const char *text)
{
	bool hex = !strncmp(text, "0x", 2);
	const char *digits = hex ? text + 2 : text;

	return *digits &&
	       !digits[strspn(digits, hex ? "0123456789abcdef" : "0123456789")];
}

static bool is_there(const struct place_source *s, const char *name)
{
	struct stat st;
	char *path = g_build_filename(am_in_place_path(s->place), name, NULL);
	bool there = !stat(path, &st);

	g_free(path);
	return there;
}

/* Something was not to be read: one message, or a file or directory, or what
 * nobody can name; what is known in there stays known. */
static void spare(struct place_source *s, const char *origin)
{
	const char *colon = origin ? strrchr(origin, ':') : NULL;

	if (origin && is_number(colon ? colon + 1 : origin)) {
		am_in_place_spare(s->place, origin);
		return;
	}
	char *name = g_strdup(origin && !s->single ? origin : "");
	while (*name && !is_there(s, name)) {
		char *end = strrchr(name, ':');
		*(end ? end : name) = '\0';
	}
	am_in_place_spare(s->place, name);
	g_free(name);
}

static int next(struct am_source *src, struct am_item *out,
                struct am_error *err)
{
	struct place_source *s = place_of(src);

	for (;;) {
		if (s->done->len) {
			give_cursor(s, out,
			            g_ptr_array_steal_index(s->done, 0));
			return AM_OK;
		}
		if (s->over) {
			if (!s->told)
				s->already += am_in_place_left_out(s->place);
			s->told = true;
			if (!s->already)
				return AM_END;
			give_cursor(s, out, g_strdup(""));
			return AM_OK;
		}
		int r = am_source_next(s->inner, out, err);
		if (r == AM_END) {
			end_file(s);
			s->over = true;
			continue;
		}
		if (r == AM_FAILED)
			spare(s, out->origin);
		/* Where it stands is for a run that goes on, not for us. */
		if (!r && out->cursor)
			continue;
		if (r || !out->message || !take_message(s, out))
			return r;
	}
}

static int load(struct am_source *src, struct am_message *msg,
                struct am_error *err)
{
	struct place_source *s = place_of(src);
	uint64_t size = msg->size;
	char text[24];
	int r = am_source_load(s->inner, msg, err);

	if (r)
		am_in_place_spare(s->place, msg->origin);
	/* A file in a Maildir that is packed. */
	if (!r && msg->fixed && size != msg->size) {
		g_snprintf(text, sizeof text, "%" PRIu64, size);
		am_message_add_prop(msg, AM_PROP_STAMP, text, strlen(text));
	}
	return r;
}

static void close_source(struct am_source *src)
{
	struct place_source *s = place_of(src);

	am_source_close(&s->inner);
	am_folder_unref(&s->root);
	g_ptr_array_free(s->done, TRUE);
	g_free(s->cursor);
	g_free(s->file);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = next,
	.load = load,
	.close = close_source,
};

struct am_source *am_in_place_source_new(struct am_in_place *place, bool single,
                                         bool again, struct am_ctx *ctx)
{
	struct place_source *s = g_new0(struct place_source, 1);
	struct am_folder *root = NULL;

	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->base.identity = am_in_place_path(place);
	s->place = place;
	s->single = single;
	s->again = again;
	s->ctx = *ctx;
	s->ctx.reads = reads;
	s->ctx.reads_user = s;
	s->done = g_ptr_array_new_with_free_func(g_free);
	if (!am_folder_new(&root, NULL, 0, AM_ROLE_NONE, NULL))
		s->root = root;
	return &s->base;
}

struct am_ctx *am_in_place_source_ctx(struct am_source *src)
{
	return &place_of(src)->ctx;
}

bool am_in_place_source_same(struct am_source *src)
{
	struct place_source *s = place_of(src);

	s->over = s->single && !reads(s, am_in_place_path(s->place), NULL);
	return s->over;
}

void am_in_place_source_over(struct am_source *src, struct am_source *inner)
{
	struct place_source *s = place_of(src);

	s->inner = inner;
	src->total = inner->total;
	src->total_bytes = inner->total_bytes;
	src->brief = inner->brief;
	src->loads_anywhere = inner->loads_anywhere;
}
