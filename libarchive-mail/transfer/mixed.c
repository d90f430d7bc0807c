/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/mixed.h"

#include "formats/boxes/boxes.h"
#include "model/folder.h"
#include "transfer/parcels.h"
#include "transfer/registry.h"

#include <glib.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define N_PASSES 6

/* Boxes of all the smaller kinds, which are read together (boxes.h). */
#define BOXES "boxes"

/* The formats in the order they are read, each with what it leaves. */
struct pass {
	const char *format, *leave;
};
static const struct pass orders[][N_PASSES] = {
	{{"maildir", NULL},
         {"mbox", "leave=maildirs"},
         {"msg", "leave=others"},
         {BOXES, NULL},
         {"pst", "leave=others"}},
	{{"mbox", "leave=maildirs"},
         {"maildir", NULL},
         {"msg", "leave=others"},
         {BOXES, NULL},
         {"pst", "leave=others"}},
	/* The mails, which are most of it, then the rest. */
	{{"eml", "leave=mailboxes"},
         {"maildir", NULL},
         {"mbox", "leave=mail"},
         {"msg", "leave=others"},
         {BOXES, NULL},
         {"pst", "leave=others"}},
	{{"msg", "leave=others"},
         {"eml", "leave=mailboxes"},
         {"maildir", NULL},
         {"mbox", "leave=mail"},
         {BOXES, NULL},
         {"pst", "leave=others"}},
	{{"pst", NULL},
         {"eml", "leave=mailboxes"},
         {"maildir", NULL},
         {"mbox", "leave=mail"},
         {"msg", "leave=others"},
         {BOXES, NULL}},
	{{BOXES, NULL},
         {"eml", "leave=mailboxes"},
         {"maildir", NULL},
         {"mbox", "leave=mail"},
         {"msg", "leave=others"},
         {"pst", "leave=others"}},
};

struct mixed_source {
	struct am_source base;
	const struct pass *order;
	char *path;
	size_t at;                  /* the pass that is being read */
	size_t n_passes;            /* of a zip or tar: one */
	struct am_parcels *parcels; /* what the passes come upon for others */
	struct am_source *sources[N_PASSES];
	GHashTable *folders; /* printed names of those given */
	GHashTable *failed;  /* origin -> the pass it failed in, from 1 */
	/* Messages without bytes yet, and whose they are.  Some are loaded on
	 * other threads: the lock is for both tables. */
	GHashTable *owners;
	pthread_mutex_t lock;
};

static struct mixed_source *mixed_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct mixed_source, base);
}

static const struct pass *order_of(const struct am_format *format)
{
	const char *name =
		am_box_kind_find(format->name) ? BOXES : format->name;

	for (size_t i = 0; i < AM_COUNT(orders); i++)
		if (!strcmp(orders[i][0].format, name))
			return orders[i];
	return NULL;
}

bool am_mixed_wants(const struct am_format *format)
{
	return order_of(format) != NULL;
}

static int open_format(const char *name, struct am_source **out,
                       const struct am_location *where, struct am_ctx *ctx,
                       struct am_error *err)
{
	if (!strcmp(name, BOXES))
		return am_boxes_open(out, where, NULL, ctx, err);
	return am_format_find(name)->open_source(out, where, ctx, err);
}

/* The source of a pass that comes later.  AM_END: there is nothing for it. */
static int open_pass(struct mixed_source *s, struct am_error *err)
{
	const struct pass *pass = &s->order[s->at];
	const char *options[] = {pass->leave, NULL};
	const struct am_location where = {.path = s->path, .options = options};
	struct am_error why = {0};
	int r = open_format(pass->format, &s->sources[s->at], &where,
	                    s->base.ctx, &why);

	if (r && why.kind == AM_E_FORMAT)
		return AM_END; /* not one Maildir in the tree */
	if (r && err)
		*err = why;
	return r;
}

/* Folders that two sources have are one. */
static bool is_new(struct mixed_source *s, const struct am_folder *folder)
{
	return g_hash_table_add(s->folders, am_folder_print(folder));
}

/* What cannot be opened cannot be opened for any of the formats, nor for the
 * second look of one of them: it is told once, by the first that comes upon
 * it. */
static bool told(struct mixed_source *s, const char *origin, size_t pass,
                 const struct am_error *err)
{
	if (!origin)
		return false;
	/* Some say where it lies in the folder, others what its path is. */
	size_t len = strlen(s->path);
	while (len && s->path[len - 1] == '/')
		len--;
	if (!strncmp(origin, s->path, len) && origin[len] == '/')
		origin += len + 1;
	pthread_mutex_lock(&s->lock);
	size_t first = GPOINTER_TO_SIZE(g_hash_table_lookup(s->failed, origin));
	if (!first)
		g_hash_table_insert(s->failed, g_strdup(origin),
		                    GSIZE_TO_POINTER(pass + 1));
	pthread_mutex_unlock(&s->lock);
	return first && (first != pass + 1 || (err && err->sys == EACCES));
}

