/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/eudora.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/hash.h"
#include "formats/mail_facts.h"
#include "formats/mbox/header.h"
#include "formats/mbox/rebuilt.h"
#include "mime/scan.h"
#include "model/message.h"

#include <string.h>

/* Of pictures in a text. */
#define CIDS_MAX 64

struct work {
	struct am_mbox_eudora *store;
	struct am_mbox_eudora_did *did;
	const uint8_t *bytes;
	size_t len, body; /* body: behind the empty line */
	uint8_t eol_byte;
	const char *eol;
	char boundary[48];
	char *declared;  /* Content-Type, or NULL */
	char *sent;      /* X-Attachments, or NULL */
	GArray *marks;   /* struct am_mbox_eudora_mark */
	GArray *changes; /* what rebuilt.h takes */
	size_t kept;     /* all before is planned */
	GPtrArray *cids; /* of the pictures in order, or NULL */
	guint n_shown;   /* of which so many have their file */
	bool many;       /* it becomes a multipart */
	bool related;
	bool last_is_text;
};

static size_t line_end(const struct work *w, size_t at)
{
	const uint8_t *p = memchr(w->bytes + at, w->eol_byte, w->len - at);

	return p ? (size_t)(p - w->bytes) + 1 : w->len;
}

static bool blank(const struct work *w, size_t from, size_t to)
{
	while (from < to && g_ascii_isspace((char)w->bytes[from]))
		from++;
	return from == to;
}

static bool field_is(const uint8_t *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && line[n] == ':' &&
	       !g_ascii_strncasecmp((const char *)line, name, n);
}

/* [at, end) is a field, its folded lines included. */
static void look_at_field(struct work *w, size_t at, size_t end)
{
	static const char *const ours[] = {"Content-Type", "MIME-Version",
	                                   "Content-Transfer-Encoding",
	                                   "Content-Disposition"};
	const uint8_t *line = w->bytes + at;

	if (!w->declared && field_is(line, end - at, ours[0]))
		w->declared = g_strndup((const char *)line + 13, end - at - 13);
	if (!w->sent && field_is(line, end - at, "X-Attachments"))
		w->sent = g_strndup((const char *)line + 14, end - at - 14);
	for (size_t i = 0; i < AM_COUNT(ours); i++)
		if (field_is(line, end - at, ours[i]))
			am_mbox_changes_add(w->changes, at, end - at);
}

/* false: no body. */
static bool read_header(struct work *w)
{
	size_t at = 0;

	while (at < w->len) {
		size_t end = line_end(w, at);
		if (blank(w, at, end)) {
			/* The new fields stand before the empty line. */
			am_mbox_changes_add(w->changes, at, 0);
			w->body = w->kept = end;
			return end < w->len || w->sent;
		}
		while (end < w->len &&
		       (w->bytes[end] == ' ' || w->bytes[end] == '\t') &&
		       !blank(w, end, line_end(w, end)))
			end = line_end(w, end);
		look_at_field(w, at, end);
		at = end;
	}
	return false;
}

/* A multipart as it says: nobody has taken it apart. */
static bool is_whole(const struct work *w, bool *promised)
{
	struct am_arena *arena = am_arena_new();
	size_t n = w->declared ? strlen(w->declared) : 0;
	char *type = n ? am_param_main(arena, w->declared, n) : NULL;
	char *boundary =
		n ? am_param_get(arena, w->declared, n, "boundary") : NULL;
	bool whole = false;

	*promised = type && g_str_has_prefix(type, "multipart/");
	if (*promised && boundary && *boundary) {
		char *line = g_strconcat("--", boundary, NULL);
		whole = memmem(w->bytes + w->body, w->len - w->body, line,
		               strlen(line)) != NULL;
		g_free(line);
	}
	am_arena_free(&arena);
	return whole;
}

/* The pictures that the text shows, each once. */
static void find_cids(struct work *w, size_t from, size_t to)
{
	const uint8_t *p = w->bytes + from, *end = w->bytes + to;

	w->cids = g_ptr_array_new_with_free_func(g_free);
	while (w->cids->len < CIDS_MAX &&
	       (p = memmem(p, (size_t)(end - p), "cid:", 4))) {
		size_t n = 0;
		p += 4;
		while (p + n < end && p[n] > ' ' && p[n] < 127 &&
		       !strchr("\"'<>()", p[n]))
			n++;
		char *cid = g_strndup((const char *)p, n);
		if (n && n < 200 &&
		    !g_ptr_array_find_with_equal_func(w->cids, cid, g_str_equal,
		                                      NULL))
			g_ptr_array_add(w->cids, g_steal_pointer(&cid));
		g_free(cid);
	}
}

static struct am_mbox_eudora_mark *mark_at(const struct work *w, guint i)
{
	return &g_array_index(w->marks, struct am_mbox_eudora_mark, i);
}

