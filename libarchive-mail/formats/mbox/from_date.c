/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 4155 app. A, and what Dovecot's, NeoMutt's, git's and lei's readers
 * accept beyond it.
 */
#include "formats/mbox/from_date.h"

#include <glib.h>

#include <string.h>

static const char *const months[] = {
	"january", "february", "march",     "april",   "may",      "june",
	"july",    "august",   "september", "october", "november", "december"};
static const char *const weekdays[] = {"sunday",    "monday",   "tuesday",
                                       "wednesday", "thursday", "friday",
                                       "saturday"};

bool am_mbox_words_cut(struct am_mbox_words *out, const char *s, size_t len)
{
	size_t i = 0;
	out->n = 0;
	while (i < len) {
		while (i < len && (s[i] == ' ' || s[i] == '\t'))
			i++;
		if (i == len)
			break;
		if (out->n == AM_MBOX_WORDS_MAX)
			return false;
		struct am_mbox_word *w = &out->words[out->n++];
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
static int name_index(const char *const *table, int n, struct am_mbox_word w)
{
	for (int i = 0; i < n; i++)
		if (w.len && (w.s[0] | 32) == table[i][0] &&
		    (w.len == 3 || w.len == strlen(table[i])) &&
		    !g_ascii_strncasecmp(table[i], w.s, w.len))
			return i;
	return -1;
}

static bool is_weekday(struct am_mbox_word w)
{
	if (w.len > 3 && w.s[w.len - 1] == ',')
		w.len--;
	return name_index(weekdays, AM_COUNT(weekdays), w) >= 0;
}

/* One to `max` digits, all of the word. */
static bool number(struct am_mbox_word w, size_t max, int *out)
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

static bool read_time(struct am_mbox_word w, struct am_mbox_date *d)
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
static bool read_year(struct am_mbox_word w, struct am_mbox_date *d)
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

static bool read_day(struct am_mbox_word w, struct am_mbox_date *d)
{
	return number(w, 2, &d->day) && d->day >= 1 && d->day <= 31;
}

static bool read_month(struct am_mbox_word w, struct am_mbox_date *d)
{
	d->month = name_index(months, AM_COUNT(months), w) + 1;
	return d->month > 0;
}

static const struct {
	char name[7];
	int16_t minutes;
} zones[] = {{"UT", 0},      {"UTC", 0},      {"GMT", 0},      {"Z", 0},
             {"EST", -300},  {"EDT", -240},   {"CST", -360},   {"CDT", -300},
             {"MST", -420},  {"MDT", -360},   {"PST", -480},   {"PDT", -420},
             {"BST", 60},    {"CET", 60},     {"MET", 60},     {"CEST", 120},
             {"MEST", 120},  {"EET", 120},    {"EEST", 180},   {"WET", 0},
             {"WEST", 60},   {"JST", 540},    {"AEST", 600},   {"AEDT", 660},
             {"NZST", 720},  {"NZDT", 780},   {"MEZ", 60},     {"MESZ", 120},
             {"WETDST", 60}, {"METDST", 120}, {"CETDST", 120}, {"EETDST", 180}};

/* AM or PM behind the time: they are read as zones otherwise. */
static bool read_half(struct am_mbox_word w, struct am_mbox_date *d)
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
static bool read_zone(struct am_mbox_word w, struct am_mbox_date *d)
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
	/* No sixth but in the summer of HP-UX: METDST. */
	if (!capitals || w.len > 8 ||
	    (capitals > 5 && !(w.len == 6 && !memcmp(w.s + 3, "DST", 3))))
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
static size_t read_iso(const struct am_mbox_words *l, size_t at,
                       struct am_mbox_date *d)
{
	struct am_mbox_word w = l->words[at];
	struct am_mbox_word year = {w.s, 4}, month = {w.s + 5, 2},
			    day = {w.s + 8, 2};
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
	if (!read_time((struct am_mbox_word){w.s + 11, end - 11}, d))
		return 0;
	if (end < w.len && w.s[end] == '.')
		for (end++; end < w.len && g_ascii_isdigit(w.s[end]);)
			end++;
	if (end < w.len &&
	    !read_zone((struct am_mbox_word){w.s + end, w.len - end}, d))
		return 0;
	return 1;
}

/* 01-Aug-2023, as IMAP writes it, and the time behind it. */
static bool read_dashed(const struct am_mbox_word *w, size_t n,
                        struct am_mbox_date *d)
{
	const char *first = n >= 2 ? memchr(w->s, '-', w->len) : NULL;
	if (!first)
		return false;
	const char *end = w->s + w->len;
	const char *second = memchr(first + 1, '-', (size_t)(end - first) - 1);
	if (!second)
		return false;
	struct am_mbox_word day = {w->s, (size_t)(first - w->s)};
	struct am_mbox_word month = {first + 1, (size_t)(second - first) - 1};
	struct am_mbox_word year = {second + 1, (size_t)(end - second) - 1};
	return read_day(day, d) && read_month(month, d) && read_year(year, d) &&
	       read_time(w[1], d);
}

/* The date without weekday and what follows the time; words of it, or 0. */
static size_t read_core(const struct am_mbox_word *w, size_t n, bool weekday,
                        struct am_mbox_date *d)
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
static bool comment(const struct am_mbox_words *l, size_t i)
{
	struct am_mbox_word last = l->words[l->n - 1];
	return l->words[i].s[0] == '(' && last.s[last.len - 1] == ')';
}

size_t am_mbox_words_date(const struct am_mbox_words *l, size_t at,
                          struct am_mbox_date *d)
{
	const struct am_mbox_word *w = l->words;
	size_t i = at;
	*d = (struct am_mbox_date){0};
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
