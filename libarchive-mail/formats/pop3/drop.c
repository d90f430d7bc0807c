/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listing a mailbox: LIST, UIDL, or digests of header blocks (RFC 1939 section
 * 7).
 */
#include "formats/pop3/drop.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/reader.h"
#include "model/memory.h"

#include <glib.h>

#include <string.h>

enum {
	MAILS_MOST = 2 * 1000 * 1000,
	UIDL_MOST = 128, /* RFC 1939 allows 70 */
	TOP_MOST = 1024 * 1024,
	TOP_WINDOW = 50
};

uint64_t am_pop3_key(const void *data, size_t len)
{
	uint8_t digest[AM_SHA256_LEN];
	uint64_t key = 0;

	am_sha256(data, len, digest);
	for (int i = 0; i < 8; i++)
		key = key << 8 | digest[i];
	if (!(key >> 32))
		key |= UINT64_C(1) << 32;
	if (!(key & UINT32_MAX))
		key |= 1;
	return key;
}

void am_pop3_drop_clear(struct am_pop3_drop *drop)
{
	am_arena_free(&drop->names);
	g_free(drop->mails);
	*drop = (struct am_pop3_drop){0};
}

/* ---- LIST and UIDL ---- */
/* The number's row; rows come ascending as a rule, which is where to look. */
static struct am_pop3_mail *find_number(GArray *mails, uint32_t number,
                                        size_t *hint)
{
	struct am_pop3_mail *m = (struct am_pop3_mail *)(void *)mails->data;

	for (size_t i = 0; i < 4 && *hint + i < mails->len; i++)
		if (m[*hint + i].number == number) {
			*hint += i + 1;
			return &m[*hint - 1];
		}
	for (size_t lo = 0, hi = mails->len; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		if (m[mid].number == number) {
			*hint = mid + 1;
			return &m[mid];
		}
		if (m[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int compare_number(const void *a, const void *b)
{
	uint32_t x = ((const struct am_pop3_mail *)a)->number;
	uint32_t y = ((const struct am_pop3_mail *)b)->number;

	return (x > y) - (x < y);
}

static int read_list(struct am_pop3_session *s, GArray *mails,
                     struct am_error *err)
{
	struct am_pop3_status status;
	uint32_t number, last = 0;
	const char *line, *rest;
	size_t len, rest_len;
	bool sorted = true;

	int r = am_pop3_answer(s, &status, err);
	if (!r && !status.ok)
		r = am_pop3_refusal(&status, "the list of messages was", err);
	if (r)
		return r;
	while (!(r = am_pop3_line(am_conn_in(s->conn), &line, &len, err))) {
		struct am_pop3_mail m = {0};
		if (!am_pop3_list(line, len, &number, &rest, &rest_len) ||
		    !number)
			continue;
		if (mails->len == MAILS_MOST)
			return am_fail(err, AM_FATAL, AM_E_LIMIT,
			               "the list of messages has no end");
		char *size = g_strndup(rest, MIN(rest_len, 20));
		m.number = number;
		m.size = g_ascii_strtoull(size, NULL, 10);
		g_free(size);
		sorted = sorted && number > last;
		last = number;
		g_array_append_val(mails, m);
	}
	if (r == AM_END && !sorted) {
		g_array_sort(mails, compare_number);
		/* The same number twice is one message. */
		struct am_pop3_mail *m =
			(struct am_pop3_mail *)(void *)mails->data;
		size_t n = 0;
		for (size_t i = 0; i < mails->len; i++)
			if (!n || m[i].number != m[n - 1].number)
				m[n++] = m[i];
		g_array_set_size(mails, (guint)n);
	}
	return r == AM_END ? AM_OK : r;
}

/* As it is; what no server should send (long, or with a NUL) by its digest. */
static const char *keep_uidl(struct am_pop3_drop *drop, const char *uidl,
                             size_t len)
{
	char hex[AM_SHA256_HEX];
	uint8_t digest[AM_SHA256_LEN];

	if (len <= UIDL_MOST && !memchr(uidl, 0, len))
		return am_arena_strndup(drop->names, uidl, len);
	am_sha256(uidl, len, digest);
	am_hex(digest, sizeof digest, hex);
	return am_arena_printf(drop->names, "sha256:%s", hex);
}

static int read_uidl(struct am_pop3_session *s, struct am_pop3_drop *drop,
                     GArray *mails, struct am_error *err)
{
	struct am_pop3_status status;
	const char *line, *rest;
	size_t len, rest_len, hint = 0;
	uint32_t number;

	int r = am_pop3_answer(s, &status, err);
	if (r)
		return r;
	drop->no_uidl = !status.ok;
	if (drop->no_uidl)
		return AM_OK;
	while (!(r = am_pop3_line(am_conn_in(s->conn), &line, &len, err))) {
		if (!am_pop3_list(line, len, &number, &rest, &rest_len) ||
		    !rest_len)
			continue;
		struct am_pop3_mail *m = find_number(mails, number, &hint);
		if (m && !m->uidl)
			m->uidl = keep_uidl(drop, rest, rest_len);
	}
	return r == AM_END ? AM_OK : r;
}

/* Keys of ids; copies of one message may share theirs (section 7), so each
 * after the first has its turn in it. */
static void key_by_uidl(struct am_pop3_mail *mails, size_t n)
{
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < n; i++) {
		if (!mails[i].uidl)
			continue;
		gpointer key = (gpointer)(uintptr_t)mails[i].uidl;
		guint turn = GPOINTER_TO_UINT(g_hash_table_lookup(seen, key));
		char *text =
			turn ? g_strdup_printf("%s\n%u", mails[i].uidl, turn)
			     : g_strdup(mails[i].uidl);
		mails[i].key = am_pop3_key(text, strlen(text));
		g_free(text);
		g_hash_table_insert(seen, key, GUINT_TO_POINTER(turn + 1));
	}
	g_hash_table_unref(seen);
}

/* ---- TOP ---- */
int am_pop3_top_ask(struct am_pop3_session *s, uint32_t number,
                    struct am_error *err)
{
	return am_pop3_put(s, err, "TOP %" PRIu32 " 0", number);
}

int am_pop3_top_read(struct am_pop3_session *s, GByteArray *head,
                     struct am_error *err)
{
	struct am_pop3_status status;
	struct am_reader *body;
	const uint8_t *data;
	size_t len;

	g_byte_array_set_size(head, 0);
	int r = am_pop3_answer(s, &status, err);
	if (!r && !status.ok)
		r = am_pop3_refusal(&status, "the header was", err);
	if (!r)
		r = am_pop3_body(&body, am_conn_in(s->conn), err);
	if (r)
		return r;
	while (!(r = am_reader_peek(body, 1, &data, &len, err))) {
		size_t room = TOP_MOST - head->len;
		g_byte_array_append(head, data, (guint)MIN(room, len));
		am_reader_skip(body, len);
	}
	am_reader_close(&body);
	return r == AM_END ? AM_OK : r;
}

/* The digest leaves out what servers write into headers when mail is read. */
static uint64_t digest_head(const GByteArray *head)
{
	static const char *const changing[] = {
		"Status:", "X-Status:", "X-UIDL:", "X-Keywords:"};
	GByteArray *kept = g_byte_array_sized_new(head->len + 1);
	const char *at = (const char *)head->data;
	size_t left = head->len;

	while (left) {
		const char *end = memchr(at, '\n', left);
		size_t n = end ? (size_t)(end + 1 - at) : left;
		bool changes = false;
		for (size_t i = 0; i < AM_COUNT(changing); i++)
			changes = changes ||
			          (n >= strlen(changing[i]) &&
			           !g_ascii_strncasecmp(at, changing[i],
			                                strlen(changing[i])));
		if (!changes)
			g_byte_array_append(kept, (const guint8 *)at, (guint)n);
		at += n;
		left -= n;
	}
	uint64_t key = kept->len ? am_pop3_key(kept->data, kept->len) : 0;
	g_byte_array_free(kept, TRUE);
	return key;
}

static int key_by_top(struct am_pop3_session *s, struct am_pop3_drop *drop,
                      GArray *mails, struct am_error *err)
{
	struct am_pop3_mail *m = (struct am_pop3_mail *)(void *)mails->data;
	size_t window = s->pipelining ? TOP_WINDOW : 1;
	GByteArray *head = g_byte_array_new();
	size_t asked = 0;
	int r = AM_OK;

	for (size_t i = 0; i < mails->len && !drop->no_top; i++) {
		if (am_ctx_cancelled(s->login->ctx))
			r = am_ctx_fail_cancelled(err);
		for (; !r && asked < mails->len && asked < i + window; asked++)
			r = am_pop3_top_ask(s, m[asked].number, err);
		if (!r)
			r = am_pop3_flush(s, err);
		if (!r)
			r = am_pop3_top_read(s, head, err);
		if (!r)
			m[i].key = digest_head(head);
		/* The first refusal of all is of the command, any other of
		 * that message. */
		if (r == AM_FAILED) {
			drop->no_top = !i;
			r = AM_OK;
		}
		if (r)
			break;
		if (drop->no_top)
			for (; !r && ++i < asked;)
				r = am_pop3_top_read(s, head, err) == AM_FAILED
				            ? AM_OK
				            : AM_RETRY;
	}
	g_byte_array_free(head, TRUE);
	return r;
}

/* "+OK 3 1200". */
static int read_stat(struct am_pop3_session *s, struct am_pop3_drop *drop,
                     struct am_error *err)
{
	struct am_pop3_status status;

	int r = am_pop3_answer(s, &status, err);
	if (!r && status.ok)
		drop->counted = g_ascii_strtoull(status.text, NULL, 10);
	return r;
}

/* Several commands at once only where that is agreed. */
static int ask(struct am_pop3_session *s, bool first, const char *command,
               struct am_error *err)
{
	if (s->pipelining && !first)
		return AM_OK;
	int r = am_pop3_put(s, err, "%s", command);
	return r ? r : am_pop3_flush(s, err);
}

int am_pop3_drop_read(struct am_pop3_drop *out, struct am_pop3_session *s,
                      struct am_error *err)
{
	GArray *mails = g_array_new(FALSE, FALSE, sizeof(struct am_pop3_mail));

	*out = (struct am_pop3_drop){.names = am_arena_new()};
	int r = ask(s, true, s->pipelining ? "STAT\r\nLIST\r\nUIDL" : "STAT",
	            err);
	if (!r)
		r = read_stat(s, out, err);
	if (!r)
		r = ask(s, false, "LIST", err);
	if (!r)
		r = read_list(s, mails, err);
	if (!r)
		r = ask(s, false, "UIDL", err);
	if (!r)
		r = read_uidl(s, out, mails, err);
	if (!r && out->no_uidl)
		r = key_by_top(s, out, mails, err);
	out->n = mails->len;
	out->mails = (struct am_pop3_mail *)(void *)g_array_free(mails, FALSE);
	if (r)
		am_pop3_drop_clear(out);
	else if (!out->no_uidl)
		key_by_uidl(out->mails, out->n);
	return r;
}

int am_pop3_drop_renumber(struct am_pop3_drop *drop, struct am_pop3_session *s,
                          struct am_error *err)
{
	struct am_pop3_drop now;

	int r = am_pop3_drop_read(&now, s, err);
	if (r)
		return r;
	GHashTable *at = g_hash_table_new(g_int64_hash, g_int64_equal);
	for (size_t i = 0; i < now.n; i++)
		if (now.mails[i].key)
			g_hash_table_insert(at, &now.mails[i].key,
			                    &now.mails[i]);
	for (size_t i = 0; i < drop->n; i++) {
		struct am_pop3_mail *m = &drop->mails[i];
		const struct am_pop3_mail *same =
			m->key ? g_hash_table_lookup(at, &m->key) : NULL;
		/* Without any id: mail arrives behind what is there. */
		if (!m->key && i < now.n && now.mails[i].size == m->size)
			same = &now.mails[i];
		m->number = same ? same->number : 0;
	}
	g_hash_table_unref(at);
	am_pop3_drop_clear(&now);
	return AM_OK;
}

/* ---- what the target has ---- */
static int remember(void *user, const struct am_remembered *what,
                    struct am_error *err)
{
	struct am_pop3_known k = {.key = (uint64_t)what->uidvalidity << 32 |
	                                 what->uid};

	(void)err;
	if (what->message_id)
		k.id_digest =
			am_pop3_key(what->message_id, strlen(what->message_id));
	g_array_append_val((GArray *)user, k);
	return AM_OK;
}

static int compare_known(const void *a, const void *b)
{
	uint64_t x = ((const struct am_pop3_known *)a)->key;
	uint64_t y = ((const struct am_pop3_known *)b)->key;

	return (x > y) - (x < y);
}

int am_pop3_drop_match(struct am_pop3_drop *drop, struct am_memory *memory,
                       const char *source, const struct am_folder *folder,
                       struct am_pop3_known **known, size_t *n,
                       struct am_error *err)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct am_pop3_known));

	int r = memory->ops->each(memory, source, folder, remember, all, err);
	g_array_sort(all, compare_known);
	for (size_t i = 0; !r && i < drop->n; i++) {
		const struct am_pop3_known key = {.key = drop->mails[i].key};
		drop->mails[i].known = key.key && all->len &&
		                       bsearch(&key, all->data, all->len,
		                               sizeof key, compare_known);
	}
	*n = all->len;
	*known = (struct am_pop3_known *)(void *)g_array_free(all, FALSE);
	return r;
}
