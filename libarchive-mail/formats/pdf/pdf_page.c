/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as one page of HTML, pictures and all. */
#include "base/arena.h"
#include "base/reader.h"
#include "formats/mail_html.h"
#include "formats/pdf/pdf.h"
#include "mime/html_safe.h"
#include "model/folder.h"

#include <string.h>

#define MAX_PICTURE (8u << 20)

static const char style[] =
	"@page{size:A4;margin:18mm}"
	"body{font:11pt/1.4 sans-serif;color:#1c1f23;margin:0}"
	"h1{font-size:15pt;margin:0 0 6pt}"
	"dl{margin:0 0 8pt;font-size:10pt}"
	"dt{color:#5b636d;float:left;clear:left}"
	"dd{margin:0 0 0 74pt;overflow-wrap:anywhere}"
	".part{border-top:.5pt solid #c9ced4;padding-top:8pt;margin-top:8pt}"
	".plain{white-space:pre-wrap;overflow-wrap:anywhere}"
	".q,.note,.size{color:#5b636d}img{max-width:100%}"
	"table{max-width:100%}";

struct pictures {
	const struct am_message *msg;
	const struct am_mail_facts *facts;
};

/* "data:image/png;base64,…" of a picture that came with it. */
static const char *picture(void *user, size_t i)
{
	static const char *const types[] = {"image/png", "image/jpeg",
	                                    "image/gif", "image/webp"};
	const struct pictures *p = user;
	const struct am_mail_file *file = &p->facts->files[i];
	struct am_reader *reader = NULL;
	const char *address = NULL;
	bool known = false;
	size_t got = 0;

	for (size_t k = 0; k < AM_COUNT(types); k++)
		known |= !g_strcmp0(file->info.type, types[k]);
	if (!known || file->size > MAX_PICTURE)
		return NULL;
	uint8_t *bytes = g_malloc(file->size ? file->size : 1);
	if (!am_part_decoded(&reader, p->msg->raw, &p->facts->scan, file->part,
	                     NULL) &&
	    !am_reader_read(reader, bytes, file->size, &got, NULL)) {
		char *coded = g_base64_encode(bytes, got);
		address = am_arena_printf(p->facts->arena, "data:%s;base64,%s",
		                          file->info.type, coded);
		g_free(coded);
	}
	am_reader_close(&reader);
	g_free(bytes);
	return address;
}

static void write_files(GString *out, const struct am_mail_facts *facts)
{
	bool any = false;

	for (size_t i = 0; i < facts->n_files; i++) {
		const struct am_mail_file *file = &facts->files[i];
		const char *name =
			file->info.name ? file->info.name : file->info.type;
		if (!file->info.attachment)
			continue;
		g_string_append(out, any ? "<br>" : "<dt>Attachments</dt><dd>");
		any = true;
		am_html_escape(out, name ? name : "", name ? strlen(name) : 0);
		g_string_append(out, " <span class=\"size\">");
		am_mail_html_size(out, file->size);
		g_string_append(out, "</span>");
	}
	if (any)
		g_string_append(out, "</dd>");
}

char *am_pdf_page(const struct am_message *msg,
                  const struct am_mail_facts *facts, const struct am_ctx *ctx,
                  size_t *len)
{
	const struct am_overview *v = &facts->overview;
	const struct am_when *when = v->date.known ? &v->date : &msg->received;
	const char *subject =
		v->subject && *v->subject ? v->subject : "(no subject)";
	struct pictures pictures = {msg, facts};
	struct am_mail_html html = {.picture = picture, .user = &pictures};
	GString *out = g_string_new(
		"<!DOCTYPE html><html><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"img-src data:\"><style>");
	char *folder = am_folder_print(msg->folder);

	g_string_append_printf(out, "%s</style><title>", style);
	am_html_escape(out, subject, strlen(subject));
	g_string_append(out, "</title></head><body><h1 dir=\"auto\">");
	am_html_escape(out, subject, strlen(subject));
	g_string_append(out, "</h1><dl>");
	am_mail_html_field(out, "From", v->from);
	am_mail_html_field(out, "To", v->to);
	am_mail_html_field(out, "Cc", v->cc);
	am_mail_html_field(out, "Bcc", v->bcc);
	if (when->known) {
		g_string_append(out, "<dt>Date</dt><dd>");
		am_mail_html_when(out, when);
		g_string_append(out, "</dd>");
	}
	am_mail_html_field(out, "Message-ID", v->message_id);
	am_mail_html_field(out, "Folder", folder);
	write_files(out, facts);
	g_string_append(out, "</dl>");
	am_mail_html_body(&html, out, msg, facts, ctx);
	am_mail_html_remarks(out, &html, msg);
	g_string_append(out, "</body></html>\n");
	g_free(folder);
	*len = out->len;
	return g_string_free(out, FALSE);
}
