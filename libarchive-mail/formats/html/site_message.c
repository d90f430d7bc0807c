/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of a message, and the files that came with it. */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/blob_sum.h"
#include "formats/html/site.h"
#include "formats/mail_html.h"
#include "formats/safe_name.h"
#include "mime/html_safe.h"
#include "mime/text_whole.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <string.h>

/* Of what a message says, for the search. */
#define MAX_WORDS (256u * 1024)
#define UP        "../../"

static void file_free(void *user)
{
	struct am_site_file *file = user;

	g_free(file->path);
	g_free(file);
}

void am_site_page_clear(struct am_site_page *page, const struct am_batch *batch)
{
	for (guint i = 0; page->files && i < page->files->len; i++) {
		struct am_site_file *file = page->files->pdata[i];
		am_batch_discard(batch, &file->file);
	}
	if (page->files)
		g_ptr_array_free(page->files, TRUE);
	if (page->html)
		g_string_free(page->html, TRUE);
	if (page->words)
		g_string_free(page->words, TRUE);
	am_mail_facts_clear(&page->facts);
	memset(page, 0, sizeof(*page));
}

/* ---- files ---- */

/* What a browser would run as a page of the site: shown as text. */
static bool is_active(const char *name)
{
	static const char *const endings[] = {
		".html", ".htm", ".xhtml", ".xht",   ".shtml", ".svg",  ".svgz",
		".xml",  ".xsl", ".mht",   ".mhtml", ".hta",   ".xhtm", ".rdf"};
	char *lower = g_ascii_strdown(name, -1);
	bool found = false;

	for (size_t i = 0; i < AM_COUNT(endings); i++)
		found |= g_str_has_suffix(lower, endings[i]);
	g_free(lower);
	return found;
}

/* "a/01/0123456789abcdef/2-report.pdf": ASCII that needs no escaping. */
static char *file_path(const struct am_mail_facts *facts, size_t i)
{
	const struct am_mail_file *file = &facts->files[i];
	const char *said = file->info.name ? file->info.name : "";
	const char *dot;

	for (const char *p = said; *p; p++)
		if (*p == '/' || *p == '\\')
			said = p + 1;
	dot = strrchr(said, '.');
	bool ending = dot && dot != said && strlen(dot) <= 12;
	char *stem =
		g_strndup(said, ending ? (gsize)(dot - said) : strlen(said));
	char *safe_stem =
		am_safe_name(*stem ? stem : "file", AM_SAFE_PORTABLE, 60);
	char *name = g_strconcat(safe_stem,
	                         ending  ? dot
	                         : *said ? ""
	                                 : am_mail_file_ending(file->info.type),
	                         NULL);
	char *safe = am_safe_name(name, AM_SAFE_PORTABLE, 80);
	char *path = g_strdup_printf("a/%.2s/%.*s/%zu-%s%s", facts->sha256,
	                             AM_SITE_ID_LEN, facts->sha256, i + 1, safe,
	                             is_active(safe) ? ".txt" : "");

	g_free(stem);
	g_free(safe_stem);
	g_free(name);
	g_free(safe);
	return path;
}

static struct am_site_file *new_file(struct am_site_page *page, char *path)
{
	struct am_site_file *file = g_new0(struct am_site_file, 1);

	file->path = path;
	g_ptr_array_add(page->files, file);
	return file;
}

static int write_files(struct am_site_page *page, const struct am_site *site,
                       const struct am_message *msg,
                       const struct am_batch *batch, bool originals,
                       struct am_error *err)
{
	int r = AM_OK;

	/* The first of them are those of facts, in that order. */
	for (size_t i = 0; !r && i < page->facts.n_files; i++) {
		struct am_site_file *file =
			new_file(page, file_path(&page->facts, i));
		struct am_blob *blob = NULL;
		r = am_mail_file_decode(&page->facts, i, msg, site->ctx, &blob,
		                        err);
		if (!r)
			r = am_batch_write(batch, &file->file, blob,
			                   &msg->received, err);
		am_blob_unref(&blob);
	}
	if (!r && originals) {
		struct am_site_file *file = new_file(
			page,
			g_strdup_printf("a/%.2s/%.*s/message.eml",
		                        page->facts.sha256, AM_SITE_ID_LEN,
		                        page->facts.sha256));
		r = am_batch_write(batch, &file->file, msg->raw, &msg->received,
		                   err);
	}
	return r;
}

/* ---- the page ---- */

struct pictures {
	const struct am_site_page *page;
	struct am_arena *arena;
	bool *shown;
};

static const char *picture(void *user, size_t i)
{
	struct pictures *p = user;
	const struct am_site_file *file = p->page->files->pdata[i];

	if (g_str_has_suffix(file->path, ".txt"))
		return NULL;
	p->shown[i] = true;
	return am_arena_printf(p->arena, UP "%s", file->path);
}

