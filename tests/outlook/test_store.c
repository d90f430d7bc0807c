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

/* As Outlook names the nodes of an OST, with names of another language. */
static GByteArray *ost_mailbox(void)
{
	static const struct {
		am_pst_nid nid, parent;
		const char *name;
	} folders[] = {{0x122, 0x122, ""},
	               {0x2002, 0x122, "Root - Public"},
	               {0x2022, 0x2002, "IPM_SUBTREE"},
	               {0x20a2, 0x122, "Root - Mailbox"},
	               {0x20c2, 0x20a2, "Common Views"},
	               {0x2142, 0x20a2, "IPM_SUBTREE"},
	               {0x2162, 0x2142, "Papelera"},
	               {0x2182, 0x2142, "Buzón"},
	               {0x21c2, 0x2142, "Enviados"},
	               {0x2202, 0x2182, "Jardín"}};
	struct am_test_pst *pst =
		am_test_pst_new(AM_PST_OST4K, AM_PST_CRYPT_NONE);
	const struct am_test_prop store[] = {AM_TEST_TEXT(0x3001, "")};
	GArray *subs =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));

	am_test_pst_node(pst, 0x21, 0, am_test_pst_pc(pst, store, 1, subs), 0);
	for (size_t i = 0; i < AM_COUNT(folders); i++) {
		const struct am_test_prop props[] = {
			AM_TEST_TEXT(0x3001, folders[i].name)};
		am_test_pst_node(pst, folders[i].nid, folders[i].parent,
		                 am_test_pst_pc(pst, props, 1, subs), 0);
	}
	g_array_free(subs, TRUE);
	return am_test_pst_finish(pst);
}

Test(store, top_of_a_mailbox_in_an_ost)
{
	struct am_pst_store *store = open_file(ost_mailbox());
	size_t at;

	cr_expect(am_pst_store_folder(store, 0)->nid == 0x2142);
	cr_expect(find(store, "Buzón", &at)->role == AM_ROLE_INBOX);
	cr_expect(find(store, "Papelera", &at)->role == AM_ROLE_TRASH);
	cr_expect(find(store, "Enviados", &at)->role == AM_ROLE_SENT);
	cr_expect(!find(store, "Jardín", &at)->outside);
	cr_expect(find(store, "Root - Public", &at)->outside);
	cr_expect(find(store, "Common Views", &at)->outside);
	am_pst_store_close(&store);
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
