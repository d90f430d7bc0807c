/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The overview: one walk over the header, one over the parts.  It runs for
 * every message that is imported; what makes it cheap is that a field is
 * compared only with names that share its first letter and length.
 */
#include "mime/overview.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "mime/address.h"
#include "mime/part.h"
#include "mime/words.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

/* The fields that are looked for, in this order in found[]. */
enum wanted {
	FROM,
	TO,
	CC,
	BCC,
	SUBJECT,
	MESSAGE_ID,
	IN_REPLY_TO,
	LIST_ID,
	REFERENCES,
	DATE,
	RECEIVED,
	N_WANTED
};

static const struct {
	const char *name;
	uint8_t len;
} names[N_WANTED] = {
	[FROM] = {"From", 4},
	[TO] = {"To", 2},
	[CC] = {"Cc", 2},
	[BCC] = {"Bcc", 3},
	[SUBJECT] = {"Subject", 7},
	[MESSAGE_ID] = {"Message-ID", 10},
	[IN_REPLY_TO] = {"In-Reply-To", 11},
	[LIST_ID] = {"List-Id", 7},
	[REFERENCES] = {"References", 10},
	[DATE] = {"Date", 4},
	[RECEIVED] = {"Received", 8},
};

static enum wanted which(const struct am_field *f)
{
	for (int i = 0; i < N_WANTED; i++)
		if (f->name_len == names[i].len &&
		    (f->name[0] | 32) == (names[i].name[0] | 32) &&
		    am_field_is(f, names[i].name))
			return (enum wanted)i;
	return N_WANTED;
}

/* ---- ids ------------------------------------------------------------------
 */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An id in the arena: blanks inside (folds) are none; NULL when empty. */
