/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/row.h"

#include "base/arena.h"
#include "base/blob.h"
#include "index/order.h"
#include "mime/address.h"
#include "mime/overview.h"

#include <glib.h>

#include <string.h>

#define TEXT_MOST 120 /* bytes of a subject, an address, a list */
#define MIX       UINT64_C(0x9e3779b97f4a7c15)

uint64_t am_row_id(const char *message_id)
{
	if (!message_id || !*message_id)
		return 0;
	uint64_t h = am_word_hash(message_id, strlen(message_id));
	return h ? h : 1;
}

/* At most so many bytes, no half character, lower case. */
static char *folded(struct am_arena *arena, const char *text, size_t len)
{
	size_t n = MIN(len, TEXT_MOST);

	while (n && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	char *lower = g_utf8_validate(text, (gssize)n, NULL)
	                      ? g_utf8_strdown(text, (gssize)n)
	                      : g_ascii_strdown(text, (gssize)n);
	char *out = am_arena_strdup(arena, lower);
	g_free(lower);
	/* NULs end texts in the dictionaries; nothing else is special. */
	return out;
}

/* ---- the bare subject (RFC 5256, 2.1, with what else is written) -----------
 */

/* "Re:", "AW[2]:", "Fwd :" → what stands behind it, or NULL. */
static const char *behind_reply(const char *s)
{
	static const char *const words[] = {"re",   "fwd", "fw",  "aw", "wg",
	                                    "antw", "sv",  "vs",  "rv", "tr",
	                                    "enc",  "odp", "ref", "ynt"};

	for (size_t i = 0; i < AM_COUNT(words); i++) {
		size_t n = strlen(words[i]);
		if (g_ascii_strncasecmp(s, words[i], n) != 0)
			continue;
		const char *p = s + n;
		if (*p == '[' || *p == '(' || *p == '^') {
			char close = *p == '[' ? ']' : *p == '(' ? ')' : 0;
			p++;
			while (g_ascii_isdigit(*p))
				p++;
			if (close && *p++ != close)
				continue;
		}
		while (*p == ' ')
			p++;
		if (*p == ':')
			return p + 1;
	}
	return NULL;
}

static const char *behind_list(const char *s)
{
	const char *end = *s == '[' ? strchr(s, ']') : NULL;

	if (!end || memchr(s + 1, '[', (size_t)(end - s - 1)))
		return NULL;
	for (end++; *end == ' ' || *end == '\t'; end++)
		;
	/* A subject that is nothing else stays. */
	return *end ? end : NULL;
}

char *am_row_subject(struct am_arena *arena, const char *subject)
{
	const char *s = subject ? subject : "", *next;
	GString *out = g_string_new(NULL);

	do {
		while (*s == ' ' || *s == '\t')
			s++;
		next = behind_reply(s);
		if (!next)
			next = behind_list(s);
		s = next ? next : s;
	} while (next);
	for (bool space = false; *s; s++) {
		if (g_ascii_isspace(*s)) {
			space = out->len > 0;
			continue;
		}
		if (space)
			g_string_append_c(out, ' ');
		space = false;
		g_string_append_c(out, *s);
	}
	char *bare = folded(arena, out->str, out->len);
	g_string_free(out, TRUE);
	return bare;
}

/* ---- texts -----------------------------------------------------------------
 */

const char *am_row_sender(struct am_arena *arena, const char *from)
{
	struct am_address a;

	if (!from || !*from)
		return "";
	if (am_address_parse(arena, from, strlen(from), &a, 1) && a.address &&
	    *a.address)
		from = a.address;
	return folded(arena, from, strlen(from));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_type(GPtrArray *types, const char *type, size_t len)
{
	if (!len || len > 24 || memchr(type, ' ', len))
		return;
	char *name = g_ascii_strdown(type, (gssize)len);
	for (guint i = 0; i < types->len; i++)
		if (!strcmp(types->pdata[i], name)) {
			g_free(name);
			return;
		}
	g_ptr_array_add(types, name);
}

static void add_mime_type(GPtrArray *types, const char *type)
{
	static const char *const kinds[] = {"image/", "audio/", "video/"};
	const char *slash = strchr(type, '/');

	if (!slash || !strcmp(type, "text/plain") ||
	    !strcmp(type, "text/html") ||
	    !strcmp(type, "application/octet-stream"))
		return;
	for (size_t i = 0; i < AM_COUNT(kinds); i++)
		if (g_str_has_prefix(type, kinds[i]))
			add_type(types, type, (size_t)(slash - type));
	/* "vnd.ms-excel" says less than the name's "xls". */
	if (!strchr(slash, '.') && !g_str_has_prefix(slash, "/x-"))
		add_type(types, slash + 1, strlen(slash + 1));
}

/* What stands behind type: to find the messages that have such a part. */
static char *types_of(struct am_arena *arena, const struct am_facts *facts)
{
	GPtrArray *types = g_ptr_array_new_with_free_func(g_free);
	const struct am_overview *ov = facts->overview;

	for (size_t i = 0; i < ov->n_attachments && ov->attachments; i++) {
		const char *dot = strrchr(ov->attachments[i], '.');
		if (dot && strlen(dot + 1) <= 10)
			add_type(types, dot + 1, strlen(dot + 1));
	}
	for (size_t i = 0; i < facts->n_types && types->len < 32; i++)
		add_mime_type(types, facts->types[i]);
	g_ptr_array_sort(types, by_text);
	GString *all = g_string_new(NULL);
	for (guint i = 0; i < types->len && all->len < 256; i++)
		g_string_append_printf(all, "%s%s", all->len ? " " : "",
		                       (const char *)types->pdata[i]);
	char *out = am_arena_strndup(arena, all->str, all->len);
	g_string_free(all, TRUE);
	g_ptr_array_unref(types);
	return out;
}

/* ---- exact -----------------------------------------------------------------
 */

struct mixer {
	uint64_t hash;
	uint8_t held[8];
	size_t n_held;
	uint64_t len;
};

static void mix_word(struct mixer *m, uint64_t word)
{
	m->hash = (m->hash ^ word) * MIX;
	m->hash ^= m->hash >> 29;
}

static void mix(struct mixer *m, const uint8_t *data, size_t len)
{
	m->len += len;
	while (len) {
		uint64_t word;
		if (!m->n_held && len >= 8) {
			memcpy(&word, data, 8);
			mix_word(m, GUINT64_FROM_LE(word));
			data += 8;
			len -= 8;
			continue;
		}
		size_t n = MIN(8 - m->n_held, len);
		memcpy(m->held + m->n_held, data, n);
		m->n_held += n;
		data += n;
		len -= n;
		if (m->n_held < 8)
			continue;
		memcpy(&word, m->held, 8);
		mix_word(m, GUINT64_FROM_LE(word));
		m->n_held = 0;
	}
}

/* Where the body begins in these bytes, which begin the message; len: not in
 * them. */
static size_t body_start(const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		const uint8_t *lf = memchr(data + at, '\n', len - at);
		if (!lf)
			return len;
		size_t line = (size_t)(lf - (data + at));
		if (line == 0 || (line == 1 && data[at] == '\r'))
			return at + line + 1;
		at += line + 1;
	}
	return len;
}

/* Lines without their ends, and without the spaces that some road adds. */
static void mix_lines(struct mixer *m, const uint8_t *data, size_t len)
{
	while (len) {
		const uint8_t *lf = memchr(data, '\n', len);
		size_t line = lf ? (size_t)(lf - data) : len, text = line;
		while (text &&
		       (data[text - 1] == '\r' || data[text - 1] == ' ' ||
		        data[text - 1] == '\t'))
			text--;
		mix(m, data, text);
		line += lf != NULL;
		data += line;
		len -= line;
	}
}

static int mix_body(struct mixer *m, const struct am_blob *raw,
                    struct am_error *err)
{
	enum { CHUNK = 256 * 1024 };
	uint64_t size = am_blob_size(raw), at = 0;
	const uint8_t *bytes = am_blob_bytes(raw);
	bool body = false;
	size_t got;
	int r = AM_OK;

	if (bytes) {
		size_t start = body_start(bytes, (size_t)size);
		mix_lines(m, bytes + start, (size_t)size - start);
		return AM_OK;
	}
	uint8_t *buf = g_malloc(CHUNK);
	while (at < size && !r) {
		r = am_blob_read(raw, at, buf, CHUNK, &got, err);
		if (r || !got)
			break;
		/* Cut from where the body begins, so that equal ones are cut
		 * alike.  A header longer than this is no mail's. */
		if (!body) {
			at += body_start(buf, got);
			body = true;
			continue;
		}
		mix_lines(m, buf, got);
		at += got;
	}
	g_free(buf);
	return r;
}

static void mix_text(struct mixer *m, const char *text)
{
	mix(m, (const uint8_t *)text, strlen(text) + 1);
}

int am_row_read(struct am_row *out, const struct am_blob *raw,
                const struct am_facts *facts, struct am_arena *arena,
                struct am_error *err)
{
	const struct am_overview *ov = facts->overview;
	const char *list = ov->list_id ? ov->list_id : "";
	struct mixer m = {.hash = MIX};

	*out = (struct am_row){.day = AM_DAY_NONE, .size = facts->size};
	if (facts->dated) {
		int64_t day = facts->date / 86400 - (facts->date % 86400 < 0);
		out->day = (int32_t)CLAMP(day, INT32_MIN + 1, INT32_MAX);
	}
	out->texts[AM_DICTIONARY_FROM] = am_row_sender(arena, ov->from);
	out->texts[AM_DICTIONARY_LIST] = folded(arena, list, strlen(list));
	out->texts[AM_DICTIONARY_TYPES] = types_of(arena, facts);
	out->texts[AM_DICTIONARY_SUBJECT] = am_row_subject(arena, ov->subject);
	out->mid = am_row_id(ov->message_id);
	if (ov->n_references)
		out->parent = am_row_id(ov->references[ov->n_references - 1]);
	if (!out->parent)
		out->parent = am_row_id(ov->in_reply_to);
	if (out->parent == out->mid)
		out->parent = 0;
	out->thread = ov->n_references ? am_row_id(ov->references[0]) : 0;
	if (!out->thread)
		out->thread = out->parent ? out->parent : out->mid;
	mix_text(&m, out->texts[AM_DICTIONARY_FROM]);
	mix_text(&m, out->texts[AM_DICTIONARY_SUBJECT]);
	int r = mix_body(&m, raw, err);
	mix_word(&m, m.len);
	for (size_t i = 0; i < m.n_held; i++)
		mix_word(&m, m.held[i]);
	out->exact = m.hash;
	return r;
}

/* ---- near ------------------------------------------------------------------
 */

void am_row_near(struct am_row *row, const uint64_t *hashes, size_t n_hashes,
                 const uint32_t *words, size_t n_words)
{
	static const uint64_t odd[AM_NEAR_HASHES] = {
		UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9),
		UINT64_C(0x94d049bb133111eb), UINT64_C(0xd6e8feb86659fd93),
		UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db),
		UINT64_C(0x8ebc6af09c88c6e3), UINT64_C(0x589965cc75374cc3)};
	uint64_t least[AM_NEAR_HASHES];

	memset(row->near, 0, sizeof(row->near));
	if (n_words < AM_NEAR_WORDS)
		return;
	memset(least, 0xff, sizeof(least));
	for (size_t i = 2; i < n_words; i++) {
		uint64_t run = 0;
		for (size_t k = i - 2; k <= i; k++) {
			uint64_t h = words[k] < n_hashes ? hashes[words[k]] : 1;
			run = (run ^ h) * MIX;
			run ^= run >> 32;
		}
		for (size_t k = 0; k < AM_NEAR_HASHES; k++) {
			uint64_t h = (run ^ (odd[k] >> 7)) * odd[k];
			h ^= h >> 31;
			least[k] = MIN(least[k], h);
		}
	}
	for (size_t k = 0; k < AM_NEAR_HASHES; k++)
		row->near[k] = (uint16_t)(least[k] >> 8 ^ least[k]);
	/* All 0 means something else. */
	row->near[0] |= 1;
}
