/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A directory of MH, read. */
#include "formats/mh/mh.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "formats/folder_file.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/mh/mh_marks.h"
#include "formats/mh/mh_sequences.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint32_t am_mh_number(const char *name)
{
	uint64_t n = 0;

	if (*name == '0')
		return 0;
	for (const char *p = name; *p; p++) {
		if (!g_ascii_isdigit(*p))
			return 0;
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return 0;
	}
	return (uint32_t)n;
}

/* Files that such programs keep beside the messages. */
static bool is_control(const char *name)
{
	static const char *const names[] = {
		AM_MH_SEQUENCES,  ".xmhcache",   ".mh_profile",
		".mew-summary",   ".mew-cache",  ".mew-refile-alist",
		"+inbox",         ".folders",    ".sylpheed_cache",
		".claws_cache",   ".claws_tags", ".mew-mtime",
		".sylpheed_mark", ".claws_mark", ".mh_profile.bak"};

	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* MH's rmm renames what it deletes; others have their own letters. */
static bool is_removed(const char *name)
{
	return strchr(",#_", *name) && am_mh_number(name + 1);
}

static bool owns(const char *name)
{
	return am_mh_number(name) || is_control(name) || is_removed(name) ||
	       !strcmp(name, AM_FOLDER_FILE);
}

static bool is_file(int fd, const char *name)
{
	struct stat st;

	return fd < 0 || (!fstatat(fd, name, &st, 0) && S_ISREG(st.st_mode));
}

/*
 * With its control files beside it a directory is one of MH.  Without: when
 * all files in it have numbers for names and the first of them is a mail.
 */
static bool is_mh(const struct am_box_dir *dir)
{
	size_t n_numbers = 0;
	const char *first = NULL;

	for (size_t i = 0; i < dir->n_names; i++) {
		const char *name = dir->names[i];

		if (!strcmp(name, AM_MH_SEQUENCES) || am_mh_marks_file(name) ||
		    !strcmp(name, ".xmhcache") || !strcmp(name, ".mew-summary"))
			return is_file(dir->fd, name);
	}
	if (dir->fd < 0)
		return false; /* by names alone that is too little */
	for (size_t i = 0; i < dir->n_names; i++) {
		const char *name = dir->names[i];

		if (!is_file(dir->fd, name))
			continue;
		if (!owns(name))
			return false;
		if (!am_mh_number(name))
			continue;
		n_numbers++;
		if (!first)
			first = name;
	}
	return first && am_box_looks_like_mail(dir->fd, first);
}

struct mh_box {
	struct am_open_box base;
	const struct am_box_place *place;
	int fd;
	GArray *numbers; /* uint32_t, ascending */
	guint at;
	struct am_mh_sequences *sequences; /* NULL: there is no such file */
	struct am_mh_marks *marks;
	char *bad;
};

static struct mh_box *mh_of(struct am_open_box *box)
{
	return AM_CONTAINER(box, struct mh_box, base);
}

static bool is_mail(const struct am_blob *raw)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	size_t got = 0;

	return !am_blob_read(raw, 0, head, sizeof(head), &got, NULL) &&
	       am_mail_head_bits(head, got) >= AM_MAIL_HEAD_ENOUGH;
}

static char *origin_of(const struct mh_box *b, uint32_t n)
{
	bool root = !strcmp(b->place->origin, ".");

	return g_strdup_printf("%s%s%" PRIu32, root ? "" : b->place->origin,
	                       root ? "" : "/", n);
}

static int make(struct mh_box *b, struct am_message **out, uint32_t n,
                struct am_error *err)
{
	struct am_loaded_file file;
	struct am_received headers;
	struct am_when mtime;
	struct am_message *msg = NULL;
	char name[16], *path;
	int r;

	g_snprintf(name, sizeof name, "%" PRIu32, n);
	path = g_build_filename(b->place->path, name, NULL);
	r = am_load_file(&file, b->fd, name, path, b->place->ctx, err);
	g_free(path);
	if (r)
		return r;
	/* Where nothing says that it is MH, a number is not enough. */
	if (!b->sequences && !b->marks && !is_mail(file.blob)) {
		char *origin = origin_of(b, n);
		am_ctx_note(b->place->ctx, AM_NOTE_WARN, "mh.not-mail",
		            b->place->folder, origin, "not mail, passed over");
		g_free(origin);
		am_blob_unref(&file.blob);
		return AM_END;
	}
	r = am_received_read(&headers, file.blob, b->place->ctx, err);
	if (!r)
		r = am_message_new(&msg, b->place->folder, err);
	if (r) {
		am_blob_unref(&file.blob);
		return r;
	}
	msg->origin = strcmp(b->place->origin, ".") != 0
	                      ? am_arena_printf(msg->arena, "%s/%s",
	                                        b->place->origin, name)
	                      : am_arena_strdup(msg->arena, name);
	msg->raw = file.blob;
	msg->size = am_blob_size(msg->raw);
	mtime = am_received_stamp(file.mtime);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	if (!(b->marks && am_mh_marks_apply(b->marks, n, msg)) && b->sequences)
		am_mh_sequences_apply(b->sequences, n, msg);
	*out = msg;
	return AM_OK;
}

