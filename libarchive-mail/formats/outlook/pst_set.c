/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst_set.h"

#include "base/file.h"
#include "formats/mapi/aside.h"
#include "formats/outlook/pst.h"
#include "model/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "mail-7.pst" of "mail" and ".pst": 7; the plain name is 1; else 0. */
static unsigned number_of(const struct am_pst_set *set, const char *name)
{
	size_t stem = strlen(set->stem), len = strlen(name);
	size_t ending = strlen(set->ending);
	guint64 n;

	if (len < stem + ending || strncmp(name, set->stem, stem) != 0 ||
	    strcmp(name + len - ending, set->ending) != 0)
		return 0;
	if (len == stem + ending)
		return 1;
	if (name[stem] != '-' || name[stem + 1] == '0')
		return 0;
	char *digits = g_strndup(name + stem + 1, len - stem - 1 - ending);
	bool good =
		g_ascii_string_to_unsigned(digits, 10, 2, 1000000, &n, NULL);
	g_free(digits);
	return good ? (unsigned)n : 0;
}

static int by_number(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* "mail-2.pst.0123abcd.tmp": what a run left that was killed. */
static bool is_left(const struct am_pst_set *set, const char *name)
{
	enum { TAIL = sizeof(".01234567.tmp") - 1 };
	size_t len = strlen(name);

	if (len < TAIL || name[len - TAIL] != '.' ||
	    strcmp(name + len - 4, ".tmp") != 0 ||
	    strspn(name + len - TAIL + 1, "0123456789abcdef") != 8)
		return false;
	char *whole = g_strndup(name, len - TAIL);
	bool ours = number_of(set, whole) != 0;
	g_free(whole);
	return ours;
}

/* clean: nobody else writes here, so what was left goes. */
static int list_files(struct am_pst_set *set, bool clean, struct am_error *err)
{
	GDir *dir = g_dir_open(set->dir, 0, NULL);
	const char *name;
	struct stat st;

	if (!dir && stat(set->dir, &st))
		return am_fail_sys(err, AM_FATAL, "%s", set->dir);
	while (dir && (name = g_dir_read_name(dir))) {
		unsigned n = number_of(set, name);
		if (n)
			g_array_append_val(set->numbers, n);
		if (clean && is_left(set, name)) {
			char *path = g_build_filename(set->dir, name, NULL);
			(void)!unlink(path);
			g_free(path);
		}
	}
	if (dir)
		g_dir_close(dir);
	g_array_sort(set->numbers, by_number);
	return AM_OK;
}

static int take_lock(struct am_pst_set *set, struct am_error *err)
{
	char *first = am_pst_set_path(set, 1);
	char *path = g_strconcat(first, ".lock", NULL);
	int r = am_lock_take(&set->lock, path, "copy", err);

	g_free(first);
	g_free(path);
	return r ? AM_FATAL : AM_OK;
}

/* The names only. */
static void take_names(struct am_pst_set *set, const char *path)
{
	size_t len = strlen(path);
	struct stat st;
	bool folder = (len && path[len - 1] == '/') ||
	              (!stat(path, &st) && S_ISDIR(st.st_mode));
	char *whole = folder ? g_build_filename(path, "mail.pst", NULL)
	                     : g_strdup(path);
	char *base = g_path_get_basename(whole);
	size_t n = strlen(base);
	bool has = n > 4 && !g_ascii_strcasecmp(base + n - 4, ".pst");

	*set = (struct am_pst_set){.dir = g_path_get_dirname(whole)};
	set->ending = g_strdup(has ? base + n - 4 : "");
	set->stem = g_strndup(base, has ? n - 4 : n);
	set->numbers = g_array_new(FALSE, FALSE, sizeof(unsigned));
	set->known = am_pst_known_new();
	set->folders =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_free(base);
	g_free(whole);
}

int am_pst_set_open(struct am_pst_set *set, const char *path,
                    struct am_error *err)
{
	size_t len = path ? strlen(path) : 0;
	struct stat st;

	*set = (struct am_pst_set){.dir = NULL};
	if (!len)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT, "a PST is a file");
	if (len > 4 && !g_ascii_strcasecmp(path + len - 4, ".ost"))
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "%s: an .ost belongs to an account and its "
		               "server; what is written is a .pst",
		               path);
	if (!stat(path, &st) && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "%s: not a regular file", path);
	take_names(set, path);
	int r = am_make_dirs(set->dir, err);
	if (!r)
		r = take_lock(set, err);
	return r ? r : list_files(set, true, err);
}

