/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/aside.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/hash.h"
#include "base/reader.h"
#include "formats/mapi/own_names.h"
#include "formats/safe_name.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

enum { NAME_DIGITS = 32, NAME_MAX_BYTES = 120 };
enum { BYTES, HASH, PLACE, NAME, TYPE, N_STRINGS };

/* ---- which ---- */

static uint64_t weigh_bag(const struct am_mapi_props *props)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < props->n; i++)
		sum += props->list[i].blob ? props->list[i].size
		                           : props->list[i].len;
	return sum;
}

/* Items in items stand on a list, however deep they are. */
uint64_t am_aside_weight(const struct am_mapi_item *item,
                         struct am_mapi_attachment **largest)
{
	GPtrArray *todo = g_ptr_array_new();
	struct am_mapi_attachment *found = NULL;
	uint64_t sum = 0, most = 0;

	g_ptr_array_add(todo, (struct am_mapi_item *)(uintptr_t)item);
	for (guint k = 0; k < todo->len; k++) {
		struct am_mapi_item *it = todo->pdata[k];
		sum += weigh_bag(&it->props);
		for (size_t i = 0; i < it->n_recipients; i++)
			sum += weigh_bag(&it->recipients[i]);
		for (size_t i = 0; i < it->n_attachments; i++) {
			struct am_mapi_attachment *att = &it->attachments[i];
			uint64_t size = att->data ? am_blob_size(att->data) : 0;
			sum += weigh_bag(&att->props) + size;
			if (size > most) {
				most = size;
				found = att;
			}
			if (att->item)
				g_ptr_array_add(todo, att->item);
		}
	}
	g_ptr_array_free(todo, TRUE);
	if (largest)
		*largest = found;
	return sum;
}

/* ---- writing ---- */

/* All of a reader: hashed, and written where there is a file for it. */
static int pass(struct am_reader *from, int fd, struct am_sha256 *sha,
                const char *what, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(from, 1, &data, &len, err))) {
		if (sha)
			am_sha256_update(sha, data, len);
		r = fd >= 0 ? am_write_all(fd, data, len, what, err) : AM_OK;
		if (r)
			return r;
		am_reader_skip(from, len);
	}
	return r == AM_END ? AM_OK : r;
}

static int hash_blob(const struct am_blob *blob, char hex[AM_SHA256_HEX],
                     struct am_error *err)
{
	struct am_sha256 *sha = am_sha256_new();
	uint8_t hash[AM_SHA256_LEN];
	struct am_reader *from = NULL;
	int r = am_blob_open(blob, &from, err);

	if (!r)
		r = pass(from, -1, sha, NULL, err);
	am_reader_close(&from);
	am_sha256_final(sha, hash);
	am_sha256_free(&sha);
	am_hex(hash, AM_SHA256_LEN, hex);
	return r;
}

static bool is_there(const char *path, uint64_t size)
{
	struct stat st;

	return !lstat(path, &st) && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size;
}

static int write_file(const struct am_blob *blob, const char *path,
                      struct am_error *err)
{
	struct am_reader *from = NULL;
	char *temp = NULL;
	int fd = -1;
	int r = am_blob_open(blob, &from, err);

	if (!r)
		r = am_file_replace_open(&fd, &temp, path, err);
	if (!r)
		r = pass(from, fd, NULL, path, err);
	if (!r)
		r = am_file_replace_commit(&fd, &temp, path, err);
	am_file_replace_drop(&fd, &temp);
	am_reader_close(&from);
	return r;
}

static void set_text(struct am_mapi_props *props, unsigned id, const char *text)
{
	for (size_t i = 0; i < props->n; i++) {
		if (props->list[i].tag >> 16 != id || props->list[i].name)
			continue;
		props->list[i] = props->list[--props->n];
		break;
	}
	am_mapi_put_text(props, id, text);
}

