/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/sidecar.h"

#include "base/bytes.h"
#include "formats/keyword_flags.h"
#include "formats/mbox/vault.h"
#include "model/message.h"

#include <glib.h>
#include <jansson.h>

#include <string.h>
#include <sys/stat.h>

#define FILE_MAX   (256 * 1024 * 1024)
#define TOC_HEAD   104
#define TOC_ENTRY  218
#define TOC_COUNT  102
#define TOC_STATUS 12

/* Of one message, by its offset. */
struct note {
	uint32_t uid, flags;
	char **keywords;
};

struct am_mbox_sidecar {
	GHashTable *by_offset; /* uint64_t * -> struct note */
	uint32_t uidvalidity;
	struct am_mbox_vault *vault;
	char *vault_dir; /* where that was looked for */
};

static void note_free(void *data)
{
	struct note *note = data;

	g_strfreev(note->keywords);
	g_free(note);
}

static struct note *add(struct am_mbox_sidecar *s, uint64_t offset)
{
	uint64_t *key = g_new(uint64_t, 1);
	struct note *note = g_new0(struct note, 1);

	*key = offset;
	g_hash_table_replace(s->by_offset, key, note);
	return note;
}

/* "x.mbox" and ".imap": "x.imap", when there is such a file. */
static char *beside(const char *path, const char *ending)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	size_t len = dot && (!slash || dot > slash) ? (size_t)(dot - path)
	                                            : strlen(path);
	char *upper = g_ascii_strup(ending, -1);
	char *both[] = {g_strdup_printf("%.*s%s", (int)len, path, ending),
	                g_strdup_printf("%.*s%s", (int)len, path, upper)};
	char *found = NULL;
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		if (!found && strcmp(both[i], path) != 0 &&
		    !stat(both[i], &st) && S_ISREG(st.st_mode) &&
		    st.st_size <= FILE_MAX)
			found = g_steal_pointer(&both[i]);
		g_free(both[i]);
	}
	g_free(upper);
	return found;
}

/* {"version": 3, "uid_validity": 1, "messages":
 *  [{"uid": 1, "offset": 0, "length": 100, "flags": ["Seen"]}]} */
static void read_imap_backup(struct am_mbox_sidecar *s, const char *path)
{
	json_t *root = json_load_file(path, 0, NULL);
	json_t *messages = json_object_get(root, "messages"), *one, *word;
	size_t i, k;

	s->uidvalidity = (uint32_t)json_integer_value(
		json_object_get(root, "uid_validity"));
	json_array_foreach(messages, i, one)
	{
		json_t *offset = json_object_get(one, "offset");
		json_t *flags = json_object_get(one, "flags");
		if (!json_is_integer(offset) || json_integer_value(offset) < 0)
			continue;
		struct note *note =
			add(s, (uint64_t)json_integer_value(offset));
		GPtrArray *words = g_ptr_array_new();
		note->uid = (uint32_t)json_integer_value(
			json_object_get(one, "uid"));
		json_array_foreach(flags, k, word) if (json_is_string(word))
			g_ptr_array_add(words,
		                        g_strdup(json_string_value(word)));
		g_ptr_array_add(words, NULL);
		note->keywords =
			(char **)(void *)g_ptr_array_free(words, FALSE);
	}
	json_decref(root);
}

/*
 * Eudora for Windows: a head of 104 bytes, then 218 of each message: +0 offset
 * of its separator, +4 its length, +8 date, +12 status (0 unread, 1 read, 2
 * replied to, 3 forwarded, 4 redirected, more of mail that is sent).
 */