static bool is_file(const struct am_mbox_eudora_mark *m)
{
	return m->kind == AM_EUDORA_ATTACHED || m->kind == AM_EUDORA_EMBEDDED;
}

static void missing(struct work *w, const char *name)
{
	w->did->missing++;
	if (!w->did->first)
		w->did->first = g_strdup(name);
}

/* Only the marks of what is found stay; the lines of others are text. */
static void keep_found(struct work *w)
{
	unsigned embedded = 0, missed = 0;

	for (guint i = 0; i < w->marks->len;) {
		const struct am_mbox_eudora_mark *m = mark_at(w, i);
		bool shown = m->kind == AM_EUDORA_EMBEDDED;
		if (is_file(m) &&
		    !am_mbox_eudora_find(w->store, m->name, shown)) {
			missing(w, m->name);
			missed += shown;
			g_array_remove_index(w->marks, i);
			continue;
		}
		w->did->found += is_file(m);
		embedded += shown;
		if (m->kind == AM_EUDORA_OPEN && !strcmp(m->type, "text/html"))
			find_cids(w, m->end, mark_at(w, i + 1)->at);
		i++;
	}
	/* Which is which is told by their order, if it is told at all. */
	if (w->cids && (missed || w->cids->len != embedded)) {
		g_ptr_array_unref(w->cids);
		w->cids = NULL;
	}
	w->related = embedded && embedded == w->did->found && w->cids;
}

static const char *charset_of(const struct work *w, size_t from, size_t to)
{
	const char *s = (const char *)w->bytes + from;
	size_t i = 0;

	while (i < to - from && !(s[i] & 0x80))
		i++;
	return i == to - from                ? "us-ascii"
	       : am_utf8_valid(s, to - from) ? "utf-8"
	       : w->eol_byte == '\r'         ? "macintosh"
	                                     : "windows-1252";
}

static void put(struct work *w, const char *fmt, ...) AM_PRINTF(2, 3);

static void put(struct work *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	char **lines = g_strsplit(text, "\n", -1);
	char *joined = g_strjoinv(w->eol, lines);
	am_mbox_changes_text(w->changes, joined);
	g_free(joined);
	g_strfreev(lines);
	g_free(text);
}

/* What is between what was planned last and `at` goes, and what is put next
 * stands there. */
static void skip_to(struct work *w, size_t at)
{
	am_mbox_changes_add(w->changes, w->kept, at - w->kept);
	w->kept = at;
}

static void put_text_type(struct work *w, const char *type, size_t from,
                          size_t to)
{
	put(w,
	    "Content-Type: %s; charset=%s\n"
	    "Content-Transfer-Encoding: 8bit\n",
	    type, charset_of(w, from, to));
}

/* The text [from, to), if there is any. */
static void plan_text(struct work *w, const char *type, size_t from, size_t to)
{
	if (blank(w, from, to))
		return;
	skip_to(w, from);
	if (w->many) {
		put(w, "\n--%s\n", w->boundary);
		put_text_type(w, type, from, to);
		put(w, "\n");
	}
	w->kept = to;
	w->last_is_text = true;
}

static void put_param(struct work *w, const char *name, const char *value)
{
	if (g_str_is_ascii(value)) {
		char **parts = g_strsplit_set(value, "\"\\\r\n", -1);
		char *clean = g_strjoinv("_", parts);
		put(w, ";\n %s=\"%s\"", name, clean);
		g_free(clean);
		g_strfreev(parts);
	} else {
		char *escaped = g_uri_escape_string(value, NULL, FALSE);
		put(w, ";\n %s*=utf-8''%s", name, escaped);
		g_free(escaped);
	}
}

/* A part of its own; the line [at, end) that named it goes. */
static void plan_file(struct work *w, const char *name, bool embedded,
                      size_t end)
{
	const char *path = am_mbox_eudora_find(w->store, name, embedded);

	skip_to(w, end);
	put(w, "\n--%s\nContent-Type: %s", w->boundary,
	    am_mail_file_type(name));
	put_param(w, "name", name);
	put(w, "\nContent-Transfer-Encoding: base64\n");
	if (embedded && w->cids && w->n_shown < w->cids->len)
		put(w, "Content-ID: <%s>\n",
		    (char *)w->cids->pdata[w->n_shown++]);
	put(w, "Content-Disposition: %s", embedded ? "inline" : "attachment");
	put_param(w, "filename", name);
	put(w, "\n\n");
	am_mbox_changes_file(w->changes, path);
	w->last_is_text = false;
}

/* "C:\a.doc; C:\b.doc": of mail that was sent. */
static void plan_sent(struct work *w, bool count)
{
	char **names = g_strsplit(w->sent ? w->sent : "", ";", -1);

	for (char **p = names; *p; p++) {
		char *name = am_mbox_eudora_name(*p, strlen(*p), w->eol_byte);
		bool found =
			*name && am_mbox_eudora_find(w->store, name, false);
		if (count && found)
			w->did->found++;
		else if (count && *name)
			missing(w, name);
		else if (found)
			plan_file(w, name, false, w->len);
		g_free(name);
	}
	g_strfreev(names);
}

