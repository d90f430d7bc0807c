/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By what the target is asked, after a run that was broken off or when it is
 * not as it was left, whether it still has what is remembered.  Beside the
 * state file lies one of records, only ever appended to while runs go on:
 *
 *    0  8  which folder of which source (am_state_place_id())
 *    8  4  UIDVALIDITY
 *   12  4  UID
 *   16 12  the message's key in the target (struct am_known_key)
 *   28  4  "AMk1"
 *
 * All little-endian.  A record proves nothing by itself: the state must
 * remember that UID, and the target must show that key.  So records too many,
 * of a run killed before its state was saved, do no harm, and one that is
 * lacking or torn costs no more than that its message is asked for again.  Nor
 * is one written anew when a server numbers its folder anew.
 *
 * They are read one after the other; in memory are only those of this run that
 * are not in the file yet.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "transfer/known.h"
#include "transfer/state_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD 32
#define MAGIC  UINT32_C(0x316b4d41)
#define SUFFIX ".proofs"

uint64_t am_state_place_id(const char *source, const char *path)
{
	uint8_t hash[AM_SHA256_LEN];
	char *key = g_strconcat(source, "\n", path, NULL);

	am_sha256(key, strlen(key), hash);
	g_free(key);
	struct am_cursor c = am_cursor(hash, sizeof hash);
	return am_get_le64(&c);
}

void am_state_proof(struct am_state *s, const char *source,
                    const struct am_folder *folder, uint32_t uidvalidity,
                    uint32_t uid, const struct am_known_key *key)
{
	uint8_t record[RECORD];

	if (!source || !uid || !uidvalidity || am_known_key_none(key))
		return;
	g_mutex_lock(&s->lock);
	am_put_le64(record, am_state_place(s, source, folder, true)->id);
	am_put_le32(record + 8, uidvalidity);
	am_put_le32(record + 12, uid);
	for (size_t i = 0; i < AM_COUNT(key->words); i++)
		am_put_le32(record + 16 + 4 * i, key->words[i]);
	am_put_le32(record + 28, MAGIC);
	g_byte_array_append(s->proofs, record, sizeof record);
	g_mutex_unlock(&s->lock);
}

/* ---- the file ---- */

static char *file_of(const struct am_state *s)
{
	return g_strconcat(s->file, SUFFIX, NULL);
}

int am_state_proofs_save(struct am_state *s, struct am_error *err)
{
	char *path = file_of(s);
	struct stat st;
	int r = AM_OK, fd = -1;

	if (!s->proofs->len)
		goto out;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || fstat(fd, &st)) {
		r = am_fail_sys(err, AM_FAILED, "%s", path);
		goto out;
	}
	/* Half a record would shift all that are put behind it. */
	if (st.st_size % RECORD &&
	    ftruncate(fd, st.st_size - st.st_size % RECORD))
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	if (!r)
		r = am_write_all(fd, s->proofs->data, s->proofs->len, path,
		                 err);
	if (!r)
		r = am_sync_fd(fd, path, err);
	if (!r)
		g_byte_array_set_size(s->proofs, 0);
out:
	if (fd >= 0)
		close(fd);
	g_free(path);
	return r ? AM_FAILED : AM_OK;
}

void am_state_proofs_clear(const char *state)
{
	char *path = g_strconcat(state, SUFFIX, NULL);

	am_file_replace_clear(path);
	g_free(path);
}

void am_state_proofs_drop(struct am_state *s)
{
	char *path = file_of(s);

	g_byte_array_set_size(s->proofs, 0);
	(void)unlink(path);
	g_free(path);
}

/* ---- what may be missing ---- */

static void doubt_all(struct am_state *s)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value))
		((struct place *)value)->doubt = true;
}

struct checking {
	struct am_state *state;
	const struct am_tally *now;
	bool same;
};

/* One folder of the target, as it was left. */
static void check_left(void *user, const char *path, struct am_tally_row was)
{
	struct checking *c = user;
	struct am_tally_row is = am_tally_of(c->now, path);
	GHashTableIter it;
	gpointer value;
	bool found = false;

	if (is.count == was.count && is.sum == was.sum)
		return;
	c->same = false;
	g_hash_table_iter_init(&it, c->state->places);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		struct place *p = value;
		const char *own =
			g_ascii_strcasecmp(p->path, "INBOX") ? p->path : "";
		if (strcmp(own, path) != 0)
			continue;
		found = p->doubt = true;
	}
	/* Of another name on the server: which, nobody knows. */
	if (!found)
		doubt_all(c->state);
}

bool am_state_check(struct am_state *s, uint64_t size,
                    const struct am_tally *now)
{
	struct checking c = {.state = s, .now = now, .same = true};

	g_mutex_lock(&s->lock);
	if (s->clean && s->left && now)
		am_tally_each(s->left, check_left, &c);
	else
		c.same = s->clean && !now && s->size == size;
	if (!c.same && !(s->clean && s->left && now))
		doubt_all(s);
	g_mutex_unlock(&s->lock);
	return c.same;
}

