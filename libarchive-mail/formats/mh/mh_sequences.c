/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mh/mh_sequences.h"

#include "formats/keyword_flags.h"
#include "model/message.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX   (16 * 1024 * 1024)
#define RANGES_MAX 1000000

struct range {
	uint32_t from, to;
};

struct sequence {
	char *name;
	GArray *ranges; /* struct range, as they came */
};

struct am_mh_sequences {
	GPtrArray *list; /* struct sequence */
	size_t n_ranges;
};

static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{"unseen", AM_SEEN},         {"replied", AM_ANSWERED},
	{"answered", AM_ANSWERED},   {"flagged", AM_FLAGGED},
	{"forwarded", AM_FORWARDED}, {"deleted", AM_DELETED},
	{"draft", AM_DRAFT},         {"junk", AM_JUNK},
	{"spam", AM_JUNK},
};

static void sequence_free(void *data)
{
	struct sequence *s = data;

	g_free(s->name);
	g_array_free(s->ranges, TRUE);
	g_free(s);
}

struct am_mh_sequences *am_mh_sequences_new(void)
{
	struct am_mh_sequences *seq = g_new0(struct am_mh_sequences, 1);

	seq->list = g_ptr_array_new_with_free_func(sequence_free);
	return seq;
}

void am_mh_sequences_free(struct am_mh_sequences **seq)
{
	if (*seq)
		g_ptr_array_free((*seq)->list, TRUE);
	g_clear_pointer(seq, g_free);
}

static struct sequence *get(struct am_mh_sequences *seq, const char *name,
                            size_t len)
{
	for (guint i = 0; i < seq->list->len; i++) {
		struct sequence *s = seq->list->pdata[i];
		if (strlen(s->name) == len && !memcmp(s->name, name, len))
			return s;
	}
	struct sequence *s = g_new0(struct sequence, 1);
	s->name = g_strndup(name, len);
	s->ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
	g_ptr_array_add(seq->list, s);
	return s;
}

/* Digits up to 2^32 - 1; *at goes behind them. */
static bool number(const char **at, const char *end, uint32_t *out)
{
	uint64_t n = 0;
	const char *p = *at;

	while (p < end && g_ascii_isdigit(*p) && n <= UINT32_MAX)
		n = n * 10 + (uint64_t)(*p++ - '0');
	if (p == *at || n > UINT32_MAX)
		return false;
	*at = p;
	*out = (uint32_t)n;
	return true;
}

/* "1-5 9" until the end; what is no range ends the line. */
static void parse_ranges(struct am_mh_sequences *seq, struct sequence *s,
                         const char *p, const char *end)
{
	while (seq->n_ranges < RANGES_MAX) {
		struct range range;

		while (p < end && g_ascii_isspace(*p))
			p++;
		if (!number(&p, end, &range.from))
			return;
		range.to = range.from;
		if (p < end && *p == '-') {
			p++;
			if (!number(&p, end, &range.to))
				return;
		}
		if (range.from <= range.to) {
			g_array_append_val(s->ranges, range);
			seq->n_ranges++;
		}
	}
}

void am_mh_sequences_parse(struct am_mh_sequences *seq, const char *text,
                           size_t len)
{
	const char *end = text + len;
	struct sequence *s = NULL;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const char *stop = eol ? eol : end;
		const char *colon = memchr(text, ':', (size_t)(stop - text));

		if (*text == ' ' || *text == '\t') { /* a folded line */
			if (s)
				parse_ranges(seq, s, text, stop);
		} else if (colon && colon > text && colon - text < 256) {
			s = get(seq, text, (size_t)(colon - text));
			parse_ranges(seq, s, colon + 1, stop);
		} else {
			s = NULL;
		}
		text = stop + 1;
	}
}