static int mh_next(struct am_open_box *box, struct am_message **out,
                   struct am_error *err)
{
	struct mh_box *b = mh_of(box);

	while (b->at < b->numbers->len) {
		uint32_t n = g_array_index(b->numbers, uint32_t, b->at++);
		struct am_error why = {0};
		int r = make(b, out, n, &why);

		if (!r)
			return r;
		if (r == AM_END || why.kind == AM_E_NOTFOUND)
			continue; /* no mail; or taken away meanwhile */
		if (err)
			*err = why;
		g_free(b->bad);
		b->bad = origin_of(b, n);
		box->bad = b->bad;
		return r;
	}
	return AM_END;
}

static void mh_close(struct am_open_box *box)
{
	struct mh_box *b = mh_of(box);

	am_mh_sequences_free(&b->sequences);
	am_mh_marks_free(&b->marks);
	g_array_free(b->numbers, TRUE);
	if (b->fd >= 0)
		close(b->fd);
	g_free(b->bad);
	g_free(b);
}

static const struct am_box_ops ops = {.next = mh_next, .close = mh_close};

static int ascending(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int list(struct mh_box *b, struct am_error *err)
{
	int fd = openat(b->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!dir) {
		int r = am_fail_sys(err, AM_FAILED, "%s", b->place->path);
		if (fd >= 0)
			close(fd);
		return r;
	}
	while ((e = readdir(dir))) {
		uint32_t n = am_mh_number(e->d_name);
		struct stat st;
		/* A folder may have a number for its name. */
		if (!n || e->d_type == DT_DIR ||
		    (!fstatat(b->fd, e->d_name, &st, 0) && S_ISDIR(st.st_mode)))
			continue;
		g_array_append_val(b->numbers, n);
	}
	closedir(dir);
	g_array_sort(b->numbers, ascending);
	return AM_OK;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	struct mh_box *b = g_new0(struct mh_box, 1);
	int r = AM_OK;

	b->base.ops = &ops;
	b->place = place;
	b->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	b->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->fd < 0)
		r = am_fail_sys(err, AM_FAILED, "%s", place->path);
	if (!r)
		r = list(b, err);
	if (r) {
		mh_close(&b->base);
		return r;
	}
	b->sequences = am_mh_sequences_new();
	if (!am_mh_sequences_read(b->sequences, b->fd))
		am_mh_sequences_free(&b->sequences);
	b->marks = am_mh_marks_read(b->fd);
	*out = &b->base;
	return AM_OK;
}

const struct am_box_kind am_box_mh = {
	.format = "mh",
	.dir = is_mh,
	.owns = owns,
	.open = open_box,
};

const struct am_option am_mh_options[] = {
	{"durable", "yes|no|each",
         "to: on disk at each commit, whenever the system likes, or file by "
         "file",
         "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"Directories are folders, files with a number for a name are "
	"messages.\n"
	"Read: what .mh_sequences says (unseen, replied, flagged, forwarded, "
	"deleted, draft, junk; other sequences are keywords, cur is nothing), "
	"or the marks of Sylpheed and Claws Mail, of machines of either byte "
	"order.  Files that MH has renamed to delete them (,7) are left "
	"alone.  A directory without such files counts when all in it have "
	"numbers and the first is a mail.  In a zip or tar the same is read.\n"
	"Written: the same, flags and keywords in .mh_sequences; where a "
	"directory cannot be called like its folder, a file mailark-folder in "
	"it holds the true name.  The received date becomes the file's time; "
	"read back, the Received: header goes before it.";

static int probe(const struct am_probe *p)
{
	return p->is_directory ? am_boxes_probe(&am_box_mh, p) : 0;
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, am_mh_options, "mh", err);

	return r ? r : am_boxes_open(out, where, &am_box_mh, ctx, err);
}

const struct am_format am_format_mh = {
	.name = "mh",
	.title = "MH folders: nmh, mutt, Sylpheed, Claws Mail",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS,
	.options = am_mh_options,
	.about = about,
	.reads = "MH folders of nmh, mutt, Sylpheed, Claws Mail: "
		 "`.mh_sequences`, marks",
	.writes = "MH folders with `.mh_sequences`",
	.kept = "bytes, folders, flags, keywords",
	.probe = probe,
	.open_source = open_source,
	.open_sink = am_mh_sink_open,
};
