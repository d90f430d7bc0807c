/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Separator lines: RFC 4155 app. A, and what Dovecot's, NeoMutt's, git's and
 * lei's readers accept beyond it.  The line is cut into words; the date is the
 * first run of words that reads as one up to the end of the line, and what
 * stands before it must look like a sender.
 */
#include "formats/mbox/from_line.h"

#include "model/message.h"

#include <glib.h>

#include <string.h>

#define MAX_WORDS 24

struct word {
	const char *s;
	size_t len;
};

struct line {
	struct word words[MAX_WORDS];
	size_t n;
};

static const char *const months[] = {
	"january", "february", "march",     "april",   "may",      "june",
	"july",    "august",   "september", "october", "november", "december"};
static const char *const weekdays[] = {"sunday",    "monday",   "tuesday",
                                       "wednesday", "thursday", "friday",
                                       "saturday"};

static bool cut_words(struct line *out, const char *s, size_t len)
{
	size_t i = 0;
	out->n = 0;
	while (i < len) {
		while (i < len && (s[i] == ' ' || s[i] == '\t'))
			i++;
		if (i == len)
			break;
		if (out->n == MAX_WORDS)
			return false;
		struct word *w = &out->words[out->n++];
		w->s = s + i;
		/* A quoted string is one word, spaces and all. */
		if (s[i] == '"') {
			const char *close = memchr(s + i + 1, '"', len - i - 1);
			if (close)
				i = (size_t)(close - s) + 1;
		}
		while (i < len && s[i] != ' ' && s[i] != '\t')
			i++;
		w->len = (size_t)(s + i - w->s);
	}
	return true;
}

/* Index of a name, in full or its first three letters; -1. */
static int name_index(const char *const *table, int n, struct word w)
{
	for (int i = 0; i < n; i++)
		if (w.len && (w.s[0] | 32) == table[i][0] &&
		    (w.len == 3 || w.len == strlen(table[i])) &&
		    !g_ascii_strncasecmp(table[i], w.s, w.len))
			return i;
	return -1;
}

static bool is_weekday(struct word w)
{
	if (w.len > 3 && w.s[w.len - 1] == ',')
		w.len--;
	return name_index(weekdays, AM_COUNT(weekdays), w) >= 0;
}

/* One to `max` digits, all of the word. */
static bool number(struct word w, size_t max, int *out)
{
	int n = 0;
	if (!w.len || w.len > max)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		if (!g_ascii_isdigit(w.s[i]))
			return false;
		n = n * 10 + (w.s[i] - '0');
	}
	*out = n;
	return true;
}

struct date {
	int year, month, day, hour, minute, second, zone;
	bool zoned;
};

static bool read_time(struct word w, struct date *d)
{
	int parts[3] = {0, 0, 0};
	size_t part = 0, digits = 0;
	for (size_t i = 0; i < w.len; i++) {
		if (w.s[i] == '.' && part == 2 && digits == 2 &&
		    i + 1 < w.len) {
			while (++i < w.len)
				if (!g_ascii_isdigit(w.s[i]))
					return false;
		} else if (w.s[i] == ':') {
			if (!digits || ++part == 3)
				return false;
			digits = 0;
		} else if (g_ascii_isdigit(w.s[i]) && digits < 2) {
			parts[part] = parts[part] * 10 + (w.s[i] - '0');
			digits++;
		} else {
			return false;
		}
	}
	if (!part || digits != 2 || parts[0] > 24 || parts[1] > 59 ||
	    parts[2] > 60)
		return false;
	d->hour = parts[0];
	d->minute = parts[1];
	d->second = parts[2];
	return true;
}

/* 2001, 01, or the 101 of a year that was printed from struct tm. */
static bool read_year(struct word w, struct date *d)
{
	int n;
	if (!number(w, 4, &n) || w.len < 2)
		return false;
	if (w.len == 2)
		n += n < 70 ? 2000 : 1900;
	else if (w.len == 3)
		n += 1900;
	if (n < 1900)
		return false;
	d->year = n;
	return true;
}

static bool read_day(struct word w, struct date *d)
{
	return number(w, 2, &d->day) && d->day >= 1 && d->day <= 31;
}

static bool read_month(struct word w, struct date *d)
{
	d->month = name_index(months, AM_COUNT(months), w) + 1;
	return d->month > 0;
}

