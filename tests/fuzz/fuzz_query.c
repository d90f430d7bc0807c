/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index.h"
#include "index/query_tree.h"

#include "base/blob.h"
#include "model/folder.h"
#include "model/message.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char mail[] = "From: Alice <alice@example.org>\n"
			   "To: bob@example.org\n"
			   "Subject: the annual report\n"
			   "Date: Thu, 2 Jan 2020 03:04:05 +0000\n"
			   "\n"
			   "Please find the report below.\n> quoted text\n";

/* A query is refused with a reason, or answered; printing it is stable. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const parts[] = {"INBOX"};
	struct am_folder *folder = NULL;
	struct am_message *msg = NULL;
	struct am_query *query = NULL;
	struct am_error err = {.text = ""};
	char *text = g_strndup((const char *)data, len);
	bool yes;

	if (am_query_parse(&query, text, 1600000000, &err)) {
		if (query || !*err.text || err.kind != AM_E_ARGUMENT ||
		    strlen(err.text) >= sizeof(err.text))
			abort();
		g_free(text);
		return 0;
	}
	char *print = am_node_print(query->root);
	g_free(print);
	if (am_query_explain(&print, query, text, NULL, NULL, &err))
		abort();
	g_free(print);
	if (am_folder_new(&folder, parts, 1, AM_ROLE_INBOX, &err) ||
	    am_message_new(&msg, folder, &err) ||
	    am_blob_copy(&msg->raw, mail, sizeof(mail) - 1, &err))
		abort();
	/* Threads are an index's, and patterns may take too long. */
	if (am_query_matches(query, msg, &yes, &err) &&
	    err.kind != AM_E_ARGUMENT && err.kind != AM_E_LIMIT)
		abort();
	am_query_free(&query);
	if (!am_query_parse_typing(&query, text, 1600000000, &err) != !!query)
		abort();
	const struct am_folder *f = folder;
	am_folder_unref(&f);
	am_message_free(&msg);
	am_query_free(&query);
	g_free(text);
	return 0;
}
