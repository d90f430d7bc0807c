/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/emlx/emlx.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "formats/load_file.h"
#include "formats/received.h"
#include "mime/body_hash.h"
#include "model/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of what stands behind the message. */
#define PLIST_MAX (1024 * 1024)
/* Of a message whose signature is asked about what was put back. */
#define PROVE_MAX (64 * 1024 * 1024)

/* Bits of "flags", which has 64 of them. */
enum {
	BIT_READ = 0,
	BIT_DELETED = 1,
	BIT_ANSWERED = 2,
	BIT_FLAGGED = 4,
	BIT_DRAFT = 6,
	BIT_FORWARDED = 8,
	BIT_JUNK = 24,
	BIT_NOT_JUNK = 25
};

static bool named(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && *name != '.' &&
	       !g_ascii_strcasecmp(name + len - 5, ".emlx");
}

static bool owns(const char *name)
{
	size_t len = strlen(name);

	return named(name) ||
	       (len > 9 && !g_ascii_strcasecmp(name + len - 9, ".emlxpart"));
}

static bool is_emlx(const struct am_box_file *file)
{
	return named(file->name);
}

static bool has_emlx(const struct am_box_dir *dir)
{
	for (size_t i = 0; i < dir->n_names; i++)
		if (named(dir->names[i]))
			return true;
	return false;
}

struct emlx_box {
	struct am_open_box base;
	const struct am_box_place *place;
	char *dir;
	int fd;
	bool one; /* a file that was named itself */
	GPtrArray *names;
	guint at;
	char *bad;
};

static struct emlx_box *emlx_of(struct am_open_box *box)
{
	return AM_CONTAINER(box, struct emlx_box, base);
}

/* Where message and property list lie in the file. */
struct layout {
	uint64_t start, len, plist;
	bool counted; /* as the first line says */
};

/* The property list's beginning behind `from`, or the end of the file. */
static int find_plist(const struct am_blob *file, uint64_t from, uint64_t *out,
                      struct am_error *err)
{
	static const char sign[] = "\n<?xml ";
	uint64_t size = am_blob_size(file), at = from;
	uint8_t buf[32 * 1024];

	*out = size;
	while (at < size) {
		size_t got = 0;
		int r = am_blob_read(file, at, buf, sizeof buf, &got, err);
		if (r)
			return r;
		for (const uint8_t *p = buf;
		     (p = memmem(p, got - (size_t)(p - buf), sign,
		                 sizeof sign - 1));
		     p++) /* the last one: a mail may hold another */
			*out = at + (uint64_t)(p - buf) + 1;
		if (at + got >= size)
			break;
		at += got - sizeof sign;
	}
	return AM_OK;
}

static int find_layout(struct layout *out, const struct am_blob *file,
                       struct am_error *err)
{
	uint64_t size = am_blob_size(file), count = 0;
	uint8_t head[64];
	size_t got = 0, i = 0;
	int r = am_blob_read(file, 0, head, sizeof head, &got, err);

	*out = (struct layout){0};
	if (r)
		return r;
	while (i < got && (head[i] == ' ' || head[i] == '\t'))
		i++;
	size_t digits = i;
	for (; i < got && g_ascii_isdigit((char)head[i]); i++)
		if (count <= size) /* more than that is too much anyway */
			count = count * 10 + (uint64_t)(head[i] - '0');
	digits = i - digits;
	while (i < got &&
	       (head[i] == ' ' || head[i] == '\t' || head[i] == '\r'))
		i++;
	if (digits && i < got && head[i] == '\n')
		out->start = i + 1;
	else
		digits = 0;
	out->counted = digits && count <= size - out->start;
	if (out->counted) {
		out->len = count;
		out->plist = out->start + count;
		return AM_OK;
	}
	r = find_plist(file, out->start, &out->plist, err);
	out->len = out->plist - out->start;
	return r;
}

/* Seconds since 1970; older versions counted some dates from 2001.  Whichever
 * lies nearer to what the header says. */
static struct am_when date_of(int64_t sec, const struct am_received *headers)
{
	const int64_t shift = INT64_C(978307200);
	const struct am_when *told =
		headers->received.known ? &headers->received : &headers->date;
	struct am_when when = {.sec = sec, .known = sec != 0};

	if (told->known && ABS(sec + shift - told->sec) < ABS(sec - told->sec))
		when.sec += shift;
	return when;
}

