/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *   head    struct head
 *   rows    struct stored, n
 *   gone    struct am_gone, n_gone
 *   words   n_words sets of keywords, each "a b " and a NUL
 *   sum     of all before
 *
 * Numbers are as this machine has them, which the head's first one shows.
 */
#include "serve/snap_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x616D2D726F777302 /* "am-rows", version 2 */

struct head {
	uint64_t magic;
	int64_t box;
	uint64_t highest, n, n_gone, words_len;
	uint8_t moment[AM_SHA256_LEN];
};

struct stored {
	uint32_t uid, flags;
	uint64_t modseq;
	int64_t placement, message, received, saved;
	int16_t zone;
	uint16_t dated;
	uint32_t words; /* which set */
};

static char *path_of(const char *cache, int64_t box)
{
	return g_strdup_printf("%s/imap-%" PRId64 ".rows", cache, box);
}

/* Against files that were half written, not against anybody. */
static uint64_t sum_of(const char *data, size_t len)
{
	uint64_t sum = len;

	for (size_t i = 0; i + sizeof sum <= len; i += sizeof sum) {
		uint64_t word;
		memcpy(&word, data + i, sizeof word);
		sum = (sum ^ word) * 0x9E3779B97F4A7C15;
		sum ^= sum >> 32;
	}
	return sum;
}

/* ---- reading ---- */

/* The file's bytes if they are what they say; g_free(). */
static char *read_file(const char *path, int64_t box,
                       const uint8_t moment[AM_SHA256_LEN], struct head *head)
{
	struct am_file *file;
	char *data = NULL;
	uint64_t sum;

	if (am_file_open(&file, path, NULL))
		return NULL;
	uint64_t size = am_file_size(file);
	if (size < sizeof *head + sizeof sum ||
	    am_file_read_all(file, 0, head, sizeof *head, NULL) ||
	    head->magic != MAGIC || head->box != box ||
	    memcmp(head->moment, moment, AM_SHA256_LEN) != 0)
		goto out;
	/* None of these can make the sum go round. */
	if (head->n > size || head->n_gone > size || head->words_len > size ||
	    sizeof *head + head->n * sizeof(struct stored) +
	                    head->n_gone * sizeof(struct am_gone) +
	                    head->words_len + sizeof sum !=
	            size)
		goto out;
	data = g_malloc(size);
	if (!am_file_read_all(file, 0, data, size, NULL)) {
		memcpy(&sum, data + size - sizeof sum, sizeof sum);
		if (sum == sum_of(data, size - sizeof sum))
			goto out;
	}
	g_clear_pointer(&data, g_free);
out:
	am_file_unref(&file);
	return data;
}

static GPtrArray *read_words(const char *at, const struct head *head,
                             am_snap_words_fn *words, void *user)
{
	const char *end = at + head->words_len;
	GPtrArray *sets = g_ptr_array_new();

	while (at < end) {
		const char *nul = memchr(at, 0, (size_t)(end - at));
		if (!nul)
			break;
		g_ptr_array_add(sets, (void *)(uintptr_t)words(user, at));
		at = nul + 1;
	}
	return sets;
}

bool am_snap_file_load(const char *cache, int64_t box,
                       const uint8_t moment[AM_SHA256_LEN],
                       am_snap_words_fn *words, void *user, GArray *rows,
                       GArray *gone, uint64_t *highest)
{
	char *path = path_of(cache, box);
	struct head head;
	char *data = read_file(path, box, moment, &head);

	g_free(path);
	if (!data)
		return false;
	const char *at = data + sizeof head;
	const char *behind = at + head.n * sizeof(struct stored);
	GPtrArray *sets =
		read_words(behind + head.n_gone * sizeof(struct am_gone), &head,
	                   words, user);
	bool good = true;
	g_array_set_size(rows, (guint)head.n);
	for (guint i = 0; i < head.n && good; i++) {
		struct stored s;
		memcpy(&s, at + i * sizeof s, sizeof s);
		good = s.words < sets->len;
		if (good)
			g_array_index(rows, struct am_row, i) = (struct am_row){
				.uid = s.uid,
				.flags = s.flags,
				.modseq = s.modseq,
				.placement = s.placement,
				.message = s.message,
				.received = s.received,
				.saved = s.saved,
				.zone = s.zone,
				.dated = s.dated,
				.keywords = sets->pdata[s.words]};
	}
	if (good)
		g_array_append_vals(gone, behind, (guint)head.n_gone);
	else
		g_array_set_size(rows, 0);
	*highest = MAX(*highest, good ? head.highest : 0);
	g_ptr_array_free(sets, TRUE);
	g_free(data);
	return good;
}