uint64_t am_pst_target_size(const struct am_location *where)
{
	struct am_pst_set set;
	struct stat st;
	uint64_t size = 0;

	take_names(&set, where->path);
	if (!list_files(&set, false, NULL))
		for (guint i = 0; i < set.numbers->len; i++) {
			char *path = am_pst_set_path(
				&set, g_array_index(set.numbers, unsigned, i));
			if (!stat(path, &st))
				size += (uint64_t)st.st_size;
			g_free(path);
		}
	char *aside = g_strconcat(set.dir, "/", set.stem, AM_ASIDE_DIR, NULL);
	size += am_aside_sum(aside);
	g_free(aside);
	am_pst_set_clear(&set);
	return size;
}

void am_pst_set_clear(struct am_pst_set *set)
{
	am_lock_release(&set->lock);
	g_free(set->dir);
	g_free(set->stem);
	g_free(set->ending);
	if (set->numbers)
		g_array_free(set->numbers, TRUE);
	am_pst_known_free(&set->known);
	if (set->folders)
		g_hash_table_destroy(set->folders);
	*set = (struct am_pst_set){.dir = NULL};
}

char *am_pst_set_path(const struct am_pst_set *set, unsigned number)
{
	char *name = number == 1 ? g_strconcat(set->stem, set->ending, NULL)
	                         : g_strdup_printf("%s-%u%s", set->stem, number,
	                                           set->ending);
	char *path = strcmp(set->dir, ".") != 0
	                     ? g_build_filename(set->dir, name, NULL)
	                     : g_strdup(name);

	g_free(name);
	return path;
}

unsigned am_pst_set_next(const struct am_pst_set *set)
{
	guint n = set->numbers->len;

	return n ? g_array_index(set->numbers, unsigned, n - 1) + 1 : 1;
}

void am_pst_set_add(struct am_pst_set *set, unsigned number)
{
	g_array_append_val(set->numbers, number);
}

/* ---- what is there ---- */

static void tell(struct am_ctx *ctx, struct am_progress *progress,
                 int64_t *told)
{
	int64_t now = g_get_monotonic_time();

	progress->done++;
	if (now - *told < G_USEC_PER_SEC / 10)
		return;
	*told = now;
	am_ctx_progress(ctx, progress);
}

static int read_items(struct am_pst_set *set, struct am_source *src,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct am_progress progress = {.phase = "reading what is there",
	                               .total = src->total};
	uint8_t hash[AM_SHA256_LEN];
	int64_t told = 0;
	int r;

	for (;;) {
		struct am_item item = {0};
		r = am_source_next(src, &item, err);
		if (r == AM_END || r == AM_FATAL)
			break;
		if (!r && item.folder)
			g_hash_table_add(set->folders,
			                 am_folder_print(item.folder));
		/* What cannot be read is not known, and comes again. */
		if (r || !item.message)
			continue;
		if (am_pst_source_hash(src, hash))
			am_pst_known_add(set->known, item.message->folder,
			                 hash);
		am_message_free(&item.message);
		tell(ctx, &progress, &told);
	}
	return r == AM_END ? AM_OK : r;
}

static int read_file(struct am_pst_set *set, const char *path,
                     struct am_ctx *ctx, struct am_error *err)
{
	const char *const options[] = {"properties=no", NULL};
	const struct am_location where = {.path = path, .options = options};
	struct am_source *src = NULL;
	/* What is odd in it is not this copy's to tell. */
	struct am_ctx quiet = *ctx;

	quiet.on_note = NULL;
	int r = am_pst_source_open(&src, &where, &quiet, err);
	if (r && (err->kind == AM_E_FORMAT || err->kind == AM_E_CORRUPT ||
	          err->kind == AM_E_UNSUPPORTED))
		r = am_wrap(err, AM_FATAL,
		            "%s is there already and cannot be read", path);
	if (!r && !am_pst_source_is_ours(src))
		r = am_fail(err, AM_FATAL, AM_E_EXISTS,
		            "%s is there already and not of mailark's making: "
		            "it is left alone, take another name",
		            path);
	if (!r)
		r = read_items(set, src, &quiet, err);
	am_source_close(&src);
	return r ? AM_FATAL : AM_OK;
}

int am_pst_set_read(struct am_pst_set *set, struct am_ctx *ctx,
                    struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < set->numbers->len && !r; i++) {
		char *path = am_pst_set_path(
			set, g_array_index(set->numbers, unsigned, i));
		r = read_file(set, path, ctx, err);
		g_free(path);
	}
	return r;
}
