/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_date.h"

#include "base/time.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

#define DAY       INT64_C(86400)
#define WORDS_MAX 4
#define WORD_ROOM 16

struct said {
	char words[WORDS_MAX][WORD_ROOM]; /* lower case */
	size_t n;
	int64_t now, today;
	int64_t *from, *to;
};

static bool is_letter(char c)
{
	return g_ascii_isalpha(c);
}

/* Words and numbers; "5jan" are two, "jan," is one. */
static bool split(struct said *s, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t used = 0;
		char c = text[at];
		if (c == ' ' || c == '_' || c == ',') {
			at++;
			continue;
		}
		if (c == '-' && s->n && at + 1 < len &&
		    (is_letter(text[at - 1]) || is_letter(text[at + 1]))) {
			at++;
			continue;
		}
		if (s->n == WORDS_MAX)
			return false;
		bool letters = is_letter(c);
		while (at < len && used + 1 < WORD_ROOM &&
		       (letters ? is_letter(text[at])
		                : g_ascii_isdigit(text[at]) || text[at] == '.'))
			s->words[s->n][used++] = g_ascii_tolower(text[at++]);
		if (!used || used + 1 == WORD_ROOM)
			return false;
		s->words[s->n++][used] = '\0';
	}
	return s->n > 0;
}

static bool is(const struct said *s, size_t i, const char *word)
{
	return i < s->n && !strcmp(s->words[i], word);
}

/* At least three letters of the name's beginning, or all of it. */
static int name_index(const char *word, const char *const *names, int n)
{
	size_t len = strlen(word);

	for (int i = 0; i < n; i++)
		if (len >= 3 && len <= strlen(names[i]) &&
		    !strncmp(names[i], word, len))
			return i;
	return -1;
}

static int month_of(const char *word)
{
	static const char *const months[] = {"january", "february", "march",
	                                     "april",   "may",      "june",
	                                     "july",    "august",   "september",
	                                     "october", "november", "december"};

	return !strcmp(word, "sept") ? 9 : name_index(word, months, 12) + 1;
}

static int weekday_of(const char *word)
{
	static const char *const days[] = {"monday",   "tuesday", "wednesday",
	                                   "thursday", "friday",  "saturday",
	                                   "sunday"};

	return name_index(word, days, 7);
}

/* "2019", and not "19". */
static int year_of(const char *word)
{
	if (strlen(word) != 4 || strspn(word, "0123456789") != 4)
		return 0;
	return (int)g_ascii_strtoull(word, NULL, 10);
}

static int number_of(const char *word, int most)
{
	size_t digits = strspn(word, "0123456789");
	uint64_t n = digits && !word[digits] && digits < 6
	                     ? g_ascii_strtoull(word, NULL, 10)
	                     : 0;

	return n > 0 && n <= (uint64_t)most ? (int)n : 0;
}

static void year_and_month(int64_t now, int *year, int *month)
{
	int day, hour, minute, second;

	am_time_civil(now, year, month, &day, &hour, &minute, &second);
}

/* `months` months from the first of one on. */
static bool months(const struct said *s, int year, int month, int n)
{
	int y = year, m = month + n;

	while (m > 12) {
		m -= 12;
		y++;
	}
	*s->from = am_time_from_civil(year, month, 1, 0, 0, 0);
	*s->to = am_time_from_civil(y, m, 1, 0, 0, 0) - 1;
	return true;
}

static bool one_day(const struct said *s, int year, int month, int day)
{
	int y, m, d, hour, minute, second;
	int64_t from = am_time_from_civil(year, month, day, 0, 0, 0);

	/* There is no 31st of February: the way back shows it. */
	am_time_civil(from, &y, &m, &d, &hour, &minute, &second);
	if (month < 1 || month > 12 || y != year || m != month || d != day)
		return false;
	*s->from = from;
	*s->to = from + DAY - 1;
	return true;
}

static bool days(const struct said *s, int64_t first, int64_t n)
{
	*s->from = first;
	*s->to = first + n * DAY - 1;
	return true;
}

/* 0: Monday. */
static int weekday(int64_t day)
{
	int64_t n = day / DAY + 3; /* 1970-01-01 was a Thursday */

	return (int)((n % 7 + 7) % 7);
}

/* "31.12.2019" */
static bool with_dots(const char *w, int *day, int *month, int *year)
{
	char *end = NULL;

	*day = (int)g_ascii_strtoull(w, &end, 10);
	if (end == w || end - w > 2 || *end != '.')
		return false;
	w = end + 1;
	*month = (int)g_ascii_strtoull(w, &end, 10);
	if (end == w || end - w > 2 || *end != '.')
		return false;
	w = end + 1;
	*year = (int)g_ascii_strtoull(w, &end, 10);
	return end - w == 4 && !*end && *year >= 1000;
}

/* "04/16/2004", as Gmail's help shows it; "16/4/2004" can only be the same. */
static bool with_slashes(const struct said *s, const char *text, size_t len)
{
	int n[3] = {0};
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		size_t from = at;
		for (; at < len && at - from < 4 && g_ascii_isdigit(text[at]);
		     at++)
			n[i] = n[i] * 10 + (text[at] - '0');
		if (i < 2 ? at == from || at - from > 2 || at == len ||
		                    text[at++] != '/'
		          : at - from != 4 || at != len)
			return false;
	}
	return n[0] > 12 ? one_day(s, n[2], n[1], n[0])
	                 : one_day(s, n[2], n[0], n[1]);
}

/* Seconds since 1970: "@1388552400", or so many digits that it is no day. */
static bool seconds(const struct said *s, const char *text, size_t len)
{
	bool said = len && *text == '@';
	int64_t n = 0;

	text += said;
	len -= said;
	if (len < (said ? 1 : 9) || len > 11)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		n = n * 10 + (text[i] - '0');
	}
	*s->from = *s->to = n;
	return true;
}

