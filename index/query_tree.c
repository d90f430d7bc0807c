/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_tree.h"

#include "model/message.h"

#include <glib.h>

#include <string.h>

/* Depth is bounded by the parser: recursion here is over a tree it made. */

struct am_node *am_node_new(enum am_node_kind kind)
{
	struct am_node *node = g_new0(struct am_node, 1);

	node->kind = kind;
	return node;
}

void am_node_free(struct am_node **node)
{
	struct am_node *n = *node;

	if (!n)
		return;
	for (size_t i = 0; i < n->n_children; i++)
		am_node_free(&n->children[i]);
	g_free(n->children);
	g_free(n->words);
	g_free(n->text);
	g_free(n->folder);
	g_free(n->keyword);
	if (n->regex)
		g_regex_unref(n->regex);
	g_free(n);
	*node = NULL;
}

void am_node_add(struct am_node *parent, struct am_node *child)
{
	size_t n = parent->n_children;

	/* Room for a power of two. */
	if ((n & (n - 1)) == 0)
		parent->children = g_renew(struct am_node *, parent->children,
		                           n ? 2 * n : 1);
	parent->children[parent->n_children++] = child;
}

/* ---- simplifying ------------------------------------------------------------
 */

/* a and b speak of one placement: can one node say both? */
static bool merge_place(struct am_node *a, struct am_node *b)
{
	if ((a->folder && b->folder) || (a->keyword && b->keyword))
		return false;
	if (!a->folder)
		a->folder = g_steal_pointer(&b->folder);
	if (!a->keyword)
		a->keyword = g_steal_pointer(&b->keyword);
	a->flags_set |= b->flags_set;
	a->flags_unset |= b->flags_unset;
	return true;
}

static void merge_places(struct am_node *node)
{
	struct am_node *place = NULL;
	size_t n = 0;

	for (size_t i = 0; i < node->n_children; i++) {
		struct am_node *child = node->children[i];
		if (child->kind == AM_NODE_PLACE && place &&
		    merge_place(place, child)) {
			am_node_free(&child);
			continue;
		}
		if (child->kind == AM_NODE_PLACE && !place)
			place = child;
		node->children[n++] = child;
	}
	node->n_children = n;
}

/* Every message, and: says nothing beside anything else. */
static void drop_all(struct am_node *node)
{
	size_t n = 0;

	for (size_t i = 0; i < node->n_children; i++) {
		if (node->children[i]->kind == AM_NODE_ALL &&
		    n + node->n_children - i > 1)
			am_node_free(&node->children[i]);
		else
			node->children[n++] = node->children[i];
	}
	node->n_children = n;
}

struct am_node *am_node_simplify(struct am_node *node)
{
	struct am_node *out;

	if (node->kind == AM_NODE_NOT || node->kind == AM_NODE_THREAD) {
		node->children[0] = am_node_simplify(node->children[0]);
		return node;
	}
	if (node->kind != AM_NODE_AND && node->kind != AM_NODE_OR)
		return node;
	out = am_node_new(node->kind);
	for (size_t i = 0; i < node->n_children; i++) {
		struct am_node *child = am_node_simplify(node->children[i]);
		node->children[i] = NULL;
		if (child->kind != node->kind) {
			am_node_add(out, child);
			continue;
		}
		for (size_t k = 0; k < child->n_children; k++) {
			am_node_add(out, child->children[k]);
			child->children[k] = NULL;
		}
		am_node_free(&child);
	}
	am_node_free(&node);
	if (out->kind == AM_NODE_AND) {
		merge_places(out);
		drop_all(out);
	}
	if (out->n_children == 1) {
		node = out->children[0];
		out->children[0] = NULL;
		am_node_free(&out);
		return node;
	}
	return out;
}

/* ---- printing ---------------------------------------------------------------
 */

static void print_regions(GString *out, uint32_t regions)
{
	static const char *const names[AM_REGION_COUNT] = {
		"subject", "from", "to",       "cc",     "bcc",      "filename",
		"list",    "new",  "attached", "quoted", "signature"};
	bool first = true;

	if (regions == AM_REGION_ALL)
		return;
	if (regions == AM_REGIONS_TEXT) {
		g_string_append(out, "body:");
		return;
	}
	for (unsigned i = 0; i < AM_REGION_COUNT; i++) {
		if (!(regions & AM_REGION_BIT(i)))
			continue;
		g_string_append_printf(out, "%s%s", first ? "" : ",", names[i]);
		first = false;
	}
	g_string_append_c(out, ':');
}

