/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pop3.h"

#include "base/charset.h"
#include "base/reader.h"

#include <glib.h>

#include <string.h>

/*
 * RFC 1939 §3: lines end with CRLF, but every client takes a LF alone for one,
 * so that servers which send it have always worked; ours does the same, also
 * before a lone dot.
 */
enum { MAX_LINE = 64 * 1024 };

static int cut(struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
	               "the connection ended in the middle of an answer");
}

/* A whole line without its end. */
static int take_line(struct am_reader *in, const char **line, size_t *len,
                     struct am_error *err)
{
	const uint8_t *data, *more;
	size_t n;
	int r = am_reader_line(in, MAX_LINE, &data, len, err);

	if (r == AM_END)
		return cut(err);
	if (r == AM_FAILED) /* nobody could say where it ends */
		return AM_FATAL;
	if (r)
		return r;
	if (data[*len - 1] != '\n') {
		r = am_reader_peek(in, 1, &more, &n, err);
		return r < 0 ? r : cut(err);
	}
	*line = (const char *)data;
	(*len)--;
	while (*len && (*line)[*len - 1] == '\r')
		(*len)--;
	return AM_OK;
}

/* ---- status lines ---- */

/* As much as fits, without what would move a terminal. */
static void copy_printable(char *room, size_t size, const char *s, size_t len)
{
	bool utf8 = am_utf8_valid(s, len);
	size_t n = MIN(len, size - 1);

	/* Not in the middle of a character. */
	while (n < len && n && utf8 && ((uint8_t)s[n] & 0xC0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)s[i];
		bool odd = c < 0x20 || c == 0x7F || (c >= 0x80 && !utf8);
		/* U+0080 to U+009F are controls, too. */
		if (c == 0xC2 && utf8 && i + 1 < n &&
		    (uint8_t)s[i + 1] < 0xA0) {
			room[i++] = '?';
			odd = true;
		}
		room[i] = odd ? '?' : (char)c;
	}
	room[n] = '\0';
}

/* RFC 2449 §8: "[IN-USE] text", "[SYS/TEMP] text". */
static void split_code(struct am_pop3_status *out, char *room)
{
	char *end = *room == '[' ? strchr(room, ']') : NULL;

	if (!end)
		return;
	*end = '\0';
	out->code = room + 1;
	out->text = end + 1 + strspn(end + 1, " ");
}

static bool starts(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !g_ascii_strncasecmp(line, word, n) &&
	       (len == n || line[n] == ' ' || line[n] == '\t');
}

int am_pop3_status_read(struct am_reader *in, struct am_pop3_status *out,
                        char *room, size_t size, struct am_error *err)
{
	const char *line = NULL;
	size_t len, word = 0;

	*out = (struct am_pop3_status){.text = ""};
	int r = take_line(in, &line, &len, err);
	if (r)
		return r;
	out->ok = starts(line, len, "+OK");
	out->go_on = starts(line, len, "+");
	if (out->ok)
		word = 3;
	else if (starts(line, len, "-ERR"))
		word = 4;
	else if (out->go_on)
		word = 1;
	else
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "the server's answer is neither +OK nor -ERR");
	line += word;
	len -= word;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (out->go_on && len >= size)
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "a challenge of %zu bytes", len);
	copy_printable(room, size, line, len);
	out->text = room;
	if (!out->go_on)
		split_code(out, room);
	return AM_OK;
}

/* ---- answers of several lines ---- */

int am_pop3_line(struct am_reader *in, const char **line, size_t *len,
                 struct am_error *err)
{
	int r = take_line(in, line, len, err);

	if (r)
		return r;
	if (*len && **line == '.') {
		if (*len == 1)
			return AM_END;
		(*line)++;
		(*len)--;
	}
	return AM_OK;
}

bool am_pop3_list(const char *line, size_t len, uint32_t *number,
                  const char **rest, size_t *rest_len)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < len && g_ascii_isdigit(line[i])) {
		n = n * 10 + (uint64_t)(line[i++] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	if (!n || i == len || (line[i] != ' ' && line[i] != '\t'))
		return false;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	while (len > i && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (i == len)
		return false;
	*number = (uint32_t)n;
	*rest = line + i;
	*rest_len = len - i;
	return true;
}

/* ---- bodies ---- */

enum where { LINE_START, DOT, DOT_CR, WITHIN, ENDED };

struct body {
	struct am_reader *in;
	enum where where;
};

/* From `len` bytes to at most `room`; *used and *got say how many. */
static void undo_dots(struct body *b, const uint8_t *s, size_t len, uint8_t *to,
                      size_t room, size_t *used, size_t *got)
{
	size_t i = 0, n = 0;

	while (i < len && n < room && b->where != ENDED) {
		switch (b->where) {
		case LINE_START:
			b->where = s[i] == '.' ? DOT : WITHIN;
			i += b->where == DOT;
			break;
		case DOT:
			if (s[i] == '\r')
				b->where = DOT_CR;
			else
				b->where = s[i] == '\n' ? ENDED : WITHIN;
			i += b->where != WITHIN;
			break;
		case DOT_CR:
			b->where = s[i] == '\n' ? ENDED : WITHIN;
			if (b->where == ENDED)
				i++;
			else
				to[n++] = '\r';
			break;
		case WITHIN:
		case ENDED: {
			size_t max = MIN(len - i, room - n);
			const uint8_t *nl = memchr(s + i, '\n', max);
			size_t run = nl ? (size_t)(nl - (s + i)) + 1 : max;
			memcpy(to + n, s + i, run);
			i += run;
			n += run;
			if (nl)
				b->where = LINE_START;
			break;
		}
		}
	}
	*used = i;
	*got = n;
}

static int fill_body(void *self, uint8_t *buf, size_t room, size_t *got,
                     struct am_error *err)
{
	struct body *b = self;

	*got = 0;
	while (!*got && b->where != ENDED) {
		const uint8_t *data;
		size_t len, used;
		int r = am_reader_peek(b->in, 1, &data, &len, err);
		if (r)
			return r < 0 ? r : cut(err);
		undo_dots(b, data, len, buf, room, &used, got);
		am_reader_skip(b->in, used);
	}
	return *got ? AM_OK : AM_END;
}

int am_pop3_body(struct am_reader **out, struct am_reader *in,
                 struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_body,
	                                         .close = g_free};
	struct body *b = g_new0(struct body, 1);

	b->in = in;
	return am_reader_new(out, &ops, b, err);
}
