/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/sample.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define HEAD_FILE   ((size_t)64 << 10)
#define HEAD_ENTRY  ((size_t)2 << 10)
#define MAX_ENTRIES 256u
#define MAX_NAMES   65536u /* looked at to choose those from */
#define MAX_INSIDE  64u    /* names of a sub-directory */
#define MAX_DIRS    128u   /* of the entries, so that files have room */

struct am_sample {
	struct am_probe probe;
	struct am_location where;
	GPtrArray *kept; /* everything the probe points at */
};

static void *keep(struct am_sample *sample, void *p)
{
	g_ptr_array_add(sample->kept, p);
	return p;
}

/* Up to room unpacked bytes from the beginning.  What is damaged still shows
 * what came before the damage. */
static int read_head(struct am_sample *sample, const char *path, size_t room,
                     const uint8_t **head, size_t *len, uint64_t *size,
                     const char **packed, struct am_error *err)
{
	uint8_t *buf = keep(sample, g_malloc(room));
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;

	*head = buf;
	*len = 0;
	int r = am_file_open(&file, path, err);
	if (r)
		return r;
	*size = am_file_size(file);
	r = am_file_read(file, 0, buf, room, len, err);
	if (r)
		goto out;
	const char *how = am_unpack_sniff(buf, *len);
	if (how && !am_unpack_open(&reader, file, NULL)) {
		size_t got = 0;
		if (am_reader_read(reader, buf, room, &got, NULL) < 0 && !got)
			goto out;
		*len = got;
		*packed = how;
	}
	const char *box = am_container_sniff(buf, *len);
	if (box)
		*packed = box;
out:
	am_reader_close(&reader);
	am_file_unref(&file);
	return r;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, at most max, sorted; *more: there are others. */
static int read_names(GPtrArray **out, const char *path, guint max, bool *more,
                      struct am_error *err)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const struct dirent *entry;

	*more = false;
	*out = names;
	DIR *dir = opendir(path);
	if (!dir)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (names->len == max) {
			*more = true;
			break;
		}
		g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	closedir(dir);
	g_ptr_array_sort(names, compare_names);
	return AM_OK;
}

static const char *const *names_inside(struct am_sample *sample,
                                       const char *path)
{
	GPtrArray *names = NULL;
	bool more;

	if (read_names(&names, path, MAX_INSIDE, &more, NULL)) {
		/* Unreadable: no names rather than no answer. */
		g_ptr_array_set_size(names, 0);
	}
	const char **list =
		keep(sample, g_new0(const char *, (size_t)names->len + 1));
	for (guint i = 0; i < names->len; i++)
		list[i] = keep(sample, g_strdup(g_ptr_array_index(names, i)));
	g_ptr_array_unref(names);
	return list;
}

