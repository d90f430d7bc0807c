/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail that is one thing to Outlook: under a signature ([MS-OXOSMIME] 2.1.2),
 * encrypted (2.1.1), or a report.
 */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "outlook/mapi/tags.h"

#include <string.h>

enum { REPORT_MAX = 64 * 1024 };

static bool is_structure(const struct am_field *f)
{
	return (f->name_len >= 8 &&
	        !g_ascii_strncasecmp(f->name, "Content-", 8)) ||
	       am_field_is(f, "MIME-Version");
}

static void append_field(GString *to, const struct am_field *f)
{
	const char *end = f->value + f->value_len;

	for (const char *p = f->name; p < end; p++) {
		if (*p == '\n' && to->str[to->len - 1] != '\r')
			g_string_append_c(to, '\r');
		g_string_append_c(to, *p);
	}
	g_string_append(to, "\r\n");
}

/* The fields that belong to what was signed, and an empty line. */
static int stash_fields(struct am_making *m, struct am_error *err)
{
	struct am_part_header header;
	struct am_fields all;
	struct am_field f;
	int r = am_part_header_read(&header, m->raw, &m->scan.parts[m->part],
	                            m->limits.header_bytes, err);

	if (!r) {
		GString *text = g_string_new(NULL);
		am_fields_init(&all, header.block, header.len, 0);
		while (am_fields_next(&all, &f))
			if (is_structure(&f))
				append_field(text, &f);
		g_string_append(text, "\r\n");
		r = am_stash_write(&m->stash, text->str, text->len, err);
		g_string_free(text, TRUE);
	}
	am_part_header_drop(&header);
	return r;
}

/* The whole entity in one attachment, which brings it back as it was signed. */
static int take_signed(struct am_making *m, struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[m->part];
	struct am_original_span span = {.at = p->body,
	                                .len = p->end - p->body,
	                                .kind = AM_ORIGINAL_FILE};
	uint64_t from = m->stash.size;
	int r = stash_fields(m, err);

	span.from = m->stash.size - from;
	if (!r)
		r = am_making_only_lf(m, p->body, span.len, &span.lf, err);
	if (!r)
		r = am_making_stash(m, p->body, span.len, span.lf, err);
	if (r)
		return r;
	struct am_mapi_attachment *att = am_mapi_item_attachment(m->item);
	am_mapi_put_int(&att->props, AM_PR_ATTACH_METHOD, AM_ATTACH_BY_VALUE);
	am_mapi_put_int(&att->props, AM_TO_RENDERING_POSITION, -1);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_MIME_TYPE,
	                 "multipart/signed");
	am_mapi_put_time(&att->props, AM_PR_CREATED, &m->delivery);
	am_mapi_put_time(&att->props, AM_PR_MODIFIED, &m->delivery);
	am_mapi_props_sort(&att->props);
	am_stash_for_attachment(&m->stash, m->item, 0, from);
	span.n = m->stash.size - from - span.from;
	if (span.len)
		g_array_append_val(m->spans, span);
	return AM_OK;
}

int am_making_secured(struct am_making *m, bool *done, struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[m->part];

	*done = false;
	if (!strcmp(p->type, "application/pkcs7-mime") ||
	    !strcmp(p->type, "application/x-pkcs7-mime")) {
		m->class = "IPM.Note.SMIME";
		return AM_OK;
	}
	if (strcmp(p->type, "multipart/signed") != 0 ||
	    p->kind != AM_PART_MULTIPART)
		return AM_OK;
	m->class = "IPM.Note.SMIME.MultipartSigned";
	*done = true;
	return take_signed(m, err);
}

/* ---- reports ---- */

/* What stands behind each "Action:" of a delivery report. */
static const char *delivery_class(const char *text)
{
	static const char *const good[] = {"delivered", "relayed", "expanded"};
	bool any = false, all = true;

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (g_ascii_strncasecmp(p, "action:", 7) != 0)
			continue;
		p += 7;
		p += strspn(p, " \t");
		if (!g_ascii_strncasecmp(p, "failed", 6))
			return "REPORT.IPM.Note.NDR";
		any = true;
		bool is_good = false;
		for (size_t i = 0; i < AM_COUNT(good); i++)
			is_good |= !g_ascii_strncasecmp(p, good[i],
			                                strlen(good[i]));
		all &= is_good;
	}
	return any && all ? "REPORT.IPM.Note.DR" : NULL;
}

/* "Disposition: manual-action/MDN-sent-manually; displayed" */
static const char *reading_class(const char *text)
{
	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (g_ascii_strncasecmp(p, "disposition:", 12) != 0)
			continue;
		const char *what = p + strcspn(p, ";\r\n");
		what += strspn(what, "; \t");
		if (!g_ascii_strncasecmp(what, "displayed", 9))
			return "REPORT.IPM.Note.IPNRN";
		if (!g_ascii_strncasecmp(what, "deleted", 7))
			return "REPORT.IPM.Note.IPNNRN";
	}
	return NULL;
}

int am_making_report(struct am_making *m, struct am_error *err)
{
	int r = AM_OK;

	if (strcmp(m->scan.parts[m->part].type, "multipart/report") != 0)
		return AM_OK;
	for (size_t i = m->part + 1; i < m->end && !r; i++) {
		const char *type = m->scan.parts[i].type;
		bool delivery = !strcmp(type, "message/delivery-status");
		bool reading =
			!strcmp(type, "message/disposition-notification");
		struct am_leaf leaf;
		if (m->scan.parts[i].parent != m->part ||
		    (!delivery && !reading) ||
		    am_making_part_len(m, i) > REPORT_MAX)
			continue;
		r = am_leaf_read(m, i, &leaf, err);
		if (r)
			break;
		char *text = g_strndup((const char *)leaf.data, leaf.len);
		const char *class =
			delivery ? delivery_class(text) : reading_class(text);
		if (class)
			m->class = class;
		g_free(text);
	}
	return r;
}
