/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/report.h"

#include "base/json.h"
#include "model/folder.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_folder *make_folder(const char *a, const char *b)
{
	const char *parts[] = {a, b};
	struct am_folder *folder = NULL;

	cr_assert_eq(
		am_folder_new(&folder, parts, b ? 2 : 1, AM_ROLE_NONE, NULL),
		AM_OK);
	return folder;
}

static void drop(struct am_folder *folder)
{
	const struct am_folder *f = folder;

	am_folder_unref(&f);
}

static char *to_json(const struct am_report *report)
{
	struct am_json *json = am_json_new();

	am_report_json(report, json, "in.mbox", "a.mailark", 0, 86400);
	char *text = g_strdup(am_json_text(json, NULL));
	am_json_free(&json);
	return text;
}

Test(report, one_failure_may_stand_for_several)
{
	struct am_report *report = am_report_new();
	struct am_folder *inbox = make_folder("INBOX", NULL);
	struct am_error err;

	am_fail(&err, AM_FAILED, AM_E_PROTOCOL, "counts 5, shows 3");
	am_report_found(report, inbox);
	am_report_failed(report, inbox, "INBOX", "source.protocol", &err);
	am_report_failed_too(report, inbox, 1);
	cr_expect(am_report_adds_up(report));
	cr_expect_eq(am_report_total(report)->failed, 2);
	cr_expect_eq(am_report_total(report)->found, 2);
	am_report_free(&report);
	drop(inbox);
}

Test(report, writes_the_json_of_the_contract)
{
	struct am_report *report = am_report_new();
	struct am_folder *inbox = make_folder("INBOX", NULL);
	struct am_folder *work = make_folder("INBOX", "Work");
	struct am_folder *same = make_folder("INBOX", "Work");
	struct am_error err;

	for (int i = 0; i < 3; i++)
		am_report_found(report, inbox);
	am_report_stored(report, inbox, 100);
	am_report_duplicate(report, inbox);
	am_report_filtered(report, inbox);
	am_report_found(report, work);
	am_report_found(report, same);
	am_report_stored(report, same, 11);
	cr_expect_not(am_report_adds_up(report));
	am_fail(&err, AM_FAILED, AM_E_FORMAT, "cut \"short\"");
	am_report_failed(report, work, "offset 7", "mbox.truncated", &err);
	cr_expect(am_report_adds_up(report));
	am_report_note(report, "loss.keywords", 2);
	am_report_note(report, "loss.keywords", 1);
	am_report_note(report, "a.first", 5);
	char *json = to_json(report);
	cr_expect_str_eq(
		json,
		"{\"version\":1,\"source\":\"in.mbox\",\"target\":\"a."
		"mailark\","
		"\"started\":\"1970-01-01T00:00:00+00:00\","
		"\"ended\":\"1970-01-02T00:00:00+00:00\","
		"\"found\":5,\"stored\":2,\"duplicates\":1,\"filtered\":1,"
		"\"failed\":1,\"bytes\":111,\"folders\":["
		"{\"path\":[\"INBOX\"],\"found\":3,\"stored\":1,\"duplicates\":"
		"1,"
		"\"filtered\":1,\"failed\":0,\"bytes\":100},"
		"{\"path\":[\"INBOX\",\"Work\"],\"found\":2,\"stored\":1,"
		"\"duplicates\":0,\"filtered\":0,\"failed\":1,\"bytes\":11}],"
		"\"failures\":[{\"folder\":[\"INBOX\",\"Work\"],"
		"\"origin\":\"offset 7\",\"code\":\"mbox.truncated\","
		"\"text\":\"cut \\\"short\\\"\"}],"
		"\"notes\":{\"a.first\":5,\"loss.keywords\":3}}");
	g_free(json);
	drop(inbox);
	drop(work);
	drop(same);
	am_report_free(&report);
	am_report_free(&report);
}

Test(report, stays_bounded_and_says_how_many_it_does_not_name)
{
	struct am_report *report = am_report_new();
	struct am_error err;

	am_fail(&err, AM_FAILED, AM_E_IO, "no");
	for (int i = 0; i < 10007; i++) {
		am_report_found(report, NULL);
		am_report_failed(report, NULL, "x", "source.io", &err);
	}
	cr_expect(am_report_adds_up(report));
	char *json = to_json(report);
	cr_expect(strstr(json, "\"failed\":10007"));
	cr_expect(strstr(json, "\"failures_unnamed\":7"));
	g_free(json);
	am_report_free(&report);
}

Test(report, adds_one_to_another)
{
	struct am_report *sum = am_report_new();
	struct am_folder *inbox = make_folder("INBOX", NULL);
	struct am_error err;

	am_fail(&err, AM_FAILED, AM_E_IO, "no");
	for (int i = 0; i < 2; i++) {
		struct am_report *one = am_report_new();
		am_report_found(one, inbox);
		am_report_found(one, NULL);
		am_report_stored(one, inbox, 5);
		am_report_failed(one, NULL, NULL, "source.io", &err);
		am_report_note(one, "n", 1);
		am_report_add(sum, one);
		am_report_free(&one);
	}
	cr_expect(am_report_adds_up(sum));
	char *json = to_json(sum);
	cr_expect(strstr(json, "\"found\":4,\"stored\":2"), "%s", json);
	cr_expect(strstr(json, "{\"path\":[\"INBOX\"],\"found\":2"), "%s",
	          json);
	cr_expect(strstr(json, "\"notes\":{\"n\":2}"), "%s", json);
	g_free(json);
	drop(inbox);
	am_report_free(&sum);
}