static const struct {
	char name[6];
	int16_t minutes;
} zones[] = {{"UT", 0},     {"UTC", 0},    {"GMT", 0},    {"Z", 0},
             {"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
             {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420},
             {"BST", 60},   {"CET", 60},   {"MET", 60},   {"CEST", 120},
             {"MEST", 120}, {"EET", 120},  {"EEST", 180}, {"WET", 0},
             {"WEST", 60},  {"JST", 540},  {"AEST", 600}, {"AEDT", 660},
             {"NZST", 720}, {"NZDT", 780}};

/* AM or PM behind the time: they are read as zones otherwise. */
static bool read_half(struct word w, struct date *d)
{
	bool pm = w.len == 2 && !g_ascii_strncasecmp(w.s, "PM", 2);
	if (!pm && !(w.len == 2 && !g_ascii_strncasecmp(w.s, "AM", 2)))
		return false;
	if (d->hour >= 1 && d->hour <= 12)
		d->hour = d->hour % 12 + (pm ? 12 : 0);
	return true;
}

/* +0100, -05:30, GMT+0200, UTC+02, EST, PST8PDT, (CEST).  A name we do not
 * know is no zone, but no reason to refuse the line either. */
static bool read_zone(struct word w, struct date *d)
{
	if (w.len > 2 && w.s[0] == '(' && w.s[w.len - 1] == ')') {
		w.s++;
		w.len -= 2;
	}
	if (w.len > 4 && (!memcmp(w.s, "GMT", 3) || !memcmp(w.s, "UTC", 3)) &&
	    (w.s[3] == '+' || w.s[3] == '-')) {
		w.s += 3;
		w.len -= 3;
	}
	if (w.s[0] == '+' || w.s[0] == '-') {
		int n = 0, digits = 0;
		for (size_t i = 1; i < w.len; i++) {
			if (w.s[i] == ':' && i == 3 && w.len == 6)
				continue;
			if (!g_ascii_isdigit(w.s[i]) || ++digits > 4)
				return false;
			n = n * 10 + (w.s[i] - '0');
		}
		if (digits == 2)
			n *= 100;
		else if (digits != 4)
			return false;
		if (n / 100 > 15 || n % 100 > 59)
			return false;
		n = n / 100 * 60 + n % 100;
		d->zone = w.s[0] == '-' ? -n : n;
		d->zoned = true;
		return true;
	}
	size_t capitals = 0;
	while (capitals < w.len && g_ascii_isupper(w.s[capitals]))
		capitals++;
	if (!capitals || capitals > 5 || w.len > 8)
		return false;
	for (size_t i = capitals; i < w.len; i++) /* the 8PDT of PST8PDT */
		if (!g_ascii_isdigit(w.s[i]) && !g_ascii_isupper(w.s[i]))
			return false;
	for (size_t i = 0; i < AM_COUNT(zones) && capitals == w.len; i++)
		if (strlen(zones[i].name) == w.len &&
		    !memcmp(zones[i].name, w.s, w.len)) {
			if (!d->zoned) /* "+0100 CET": the number rules */
				d->zone = zones[i].minutes;
			d->zoned = true;
		}
	return true;
}

/* 2001-01-01T00:00:00[.000][Z|+01:00], one word; or date and time apart. */
static size_t read_iso(const struct line *l, size_t at, struct date *d)
{
	struct word w = l->words[at];
	struct word year = {w.s, 4}, month = {w.s + 5, 2}, day = {w.s + 8, 2};
	if (w.len < 10 || w.s[4] != '-' || w.s[7] != '-' ||
	    !read_year(year, d) || !number(month, 2, &d->month) ||
	    d->month < 1 || d->month > 12 || !read_day(day, d))
		return 0;
	if (w.len == 10)
		return at + 1 < l->n && read_time(l->words[at + 1], d) ? 2 : 0;
	if (w.s[10] != 'T' || w.len < 16)
		return 0;
	size_t end = 11;
	while (end < w.len && (g_ascii_isdigit(w.s[end]) || w.s[end] == ':'))
		end++;
	if (!read_time((struct word){w.s + 11, end - 11}, d))
		return 0;
	if (end < w.len && w.s[end] == '.')
		for (end++; end < w.len && g_ascii_isdigit(w.s[end]);)
			end++;
	if (end < w.len && !read_zone((struct word){w.s + end, w.len - end}, d))
		return 0;
	return 1;
}

/* 01-Aug-2023, as IMAP writes it, and the time behind it. */
static bool read_dashed(const struct word *w, size_t n, struct date *d)
{
	const char *first = n >= 2 ? memchr(w->s, '-', w->len) : NULL;
	if (!first)
		return false;
	const char *end = w->s + w->len;
	const char *second = memchr(first + 1, '-', (size_t)(end - first) - 1);
	if (!second)
		return false;
	struct word day = {w->s, (size_t)(first - w->s)};
	struct word month = {first + 1, (size_t)(second - first) - 1};
	struct word year = {second + 1, (size_t)(end - second) - 1};
	return read_day(day, d) && read_month(month, d) && read_year(year, d) &&
	       read_time(w[1], d);
}

/* The date without weekday and what follows the time; words of it, or 0. */
static size_t read_core(const struct word *w, size_t n, bool weekday,
                        struct date *d)
{
	size_t i = 3;
	if (read_dashed(w, n, d))
		return 2;
	if (n >= 4 && read_day(w[0], d) && read_month(w[1], d) &&
	    read_year(w[2], d) && read_time(w[3], d))
		return 4; /* RFC 5322 */
	if (n < 3 || !read_month(w[0], d) || !read_day(w[1], d))
		return 0;
	if (n >= 4 && read_year(w[2], d) && read_time(w[3], d))
		return 4; /* JavaScript's */
	if (!read_time(w[2], d))
		return 0;
	/* asctime(3), zones before or after the year */
	while (i < n && !read_year(w[i], d) &&
	       (read_half(w[i], d) || read_zone(w[i], d)))
		i++;
	if (i < n && read_year(w[i], d))
		return i + 1;
	/* Some leave the year out; then it had better end there. */
	d->year = 0;
	return weekday && n == 3 ? 3 : 0;
}

/* "(Central European Summer Time)", up to the end of the line. */
static bool comment(const struct line *l, size_t i)
{
	struct word last = l->words[l->n - 1];
	return l->words[i].s[0] == '(' && last.s[last.len - 1] == ')';
}

/* Words of a date that starts at word `at`; 0 when it is none. */
static size_t read_date(const struct line *l, size_t at, struct date *d)
{
	const struct word *w = l->words;
	size_t i = at;
	*d = (struct date){0};
	size_t iso = read_iso(l, at, d);
	if (iso)
		return iso;
	bool weekday = is_weekday(w[i]);
	if (weekday)
		i++;
	size_t core = read_core(w + i, l->n - i, weekday, d);
	if (!core)
		return 0;
	i += core;
	for (int extra = 0; extra < 2 && i < l->n &&
	                    (read_half(w[i], d) || read_zone(w[i], d));
	     extra++)
		i++;
	if (i < l->n && comment(l, i))
		i = l->n;
	return i - at;
}

/* Only "remote from host" may stand behind the date: UUCP. */
static bool ends_well(const struct line *l, size_t i)
{
	const struct word *w = l->words;
	return i == l->n ||
	       (l->n - i == 3 && w[i].len == 6 && w[i + 1].len == 4 &&
	        !memcmp(w[i].s, "remote", 6) && !memcmp(w[i + 1].s, "from", 4));
}

/* Nothing, one word, a quoted string and what sticks to it, "john doe at
 * example.org" as list archives have it, or "John Doe <j@example.org>". */
static bool sender_shaped(const struct line *l, size_t n)
{
	if (n <= 1)
		return true;
	struct word before = l->words[n - 2], last = l->words[n - 1];
	if (n >= 3 && before.len == 2 && !memcmp(before.s, "at", 2))
		return true;
	if (last.len > 2 && last.s[0] == '<' && last.s[last.len - 1] == '>')
		return true;
	/* "x@[10.0.0.1] [pi]", as a mail server wrote what it was told. */
	return n == 2 && (l->words[0].s[0] == '"' ||
	                  memchr(l->words[0].s, '@', l->words[0].len));
}

/* Gmail's message number in place of an address. */
static bool takeout(const char *s, size_t len)
{
	size_t i = 0;
	if (len <= 4 || memcmp(s + len - 4, "@xxx", 4))
		return false;
	while (i < len - 4 && g_ascii_isdigit(s[i]))
		i++;
	return i == len - 4;
}

static enum am_mbox_from_kind kind_of(const struct am_mbox_from *from,
                                      const struct date *d)
{
	if (d->year == 2001 && d->month == 9 && d->day == 17 && !d->hour &&
	    !d->minute && !d->second)
		return AM_MBOX_FROM_PATCH;
	const char *s = from->sender;
	size_t len = from->sender_len;
	if (len == 1 && s[0] == '-')
		return AM_MBOX_FROM_DASH;
	if (len == 7 && !memcmp(s, "?\?\?@?\?\?", 7))
		return AM_MBOX_FROM_EUDORA;
	if (takeout(s, len))
		return AM_MBOX_FROM_TAKEOUT;
	return AM_MBOX_FROM_PLAIN;
}

bool am_mbox_from_parse(struct am_mbox_from *out, const uint8_t *line,
                        size_t len)
{
	struct line l;
	struct date d;
	const char *s = (const char *)line;
	*out = (struct am_mbox_from){.kind = AM_MBOX_FROM_NOT};
	if (len < 5 || len > AM_MBOX_FROM_MAX || memcmp(s, "From ", 5) ||
	    !cut_words(&l, s + 5, len - 5))
		return false;
	if (!l.n ||
	    (l.n == 1 && l.words[0].len == 1 && l.words[0].s[0] == '-')) {
		out->kind = l.n ? AM_MBOX_FROM_DASH : AM_MBOX_FROM_BARE;
		return true;
	}
	/* Takeout of 2025 leaves the date out. */
	if (l.n == 1 && l.words[0].len > 14 &&
	    takeout(l.words[0].s, l.words[0].len)) {
		out->kind = AM_MBOX_FROM_TAKEOUT;
		out->sender = l.words[0].s;
		out->sender_len = l.words[0].len;
		return true;
	}
	for (size_t at = 0; at < l.n; at++) {
		size_t n = read_date(&l, at, &d);
		if (!n || !ends_well(&l, at + n))
			continue;
		out->loose = !sender_shaped(&l, at);
		if (out->loose && !d.year)
			return false;
		out->sender = at ? l.words[0].s : s + 5;
		if (at)
			out->sender_len =
				(size_t)(l.words[at - 1].s - out->sender) +
				l.words[at - 1].len;
		out->kind = kind_of(out, &d);
		if (!d.year)
			return true;
		out->when.sec = am_time_from_civil(d.year, d.month, d.day,
		                                   d.hour, d.minute, d.second) -
		                d.zone * 60;
		out->when.offset_min = (int16_t)d.zone;
		out->when.known = true;
		out->zoned = d.zoned;
		return true;
	}
	return false;
}

bool am_mbox_from_dated(const struct am_mbox_from *from)
{
	return from->when.known && from->when.sec != 0 &&
	       (from->kind == AM_MBOX_FROM_PLAIN ||
	        from->kind == AM_MBOX_FROM_TAKEOUT ||
	        from->kind == AM_MBOX_FROM_EUDORA);
}

size_t am_mbox_from_write(char out[AM_MBOX_FROM_ROOM], const char *sender,
                          int64_t sec)
{
	char date[AM_TIME_ROOM];
	size_t len = 5;
	memcpy(out, "From ", 5);
	if (!sender)
		sender = "MAILER-DAEMON";
	else if (!*sender)
		sender = "<>";
	/* A sender such as "-" or one longer than any real one would make the
	 * line mean something else. */
	if (!strcmp(sender, "-"))
		sender = "MAILER-DAEMON";
	for (const char *s = sender; *s && len < AM_MBOX_FROM_ROOM - 60; s++) {
		uint8_t c = (uint8_t)*s;
		out[len++] = c <= ' ' || c == 0x7f || c == '"' ? '-' : *s;
	}
	out[len++] = ' ';
	am_time_asctime(sec, date);
	size_t n = strlen(date);
	memcpy(out + len, date, n + 1);
	return len + n;
}

void am_mbox_from_keep(struct am_message *msg, const uint8_t *line, size_t len)
{
	char usual[AM_MBOX_FROM_ROOM];

	if (msg->received.known && len < AM_MBOX_FROM_ROOM && len &&
	    line[len - 1] == '\n') {
		size_t n = am_mbox_from_write(usual, msg->envelope_sender,
		                              msg->received.sec);
		if (n == len - 1 && !memcmp(usual, line, n))
			len = 0;
	}
	am_message_add_prop(msg, AM_MBOX_FROM_PROP, line, len);
}

size_t am_mbox_from_kept(const struct am_message *msg,
                         char room[AM_MBOX_FROM_ROOM], const char **line)
{
	const struct am_prop *prop = am_message_prop(msg, AM_MBOX_FROM_PROP);

	*line = room;
	if (!prop)
		return 0;
	if (prop->len) {
		*line = prop->value;
		return prop->len;
	}
	size_t n = am_mbox_from_write(room, msg->envelope_sender,
	                              msg->received.sec);
	room[n] = '\n';
	return n + 1;
}
