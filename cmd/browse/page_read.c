/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as a page. */
#include "cmd/browse/page_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "cmd/browse/cells.h"
#include "cmd/out.h"
#include "mime/address.h"
#include "mime/overview.h"
#include "mime/part.h"
#include "mime/text.h"
#include "mime/walk.h"
#include "mime/words.h"
#include "model/folder.h"
#include "model/message.h"
#include "store/archive.h"

#include <string.h>

enum { HEADERS_MAX = 256 << 10 };

struct reading {
	struct page *page;
	GString *line; /* what has come of the line */
	enum style style;
	char *section; /* of the last piece */
	GPtrArray *links;
	GHashTable *numbers; /* of links: each stands in the list once */
	size_t n_texts;
};

/* ---- the header ---------------------------------------------------------- */

static void add_field(struct page *p, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	char *clean = cells_clean(value, false);
	/* What was folded in the header is one line here. */
	char *to = clean;
	for (const char *c = clean; *c; c++)
		if (*c != ' ' || (to != clean && to[-1] != ' '))
			*to++ = *c;
	*to = '\0';
	char *label = cells_clean(name, false);
	page_add(p->whole, STYLE_PLAIN, cells_width(label) + 1,
	         g_strdup_printf("%s: %s", label, clean));
	g_free(label);
	g_free(clean);
}

static int add_all_fields(struct page *p, struct am_error *err)
{
	struct am_part_header header;
	struct am_fields fields;
	struct am_field f;
	int r = am_part_header_read(&header, p->raw, &p->scan.parts[0],
	                            HEADERS_MAX, err);

	if (r)
		return r;
	am_fields_init(&fields, header.block, header.len, 0);
	while (am_fields_next(&fields, &f)) {
		char *name = g_strndup(f.name, f.name_len);
		add_field(p, name,
		          am_words_decode(p->arena, f.value, f.value_len));
		g_free(name);
	}
	am_part_header_drop(&header);
	return AM_OK;
}

/* Where it is filed, as what, with which words. */
struct places {
	GString *folders, *flags;
	uint32_t seen_flags;
};

static void add_word(GString *to, const char *word)
{
	g_string_append_printf(to, "%s%s", to->len ? ", " : "", word);
}

static int add_place(void *user, const struct am_archive_placement *place,
                     struct am_error *err)
{
	struct places *to = user;
	const struct am_message *m = place->meta;

	(void)err;
	if (place->gone)
		return AM_OK;
	char *name = am_folder_print(place->folder);
	add_word(to->folders, *name ? name : "(top)");
	g_free(name);
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (m->flags & ~to->seen_flags & (1u << i))
			add_word(to->flags,
			         am_flag_name((enum am_flag)(1u << i)));
	to->seen_flags |= m->flags;
	for (size_t i = 0; i < m->n_keywords; i++)
		add_word(to->flags, m->keywords[i]);
	for (size_t i = 0; i < m->n_labels; i++)
		add_word(to->flags, m->labels[i]);
	return AM_OK;
}

static int add_places(struct page *p, struct am_archive *archive, int64_t id,
                      struct am_error *err)
{
	struct places places = {g_string_new(NULL), g_string_new(NULL), 0};
	int r = am_archive_placements(archive, id, add_place, &places, err);

	if (!r) {
		add_field(p, "Folder", places.folders->str);
		add_field(p, "Flags", places.flags->str);
	}
	g_string_free(places.folders, TRUE);
	g_string_free(places.flags, TRUE);
	return r;
}

static int add_headers(struct page *p, bool all, struct am_error *err)
{
	struct am_overview v = {0};
	char when[OUT_ROOM];
	int r = am_overview_read(&v, p->raw, &p->scan, NULL, p->arena, err);

	if (r)
		return r;
	p->subject = cells_clean(v.subject, false);
	if (all)
		return add_all_fields(p, err);
	add_field(p, "From", v.from);
	add_field(p, "To", v.to);
	add_field(p, "Cc", v.cc);
	out_when(&v.date, when);
	if (v.date.known)
		add_field(p, "Date", when);
	add_field(p, "Subject", v.subject);
	return AM_OK;
}

static int add_files(struct page *p, struct am_error *err)
{
	for (size_t i = 0; i < p->scan.n_parts; i++) {
		struct am_part_info info;
		char size[OUT_ROOM];
		int r = am_part_info_read(&info, p->raw, &p->scan, i, p->arena,
		                          err);
		if (r)
			return r;
		if (!info.attachment)
			continue;
		struct page_file f = {
			.part = i,
			.section = cells_clean(info.section, false),
			.name = cells_clean(info.name, false),
			.type = cells_clean(info.type, false),
			.title = g_strdup(info.name),
			.size = p->scan.parts[i].end - p->scan.parts[i].body,
		};
		g_array_append_val(p->files, f);
		out_size(f.size, size);
		char *text = g_strdup_printf("%s (%s, %s)",
		                             *f.name ? f.name : "(no name)",
		                             f.type, size);
		char *label = g_strdup_printf("Attachment %s", f.section);
		add_field(p, label, text);
		g_free(label);
		g_free(text);
	}
	return AM_OK;
}

