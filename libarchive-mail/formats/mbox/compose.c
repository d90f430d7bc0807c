/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/compose.h"

#include "base/blob.h"
#include "formats/mbox/attached.h"
#include "formats/mbox/follow.h"
#include "formats/mbox/mmdf.h"
#include "formats/mbox/plan_lines.h"
#include "formats/mbox/rebuilt.h"
#include "formats/mbox/signs.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* A group at the end of a longer header block would not be looked for. */
#define END_MAX (128 * 1024)

void am_mbox_plan_free(struct am_mbox_plan **plan)
{
	if (!*plan)
		return;
	g_free((*plan)->lines);
	g_clear_pointer(plan, g_free);
}

/* Its beginning, in place or read into buf; whole: that is all of it. */
static int read_head(const struct am_message *msg, uint8_t **buf,
                     const uint8_t **head, size_t *len, bool *whole,
                     struct am_error *err)
{
	uint64_t size = am_blob_size(msg->raw);
	size_t want = (size_t)MIN(size, AM_MBOX_HEADER_MAX);
	*whole = want == size;
	*len = want;
	*head = am_blob_bytes(msg->raw);
	if (*head)
		return AM_OK;
	*buf = g_malloc(want + 1);
	*head = *buf;
	return am_blob_read(msg->raw, 0, *buf, want, len, err);
}

static bool begins_with_from(const uint8_t *head, size_t len)
{
	size_t i = 0;
	while (i < len && head[i] == '>')
		i++;
	return len - i >= 5 && !memcmp(head + i, "From ", 5);
}

/* Would a reader see a separator before these lines? */
static void probe(struct am_mbox_plan *plan, const GByteArray *lines)
{
	size_t passed;
	enum am_mbox_follow f = am_mbox_follow_read(lines->data, lines->len,
	                                            false, '\n', &passed);
	/* A reader does not look for ever either: more is not enough. */
	bool shaped = f == AM_MBOX_FOLLOW_HEADERS;

	plan->shaped &= !passed && shaped;
	plan->weak &= !passed && (shaped || f == AM_MBOX_FOLLOW_ONE ||
	                          f == AM_MBOX_FOLLOW_EMPTY);
}

/* The same of the message, asked of what will be stored: with the line ends
 * behind it, and with its From_ lines quoted or, in some dialects, not. */
static void look_at_start(struct am_mbox_plan *plan, const uint8_t *head,
                          size_t len, bool whole)
{
	size_t n = MIN(len, 64 * 1024);
	/* Quoted, it would be passed over as one of those lines that some
	 * writers leave behind a separator; "From : x" is a field, too. */
	if (begins_with_from(head, len))
		return;
	plan->shaped = plan->weak = true;
	GByteArray *lines = g_byte_array_sized_new((guint)n + 2);
	g_byte_array_append(lines, head, (guint)n);
	if (whole && n == len)
		g_byte_array_append(lines, (const uint8_t *)"\n\n", 2);
	probe(plan, lines);
	if (plan->quotes) {
		GByteArray *quoted = g_byte_array_new();
		const uint8_t *p = lines->data, *end = p + lines->len;
		while (p < end) {
			const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
			const uint8_t *next = nl ? nl + 1 : end;
			if (begins_with_from(p, (size_t)(next - p)))
				g_byte_array_append(quoted,
				                    (const uint8_t *)">", 1);
			g_byte_array_append(quoted, p, (guint)(next - p));
			p = next;
		}
		probe(plan, quoted);
		g_byte_array_unref(quoted);
	}
	g_byte_array_unref(lines);
}

