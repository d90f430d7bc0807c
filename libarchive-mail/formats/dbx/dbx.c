/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/dbx/dbx.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/file.h"
#include "formats/boxes/box_message.h"
#include "formats/boxes/boxes.h"
#include "model/ctx.h"
#include "model/message.h"

#include <string.h>

#define OE4_FIRST 0x54
#define OE4_HEAD  16

static const uint8_t magic[] = {0xcf, 0xad, 0x12, 0xfe};
static const uint8_t magic_oe4[] = {'J', 'M', 'F', '6', 3, 0, 1, 0};

static bool is_oe4(const uint8_t *head, size_t len)
{
	return len >= sizeof magic_oe4 &&
	       !memcmp(head, magic_oe4, sizeof magic_oe4);
}

static bool is_dbx(const struct am_box_file *file)
{
	return (file->head_len >= 16 &&
	        !memcmp(file->head, magic, sizeof magic)) ||
	       is_oe4(file->head, file->head_len);
}

struct dbx_box {
	struct am_open_box base;
	const struct am_box_place *place;
	struct am_file *file;
	GArray *messages; /* of OE 5: places of information */
	guint at;
	bool deleted;     /* what is in no list comes too, ... */
	GArray *lost;     /* ... and these are its first pieces */
	GHashTable *used; /* pieces of messages that are there */
	uint64_t oe4;     /* of OE 4: the next message */
	char *bad;
};

static const struct am_option options[] = {
	{"deleted", "yes|no",
         "also what was deleted and is still there in one piece", "no"},
	{NULL, NULL, NULL, NULL},
};

static struct dbx_box *dbx_of(struct am_open_box *box)
{
	return AM_CONTAINER(box, struct dbx_box, base);
}

static int failed(struct dbx_box *b, uint64_t at, int r)
{
	g_free(b->bad);
	b->bad = g_strdup_printf("%s:%" PRIu64, b->place->origin, at);
	b->base.bad = b->bad;
	return r;
}

static struct am_when from_filetime(uint64_t t)
{
	/* 100 nanoseconds since 1601 */
	return (struct am_when){.sec = (int64_t)(t / 10000000) -
	                               INT64_C(11644473600),
	                        .known = t != 0};
}

static int make(struct dbx_box *b, uint32_t at, struct am_message **out,
                struct am_error *err)
{
	struct am_dbx_info info;
	struct am_blob *raw = NULL;
	int r = am_dbx_info(&info, b->file, at, err);

	if (!r && !info.data)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "its text had not been fetched");
	if (!r)
		r = am_dbx_load(&raw, b->file, info.data, b->used,
		                b->place->ctx, err);
	if (r)
		return r;
	struct am_when when = from_filetime(info.received);
	r = am_box_message_make(out, b->place, at, raw, &when, "dbx.received",
	                        err);
	if (r)
		return r;
	struct am_message *msg = *out;
	struct am_when sent = from_filetime(info.sent);
	if (sent.known)
		am_message_add_date(msg, "dbx.sent", &sent);
	msg->flags |= (info.flags & AM_DBX_READ ? AM_SEEN : 0u) |
	              (info.flags & AM_DBX_FLAGGED ? AM_FLAGGED : 0u) |
	              (info.flags & AM_DBX_REPLIED ? AM_ANSWERED : 0u) |
	              (info.flags & AM_DBX_FORWARDED ? AM_FORWARDED : 0u);
	return AM_OK;
}

/* What is in no list, when all others have come. */
static int next_lost(struct dbx_box *b, struct am_message **out,
                     struct am_error *err)
{
	struct am_blob *raw = NULL;
	int r = AM_OK;

	if (!b->deleted)
		return AM_END;
	if (!b->lost) {
		b->at = 0;
		r = am_dbx_deleted(&b->lost, b->file, b->used, b->place->ctx,
		                   err);
		if (r)
			return r;
	}
	while (b->at < b->lost->len) {
		uint32_t at = g_array_index(b->lost, uint32_t, b->at++);
		/* Pieces that were used again end it. */
		if (am_dbx_load(&raw, b->file, at, NULL, b->place->ctx, NULL))
			continue;
		r = am_box_message_make(out, b->place, at, raw, NULL, NULL,
		                        err);
		if (r)
			return failed(b, at, r);
		(*out)->flags |= AM_DELETED;
		am_ctx_note(b->place->ctx, AM_NOTE_INFO, "dbx.recovered",
		            (*out)->folder, (*out)->origin, "had been deleted");
		return AM_OK;
	}
	return AM_END;
}

static int next_oe5(struct dbx_box *b, struct am_message **out,
                    struct am_error *err)
{
	while (b->at < b->messages->len) {
		uint32_t at = g_array_index(b->messages, uint32_t, b->at++);
		struct am_error why = {0};
		int r = make(b, at, out, &why);

		if (r && err)
			*err = why;
		return r ? failed(b, at, r) : r;
	}
	return AM_END;
}

