/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of kinds, and whose a file or directory is. */
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/boxes/boxes.h"
#include "formats/mail_head.h"
#include "formats/mozilla_profile.h"

#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* To add a kind: its declaration and its row. */
extern const struct am_box_kind am_box_mh;
extern const struct am_box_kind am_box_emlx;
extern const struct am_box_kind am_box_dbx;
extern const struct am_box_kind am_box_thebat;
extern const struct am_box_kind am_box_pegasus;
extern const struct am_box_kind am_box_babyl;
extern const struct am_box_kind am_box_listserv;
extern const struct am_box_kind am_box_uwmbx;
extern const struct am_box_kind am_box_dbox;
extern const struct am_box_kind am_box_jsonl;

/* clang-format off */
const struct am_box_kind *const am_box_kinds[] = {
	&am_box_mh,
	&am_box_emlx,
	&am_box_dbx,
	&am_box_thebat,
	&am_box_pegasus,
	&am_box_babyl,
	&am_box_listserv,
	&am_box_uwmbx,
	&am_box_dbox,
	&am_box_jsonl,
	NULL,
};
/* clang-format on */

const struct am_box_kind *am_box_kind_find(const char *format)
{
	for (size_t i = 0; am_box_kinds[i]; i++)
		if (!strcmp(am_box_kinds[i]->format, format))
			return am_box_kinds[i];
	return NULL;
}

const struct am_box_kind *am_boxes_claim_file(const struct am_box_file *file)
{
	for (size_t i = 0; am_box_kinds[i]; i++)
		if (am_box_kinds[i]->file && am_box_kinds[i]->file(file))
			return am_box_kinds[i];
	return NULL;
}

const struct am_box_kind *am_boxes_claim_dir(const struct am_box_dir *dir)
{
	for (size_t i = 0; am_box_kinds[i]; i++)
		if (am_box_kinds[i]->dir && am_box_kinds[i]->dir(dir))
			return am_box_kinds[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const struct am_box_kind *am_boxes_claim_fd(int dir_fd, const char *name)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	int own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	const struct am_box_kind *kind;
	struct dirent *e;

	if (!dir && own >= 0)
		close(own);
	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			g_ptr_array_add(names, g_strdup(e->d_name));
	if (dir)
		closedir(dir);
	g_ptr_array_sort(names, by_name);
	struct am_box_dir look = {.fd = dir_fd,
	                          .name = name,
	                          .names = (const char *const *)names->pdata,
	                          .n_names = names->len};
	kind = am_boxes_claim_dir(&look);
	g_ptr_array_free(names, TRUE);
	return kind;
}

bool am_box_looks_like_mail(int dir_fd, const char *name)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 &&
	       am_mail_head_bits(head, (size_t)n) >= AM_MAIL_HEAD_ENOUGH;
}

bool am_boxes_claim_path(const char *path, const char *name)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	size_t got = 0;
	bool yes = false;

	if (am_file_open(&file, path, NULL) ||
	    am_file_read(file, 0, head, sizeof(head), &got, NULL))
		goto out;
	if (am_unpack_sniff(head, got) &&
	    !am_unpack_open(&reader, file, NULL)) {
		got = 0;
		if (am_reader_read(reader, head, sizeof(head), &got, NULL) <
		            0 &&
		    !got)
			goto out;
	}
	struct am_box_file look = {.name = name,
	                           .head = head,
	                           .head_len = got,
	                           .size = am_file_size(file)};
	yes = am_boxes_claim_file(&look) != NULL;
out:
	am_reader_close(&reader);
	am_file_unref(&file);
	return yes;
}

/* Apple Mail's Attachments/ beside Messages/; what a profile of Mozilla's keeps
 * of servers: pieces of mail it had shown, too. */
bool am_boxes_owned_dir(int dir_fd, const char *parent, const char *name)
{
	struct stat st;
	char *beside;
	bool yes;

	if (strcmp(name, "Attachments") != 0)
		return am_mozilla_profile_here(dir_fd, parent) &&
		       am_mozilla_profile_cache(name);
	beside = g_strconcat(*parent ? parent : ".", "/Messages", NULL);
	yes = !fstatat(dir_fd, beside, &st, 0) && S_ISDIR(st.st_mode);
	g_free(beside);
	return yes;
}

static bool fits(const struct am_box_kind *kind, const char *name,
                 const uint8_t *head, size_t len, uint64_t size)
{
	struct am_box_file look = {
		.name = name, .head = head, .head_len = len, .size = size};

	return kind->file && kind->file(&look);
}

static bool fits_names(const struct am_box_kind *kind, const char *name,
                       const char *const *names, size_t n)
{
	struct am_box_dir look = {
		.fd = -1, .name = name, .names = names, .n_names = n};

	return kind->dir && kind->dir(&look);
}

static int probe_directory(const struct am_box_kind *kind,
                           const struct am_probe *p)
{
	const char **names = g_new0(const char *, p->n_entries + 1);
	size_t n_files = 0, n_mine = 0, n_below = 0;
	int bits = 0;

	for (size_t i = 0; i < p->n_entries; i++) {
		const struct am_probe_entry *e = &p->entries[i];

		names[i] = e->name;
		if (e->is_directory) {
			size_t n = 0;
			while (e->inside && e->inside[n])
				n++;
			n_below += fits_names(kind, e->name, e->inside, n);
			continue;
		}
		n_files++;
		n_mine += fits(kind, e->name, e->head, e->head_len, e->size);
	}
	if (fits_names(kind, p->name, names, p->n_entries))
		bits = 36;
	else if (n_mine)
		bits = n_mine * 2 > n_files ? 36 : 12;
	else if (n_below)
		bits = 14;
	g_free(names);
	return bits;
}

int am_boxes_probe(const struct am_box_kind *kind, const struct am_probe *probe)
{
	if (probe->is_directory)
		return probe_directory(kind, probe);
	return fits(kind, probe->name, probe->head, probe->head_len,
	            probe->size)
	               ? 40
	               : 0;
}