/* ---- writing ---- */

/* The number of a row's set, which goes to *text when it is new. */
static uint32_t number_of(GHashTable *seen, const char *const *words,
                          GString *text)
{
	gpointer number, key = (void *)(uintptr_t)words;

	if (g_hash_table_lookup_extended(seen, key, NULL, &number))
		return GPOINTER_TO_UINT(number);
	for (; *words; words++) {
		g_string_append(text, *words);
		g_string_append_c(text, ' ');
	}
	g_string_append_c(text, '\0');
	number = GUINT_TO_POINTER(g_hash_table_size(seen));
	g_hash_table_insert(seen, key, number);
	return GPOINTER_TO_UINT(number);
}

static GString *encode(const struct am_snap *snap,
                       const uint8_t moment[AM_SHA256_LEN])
{
	GHashTable *seen = g_hash_table_new(NULL, NULL);
	GString *words = g_string_new("");
	struct head head = {.magic = MAGIC,
	                    .box = snap->box,
	                    .highest = snap->highest,
	                    .n = snap->n,
	                    .n_gone = snap->n_gone};
	GString *all = g_string_sized_new(
		sizeof head + snap->n * sizeof(struct stored) +
		snap->n_gone * sizeof(struct am_gone) + 1024);

	memcpy(head.moment, moment, sizeof head.moment);
	g_string_append_len(all, (const char *)&head, sizeof head);
	for (size_t i = 0; i < snap->n; i++) {
		const struct am_row *row = &snap->rows[i];
		const struct stored s = {
			.uid = row->uid,
			.flags = row->flags,
			.modseq = row->modseq,
			.placement = row->placement,
			.message = row->message,
			.received = row->received,
			.saved = row->saved,
			.zone = row->zone,
			.dated = row->dated,
			.words = number_of(seen, row->keywords, words)};
		g_string_append_len(all, (const char *)&s, sizeof s);
	}
	for (size_t i = 0; i < snap->n_gone; i++) {
		struct am_gone gone;
		memset(&gone, 0, sizeof gone);
		gone.uid = snap->gone[i].uid;
		gone.modseq = snap->gone[i].modseq;
		g_string_append_len(all, (const char *)&gone, sizeof gone);
	}
	g_string_append_len(all, words->str, (gssize)words->len);
	head.words_len = words->len;
	memcpy(all->str, &head, sizeof head);
	uint64_t sum = sum_of(all->str, all->len);
	g_string_append_len(all, (const char *)&sum, sizeof sum);
	g_hash_table_destroy(seen);
	g_string_free(words, TRUE);
	return all;
}

void am_snap_file_save(const char *cache, const struct am_snap *snap,
                       const uint8_t moment[AM_SHA256_LEN])
{
	char *path = path_of(cache, snap->box);
	char *temp = g_strdup_printf("%s.%d", path, (int)getpid());
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd >= 0) {
		GString *all = encode(snap, moment);
		/* Not synced: what a crash leaves of it its sum tells. */
		bool good = !am_write_all(fd, all->str, all->len, temp, NULL);
		close(fd);
		if (!good || rename(temp, path))
			(void)unlink(temp);
		g_string_free(all, TRUE);
	}
	g_free(temp);
	g_free(path);
}