/* ---- what is there ---- */

static bool knows(GArray *epochs, uint32_t uidvalidity, uint32_t uid)
{
	for (guint i = 0; i < epochs->len; i++) {
		const struct epoch *e = &g_array_index(epochs, struct epoch, i);
		if (e->uidvalidity == uidvalidity)
			return am_imap_set_has(e->uids, uid);
	}
	return false;
}

static uint64_t numbers(GArray *epochs)
{
	uint64_t n = 0;

	for (guint i = 0; i < epochs->len; i++)
		n += am_imap_set_count(
			g_array_index(epochs, struct epoch, i).uids);
	return n;
}

struct proving {
	GHashTable *by_id; /* struct place */
	am_state_there_fn *there;
	void *user;
	GByteArray *kept;
};

/* true: it is to be kept. */
static bool prove_one(struct proving *p, const uint8_t *record)
{
	struct am_cursor c = am_cursor(record, RECORD);
	uint64_t id = am_get_le64(&c);
	uint32_t uidvalidity = am_get_le32(&c);
	uint32_t uid = am_get_le32(&c);
	struct place *place = g_hash_table_lookup(p->by_id, &id);
	struct am_known_key key;

	for (size_t i = 0; i < AM_COUNT(key.words); i++)
		key.words[i] = am_get_le32(&c);
	if (!place || am_get_le32(&c) != MAGIC ||
	    !knows(place->epochs, uidvalidity, uid))
		return false;
	if (knows(place->proven, uidvalidity, uid))
		return false;
	/* Also of what is not in doubt: what it stands for is found. */
	bool there = p->there(p->user, place->source, &key) || !place->doubt;
	if (there)
		am_imap_set_add(am_state_uids(place->proven, uidvalidity), uid,
		                uid);
	return there;
}

/* All records, into a new file those that hold. */
static int read_proofs(struct am_state *s, struct proving *p,
                       struct am_error *err)
{
	char *path = file_of(s), *temp = NULL;
	struct am_file *file = NULL;
	uint8_t *buf = g_malloc(RECORD << 11);
	uint64_t at = 0;
	size_t got;
	int fd = -1;

	p->kept = g_byte_array_new();
	int r = am_file_open(&file, path, err);
	if (!r)
		r = am_file_replace_open(&fd, &temp, path, err);
	while (!r) {
		r = am_file_read(file, at, buf, RECORD << 11, &got, err);
		if (r || got < RECORD)
			break;
		g_byte_array_set_size(p->kept, 0);
		for (size_t i = 0; i + RECORD <= got; i += RECORD)
			if (prove_one(p, buf + i))
				g_byte_array_append(p->kept, buf + i, RECORD);
		r = am_write_all(fd, p->kept->data, p->kept->len, path, err);
		at += got;
	}
	if (!r)
		r = am_file_replace_commit(&fd, &temp, path, err);
	am_file_replace_drop(&fd, &temp);
	am_file_unref(&file);
	g_byte_array_unref(p->kept);
	g_free(buf);
	g_free(path);
	return r;
}

/* What was not proven is not there. */
static void settle(struct place *p, am_state_gone_fn *gone, void *user)
{
	uint64_t lost = numbers(p->epochs) - numbers(p->proven);

	if (p->doubt && lost) {
		gone(user, p->path, lost);
		/* It said that there was nothing to ask for. */
		g_clear_pointer(&p->cursor, g_free);
	}
	if (p->doubt) {
		g_array_free(p->epochs, TRUE);
		p->epochs = g_steal_pointer(&p->proven);
	}
	if (p->proven)
		g_array_free(p->proven, TRUE);
	p->proven = NULL;
	p->doubt = false;
}

void am_state_prove(struct am_state *s, am_state_there_fn *there,
                    am_state_gone_fn *gone, void *user)
{
	struct proving p = {
		.by_id = g_hash_table_new(g_int64_hash, g_int64_equal),
		.there = there,
		.user = user,
	};
	bool doubt = false;
	GHashTableIter it;
	gpointer value;

	g_mutex_lock(&s->lock);
	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		struct place *place = value;
		g_hash_table_insert(p.by_id, &place->id, place);
		doubt = doubt || place->doubt;
		place->proven = am_state_epochs_new();
	}
	/* A file that is not there, or cannot be read, proves nothing. */
	if (doubt)
		(void)!read_proofs(s, &p, NULL);
	g_hash_table_iter_init(&it, s->places);
	while (g_hash_table_iter_next(&it, NULL, &value))
		settle(value, gone, user);
	g_mutex_unlock(&s->lock);
	g_hash_table_destroy(p.by_id);
}
