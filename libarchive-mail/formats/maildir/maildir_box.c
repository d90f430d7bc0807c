/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_box.h"

#include "base/file.h"
#include "formats/folder_file.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct am_maildir_boxes {
	int root_fd;
	enum am_maildir_layout layout;
	GHashTable *by_folder; /* printed path -> struct am_maildir_box * */
	char *resident;        /* printed path of who lives in the root */
};

static void box_free(void *user)
{
	struct am_maildir_box *box = user;

	am_maildir_keywords_clear(&box->keywords);
	g_free(box->dir);
	g_free(box);
}

static bool exists(int fd, const char *path)
{
	struct stat st;

	return !fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW);
}

int am_maildir_boxes_open(struct am_maildir_boxes **out, int root_fd,
                          enum am_maildir_layout layout, struct am_error *err)
{
	struct am_maildir_boxes *boxes = g_new0(struct am_maildir_boxes, 1);

	(void)err;
	boxes->root_fd = root_fd;
	boxes->layout = layout;
	boxes->by_folder = g_hash_table_new_full(g_str_hash, g_str_equal,
	                                         g_free, box_free);
	if (exists(root_fd, "cur") || exists(root_fd, "new")) {
		char **named = am_folder_file_read(root_fd);
		struct am_folder *folder = NULL;

		if (named &&
		    !am_folder_new(&folder, (const char *const *)named,
		                   g_strv_length(named), AM_ROLE_NONE, NULL)) {
			const struct am_folder *unref = folder;

			boxes->resident = am_folder_print(folder);
			am_folder_unref(&unref);
		} else {
			boxes->resident = g_strdup("INBOX");
		}
		g_strfreev(named);
	}
	*out = boxes;
	return AM_OK;
}

void am_maildir_boxes_close(struct am_maildir_boxes **boxes)
{
	if (!*boxes)
		return;
	g_hash_table_unref((*boxes)->by_folder);
	g_free((*boxes)->resident);
	g_free(*boxes);
	*boxes = NULL;
}

static int make_dir(int root_fd, const char *path, struct am_error *err)
{
	/* Mail is nobody else's business. */
	if (mkdirat(root_fd, path, 0700) && errno != EEXIST)
		return am_fail_sys(err, AM_FATAL, "%s", path);
	return AM_OK;
}

static int write_file(int root_fd, const char *path, const char *text,
                      struct am_error *err)
{
	int fd = openat(root_fd, path,
	                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	                0600);
	int r;

	if (fd < 0)
		return am_fail_sys(err, AM_FATAL, "%s", path);
	r = am_write_all(fd, text, strlen(text), path, err);
	close(fd);
	return r;
}

/* dir with its parents and cur, new, tmp. */
static int make_maildir(struct am_maildir_boxes *boxes, const char *dir,
                        struct am_error *err)
{
	static const char *const subs[] = {"cur", "new", "tmp"};
	char *path = g_strdup(dir);
	int r = AM_OK;

	for (char *at = path; !r && *dir && (at = strchr(at, '/'));
	     *at++ = '/') {
		*at = '\0';
		r = make_dir(boxes->root_fd, path, err);
	}
	if (!r && *dir)
		r = make_dir(boxes->root_fd, dir, err);
	g_free(path);
	for (size_t i = 0; !r && i < AM_COUNT(subs); i++) {
		path = g_strconcat(dir, *dir ? "/" : "", subs[i], NULL);
		r = make_dir(boxes->root_fd, path, err);
		g_free(path);
	}
	/* What Courier and Dovecot put into every folder but INBOX. */
	if (!r && *dir && boxes->layout == AM_MAILDIR_PLUSPLUS) {
		path = g_strconcat(dir, "/maildirfolder", NULL);
		r = write_file(boxes->root_fd, path, "", err);
		g_free(path);
	}
	return r;
}