/* Fields of its own that a reader of some mbox would take for the mbox's. */
static void look_for_lookalikes(struct am_mbox_plan *plan,
                                const struct am_message *msg,
                                const struct am_mbox_header *h)
{
	if (am_mbox_tail_run(h) < h->n_fields)
		plan->lookalike = true;
	for (size_t i = 0; i < h->n_fields; i++)
		switch (h->fields[i].kind) {
		case AM_MBOX_F_X_IMAP:
			plan->marked = true;
			break;
		case AM_MBOX_F_MOZ_STATUS:
		case AM_MBOX_F_MOZ_STATUS2:
		case AM_MBOX_F_MOZ_KEYS:
		case AM_MBOX_F_EVOLUTION:
			plan->lookalike = true;
			break;
		case AM_MBOX_F_GM_THRID:
		case AM_MBOX_F_GM_LABELS:
			plan->marked |=
				msg->envelope_sender &&
				g_str_has_suffix(msg->envelope_sender, "@xxx");
			break;
		default:
			break;
		}
}

/* Where added lines go, if any have to. */
static void choose_place(struct am_mbox_plan *plan,
                         const struct am_mbox_header *h, const uint8_t *head,
                         size_t len, bool whole)
{
	struct am_mbox_mark mark;
	bool closed = h->blank || (whole && h->len == len && !plan->open_end);
	plan->place = AM_MBOX_PLACE_END;
	plan->at = h->len;
	/* That NULs are its own must stand before them. */
	if ((plan->shaped || plan->weak) && closed && h->len <= END_MAX &&
	    !plan->nuls) {
		if (!am_mbox_mark_find(&mark, h, head))
			return;
		/* It brings such a group of its own: ours must come first. */
		plan->marked = true;
	}
	plan->at = 0;
	plan->place = AM_MBOX_PLACE_TOP;
	const uint8_t *end = head + len;
	if (len && !begins_with_from(head, len) &&
	    !am_mbox_header_shaped(head, end) &&
	    !am_mbox_blank_at(head, end, '\n'))
		plan->place = AM_MBOX_PLACE_BLOCK;
}

static int64_t date_of(const struct am_message *msg,
                       const struct am_mbox_header *h, const uint8_t *head)
{
	struct am_when when = msg->received;
	if (!when.known && h->date)
		(void)am_time_parse_mail((const char *)head + h->date,
		                         h->date_len, &when);
	int64_t sec = when.known ? when.sec : 0;
	if (sec < 0 || sec > 253402300799) /* years of four digits */
		sec = 0;
	/* That very second is git's mark of a patch, and no separator. */
	return sec == 1000684800 ? sec + 1 : sec;
}

static void write_from(struct am_mbox_plan *plan, const struct am_message *msg,
                       int64_t sec)
{
	struct am_mbox_from from;
	plan->from_len =
		am_mbox_from_write(plan->from, msg->envelope_sender, sec);
	if (!am_mbox_from_parse(&from, (const uint8_t *)plan->from,
	                        plan->from_len) ||
	    (from.kind != AM_MBOX_FROM_PLAIN &&
	     from.kind != AM_MBOX_FROM_TAKEOUT &&
	     from.kind != AM_MBOX_FROM_EUDORA))
		plan->from_len = am_mbox_from_write(plan->from, NULL, sec);
}

/* Lines that begin with From_, and whether they need anything. */
static int count_lines(struct am_mbox_plan *plan, const struct am_message *msg,
                       uint64_t *n, struct am_error *err)
{
	struct am_mbox_found all = {0};
	int r = am_mbox_quote_blob(msg->raw, 0, am_blob_size(msg->raw),
	                           AM_MBOX_QUOTE_RD, '\n', NULL, &all, err);
	plan->quote = AM_MBOX_QUOTE_RD;
	plan->quotes = all.added > 0;
	plan->nuls = all.after_nul;
	*n = all.added;
	return r;
}

/* Does it end right behind a part's header?  Then the next separator looks like
 * the first line of what is attached there, unless it is said that such lines
 * are quoted. */
