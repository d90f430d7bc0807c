/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts that are no text to be read: files, and messages, which become
 * items.  What the HTML shows is marked so that Outlook does not list it.
 */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/walk.h"
#include "mime/words.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum { RENDERED_IN_BODY = 4, NOT_IN_TEXT = -1 };

/* What a part says of itself. */
struct about {
	const char *type; /* of the scan */
	const char *name, *id, *location, *charset;
	bool is_file; /* Content-Disposition: attachment */
};

static const char *bare(struct am_arena *arena, const struct am_field *field,
                        bool brackets)
{
	if (!field->name)
		return NULL;
	char *s = am_words_decode(arena, field->value, field->value_len);
	g_strstrip(s);
	size_t len = strlen(s);
	if (brackets && len > 1 && *s == '<' && s[len - 1] == '>') {
		s[len - 1] = '\0';
		s++;
	}
	return *s ? s : NULL;
}

static int read_about(struct am_making *m, size_t part, struct about *out,
                      struct am_error *err)
{
	struct am_part_header header;
	struct am_part_fields fields = {.type = {.name = NULL}};
	struct am_field f, location = {.name = NULL};
	struct am_fields all;
	int r = am_part_header_read(&header, m->raw, &m->scan.parts[part],
	                            m->limits.header_bytes, err);

	*out = (struct about){.type = m->scan.parts[part].type};
	if (!r) {
		am_fields_init(&all, header.block, header.len, 0);
		while (am_fields_next(&all, &f)) {
			am_part_fields_take(&fields, &f);
			if (!location.name &&
			    am_field_is(&f, "Content-Location"))
				location = f;
		}
		out->name = am_part_name(m->arena, &fields);
		out->id = bare(m->arena, &fields.id, true);
		out->location = bare(m->arena, &location, false);
		out->is_file = am_part_is_disposed(&fields, "attachment");
		if (fields.type.name)
			out->charset =
				am_param_get(m->arena, fields.type.value,
			                     fields.type.value_len, "charset");
	}
	am_part_header_drop(&header);
	return r;
}

/* ---- names ---- */

static const char *ending_of(const char *type)
{
	static const char *const list[][2] = {
		{"text/plain", ".txt"},
		{"text/html", ".htm"},
		{"text/calendar", ".ics"},
		{"text/vcard", ".vcf"},
		{"text/x-vcard", ".vcf"},
		{"text/rtf", ".rtf"},
		{"text/csv", ".csv"},
		{"text/rfc822-headers", ".txt"},
		{"message/rfc822", ".eml"},
		{"message/delivery-status", ".txt"},
		{"message/disposition-notification", ".txt"},
		{"image/jpeg", ".jpg"},
		{"image/png", ".png"},
		{"image/gif", ".gif"},
		{"image/bmp", ".bmp"},
		{"application/pdf", ".pdf"},
		{"application/zip", ".zip"},
		{"application/msword", ".doc"},
		{"application/pgp-signature", ".asc"},
		{"application/pgp-keys", ".asc"},
		{"application/pkcs7-signature", ".p7s"},
		{"application/x-pkcs7-signature", ".p7s"},
		{"application/ms-tnef", ".dat"},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++)
		if (!strcmp(list[i][0], type))
			return list[i][1];
	return ".dat";
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && dot[1] && strlen(dot) < 32 ? dot : NULL;
}

/* 8.3, as DOS would have made it of the first such name. */
static void put_short_name(struct am_mapi_props *props, const char *name)
{
	const char *dot = extension(name);
	size_t len = dot ? (size_t)(dot - name) : strlen(name);
	char base[16] = "", ext[8] = "", all[32];
	size_t n = 0, e = 0;
	bool whole = true;

	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isalnum(name[i]) && !strchr("_-", name[i]))
			whole = false;
		else if (n < 8)
			base[n++] = g_ascii_toupper(name[i]);
		else
			whole = false;
	}
	for (const char *p = dot ? dot + 1 : ""; *p; p++) {
		if (g_ascii_isalnum(*p) && e < 3)
			ext[e++] = g_ascii_toupper(*p);
		else
			whole = false;
	}
	if (!whole || !n) {
		n = MIN(n, (size_t)6);
		g_strlcpy(base + n, n ? "~1" : "FILE~1", sizeof(base) - n);
	}
	g_snprintf(all, sizeof(all), "%s%s%s", base, e ? "." : "", ext);
	am_mapi_put_text(props, AM_PR_ATTACH_SHORT_NAME, all);
}