static void write_when(GString *out, const char *name,
                       const struct am_when *when)
{
	char iso[AM_TIME_ROOM];

	am_time_iso(when, iso);
	if (!*iso)
		return;
	g_string_append_printf(out, "<dt>%s</dt><dd><time datetime=\"%s\">",
	                       name, iso);
	am_mail_html_when(out, when);
	g_string_append(out, "</time></dd>\n");
}

static void write_flags(GString *out, const struct am_message *msg)
{
	bool any = msg->n_keywords || msg->n_labels;

	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		any |= (msg->flags & (1u << i)) != 0;
	if (!any)
		return;
	g_string_append(out, "<dt>Flags</dt><dd>");
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (msg->flags & (1u << i))
			g_string_append_printf(
				out, "<span class=\"tag\">%s</span> ",
				am_flag_name((enum am_flag)(1u << i)));
	for (size_t i = 0; i < msg->n_keywords + msg->n_labels; i++) {
		const char *word = i < msg->n_keywords
		                           ? msg->keywords[i]
		                           : msg->labels[i - msg->n_keywords];
		g_string_append(out, "<span class=\"tag\">");
		am_html_escape(out, word, strlen(word));
		g_string_append(out, "</span> ");
	}
	g_string_append(out, "</dd>\n");
}

static void write_header(GString *out, const struct am_site_page *page,
                         const struct am_message *msg)
{
	const struct am_overview *v = &page->facts.overview;
	char *folder = am_folder_print(msg->folder);
	const char *subject = page->row.subject;

	g_string_append(out, "<h1 dir=\"auto\">");
	am_html_escape(out, subject, strlen(subject));
	g_string_append(out, "</h1>\n<dl class=\"head\">\n");
	am_mail_html_field(out, "From", v->from);
	am_mail_html_field(out, "To", v->to);
	am_mail_html_field(out, "Cc", v->cc);
	am_mail_html_field(out, "Bcc", v->bcc);
	write_when(out, "Date", &v->date);
	if (!v->date.known)
		write_when(out, "Received", &msg->received);
	am_mail_html_field(out, "Folder", folder);
	write_flags(out, msg);
	g_string_append(out, "</dl>\n");
	g_free(folder);
}

/* What the text shows as a picture is not listed again. */
static void write_list(GString *out, const struct am_site_page *page,
                       const bool *shown)
{
	bool any = false;

	for (guint i = 0; i < page->files->len; i++) {
		const struct am_site_file *file = page->files->pdata[i];
		bool original = i >= page->facts.n_files;
		const char *name = original ? "The message as it came (.eml)"
		                            : page->facts.files[i].info.name;
		if (!original && shown[i])
			continue;
		if (!any)
			g_string_append(out, "<section class=\"files\">"
			                     "<h2>Attachments</h2><ul>\n");
		any = true;
		name = name ? name : strrchr(file->path, '/') + 1;
		g_string_append_printf(out,
		                       "<li><a href=\"" UP "%s\" "
		                       "download>",
		                       file->path);
		am_html_escape(out, name, strlen(name));
		g_string_append(out, "</a> <span class=\"size\">");
		am_mail_html_size(out, file->file.size);
		g_string_append(out, "</span></li>\n");
	}
	if (any)
		g_string_append(out, "</ul></section>\n");
}

static void write_page(struct am_site_page *page, const struct am_site *site,
                       const struct am_message *msg)
{
	GString *out = page->html = g_string_new(NULL);
	GString *body = g_string_new(NULL);
	struct pictures pictures = {page, page->facts.arena, NULL};
	struct am_mail_html html = {.picture = picture, .user = &pictures};

	pictures.shown = g_new0(bool, page->facts.n_files + 1);
	am_site_head(out, site, AM_SITE_MESSAGE, page->row.subject, UP);
	page->row.nav_at = out->len;
	for (int i = 0; i < AM_SITE_NAV - 1; i++)
		g_string_append_c(out, ' ');
	g_string_append(out, "\n<article>\n");
	write_header(out, page, msg);
	am_mail_html_body(&html, body, msg, &page->facts, site->ctx);
	am_mail_html_remarks(out, &html, msg);
	g_string_append(out, "<div class=\"body\" dir=\"auto\">\n");
	g_string_append_len(out, body->str, (gssize)body->len);
	g_string_append(out, "</div>\n");
	write_list(out, page, pictures.shown);
	g_string_append_printf(out,
	                       "<p class=\"sum\">SHA-256 <code>%s</code>, ",
	                       page->facts.sha256);
	am_mail_html_size(out, am_blob_size(msg->raw));
	g_string_append(out, "</p>\n</article>\n");
	am_site_foot(out);
	g_string_free(body, TRUE);
	g_free(pictures.shown);
}