/* Where a folder goes; *exact as in maildir_path.h. */
static char *choose_dir(struct am_maildir_boxes *boxes,
                        const struct am_folder *folder, const char *printed,
                        bool *exact)
{
	char *dir = am_maildir_path_encode(folder, boxes->layout, exact);

	if (*dir)
		return dir;
	if (!boxes->resident) {
		boxes->resident = g_strdup(printed);
		*exact = !strcmp(printed, "INBOX");
		return dir;
	}
	if (!strcmp(boxes->resident, printed))
		return dir;
	/* The root is let: a name of its own. */
	g_free(dir);
	*exact = folder->depth > 0;
	dir = *exact ? am_maildir_path_encode_part(folder->parts[0])
	             : g_strdup("root");
	if (boxes->layout == AM_MAILDIR_PLUSPLUS) {
		char *dotted = g_strconcat(".", dir, NULL);

		g_free(dir);
		dir = dotted;
	}
	return dir;
}

static int make_box(struct am_maildir_boxes *boxes,
                    const struct am_folder *folder, const char *printed,
                    struct am_maildir_box **out, struct am_error *err)
{
	struct am_maildir_box *box = g_new0(struct am_maildir_box, 1);
	bool exact;
	int r;

	box->dir = choose_dir(boxes, folder, printed, &exact);
	r = make_maildir(boxes, box->dir, err);
	if (!r && !exact) {
		char *path = g_strconcat(box->dir, *box->dir ? "/" : "",
		                         AM_FOLDER_FILE, NULL);
		char *text = am_folder_file_text(folder);

		r = write_file(boxes->root_fd, path, text, err);
		g_free(text);
		g_free(path);
	}
	if (r) {
		box_free(box);
		return r;
	}
	am_maildir_keywords_read(&box->keywords, boxes->root_fd, box->dir);
	g_hash_table_replace(boxes->by_folder, g_strdup(printed), box);
	*out = box;
	return AM_OK;
}

int am_maildir_boxes_get(struct am_maildir_boxes *boxes,
                         const struct am_folder *folder,
                         struct am_maildir_box **out, struct am_error *err)
{
	char *printed = am_folder_print(folder);
	int r = AM_OK;

	*out = g_hash_table_lookup(boxes->by_folder, printed);
	if (!*out)
		r = make_box(boxes, folder, printed, out, err);
	g_free(printed);
	return r;
}

static int save_box(const struct am_maildir_box *box, const char *root,
                    struct am_error *err)
{
	char *atoms, *spelled;
	char *base = g_strconcat(root, "/", box->dir, NULL);
	char *path = g_strconcat(base, "/dovecot-keywords", NULL);
	int r;

	am_maildir_keywords_text(&box->keywords, &atoms, &spelled);
	r = am_file_replace(path, atoms, strlen(atoms), err);
	g_free(path);
	if (!r && spelled) {
		path = g_strconcat(base, "/mailark-keywords", NULL);
		r = am_file_replace(path, spelled, strlen(spelled), err);
		g_free(path);
	}
	g_free(atoms);
	g_free(spelled);
	g_free(base);
	return r ? AM_FATAL : AM_OK;
}

int am_maildir_boxes_save(struct am_maildir_boxes *boxes, const char *root,
                          struct am_error *err)
{
	GHashTableIter iter;
	void *value;
	int r = AM_OK;

	g_hash_table_iter_init(&iter, boxes->by_folder);
	while (!r && g_hash_table_iter_next(&iter, NULL, &value)) {
		struct am_maildir_box *box = value;

		if (!box->keywords_changed)
			continue;
		r = save_box(box, root, err);
		box->keywords_changed = r != AM_OK;
	}
	return r;
}

int am_maildir_boxes_finish(struct am_maildir_boxes *boxes,
                            struct am_error *err)
{
	if (boxes->layout != AM_MAILDIR_PLUSPLUS || boxes->resident)
		return AM_OK;
	boxes->resident = g_strdup("INBOX");
	return make_maildir(boxes, "", err);
}
