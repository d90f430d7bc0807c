/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/transfer/state_rig.h"

#include "model/folder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

static void open_state(struct rig *rig)
{
	cr_assert_eq(am_state_open(&rig->state, rig->path, &rig->err), AM_OK);
}

void rig_set_up(struct rig *rig)
{
	/* What a key file and a path would trip over. */
	static const char *const parts[] = {"[Gmail]", "a/b=\n\xc3\xa4"};
	struct am_folder *folder;

	*rig = (struct rig){.path = am_test_path("x.state")};
	cr_assert_eq(am_folder_new(&folder, parts, 2, AM_ROLE_NONE, &rig->err),
	             AM_OK);
	rig->folder = folder;
	open_state(rig);
}

void rig_tear_down(struct rig *rig)
{
	am_state_free(&rig->state);
	am_folder_unref(&rig->folder);
	g_free(rig->path);
}

void rig_reopen(struct rig *rig)
{
	am_state_free(&rig->state);
	open_state(rig);
}

void rig_store(struct rig *rig, uint32_t validity, uint32_t uid)
{
	struct am_message msg = {
		.folder = rig->folder, .uidvalidity = validity, .uid = uid};

	am_state_stored(rig->state, ME, &msg);
}

static int write_down(void *user, const struct am_remembered *what,
                      struct am_error *err)
{
	(void)err;
	g_string_append_printf(user, "%u/%u ", what->uidvalidity, what->uid);
	return AM_OK;
}

void rig_expect(struct rig *rig, const char *source, const char *wanted,
                const char *cursor)
{
	struct am_memory *m = am_state_memory(rig->state);
	GString *said = g_string_new(NULL);
	char *value;

	cr_assert_eq(m->ops->each(m, source, rig->folder, write_down, said,
	                          &rig->err),
	             AM_OK);
	cr_assert_str_eq(said->str, wanted);
	cr_assert_eq(m->ops->cursor(m, source, rig->folder, &value, &rig->err),
	             AM_OK);
	cr_assert_eq(value == NULL, cursor == NULL);
	if (cursor)
		cr_assert_str_eq(value, cursor);
	g_free(value);
	g_string_free(said, TRUE);
}
