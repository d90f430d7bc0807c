/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The value that travels.  What am_message_add_*() appends to grows by
 * doubling inside the arena; the old array stays there unused, which at most
 * doubles what such a list costs and saves every caller the bookkeeping.
 */
#include "model/message.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* Above this many entries a list gets a hash to find doubles with: a mailbox
 * may hold a hundred thousand labels by accident or malice. */
#define LIST_HASH_FROM 32

/* What is kept beside a public array to append to it.  `owned` tells whether
 * that array is the one we allocated: a source may have set its own. */
struct list {
	const void *owned;
	size_t room;
	GHashTable *seen;
};

struct message {
	struct am_message public;
	struct list keywords, labels, props, dates;
};

static struct message *message_of(struct am_message *msg)
{
	return AM_CONTAINER(msg, struct message, public);
}

int am_message_new(struct am_message **out, const struct am_folder *folder,
                   struct am_error *err)
{
	*out = NULL;
	if (!folder)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a message needs a folder");
	struct message *m = g_new0(struct message, 1);
	m->public.arena = am_arena_new();
	m->public.folder = am_folder_ref(folder);
	m->public.size = AM_SIZE_UNKNOWN;
	*out = &m->public;
	return AM_OK;
}

static void drop_list(struct list *list)
{
	if (list->seen)
		g_hash_table_destroy(list->seen);
}

void am_message_free(struct am_message **msg)
{
	if (!*msg)
		return;
	struct message *m = message_of(*msg);
	drop_list(&m->keywords);
	drop_list(&m->labels);
	am_blob_unref(&m->public.raw);
	am_folder_unref(&m->public.folder);
	am_arena_free(&m->public.arena);
	g_free(m);
	*msg = NULL;
}

/* An array with room for one more than n, holding what `array` holds. */
static void *grow(struct am_arena *arena, struct list *list, const void *array,
                  size_t n, size_t size)
{
	if (array && array == list->owned && n < list->room)
		return (void *)(uintptr_t)array;
	size_t room = n < 4 ? 4 : n * 2;
	uint8_t *bigger = am_arena_alloc(arena, room * size);
	if (n)
		/* NOLINTNEXTLINE(*NonNullParamChecker) n > 0 */
		memcpy(bigger, array, n * size);
	list->owned = bigger;
	list->room = room;
	return bigger;
}

static bool is_listed(struct list *list, const char *const *words, size_t n,
                      const char *word)
{
	if (n < LIST_HASH_FROM) {
		for (size_t i = 0; i < n; i++)
			if (!strcmp(words[i], word))
				return true;
		return false;
	}
	if (!list->seen)
		list->seen = g_hash_table_new(g_str_hash, g_str_equal);
	/* Also after a source replaced the array: what is missing goes in. */
	if (g_hash_table_size(list->seen) < n)
		for (size_t i = 0; i < n; i++)
			g_hash_table_add(list->seen,
			                 (void *)(uintptr_t)words[i]);
	return g_hash_table_contains(list->seen, word);
}

static void add_word(struct am_message *msg, struct list *list,
                     const char *const **words, size_t *n, const char *word)
{
	if (is_listed(list, *words, *n, word))
		return;
	const char **array = grow(msg->arena, list, *words, *n, sizeof *array);
	array[*n] = am_arena_strdup(msg->arena, word);
	if (list->seen)
		g_hash_table_add(list->seen, (void *)(uintptr_t)array[*n]);
	*words = array;
	++*n;
}

void am_message_add_keyword(struct am_message *msg, const char *keyword)
{
	add_word(msg, &message_of(msg)->keywords, &msg->keywords,
	         &msg->n_keywords, keyword);
}

void am_message_add_label(struct am_message *msg, const char *label)
{
	add_word(msg, &message_of(msg)->labels, &msg->labels, &msg->n_labels,
	         label);
}

void am_message_add_prop(struct am_message *msg, const char *name,
                         const void *value, size_t len)
{
	struct am_prop *props = grow(msg->arena, &message_of(msg)->props,
	                             msg->props, msg->n_props, sizeof *props);
	props[msg->n_props++] = (struct am_prop){
		.name = am_arena_strdup(msg->arena, name),
		.value = am_arena_strndup(msg->arena, value ? value : "", len),
		.len = len,
	};
	msg->props = props;
}

