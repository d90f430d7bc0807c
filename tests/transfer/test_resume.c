/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a source that goes on where it left off yields beside its messages. */
#include "base/blob.h"
#include "model/folder.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

/* A source of a fixed run of items: 'f'older, 'm'essage, 'c'hange, cu'r'sor. */
struct script {
	struct am_source base;
	const char *items;
	size_t at;
	const struct am_folder *folder;
	struct am_memory *lent;
	bool started;
};

static int script_next(struct am_source *src, struct am_item *out,
                       struct am_error *err)
{
	struct script *s = (struct script *)src;
	static const struct am_change change = {
		.kind = AM_NEWS_FLAGS, .uid = 7, .flags = AM_SEEN};
	static const char *const keywords[] = {"later"};
	static struct am_change given;

	s->started = true;
	out->folder = s->folder;
	switch (s->items[s->at++]) {
	case 'f':
		out->already = 5;
		return AM_OK;
	case 'm':
		if (am_message_new(&out->message, s->folder, err))
			return AM_FATAL;
		return am_blob_copy(&out->message->raw, &s->items[s->at], 1,
		                    err);
	case 'c':
		given = change;
		given.folder = s->folder;
		given.n_keywords = 1;
		given.keywords = keywords;
		out->change = &given;
		return AM_OK;
	case 'r':
		out->cursor = "uidnext=9";
		out->already = 2;
		return AM_OK;
	default:
		return AM_END;
	}
}

static int script_resume(struct am_source *src, struct am_memory *memory,
                         struct am_error *err)
{
	struct script *s = (struct script *)src;

	(void)err;
	cr_assert_not(s->started, "the memory comes before the first item");
	s->lent = memory;
	return AM_OK;
}

static const struct am_source_ops script_ops = {.next = script_next,
                                                .resume = script_resume};

struct scribe {
	struct am_sink base;
	struct am_memory memory;
	GString *seen;
	bool refuses;
};

static int scribe_put(struct am_sink *sink, const struct am_message *msg,
                      void *prepared, enum am_outcome *outcome,
                      struct am_error *err)
{
	(void)msg, (void)prepared, (void)outcome, (void)err;
	g_string_append_c(((struct scribe *)sink)->seen, 'm');
	return AM_OK;
}

static int scribe_change(struct am_sink *sink, const char *source,
                         const struct am_change *change, struct am_error *err)
{
	struct scribe *s = (struct scribe *)sink;

	if (s->refuses)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "no such message");
	cr_assert_str_eq(source, "imap://me@host");
	cr_assert_eq(change->uid, 7);
	cr_assert_eq(change->flags, AM_SEEN);
	cr_assert_str_eq(change->keywords[0], "later");
	g_string_append_c(s->seen, 'c');
	return AM_OK;
}

static int scribe_remember(struct am_sink *sink, const char *source,
                           const struct am_folder *folder, const char *cursor,
                           struct am_error *err)
{
	(void)err;
	cr_assert_str_eq(source, "imap://me@host");
	cr_assert_str_eq(folder->parts[0], "INBOX");
	cr_assert_str_eq(cursor, "uidnext=9");
	g_string_append_c(((struct scribe *)sink)->seen, 'r');
	return AM_OK;
}

static const struct am_sink_ops scribe_ops = {.put = scribe_put,
                                              .change = scribe_change,
                                              .remember = scribe_remember};

struct looked {
	const char *code;
	int n;
};

static void look(void *user, const char *code, uint64_t n)
{
	struct looked *l = user;

	if (!strcmp(code, l->code))
		l->n += (int)n;
}

static int count_note(const struct am_report *report, const char *code)
{
	struct looked l = {code, 0};

	am_report_notes(report, look, &l);
	return l.n;
}

static void on_note(void *user, const struct am_note *note)
{
	am_report_note(user, note->code, 1);
}

static void run(const char *items, unsigned workers, bool refuses,
                struct scribe *scribe, struct am_report *report)
{
	static const char *const parts[] = {"INBOX"};
	struct am_ctx ctx = {.on_note = on_note, .user = report};
	struct script script = {.base = {.ops = &script_ops,
	                                 .ctx = &ctx,
	                                 .identity = "imap://me@host"},
	                        .items = items};
	struct am_transfer_opts opts = {.workers = workers};
	struct am_folder *folder = NULL;
	struct am_error err;

	cr_assert_eq(am_folder_new(&folder, parts, 1, AM_ROLE_INBOX, &err), 0);
	script.folder = folder;
	*scribe = (struct scribe){.base = {.ops = &scribe_ops,
	                                   .ctx = &ctx,
	                                   .memory = &scribe->memory},
	                          .seen = g_string_new(NULL),
	                          .refuses = refuses};
	cr_assert_eq(am_transfer_run(&script.base, &scribe->base, &opts, report,
	                             &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(script.lent, &scribe->memory);
	const struct am_folder *f = folder;
	am_folder_unref(&f);
}

Test(resume, words_keep_their_place_among_messages)
{
	for (unsigned workers = 0; workers < 4; workers++) {
		struct am_report *report = am_report_new();
		struct scribe scribe;

		run("fmmcmrmcr", workers, false, &scribe, report);
		cr_assert_str_eq(scribe.seen->str, "mmcmrmcr");
		const struct am_ledger *l = am_report_total(report);
		/* Four came; five and two and two were there already. */
		cr_assert_eq(l->found, 13);
		cr_assert_eq(l->stored, 4);
		cr_assert_eq(l->duplicates, 9);
		cr_assert(am_report_adds_up(report));
		g_string_free(scribe.seen, TRUE);
		am_report_free(&report);
	}
}

Test(resume, a_change_that_is_refused_is_told_and_stops_nothing)
{
	struct am_report *report = am_report_new();
	struct scribe scribe;

	run("fcmr", 2, true, &scribe, report);
	cr_assert_str_eq(scribe.seen->str, "mr");
	cr_assert_eq(count_note(report, "target.notfound"), 1);
	cr_assert_eq(am_report_total(report)->stored, 1);
	g_string_free(scribe.seen, TRUE);
	am_report_free(&report);
}