/* false: not a thing to look at. */
static bool look_at(struct am_sample *sample, struct am_probe_entry *entry,
                    const char *dir, const char *name, bool directories)
{
	char *path = g_build_filename(dir, name, NULL);
	const char *packed = NULL;
	struct stat st;
	bool good = false;

	if (stat(path, &st))
		goto out;
	if (directories ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		goto out;
	*entry = (struct am_probe_entry){
		.name = keep(sample, g_strdup(name)),
		.is_directory = directories,
		.size = directories ? 0 : (uint64_t)st.st_size,
	};
	if (directories) {
		entry->inside = names_inside(sample, path);
	} else {
		uint64_t size;
		/* A head that cannot be read is an empty one. */
		if (read_head(sample, path, HEAD_ENTRY, &entry->head,
		              &entry->head_len, &size, &packed, NULL))
			entry->head_len = 0;
	}
	good = true;
out:
	g_free(path);
	return good;
}

static gint compare_entries(gconstpointer a, gconstpointer b)
{
	const struct am_probe_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Directories first: what makes a Maildir must not drown in files. */
static int sample_directory(struct am_sample *sample, const char *path,
                            struct am_error *err)
{
	GArray *entries =
		g_array_new(FALSE, TRUE, sizeof(struct am_probe_entry));
	GPtrArray *names = NULL;
	bool more = false;

	int r = read_names(&names, path, MAX_NAMES, &more, err);
	if (r)
		goto out;
	for (int pass = 0; pass < 2; pass++) {
		guint max = pass ? MAX_ENTRIES : MAX_DIRS;
		guint i = 0;
		for (; i < names->len && entries->len < max; i++) {
			struct am_probe_entry entry;
			if (look_at(sample, &entry, path,
			            g_ptr_array_index(names, i), pass == 0))
				g_array_append_val(entries, entry);
		}
		more = more || i < names->len;
	}
	g_array_sort(entries, compare_entries);
	sample->probe.n_entries = entries->len;
	sample->probe.more_entries = more;
	sample->probe.entries =
		keep(sample,
	             g_memdup2(entries->data,
	                       entries->len * sizeof(struct am_probe_entry)));
out:
	g_array_unref(entries);
	g_ptr_array_unref(names);
	return r;
}

int am_sample_take(struct am_sample **out, const struct am_location *where,
                   struct am_error *err)
{
	struct am_sample *sample = g_new0(struct am_sample, 1);
	struct am_probe *probe = &sample->probe;
	struct stat st;
	int r = AM_OK;

	sample->kept = g_ptr_array_new_with_free_func(g_free);
	sample->where = *where;
	probe->where = &sample->where;
	/* "dir/" is called "dir". */
	probe->name =
		keep(sample, where->name ? g_strdup(where->name)
	                                 : g_path_get_basename(where->path));
	if (stat(where->path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
			            "no such file");
		else
			r = am_fail(err, AM_FAILED, AM_E_IO, "%s",
			            g_strerror(errno));
		goto out;
	}
	probe->is_directory = S_ISDIR(st.st_mode);
	if (probe->is_directory)
		r = sample_directory(sample, where->path, err);
	else
		r = read_head(sample, where->path, HEAD_FILE, &probe->head,
		              &probe->head_len, &probe->size, &probe->packed,
		              err);
out:
	if (r)
		am_sample_free(&sample);
	*out = sample;
	return r;
}

void am_sample_free(struct am_sample **sample)
{
	struct am_sample *s = *sample;

	*sample = NULL;
	if (!s)
		return;
	g_ptr_array_unref(s->kept);
	g_free(s);
}

const struct am_probe *am_sample_probe(const struct am_sample *sample)
{
	return &sample->probe;
}

const char *am_sample_looks_like(const struct am_probe *probe)
{
	static const struct {
		const char *magic;
		size_t len, at;
		const char *what;
	} table[] = {
		{"%PDF-", 5, 0, "a PDF"},
		{"\x89PNG", 4, 0, "a PNG image"},
		{"\xFF\xD8\xFF", 3, 0, "a JPEG image"},
		{"GIF8", 4, 0, "a GIF image"},
		{"\x7F"
	         "ELF",
	         4, 0, "a program"},
		{"MZ", 2, 0, "a Windows program"},
		{"!BDN", 4, 0, "an Outlook data file, packed or cut off"},
		{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, 0,
	         "an Outlook message or Office document"},
		{"\xCF\xAD\x12\xFE", 4, 0, "an Outlook Express DBX file"},
		{"SQLite format 3", 16, 0, "an SQLite database"},
		{"Rar!", 4, 0, "a RAR archive"},
		{"7z\xBC\xAF\x27\x1C", 6, 0, "a 7-Zip archive"},
		{"PK\x03\x04", 4, 0, "a zip archive without mail"},
		{"ustar", 5, 257, "a tar archive without mail"},
		{"ID3", 3, 0, "an MP3"},
		{"ftyp", 4, 4, "a video"},
		{"RIFF", 4, 0, "a sound or video file"},
		{"{\\rtf", 5, 0, "an RTF document"},
		{"<?xml", 5, 0, "an XML document"},
		{"<!DOCTYPE html", 14, 0, "an HTML page"},
		{"<html", 5, 0, "an HTML page"},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++)
		if (probe->head_len >= table[i].at + table[i].len &&
		    !memcmp(probe->head + table[i].at, table[i].magic,
		            table[i].len))
			return table[i].what;
	return NULL;
}
