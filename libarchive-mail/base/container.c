/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack_impl.h"

#include <glib.h>

#include <string.h>

/*
 * zip and tar through libarchive.  A zip is read by its central directory, and
 * without one (cut short) from the front as far as it goes.  A tar may be
 * compressed; then it comes from am_unpack_open().
 */
struct member_source;

struct am_container {
	struct archive *a;
	struct am_unpack_input input;
	locale_t utf8;
	bool is_zip;
	bool cut_zip; /* it has no end record */
	bool at_member;
	char *name, *link;
	struct am_unpack_body body;
	struct member_source *reading; /* not ours: the open member reader's */
};

struct member_source {
	struct am_container *container; /* NULL once that has moved on */
};

enum {
	TAR_BLOCK = 512,
	TAR_SUM = 148,
	TAR_SUM_LEN = 8,
	/* A zip's end record, and the longest comment behind it. */
	END_RECORD = 22,
	END_COMMENT = 65535,
	/* How far behind a tar's end its padding is looked through. */
	REST = 1024 * 1024
};

/* POSIX.1-1988 ustar: bytes 148 to 155 hold the sum of the header in octal,
 * with themselves counted as blanks.  Older tars have nothing else to show. */
static bool is_tar_header(const uint8_t *p)
{
	unsigned sum = 0, said = 0, digits = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool in_sum = i >= TAR_SUM && i < TAR_SUM + TAR_SUM_LEN;
		sum += in_sum ? ' ' : p[i];
		if (in_sum && p[i] >= '0' && p[i] <= '7') {
			said = said * 8 + (p[i] - '0');
			digits++;
		} else if (in_sum && p[i] && p[i] != ' ') {
			return false;
		}
	}
	return digits && said == sum && p[0];
}

const char *am_container_sniff(const uint8_t *head, size_t len)
{
	/* A local header; the end record of an empty zip; a split one's mark */
	if (len >= 4 &&
	    (!memcmp(head, "PK\3\4", 4) || !memcmp(head, "PK\5\6", 4) ||
	     !memcmp(head, "PK\7\10", 4)))
		return "zip";
	if (len >= TAR_BLOCK && is_tar_header(head))
		return "tar";
	return NULL;
}

/* APPNOTE 4.3.16: "PK" 5 6 and 18 bytes, then a comment. */
static int find_end_record(struct am_container *c, struct am_file *file,
                           struct am_error *err)
{
	static const char mark[] = {'P', 'K', 5, 6};
	uint64_t size = am_file_size(file);
	size_t want = END_RECORD + END_COMMENT, got;

	if (want > size)
		want = (size_t)size;
	uint8_t *tail = g_malloc(want + 1);
	int r = am_file_read(file, size - want, tail, want, &got, err);
	const uint8_t *at = NULL;
	if (!r && got >= END_RECORD)
		at = memmem(tail, got - (END_RECORD - sizeof mark), mark,
		            sizeof mark);
	c->cut_zip = !at;
	g_free(tail);
	return r;
}

/* What kind of file, and where its bytes come from. */
static int choose_input(struct am_container *c, struct am_file *file,
                        struct am_error *err)
{
	uint8_t head[TAR_BLOCK];
	const uint8_t *data = head;
	size_t len;

	int r = am_file_read(file, 0, head, sizeof head, &len, err);
	if (r)
		return r;
	if (am_unpack_sniff(head, len)) {
		r = am_unpack_open(&c->input.reader, file, err);
		if (!r)
			r = am_reader_peek(c->input.reader, TAR_BLOCK, &data,
			                   &len, err);
		if (r < 0)
			return r;
		if (r == AM_END)
			len = 0;
	} else {
		c->input.file = am_file_ref(file);
	}
	const char *kind = am_container_sniff(data, len);
	c->is_zip = kind && !strcmp(kind, "zip");
	/* A zip inside of gzip would have to be read from its end. */
	if (!kind || (c->is_zip && c->input.reader))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "neither a zip nor a tar");
	return c->is_zip ? find_end_record(c, file, err) : AM_OK;
}

int am_container_open(struct am_container **out, struct am_file *file,
                      struct am_error *err)
{
	struct am_container *c = g_new0(struct am_container, 1);

	*out = NULL;
	int r = choose_input(c, file, err);
	if (!r && !am_libarchive(err))
		r = AM_FATAL;
	if (r)
		goto out;
	c->a = am_la()->archive_read_new();
	if (!c->a) {
		r = am_fail(err, AM_FATAL, AM_E_MEMORY,
		            "no memory for libarchive");
		goto out;
	}
	if (c->is_zip)
		am_la()->archive_read_support_format_zip(c->a);
	else
		am_la()->archive_read_support_format_tar(c->a);
	c->utf8 = am_unpack_locale_new();
	locale_t before = am_unpack_locale_enter(c->utf8);
	r = am_unpack_attach(c->a, &c->input, err);
	am_unpack_locale_leave(before);
out:
	if (r) {
		am_container_close(&c);
		return am_wrap(err, r, "%s", am_file_path(file));
	}
	*out = c;
	return AM_OK;
}

void am_container_close(struct am_container **container)
{
	struct am_container *c = *container;

	*container = NULL;
	if (!c)
		return;
	if (c->reading)
		c->reading->container = NULL;
	if (c->a)
		am_la()->archive_read_free(c->a);
	am_unpack_input_clear(&c->input);
	if (c->utf8)
		freelocale(c->utf8);
	g_free(c->name);
	g_free(c->link);
	g_free(c);
}