static void read_toc(struct am_mbox_sidecar *s, const char *path)
{
	char *bytes = NULL;
	gsize len = 0;

	if (!g_file_get_contents(path, &bytes, &len, NULL))
		return;
	struct am_cursor c = am_cursor(bytes, len);
	(void)am_get_bytes(&c, TOC_COUNT);
	unsigned n = am_get_le16(&c);
	if (c.bad || (len - TOC_HEAD) / TOC_ENTRY < n ||
	    (len - TOC_HEAD) % TOC_ENTRY)
		n = 0; /* of the Macintosh, or something else */
	for (unsigned i = 0; i < n; i++) {
		const char *at = bytes + TOC_HEAD + (size_t)i * TOC_ENTRY;
		struct am_cursor e = am_cursor(at, TOC_ENTRY);
		uint32_t offset = am_get_le32(&e);
		e = am_cursor(at + TOC_STATUS, 2);
		unsigned status = am_get_le16(&e);
		struct note *note = add(s, offset);
		note->flags = (status ? AM_SEEN : 0u) |
		              (status == 2 ? AM_ANSWERED : 0u) |
		              (status == 3 ? AM_FORWARDED : 0u);
	}
	g_free(bytes);
}

bool am_mbox_sidecar_mozilla(const char *path)
{
	char *index = g_strconcat(path, ".msf", NULL);
	bool yes = g_file_test(index, G_FILE_TEST_IS_REGULAR);

	g_free(index);
	return yes;
}

bool am_mbox_sidecar_name(const char *name)
{
	return g_str_has_suffix(name, ".imap") ||
	       g_str_has_suffix(name, ".toc") ||
	       g_str_has_suffix(name, ".TOC") || am_mbox_vault_name(name);
}

struct am_mbox_sidecar *am_mbox_sidecar_open(const char *path,
                                             struct am_mbox_sidecar *before)
{
	struct am_mbox_sidecar *s = before;
	char *dir = g_path_get_dirname(path);
	char *file;

	if (!s) {
		s = g_new0(struct am_mbox_sidecar, 1);
		s->by_offset = g_hash_table_new_full(
			g_int64_hash, g_int64_equal, g_free, note_free);
	}
	g_hash_table_remove_all(s->by_offset);
	s->uidvalidity = 0;
	file = beside(path, ".imap");
	if (file)
		read_imap_backup(s, file);
	g_free(file);
	file = beside(path, ".toc");
	if (file)
		read_toc(s, file);
	g_free(file);
	if (!s->vault_dir || strcmp(s->vault_dir, dir) != 0) {
		am_mbox_vault_free(&s->vault);
		s->vault = am_mbox_vault_read(dir);
		g_free(s->vault_dir);
		s->vault_dir = g_steal_pointer(&dir);
	}
	g_free(dir);
	return s;
}

void am_mbox_sidecar_free(struct am_mbox_sidecar **sidecar)
{
	struct am_mbox_sidecar *s = *sidecar;

	*sidecar = NULL;
	if (!s)
		return;
	g_hash_table_destroy(s->by_offset);
	am_mbox_vault_free(&s->vault);
	g_free(s->vault_dir);
	g_free(s);
}

static void apply_flag(struct am_message *msg, const char *word)
{
	enum am_flag flag;
	char *lower = g_ascii_strdown(*word == '\\' ? word + 1 : word, -1);

	if (!strcmp(lower, "recent"))
		;
	else if (*word != '$' && am_flag_parse(lower, &flag))
		msg->flags |= flag;
	else if (g_utf8_validate(word, -1, NULL))
		am_keyword_flags_add(msg, word);
	g_free(lower);
}

void am_mbox_sidecar_apply(const struct am_mbox_sidecar *s, uint64_t offset,
                           const struct am_mbox_from *from,
                           struct am_message *msg)
{
	const struct note *note = g_hash_table_lookup(s->by_offset, &offset);

	if (note) {
		msg->flags |= note->flags;
		if (note->uid && s->uidvalidity) {
			msg->uid = note->uid;
			msg->uidvalidity = s->uidvalidity;
		}
		for (char **k = note->keywords; k && *k; k++)
			apply_flag(msg, *k);
	}
	if (s->vault && from->kind == AM_MBOX_FROM_VAULT)
		am_mbox_vault_apply(s->vault, from->sender, from->sender_len,
		                    msg);
}