static void apply_flags(struct am_message *msg, uint64_t bits)
{
	static const struct {
		int bit;
		uint32_t flag;
	} map[] = {{BIT_READ, AM_SEEN},         {BIT_DELETED, AM_DELETED},
	           {BIT_ANSWERED, AM_ANSWERED}, {BIT_FLAGGED, AM_FLAGGED},
	           {BIT_DRAFT, AM_DRAFT},       {BIT_FORWARDED, AM_FORWARDED},
	           {BIT_JUNK, AM_JUNK}};
	char text[24];

	for (size_t i = 0; i < AM_COUNT(map); i++)
		if (bits >> map[i].bit & 1)
			msg->flags |= map[i].flag;
	if (bits >> BIT_NOT_JUNK & 1)
		am_message_add_keyword(msg, "$NotJunk");
	g_snprintf(text, sizeof text, "%" PRIu64, bits);
	am_message_add_prop(msg, "emlx.flags", text, strlen(text));
}

static int describe(struct am_message *msg, const struct am_blob *file,
                    const struct layout *layout, int64_t mtime,
                    struct am_ctx *ctx, struct am_error *err)
{
	uint64_t left = am_blob_size(file) - layout->plist;
	size_t room = (size_t)MIN(left, PLIST_MAX), len = 0;
	char *plist = g_malloc(room + 1);
	struct am_received headers;
	struct am_when stamp = am_received_stamp(mtime), when = {0};
	int64_t number;
	int r = am_blob_read(file, layout->plist, plist, room, &len, err);

	if (!r)
		r = am_received_read(&headers, msg->raw, ctx, err);
	if (r)
		goto out;
	if (am_emlx_plist_number(plist, len, "flags", &number))
		apply_flags(msg, (uint64_t)number);
	if (am_emlx_plist_number(plist, len, "date-received", &number) ||
	    am_emlx_plist_number(plist, len, "date-sent", &number))
		when = date_of(number, &headers);
	if (when.known) {
		am_message_add_date(msg, "emlx.date-received", &when);
		msg->received = when;
		msg->received_from = "emlx.date-received";
		am_received_add(msg, &headers);
	} else {
		am_received_choose_file(msg, &headers, &stamp, "eml.mtime");
	}
	char *id = am_emlx_plist_string(plist, len, "remote-id");
	if (id)
		am_message_add_prop(msg, "emlx.remote-id", id, strlen(id));
	g_free(id);
out:
	g_free(plist);
	return r;
}

/* What was put back is what had been there, as a signature tells. */
static bool proved(const struct am_blob *raw)
{
	uint64_t size = am_blob_size(raw);
	uint8_t *bytes;
	size_t got = 0;
	bool yes;

	if (size > PROVE_MAX)
		return false;
	bytes = g_malloc((size_t)size + 1);
	yes = !am_blob_read(raw, 0, bytes, (size_t)size, &got, NULL) &&
	      am_body_hash_check(bytes, got) == AM_BODY_HASH_RIGHT;
	g_free(bytes);
	return yes;
}

static int refill(struct emlx_box *b, struct am_message *msg, const char *name,
                  struct am_error *err)
{
	struct am_blob *whole = NULL;
	struct am_ctx *ctx = b->place->ctx;
	unsigned lost = 0;
	bool exact = true;
	int r = am_emlx_refill(&whole, &lost, &exact, msg->raw, b->dir, name,
	                       ctx, err);

	if (r)
		return r;
	if (whole) {
		am_blob_unref(&msg->raw);
		msg->raw = whole;
		msg->exactness =
			exact && proved(whole) ? AM_UNQUOTED : AM_GUESSED;
		am_ctx_note(ctx, AM_NOTE_INFO, "emlx.refilled", msg->folder,
		            msg->origin,
		            exact ? "its attachments were put back"
		                  : "its attachments were put back, encoded "
		                    "anew");
	}
	if (lost) {
		msg->incomplete = true;
		am_ctx_note(ctx, AM_NOTE_WARN, "emlx.part-missing", msg->folder,
		            msg->origin,
		            "%u of its attachments had not been fetched, or "
		            "are gone",
		            lost);
	}
	return AM_OK;
}

static int make(struct emlx_box *b, struct am_message **out, const char *name,
                struct am_error *err)
{
	struct am_ctx *ctx = b->place->ctx;
	struct am_loaded_file file = {0};
	struct am_message *msg = NULL;
	struct layout layout;
	char *path = g_build_filename(b->dir, name, NULL);
	int r = am_load_file(&file, b->fd, name, path, ctx, err);

