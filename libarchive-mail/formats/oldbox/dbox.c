/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dovecot's dbox.  A message a file in mailboxes/NAME/dbox-Mails/u.N (sdbox),
 * or many in storage/m.N (mdbox).
 *
 *     "2 M1e C4f3a…" LF              version, length of a message's header
 *
 *     \1 \2 "N" … 16 hexadecimal digits of size, LF: that header
 *     the message (Dovecot's zlib plugin may have compressed it)
 *     LF \1 \3 LF, then lines: R time of receipt, G id, B mailbox it was
 *     first put into …, and an empty one
 *
 * Flags and keywords are in dovecot.index beside it (dovecot_index.h): of
 * sdbox, whose N is the message's UID.  In mdbox a map stands between, which is
 * not read.
 */
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/dovecot_index.h"
#include "formats/oldbox/oldbox.h"
#include "model/ctx.h"
#include "model/message.h"

#include <string.h>

#define HEAD_MIN 20
#define HEAD_MAX 256

static const char mark[] = "\1\2";
static const char behind[] = "\n\1\3\n";

/* "2 M1e …": the length of the header of each message; 0: no dbox. */
static size_t header_length(const uint8_t *head, size_t len, size_t *first)
{
	const uint8_t *eol = memchr(head, '\n', MIN(len, HEAD_MAX));
	size_t n = 0;

	if (!eol || len < 8 || head[0] != '2' || head[1] != ' ')
		return 0;
	for (const uint8_t *p = head + 1; p + 1 < eol; p++)
		if (*p == ' ' && p[1] == 'M')
			for (p += 2; p < eol && g_ascii_isxdigit((char)*p) &&
			             n < HEAD_MAX;
			     p++)
				n = n << 4 |
				    (size_t)g_ascii_xdigit_value((char)*p);
	*first = (size_t)(eol + 1 - head);
	return n >= HEAD_MIN && n < HEAD_MAX ? n : 0;
}

static bool is_dbox(const struct am_box_file *file)
{
	size_t first = 0;

	return header_length(file->head, file->head_len, &first) &&
	       file->head_len >= first + 3 &&
	       !memcmp(file->head + first, mark, 2);
}

static bool hex(const uint8_t *s, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		int x = g_ascii_xdigit_value((char)s[i]);
		if (x < 0)
			return false;
		*out = *out << 4 | (uint64_t)x;
	}
	return n > 0;
}

/* The lines behind a message; *at goes behind them. */
static int read_metadata(struct am_slices *s, struct am_slice *slice,
                         uint64_t *at, struct am_error *err)
{
	struct am_lines lines;
	struct am_line line;
	uint64_t v;
	int r;

	am_lines_start(&lines, s->file, *at);
	while (!(r = am_lines_next(&lines, &line, err))) {
		size_t len = line.len;
		*at = line.at + len;
		if (len && line.text[len - 1] == '\n')
			len--;
		if (!len)
			break;
		if (line.text[0] == 'R' && hex(line.text + 1, len - 1, &v))
			slice->when = (struct am_when){.sec = (int64_t)v,
			                               .known = v != 0};
		if (line.text[0] == 'B' && len > 1 && !slice->folder &&
		    g_utf8_validate((const char *)line.text + 1,
		                    (gssize)len - 1, NULL))
			slice->folder =
				g_strndup((const char *)line.text + 1, len - 1);
	}
	am_lines_end(&lines);
	return r < 0 ? r : AM_OK;
}

/* Is a slash the whole of a part, or none? */
static bool good_path(const char *path)
{
	return *path && *path != '/' && !strstr(path, "//") &&
	       path[strlen(path) - 1] != '/';
}

static void drop_index(void *index)
{
	am_dovecot_index_free(index);
}

/* What Dovecot knows of the directory's messages; told of, once, where that
 * cannot be had. */
static const struct am_dovecot_index *index_of(const struct am_slices *s,
                                               bool many)
{
	struct am_box_memory *m = s->place->memory;
	char *dir = g_path_get_dirname(s->place->path);
	char *key = g_strconcat("dbox:", dir, NULL);

	if (g_strcmp0(m->key, key) != 0) {
		am_box_forget(m);
		m->key = g_strdup(key);
		m->value = many ? NULL : am_dovecot_index_read(dir);
		m->drop = drop_index;
		if (!m->value)
			am_ctx_note(s->place->ctx, AM_NOTE_WARN,
			            "dbox.no-flags", s->place->folder,
			            s->place->origin,
			            many ? "flags and keywords of mdbox are "
			                   "not read: they are Dovecot's "
			                   "to tell (imap://)"
			                 : "no dovecot.index beside it: of "
			                   "these messages no flags and "
			                   "keywords are known");
	}
	g_free(key);
	g_free(dir);
	return m->value;
}

