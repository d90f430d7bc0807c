/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_check/check.h"

#include "base/arena.h"
#include "outlook/pst_check/check_impl.h"

#include <stdarg.h>

/* Told one by one; the rest is counted. */
enum { TOLD = 1000 };
/* How often a byte may be looked at; sound files need less than ten, and as
 * many again for each level of items within items. */
enum { LOOKS = 200, LOOKS_MORE = 64 << 20 };

void am_pst_finding(struct am_pst_checker *c, am_pst_nid node, const char *code,
                    const char *fmt, ...)
{
	char origin[24];
	va_list args;

	if (c->result->findings++ >= TOLD)
		return;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	char *whole = g_strconcat("pst.check.", code, NULL);
	g_snprintf(origin, sizeof(origin), "0x%x", node);
	am_ctx_note(c->ctx, AM_NOTE_ERROR, whole, NULL, node ? origin : NULL,
	            "%s", text);
	g_free(whole);
	g_free(text);
}

bool am_pst_charge(struct am_pst_checker *c, am_pst_nid node, uint64_t bytes)
{
	if (bytes <= c->budget) {
		c->budget -= bytes;
		return true;
	}
	c->budget = 0;
	if (!c->told_budget)
		am_pst_finding(c, node, "cycle",
		               "the same things are named over and over; the "
		               "rest is not looked at");
	c->told_budget = true;
	return false;
}

/* The reader says something: that is a finding as well. */
static void hear(void *user, const struct am_note *note)
{
	struct am_pst_checker *c = user;

	if (c->result->findings++ < TOLD)
		am_ctx_note(c->ctx, AM_NOTE_ERROR, "pst.check.reading", NULL,
		            note->origin, "%s", note->text);
}

/* Types of nodes that hold a table, and those that are property contexts. */
enum {
	TYPE_FOLDER = 2,
	TYPE_SEARCH = 3,
	TYPE_MESSAGE = 4,
	TYPE_CRITERIA = 7,
	TYPE_ASSOCIATED = 8
};

/* Ids below are the format's own. */
enum { FIRST_INDEX = 0x400 };

static bool is_counted(unsigned type)
{
	return type == TYPE_FOLDER || type == TYPE_SEARCH ||
	       type == TYPE_MESSAGE || type == TYPE_ASSOCIATED;
}

/* A folder names its parent, and so do what it has; other nodes have none. */
static void check_parent(struct am_pst_checker *c,
                         const struct am_pst_nbt_entry *node)
{
	unsigned type = node->nid & 0x1f;
	struct am_pst_nbt_entry parent;

	if (!node->parent && !is_counted(type))
		return;
	if (am_pst_ndb_node(c->ndb, node->parent, &parent, NULL))
		am_pst_finding(c, node->nid, "parent",
		               "it hangs in 0x%x, which is not there",
		               node->parent);
	else if ((node->parent & 0x1f) != TYPE_FOLDER)
		am_pst_finding(c, node->nid, "parent",
		               "it hangs in 0x%x, which is no folder",
		               node->parent);
}

static int check_node(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct am_pst_checker *c = user;
	struct am_pst_nbt_entry entry, *node = &entry;
	struct am_mapi_props bag;
	uint64_t total;

	if (am_ctx_cancelled(c->ctx))
		return am_ctx_fail_cancelled(err);
	am_pst_nbt_entry_decode(c->g, node, bytes);
	c->result->nodes++;
	am_pst_ndb_about(c->ndb, node->nid);
	check_parent(c, node);
	if (is_counted(node->nid & 0x1f) && node->nid >> 5 >= FIRST_INDEX &&
	    node->nid >> 5 > c->ndb->header.nids[node->nid & 0x1f])
		am_pst_finding(c, node->nid, "header",
		               "its id was not given out: the header says "
		               "0x%x",
		               c->ndb->header.nids[node->nid & 0x1f]);
	switch (node->nid & 0x1f) {
	case TYPE_FOLDER:
		am_pst_check_folder(c, node);
		break;
	case TYPE_MESSAGE:
	case TYPE_ASSOCIATED:
		am_pst_check_message(c, node);
		break;
	case TYPE_SEARCH:
	case TYPE_CRITERIA:
		if (node->data)
			am_pst_check_bag(c, node->nid, node->data, node->sub, 0,
			                 &bag);
		break;
	default:
		if (node->data)
			am_pst_check_data(c, node->nid, node->data, &total);
		g_array_free(am_pst_check_subs(c, node->nid, node->sub), TRUE);
	}
	return AM_OK;
}

static int check_all(struct am_pst_checker *c, struct am_error *err)
{
	const struct am_pst_tree_visitor visitor = {
		.entry = check_node, .user = c, .quiet = true};
	int r = am_pst_check_space(c, err);

	c->budget = LOOKS * c->ndb->size + LOOKS_MORE;
	if (!r)
		r = am_pst_check_refs(c, err);
	if (!r)
		r = am_pst_check_tree(c, AM_PST_PAGE_NBT, &visitor, err);
	if (!r)
		am_pst_check_store(c);
	return r;
}

int am_pst_check(const char *path, struct am_ctx *ctx,
                 struct am_pst_check_result *out, struct am_error *err)
{
	struct am_pst_checker c = {.ctx = ctx, .result = out};

	*out = (struct am_pst_check_result){0};
	c.reading = (struct am_ctx){.on_note = hear, .user = &c};
	int r = am_pst_ndb_open(&c.ndb, path, &c.reading, err);
	if (r)
		return r;
	c.g = am_pst_ndb_geometry(c.ndb);
	if (c.g->kind != AM_PST_UNICODE)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: only PSTs of 64 bits can be checked", path);
	for (unsigned i = 0; i < AM_COUNT(c.arenas); i++)
		c.arenas[i] = am_arena_new();
	if (!r)
		r = check_all(&c, err);
	for (unsigned i = 0; i < AM_COUNT(c.arenas); i++)
		am_arena_free(&c.arenas[i]);
	am_pst_ndb_close(&c.ndb);
	return r;
}
