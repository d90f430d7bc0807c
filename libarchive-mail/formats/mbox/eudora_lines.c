/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/eudora.h"

#include "base/arena.h"
#include "base/charset.h"

#include <string.h>

/* More than that in one mail is no mail. */
#define MARKS_MAX 1000

static void clear_mark(void *data)
{
	struct am_mbox_eudora_mark *m = data;

	g_free(m->name);
}

char *am_mbox_eudora_name(const char *path, size_t len, uint8_t eol)
{
	struct am_arena *arena = am_arena_new();
	size_t from = 0, n;

	for (size_t i = 0; i < len; i++)
		if (path[i] == '\\' || path[i] == '/' || path[i] == ':')
			from = i + 1;
	while (len > from && g_ascii_isspace(path[len - 1]))
		len--;
	while (from < len && g_ascii_isspace(path[from]))
		from++;
	/* Mailboxes with lines that end in CR are of the Macintosh. */
	char *text = am_charset_to_utf8(arena,
	                                am_utf8_valid(path + from, len - from)
	                                        ? "utf-8"
	                                : eol == '\r' ? "macintosh"
	                                              : "windows-1252",
	                                path + from, len - from, &n);
	char *name = g_strdup(text);
	am_arena_free(&arena);
	return name;
}

static bool begins(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !g_ascii_strncasecmp(line, word, n);
}

/* "C:\x\report.doc" in quotes, or up to " (TYPE/CREA) (id)". */
static char *attached_name(const char *s, size_t len, uint8_t eol)
{
	while (len && *s == ' ')
		s++, len--;
	if (len && *s == '"') {
		const char *close = memrchr(s + 1, '"', len - 1);
		return close ? am_mbox_eudora_name(s + 1,
		                                   (size_t)(close - s - 1), eol)
		             : NULL;
	}
	const char *paren = memmem(s, len, " (", 2);
	if (paren)
		len = (size_t)(paren - s);
	return memchr(s, ':', len) ? am_mbox_eudora_name(s, len, eol) : NULL;
}

/* "logo.gif: 00000001,5d6d7a10,00000000,00000000" */
static char *embedded_name(const char *s, size_t len, uint8_t eol)
{
	static const char hex[] = "0123456789abcdefABCDEF,";
	const char *colon = memrchr(s, ':', len);

	if (!colon)
		return NULL;
	const char *p = colon + 1, *end = s + len;
	while (p < end && *p == ' ')
		p++;
	while (p < end && strchr(hex, *p) && *p)
		p++;
	while (p < end && g_ascii_isspace(*p))
		p++;
	return p == end ? am_mbox_eudora_name(s, (size_t)(colon - s), eol)
	                : NULL;
}

static bool read_line(struct am_mbox_eudora_mark *m, const char *line,
                      size_t len, uint8_t eol)
{
	static const char attached[] = "Attachment Converted:";
	static const char embedded[] = "Embedded Content:";

	m->name = NULL;
	if (begins(line, len, attached)) {
		m->kind = AM_EUDORA_ATTACHED;
		m->name = attached_name(line + sizeof attached - 1,
		                        len - (sizeof attached - 1), eol);
	} else if (begins(line, len, embedded)) {
		m->kind = AM_EUDORA_EMBEDDED;
		m->name = embedded_name(line + sizeof embedded - 1,
		                        len - (sizeof embedded - 1), eol);
	}
	if (m->name && !*m->name)
		g_clear_pointer(&m->name, g_free);
	return m->name != NULL;
}

static const struct {
	const char *open, *close, *type;
} wraps[] = {
	{"<x-html>", "</x-html>", "text/html"},
	{"<x-rich>", "</x-rich>", "text/enriched"},
	{"<x-flowed>", "</x-flowed>", "text/plain; format=flowed"},
};

/* The last place of a word, whatever its case, not before `from`. */
static size_t find_last(const char *s, size_t from, size_t len,
                        const char *word)
{
	size_t n = strlen(word);

	for (size_t i = len; i >= from + n; i--)
		if (!g_ascii_strncasecmp(s + i - n, word, n))
			return i - n;
	return len;
}

/* To the end of the line, if nothing else is on it. */
static size_t line_behind(const char *s, size_t at, size_t len, uint8_t eol)
{
	size_t i = at;

	while (i < len && (s[i] == ' ' || (s[i] == '\r' && eol == '\n')))
		i++;
	return i < len && (uint8_t)s[i] == eol ? i + 1 : at;
}

/* What wraps the text, which is the first thing in it; *inside: where it ends,
 * and nothing before it is a mark. */
static void find_wrap(GArray *marks, const char *s, size_t from, size_t len,
                      uint8_t eol, size_t *behind)
{
	size_t i = from;

	while (i < len && g_ascii_isspace(s[i]))
		i++;
	for (size_t k = 0; k < AM_COUNT(wraps); k++) {
		size_t n = strlen(wraps[k].open);
		if (!begins(s + i, len - i, wraps[k].open))
			continue;
		size_t close = find_last(s, i + n, len, wraps[k].close);
		size_t end = close + strlen(wraps[k].close);
		if (close == len)
			return;
		struct am_mbox_eudora_mark open = {
			.kind = AM_EUDORA_OPEN,
			.at = i,
			.end = line_behind(s, i + n, close, eol),
			.type = wraps[k].type};
		struct am_mbox_eudora_mark shut = {
			.kind = AM_EUDORA_CLOSE,
			.at = close,
			.end = line_behind(s, end, len, eol)};
		g_array_append_val(marks, open);
		g_array_append_val(marks, shut);
		*behind = shut.end;
		return;
	}
}

GArray *am_mbox_eudora_marks(const uint8_t *bytes, size_t from, size_t len,
                             uint8_t eol)
{
	GArray *marks =
		g_array_new(FALSE, FALSE, sizeof(struct am_mbox_eudora_mark));
	const char *s = (const char *)bytes;
	size_t at = from;

	g_array_set_clear_func(marks, clear_mark);
	find_wrap(marks, s, from, len, eol, &at);
	while (at < len && marks->len < MARKS_MAX) {
		struct am_mbox_eudora_mark m = {.at = at};
		const char *lf = memchr(s + at, eol, len - at);
		size_t end = lf ? (size_t)(lf - s) : len;
		m.end = lf ? end + 1 : len;
		if (end > at && s[end - 1] == '\r')
			end--;
		if (read_line(&m, s + at, end - at, eol))
			g_array_append_val(marks, m);
		at = m.end;
	}
	return marks;
}