/* ---- the text ------------------------------------------------------------ */

static void end_line(struct reading *t)
{
	for (gsize i = 0; i < t->line->len; i++)
		if (!t->line->str[i])
			t->line->str[i] = ' ';
	page_add(t->page->whole, t->style, 0, cells_clean(t->line->str, true));
	g_string_truncate(t->line, 0);
}

static void new_section(struct reading *t, enum am_text_kind kind,
                        const char *section)
{
	if (t->line->len)
		end_line(t);
	if (t->n_texts++)
		page_add(t->page->whole, STYLE_PLAIN, 0, g_strdup(""));
	if (kind == AM_TEXT_ATTACHMENT)
		page_add(t->page->whole, STYLE_NAME, 0,
		         g_strdup_printf("[attachment %s]", section));
	g_free(t->section);
	t->section = g_strdup(section);
}

/* Addresses that lead out of the message; the others are its own affair. */
static bool leads_somewhere(const char *url)
{
	static const char *const schemes[] = {"http://", "https://",
	                                      "mailto:", "ftp://", "tel:"};

	for (size_t i = 0; i < AM_COUNT(schemes); i++)
		if (!g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])))
			return true;
	return false;
}

static void add_link(struct reading *t, char *url)
{
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(t->numbers, url));

	if (number || !leads_somewhere(url)) {
		g_free(url);
	} else {
		g_ptr_array_add(t->links, url);
		number = t->links->len;
		g_hash_table_insert(t->numbers, url, GUINT_TO_POINTER(number));
	}
	if (number)
		g_string_append_printf(t->line, "[%u]", number);
}

static int add_text(void *user, enum am_text_kind kind, const char *section,
                    const char *s, size_t len, struct am_error *err)
{
	static const enum style styles[] = {
		[AM_TEXT_BODY] = STYLE_PLAIN,
		[AM_TEXT_QUOTED] = STYLE_DIM,
		[AM_TEXT_ATTACHMENT] = STYLE_PLAIN,
		[AM_TEXT_HEADING] = STYLE_NAME,
	};
	struct reading *t = user;
	const char *end = s + len;

	(void)err;
	if (g_strcmp0(t->section, section))
		new_section(t, kind, section);
	if (kind == AM_TEXT_LINK) {
		add_link(t, g_strndup(s, len));
		return AM_OK;
	}
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		if (!t->line->len)
			t->style = styles[kind];
		g_string_append_len(t->line, s, nl ? nl - s : end - s);
		if (nl)
			end_line(t);
		s = nl ? nl + 1 : end;
	}
	return AM_OK;
}

static int add_body(struct page *p, bool html, struct am_error *err)
{
	const struct am_text_options options = {
		.best_alternative = true,
		.prefer_html = html,
		.keep_layout = true,
		.links = true,
	};
	struct reading t = {.page = p,
	                    .line = g_string_new(NULL),
	                    .links = g_ptr_array_new_with_free_func(g_free),
	                    .numbers =
	                            g_hash_table_new(g_str_hash, g_str_equal)};
	bool cut = false;

	page_add(p->whole, STYLE_PLAIN, 0, g_strdup(""));
	int r = am_text_read(p->raw, &p->scan, &options, NULL, add_text, &t,
	                     &cut, err);
	if (t.line->len)
		end_line(&t);
	if (t.links->len)
		page_add(p->whole, STYLE_PLAIN, 0, g_strdup(""));
	for (guint i = 0; i < t.links->len; i++) {
		char *clean = cells_clean(t.links->pdata[i], false);
		page_add(p->whole, STYLE_LINK, 0,
		         g_strdup_printf("[%u] %s", i + 1, clean));
		g_free(clean);
	}
	if (cut)
		page_add(p->whole, STYLE_ERROR, 0,
		         g_strdup("[… the text goes on: | less shows all]"));
	g_hash_table_unref(t.numbers);
	g_ptr_array_unref(t.links);
	g_string_free(t.line, TRUE);
	g_free(t.section);
	return r;
}

/* archive NULL: it is in none. */
static int read_all(struct page *p, struct am_archive *archive, int64_t id,
                    const struct page_how *how, struct am_error *err)
{
	int r = am_scan_message(&p->scan, p->raw, NULL, p->arena, err);

	if (!r)
		r = add_headers(p, how->all_headers, err);
	if (!r && archive)
		r = add_places(p, archive, id, err);
	if (!r)
		r = add_files(p, err);
	return r ? r : add_body(p, how->html, err);
}

int page_read(struct page **out, struct am_archive *archive, int64_t id,
              const struct page_how *how, struct am_error *err)
{
	struct page *p = page_new();
	int r = am_archive_load(archive, id, &p->raw, err);

	if (!r)
		r = read_all(p, archive, id, how, err);
	if (r)
		page_free(&p);
	*out = p;
	return r;
}

int page_read_raw(struct page **out, struct am_blob *raw,
                  const struct page_how *how, struct am_error *err)
{
	struct page *p = page_new();

	p->raw = am_blob_ref(raw);
	int r = read_all(p, NULL, 0, how, err);
	if (r)
		page_free(&p);
	*out = p;
	return r;
}