/* What a person finds in its place. */
static int put_notice(struct am_mapi_attachment *att, const char *name,
                      uint64_t size, const char *hex, const char *place,
                      struct am_error *err)
{
	struct am_blob *blob = NULL;
	char *shown = g_strconcat(name, ".txt", NULL);
	char *text = g_strdup_printf(
		"\xef\xbb\xbf%s\r\n%" PRIu64 " bytes, SHA-256 %s\r\n\r\n"
		"This attachment is larger than this data file can hold.  Its "
		"bytes are in the file\r\n\r\n    %s\r\n\r\n"
		"in the folder this data file was written to.  mailark puts "
		"both together again when it reads the data file there.\r\n",
		name, size, hex, place);
	int r = am_blob_copy(&blob, text, strlen(text), err);

	if (!r) {
		am_blob_unref(&att->data);
		att->data = blob;
		set_text(&att->props, AM_PR_ATTACH_LONG_NAME, shown);
		set_text(&att->props, AM_PR_DISPLAY_NAME, shown);
		set_text(&att->props, AM_PR_ATTACH_SHORT_NAME, "ASIDE~1.TXT");
		set_text(&att->props, AM_PR_ATTACH_EXTENSION, ".txt");
		set_text(&att->props, AM_PR_ATTACH_MIME_TYPE, "text/plain");
	}
	g_free(shown);
	g_free(text);
	return r;
}

static const char *text_or(const struct am_mapi_props *props, unsigned id,
                           const char *otherwise)
{
	const char *text = am_mapi_text(props, id);

	return text && *text ? text : otherwise;
}

int am_aside_put(struct am_mapi_attachment *att, const char *root,
                 const char *dir, char **name, struct am_error *err)
{
	const char *called =
		text_or(&att->props, AM_PR_ATTACH_LONG_NAME, "attachment");
	const char *type = text_or(&att->props, AM_PR_ATTACH_MIME_TYPE, "");
	uint64_t size = am_blob_size(att->data);
	char hex[AM_SHA256_HEX], bytes[24];
	char *safe = am_safe_name(called, AM_SAFE_WINDOWS, NAME_MAX_BYTES);
	char *within = g_build_filename(root, dir, NULL);
	char *place = NULL, *path = NULL;

	*name = NULL;
	int r = hash_blob(att->data, hex, err);
	if (!r)
		r = am_make_dirs(within, err);
	if (r)
		goto out;
	place = g_strdup_printf("%s/%.*s-%s", dir, (int)NAME_DIGITS, hex, safe);
	path = g_build_filename(root, place, NULL);
	if (!is_there(path, size))
		r = write_file(att->data, path, err);
	(void)g_snprintf(bytes, sizeof(bytes), "%" PRIu64, size);
	const char *const strings[N_STRINGS] = {[BYTES] = bytes,
	                                        [HASH] = hex,
	                                        [PLACE] = place,
	                                        [NAME] = called,
	                                        [TYPE] = type};
	if (!r)
		am_mapi_put_named_texts(&att->props, &am_own_aside, strings,
		                        N_STRINGS);
	if (!r)
		r = put_notice(att, called, size, hex, place, err);
	am_mapi_props_sort(&att->props);
	*name = g_strdup(place);
out:
	g_free(place);
	g_free(path);
	g_free(within);
	g_free(safe);
	return r;
}

/* ---- reading ---- */

/* "x.pst-files/0123…-name": one directory, one name, as we write them. */
static bool good_place(const char *place, const char *hex)
{
	const char *slash = strchr(place, '/');
	size_t n = slash ? (size_t)(slash - place) : 0;
	size_t end = strlen(AM_ASIDE_DIR);

	return n > end && *place != '.' &&
	       !memcmp(slash - end, AM_ASIDE_DIR, end) &&
	       strlen(hex) == AM_SHA256_HEX - 1 &&
	       !strncmp(slash + 1, hex, NAME_DIGITS) &&
	       slash[1 + NAME_DIGITS] == '-' && !strchr(slash + 1, '/');
}

static int prove_file(const char *path, const char *hex, struct am_error *err)
{
	struct am_file *file = NULL;
	struct am_blob *blob = NULL;
	char found[AM_SHA256_HEX] = "";
	int r = am_file_open(&file, path, err);

	if (!r)
		r = am_blob_slice(&blob, file, 0, am_file_size(file), err);
	if (!r)
		r = hash_blob(blob, found, err);
	if (!r && strcmp(found, hex) != 0)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "its bytes are others now");
	am_blob_unref(&blob);
	am_file_unref(&file);
	return r;
}

