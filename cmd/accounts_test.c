/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark accounts test: log in and tell what is there. */
#include "base/json.h"
#include "cmd/accounts.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "formats/imap/mailboxes.h"
#include "formats/pop3/drop.h"
#include "formats/pop3/pop3.h"
#include "model/folder.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

static void tell(struct server_report *report, const char *key,
                 const char *label, const char *text)
{
	char *clean = out_clean(text, false);

	if (report->json)
		out_json_text(report->json, key, clean);
	else
		printf("%-14s %s\n", label, clean);
	g_free(clean);
}

static void tell_connection(struct server_report *report,
                            const struct am_server_login *login,
                            const struct am_conn *conn)
{
	char *server = g_strdup_printf("%s, port %u", login->host, login->port);
	const char *tls = am_conn_tls_name(conn);

	tell(report, "server", "server", server);
	tell(report, "tls", "encryption",
	     *tls ? tls : "none: all can read along");
	if (*tls)
		tell(report, "certificate", "certificate",
		     am_conn_peer_pin(conn));
	tell(report, "user", "logged in as",
	     login->user ? login->user : "(by certificate)");
	g_free(server);
}

/* "yes: few round trips on the next run" … for each thing that matters. */
struct matter {
	const char *capability, *key, *label, *yes, *no;
};

static void tell_matter(struct server_report *report, const struct matter *m,
                        bool has)
{
	if (report->json) {
		am_json_key(report->json, m->key);
		am_json_bool(report->json, has);
	} else {
		printf("%-14s %s\n", m->label, has ? m->yes : m->no);
	}
}

/* ---- IMAP ---- */
static const struct matter imap_matters[] = {
	{"QRESYNC", "qresync", "what is new",
         "told in one answer for each folder (QRESYNC)",
         "found by comparing (no QRESYNC)"},
	{"CONDSTORE", "condstore", "changed flags", "told (CONDSTORE)",
         "found by asking for all (no CONDSTORE)"},
	{"LIST-STATUS", "list_status", "folders",
         "all looked at in one command (LIST-STATUS)",
         "looked at one by one (no LIST-STATUS)"},
	{"COMPRESS=DEFLATE", "compress", "compression",
         "offered (used where the line is slow)", "not offered"},
	{"UIDPLUS", "uidplus", "writing", "tells where mail went (UIDPLUS)",
         "does not tell where mail went (no UIDPLUS)"},
	{"MULTIAPPEND", "multiappend", "many at once", "yes (MULTIAPPEND)",
         "one message at a time"},
	{"IDLE", "idle", "watching", "news as it comes (IDLE)",
         "by asking again and again (no IDLE)"},
	{"X-GM-EXT-1", "gmail", "Gmail labels", "read", "none here"},
};

static void tell_boxes(struct server_report *report, const GPtrArray *boxes)
{
	char count[OUT_ROOM];
	uint64_t all = 0;

	if (report->json) {
		am_json_key(report->json, "folders");
		am_json_open(report->json, '[');
	} else {
		printf("\n%10s  %s\n", "messages", "folder");
	}
	for (guint i = 0; i < boxes->len; i++) {
		const struct am_imap_box *box = boxes->pdata[i];
		if (report->json) {
			am_json_open(report->json, '{');
			am_json_key(report->json, "path");
			out_json_folder(report->json, box->folder);
			am_json_key(report->json, "messages");
			if (box->told)
				am_json_uint(report->json, box->messages);
			else
				am_json_null(report->json);
			am_json_close(report->json, '}');
			continue;
		}
		char *name = am_folder_print(box->folder);
		char *clean = out_clean(name, false);
		out_count(box->messages, count);
		printf("%10s  %s\n",
		       box->told         ? count
		       : box->selectable ? "?"
		                         : "-",
		       clean);
		g_free(clean);
		g_free(name);
		all += box->messages;
	}
	out_count(all, count);
	if (report->json)
		am_json_close(report->json, ']');
	else
		printf("%10s  in all\n", count);
}

int accounts_test_imap(struct session *s, const struct am_location *where,
                       const struct am_option *options,
                       struct server_report *report, struct am_error *err)
{
	struct am_imap_account *account = NULL;
	struct am_imap_session *imap = NULL;
	GPtrArray *boxes = NULL;

	int r = am_imap_account_new(&account, where, options, &s->ctx, err);
	if (!r)
		r = am_imap_session_open(&imap, account, err);
	if (!r)
		r = am_imap_mailboxes_list(imap, true, &boxes, err);
	if (!r)
		r = am_imap_mailboxes_status(imap, boxes, err);
	if (!r) {
		tell_connection(report, account->login,
		                am_imap_session_conn(imap));
		for (size_t i = 0; i < AM_COUNT(imap_matters); i++)
			tell_matter(report, &imap_matters[i],
			            am_imap_session_has(
					    imap, imap_matters[i].capability));
		tell_boxes(report, boxes);
	}
	if (boxes)
		g_ptr_array_unref(boxes);
	am_imap_session_close(&imap, !r);
	am_imap_account_free(&account);
	return r;
}

/* ---- POP3 ---- */
static void tell_drop(struct server_report *report,
                      const struct am_pop3_session *pop3,
                      const struct am_pop3_drop *drop)
{
	static const struct matter lined = {NULL, "pipelining", "fetching",
	                                    "many at once (PIPELINING)",
	                                    "one message at a time"};
	static const struct matter uidl = {
		NULL, "uidl", "what is new", "told by lasting names (UIDL)",
		"found by looking at headers, or not at all (no UIDL)"};
	char count[OUT_ROOM], size[OUT_ROOM];
	uint64_t bytes = 0;

	for (size_t i = 0; i < drop->n; i++)
		bytes += drop->mails[i].size;
	tell_matter(report, &lined, pop3->pipelining);
	tell_matter(report, &uidl, !drop->no_uidl);
	if (report->json) {
		am_json_key(report->json, "messages");
		am_json_uint(report->json, drop->n);
		am_json_key(report->json, "bytes");
		am_json_uint(report->json, bytes);
		return;
	}
	out_count(drop->n, count);
	out_size(bytes, size);
	printf("%-14s %s messages, %s\n", "mailbox", count, size);
}

int accounts_test_pop3(struct session *s, const struct am_location *where,
                       const struct am_option *options,
                       struct server_report *report, struct am_error *err)
{
	struct am_server_login *login = NULL;
	struct am_pop3_session *pop3 = NULL;
	struct am_pop3_drop drop = {0};

	int r = am_server_login_new(&login, where, options, am_pop3_schemes,
	                            &s->ctx, err);
	if (!r)
		r = am_pop3_session_open(&pop3, login, true, err);
	if (!r)
		r = am_pop3_drop_read(&drop, pop3, err);
	if (!r) {
		tell_connection(report, login, pop3->conn);
		tell_drop(report, pop3, &drop);
	}
	am_pop3_drop_clear(&drop);
	(void)am_pop3_session_close(&pop3, !r, NULL);
	am_server_login_free(&login);
	return r;
}