static void print_flags(GString *out, uint32_t flags, char sign)
{
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (flags & (1u << i))
			g_string_append_printf(
				out, " %c%s", sign,
				am_flag_name((enum am_flag)(1u << i)));
}

static void print_words(GString *out, const struct am_node *n)
{
	const char *quote = n->n_words > 1 ? "\"" : "";

	if (n->match == AM_MATCH_GLOB) {
		g_string_append(out, n->text);
		return;
	}
	g_string_append(out, quote);
	for (size_t i = 0; i < n->n_words; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "",
		                       n->words[i].text);
	if (n->match == AM_MATCH_PREFIX)
		g_string_append_c(out, '*');
	if (n->match == AM_MATCH_FUZZY)
		g_string_append_printf(out, "~%u", n->edits);
	if (n->match == AM_MATCH_STEM)
		g_string_append_printf(out, "(%s)", n->text);
	g_string_append(out, quote);
}

static void print(GString *out, const struct am_node *n);

static void print_children(GString *out, const char *name,
                           const struct am_node *n)
{
	g_string_append_printf(out, "(%s", name);
	for (size_t i = 0; i < n->n_children; i++) {
		g_string_append_c(out, ' ');
		print(out, n->children[i]);
	}
	g_string_append_c(out, ')');
}

static void print(GString *out, const struct am_node *n)
{
	switch (n->kind) {
	case AM_NODE_ALL:
		g_string_append(out, "all");
		return;
	case AM_NODE_AND:
		print_children(out, "and", n);
		return;
	case AM_NODE_OR:
		print_children(out, "or", n);
		return;
	case AM_NODE_NOT:
		print_children(out, "not", n);
		return;
	case AM_NODE_THREAD:
		print_children(out, "thread", n);
		return;
	case AM_NODE_NEAR: {
		char *name = g_strdup_printf("%s/%" PRIu32,
		                             n->in_order ? "adj" : "near",
		                             n->distance);
		print_children(out, name, n);
		g_free(name);
		return;
	}
	case AM_NODE_WORDS:
		print_regions(out, n->regions);
		print_words(out, n);
		return;
	case AM_NODE_REGEX:
		print_regions(out, n->regions);
		g_string_append_printf(out, "/%s/", n->text);
		return;
	case AM_NODE_MESSAGE_ID:
		g_string_append_printf(out, "id:%s", n->text);
		return;
	case AM_NODE_TYPE:
		g_string_append_printf(out, "type:%s", n->text);
		return;
	case AM_NODE_EXTRACT:
		g_string_append_printf(out, "extract:%s", n->text);
		return;
	case AM_NODE_FACT:
		g_string_append_printf(out, "has:%s", n->text);
		return;
	case AM_NODE_DATE:
		g_string_append(out, "date:");
		if (n->from != INT64_MIN)
			g_string_append_printf(out, "%" PRIi64, n->from);
		g_string_append(out, "..");
		if (n->to != INT64_MAX)
			g_string_append_printf(out, "%" PRIi64, n->to);
		return;
	case AM_NODE_SIZE:
		g_string_append_printf(out, "size:%" PRIu64 "..", n->least);
		if (n->most != UINT64_MAX)
			g_string_append_printf(out, "%" PRIu64, n->most);
		return;
	case AM_NODE_PLACE:
		g_string_append(out, "(place");
		if (n->folder)
			g_string_append_printf(out, " folder:%s", n->folder);
		if (n->keyword)
			g_string_append_printf(out, " keyword:%s", n->keyword);
		print_flags(out, n->flags_set, '+');
		print_flags(out, n->flags_unset, '-');
		g_string_append_c(out, ')');
		return;
	}
}

char *am_node_print(const struct am_node *node)
{
	GString *out = g_string_new(NULL);

	print(out, node);
	return g_string_free(out, FALSE);
}
