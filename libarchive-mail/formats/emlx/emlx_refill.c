/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attachments back into a partial message.  The part's number in dots names
 * the directory, its encoding is in its header, and X-Apple-Content-Length is
 * how long it was, encoded: so the width of base64 lines is found, and the
 * field, which Apple Mail has added, goes again.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "formats/emlx/emlx.h"
#include "formats/file_base64.h"
#include "mime/part.h"
#include "mime/scan.h"
#include "model/ctx.h"

#include <dirent.h>
#include <string.h>

#define FIELD  "X-Apple-Content-Length"
#define MAX_QP 76

struct refill {
	const struct am_blob *raw;
	struct am_ctx *ctx;
	struct am_spool *spool;
	uint64_t copied;    /* of raw */
	char *dir, *number; /* Messages/, and the message's number */
	unsigned lost, put;
	bool exact;
};

static int copy_raw(struct refill *f, uint64_t upto, struct am_error *err)
{
	uint8_t buf[16 * 1024];
	int r = AM_OK;

	while (f->copied < upto && !r) {
		size_t want = (size_t)MIN(upto - f->copied, sizeof buf), got;
		r = am_blob_read(f->raw, f->copied, buf, want, &got, err);
		if (!r && !got)
			break;
		if (!r)
			r = am_spool_write(f->spool, buf, got, err);
		f->copied += got;
	}
	return r;
}

/* The only file in Attachments/N/SECTION/, or N.SECTION.emlxpart. */
static char *find_content(const struct refill *f, const char *section,
                          bool *encoded)
{
	char *dir = g_build_filename(f->dir, "..", "Attachments", f->number,
	                             section, NULL);
	DIR *d = opendir(dir);
	struct dirent *e;
	char *found = NULL;
	unsigned n = 0;

	*encoded = false;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			n++;
			g_free(found);
			found = g_build_filename(dir, e->d_name, NULL);
		}
	if (d)
		closedir(d);
	if (n != 1)
		g_clear_pointer(&found, g_free);
	g_free(dir);
	if (found)
		return found;
	char *name = g_strdup_printf("%s.%s.emlxpart", f->number, section);
	found = g_build_filename(f->dir, name, NULL);
	g_free(name);
	*encoded = true;
	if (!g_file_test(found, G_FILE_TEST_IS_REGULAR))
		g_clear_pointer(&found, g_free);
	return found;
}

static uint64_t base64_length(uint64_t size, unsigned width)
{
	uint64_t n = (size + 2) / 3 * 4;

	return n ? n + (n - 1) / width : 0; /* without a last line end */
}

/* Lines of this width give this length; *end: and one more line end. */
static unsigned choose_width(uint64_t size, uint64_t want, bool *end,
                             bool *exact)
{
	static const unsigned widths[] = {76, 72, 64, 60, 68, 74, 70, 56};

	for (size_t i = 0; i < AM_COUNT(widths); i++)
		for (int more = 0; more < 2; more++)
			if (base64_length(size, widths[i]) + (uint64_t)more ==
			    want) {
				*end = more;
				return widths[i];
			}
	*exact = false;
	*end = false;
	return 76;
}

static int put_base64(struct refill *f, struct am_file *file, uint64_t want,
                      struct am_error *err)
{
	bool end;
	unsigned width =
		choose_width(am_file_size(file), want, &end, &f->exact);
	int r = am_file_base64(f->spool, file, width, "\n", f->ctx, err);

	if (!r && end)
		r = am_spool_write(f->spool, "\n", 1, err);
	return r;
}

static int put_plain(struct refill *f, struct am_file *file,
                     struct am_error *err)
{
	uint8_t buf[16 * 1024];
	uint64_t size = am_file_size(file);
	int r = AM_OK;

	for (uint64_t at = 0; at < size && !r; at += sizeof buf) {
		size_t n = (size_t)MIN(size - at, sizeof buf);
		r = am_file_read_all(file, at, buf, n, err);
		if (!r)
			r = am_spool_write(f->spool, buf, n, err);
	}
	return r;
}

/* As quoted-printable: line ends stay, long lines are cut behind '='. */
static int put_qp(struct refill *f, struct am_file *file, uint64_t want,
                  struct am_error *err)
{
	uint64_t size = am_file_size(file), column = 0;
	GString *out = g_string_new(NULL);
	uint8_t *text;
	int r;

