/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_list.h"

#include "formats/maildir/maildir_name.h"
#include "model/ctx.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* names: "c" or "n", one byte with the length of the base, the name, NUL. */
struct entry {
	int64_t time;
	uint32_t uid;
	uint32_t at; /* in names */
};

struct am_maildir_list {
	GByteArray *names;
	GArray *entries;
};

static const char *name_of(const struct am_maildir_list *list,
                           const struct entry *e)
{
	return (const char *)list->names->data + e->at + 2;
}

static size_t base_of(const struct am_maildir_list *list, const struct entry *e)
{
	return list->names->data[e->at + 1];
}

static int add(struct am_maildir_list *list, const char *name, char subdir,
               struct am_error *err)
{
	struct am_maildir_name parsed;
	struct entry e;
	uint8_t head[2];
	size_t len = strlen(name);

	am_maildir_name_parse(&parsed, name);
	if (len > UINT8_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "a file name of %zu bytes", len);
	if (list->names->len > UINT32_MAX - 512)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "4 GB of file names in one folder");
	e.time = parsed.time < 0 ? INT64_MAX : parsed.time;
	e.uid = parsed.uid ? parsed.uid : UINT32_MAX;
	e.at = list->names->len;
	head[0] = (uint8_t)subdir;
	head[1] = (uint8_t)parsed.base_len;
	g_byte_array_append(list->names, head, 2);
	g_byte_array_append(list->names, (const uint8_t *)name, (guint)len + 1);
	g_array_append_val(list->entries, e);
	return AM_OK;
}

static bool skip(int fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_name[0] == '.' || e->d_type == DT_DIR)
		return true;
	return e->d_type == DT_UNKNOWN &&
	       !fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode);
}

static int read_dir(struct am_maildir_list *list, int dir_fd, const char *path,
                    const char *subdir, struct am_ctx *ctx,
                    struct am_error *err)
{
	char *full =
		*path ? g_strconcat(path, "/", subdir, NULL) : g_strdup(subdir);
	int fd = openat(dir_fd, full,
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *dir = NULL;
	int r = AM_OK;

	if (fd < 0) {
		if (errno != ENOENT)
			r = am_fail_sys(err, AM_FAILED, "%s", full);
		goto out;
	}
	dir = fdopendir(fd);
	if (!dir) {
		r = am_fail_sys(err, AM_FAILED, "%s", full);
		close(fd);
		goto out;
	}
	for (errno = 0; !r && (e = readdir(dir)); errno = 0) {
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		else if (!skip(fd, e))
			r = add(list, e->d_name, *subdir, err);
	}
	if (!r && errno)
		r = am_fail_sys(err, AM_FAILED, "%s", full);
out:
	if (dir)
		closedir(dir);
	g_free(full);
	return r;
}

/* By base, new/ before cur/. */
static int by_base(const void *a, const void *b, void *user)
{
	const struct am_maildir_list *list = user;
	const struct entry *x = a, *y = b;
	size_t x_len = base_of(list, x), y_len = base_of(list, y);
	size_t len = x_len < y_len ? x_len : y_len;
	int c = memcmp(name_of(list, x), name_of(list, y), len);

	if (c)
		return c;
	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return (int)list->names->data[y->at] - (int)list->names->data[x->at];
}

static int by_turn(const void *a, const void *b, void *user)
{
	const struct entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return by_base(a, b, user);
}

static void sort(struct am_maildir_list *list,
                 int (*compare)(const void *, const void *, void *))
{
	if (list->entries->len)
		qsort_r(list->entries->data, list->entries->len,
		        sizeof(struct entry), compare, list);
}

/* new/ is read first, so a message that a mail program moves to cur/ in
 * between is seen twice and never missed; this drops the one that is gone. */
static void drop_moved(struct am_maildir_list *list, int dir_fd,
                       const char *path)
{
	GArray *es = list->entries;
	guint to = 0;

	for (guint i = 0; i < es->len; i++) {
		struct entry *e = &g_array_index(es, struct entry, i);
		struct entry *next = e + 1;
		bool gone = false;

		if (list->names->data[e->at] == 'n' && i + 1 < es->len &&
		    base_of(list, e) == base_of(list, next) &&
		    !memcmp(name_of(list, e), name_of(list, next),
		            base_of(list, e))) {
			char *full = g_strconcat(*path ? path : ".", "/new/",
			                         name_of(list, e), NULL);

			gone = faccessat(dir_fd, full, F_OK,
			                 AT_SYMLINK_NOFOLLOW) != 0;
			g_free(full);
		}
		if (!gone)
			g_array_index(es, struct entry, to++) = *e;
	}
	g_array_set_size(es, to);
}

int am_maildir_list_read(struct am_maildir_list **out, int dir_fd,
                         const char *path, struct am_ctx *ctx,
                         struct am_error *err)
{
	struct am_maildir_list *list = g_new0(struct am_maildir_list, 1);
	int r, also;

	list->names = g_byte_array_new();
	list->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	r = read_dir(list, dir_fd, path, "new", ctx, err);
	if (r != AM_FATAL) {
		also = read_dir(list, dir_fd, path, "cur", ctx, err);
		r = also ? also : r;
	}
	if (r == AM_FATAL) {
		am_maildir_list_free(&list);
		return r;
	}
	sort(list, by_base);
	drop_moved(list, dir_fd, path);
	*out = list;
	return r;
}

void am_maildir_list_free(struct am_maildir_list **list)
{
	if (!*list)
		return;
	g_byte_array_free((*list)->names, TRUE);
	g_array_free((*list)->entries, TRUE);
	g_free(*list);
	*list = NULL;
}

size_t am_maildir_list_count(const struct am_maildir_list *list)
{
	return list->entries->len;
}

/* The first entry with this base, or NULL. */
static struct entry *find(const struct am_maildir_list *list, const char *base,
                          size_t base_len)
{
	guint low = 0, high = list->entries->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		struct entry *e =
			&g_array_index(list->entries, struct entry, mid);
		size_t len = base_of(list, e);
		int c = memcmp(name_of(list, e), base,
		               len < base_len ? len : base_len);

		if (c < 0 || (c == 0 && len < base_len))
			low = mid + 1;
		else
			high = mid;
	}
	if (low < list->entries->len) {
		struct entry *e =
			&g_array_index(list->entries, struct entry, low);

		if (base_of(list, e) == base_len &&
		    !memcmp(name_of(list, e), base, base_len))
			return e;
	}
	return NULL;
}

void am_maildir_list_set_uid(struct am_maildir_list *list, const char *base,
                             size_t base_len, uint32_t uid)
{
	struct entry *e = find(list, base, base_len);

	if (e && uid)
		e->uid = uid;
}

void am_maildir_list_sort(struct am_maildir_list *list)
{
	sort(list, by_turn);
}

static struct am_maildir_entry show(const struct am_maildir_list *list,
                                    const struct entry *e)
{
	return (struct am_maildir_entry){
		.subdir = list->names->data[e->at] == 'c' ? "cur" : "new",
		.name = name_of(list, e),
		.base_len = base_of(list, e),
		.uid = e->uid == UINT32_MAX ? 0 : e->uid,
	};
}

struct am_maildir_entry am_maildir_list_get(const struct am_maildir_list *list,
                                            size_t i)
{
	assert(i < list->entries->len);
	return show(list, &g_array_index(list->entries, struct entry, i));
}

bool am_maildir_list_find(const struct am_maildir_list *list, const char *base,
                          size_t base_len, struct am_maildir_entry *out)
{
	const struct entry *e = find(list, base, base_len);

	if (e)
		*out = show(list, e);
	return e != NULL;
}
