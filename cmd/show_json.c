/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/show_json.h"

#include "base/json.h"
#include "cmd/out.h"
#include "mime/overview.h"
#include "mime/text_whole.h"
#include "mime/walk.h"
#include "model/message.h"
#include "store/archive.h"

#include <glib.h>

static void write_date(struct am_json *json, const struct am_date_candidate *d)
{
	am_json_open(json, '{');
	out_json_text(json, "from", d->from);
	out_json_when(json, "when", &d->when);
	am_json_close(json, '}');
}

static int write_place(void *user, const struct am_archive_placement *p,
                       struct am_error *err)
{
	const struct am_message *meta = p->meta;
	struct am_json *json = user;

	(void)err;
	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, p->folder);
	am_json_key(json, "gone");
	am_json_bool(json, p->gone);
	am_json_key(json, "uid");
	am_json_uint(json, meta->uid);
	am_json_key(json, "flags");
	out_json_flags(json, meta->flags);
	am_json_key(json, "keywords");
	out_json_words(json, meta->keywords, meta->n_keywords);
	am_json_key(json, "labels");
	out_json_words(json, meta->labels, meta->n_labels);
	out_json_when(json, "received", &meta->received);
	out_json_text(json, "received_from", meta->received_from);
	am_json_key(json, "dates");
	am_json_open(json, '[');
	for (size_t i = 0; i < meta->n_dates; i++)
		write_date(json, &meta->dates[i]);
	am_json_close(json, ']');
	out_json_text(json, "origin", meta->origin);
	out_json_text(json, "envelope_sender", meta->envelope_sender);
	out_json_text(json, "exactness", am_exactness_name(meta->exactness));
	am_json_key(json, "props");
	am_json_open(json, '{');
	for (size_t i = 0; i < meta->n_props; i++) {
		am_json_key(json, meta->props[i].name);
		am_json_stringn(json, meta->props[i].value, meta->props[i].len);
	}
	am_json_close(json, '}');
	am_json_close(json, '}');
	return AM_OK;
}

static int write_parts(struct am_json *json, const struct am_blob *raw,
                       const struct am_scan *scan, struct am_arena *arena,
                       struct am_error *err)
{
	am_json_key(json, "parts");
	am_json_open(json, '[');
	for (size_t i = 0; i < scan->n_parts; i++) {
		const struct am_part *part = &scan->parts[i];
		struct am_part_info info;
		int r = am_part_info_read(&info, raw, scan, i, arena, err);
		if (r)
			return r;
		am_json_open(json, '{');
		out_json_text(json, "section", info.section);
		out_json_text(json, "type", info.type);
		out_json_text(json, "charset", info.charset);
		out_json_text(json, "encoding", info.encoding);
		out_json_text(json, "disposition", info.disposition);
		out_json_text(json, "name", info.name);
		out_json_text(json, "content_id", info.content_id);
		am_json_key(json, "attachment");
		am_json_bool(json, info.attachment);
		am_json_key(json, "size");
		am_json_uint(json, part->end - part->body);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
	return AM_OK;
}

static int write_text(struct am_json *json, const struct am_blob *raw,
                      const struct am_scan *scan, struct am_error *err)
{
	GString *text = NULL;
	bool cut = false;

	int r = am_text_whole(&text, raw, scan, NULL, false, &cut, err);
	am_json_key(json, "text");
	am_json_stringn(json, text->str, text->len);
	am_json_key(json, "text_cut");
	am_json_bool(json, cut);
	g_string_free(text, TRUE);
	return r;
}

static void write_overview(struct am_json *json, const struct am_overview *v)
{
	out_json_text(json, "from", v->from);
	out_json_text(json, "to", v->to);
	out_json_text(json, "cc", v->cc);
	out_json_text(json, "bcc", v->bcc);
	out_json_text(json, "subject", v->subject);
	out_json_when(json, "date", &v->date);
	out_json_text(json, "message_id", v->message_id);
	out_json_text(json, "in_reply_to", v->in_reply_to);
	out_json_text(json, "list_id", v->list_id);
	am_json_key(json, "references");
	out_json_words(json, v->references, v->n_references);
	am_json_key(json, "attachments");
	am_json_uint(json, v->n_attachments);
}

int show_json(struct am_archive *archive, int64_t id, const struct am_blob *raw,
              const struct am_scan *scan, struct am_arena *arena,
              struct am_error *err)
{
	struct am_json *json = am_json_new();
	struct am_archive_message m;
	struct am_overview v = {0};
	char hex[AM_SHA256_HEX];

	int r = am_archive_message(archive, id, &m, err);
	if (!r)
		r = am_overview_read(&v, raw, scan, NULL, arena, err);
	if (r)
		goto out;
	am_json_open(json, '{');
	am_json_key(json, "id");
	am_json_int(json, id);
	am_hex(m.hash, AM_SHA256_LEN, hex);
	out_json_text(json, "sha256", hex);
	am_hex(m.hash_lf, AM_SHA256_LEN, hex);
	out_json_text(json, "sha256_lf", hex);
	am_json_key(json, "size");
	am_json_uint(json, m.size);
	out_json_text(json, "thread", m.thread);
	write_overview(json, &v);
	am_json_key(json, "places");
	am_json_open(json, '[');
	r = am_archive_placements(archive, id, write_place, json, err);
	am_json_close(json, ']');
	if (!r)
		r = write_parts(json, raw, scan, arena, err);
	if (!r)
		r = write_text(json, raw, scan, err);
	am_json_close(json, '}');
	if (!r)
		out_json_line(json);
out:
	am_json_free(&json);
	return r;
}