static const char *copy_id(struct am_arena *arena, const char *s, size_t len)
{
	size_t plain = 0;

	while (plain < len && s[plain] > 32 && s[plain] < 127)
		plain++;
	if (plain == len)
		return len ? am_arena_strndup(arena, s, len) : NULL;
	char *out = am_words_decode(arena, s, len), *to = out;
	for (const char *p = out; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = '\0';
	return *out ? out : NULL;
}

/* The next <…>; one without an end goes to the next blank. */
static bool next_id(const char **at, const char *end, const char **id,
                    size_t *len)
{
	const char *p = memchr(*at, '<', (size_t)(end - *at));

	if (!p)
		return false;
	*id = ++p;
	while (p < end && *p != '>' && *p != '<' && *p != ',')
		p++;
	if (p == end || *p != '>')
		for (p = *id;
		     p < end && !is_space(*p) && *p != '<' && *p != ',';)
			p++;
	*len = (size_t)(p - *id);
	*at = p;
	return true;
}

/* A word that looks like an id: for fields where the brackets were forgotten.
 */
static bool next_bare_id(const char **at, const char *end, const char **id,
                         size_t *len)
{
	const char *p = *at;

	for (;;) {
		while (p < end && (is_space(*p) || *p == ','))
			p++;
		*id = p;
		while (p < end && !is_space(*p) && *p != ',')
			p++;
		*len = (size_t)(p - *id);
		*at = p;
		if (!*len || memchr(*id, '@', *len))
			return *len != 0;
	}
}

static const char *first_id(struct am_arena *arena, const struct am_field *f,
                            bool whole)
{
	const char *at = f->value, *end = at + f->value_len, *id;
	size_t len;

	while (next_id(&at, end, &id, &len)) {
		const char *s = copy_id(arena, id, len);
		if (s)
			return s;
	}
	at = f->value;
	if (whole && !memchr(at, '<', f->value_len))
		return copy_id(arena, at, f->value_len);
	return next_bare_id(&at, end, &id, &len) ? copy_id(arena, id, len)
	                                         : NULL;
}

static void read_references(struct am_overview *out, struct am_arena *arena,
                            const struct am_field *f)
{
	const char *at = f->value, *end = at + f->value_len, *id;
	bool bare = !memchr(at, '<', f->value_len);
	size_t n = 0, len, room = 0;
	const char **ids = NULL;

	while (bare ? next_bare_id(&at, end, &id, &len)
	            : next_id(&at, end, &id, &len)) {
		const char *copy = copy_id(arena, id, len);
		if (!copy)
			continue;
		if (n == room) {
			room = room ? room * 2 : 16;
			const char **more =
				am_arena_alloc(arena, room * sizeof *more);
			if (n)
				memcpy(more, ids, n * sizeof *ids);
			ids = more;
		}
		ids[n++] = copy;
	}
	out->references = ids;
	out->n_references = n;
}

/* "Phrase <list.example.org>", or the bare name. */
static const char *list_id(struct am_arena *arena, const struct am_field *f)
{
	const char *p = f->value, *end = p + f->value_len;
	const char *open = memrchr(p, '<', f->value_len);

	if (open) {
		const char *close = memchr(open, '>', (size_t)(end - open));
		return copy_id(arena, open + 1,
		               (size_t)((close ? close : end) - open - 1));
	}
	while (end > p && is_space(end[-1]))
		end--;
	const char *word = end;
	while (word > p && !is_space(word[-1]))
		word--;
	return copy_id(arena, word, (size_t)(end - word));
}

/* ---- fields ---------------------------------------------------------------
 */

/* One list of addresses may be spread over several fields. */
static const char *add_addresses(struct am_arena *arena, const char *charset,
                                 const char *so_far, const struct am_field *f)
{
	const char *text =
		am_address_text(arena, charset, f->value, f->value_len);

	if (!so_far || !*so_far)
		return text;
	return *text ? am_arena_printf(arena, "%s, %s", so_far, text) : so_far;
}

static char *subject(struct am_arena *arena, const char *charset,
                     const struct am_field *f)
{
	bool specials;
	char *s = am_words_unfold(arena, f->value, f->value_len);

	return s ? s
	         : am_words_decode_in(arena, charset, f->value, f->value_len,
	                              &specials);
}

/* Raw 8-bit text in a header, against all rules, mostly is in the charset that
 * the message then says its body has. */
static const char *raw_charset(struct am_arena *arena, const char *block,
                               size_t len)
{
	struct am_part_header header = {.block = block, .len = len};
	struct am_part_fields fields;

	if (am_utf8_valid(block, len))
		return NULL;
	am_part_fields_find(&fields, &header);
	if (!fields.type.name)
		return NULL;
	return am_param_get(arena, fields.type.value, fields.type.value_len,
	                    "charset");
}

/* To, Cc and Bcc are joined, but not without end. */
#define JOINED_MAX 100

static void read_fields(struct am_overview *out, const char *block, size_t len,
                        struct am_part_fields *root, struct am_arena *arena)
{
	struct am_fields fields;
	struct am_field f;
	unsigned seen[N_WANTED] = {0};
	const char **lists[] = {[FROM] = &out->from,
	                        [TO] = &out->to,
	                        [CC] = &out->cc,
	                        [BCC] = &out->bcc};

	const char *charset = raw_charset(arena, block, len);

	am_fields_init(&fields, block, len, 0);
	while (am_fields_next(&fields, &f)) {
		enum wanted w = which(&f);
		if ((f.name[0] | 32) == 'c')
			am_part_fields_take(root, &f);
		unsigned limit =
			w == TO || w == CC || w == BCC ? JOINED_MAX : 1;
		if (w == N_WANTED || seen[w]++ >= limit)
			continue;
		switch (w) {
		case FROM:
		case TO:
		case CC:
		case BCC:
			*lists[w] =
				add_addresses(arena, charset, *lists[w], &f);
			break;
		case SUBJECT:
			out->subject = subject(arena, charset, &f);
			break;
		case MESSAGE_ID:
			out->message_id = first_id(arena, &f, true);
			break;
		case IN_REPLY_TO:
			out->in_reply_to = first_id(arena, &f, false);
			break;
		case LIST_ID:
			out->list_id = list_id(arena, &f);
			break;
		case REFERENCES:
			read_references(out, arena, &f);
			break;
		case DATE:
			am_time_parse_mail(f.value, f.value_len, &out->date);
			break;
		case RECEIVED:
			am_time_parse_received(f.value, f.value_len,
			                       &out->received);
			break;
		case N_WANTED:
			break;
		}
	}
}

/* ---- attachments ----------------------------------------------------------
 */

static void add_attachment(GPtrArray **found, struct am_arena *arena,
                           const struct am_scan *scan, size_t part,
                           const struct am_part_fields *fields)
{
	char *name = am_part_name(arena, fields);

	if (!am_part_is_attachment(scan, part, fields, name))
		return;
	if (!*found)
		*found = g_ptr_array_new();
	g_ptr_array_add(*found, name ? name : am_arena_strdup(arena, ""));
}

static int read_attachments(struct am_overview *out, const struct am_blob *raw,
                            const struct am_scan *scan, size_t header_max,
                            const struct am_part_fields *root,
                            struct am_arena *arena, struct am_error *err)
{
	GPtrArray *found = NULL;
	int r = AM_OK;

	if (scan->parts[0].kind != AM_PART_MULTIPART)
		add_attachment(&found, arena, scan, 0, root);
	for (size_t i = 1; i < scan->n_parts && !r; i++) {
		const struct am_part *p = &scan->parts[i];
		struct am_part_header header;
		struct am_part_fields fields;

		if (p->kind == AM_PART_MULTIPART)
			continue;
		r = am_part_header_read(&header, raw, p, header_max, err);
		if (!r) {
			am_part_fields_find(&fields, &header);
			add_attachment(&found, arena, scan, i, &fields);
		}
		am_part_header_drop(&header);
		/* What an attached message holds is inside that attachment. */
		if (p->kind == AM_PART_MESSAGE)
			while (i + 1 < scan->n_parts &&
			       scan->parts[i + 1].depth > p->depth)
				i++;
	}
	if (found) {
		size_t size = found->len * sizeof(char *);
		const char **list = am_arena_alloc(arena, size);
		memcpy(list, found->pdata, size);
		out->attachments = list;
		out->n_attachments = found->len;
		g_ptr_array_free(found, TRUE);
	}
	return r;
}

int am_overview_read(struct am_overview *out, const struct am_blob *raw,
                     const struct am_scan *scan, const struct am_limits *limits,
                     struct am_arena *arena, struct am_error *err)
{
	struct am_scan own;
	struct am_part_header header = {0};
	struct am_part_fields root = {0};
	size_t header_max = am_limits_or_default(limits).header_bytes;

	*out = (struct am_overview){0};
	if (!scan) {
		int r = am_scan_message(&own, raw, limits, arena, err);
		if (r)
			return r;
		scan = &own;
	}
	int r = am_part_header_read(&header, raw, &scan->parts[0], header_max,
	                            err);
	if (!r) {
		read_fields(out, header.block, header.len, &root, arena);
		r = read_attachments(out, raw, scan, header_max, &root, arena,
		                     err);
	}
	am_part_header_drop(&header);
	return r;
}