/* Cut in front of what it ends in. */
static const char *clip_name(struct am_arena *arena, const char *name)
{
	const char *dot = extension(name), *p = name;
	size_t units = 0, rest = 0;

	for (const char *q = dot; q && *q; q = g_utf8_next_char(q))
		rest += g_utf8_get_char(q) > 0xffff ? 2 : 1;
	while (*p) {
		size_t n = g_utf8_get_char(p) > 0xffff ? 2 : 1;
		if (units + n > AM_MAKING_NAME_MAX - rest)
			break;
		units += n;
		p = g_utf8_next_char(p);
	}
	if (!*p || (dot && p >= dot))
		return name;
	return am_arena_printf(arena, "%.*s%s", (int)(p - name), name,
	                       dot ? dot : "");
}

static void put_names(struct am_making *m, struct am_mapi_props *props,
                      const struct about *about)
{
	const char *name = about->name;

	if (!name && strstr(about->type, "pkcs7-mime"))
		name = "smime.p7m";
	if (!name)
		name = am_arena_printf(m->arena, "ATT%05u%s", ++m->n_nameless,
		                       ending_of(about->type));
	name = clip_name(m->arena, name);
	put_short_name(props, name);
	am_mapi_put_text(props, AM_PR_ATTACH_LONG_NAME, name);
	am_mapi_put_text(props, AM_PR_DISPLAY_NAME, name);
	am_mapi_put_text(props, AM_PR_ATTACH_EXTENSION, extension(name));
}

/* ---- what the HTML shows ---- */

static bool cites(const struct am_making *m, const char *word, const char *what)
{
	if (!m->html || !what)
		return false;
	char *link = g_strconcat(word, what, NULL);
	bool there = memmem(m->html, m->html_len, link, strlen(link)) != NULL;
	g_free(link);
	return there;
}

static void put_place(struct am_making *m, size_t part,
                      struct am_mapi_props *props, const struct about *about)
{
	const struct am_part *parent =
		&m->scan.parts[m->scan.parts[part].parent];
	bool related =
		part != m->part && !strcmp(parent->type, "multipart/related");
	/* HTML that is too long to look at shows what belongs to it. */
	bool shown =
		m->has_html && !m->html
			? related && about->id
			: cites(m, "cid:", about->id) ||
				  (related && cites(m, "", about->location));

	am_mapi_put_text(props, AM_PR_ATTACH_CONTENT_ID, about->id);
	am_mapi_put_text(props, AM_PR_ATTACH_LOCATION, about->location);
	if (!shown)
		return;
	am_mapi_put_int(props, AM_PR_ATTACH_FLAGS, RENDERED_IN_BODY);
	if (!about->is_file)
		am_mapi_put_bool(props, AM_PR_HIDDEN_ATTACHMENT, true);
}

/* ---- one part ---- */

static void put_common(struct am_making *m, struct am_mapi_props *props,
                       int32_t method)
{
	am_mapi_put_int(props, AM_PR_ATTACH_METHOD, method);
	am_mapi_put_int(props, AM_TO_RENDERING_POSITION, NOT_IN_TEXT);
	am_mapi_put_time(props, AM_PR_CREATED, &m->delivery);
	am_mapi_put_time(props, AM_PR_MODIFIED, &m->delivery);
}

/* Its bytes, where they are or in the stash. */
static int put_data(struct am_making *m, size_t part, size_t index,
                    struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[part];
	struct am_original_span span = {.at = p->body,
	                                .len = p->end - p->body,
	                                .kind = AM_ORIGINAL_FILE,
	                                .index = (uint32_t)index};
	bool text = !strncmp(p->type, "text/", 5);
	struct am_leaf leaf = {.exact = true};
	int r = AM_OK;

	if (am_leaf_is_encoded(m, part)) {
		r = am_leaf_stash(m, part, &leaf, err);
	} else {
		/* Text has CRLF in a mail, whatever it is kept with. */
		if (text)
			r = am_making_only_lf(m, p->body, span.len, &span.lf,
			                      err);
		if (!r && !span.lf) {
			span.n = span.len;
			g_array_append_val(m->spans, span);
			return am_blob_range(&m->item->attachments[index].data,
			                     m->raw, p->body, span.len, err);
		}
		leaf.at = m->stash.size;
		if (!r)
			r = am_making_stash(m, p->body, span.len, true, err);
	}
	if (r)
		return r;
	am_stash_for_attachment(&m->stash, m->item, index, leaf.at);
	span.n = m->stash.size - leaf.at;
	span.base64 = leaf.base64;
	span.form = leaf.form;
	if (leaf.exact && span.len)
		g_array_append_val(m->spans, span);
	return AM_OK;
}

