/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/dates.h"

#include <glib.h>

#include <string.h>

#define A_DAY  INT64_C(86400)
#define NEAR   (2 * A_DAY)
#define OLDEST (365 * A_DAY)
/* Best first.  strong: written down when the message came, by who took it. */
static const struct {
	const char *from;
	bool strong;
} sources[] = {
	{"imap", true},
	{"mapi.delivery-time", true},
	{"vault.date-received", true},
	{"emlx.date-received", true},
	{"dbx.received", true},
	{"mbox.from", true},
	{"maildir.name", false},
	{"maildir.mtime", false},
	{"mapi.submit-time", true},
	{"header.received", false},
	{"header.date", false},
	{"eml.mtime", false},
	{"mapi.created", false},
	{"import", false},
};

static size_t rank_of(const char *from)
{
	size_t i = 0;

	while (i < AM_COUNT(sources) && strcmp(sources[i].from, from) != 0)
		i++;
	return i;
}

static bool is_strong(const char *from)
{
	size_t i = rank_of(from);

	return i < AM_COUNT(sources) && sources[i].strong;
}

bool am_dates_possible(const struct am_when *when, int64_t today)
{
	return when->known && when->sec >= OLDEST && when->sec <= today + A_DAY;
}

static bool is_usable(const struct am_date_candidate *c, int64_t today)
{
	return c->from && am_dates_possible(&c->when, today);
}

static bool is_near(int64_t a, int64_t b, int64_t most)
{
	return (a > b ? a - b : b - a) <= most;
}

/* The header's own word; *road: it travelled. */
static const struct am_date_candidate *
ask_header(const struct am_date_candidate *c, size_t n, int64_t today,
           bool *road)
{
	const struct am_date_candidate *date = NULL;

	*road = false;
	for (size_t i = 0; i < n && !*road; i++) {
		if (!is_usable(&c[i], today))
			continue;
		*road = !strcmp(c[i].from, "header.received");
		if (*road || (!date && !strcmp(c[i].from, "header.date")))
			date = &c[i];
	}
	return date;
}

/* The best that is not the header's, within `near` of it; NULL: no limit. */
static const struct am_date_candidate *
best_of(const struct am_date_candidate *c, size_t n, int64_t today,
        const int64_t *near, bool strong)
{
	const struct am_date_candidate *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!is_usable(&c[i], today) ||
		    g_str_has_prefix(c[i].from, "header.") ||
		    (strong && !is_strong(c[i].from)) ||
		    (near && !is_near(c[i].when.sec, *near, NEAR)))
			continue;
		if (!best || rank_of(c[i].from) < rank_of(best->from))
			best = &c[i];
	}
	return best;
}

static void choose(struct am_dates_choice *out,
                   const struct am_date_candidate *c, const char *why)
{
	if (c)
		out->date = *c;
	out->why = why;
}

void am_dates_decide(struct am_dates_choice *out,
                     const struct am_date_candidate *present,
                     const struct am_date_candidate *c, size_t n, int64_t today)
{
	bool road;
	const struct am_date_candidate *header = ask_header(c, n, today, &road);
	const struct am_date_candidate *best;
	bool has = is_usable(present, today);
	bool from_header = has && g_str_has_prefix(present->from, "header.");

	*out = (struct am_dates_choice){.date = *present};
	if (header && has &&
	    is_near(present->when.sec, header->when.sec, NEAR)) {
		out->keep = true;
		out->why = from_header ? "it is what the header says"
		                       : "the header agrees within 48 hours";
		return;
	}
	if (!road && has && is_strong(present->from)) {
		out->keep = true;
		out->why = "it never travelled, and who took it says so";
		return;
	}
	if (!road && !(has && from_header) &&
	    (best = best_of(c, n, today, NULL, true))) {
		choose(out, best, "it never travelled; who took it says so");
	} else if (header &&
	           (best = best_of(c, n, today, &header->when.sec, false))) {
		choose(out, best, "the header agrees within 48 hours");
	} else if (header) {
		choose(out, header,
		       "nothing else is within 48 hours of the header");
	} else if (has) {
		out->keep = true;
		out->why = "the header says nothing";
	} else if ((best = best_of(c, n, today, NULL, false))) {
		choose(out, best, "it is the best there is");
	} else {
		out->keep = true;
		out->why = "nothing better says when";
	}
	if (out->date.from && present->from && present->when.known)
		out->keep |= out->date.when.sec == present->when.sec &&
		             !strcmp(out->date.from, present->from);
}
