/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_HOUSE_H
#define AM_SERVE_HOUSE_H

#include "model/ctx.h"

struct _GString;
struct am_blob;
struct am_conn;
struct am_sasl_secret;
struct am_tls_server;
struct am_users;
struct am_vault;

/* What an index says: others up to `last` do not hold it, of later ones it
 * knows nothing, and of these it is sure or not.  What it takes for no words is
 * left out of all that: unkept. */
struct am_found {
	size_t n;
	int64_t *ids; /* ascending; g_free() */
	bool *sure;   /* g_free() */
	int64_t last;
};

/* What an index finds when it need not be exact: of messages up to `last`
 * these, and how well each fits, 1 to 100. */
struct am_ranked {
	size_t n;
	int64_t *ids;    /* ascending; g_free() */
	uint8_t *scores; /* g_free() */
	int64_t last;
};

/*
 * What all sessions of a server have in common: the archives, the users, the
 * certificate, the walls.  Whoever makes it fills it in and keeps it until the
 * last session is gone.
 */
struct am_house {
	struct am_vault **vaults; /* the first holds INBOX */
	size_t n_vaults;
	struct am_users *users;
	struct am_tls_server *tls; /* NULL: no STARTTLS */
	struct am_ctx *ctx;
	const char *name, *version; /* for ID and the greeting */
	bool insecure_login; /* plain text passwords in the clear, from anywhere
	                      */
	/*
	 * Asked of an index: the messages of an archive that hold this folded
	 * text in their body.  AM_END: it cannot say; then they are read one by
	 * one.  Called by any thread.  NULL: there is none.
	 */
	int (*find)(void *user, struct am_vault *vault, const char *text,
	            struct am_found *out, struct am_error *err);
	/* What of a message's body no word of the index holds: added to `out`.
	 */
	int (*unkept)(const struct am_blob *raw, const struct am_limits *limits,
	              struct _GString *out, struct am_error *err);
	/* The same for FUZZY, in the messages or in one of their fields, from,
	 * to, cc, subject, body (else NULL).  NULL: there is none. */
	int (*rank)(void *user, struct am_vault *vault, const char *field,
	            const char *text, struct am_ranked *out,
	            struct am_error *err);
	void *find_user;
	uint64_t append_limit;  /* of one message; 0: 4 GiB less one */
	uint32_t message_limit; /* of one command; 0: any (limit.h) */
	unsigned progress_ms;   /* a long search is told of so often; 0: 10 s */
};

#endif
