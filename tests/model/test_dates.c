/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/dates.h"

#include <criterion/criterion.h>

#include <string.h>

#define DAY   INT64_C(86400)
#define TODAY (20000 * DAY)

/* Days before or after day 10,000; 0 ends a list. */
struct row {
	const char *shows;
	struct {
		const char *from;
		int day;
	} present, all[5];
	const char *want; /* NULL: it stays */
	int day;
};

static const struct row rows[] = {
	{"the header agrees",
         {"imap", 1},
         {{"imap", 1}, {"header.received", 1}, {"header.date", 1}},
         NULL,
         0},
	{"within 48 hours",
         {"mbox.from", 3},
         {{"mbox.from", 3}, {"header.received", 1}},
         NULL,
         0},
	{"the day of a migration",
         {"imap", 900},
         {{"imap", 900}, {"header.received", 1}, {"header.date", 1}},
         "header.received",
         1},
	{"another source agrees with the header",
         {"maildir.mtime", 900},
         {{"maildir.mtime", 900}, {"maildir.name", 2}, {"header.received", 1}},
         "maildir.name",
         2},
	{"of several the best",
         {"eml.mtime", 900},
         {{"maildir.name", 1}, {"imap", 2}, {"header.received", 1}},
         "imap",
         2},
	{"sent mail: a server is believed rather than the sender's clock",
         {"imap", 9},
         {{"imap", 9}, {"header.date", 1}},
         NULL,
         0},
	{"a file is not",
         {"eml.mtime", 900},
         {{"eml.mtime", 900}, {"header.date", 1}},
         "header.date",
         1},
	{"nor is the day of the import",
         {"import", 900},
         {{"header.date", 1}},
         "header.date",
         1},
	{"the topmost that can be",
         {"import", 900},
         {{"header.received", -9999},
          {"header.received", 2},
          {"header.date", 1}},
         "header.received",
         2},
	{"not what stands below it",
         {"header.received", 2},
         {{"header.received", 2},
          {"header.received", 400},
          {"header.date", 400}},
         NULL,
         0},
	{"the future is none",
         {"imap", 15000},
         {{"imap", 15000}, {"header.date", 1}},
         "header.date",
         1},
	{"1970 is none",
         {"header.date", -10000},
         {{"header.date", -10000}, {"eml.mtime", 5}},
         "eml.mtime",
         5},
	{"where nothing better is there it stays",
         {"header.date", -10000},
         {{"header.date", -10000}},
         NULL,
         0},
	{"unknown", {NULL, 0}, {{"header.date", 3}}, "header.date", 3},
	{"nothing at all", {NULL, 0}, {{NULL, 0}}, NULL, 0},
	{"what came from the header and is right",
         {"header.date", 3},
         {{"header.date", 3}, {"eml.mtime", 900}},
         NULL,
         0},
};

static struct am_date_candidate date(const char *from, int day)
{
	return (struct am_date_candidate){
		from, {.sec = (10000 + day) * DAY, .known = from != NULL}};
}

Test(dates, are_decided_by_the_road)
{
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct am_date_candidate all[5], present;
		struct am_dates_choice choice;
		size_t n = 0;
		for (; n < 5 && row->all[n].from; n++)
			all[n] = date(row->all[n].from, row->all[n].day);
		present = date(row->present.from, row->present.day);
		am_dates_decide(&choice, &present, all, n, TODAY);
		cr_expect_eq(choice.keep, !row->want, "%s: %s", row->shows,
		             choice.why);
		cr_expect(choice.why, "%s", row->shows);
		if (!row->want)
			continue;
		cr_expect_str_eq(choice.date.from, row->want, "%s", row->shows);
		cr_expect_eq(choice.date.when.sec, (10000 + row->day) * DAY,
		             "%s", row->shows);
	}
}

Test(dates, before_1971_and_in_the_future_are_none)
{
	struct am_when when = {.known = true};

	cr_expect_not(am_dates_possible(&when, TODAY));
	when.sec = 366 * DAY;
	cr_expect(am_dates_possible(&when, TODAY));
	when.sec = TODAY + DAY / 2; /* somewhere it is tomorrow */
	cr_expect(am_dates_possible(&when, TODAY));
	when.sec = TODAY + 2 * DAY;
	cr_expect_not(am_dates_possible(&when, TODAY));
	when = (struct am_when){.sec = TODAY};
	cr_expect_not(am_dates_possible(&when, TODAY));
}