/* ---- what the lists and the search want ---- */

/* "Ann" of "Ann <ann@a.example>, …". */
static const char *short_sender(struct am_arena *arena, const char *from)
{
	const char *open = from ? strchr(from, '<') : NULL;
	size_t len = open ? (size_t)(open - from) : from ? strlen(from) : 0;

	while (len && strchr(" \t\"'", from[len - 1]))
		len--;
	size_t skip = from ? strspn(from, " \t\"'") : 0;
	if (from && len > skip)
		return am_arena_strndup(arena, from + skip, len - skip);
	return from && *from ? from : "";
}

/* Of the bytes and the folder. */
static int page_id(char out[AM_SITE_ID_LEN + 1], const struct am_message *msg,
                   struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];
	int r = AM_OK;

	if (msg->hashed)
		memcpy(hash, msg->hash, sizeof(hash));
	else
		r = am_blob_sum(hash, msg->raw, err);
	am_hex(hash, sizeof(hash), hex);
	char *folder = am_folder_print(msg->folder);
	char *text = g_strconcat(hex, " ", folder, NULL);
	am_sha256(text, strlen(text), hash);
	am_hex(hash, sizeof(hash), hex);
	g_strlcpy(out, hex, AM_SITE_ID_LEN + 1);
	g_free(text);
	g_free(folder);
	return r;
}

static void set_row(struct am_site_page *page, const struct am_message *msg,
                    const char *id)
{
	const struct am_overview *v = &page->facts.overview;
	struct am_site_row *row = &page->row;
	const struct am_when *when = v->date.known ? &v->date : &msg->received;
	*row = (struct am_site_row){
		.date = when->known ? when->sec : INT64_MIN,
		.sender = short_sender(page->facts.arena, v->from),
		.subject =
			v->subject && *v->subject ? v->subject : "(no subject)",
		.flags = msg->flags,
		.n_files = v->n_attachments,
		.size = am_blob_size(msg->raw),
		.mid = v->message_id,
		.parent = v->in_reply_to    ? v->in_reply_to
	                  : v->n_references ? v->references[v->n_references - 1]
	                                    : NULL,
	};
	g_strlcpy(row->page, id, sizeof(row->page));
}

/* Writing without blanks between words: each character is one. */
static bool is_word_alone(gunichar c)
{
	return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7af) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

static void add_words(GString *out, const char *text, size_t len)
{
	const char *end = text + len;

	g_string_append_c(out, ' ');
	while (text < end && out->len < MAX_WORDS) {
		gunichar c = g_utf8_get_char_validated(text, end - text);
		bool good = c && c != (gunichar)-1 && c != (gunichar)-2;
		size_t n = good ? (size_t)(g_utf8_next_char(text) - text) : 1;

		if (good)
			g_string_append_len(out, text, (gssize)n);
		if (!good || is_word_alone(c))
			g_string_append_c(out, ' ');
		text += n;
	}
}

static void write_words(struct am_site_page *page, const struct am_site *site,
                        const struct am_message *msg)
{
	struct am_limits limits =
		am_limits_or_default(site->ctx ? &site->ctx->limits : NULL);
	const struct am_overview *v = &page->facts.overview;
	const char *const fields[] = {v->subject, v->from, v->to, v->cc};
	GString *text = NULL;
	bool cut = false;

	page->words = g_string_new(NULL);
	for (size_t i = 0; i < AM_COUNT(fields); i++)
		if (fields[i])
			add_words(page->words, fields[i], strlen(fields[i]));
	for (size_t i = 0; i < page->facts.n_files; i++) {
		const char *name = page->facts.files[i].info.name;
		if (name)
			add_words(page->words, name, strlen(name));
	}
	/* As far as it comes: what is not found is still there. */
	(void)!am_text_whole(&text, msg->raw, &page->facts.scan, &limits, false,
	                     &cut, NULL);
	add_words(page->words, text->str, text->len);
	g_string_free(text, TRUE);
}

int am_site_page_make(struct am_site_page *out, const struct am_site *site,
                      const struct am_message *msg,
                      const struct am_batch *batch, bool originals, bool search,
                      struct am_error *err)
{
	char id[AM_SITE_ID_LEN + 1];
	int r;

	memset(out, 0, sizeof(*out));
	r = page_id(id, msg, err);
	out->known = !r && am_site_db_had(site->db, id);
	if (r || out->known)
		return r;
	r = am_mail_facts_read(&out->facts, msg, site->ctx, err);
	if (r)
		return r;
	out->files = g_ptr_array_new_with_free_func(file_free);
	set_row(out, msg, id);
	r = write_files(out, site, msg, batch, originals, err);
	if (!r)
		write_page(out, site, msg);
	if (!r && search)
		write_words(out, site, msg);
	if (r)
		am_site_page_clear(out, batch);
	return r;
}