static int look_at_end(struct am_mbox_plan *plan, const struct am_message *msg,
                       struct am_error *err)
{
	uint8_t tail[AM_MBOX_HISTORY + 3] = {'\n'}; /* what is in front */
	const uint8_t *boundary;
	uint64_t size = am_blob_size(msg->raw);
	size_t n = (size_t)MIN(size, AM_MBOX_HISTORY), got, len;
	int r = am_blob_read(msg->raw, size - n, tail + 1, n, &got, err);
	if (r)
		return r;
	n++;
	for (int i = 0; i < 3 && !plan->part; i++) {
		plan->part = am_mbox_attached(tail, tail + n, &boundary, &len);
		if (i < 2)
			tail[n++] = '\n';
	}
	plan->tell_quote |= plan->part;
	return AM_OK;
}

/* Which quoting restores the bytes of a message with `all` such lines. */
static int choose_quoting(struct am_mbox_plan *plan,
                          const struct am_message *msg,
                          const struct am_mbox_style *style,
                          const struct am_mbox_header *h, uint64_t all,
                          struct am_error *err)
{
	struct am_mbox_found plain, head = {0};
	bool length = am_mbox_plan_has_length(plan, style, h);
	int r = AM_OK;
	if (style->flavour == AM_MBOX_MMDF) {
		plan->quote = AM_MBOX_QUOTE_NONE;
		plan->quotes = false;
		return am_mbox_mmdf_check(msg->raw, err);
	}
	/* What the length covers needs no quoting: the body, not the header. */
	if (all && style->flavour == AM_MBOX_CL2 && length) {
		r = am_mbox_quote_blob(msg->raw, 0, h->len + h->blank,
		                       AM_MBOX_QUOTE_RD, '\n', NULL, &head,
		                       err);
		if (r)
			return r;
	}
	if (style->flavour == AM_MBOX_CL2 && length && !head.added) {
		plan->quote = AM_MBOX_QUOTE_NONE;
		plan->quotes = false;
		plan->tell_quote = true;
	} else if (style->flavour != AM_MBOX_RD && all) {
		/* A '>' that was there cannot be told from one that was put
		 * there: then the quoting that can, and a word about it. */
		r = am_mbox_quote_blob(msg->raw, 0, am_blob_size(msg->raw),
		                       AM_MBOX_QUOTE_O, '\n', NULL, &plain,
		                       err);
		if (style->flavour != AM_MBOX_CL2 && plain.added == all)
			plan->quote = AM_MBOX_QUOTE_O;
		plan->tell_quote = true;
	}
	return r;
}

/* The recipe is tried before anything is written. */
static int swallow(void *user, const void *data, size_t len,
                   struct am_error *err)
{
	(void)user;
	(void)data;
	(void)len;
	(void)err;
	return AM_OK;
}

static bool can_be_verbatim(const struct am_message *msg)
{
	struct am_mbox_out nowhere = {swallow, NULL};
	const struct am_prop *recipe = am_message_prop(msg, "mbox.recipe");
	struct am_blob *raw = NULL;
	if (!am_message_prop(msg, AM_MBOX_FROM_PROP) ||
	    am_mbox_rebuilt_undo(&raw, msg, NULL))
		return false;
	bool fits = !recipe ||
	            !am_mbox_recipe_apply((const uint8_t *)recipe->value,
	                                  recipe->len, raw, &nowhere, NULL);
	am_blob_unref(&raw);
	return fits;
}