	if (size > 64 * 1024 * 1024) {
		g_string_free(out, TRUE);
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "an attachment of text of more than 64 MB");
	}
	text = g_malloc((size_t)size + 1);
	r = am_file_read_all(file, 0, text, (size_t)size, err);
	for (size_t i = 0; i < size && !r; i++) {
		uint8_t c = text[i];
		bool last = i + 1 == size || text[i + 1] == '\n';
		bool plain = c >= ' ' && c < 127 && c != '=';
		if (c == '\n') {
			g_string_append_c(out, '\n');
			column = 0;
			continue;
		}
		plain = (plain && !(c == ' ' && last)) || (c == '\t' && !last);
		size_t n = plain ? 1 : 3;
		if (column + n > (last ? MAX_QP : MAX_QP - 1)) {
			g_string_append(out, "=\n");
			column = 0;
		}
		if (plain)
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "=%02X", (unsigned)c);
		column += n;
	}
	f->exact &= out->len == want;
	if (!r)
		r = am_spool_write(f->spool, out->str, out->len, err);
	g_string_free(out, TRUE);
	g_free(text);
	return r;
}

static int put_content(struct refill *f, const char *path, bool encoded,
                       enum am_encoding encoding, uint64_t want,
                       struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (r)
		return r;
	if (!encoded && encoding == AM_ENC_BASE64) {
		r = put_base64(f, file, want, err);
	} else if (!encoded && encoding == AM_ENC_QP) {
		r = put_qp(f, file, want, err);
	} else {
		f->exact &= am_file_size(file) == want;
		r = put_plain(f, file, err);
	}
	am_file_unref(&file);
	return r;
}

/* The field's place in the part's header, its line end included. */
static bool find_field(const struct am_part_header *header, uint64_t *at,
                       uint64_t *len, uint64_t *value)
{
	struct am_fields fields;
	struct am_field field;

	am_fields_init(&fields, header->block, header->len, 0);
	while (am_fields_next(&fields, &field)) {
		if (!am_field_is(&field, FIELD))
			continue;
		const char *end = field.value + field.value_len;
		const char *stop = header->block + header->len;
		char digits[24] = "";
		memcpy(digits, field.value,
		       MIN(field.value_len, sizeof digits - 1));
		*value = g_ascii_strtoull(digits, NULL, 10);
		while (end < stop && *end != '\n')
			end++;
		*at = field.offset;
		*len = (uint64_t)(end + (end < stop) - header->block) -
		       field.offset;
		return true;
	}
	return false;
}

static bool is_blank(const struct am_blob *raw, uint64_t from, uint64_t to)
{
	uint8_t buf[8];
	size_t got = 0;

	if (to - from > sizeof buf ||
	    am_blob_read(raw, from, buf, (size_t)(to - from), &got, NULL))
		return false;
	for (size_t i = 0; i < got; i++)
		if (!g_ascii_isspace((char)buf[i]))
			return false;
	return true;
}

static int refill_part(struct refill *f, struct am_arena *arena,
                       const struct am_scan *scan, size_t i,
                       struct am_error *err)
{
	const struct am_part *part = &scan->parts[i];
	struct am_part_header header;
	uint64_t at, len, want;
	bool encoded;
	char *path;
	int r = AM_OK;

	if (part->kind != AM_PART_LEAF ||
	    !is_blank(f->raw, part->body, part->end))
		return AM_OK;
	r = am_part_header_read(&header, f->raw, part, 1024 * 1024, err);
	if (r)
		return r;
	bool stub = find_field(&header, &at, &len, &want);
	am_part_header_drop(&header);
	if (!stub || !want)
		return AM_OK;
	path = find_content(f, am_part_section(arena, scan, i), &encoded);
	if (!path) {
		f->lost++;
		return AM_OK;
	}
	r = copy_raw(f, part->header + at, err);
	f->copied += len;
	if (!r)
		r = copy_raw(f, part->body, err);
	f->copied = part->end;
	if (!r)
		r = put_content(f, path, encoded, part->encoding, want, err);
	f->put++;
	g_free(path);
	return r;
}

int am_emlx_refill(struct am_blob **out, unsigned *lost, bool *exact,
                   const struct am_blob *raw, const char *dir, const char *name,
                   struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct refill f = {.raw = raw,
	                   .ctx = ctx,
	                   .dir = g_strdup(dir),
	                   .number = g_strndup(name, strcspn(name, ".")),
	                   .exact = true};
	struct am_arena *arena = am_arena_new();
	struct am_scan scan;
	int r = am_scan_message(&scan, raw, &limits, arena, err);

	*out = NULL;
	if (!r)
		r = am_spool_open(&f.spool, limits.spool_memory,
		                  am_ctx_tmpdir(ctx), err);
	for (size_t i = 0; i < scan.n_parts && !r; i++)
		r = refill_part(&f, arena, &scan, i, err);
	if (!r && f.put) {
		r = copy_raw(&f, am_blob_size(raw), err);
		if (!r)
			r = am_spool_seal(&f.spool, out, err);
	}
	*lost = f.lost;
	*exact = f.exact;
	am_spool_drop(&f.spool);
	am_arena_free(&arena);
	g_free(f.dir);
	g_free(f.number);
	return r;
}