bool am_mh_sequences_read(struct am_mh_sequences *seq, int dir_fd)
{
	int fd = openat(dir_fd, AM_MH_SEQUENCES,
	                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	bool good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	            st.st_size <= FILE_MAX;

	if (good) {
		size_t room = (size_t)st.st_size, len = 0;
		char *text = g_malloc(room + 1);
		ssize_t n;
		while (len < room && (n = read(fd, text + len, room - len)) > 0)
			len += (size_t)n;
		am_mh_sequences_parse(seq, text, len);
		g_free(text);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static bool holds(const struct sequence *s, uint32_t n)
{
	for (guint i = 0; i < s->ranges->len; i++) {
		const struct range *r =
			&g_array_index(s->ranges, struct range, i);
		if (n >= r->from && n <= r->to)
			return true;
	}
	return false;
}

/* "To_20Do" is "To Do", where that is what we would have written. */
static char *unescape(const char *name)
{
	GString *out = g_string_new(NULL);

	for (const char *p = name; *p; p++) {
		int hi = *p == '_' ? g_ascii_xdigit_value(p[1]) : -1;
		int lo = hi >= 0 ? g_ascii_xdigit_value(p[2]) : -1;

		if (lo < 0 || g_ascii_islower(p[1]) || g_ascii_islower(p[2])) {
			g_string_append_c(out, *p);
		} else {
			g_string_append_c(out, (char)(hi << 4 | lo));
			p += 2;
		}
	}
	if (!g_utf8_validate(out->str, (gssize)out->len, NULL) || !out->len)
		g_string_assign(out, name);
	return g_string_free(out, FALSE);
}

void am_mh_sequences_apply(const struct am_mh_sequences *seq, uint32_t n,
                           struct am_message *msg)
{
	msg->flags |= AM_SEEN; /* unless it is in "unseen" */
	for (guint i = 0; i < seq->list->len; i++) {
		const struct sequence *s = seq->list->pdata[i];
		uint32_t flag = 0;

		if (!strcmp(s->name, "cur") || !holds(s, n))
			continue;
		for (size_t k = 0; k < AM_COUNT(flags) && !flag; k++)
			if (!strcmp(flags[k].name, s->name))
				flag = flags[k].flag;
		if (flag == AM_SEEN) {
			msg->flags &= ~(uint32_t)AM_SEEN;
		} else if (flag) {
			msg->flags |= flag;
		} else {
			char *keyword = unescape(s->name);
			if (strcmp(keyword, s->name) != 0)
				am_message_add_keyword(msg, keyword);
			else if (g_utf8_validate(keyword, -1, NULL))
				am_keyword_flags_add(msg, keyword);
			g_free(keyword);
		}
	}
}

static void append(struct am_mh_sequences *seq, const char *name, uint32_t n)
{
	struct sequence *s = get(seq, name, strlen(name));
	struct range range = {n, n};

	if (s->ranges->len) {
		struct range *last = &g_array_index(s->ranges, struct range,
		                                    s->ranges->len - 1);
		if (last->to == n)
			return;
		if (last->to == n - 1) {
			last->to = n;
			return;
		}
	}
	g_array_append_val(s->ranges, range);
}

/* A name that no program stumbles over: letters and digits, a letter first,
 * none that means something. */
static char *escape(const char *keyword)
{
	GString *out = g_string_new(NULL);
	bool taken = !strcmp(keyword, "cur");

	for (size_t i = 0; i < AM_COUNT(flags); i++)
		taken |= !strcmp(flags[i].name, keyword);
	for (const char *p = keyword; *p; p++)
		if (p == keyword ? g_ascii_isalpha(*p) && !taken
		                 : g_ascii_isalnum(*p))
			g_string_append_c(out, *p);
		else
			g_string_append_printf(out, "_%02X",
			                       (unsigned)(uint8_t)*p);
	return g_string_free(out, FALSE);
}

void am_mh_sequences_add(struct am_mh_sequences *seq, uint32_t n,
                         const struct am_message *msg)
{
	static const char *const names[] = {"replied", "flagged",   "deleted",
	                                    "draft",   "forwarded", "junk"};
	static const uint32_t bits[] = {AM_ANSWERED, AM_FLAGGED,   AM_DELETED,
	                                AM_DRAFT,    AM_FORWARDED, AM_JUNK};

	if (!(msg->flags & AM_SEEN))
		append(seq, "unseen", n);
	for (size_t i = 0; i < AM_COUNT(bits); i++)
		if (msg->flags & bits[i])
			append(seq, names[i], n);
	for (size_t i = 0; i < msg->n_keywords; i++) {
		char *name = escape(msg->keywords[i]);
		append(seq, name, n);
		g_free(name);
	}
}

char *am_mh_sequences_text(const struct am_mh_sequences *seq)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < seq->list->len; i++) {
		const struct sequence *s = seq->list->pdata[i];

		if (!s->ranges->len)
			continue;
		g_string_append_printf(out, "%s:", s->name);
		for (guint k = 0; k < s->ranges->len; k++) {
			const struct range *r =
				&g_array_index(s->ranges, struct range, k);
			g_string_append_printf(out, " %" PRIu32, r->from);
			if (r->to > r->from)
				g_string_append_printf(out, "-%" PRIu32, r->to);
		}
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}