/* All of the body, from one mark to the next. */
static void plan_body(struct work *w)
{
	const char *type = "text/plain";
	size_t at = w->body;

	for (guint i = 0; i < w->marks->len; i++) {
		const struct am_mbox_eudora_mark *m = mark_at(w, i);
		plan_text(w, type, at, m->at);
		type = m->kind == AM_EUDORA_OPEN ? m->type : "text/plain";
		if (is_file(m))
			plan_file(w, m->name, m->kind == AM_EUDORA_EMBEDDED,
			          m->end);
		at = m->end;
	}
	plan_text(w, type, at, w->len);
	plan_sent(w, false);
	if (!w->many) {
		if (w->kept < w->len)
			skip_to(w, w->len);
		return;
	}
	skip_to(w, w->len);
	put(w, "\n--%s--\n", w->boundary);
}

/* Is there text behind the wrapped one, but for the lines of files? */
static bool more_text(const struct work *w)
{
	size_t at = 0;

	for (guint i = 0; i < w->marks->len; i++) {
		const struct am_mbox_eudora_mark *m = mark_at(w, i);
		if (at && !blank(w, at, m->at))
			return true;
		if (m->kind != AM_EUDORA_OPEN)
			at = m->end;
	}
	return at && !blank(w, at, w->len);
}

/* The fields of the whole: into the change that read_header() made last. */
static void plan_header(struct work *w)
{
	put(w, "MIME-Version: 1.0\n");
	if (w->many)
		put(w, "Content-Type: multipart/%s;\n boundary=\"%s\"%s\n",
		    w->related ? "related" : "mixed", w->boundary,
		    w->related ? ";\n type=\"text/html\"" : "");
	else if (w->marks->len)
		put_text_type(w, mark_at(w, 0)->type, mark_at(w, 0)->end,
		              mark_at(w, 1)->at);
	else
		put_text_type(w, "text/plain", w->body, w->len);
}

static void choose_boundary(struct work *w)
{
	uint8_t hash[AM_SHA256_LEN];
	char hex[33];

	am_sha256(w->bytes, w->len, hash);
	am_hex(hash, 16, hex);
	g_snprintf(w->boundary, sizeof w->boundary, "=_eudora_%s", hex);
}

static int plan(struct work *w, struct am_message *msg, struct am_ctx *ctx,
                struct am_error *err)
{
	bool promised = false;

	if (!read_header(w) || is_whole(w, &promised))
		return AM_OK;
	w->marks = am_mbox_eudora_marks(w->bytes, w->body, w->len, w->eol_byte);
	keep_found(w);
	plan_sent(w, true);
	if (!w->marks->len && !w->did->found && !promised)
		return AM_OK;
	w->many = w->did->found || more_text(w);
	choose_boundary(w);
	plan_header(w);
	plan_body(w);
	int r = am_mbox_rebuild(msg, w->bytes, w->len, w->changes, w->eol, ctx,
	                        err);
	w->did->rebuilt = !r;
	w->did->too_much = r == AM_END;
	return r == AM_END ? AM_OK : r;
}

int am_mbox_eudora_rebuild(struct am_mbox_eudora *e, struct am_message *msg,
                           uint8_t eol, struct am_mbox_eudora_did *did,
                           struct am_ctx *ctx, struct am_error *err)
{
	uint64_t size = am_blob_size(msg->raw);
	struct work w = {.store = e, .did = did, .eol_byte = eol};
	uint8_t *own = NULL;
	int r = AM_OK;

	*did = (struct am_mbox_eudora_did){0};
	if (size > AM_MBOX_REBUILT_TEXT) {
		did->too_much = true;
		return AM_OK;
	}
	w.bytes = am_blob_bytes(msg->raw);
	w.len = (size_t)size;
	if (!w.bytes) {
		size_t got = 0;
		w.bytes = own = g_malloc(w.len + 1);
		r = am_blob_read(msg->raw, 0, own, w.len, &got, err);
		w.len = got;
	}
	if (!r && w.len) {
		const uint8_t *lf = memchr(w.bytes, eol, w.len);
		w.eol = eol == '\r'                            ? "\r"
		        : lf && lf > w.bytes && lf[-1] == '\r' ? "\r\n"
		                                               : "\n";
		w.changes = am_mbox_changes_new();
		r = plan(&w, msg, ctx, err);
	}
	am_mbox_changes_free(w.changes);
	if (w.marks)
		g_array_unref(w.marks);
	if (w.cids)
		g_ptr_array_unref(w.cids);
	g_free(w.declared);
	g_free(w.sent);
	g_free(own);
	return r;
}