void am_message_add_date(struct am_message *msg, const char *from,
                         const struct am_when *when)
{
	struct am_date_candidate *dates =
		grow(msg->arena, &message_of(msg)->dates, msg->dates,
	             msg->n_dates, sizeof *dates);
	dates[msg->n_dates++] = (struct am_date_candidate){
		.from = am_arena_strdup(msg->arena, from),
		.when = *when,
	};
	msg->dates = dates;
}

const struct am_prop *am_message_prop(const struct am_message *msg,
                                      const char *name)
{
	for (size_t i = 0; i < msg->n_props; i++)
		if (!strcmp(msg->props[i].name, name))
			return &msg->props[i];
	return NULL;
}

char *am_label_fold(const char *label)
{
	/* What is not UTF-8 is folded as ASCII. */
	return g_utf8_validate(label, -1, NULL) ? g_utf8_casefold(label, -1)
	                                        : g_ascii_strdown(label, -1);
}

bool am_label_is(const char *folded, const char *wanted)
{
	for (; *folded && *wanted; folded++, wanted++)
		if (*folded != *wanted &&
		    (*wanted != '-' || !strchr(" /_", *folded)))
			return false;
	return *folded == *wanted;
}

static void forget(struct list *list)
{
	drop_list(list);
	*list = (struct list){0};
}

void am_message_copy_meta(struct am_message *to, const struct am_message *from)
{
	struct message *m = message_of(to);

	to->size = from->size;
	to->exactness = from->exactness;
	to->flags = from->flags;
	to->received = from->received;
	to->received_from = am_arena_strdup(to->arena, from->received_from);
	to->uid = from->uid;
	to->uidvalidity = from->uidvalidity;
	to->envelope_sender = am_arena_strdup(to->arena, from->envelope_sender);

	forget(&m->keywords);
	forget(&m->labels);
	to->n_keywords = to->n_labels = to->n_props = to->n_dates = 0;
	to->keywords = to->labels = NULL;
	to->props = NULL;
	to->dates = NULL;
	for (size_t i = 0; i < from->n_keywords; i++)
		am_message_add_keyword(to, from->keywords[i]);
	for (size_t i = 0; i < from->n_labels; i++)
		am_message_add_label(to, from->labels[i]);
	for (size_t i = 0; i < from->n_props; i++)
		am_message_add_prop(to, from->props[i].name,
		                    from->props[i].value, from->props[i].len);
	for (size_t i = 0; i < from->n_dates; i++)
		am_message_add_date(to, from->dates[i].from,
		                    &from->dates[i].when);
}

static const struct {
	enum am_flag flag;
	const char *name;
} flag_names[AM_FLAG_COUNT] = {
	{AM_SEEN, "seen"},       {AM_ANSWERED, "answered"},
	{AM_FLAGGED, "flagged"}, {AM_DELETED, "deleted"},
	{AM_DRAFT, "draft"},     {AM_FORWARDED, "forwarded"},
	{AM_JUNK, "junk"},
};

const char *am_flag_name(enum am_flag flag)
{
	for (size_t i = 0; i < AM_COUNT(flag_names); i++)
		if (flag_names[i].flag == flag)
			return flag_names[i].name;
	return NULL;
}

bool am_flag_parse(const char *name, enum am_flag *out)
{
	for (size_t i = 0; i < AM_COUNT(flag_names); i++) {
		if (!g_ascii_strcasecmp(flag_names[i].name, name)) {
			*out = flag_names[i].flag;
			return true;
		}
	}
	return false;
}

const char *am_exactness_name(enum am_exactness exactness)
{
	static const char *const names[] = {
		[AM_EXACT] = "exact",
		[AM_UNQUOTED] = "unquoted",
		[AM_GUESSED] = "guessed",
		[AM_SYNTHESISED] = "synthesised",
	};
	return (size_t)exactness < AM_COUNT(names) ? names[exactness] : NULL;
}
