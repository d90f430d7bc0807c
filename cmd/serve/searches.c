/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/searches.h"

#include "cmd/saved_searches.h"
#include "cmd/serve_index.h"
#include "index/index.h"

#include <string.h>
#include <sys/stat.h>

struct serve_searches {
	struct am_virtual_source source;
	struct session *s;
	char *path;
	struct timespec changed; /* when the file was, as far as it is known */
	GMutex lock;             /* queries, index */
	GHashTable *queries;     /* by name, saved ones put in */
	struct serve_index *index;
};

/* A search that cannot be put together is told and left out. */
static GHashTable *read_all(struct session *s)
{
	GHashTable *queries =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	char **names = saved_searches_names(s);

	for (char **n = names; *n; n++) {
		char *as = g_strconcat("saved:", *n, NULL);
		char *query = saved_searches_expand(s, as);
		if (query)
			g_hash_table_insert(queries, g_strdup(*n), query);
		g_free(as);
	}
	g_strfreev(names);
	return queries;
}

/* Only the server's own thread comes here. */
static void follow(struct serve_searches *v)
{
	struct stat st;

	if (stat(v->path, &st))
		memset(&st, 0, sizeof st);
	if (st.st_mtim.tv_sec == v->changed.tv_sec &&
	    st.st_mtim.tv_nsec == v->changed.tv_nsec)
		return;
	GHashTable *queries = read_all(v->s);
	v->changed = st.st_mtim;
	g_mutex_lock(&v->lock);
	GHashTable *old = v->queries;
	v->queries = queries;
	g_mutex_unlock(&v->lock);
	g_hash_table_destroy(old);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static char **names(void *user, struct am_vault *vault)
{
	struct serve_searches *v = user;
	GPtrArray *all = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	follow(v);
	g_mutex_lock(&v->lock);
	if (v->index && serve_index_has(v->index, vault)) {
		g_hash_table_iter_init(&iter, v->queries);
		while (g_hash_table_iter_next(&iter, &name, NULL))
			g_ptr_array_add(all, g_strdup(name));
	}
	g_mutex_unlock(&v->lock);
	g_ptr_array_sort(all, by_text);
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static int find(void *user, struct am_vault *vault, const char *name,
                int64_t **ids, size_t *n, struct am_error *err)
{
	struct serve_searches *v = user;

	g_mutex_lock(&v->lock);
	struct serve_index *index = v->index;
	char *query = g_strdup(g_hash_table_lookup(v->queries, name));
	g_mutex_unlock(&v->lock);
	struct am_hit *hits = NULL;
	int64_t last;
	int r = query && index
	                ? serve_index_query(index, vault, query, false, &hits,
	                                    n, &last, err)
	                : am_fail(err, AM_FAILED, AM_E_NOTFOUND,
	                          "no search is saved by that name any more");
	if (!r) {
		*ids = g_new(int64_t, *n + 1);
		for (size_t i = 0; i < *n; i++)
			(*ids)[i] = hits[i].id;
	}
	g_free(hits);
	g_free(query);
	return r;
}

struct serve_searches *serve_searches_new(struct session *s)
{
	struct serve_searches *v = g_new0(struct serve_searches, 1);

	v->source = (struct am_virtual_source){v, names, find};
	v->s = s;
	v->path = saved_searches_path();
	v->queries =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_mutex_init(&v->lock);
	return v;
}

void serve_searches_free(struct serve_searches **searches)
{
	struct serve_searches *v = *searches;

	*searches = NULL;
	if (!v)
		return;
	g_hash_table_destroy(v->queries);
	g_mutex_clear(&v->lock);
	g_free(v->path);
	g_free(v);
}

const struct am_virtual_source *
serve_searches_source(const struct serve_searches *v)
{
	return &v->source;
}

void serve_searches_index(struct serve_searches *v, struct serve_index *index)
{
	g_mutex_lock(&v->lock);
	v->index = index;
	g_mutex_unlock(&v->lock);
}