static int mixed_next(struct am_source *src, struct am_item *out,
                      struct am_error *err)
{
	struct mixed_source *s = mixed_of(src);

	for (;;) {
		int r = am_parcels_next(s->parcels, out, err);

		if (!r && !out->message && !is_new(s, out->folder))
			continue;
		if (r != AM_END)
			return r;
		if (s->at == s->n_passes || !s->order[s->at].format)
			return AM_END;
		if (!s->sources[s->at])
			r = open_pass(s, err);
		else
			r = AM_OK;
		if (!r)
			r = am_source_next(s->sources[s->at], out, err);
		else if (r < 0) {
			out->origin = s->order[s->at++].format;
			return AM_FAILED;
		}
		if (r == AM_END) {
			s->at++;
			continue;
		}
		if (!r && out->parcel) {
			if (!am_parcels_enter(s->parcels, out, err))
				continue;
			out->origin = out->parcel->origin;
			out->parcel = NULL;
			return AM_FAILED;
		}
		if (!r && !out->message && out->folder &&
		    !is_new(s, out->folder))
			continue;
		if (r == AM_FAILED && told(s, out->origin, s->at, err))
			continue;
		if (!r && out->message && s->sources[s->at]->ops->load) {
			pthread_mutex_lock(&s->lock);
			g_hash_table_insert(s->owners, out->message,
			                    s->sources[s->at]);
			pthread_mutex_unlock(&s->lock);
		}
		return r;
	}
}

static int mixed_load(struct am_source *src, struct am_message *msg,
                      struct am_error *err)
{
	struct mixed_source *s = mixed_of(src);
	pthread_mutex_lock(&s->lock);
	struct am_source *owner = g_hash_table_lookup(s->owners, msg);
	g_hash_table_remove(s->owners, msg);
	pthread_mutex_unlock(&s->lock);
	if (!owner) /* it came with its bytes */
		return AM_OK;
	int r = am_source_load(owner, msg, err);
	for (size_t i = 0; r == AM_FAILED && i < N_PASSES; i++)
		if (s->sources[i] == owner)
			(void)told(s, msg->origin, i, NULL);
	return r;
}

static void mixed_close(struct am_source *src)
{
	struct mixed_source *s = mixed_of(src);

	am_parcels_free(&s->parcels);
	for (size_t i = 0; i < N_PASSES; i++)
		am_source_close(&s->sources[i]);
	g_hash_table_unref(s->folders);
	g_hash_table_unref(s->failed);
	g_hash_table_unref(s->owners);
	pthread_mutex_destroy(&s->lock);
	g_free(s->path);
	g_free(s);
}

static const struct am_source_ops mixed_ops = {
	.next = mixed_next,
	.load = mixed_load,
	.close = mixed_close,
};

int am_mixed_open(struct am_source **out, const struct am_format *first,
                  const struct am_location *where, struct am_ctx *ctx,
                  struct am_error *err)
{
	struct mixed_source *s = g_new0(struct mixed_source, 1);
	GPtrArray *options = g_ptr_array_new();
	struct am_location own = *where;
	int r;

	s->base.ops = &mixed_ops;
	s->base.ctx = ctx;
	s->order = order_of(first);
	s->path = g_strdup(where->path);
	s->n_passes = g_file_test(s->path, G_FILE_TEST_IS_DIR) ? N_PASSES : 1;
	s->parcels = am_parcels_new(ctx, s->path);
	s->folders =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->failed =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->owners = g_hash_table_new(NULL, NULL);
	s->base.loads_anywhere = true;
	pthread_mutex_init(&s->lock, NULL);
	/* Behind ours, since the last word counts: the user may say "leave"
	 * too. */
	if (s->order[0].leave)
		g_ptr_array_add(options, (char *)(uintptr_t)s->order[0].leave);
	for (const char *const *o = where->options; o && *o; o++)
		g_ptr_array_add(options, (char *)(uintptr_t)*o);
	g_ptr_array_add(options, NULL);
	own.options = (const char *const *)options->pdata;
	r = open_format(s->order[0].format, &s->sources[0], &own, ctx, err);
	g_ptr_array_free(options, TRUE);
	if (r) {
		mixed_close(&s->base);
		return r;
	}
	s->base.total = s->sources[0]->total;
	s->base.total_bytes = s->sources[0]->total_bytes;
	s->base.n_with_keywords = s->sources[0]->n_with_keywords;
	s->base.n_with_labels = s->sources[0]->n_with_labels;
	*out = &s->base;
	return AM_OK;
}