int am_mbox_plan_make(struct am_mbox_plan **out, const struct am_message *msg,
                      const struct am_mbox_style *style, struct am_ctx *ctx,
                      struct am_error *err)
{
	struct am_mbox_plan *plan = g_new0(struct am_mbox_plan, 1);
	struct am_mbox_header *h = g_new(struct am_mbox_header, 1);
	uint64_t size = am_blob_size(msg->raw), n_lines = 0;
	uint8_t *buf = NULL, last = '\n';
	const uint8_t *head;
	size_t len, got;
	bool whole;
	*out = NULL;
	int r = read_head(msg, &buf, &head, &len, &whole, err);
	if (!r && size)
		r = am_blob_read(msg->raw, size - 1, &last, 1, &got, err);
	if (r)
		goto out;
	if (style->as_imported && can_be_verbatim(msg)) {
		plan->verbatim = true;
		goto done;
	}
	am_mbox_header_scan(h, head, len, '\n');
	plan->open_end = last != '\n';
	const uint8_t *eol = memchr(head, '\n', len);
	plan->message_crlf = eol && eol > head && eol[-1] == '\r';
	r = count_lines(plan, msg, &n_lines, err);
	if (r)
		goto out;
	look_at_start(plan, head, len, whole);
	plan->nuls &= style->flavour != AM_MBOX_MMDF;
	choose_place(plan, h, head, len, whole);
	look_for_lookalikes(plan, msg, h);
	write_from(plan, msg, date_of(msg, h, head));
	r = choose_quoting(plan, msg, style, h, n_lines, err);
	if (!r && style->flavour != AM_MBOX_MMDF)
		r = look_at_end(plan, msg, err);
	if (!r)
		r = am_mbox_plan_lines(plan, msg, style, h, ctx, err);
	plan->claims &= style->flavour != AM_MBOX_MMDF;
	if (r)
		goto out;
done:
	*out = plan;
	plan = NULL;
out:
	am_mbox_plan_free(&plan);
	g_free(buf);
	g_free(h);
	return r;
}

static int put(struct am_mbox_out *out, const void *data, size_t len,
               struct am_error *err)
{
	return len ? out->write(out->user, data, len, err) : AM_OK;
}

static int put_text(struct am_mbox_out *out, const char *text,
                    struct am_error *err)
{
	return put(out, text, strlen(text), err);
}

static int put_mmdf_line(struct am_mbox_out *out, const char *eol,
                         struct am_error *err)
{
	int r = put_text(out, AM_MBOX_MMDF_LINE, err);

	return r ? r : put_text(out, eol, err);
}

static int put_prop(struct am_mbox_out *out, const struct am_message *msg,
                    const char *name, struct am_error *err)
{
	const struct am_prop *prop = am_message_prop(msg, name);
	return prop ? put(out, prop->value, prop->len, err) : AM_OK;
}

static int write_verbatim(const struct am_message *msg, struct am_mbox_out *out,
                          struct am_error *err)
{
	static const uint8_t nothing = 0;
	const struct am_prop *recipe = am_message_prop(msg, "mbox.recipe");
	struct am_blob *raw = NULL;
	char room[AM_MBOX_FROM_ROOM];
	const char *line;
	size_t len = am_mbox_from_kept(msg, room, &line);
	int r = am_mbox_rebuilt_undo(&raw, msg, err);
	if (!r)
		r = put_prop(out, msg, "mbox.before", err);
	if (!r)
		r = put(out, line, len, err);
	if (!r)
		r = am_mbox_recipe_apply(
			recipe ? (const uint8_t *)recipe->value : &nothing,
			recipe ? recipe->len : 1, raw, out, err);
	if (!r)
		r = put_prop(out, msg, "mbox.after", err);
	am_blob_unref(&raw);
	return r;
}

/* [from, to) of the raw bytes, quoted where it must be. */
static int put_range(const struct am_mbox_plan *plan,
                     const struct am_message *msg, uint64_t from, uint64_t to,
                     struct am_mbox_out *out, struct am_error *err)
{
	const uint8_t *bytes = am_blob_bytes(msg->raw);
	if (from == to)
		return AM_OK;
	if (bytes && !plan->quotes)
		return put(out, bytes + from, (size_t)(to - from), err);
	return am_mbox_quote_blob(msg->raw, from, to,
	                          plan->quotes ? plan->quote
	                                       : AM_MBOX_QUOTE_NONE,
	                          '\n', out, NULL, err);
}

static const char *quote_word(const struct am_mbox_plan *plan)
{
	switch (plan->quote) {
	case AM_MBOX_QUOTE_RD:
		return " rd";
	case AM_MBOX_QUOTE_O:
		return " o";
	default:
		return " raw";
	}
}

