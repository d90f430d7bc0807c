/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/olm_xml.h"

#include "base/reader.h"

#include <string.h>

enum {
	ITEM_MAX = 64 << 20, /* bytes of XML of one item */
	NODES_MAX = 1 << 18, /* elements in one */
	DEPTH_MAX = 64,
	STEP = 64 * 1024
};

struct am_olm_xml {
	struct am_reader *from;
	GMarkupParseContext *parser;
	GPtrArray *stack; /* elements that are open, below the list */
	unsigned depth;   /* of elements, the list among them */
	GQueue ready;     /* items */
	uint64_t fed;     /* since the last one */
	size_t n_nodes;   /* likewise */
	bool ended;
};

void am_olm_node_free(struct am_olm_node *node)
{
	/* Not by recursion: what is below waits in a list. */
	GPtrArray *todo = g_ptr_array_new();

	if (node)
		g_ptr_array_add(todo, node);
	while (todo->len) {
		struct am_olm_node *one =
			g_ptr_array_remove_index_fast(todo, todo->len - 1);
		for (guint i = 0; one->children && i < one->children->len; i++)
			g_ptr_array_add(todo, one->children->pdata[i]);
		if (one->children)
			g_ptr_array_free(one->children, TRUE);
		g_free(one->name);
		g_strfreev(one->attributes);
		g_string_free(one->text, TRUE);
		g_free(one);
	}
	g_ptr_array_free(todo, TRUE);
}

const struct am_olm_node *am_olm_child(const struct am_olm_node *node,
                                       const char *name)
{
	for (guint i = 0; node->children && i < node->children->len; i++) {
		const struct am_olm_node *child = node->children->pdata[i];
		if (!strcmp(child->name, name))
			return child;
	}
	return NULL;
}

const char *am_olm_text(const struct am_olm_node *node, const char *name)
{
	const struct am_olm_node *child = am_olm_child(node, name);

	return child ? child->text->str : NULL;
}

const char *am_olm_attribute(const struct am_olm_node *node, const char *name)
{
	for (char **a = node->attributes; *a && a[1]; a += 2)
		if (!strcmp(a[0], name))
			return a[1];
	return NULL;
}

/* ---- parsing ---- */

static void start(GMarkupParseContext *parser, const char *name,
                  const char **names, const char **values, void *user,
                  GError **error)
{
	struct am_olm_xml *x = user;
	size_t n = g_strv_length((char **)(uintptr_t)names);

	(void)parser;
	if (!x->depth++)
		return; /* the list */
	if (x->depth > DEPTH_MAX || x->n_nodes++ >= NODES_MAX) {
		g_set_error(error, G_MARKUP_ERROR,
		            G_MARKUP_ERROR_INVALID_CONTENT,
		            "more elements in each other, or in one item, than "
		            "are looked at");
		return;
	}
	struct am_olm_node *node = g_new0(struct am_olm_node, 1);
	node->name = g_strdup(name);
	node->text = g_string_new(NULL);
	node->attributes = g_new0(char *, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		node->attributes[2 * i] = g_strdup(names[i]);
		node->attributes[2 * i + 1] = g_strdup(values[i]);
	}
	if (x->stack->len) {
		struct am_olm_node *up = x->stack->pdata[x->stack->len - 1];
		if (!up->children)
			up->children = g_ptr_array_new();
		g_ptr_array_add(up->children, node);
	}
	g_ptr_array_add(x->stack, node);
}

static void end(GMarkupParseContext *parser, const char *name, void *user,
                GError **error)
{
	struct am_olm_xml *x = user;

	(void)parser;
	(void)name;
	(void)error;
	x->depth--;
	if (!x->stack->len)
		return;
	struct am_olm_node *node =
		g_ptr_array_remove_index(x->stack, x->stack->len - 1);
	if (x->stack->len)
		return;
	g_queue_push_tail(&x->ready, node);
	x->fed = 0;
	x->n_nodes = 0;
}

static void text(GMarkupParseContext *parser, const char *data, gsize len,
                 void *user, GError **error)
{
	struct am_olm_xml *x = user;

	(void)parser;
	(void)error;
	if (!x->stack->len)
		return;
	struct am_olm_node *node = x->stack->pdata[x->stack->len - 1];
	g_string_append_len(node->text, data, (gssize)len);
}

struct am_olm_xml *am_olm_xml_new(struct am_reader *from)
{
	static const GMarkupParser callbacks = {
		.start_element = start, .end_element = end, .text = text};
	struct am_olm_xml *x = g_new0(struct am_olm_xml, 1);

	x->from = from;
	x->stack = g_ptr_array_new();
	g_queue_init(&x->ready);
	x->parser = g_markup_parse_context_new(
		&callbacks, G_MARKUP_TREAT_CDATA_AS_TEXT, x, NULL);
	return x;
}

void am_olm_xml_free(struct am_olm_xml **xml)
{
	struct am_olm_xml *x = *xml;
	struct am_olm_node *node;

	*xml = NULL;
	if (!x)
		return;
	g_markup_parse_context_free(x->parser);
	/* What is open hangs in the first of the stack. */
	if (x->stack->len)
		am_olm_node_free(x->stack->pdata[0]);
	g_ptr_array_free(x->stack, TRUE);
	while ((node = g_queue_pop_head(&x->ready)))
		am_olm_node_free(node);
	am_reader_close(&x->from);
	g_free(x);
}

static int feed(struct am_olm_xml *x, struct am_error *err)
{
	GError *error = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_reader_peek(x->from, 1, &data, &len, err);

	if (r == AM_END) {
		x->ended = true;
		if (!g_markup_parse_context_end_parse(x->parser, &error))
			r = am_fail(err, AM_FAILED, AM_E_FORMAT, "%s",
			            error->message);
		else
			r = AM_OK;
	} else if (!r) {
		len = MIN(len, STEP);
		x->fed += len;
		if (x->fed > ITEM_MAX)
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "an item of more than %d MiB",
			            ITEM_MAX >> 20);
		else if (!g_markup_parse_context_parse(x->parser,
		                                       (const char *)data,
		                                       (gssize)len, &error))
			r = am_fail(err, AM_FAILED, AM_E_FORMAT, "%s",
			            error->message);
		am_reader_skip(x->from, len);
	}
	g_clear_error(&error);
	if (r)
		x->ended = true;
	return r ? AM_FAILED : AM_OK;
}

int am_olm_xml_next(struct am_olm_xml *x, struct am_olm_node **out,
                    struct am_error *err)
{
	int r = AM_OK;

	while (!r && !x->ended && g_queue_is_empty(&x->ready))
		r = feed(x, err);
	/* What was whole before the damage comes first; the damage was told
	 * with the step that met it. */
	*out = g_queue_pop_head(&x->ready);
	if (*out && r) {
		am_olm_node_free(*out);
		*out = NULL;
	}
	return r ? r : *out ? AM_OK : AM_END;
}