	g_free(path);
	if (r)
		return r;
	r = find_layout(&layout, file.blob, err);
	if (!r && !layout.len)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT, "%s: holds no message",
		            name);
	if (!r)
		r = am_message_new(&msg, b->place->folder, err);
	if (r)
		goto out;
	msg->origin = b->one || !strcmp(b->place->origin, ".")
	                      ? am_arena_strdup(msg->arena, name)
	                      : am_arena_printf(msg->arena, "%s/%s",
	                                        b->place->origin, name);
	r = am_blob_range(&msg->raw, file.blob, layout.start, layout.len, err);
	if (!r && !layout.counted)
		am_ctx_note(ctx, AM_NOTE_WARN, "emlx.length-wrong",
		            b->place->folder, msg->origin,
		            "its first line does not say how long it is: it "
		            "ends where the property list begins");
	if (!r)
		r = describe(msg, file.blob, &layout, file.mtime, ctx, err);
	if (!r)
		r = refill(b, msg, name, err);
	if (!r)
		msg->size = am_blob_size(msg->raw);
out:
	am_blob_unref(&file.blob);
	if (r)
		am_message_free(&msg);
	*out = msg;
	return r;
}

static int emlx_next(struct am_open_box *box, struct am_message **out,
                     struct am_error *err)
{
	struct emlx_box *b = emlx_of(box);

	while (b->at < b->names->len) {
		const char *name = b->names->pdata[b->at++];
		struct am_error why = {0};
		int r = make(b, out, name, &why);

		if (!r)
			return r;
		if (why.kind == AM_E_NOTFOUND && !b->one)
			continue; /* taken away meanwhile */
		if (err)
			*err = why;
		g_free(b->bad);
		b->bad = b->one || !strcmp(b->place->origin, ".")
		                 ? g_strdup(name)
		                 : g_strconcat(b->place->origin, "/", name,
		                               NULL);
		box->bad = b->bad;
		return r;
	}
	return AM_END;
}

static void emlx_close(struct am_open_box *box)
{
	struct emlx_box *b = emlx_of(box);

	if (b->fd >= 0)
		close(b->fd);
	g_ptr_array_free(b->names, TRUE);
	g_free(b->dir);
	g_free(b->bad);
	g_free(b);
}

static const struct am_box_ops ops = {.next = emlx_next, .close = emlx_close};

/* "9" before "10". */
static int by_number(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	uint64_t n = g_ascii_strtoull(x, NULL, 10);
	uint64_t m = g_ascii_strtoull(y, NULL, 10);

	return n != m ? (n > m) - (n < m) : strcmp(x, y);
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	struct emlx_box *b = g_new0(struct emlx_box, 1);
	struct stat st;
	struct dirent *e;
	int r = AM_OK;

	b->base.ops = &ops;
	b->place = place;
	b->names = g_ptr_array_new_with_free_func(g_free);
	b->one = !stat(place->path, &st) && !S_ISDIR(st.st_mode);
	b->dir = b->one ? g_path_get_dirname(place->path)
	                : g_strdup(place->path);
	b->fd = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int own = b->fd < 0 || b->one
	                  ? -1
	                  : openat(b->fd, ".",
	                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	if (b->fd < 0 || (!b->one && !dir))
		r = am_fail_sys(err, AM_FAILED, "%s", place->path);
	if (b->one)
		g_ptr_array_add(b->names, g_path_get_basename(place->path));
	while (dir && (e = readdir(dir)))
		if (named(e->d_name))
			g_ptr_array_add(b->names, g_strdup(e->d_name));
	if (dir)
		closedir(dir);
	else if (own >= 0)
		close(own);
	g_ptr_array_sort(b->names, by_number);
	if (r)
		emlx_close(&b->base);
	else
		*out = &b->base;
	return r;
}

const struct am_box_kind am_box_emlx = {
	.format = "emlx",
	.file = is_emlx,
	.dir = has_emlx,
	.owns = owns,
	.single = true,
	.parts = am_emlx_path_parts,
	.open = open_box,
};

static const struct am_option options[] = {
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"One .emlx file, or a tree of them as Apple Mail has it (V2 to V10, "
	"what lies in ~/Library/Mail, single .mbox packages).\n"
	"The folder is the path of the .mbox directories; of the account its "
	"address where the directory has it, the beginning of its id where "
	"there are several, else nothing.  Flags, junk or not, and the "
	"received date are read from the property list.\n"
	"Messages whose attachments Apple Mail keeps outside "
	"(.partial.emlx) get them back: as they were where the length says "
	"so, which a DKIM signature proves where there is one; in a zip or "
	"tar, too.  What had not "
	"been fetched is told, and the message counts as incomplete.";

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_emlx, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "emlx", err);

	return r ? r : am_boxes_open(out, where, &am_box_emlx, ctx, err);
}

const struct am_format am_format_emlx = {
	.name = "emlx",
	.title = "Apple Mail: .emlx files and trees of them",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_FLAGS |
                 AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED,
	.options = options,
	.about = about,
	.reads = "Apple Mail's files and trees (V2 to V10); "
		 "attachments it keeps outside are put back",
	.kept = "bytes, folders, flags, junk or not, received date",
	.probe = probe,
	.open_source = open_source,
};
