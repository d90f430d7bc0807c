/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/sink.h"

#include <criterion/criterion.h>

struct fake {
	struct am_sink base;
	int calls;
};
static int n_discarded;

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	(void)msg;
	(void)err;
	AM_CONTAINER(sink, struct fake, base)->calls++;
	*outcome = prepared ? AM_DUPLICATE : *outcome;
	return AM_OK;
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	(void)sink;
	(void)msg;
	(void)err;
	*prepared = (void *)(uintptr_t)1;
	return AM_OK;
}

static void discard(void *prepared)
{
	cr_assert_not_null(prepared);
	n_discarded++;
}

Test(sink, does_nothing_for_members_left_out)
{
	static const struct am_sink_ops none;
	struct am_sink sink = {.ops = &none}, *p = &sink;
	struct am_error err;
	void *prepared = &sink;
	enum am_outcome outcome = AM_DUPLICATE;

	cr_assert_eq(am_sink_begin(&sink, NULL, &err), 0);
	cr_assert_eq(am_sink_folder(&sink, NULL, &err), 0);
	cr_assert_eq(am_sink_prepare(&sink, NULL, &prepared, &err), 0);
	cr_assert_null(prepared);
	cr_assert_eq(am_sink_put(&sink, NULL, &prepared, &outcome, &err), 0);
	cr_assert_eq(outcome, AM_STORED);
	cr_assert_eq(am_sink_finish(&sink, NULL, true, &err), 0);
	cr_assert_eq(am_sink_commit(&sink, &err), 0);
	am_sink_close(&p);
	am_sink_close(&p);
	cr_assert_null(p);
}

Test(sink, hands_what_was_prepared_to_put_or_discard)
{
	static const struct am_sink_ops ops = {
		.prepare = prepare, .put = put, .discard = discard};
	struct fake f = {.base.ops = &ops};
	struct am_error err;
	void *prepared;
	enum am_outcome outcome;

	cr_assert_eq(am_sink_prepare(&f.base, NULL, &prepared, &err), 0);
	cr_assert_eq(am_sink_put(&f.base, NULL, &prepared, &outcome, &err), 0);
	cr_assert_eq(outcome, AM_DUPLICATE);
	cr_assert_null(prepared);
	cr_assert_eq(am_sink_put(&f.base, NULL, &prepared, &outcome, &err), 0);
	cr_assert_eq(outcome, AM_STORED);
	cr_assert_eq(am_sink_prepare(&f.base, NULL, &prepared, &err), 0);
	am_sink_discard(&f.base, &prepared);
	am_sink_discard(&f.base, &prepared);
	cr_assert_eq(n_discarded, 1);
	cr_assert_eq(f.calls, 2);
}
