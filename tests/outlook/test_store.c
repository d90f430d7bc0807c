/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/store.h"

#include "base/arena.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_ctx ctx;

TestSuite(store, .fini = am_test_tmpdir_end);

static struct am_pst_store *open_file(GByteArray *file)
{
	struct am_pst_store *store = NULL;
	struct am_error err = {0};
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	cr_assert(am_pst_store_open(&store, path, 1252, &ctx, &err) == 0, "%s",
	          err.text);
	g_free(path);
	return store;
}

static const struct am_pst_folder *find(struct am_pst_store *store,
                                        const char *name, size_t *at)
{
	for (*at = 0; *at < am_pst_store_n_folders(store); ++*at)
		if (!strcmp(am_pst_store_folder(store, *at)->name, name))
			return am_pst_store_folder(store, *at);
	cr_assert_fail("no folder %s", name);
	return NULL;
}

Test(store, folders_with_their_names_and_roles)
{
	static const struct {
		const char *name;
		enum am_role role;
		bool outside;
	} want[] = {
		{"Gelöschte Elemente", AM_ROLE_TRASH, false},
		{"Gesendete Objekte", AM_ROLE_SENT, false},
		{"Posteingang", AM_ROLE_INBOX, false},
		{"Müller / Söhne", AM_ROLE_NONE, false},
		{"Common Views", AM_ROLE_NONE, true},
	};
	for (unsigned kind = 0; kind < 3; kind++) {
		struct am_pst_store *store =
			open_file(am_test_pst_sample(kind, kind));
		size_t at;
		cr_expect(am_pst_store_n_folders(store) == 10);
		cr_expect(am_pst_store_n_messages(store) == 10);
		for (size_t i = 0; i < AM_COUNT(want); i++) {
			const struct am_pst_folder *f =
				find(store, want[i].name, &at);
			cr_expect(f->role == want[i].role, "%s", f->name);
			cr_expect(f->outside == want[i].outside, "%s", f->name);
			cr_expect(f->up < at);
		}
		cr_expect_str_eq(find(store, "Contacts", &at)->class,
		                 "IPF.Contact");
		am_pst_store_close(&store);
	}
}

static size_t count(struct am_pst_store *store, const char *folder,
                    enum am_pst_which which)
{
	am_pst_nid *items = NULL;
	size_t at, n = 0;
	bool damaged = false;
	(void)find(store, folder, &at);
	am_pst_store_items(store, at, which, &items, &n, &damaged, NULL);
	cr_expect(!damaged);
	g_free(items);
	return n;
}

Test(store, items_listed_hidden_and_in_no_list)
{
	struct am_pst_store *store =
		open_file(am_test_pst_sample(AM_PST_UNICODE, 1));
	cr_expect(count(store, "Posteingang", AM_PST_LISTED) == 4);
	cr_expect(count(store, "Posteingang", AM_PST_UNLISTED) == 0);
	cr_expect(count(store, "Gelöschte Elemente", AM_PST_LISTED) == 0);
	cr_expect(count(store, "Gelöschte Elemente", AM_PST_UNLISTED) == 1);
	cr_expect(count(store, "Common Views", AM_PST_LISTED) == 0);
	cr_expect(count(store, "Common Views", AM_PST_ASSOCIATED) == 1);
	am_pst_store_close(&store);
	store = open_file(am_test_pst_many(AM_PST_ANSI, 3000, 2999));
	cr_expect(count(store, "Inbox", AM_PST_LISTED) == 2999);
	cr_expect(count(store, "Inbox", AM_PST_UNLISTED) == 1);
	am_pst_store_close(&store);
}

Test(store, recipients_and_attachments_of_a_message)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct am_pst_store *store =
			open_file(am_test_pst_sample(kind, kind));
		struct am_arena *arena = am_arena_new();
		struct am_pst_message msg;
		struct am_mapi_props *to = NULL;
		struct am_pst_attachment *atts = NULL;
		struct am_error err = {0};
		am_pst_nid *items = NULL;
		size_t at, n;
		int64_t type;
		bool damaged;
		(void)find(store, "Gesendete Objekte", &at);
		am_pst_store_items(store, at, AM_PST_LISTED, &items, &n,
		                   &damaged, NULL);
		cr_assert(n == 1 && am_pst_message_read(store, items[0], arena,
		                                        &msg, &err) == 0);
		g_free(items);
		cr_assert(am_pst_message_recipients(store, &msg, arena, &to, &n,
		                                    &err) == 0);
		cr_assert(n == 4);
		cr_expect_str_eq(am_mapi_text(&to[1], AM_PR_DISPLAY_NAME),
		                 "Zoë");
		cr_expect(am_mapi_int(&to[3], AM_PR_RECIPIENT_TYPE, &type) &&
		          type == 3);
		(void)find(store, "Müller / Söhne", &at);
		am_pst_store_items(store, at, AM_PST_LISTED, &items, &n,
		                   &damaged, NULL);
		cr_assert(n == 1 && am_pst_message_read(store, items[0], arena,
		                                        &msg, &err) == 0);
		g_free(items);
		cr_assert(am_pst_message_recipients(store, &msg, arena, &to, &n,
		                                    &err) == 0 &&
		          n == 0);
		cr_assert(am_pst_message_attachments(store, &msg, arena, &atts,
		                                     &n, &err) == 0);
		cr_assert(n == 2 && atts[0].has_message && !atts[0].why.kind);
		cr_assert(am_pst_message_read_at(store, &atts[0].message, arena,
		                                 &msg, &err) == 0);
		cr_expect_str_eq(am_mapi_text(&msg.props, AM_PR_SUBJECT),
		                 "the one within");
		cr_expect(atts[1].method == AM_ATTACH_BY_REFERENCE);
		cr_expect(am_pst_message_read(store, 0x9999984, arena, &msg,
		                              &err) == AM_FAILED &&
		          strstr(err.text, "0x9999984"));
		am_arena_free(&arena);
		am_pst_store_close(&store);
	}
}