/* The added lines and their mark, in the message's own line ends. */
static int put_group(const struct am_mbox_plan *plan,
                     const struct am_mbox_style *style, bool told, bool safe,
                     struct am_mbox_out *out, struct am_error *err)
{
	static const char *const places[] = {"", " top", " block"};
	const char *eol = plan->message_crlf ? "\r\n" : "\n";
	enum am_mbox_place place = plan->place;
	unsigned n = plan->n_lines;
	GString *s = g_string_new(NULL);
	for (const char *p = plan->lines; p && *p;) {
		const char *end = strchr(p, '\n');
		g_string_append_len(s, p, end - p);
		g_string_append(s, eol);
		p = end + 1;
	}
	/* At the top the group is what makes the separator one: two lines. */
	if (!n && (place != AM_MBOX_PLACE_END || !safe)) {
		/* N, for new, is no letter that anybody writes: it tells
		 * nothing, and O would. */
		g_string_append_printf(s, "Status: N%s", eol);
		n = 1;
	}
	g_string_append_printf(
		s, AM_MBOX_MARK ": %u%s%s%s%s%s", n, places[place],
		!plan->open_end ? ""
		: style->crlf   ? " eol=crlf"
				: " eol=lf",
		told ? quote_word(plan) : "", plan->nuls ? " nuls" : "", eol);
	if (place == AM_MBOX_PLACE_BLOCK)
		g_string_append(s, eol);
	int r = put(out, s->str, s->len, err);
	g_string_free(s, TRUE);
	return r;
}

static bool safe_in(const struct am_mbox_plan *plan,
                    const struct am_mbox_manner *manner)
{
	return plan->shaped || manner->mmdf || (plan->weak && manner->blank);
}

bool am_mbox_plan_marks(const struct am_mbox_plan *plan,
                        const struct am_message *msg,
                        const struct am_mbox_style *style,
                        const struct am_mbox_manner *manner)
{
	/* Without the group some messages would be read as part of the one
	 * before them, or as two: that weighs more than a header nobody asked
	 * for. */
	if (plan->verbatim || !safe_in(plan, manner) || plan->nuls ||
	    plan->claims || plan->part)
		return !plan->verbatim;
	return style->state &&
	       (plan->n_lines || plan->marked || plan->tell_quote ||
	        manner->foreign || (plan->open_end && am_blob_size(msg->raw)) ||
	        (plan->lookalike && manner->vouch));
}

int am_mbox_plan_write(const struct am_mbox_plan *plan,
                       const struct am_message *msg,
                       const struct am_mbox_style *style,
                       const struct am_mbox_manner *manner,
                       struct am_mbox_out *out, struct am_error *err)
{
	const char *eol = style->crlf ? "\r\n" : "\n";
	uint64_t size = am_blob_size(msg->raw);
	if (plan->verbatim)
		return write_verbatim(msg, out, err);
	bool safe = safe_in(plan, manner);
	bool told = plan->tell_quote || manner->foreign;
	bool open_end = plan->open_end && size;
	bool group = am_mbox_plan_marks(plan, msg, style, manner);
	uint64_t at = group ? plan->at : 0;
	int r = manner->mmdf ? put_mmdf_line(out, eol, err) : AM_OK;
	if (!r)
		r = put(out, plan->from, plan->from_len, err);
	if (!r)
		r = put_text(out, eol, err);
	if (!r && group)
		r = put_range(plan, msg, 0, at, out, err);
	if (!r && group)
		r = put_group(plan, style, told, safe, out, err);
	if (!r)
		r = put_range(plan, msg, at, size, out, err);
	if (!r && open_end)
		r = put_text(out, eol, err);
	if (!r && manner->mmdf)
		r = put_mmdf_line(out, eol, err);
	else if (!r && manner->blank)
		r = put_text(out, eol, err);
	return r;
}
