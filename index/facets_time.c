/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/facets_impl.h"

#include <string.h>

/*
 * Days are counted each for itself; months, years and what is drawn are sums
 * over those.
 */

#define FIRST_DAY (-25567) /* 1900-01-01 */
#define DAYS      109573   /* up to the end of 2199 */

/* What lies so far out that no more than one in so many is beyond it, is a
 * clock that was wrong. */
#define OUTLIERS 500

struct am_days {
	uint64_t counts[DAYS];
	uint64_t before, after, undated;
};

struct am_days *am_days_new(void)
{
	return g_new0(struct am_days, 1);
}

void am_days_free(struct am_days **days)
{
	g_free(*days);
	*days = NULL;
}

int am_days_add(struct am_days *days, struct am_steps *s, int32_t *values,
                struct am_error *err)
{
	int r = am_steps_read(s, AM_COLUMN_DAY, values, err);

	for (size_t i = 0; i < s->n_rows && !r; i++) {
		int32_t day = values[s->rows[i]];
		if (day == AM_DAY_NONE)
			days->undated++;
		else if (day < FIRST_DAY)
			days->before++;
		else if (day >= FIRST_DAY + DAYS)
			days->after++;
		else
			days->counts[day - FIRST_DAY]++;
	}
	return r;
}

struct civil {
	int32_t year;
	unsigned month, day; /* from 1 */
};

/* Howard Hinnant's civil_from_days. */
static struct civil civil_of(int32_t days)
{
	int64_t z = (int64_t)days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;

	return (struct civil){
		(int32_t)((int64_t)yoe + era * 400 + (month <= 2)), month,
		doy - (153 * mp + 2) / 5 + 1};
}

static int32_t period_of(int32_t day, enum am_period period)
{
	struct civil c = civil_of(day);

	switch (period) {
	case AM_PERIOD_DAY:
		return day;
	case AM_PERIOD_MONTH:
		return (c.year - 1970) * 12 + (int32_t)c.month - 1;
	case AM_PERIOD_YEAR:
		break;
	}
	return c.year;
}

void am_days_years(const struct am_days *days, struct am_facet_list *list,
                   size_t most)
{
	uint64_t years[400] = {0};
	int32_t first = civil_of(FIRST_DAY).year;

	for (int32_t i = 0; i < DAYS; i++)
		if (days->counts[i])
			years[civil_of(FIRST_DAY + i).year - first] +=
				days->counts[i];
	list->values = g_new0(struct am_facet_value, AM_COUNT(years) + 2);
	list->distinct =
		(uint64_t)(days->before > 0) + (uint64_t)(days->after > 0);
	if (days->after && list->n < most)
		list->values[list->n++] = (struct am_facet_value){
			g_strdup("after 2199"), g_strdup("since:2200"),
			days->after};
	for (size_t i = AM_COUNT(years); i-- > 0;) {
		if (!years[i])
			continue;
		list->distinct++;
		if (list->n == most)
			continue;
		int32_t year = first + (int32_t)i;
		list->values[list->n++] = (struct am_facet_value){
			g_strdup_printf("%" PRId32, year),
			g_strdup_printf("date:%" PRId32, year), years[i]};
	}
	if (days->before && list->n < most)
		list->values[list->n++] = (struct am_facet_value){
			g_strdup("before 1900"), g_strdup("before:1900"),
			days->before};
	list->without = days->undated;
}

/* ---- the timeline ----------------------------------------------------------
 */

/* The day from which on (or up to which) all but the outliers lie. */
static int32_t edge(const struct am_days *days, uint64_t spare, bool upper)
{
	uint64_t sum = upper ? days->after : days->before;

	for (int32_t k = 0; k < DAYS; k++) {
		int32_t i = upper ? DAYS - 1 - k : k;
		sum += days->counts[i];
		if (sum > spare)
			return i;
	}
	return upper ? 0 : DAYS - 1;
}

/* Outliers only where leaving them out makes the picture much shorter. */
static void choose_range(const struct am_days *days, uint64_t dated,
                         int32_t *from, int32_t *to)
{
	uint64_t spare = dated / OUTLIERS;
	int32_t a = edge(days, 0, false), b = edge(days, 0, true);

	*from = edge(days, spare, false);
	*to = edge(days, spare, true);
	if (b - a <= 2 * (*to - *from) + 60) {
		*from = a;
		*to = b;
	}
}

static void fill(struct am_timeline *t, const struct am_days *days,
                 int32_t from, int32_t to)
{
	for (int32_t i = 0; i < DAYS; i++) {
		uint64_t n = days->counts[i];
		if (!n)
			continue;
		if (i < from || i > to) {
			*(i < from ? &t->before : &t->after) += n;
			continue;
		}
		t->counts[period_of(FIRST_DAY + i, t->period) - t->first] += n;
		t->total += n;
	}
	for (size_t i = 0; i < t->n; i++)
		t->largest = MAX(t->largest, t->counts[i]);
}

static void draw_up(struct am_timeline *t, const struct am_days *days,
                    uint64_t dated, size_t most)
{
	int32_t from, to, last;

	t->before = days->before;
	t->after = days->after;
	t->undated = days->undated;
	if (!dated)
		return;
	choose_range(days, dated, &from, &to);
	for (int p = AM_PERIOD_DAY; p <= AM_PERIOD_YEAR; p++) {
		t->period = (enum am_period)p;
		t->first = period_of(FIRST_DAY + from, t->period);
		last = period_of(FIRST_DAY + to, t->period);
		t->n = (size_t)(last - t->first) + 1;
		if (t->n <= most)
			break;
	}
	t->counts = g_new0(uint64_t, t->n);
	fill(t, days, from, to);
}

int am_timeline_count(struct am_timeline *out,
                      const struct am_result *const *results, size_t n,
                      size_t most, struct am_error *err)
{
	struct am_days *days = am_days_new();
	struct am_steps *s = g_new(struct am_steps, 1);
	int32_t *values = g_new(int32_t, AM_STEP);
	uint64_t dated = 0;
	int r = AM_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n && !r; i++) {
		am_steps_begin(s, results[i]->index, results[i]);
		while (!(r = am_steps_next(s, err)))
			if ((r = am_days_add(days, s, values, err)) != AM_OK)
				break;
		r = r == AM_END ? AM_OK : r;
	}
	for (int32_t i = 0; i < DAYS; i++)
		dated += days->counts[i];
	if (!r)
		draw_up(out, days, dated, most);
	g_free(values);
	g_free(s);
	am_days_free(&days);
	return r;
}

void am_timeline_clear(struct am_timeline *t)
{
	g_free(t->counts);
	memset(t, 0, sizeof(*t));
}

void am_timeline_label(const struct am_timeline *t, size_t i,
                       char out[AM_PERIOD_ROOM])
{
	int32_t at = t->first + (int32_t)i;
	int32_t year = 1970 + (at >= 0 ? at : at - 11) / 12;
	struct civil c;

	switch (t->period) {
	case AM_PERIOD_DAY:
		c = civil_of(at);
		g_snprintf(out, AM_PERIOD_ROOM, "%04d-%02u-%02u", (int)c.year,
		           c.month, c.day);
		break;
	case AM_PERIOD_MONTH:
		g_snprintf(out, AM_PERIOD_ROOM, "%04d-%02d", (int)year,
		           (int)(at - (year - 1970) * 12 + 1));
		break;
	case AM_PERIOD_YEAR:
		g_snprintf(out, AM_PERIOD_ROOM, "%04d", (int)at);
		break;
	}
}