static bool one_word(const struct said *s)
{
	const char *w = s->words[0];
	int year, month, day;

	if (!strcmp(w, "now")) {
		*s->from = *s->to = s->now;
		return true;
	}
	if (!strcmp(w, "today"))
		return days(s, s->today, 1);
	if (!strcmp(w, "yesterday"))
		return days(s, s->today - DAY, 1);
	if (strlen(w) == 8 && strspn(w, "0123456789") == 8) {
		int n = (int)g_ascii_strtoull(w, NULL, 10);
		return one_day(s, n / 10000, n / 100 % 100, n % 100);
	}
	if (strlen(w) == 6 && strspn(w, "0123456789") == 6) {
		int n = (int)g_ascii_strtoull(w, NULL, 10);
		month = n % 100;
		return month >= 1 && month <= 12 &&
		       months(s, n / 100, month, 1);
	}
	if (with_dots(w, &day, &month, &year))
		return one_day(s, year, month, day);
	int wd = weekday_of(w);
	if (wd >= 0) /* the last one, today perhaps */
		return days(s,
		            s->today - DAY * ((weekday(s->today) - wd + 7) % 7),
		            1);
	month = month_of(w);
	if (month) {
		int now_month;
		year_and_month(s->now, &year, &now_month);
		return months(s, month > now_month ? year - 1 : year, month, 1);
	}
	return false;
}

static bool this_or_last(const struct said *s)
{
	bool last =
		is(s, 0, "last") || is(s, 0, "past") || is(s, 0, "previous");
	const char *unit = s->words[1];
	int year, month;

	if (s->n != 2 || (!last && !is(s, 0, "this")))
		return false;
	year_and_month(s->now, &year, &month);
	if (!strcmp(unit, "week"))
		return days(s, s->today - DAY * (weekday(s->today) + 7 * last),
		            7);
	if (!strcmp(unit, "month") && last)
		return months(s, month > 1 ? year : year - 1,
		              month > 1 ? month - 1 : 12, 1);
	if (!strcmp(unit, "month"))
		return months(s, year, month, 1);
	if (!strcmp(unit, "year"))
		return months(s, year - last, 1, 12);
	int wd = weekday_of(unit);
	if (wd >= 0 && last) /* not today */
		return days(
			s,
			s->today - DAY * ((weekday(s->today) - wd + 6) % 7 + 1),
			1);
	int m = month_of(unit);
	if (m)
		return months(s, last && m >= month ? year - 1 : year, m, 1);
	return false;
}

/* "3 days ago", "a week ago", "2 weeks". */
static bool ago(const struct said *s)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"minute", 60},     {"min", 60},       {"hour", 3600},
	             {"day", DAY},       {"week", 7 * DAY}, {"month", 30 * DAY},
	             {"year", 365 * DAY}};
	int n = is(s, 0, "a") || is(s, 0, "an") || is(s, 0, "one")
	                ? 1
	                : number_of(s->words[0], 1000);
	size_t len;

	if (!n || s->n < 2 || s->n > 3 || (s->n == 3 && !is(s, 2, "ago")))
		return false;
	len = strlen(s->words[1]);
	if (len > 3 && s->words[1][len - 1] == 's')
		len--;
	for (size_t i = 0; i < AM_COUNT(units); i++)
		if (strlen(units[i].name) == len &&
		    !strncmp(units[i].name, s->words[1], len)) {
			*s->from = *s->to = s->now - n * units[i].seconds;
			return true;
		}
	return false;
}

/* "jan 2019", "jan 5", "5 jan", "5 jan 2019", "jan 5 2019", "5th jan". */
static bool month_and_more(struct said *s)
{
	int month = 0, day = 0, year = 0, now_month;
	size_t named = 0;

	/* "5th" has come apart. */
	for (size_t i = 0; i + 1 < s->n; i++) {
		static const char *const ends[] = {"st", "nd", "rd", "th"};
		for (size_t k = 0; k < AM_COUNT(ends); k++)
			if (number_of(s->words[i], 31) &&
			    is(s, i + 1, ends[k])) {
				memmove(s->words[i + 1], s->words[i + 2],
				        (s->n - i - 2) * WORD_ROOM);
				s->n--;
				break;
			}
	}
	if (s->n < 2 || s->n > 3)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const char *w = s->words[i];
		if (!month && (month = month_of(w)) != 0)
			named = i;
		else if (!year && i && (year = year_of(w)) != 0)
			continue;
		else if (!day && (day = number_of(w, 31)) != 0)
			continue;
		else
			return false;
	}
	if (!month || named > 1)
		return false;
	if (!year) {
		year_and_month(s->now, &year, &now_month);
		if (month > now_month)
			year--;
	}
	return day ? one_day(s, year, month, day) : months(s, year, month, 1);
}

static bool quarter(const struct said *s)
{
	int n = s->n == 3 && is(s, 0, "q") ? number_of(s->words[1], 4) : 0;
	int year = n ? year_of(s->words[2]) : 0;

	return year && months(s, year, 3 * n - 2, 3);
}

bool am_natural_date(const char *text, size_t len, int64_t now, int64_t *from,
                     int64_t *to)
{
	struct said s = {.now = now, .from = from, .to = to};

	s.today = now - ((now % DAY) + DAY) % DAY;
	if (with_slashes(&s, text, len) || seconds(&s, text, len))
		return true;
	if (len > 60 || !split(&s, text, len))
		return false;
	if (s.n == 1)
		return one_word(&s);
	return this_or_last(&s) || ago(&s) || quarter(&s) || month_and_more(&s);
}