/* An OLE object, as such a one is read: to Outlook it is one again.  A .msg has
 * a storage in its place, which would not come back byte for byte. */
static bool is_object(struct am_making *m, size_t part,
                      const struct about *about)
{
	static const uint8_t magic[] = {0xd0, 0xcf, 0x11, 0xe0,
	                                0xa1, 0xb1, 0x1a, 0xe1};
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;

	if (!m->stored || strcmp(about->type, "application/x-ole-storage") != 0)
		return false;
	bool yes = !am_part_decoded(&from, m->raw, &m->scan, part, NULL) &&
	           !am_reader_peek(from, sizeof(magic), &data, &len, NULL) &&
	           len >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
	am_reader_close(&from);
	return yes;
}

static int take_file(struct am_making *m, size_t part, struct am_error *err)
{
	struct about about;
	int r = read_about(m, part, &about, err);

	if (r)
		return r;
	struct am_mapi_attachment *att = am_mapi_item_attachment(m->item);
	put_common(m, &att->props,
	           is_object(m, part, &about) ? AM_ATTACH_OLE
	                                      : AM_ATTACH_BY_VALUE);
	put_names(m, &att->props, &about);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_MIME_TYPE, about.type);
	am_mapi_put_text(&att->props, AM_TO_PAYLOAD_CHARSET, about.charset);
	put_place(m, part, &att->props, &about);
	am_mapi_props_sort(&att->props);
	return put_data(m, part, m->item->n_attachments - 1, err);
}

/* A message: the item is made later, here is where it will stand. */
static int take_message(struct am_making *m, size_t part, struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[part];
	size_t end = am_making_part_end(m, part);
	struct about about;

	/* Nothing in it that could be an item, or too deep. */
	if (end == part + 1 || p->body == p->end ||
	    m->depth >= AM_ORIGINAL_DEPTH - 1)
		return take_file(m, part, err);
	int r = read_about(m, part, &about, err);
	if (r)
		return r;
	struct am_mapi_attachment *att = am_mapi_item_attachment(m->item);
	struct am_making_job job = {.item = am_mapi_item_new(m->arena),
	                            .spans = am_making_spans_new(),
	                            .parent = m->item,
	                            .index = m->item->n_attachments - 1,
	                            .part = part + 1,
	                            .end = end,
	                            .at = p->body,
	                            .len = p->end - p->body,
	                            .depth = m->depth + 1};
	struct am_original_span span = {
		.at = job.at,
		.len = job.len,
		.kind = AM_ORIGINAL_ITEM,
		.index = (uint32_t)m->item->n_attachments - 1};
	att->item = job.item;
	put_common(m, &att->props, AM_ATTACH_EMBEDDED);
	if (about.name)
		am_mapi_put_text(&att->props, AM_PR_DISPLAY_NAME, about.name);
	am_mapi_props_sort(&att->props);
	g_array_append_val(m->jobs, job);
	g_array_append_val(m->spans, span);
	return AM_OK;
}

int am_making_files(struct am_making *m, const bool *taken,
                    struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = m->part; i < m->end && !r; i++) {
		const struct am_part *p = &m->scan.parts[i];
		if (am_ctx_cancelled(m->ctx))
			return am_ctx_fail_cancelled(err);
		if (p->kind == AM_PART_MULTIPART || taken[i - m->part])
			continue;
		if (p->kind == AM_PART_MESSAGE) {
			r = take_message(m, i, err);
			i = am_making_part_end(m, i) - 1;
		} else {
			r = take_file(m, i, err);
		}
	}
	return r;
}