static int find_file(const char *beside, const char *const *strings, bool prove,
                     char **path, uint64_t *size, struct am_error *err)
{
	struct stat st;
	guint64 n = 0;

	if (!g_ascii_string_to_unsigned(strings[BYTES], 10, 0, INT64_MAX, &n,
	                                NULL) ||
	    !good_place(strings[PLACE], strings[HASH]))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "its record of where its bytes are is damaged");
	*size = n;
	char *dir = g_build_filename(beside, strings[PLACE], NULL);
	*strrchr(dir, '/') = '\0';
	bool linked = lstat(dir, &st) || !S_ISDIR(st.st_mode);
	g_free(dir);
	*path = g_build_filename(beside, strings[PLACE], NULL);
	if (linked || lstat(*path, &st))
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "its %" PRIu64 " bytes lie beside this file, "
		               "in %s, which is not there",
		               n, strings[PLACE]);
	if (!is_there(*path, n))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s, beside this file, has not its %" PRIu64
		               " bytes",
		               strings[PLACE], n);
	int r = prove ? prove_file(*path, strings[HASH], err) : AM_OK;
	return r ? am_wrap(err, r, "%s", strings[PLACE]) : AM_OK;
}

/* The attachment as it was; its bytes stay where they are. */
static void restore(struct am_mapi_enclosure *att, const char *const *strings,
                    const char *path, uint64_t size)
{
	struct am_mapi_props *p = &att->props;
	struct am_mapi_prop data = {.tag = (uint32_t)AM_PR_ATTACH_DATA << 16 |
	                                   AM_MAPI_BINARY,
	                            .size = size};

	data.file = am_arena_strdup(p->arena, path);
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].tag >> 16 == AM_PR_ATTACH_DATA)
			p->list[i] = p->list[--p->n];
	am_mapi_props_add(p, &data);
	set_text(p, AM_PR_ATTACH_LONG_NAME, strings[NAME]);
	set_text(p, AM_PR_DISPLAY_NAME, strings[NAME]);
	set_text(p, AM_PR_ATTACH_MIME_TYPE,
	         *strings[TYPE] ? strings[TYPE] : NULL);
	am_mapi_props_sort(p);
}

static void find_one(const struct am_mapi_container *in,
                     struct am_mapi_enclosure *att, bool prove)
{
	const struct am_mapi_prop *own =
		am_own_find(in, &att->props, &am_own_aside);
	const char *strings[N_STRINGS];
	char *path = NULL;
	uint64_t size = 0;

	if (!own || att->why.kind)
		return;
	for (size_t i = 0; i < N_STRINGS; i++) {
		strings[i] = am_mapi_text_at(&att->props, own, i);
		if (!strings[i])
			return; /* somebody's, not ours */
	}
	if (find_file(in->beside, strings, prove, &path, &size, &att->why) &&
	    !att->why.kind)
		att->why.kind = AM_E_IO;
	restore(att, strings, path ? path : "", size);
	g_free(path);
}

void am_aside_find(const struct am_mapi_container *in,
                   struct am_mapi_enclosure *atts, size_t n, bool prove)
{
	for (size_t i = 0; in->beside && i < n; i++)
		find_one(in, &atts[i], prove);
}

uint64_t am_aside_sum(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	uint64_t sum = 0;
	struct stat st;

	while (dir && (name = g_dir_read_name(dir))) {
		char *file = g_build_filename(path, name, NULL);
		if (!lstat(file, &st) && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		g_free(file);
	}
	if (dir)
		g_dir_close(dir);
	return sum;
}

uint64_t am_aside_all(const struct am_mapi_container *in)
{
	GDir *dir = in->beside ? g_dir_open(in->beside, 0, NULL) : NULL;
	const char *name;
	uint64_t sum = 0;

	while (dir && (name = g_dir_read_name(dir))) {
		char *path = g_build_filename(in->beside, name, NULL);
		if (g_str_has_suffix(name, AM_ASIDE_DIR))
			sum += am_aside_sum(path);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
	return sum;
}
