/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Containers, through libarchive, member after member as they lie: zip (and so
 * OOXML and ODF, which are zips), 7z, rar, tar, and single compressed files.
 *
 * What may come out is bounded three times: in all, by the container's own
 * size, and for what is held in memory.
 */
#include "extractor/any.h"
#include "extractor/limits.h"
#include "extractor/office_xml.h"

#include <archive.h>
#include <archive_entry.h>

#include <string.h>

enum shape { PLAIN, OOXML, ODF };

struct opening {
	struct am_found *found;
	struct archive *a;
	enum shape shape;
	uint64_t left; /* bytes that may still come out of this container */
	unsigned depth;
};

static struct archive *open_archive(const uint8_t *data, size_t len)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_format_zip(a);
	if (am_extract_kind_of(data, len) == AM_KIND_PACKED) {
		archive_read_support_format_7zip(a);
		archive_read_support_format_rar(a);
		archive_read_support_format_rar5(a);
		archive_read_support_format_tar(a);
		archive_read_support_format_raw(a);
		archive_read_support_filter_gzip(a);
		archive_read_support_filter_bzip2(a);
		archive_read_support_filter_xz(a);
		archive_read_support_filter_zstd(a);
	}
	if (archive_read_open_memory(a, data, len) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

/* A zip's list says what it is.  Its names are looked at first; nothing is
 * unpacked for that. */
static enum shape shape_of(const uint8_t *data, size_t len)
{
	static const char odf[] = "mimetypeapplication/vnd.oasis.opendocument";
	struct archive *a = open_archive(data, len);
	struct archive_entry *entry;
	bool types = false, parts = false;

	if (len > 30 + sizeof(odf) &&
	    memmem(data + 30, MIN(sizeof(odf) + 64, len - 30), odf,
	           sizeof(odf) - 1)) {
		archive_read_free(a);
		return ODF;
	}
	for (unsigned n = 0; a && !(types && parts) && n < AM_EXTRACTOR_MEMBERS;
	     n++) {
		int r = archive_read_next_header(a, &entry);
		const char *name = NULL;
		if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
			name = archive_entry_pathname(entry);
		else
			break;
		if (!name)
			continue;
		types = types || !strcmp(name, "[Content_Types].xml");
		parts = parts || g_str_has_prefix(name, "word/") ||
		        g_str_has_prefix(name, "xl/") ||
		        g_str_has_prefix(name, "ppt/") ||
		        g_str_has_prefix(name, "visio/");
	}
	archive_read_free(a);
	return types && parts ? OOXML : PLAIN;
}

/* The next bytes of the open member; false at its end, or when there are to be
 * no more.  *whole: it was its end. */
static bool next_block(struct opening *o, const void **data, size_t *len,
                       bool *whole)
{
	la_int64_t offset;
	int r = archive_read_data_block(o->a, data, len, &offset);

	*whole = r == ARCHIVE_EOF;
	if (r == ARCHIVE_EOF)
		return false;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
		o->found->damaged = true;
		return false;
	}
	if (*len > o->left || !am_found_unpack(o->found, *len)) {
		o->found->too_large = true;
		o->left = 0;
		return false;
	}
	o->left -= *len;
	return true;
}

static void read_xml(struct opening *o, enum am_office_member what)
{
	struct am_office_xml *xml = am_office_xml_new(o->found, what);
	const void *data;
	size_t len;
	bool whole = false;

	while (next_block(o, &data, &len, &whole))
		if (!am_office_xml_feed(xml, data, len))
			break;
	am_office_xml_end(&xml, whole);
	am_found_text(o->found, "\n", 1);
}

static void read_file(struct opening *o, const char *name)
{
	GByteArray *bytes = g_byte_array_new();
	const void *data;
	size_t len;
	bool whole = false;

	while (next_block(o, &data, &len, &whole)) {
		if (bytes->len + len > AM_EXTRACTOR_MEMBER_MAX) {
			o->found->too_large = true;
			break;
		}
		g_byte_array_append(bytes, data, (guint)len);
	}
	am_extract_member(o->found, NULL, name, bytes->data, bytes->len,
	                  o->depth);
	g_byte_array_unref(bytes);
}

static void read_member(struct opening *o, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);
	enum am_office_member what = AM_OFFICE_OTHER;

	if (!name)
		name = archive_entry_pathname(entry);
	if (!name)
		name = "";
	if (archive_entry_is_encrypted(entry) > 0) {
		o->found->encrypted = true;
		am_found_file(o->found, name);
		return;
	}
	if (o->shape == OOXML)
		what = am_office_ooxml(name);
	else if (o->shape == ODF)
		what = am_office_odf(name);
	/* A binary workbook, or pages of Apple's. */
	if (g_str_has_prefix(name, "xl/worksheets/") &&
	    g_str_has_suffix(name, ".bin"))
		o->found->unsupported = true;
	if (g_str_has_suffix(name, ".iwa"))
		o->found->unsupported = true;
	else if (what == AM_OFFICE_OTHER)
		read_file(o, name);
	else if (what != AM_OFFICE_IGNORED)
		read_xml(o, what);
}

/* "raw" takes anything for its one member; its name is not known. */
static bool is_nameless(const struct opening *o)
{
	return archive_format(o->a) == ARCHIVE_FORMAT_RAW;
}

static void read_nameless(struct opening *o)
{
	GByteArray *bytes = g_byte_array_new();
	const void *data;
	size_t len;
	bool whole = false;

	while (next_block(o, &data, &len, &whole)) {
		if (bytes->len + len > AM_EXTRACTOR_MEMBER_MAX) {
			o->found->too_large = true;
			break;
		}
		g_byte_array_append(bytes, data, (guint)len);
	}
	am_extract_any(o->found, AM_HINT_TEXT, bytes->data, bytes->len,
	               o->depth + 1);
	g_byte_array_unref(bytes);
}

void am_extract_packed(struct am_found *f, const uint8_t *data, size_t len,
                       unsigned depth)
{
	struct opening o = {.found = f,
	                    .shape = PLAIN,
	                    .left = (uint64_t)len * AM_EXTRACTOR_RATIO +
	                            AM_EXTRACTOR_RATIO_FROM,
	                    .depth = depth};
	struct archive_entry *entry;
	int r = ARCHIVE_OK;

	f->known = true;
	if (am_extract_kind_of(data, len) == AM_KIND_ZIP)
		o.shape = shape_of(data, len);
	o.a = open_archive(data, len);
	if (!o.a) {
		f->damaged = true;
		return;
	}
	while (o.left && !am_found_full(f)) {
		r = archive_read_next_header(o.a, &entry);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		if (!f->members_left) {
			f->too_large = true;
			break;
		}
		f->members_left--;
		if (is_nameless(&o))
			read_nameless(&o);
		else if (archive_entry_filetype(entry) == AE_IFREG)
			read_member(&o, entry);
	}
	if (r < ARCHIVE_WARN) {
		if (archive_read_has_encrypted_entries(o.a) > 0)
			f->encrypted = true;
		else
			f->damaged = true;
	}
	archive_read_free(o.a);
}
