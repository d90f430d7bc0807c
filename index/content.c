/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/content.h"

#include "base/arena.h"
#include "base/blob.h"
#include "extract/status.h"
#include "index/tnef_names.h"
#include "mime/overview.h"
#include "mime/scan.h"
#include "mime/text.h"
#include "mime/walk.h"

#include <glib.h>

#include <string.h>

/* Text comes from mime/ in pieces that may be cut anywhere; those of one part
 * and kind belong together. */
struct gather {
	am_content_fn *fn;
	void *user;
	GString *text, *section;
	enum am_region region;
	enum am_text_kind kind;
	const struct am_blob *raw;
	const struct am_scan *scan;
};

/* Which file a section is; what has no name goes by its type. */
static int give_source(struct gather *g, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	size_t part = am_part_by_section(g->scan, g->section->str);
	struct am_part_info info = {.name = NULL};
	const char *name = "message/rfc822"; /* within an encoded one */
	int r = AM_OK;

	if (part != SIZE_MAX)
		r = am_part_info_read(&info, g->raw, g->scan, part, arena, err);
	if (part != SIZE_MAX && !r)
		name = info.name ? info.name : info.type;
	if (!r)
		r = g->fn(g->user, AM_REGION_SOURCE, name, strlen(name), err);
	am_arena_free(&arena);
	return r;
}

/* "-- " on a line of its own: what follows is the signature (RFC 3676 §4.3). */
static size_t before_signature(const char *text, size_t len)
{
	const char *at = text, *end = text + len;

	while ((at = memmem(at, (size_t)(end - at), "-- ", 3)) != NULL) {
		const char *stop = at + 3;
		bool begins = at == text || at[-1] == '\n';
		while (stop < end && *stop == '\r')
			stop++;
		if (begins && stop < end && *stop == '\n')
			return (size_t)(at - text);
		at += 3;
	}
	return len;
}

static int flush(struct gather *g, struct am_error *err)
{
	const char *text = g->text->str;
	size_t len = g->text->len, own = len;
	int r = AM_OK;

	bool attached = g->region == AM_REGION_ATTACHED;

	if (len && attached)
		r = give_source(g, err);
	if (g->region == AM_REGION_BODY)
		own = before_signature(text, len);
	if (own && !r)
		r = g->fn(g->user, g->region, text, own, err);
	if (!r && own < len)
		r = g->fn(g->user, AM_REGION_SIGNATURE, text + own, len - own,
		          err);
	if (len && attached && !r)
		r = g->fn(g->user, AM_REGION_SOURCE, "", 0, err);
	g_string_truncate(g->text, 0);
	return r;
}

static int on_text(void *user, enum am_text_kind kind, const char *section,
                   const char *s, size_t len, struct am_error *err)
{
	struct gather *g = user;
	int r;

	if (kind != g->kind || strcmp(section, g->section->str) != 0) {
		r = flush(g, err);
		if (r)
			return r;
		g->kind = kind;
		g_string_assign(g->section, section);
	}
	g->region = kind == AM_TEXT_BODY     ? AM_REGION_BODY
	            : kind == AM_TEXT_QUOTED ? AM_REGION_QUOTED
	                                     : AM_REGION_ATTACHED;
	g_string_append_len(g->text, s, (gssize)len);
	return AM_OK;
}

static int read_text(const struct am_blob *raw, const struct am_scan *scan,
                     const struct am_limits *limits, am_content_fn *fn,
                     void *user, bool *truncated, struct am_error *err)
{
	static const struct am_text_options options = {0};
	struct gather g = {.fn = fn, .user = user, .raw = raw, .scan = scan};
	int r;

	g.text = g_string_sized_new(4096);
	g.section = g_string_new(NULL);
	r = am_text_read(raw, scan, &options, limits, on_text, &g, truncated,
	                 err);
	if (!r)
		r = flush(&g, err);
	g_string_free(g.text, TRUE);
	g_string_free(g.section, TRUE);
	return r;
}

/* ---- facts -----------------------------------------------------------------
 */

struct types {
	GPtrArray *list;
	GHashTable *seen;
	struct am_arena *arena;
};

static void add_type(struct types *t, const char *type, size_t len)
{
	char *name;

	if (!len || len > 100)
		return;
	name = am_arena_strndup(t->arena, type, len);
	for (char *p = name; *p; p++)
		*p = g_ascii_tolower(*p);
	if (g_hash_table_add(t->seen, name))
		g_ptr_array_add(t->list, name);
}