/* As the archive has it when it is bytes, else as UTF-8.  Programs on Windows
 * wrote zips with backslashes. */
static char *copy_name(const struct am_container *c,
                       struct archive_entry *entry)
{
	const char *name = am_la()->archive_entry_pathname(entry);

	if (!name)
		name = am_la()->archive_entry_pathname_utf8(entry);
	if (!name)
		return NULL;
	char *copy = g_strdup(name);
	if (c->is_zip && !strchr(copy, '/'))
		g_strdelimit(copy, "\\", '/');
	return copy;
}

/* Some programs store the bytes again; then it is a member as others are. */
static bool is_link(struct archive_entry *entry)
{
	return am_la()->archive_entry_hardlink(entry) &&
	       !(am_la()->archive_entry_size_is_set(entry) &&
	         am_la()->archive_entry_size(entry) > 0);
}

static int take_entry(struct am_container *c, struct archive_entry *entry,
                      struct am_member *out, struct am_error *err)
{
	c->name = copy_name(c, entry);
	if (!c->name)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a member without a readable name");
	out->name = c->name;
	out->size = UINT64_MAX;
	if (am_la()->archive_entry_size_is_set(entry) &&
	    am_la()->archive_entry_size(entry) >= 0)
		out->size = (uint64_t)am_la()->archive_entry_size(entry);
	out->mtime = am_la()->archive_entry_mtime_is_set(entry)
	                     ? (int64_t)am_la()->archive_entry_mtime(entry)
	                     : INT64_MIN;
	if (is_link(entry))
		c->link = g_strdup(am_la()->archive_entry_hardlink(entry));
	out->link = c->link;
	c->at_member = !out->link;
	return AM_OK;
}

/* Behind the last member, the rest of a compressed tar: its checksum is there,
 * and with it the word that all before was right. */
static int check_rest(struct am_container *c, struct am_error *err)
{
	struct am_unpack_input *in = &c->input;
	const uint8_t *data;
	size_t len, seen = 0;
	int r = AM_OK;

	if (!in->reader)
		return AM_END;
	am_reader_skip(in->reader, in->lent);
	in->lent = 0;
	while (!r && seen < REST) {
		r = am_reader_peek(in->reader, 1, &data, &len, err);
		if (r)
			break;
		am_reader_skip(in->reader, len);
		seen += len;
	}
	return r < 0 ? AM_FATAL : AM_END;
}

/*
 * libarchive takes the end of the bytes for the end of the archive.  But a tar
 * ends with two blocks of zeros and a zip with its end record: one that was cut
 * off between two members lacks them, and what was behind the cut is lost.
 */
static int end(struct am_container *c, struct am_error *err)
{
	if (c->cut_zip)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "zip is cut short: no end record");
	if (!c->is_zip && c->input.drained && !c->input.zero_tail)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "tar is cut short: no end mark");
	return check_rest(c, err);
}

/* A plain file, or another name of one. */
static bool is_content(struct archive_entry *entry)
{
	return (am_la()->archive_entry_filetype(entry) == AE_IFREG ||
	        is_link(entry)) &&
	       !am_la()->archive_entry_symlink(entry);
}

static int next(struct am_container *c, struct am_member *out,
                struct am_error *err)
{
	struct archive_entry *entry;

	for (;;) {
		int r = am_la()->archive_read_next_header(c->a, &entry);
		switch (r) {
		case ARCHIVE_EOF:
			return end(c, err);
		case ARCHIVE_OK:
		case ARCHIVE_WARN: /* a name or a date it had to guess at */
			break;
		case ARCHIVE_FATAL:
			return am_unpack_fail(c->a, &c->input, AM_FATAL, err);
		default:
			return am_unpack_fail(c->a, &c->input, AM_FAILED, err);
		}
		if (is_content(entry))
			return take_entry(c, entry, out, err);
	}
}

int am_container_next(struct am_container *c, struct am_member *out,
                      struct am_error *err)
{
	if (c->reading)
		c->reading->container = NULL;
	c->reading = NULL;
	c->at_member = false;
	c->body = (struct am_unpack_body){.ended = false};
	g_clear_pointer(&c->name, g_free);
	g_clear_pointer(&c->link, g_free);

	locale_t before = am_unpack_locale_enter(c->utf8);
	int r = next(c, out, err);
	am_unpack_locale_leave(before);
	return r;
}

/* ---- a member as a reader ---- */

static int fill_member(void *self, uint8_t *buf, size_t room, size_t *got,
                       struct am_error *err)
{
	struct member_source *m = self;
	struct am_container *c = m->container;

	if (!c)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "the archive has moved on to another member");
	int r = am_unpack_body_fill(&c->body, c->a, buf, room, got);
	return r < 0 ? am_unpack_fail(c->a, &c->input, AM_FATAL, err) : r;
}

static void close_member(void *self)
{
	struct member_source *m = self;

	if (m->container)
		m->container->reading = NULL;
	g_free(m);
}

int am_container_reader(struct am_container *c, struct am_reader **out,
                        struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_member,
	                                         .close = close_member};

	*out = NULL;
	/* Its bytes come by once. */
	if (!c->at_member)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "no member to read, or read already");
	c->at_member = false;
	struct member_source *m = g_new0(struct member_source, 1);
	m->container = c;
	c->reading = m;
	return am_reader_new(out, &ops, m, err);
}