static int next_oe4(struct dbx_box *b, struct am_message **out,
                    struct am_error *err)
{
	uint64_t size = am_file_size(b->file);
	uint8_t head[OE4_HEAD];
	struct am_blob *raw = NULL;
	uint64_t at = b->oe4;
	int r;

	if (size < OE4_HEAD || at > size - OE4_HEAD)
		return AM_END;
	r = am_file_read_all(b->file, at, head, sizeof head, err);
	if (r)
		return r;
	struct am_cursor c = am_cursor(head, sizeof head);
	uint32_t mark = am_get_le32(&c), number = am_get_le32(&c);
	uint32_t whole = am_get_le32(&c), len = am_get_le32(&c);
	(void)number;
	if (mark != 0x7f007f00 || whole < OE4_HEAD || len > whole - OE4_HEAD ||
	    len > size - at - OE4_HEAD) {
		b->oe4 = size;
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no message at byte %" PRIu64
		               ": what comes behind it is lost",
		               at);
	}
	b->oe4 = at + whole;
	r = am_blob_slice(&raw, b->file, at + OE4_HEAD, len, err);
	if (!r)
		r = am_box_message_make(out, b->place, at, raw, NULL, NULL,
		                        err);
	return r ? failed(b, at, r) : r;
}

static int dbx_next(struct am_open_box *box, struct am_message **out,
                    struct am_error *err)
{
	struct dbx_box *b = dbx_of(box);
	int r;

	if (am_ctx_cancelled(b->place->ctx))
		return am_ctx_fail_cancelled(err);
	if (!b->messages)
		return next_oe4(b, out, err);
	r = b->lost ? AM_END : next_oe5(b, out, err);
	return r == AM_END ? next_lost(b, out, err) : r;
}

static void dbx_close(struct am_open_box *box)
{
	struct dbx_box *b = dbx_of(box);

	if (b->messages)
		g_array_free(b->messages, TRUE);
	if (b->lost)
		g_array_free(b->lost, TRUE);
	g_hash_table_destroy(b->used);
	am_file_unref(&b->file);
	g_free(b->bad);
	g_free(b);
}

static const struct am_box_ops ops = {.next = dbx_next, .close = dbx_close};

static int look(struct dbx_box *b, struct am_error *err)
{
	uint8_t head[16];
	size_t got = 0;
	unsigned bad = 0;
	int r = am_file_read(b->file, 0, head, sizeof head, &got, err);

	if (r)
		return r;
	if (is_oe4(head, got)) {
		b->oe4 = OE4_FIRST;
		return AM_OK;
	}
	if (got < sizeof head || memcmp(head, magic, sizeof magic) != 0)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: not of Outlook Express", b->place->origin);
	/* folders.dbx, offline.dbx, pop3uidl.dbx */
	b->messages = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	if (head[4] != 0xc5) {
		am_ctx_note(b->place->ctx, AM_NOTE_INFO, "dbx.no-messages",
		            NULL, b->place->origin,
		            "holds Outlook Express's own things, no mail");
		b->deleted = false;
		return AM_OK;
	}
	g_array_free(b->messages, TRUE);
	r = am_dbx_list(&b->messages, &bad, b->file, err);
	if (bad)
		am_ctx_note(b->place->ctx, AM_NOTE_ERROR, "dbx.list-damaged",
		            b->place->folder, b->place->origin,
		            "%u parts of its list cannot be read: messages may "
		            "be missing (deleted=yes looks for them)",
		            bad);
	return r;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	struct dbx_box *b = g_new0(struct dbx_box, 1);
	int r = am_file_open(&b->file, place->path, err);

	b->base.ops = &ops;
	b->place = place;
	b->used = g_hash_table_new(NULL, NULL);
	if (!r)
		r = am_location_switch(&place->where, options, "deleted",
		                       &b->deleted, err);
	if (!r)
		r = look(b, err);
	if (r)
		dbx_close(&b->base);
	else
		*out = &b->base;
	return r;
}

const struct am_box_kind am_box_dbx = {
	.format = "dbx",
	.suffixes = ".dbx .mbx",
	.file = is_dbx,
	.open = open_box,
};

static const char about[] =
	"Outlook Express 4 (.mbx) and 5, 6 (.dbx): a file is a folder of its "
	"name.\n"
	"The bytes of the messages are as they came; read, marked, answered "
	"and forwarded, and the time of receipt come from the list (5, 6).  "
	"deleted=yes also gives what was deleted and not yet compacted, as "
	"far as its pieces still hang together.";

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_dbx, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "dbx", err);

	return r ? r : am_boxes_open(out, where, &am_box_dbx, ctx, err);
}

const struct am_format am_format_dbx = {
	.name = "dbx",
	.title = "Outlook Express: .dbx and .mbx files",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_RECEIVED,
	.options = options,
	.about = about,
	.reads = "Outlook Express 4 to 6, deleted messages too (no "
		 "real file was at hand)",
	.kept = "bytes, folders, flags, received date",
	.probe = probe,
	.open_source = open_source,
};