static void add_types(struct types *t, const struct am_scan *scan,
                      const struct am_overview *ov)
{
	for (size_t i = 0; i < scan->n_parts; i++) {
		const struct am_part *part = &scan->parts[i];
		const char *slash = strchr(part->type, '/');
		if (part->kind == AM_PART_MULTIPART)
			continue;
		add_type(t, part->type, strlen(part->type));
		if (!slash)
			continue;
		add_type(t, part->type, (size_t)(slash - part->type));
		add_type(t, slash + 1, strlen(slash + 1));
	}
	for (size_t i = 0; i < ov->n_attachments && ov->attachments; i++) {
		const char *dot = strrchr(ov->attachments[i], '.');
		if (dot && strlen(dot + 1) <= 10)
			add_type(t, dot + 1, strlen(dot + 1));
	}
}

static const char *lower_id(struct am_arena *arena, const char *from)
{
	char *id = from ? am_arena_strdup(arena, from) : NULL;

	for (char *p = id; p && *p; p++)
		*p = g_ascii_tolower(*p);
	return id;
}

static void find_facts(struct am_facts *out, const struct am_blob *raw,
                       const struct am_scan *scan, const struct am_overview *ov,
                       struct am_arena *arena)
{
	struct types t = {g_ptr_array_new(),
	                  g_hash_table_new(g_str_hash, g_str_equal), arena};
	const struct am_when *when = ov->date.known ? &ov->date : &ov->received;
	const char **types;

	memset(out, 0, sizeof(*out));
	out->dated = when->known;
	out->date = when->known ? when->sec : 0;
	out->size = am_blob_size(raw);
	out->has_attachment = ov->n_attachments > 0;
	out->reply = ov->in_reply_to || ov->n_references;
	out->message_id = lower_id(arena, ov->message_id);
	out->thread = lower_id(arena, ov->n_references ? ov->references[0]
	                                               : ov->in_reply_to);
	add_types(&t, scan, ov);
	types = am_arena_alloc(arena, (t.list->len + 1) * sizeof(*types));
	for (guint i = 0; i < t.list->len; i++)
		types[i] = t.list->pdata[i];
	out->types = types;
	out->n_types = t.list->len;
	g_hash_table_unref(t.seen);
	g_ptr_array_unref(t.list);
}

static int give_headers(const struct am_overview *ov, am_content_fn *fn,
                        void *user, struct am_error *err)
{
	const struct {
		enum am_region region;
		const char *text;
	} headers[] = {
		{AM_REGION_SUBJECT, ov->subject}, {AM_REGION_FROM, ov->from},
		{AM_REGION_TO, ov->to},           {AM_REGION_CC, ov->cc},
		{AM_REGION_BCC, ov->bcc},         {AM_REGION_LIST, ov->list_id},
	};
	int r = AM_OK;

	for (size_t i = 0; i < AM_COUNT(headers) && !r; i++)
		if (headers[i].text && *headers[i].text)
			r = fn(user, headers[i].region, headers[i].text,
			       strlen(headers[i].text), err);
	for (size_t i = 0; i < ov->n_attachments && ov->attachments && !r; i++)
		if (*ov->attachments[i])
			r = fn(user, AM_REGION_FILENAME, ov->attachments[i],
			       strlen(ov->attachments[i]), err);
	return r;
}

static bool has_tnef(const struct am_facts *facts)
{
	for (size_t i = 0; i < facts->n_types; i++)
		if (!strcmp(facts->types[i], "application/ms-tnef") ||
		    !strcmp(facts->types[i], "application/vnd.ms-tnef"))
			return true;
	return false;
}

struct naming {
	am_content_fn *fn;
	void *user;
};

static int on_name(void *user, const char *name, size_t len,
                   struct am_error *err)
{
	struct naming *to = user;

	return to->fn(to->user, AM_REGION_FILENAME, name, len, err);
}

uint32_t am_facts_statuses(const struct am_facts *facts)
{
	return facts->truncated ? 1u << AM_EXTRACT_TRUNCATED : 0;
}

int am_content_read(struct am_facts *out, const struct am_blob *raw,
                    const struct am_limits *limits, struct am_arena *arena,
                    am_content_fn *fn, void *user, struct am_error *err)
{
	struct am_overview *ov = am_arena_alloc(arena, sizeof(*ov));
	struct am_scan scan;
	int r = am_scan_message(&scan, raw, limits, arena, err);

	if (!r)
		r = am_overview_read(ov, raw, &scan, limits, arena, err);
	if (r)
		return r;
	find_facts(out, raw, &scan, ov, arena);
	out->overview = ov;
	r = give_headers(ov, fn, user, err);
	if (!r)
		r = read_text(raw, &scan, limits, fn, user, &out->truncated,
		              err);
	struct naming names = {fn, user};
	if (!r && has_tnef(out))
		r = am_tnef_names(raw, limits, on_name, &names, err);
	return r;
}