/* "…/u.12": message 12 of its mailbox. */
static void add_facts(const struct am_slices *s, struct am_slice *slice,
                      bool many)
{
	const struct am_dovecot_index *index = index_of(s, many);
	const char *slash = strrchr(s->place->path, '/');
	const char *base = slash ? slash + 1 : s->place->path;
	struct am_dovecot_facts facts;
	uint64_t uid = 0;

	if (index && g_str_has_prefix(base, "u."))
		uid = g_ascii_strtoull(base + 2, NULL, 10);
	if (!uid || uid > UINT32_MAX)
		return;
	slice->uid = (uint32_t)uid;
	slice->uidvalidity = am_dovecot_index_uidvalidity(index);
	if (!am_dovecot_index_of(index, slice->uid, &facts))
		return;
	slice->flags = facts.flags;
	for (unsigned i = 0; i < 64 && facts.keywords[i]; i++)
		if (facts.keyword_bits >> i & 1)
			am_slices_keyword(slice, facts.keywords[i],
			                  strlen(facts.keywords[i]));
}

static int scan(struct am_slices *s, struct am_error *err)
{
	uint64_t size = am_blob_size(s->file), at;
	uint8_t head[HEAD_MAX];
	size_t got = 0, first = 0;
	bool many = strstr(s->place->origin, "m.") != NULL &&
	            !strstr(s->place->origin, "u.");
	int r = am_blob_read(s->file, 0, head, sizeof head, &got, err);
	size_t each = r ? 0 : header_length(head, got, &first);

	if (!r && !each)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: no dbox of "
		            "version 2",
		            s->place->origin);
	for (at = first; !r && at < size;) {
		struct am_slice slice = {0};
		uint8_t tail[sizeof behind - 1];
		uint64_t len;
		r = am_blob_read(s->file, at, head, each, &got, err);
		if (r)
			break;
		if (got < each || memcmp(head, mark, 2) != 0 ||
		    !hex(head + each - 17, 16, &len) ||
		    len > size - at - each) {
			am_slices_damaged(s, at, "no message");
			break;
		}
		slice.at = at + each;
		slice.len = len;
		at = slice.at + len;
		r = am_blob_read(s->file, at, tail, sizeof tail, &got, err);
		if (!r && got == sizeof tail &&
		    !memcmp(tail, behind, sizeof tail)) {
			at += sizeof tail;
			r = read_metadata(s, &slice, &at, err);
		}
		/* Of one message in a file the path tells better. */
		if (!many || (slice.folder && !good_path(slice.folder)))
			g_clear_pointer(&slice.folder, g_free);
		if (!r)
			add_facts(s, &slice, many);
		if (!r)
			am_slices_add(s, &slice);
		else
			g_free(slice.folder);
	}
	return r;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {"dbox.received", scan};

	return am_slices_open(out, place, &kind, err);
}

/* "mailboxes/INBOX/dbox-Mails": the folder is INBOX. */
static void parts(GPtrArray *list, const char *path)
{
	(void)path;
	for (guint i = list->len; i-- > 0;) {
		const char *name = list->pdata[i];
		if ((!strcmp(name, "dbox-Mails") && i + 1 == list->len) ||
		    (!strcmp(name, "storage") && i + 1 == list->len) ||
		    (!strcmp(name, "mailboxes") && list->len > 1))
			g_ptr_array_remove_index(list, i);
	}
}

const struct am_box_kind am_box_dbox = {
	.format = "dbox",
	.file = is_dbox,
	.single = true,
	.shell = true,
	.parts = parts,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_dbox, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "dbox", err);

	return r ? r : am_boxes_open(out, where, &am_box_dbox, ctx, err);
}

const struct am_format am_format_dbox = {
	.name = "dbox",
	.title = "Dovecot's sdbox and mdbox",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_FLAGS |
                 AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED,
	.options = options,
	.about = "Messages and their time of receipt; of sdbox also flags, "
		 "keywords and UIDs, from dovecot.index and its log where they "
		 "lie beside the messages.  Of mdbox the folder each was "
		 "first put into, no flags and keywords, and what is deleted "
		 "and not yet purged comes too: where Dovecot still runs, "
		 "copy through imap.",
	.reads = "Dovecot's sdbox, with the flags and keywords of its index, "
		 "and mdbox, without",
	.probe = probe,
	.open_source = open_source,
};
