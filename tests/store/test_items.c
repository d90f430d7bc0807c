/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log_help.h"

#include "base/arena.h"
#include "mime/overview.h"
#include "store/items.h"

#include <criterion/criterion.h>

#include <string.h>

static const char *const words[] = {
	"",          "a",      "Größe",
	"two words", "x\n\ty", "a much longer word that goes on and on"};

static const char *word(struct logtest_random *random)
{
	return words[logtest_below(random, AM_COUNT(words))];
}

static uint64_t number(struct logtest_random *random)
{
	uint64_t v =
		(uint64_t)logtest_next(random) << 32 | logtest_next(random);

	return v >> logtest_below(random, 64);
}

static const char *const *list(struct logtest_random *random,
                               struct am_arena *arena, size_t *n)
{
	*n = logtest_below(random, 4);
	const char **out = am_arena_alloc(arena, 4 * sizeof *out);
	for (size_t i = 0; i < *n; i++)
		out[i] = word(random);
	return *n ? out : NULL;
}

static void assert_same_list(const char *const *a, size_t n_a,
                             const char *const *b, size_t n_b)
{
	cr_assert_eq(n_a, n_b);
	for (size_t i = 0; i < n_a; i++)
		cr_assert_str_eq(a[i], b[i]);
}

static struct am_when when(struct logtest_random *random)
{
	return (struct am_when){
		.sec = (int64_t)number(random),
		.offset_min = (int16_t)(logtest_below(random, 2000) - 1000),
		.known = true,
	};
}

static void assert_same_when(const struct am_when *a, const struct am_when *b)
{
	cr_assert_eq(a->known, b->known);
	cr_assert_eq(a->sec, b->sec);
	cr_assert_eq(a->offset_min, b->offset_min);
}

/* The one item in the bytes. */
static void decode(const struct am_items *items, struct am_arena *arena,
                   struct am_item_any *out)
{
	struct am_item_any none;
	struct am_error err;
	size_t len;
	const uint8_t *data = am_items_bytes(items, &len);
	struct am_items_reader reader = {data, data + len};

	cr_assert_eq(am_items_next(&reader, arena, out, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_items_next(&reader, arena, &none, &err), AM_END);
}

static void try_folder(struct logtest_random *random, struct am_arena *arena,
                       struct am_items *items)
{
	struct am_item_any out;
	struct am_item_folder in = {.id = number(random)};

	in.parts = list(random, arena, &in.depth);
	in.role = logtest_below(random, 7);
	in.subscribed = logtest_below(random, 2);
	in.unsubscribed = !in.subscribed && logtest_below(random, 2);
	in.uidvalidity = logtest_next(random);
	in.uidnext = logtest_next(random);
	am_items_add_folder(items, &in);
	decode(items, arena, &out);
	cr_assert_eq(out.type, AM_ITEM_FOLDER);
	cr_assert_eq(out.folder.id, in.id);
	assert_same_list(out.folder.parts, out.folder.depth, in.parts,
	                 in.depth);
	cr_assert_eq(out.folder.role, in.role);
	cr_assert_eq(out.folder.subscribed, in.subscribed);
	cr_assert_eq(out.folder.unsubscribed, in.unsubscribed);
	cr_assert_eq(out.folder.uidvalidity, in.uidvalidity);
	cr_assert_eq(out.folder.uidnext, in.uidnext);
}

static void make_recipe(struct logtest_random *random, struct am_arena *arena,
                        struct am_recipe *out)
{
	out->n_steps = logtest_below(random, 5);
	out->steps = am_arena_alloc(arena, 5 * sizeof *out->steps);
	for (size_t i = 0; i < out->n_steps; i++) {
		struct am_step *s = &out->steps[i];
		s->kind = logtest_below(random, 4);
		s->len = number(random);
		if (s->kind == AM_STEP_BASE64 || s->kind == AM_STEP_BLOB_BASE64)
			s->form = (struct am_base64_form){
				logtest_below(random, 100) * 4,
				logtest_below(random, 2),
				logtest_below(random, 4), logtest_next(random)};
		if (s->kind == AM_STEP_BLOB || s->kind == AM_STEP_BLOB_BASE64)
			logtest_fill(random, s->hash, sizeof s->hash);
	}
	out->n_extents = logtest_below(random, 5);
	out->extents = am_arena_alloc(arena, 5 * sizeof *out->extents);
	for (size_t i = 0; i < out->n_extents; i++)
		out->extents[i] =
			(struct am_extent){number(random), logtest_next(random),
		                           logtest_next(random)};
}

static void assert_same_recipe(const struct am_recipe *a,
                               const struct am_recipe *b)
{
	cr_assert_eq(a->n_steps, b->n_steps);
	for (size_t i = 0; i < a->n_steps; i++) {
		const struct am_step *s = &a->steps[i], *t = &b->steps[i];
		cr_assert_eq(s->kind, t->kind);
		cr_assert_eq(s->len, t->len);
		cr_assert_eq(s->form.line_chars, t->form.line_chars);
		cr_assert_eq(s->form.crlf, t->form.crlf);
		cr_assert_eq(s->form.lead, t->form.lead);
		cr_assert_eq(s->form.trail, t->form.trail);
		cr_assert(!memcmp(s->hash, t->hash, sizeof s->hash));
	}
	cr_assert_eq(a->n_extents, b->n_extents);
	for (size_t i = 0; i < a->n_extents; i++) {
		cr_assert_eq(a->extents[i].block, b->extents[i].block);
		cr_assert_eq(a->extents[i].offset, b->extents[i].offset);
		cr_assert_eq(a->extents[i].len, b->extents[i].len);
	}
}

static void try_message(struct logtest_random *random, struct am_arena *arena,
                        struct am_items *items)
{
	struct am_item_any out;
	struct am_item_message in = {.id = number(random),
	                             .size = number(random)};
	struct am_recipe again;
	uint8_t *bytes;

	in.content = logtest_below(random, 2) ? in.id : in.id + 1;
	logtest_fill(random, in.hash, sizeof in.hash);
	memcpy(in.hash_lf, in.hash, sizeof in.hash);
	in.hash_lf[3] ^= (uint8_t)logtest_below(random, 2);
	in.eol = logtest_below(random, 2);
	make_recipe(random, arena, &in.recipe);
	am_items_add_message(items, &in);
	decode(items, arena, &out);
	cr_assert_eq(out.message.id, in.id);
	cr_assert_eq(out.message.size, in.size);
	cr_assert_eq(out.message.content, in.content);
	cr_assert_eq(out.message.eol, in.eol);
	cr_assert(!memcmp(out.message.hash, in.hash, sizeof in.hash));
	cr_assert(!memcmp(out.message.hash_lf, in.hash_lf, sizeof in.hash));
	if (in.content == in.id)
		assert_same_recipe(&out.message.recipe, &in.recipe);
	else
		cr_assert_eq(out.message.recipe.n_steps, 0);

	size_t len = am_recipe_encode(&in.recipe, &bytes);
	cr_assert_eq(am_recipe_decode(&again, bytes, len, arena, NULL), AM_OK);
	assert_same_recipe(&again, &in.recipe);
	g_free(bytes);
}

static const char *maybe(struct logtest_random *random)
{
	return logtest_below(random, 3) ? word(random) : NULL;
}

static void assert_same_text(const char *a, const char *b)
{
	cr_assert_eq(a == NULL, b == NULL);
	if (a)
		cr_assert_str_eq(a, b);
}

static void try_elsewhere(struct logtest_random *random, struct am_arena *arena,
                          struct am_items *items)
{
	const char *references[] = {"oldest@x", "later@x", "last@x"};
	const struct am_overview shown = {
		.from = maybe(random),
		.to = maybe(random),
		.cc = maybe(random),
		.subject = maybe(random),
		.message_id = maybe(random),
		.in_reply_to = maybe(random),
		.references = references,
		.n_references = logtest_below(random, 4),
		.date = when(random),
		.n_attachments = logtest_below(random, 1000),
	};
	struct am_step step = {.kind = AM_STEP_ELSEWHERE,
	                       .len = number(random)};
	const struct am_item_message in = {
		.id = 7,
		.content = 7,
		.size = step.len,
		.recipe = {.n_steps = 1, .steps = &step},
		.shown = &shown};
	struct am_item_any out;

	am_items_add_message(items, &in);
	decode(items, arena, &out);
	assert_same_recipe(&out.message.recipe, &in.recipe);
	cr_assert(am_recipe_is_elsewhere(&out.message.recipe));
	const struct am_overview *got = out.message.shown;
	cr_assert_not_null(got);
	assert_same_text(got->from, shown.from);
	assert_same_text(got->to, shown.to);
	assert_same_text(got->cc, shown.cc);
	assert_same_text(got->subject, shown.subject);
	assert_same_text(got->message_id, shown.message_id);
	assert_same_text(got->in_reply_to, shown.in_reply_to);
	/* Of several the oldest stands for all. */
	cr_assert_eq(got->n_references, MIN(shown.n_references, 2));
	if (got->n_references)
		cr_assert_str_eq(got->references[0], "oldest@x");
	assert_same_when(&got->date, &shown.date);
	cr_assert_eq(got->n_attachments, shown.n_attachments);
}

Test(items, what_lies_elsewhere_has_no_other_step)
{
	struct am_step steps[] = {{.kind = AM_STEP_ELSEWHERE, .len = 1},
	                          {.kind = AM_STEP_TEXT, .len = 1}};
	const struct am_recipe both = {.n_steps = 2, .steps = steps};
	struct am_arena *arena = am_arena_new();
	struct am_recipe out;
	uint8_t *bytes;

	size_t len = am_recipe_encode(&both, &bytes);
	cr_assert_eq(am_recipe_decode(&out, bytes, len, arena, NULL),
	             AM_FAILED);
	g_free(bytes);
	am_arena_free(&arena);
}

static void make_meta(struct logtest_random *random, struct am_arena *arena,
                      struct am_message *m)
{
	struct am_date_candidate *dates = am_arena_alloc(arena, 96);
	struct am_prop *props = am_arena_alloc(arena, 96);

	m->uid = logtest_next(random);
	m->flags = logtest_below(random, 128);
	m->exactness = logtest_below(random, 4);
	if (logtest_below(random, 2))
		m->received = when(random);
	m->received_from = logtest_below(random, 2) ? "imap" : NULL;
	m->n_dates = logtest_below(random, 3);
	for (size_t i = 0; i < m->n_dates; i++) {
		const char *from = word(random);
		dates[i] = (struct am_date_candidate){*from ? from : "mbox",
		                                      when(random)};
		/* The chosen one is written in another way. */
		if (!i && m->received.known && m->received_from)
			dates[i] = (struct am_date_candidate){m->received_from,
			                                      m->received};
	}
	m->dates = dates;
	m->origin = word(random);
	m->envelope_sender = logtest_below(random, 2) ? word(random) : NULL;
	m->keywords = list(random, arena, &m->n_keywords);
	m->labels = list(random, arena, &m->n_labels);
	m->n_props = logtest_below(random, 3);
	for (size_t i = 0; i < m->n_props; i++)
		props[i] = (struct am_prop){word(random), "a\0b", 3};
	m->props = props;
}

static void try_placement(struct logtest_random *random, struct am_arena *arena,
                          struct am_items *items)
{
	struct am_message *m = am_arena_alloc(arena, sizeof *m);
	struct am_item_placement in = {
		.id = number(random),
		.message = number(random),
		.folder = number(random),
		.accession = number(random),
		.meta = m,
		.saved =
			logtest_below(random, 2) ? 0 : (int64_t)number(random)};
	struct am_item_flags source = {.flags = logtest_next(random)};
	struct am_item_any out;

	make_meta(random, arena, m);
	source.words = list(random, arena, &source.n_words);
	in.source = logtest_below(random, 2) ? &source : NULL;
	am_items_add_placement(items, &in);
	decode(items, arena, &out);
	const struct am_message *n = out.placement.meta;
	cr_assert_eq(out.placement.id, in.id);
	cr_assert_eq(out.placement.message, in.message);
	cr_assert_eq(out.placement.folder, in.folder);
	cr_assert_eq(out.placement.accession, in.accession);
	cr_assert_eq(out.placement.saved, in.saved);
	cr_assert_eq(!out.placement.source, !in.source);
	if (in.source) {
		cr_assert_eq(out.placement.source->flags, source.flags);
		assert_same_list(out.placement.source->words,
		                 out.placement.source->n_words, source.words,
		                 source.n_words);
	}
	cr_assert_eq(n->uid, m->uid);
	cr_assert_eq(n->flags, m->flags);
	cr_assert_eq(n->exactness, m->exactness);
	assert_same_when(&n->received, &m->received);
	cr_assert_eq(!n->received_from, !m->received_from);
	cr_assert_eq(n->n_dates, m->n_dates);
	for (size_t i = 0; i < m->n_dates; i++) {
		cr_assert_str_eq(n->dates[i].from, m->dates[i].from);
		assert_same_when(&n->dates[i].when, &m->dates[i].when);
	}
	cr_assert_str_eq(n->origin, m->origin);
	cr_assert_eq(!n->envelope_sender, !m->envelope_sender);
	if (m->envelope_sender)
		cr_assert_str_eq(n->envelope_sender, m->envelope_sender);
	assert_same_list(n->keywords, n->n_keywords, m->keywords,
	                 m->n_keywords);
	assert_same_list(n->labels, n->n_labels, m->labels, m->n_labels);
	cr_assert_eq(n->n_props, m->n_props);
	for (size_t i = 0; i < m->n_props; i++) {
		cr_assert_str_eq(n->props[i].name, m->props[i].name);
		cr_assert_eq(n->props[i].len, 3);
		cr_assert(!memcmp(n->props[i].value, "a\0b", 3));
	}
	cr_assert_null(n->folder);
	cr_assert_null(n->raw);
}

static void try_change(struct logtest_random *random, struct am_arena *arena,
                       struct am_items *items)
{
	struct am_item_any out;
	struct am_item_change in = {
		.placement = number(random),
		.when = (int64_t)number(random),
		.kind = 1 + logtest_below(random, AM_CHANGE_DATED)};

	if (in.kind == AM_CHANGE_NUMBERED || in.kind == AM_CHANGE_LEFT)
		in.source = word(random);
	if (in.kind == AM_CHANGE_NUMBERED)
		in.uidvalidity = logtest_next(random);
	if (in.kind >= AM_CHANGE_REPLACED)
		in.run = number(random);
	if (in.kind == AM_CHANGE_REPLACED) {
		in.kept = number(random);
		in.why = word(random);
		in.flags = logtest_next(random);
		in.words = list(random, arena, &in.n_words);
		in.labels = list(random, arena, &in.n_labels);
	}
	if (in.kind == AM_CHANGE_DATED) {
		in.was = (struct am_item_date){when(random), "imap"};
		in.now = (struct am_item_date){.from = NULL};
	}
	if (in.kind == AM_CHANGE_FLAGS) {
		in.flags = logtest_next(random);
		in.by = logtest_below(random, 1 + AM_FLAGS_BY_BOTH);
	}
	if (in.by == AM_FLAGS_BY_BOTH) {
		in.others.flags = logtest_next(random);
		in.others.words = list(random, arena, &in.others.n_words);
	}
	if (in.kind == AM_CHANGE_MOVED || in.kind == AM_CHANGE_RESTORED ||
	    in.kind == AM_CHANGE_NUMBERED) {
		in.folder = number(random);
		in.uid = logtest_next(random);
	}
	if (in.kind == AM_CHANGE_FLAGS || in.kind == AM_CHANGE_LABELS)
		in.words = list(random, arena, &in.n_words);
	am_items_add_change(items, &in);
	decode(items, arena, &out);
	cr_assert_eq(out.change.placement, in.placement);
	cr_assert_eq(out.change.when, in.when);
	cr_assert_eq(out.change.kind, in.kind);
	cr_assert_eq(out.change.flags, in.flags);
	cr_assert_eq(out.change.by, in.by);
	cr_assert_eq(out.change.others.flags, in.others.flags);
	assert_same_list(out.change.others.words, out.change.others.n_words,
	                 in.others.words, in.others.n_words);
	cr_assert_eq(out.change.folder, in.folder);
	cr_assert_eq(out.change.uid, in.uid);
	cr_assert_eq(out.change.uid, in.uid);
	cr_assert_eq(out.change.uidvalidity, in.uidvalidity);
	cr_assert_eq(out.change.run, in.run);
	cr_assert_eq(out.change.kept, in.kept);
	cr_assert(!g_strcmp0(out.change.source, in.source));
	cr_assert(!g_strcmp0(out.change.why, in.why));
	assert_same_list(out.change.words, out.change.n_words, in.words,
	                 in.n_words);
	assert_same_list(out.change.labels, out.change.n_labels, in.labels,
	                 in.n_labels);
	assert_same_when(&out.change.was.when, &in.was.when);
	assert_same_when(&out.change.now.when, &in.now.when);
	cr_assert(!g_strcmp0(out.change.was.from, in.was.from));
	cr_assert(!g_strcmp0(out.change.now.from, in.now.from));
}

static void try_others(struct logtest_random *random, struct am_arena *arena,
                       struct am_items *items)
{
	struct am_item_cursor cursor = {word(random), word(random),
	                                word(random)};
	struct am_item_accession accession = {number(random),
	                                      logtest_below(random, 3), "{}"};
	struct am_item_any out;

	am_items_add_cursor(items, &cursor);
	decode(items, arena, &out);
	cr_assert_str_eq(out.cursor.source, cursor.source);
	cr_assert_str_eq(out.cursor.folder, cursor.folder);
	cr_assert_str_eq(out.cursor.value, cursor.value);
	am_items_reset(items);
	am_items_add_accession(items, &accession);
	decode(items, arena, &out);
	cr_assert_eq(out.accession.id, accession.id);
	cr_assert_eq(out.accession.state, accession.state);
	cr_assert_str_eq(out.accession.json, "{}");
}

Test(items, decoding_undoes_encoding)
{
	static void (*const tries[])(struct logtest_random *, struct am_arena *,
	                             struct am_items *) = {
		try_folder,    try_message, try_elsewhere,
		try_placement, try_change,  try_others};
	struct logtest_random random = {1};
	struct am_items *items = am_items_new();

	for (unsigned i = 0; i < 5000; i++) {
		struct am_arena *arena = am_arena_new();
		am_items_reset(items);
		tries[i % AM_COUNT(tries)](&random, arena, items);
		am_arena_free(&arena);
	}
	am_items_free(&items);
	cr_assert_null(items);
}

/* All items until one is bad; every status is fine, a crash is not. */
static int read_all(const uint8_t *data, size_t len, struct am_error *err)
{
	struct am_items_reader reader = {data, data + len};
	struct am_arena *arena = am_arena_new();
	struct am_item_any out;
	int r;

	while (!(r = am_items_next(&reader, arena, &out, err)))
		;
	am_arena_free(&arena);
	return r;
}

Test(items, nonsense_is_told_and_the_unknown_passed_over)
{
	static const struct {
		const char *bytes;
		size_t len;
		int status;
		enum am_kind kind;
	} table[] = {
		{"", 0, AM_END, AM_E_NONE},
		{"\x80\x03zzz\x05\x03\0\0\0", 10, AM_END, AM_E_NONE},
		{"\x07\x00", 2, AM_FAILED, AM_E_UNSUPPORTED},
		{"\x01", 1, AM_FAILED, AM_E_CORRUPT},
		{"\x01\x7f", 2, AM_FAILED, AM_E_CORRUPT},
		/* a folder of 2^63 parts */
		{"\x01\x0b\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\0", 13,
	         AM_FAILED, AM_E_CORRUPT},
		/* an accession in a state that is none */
		{"\x06\x03\x01\x03\x00", 5, AM_FAILED, AM_E_CORRUPT},
		/* a NUL in a text */
		{"\x05\x04\x01\x00\x00\x00", 6, AM_FAILED, AM_E_CORRUPT},
		/* a field that we do not know behind those we do */
		{"\x05\x05\x00\x00\x00more", 7, AM_END, AM_E_NONE},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		struct am_error err = {.kind = AM_E_NONE};
		int r = read_all((const uint8_t *)table[i].bytes, table[i].len,
		                 &err);
		cr_assert_eq(r, table[i].status, "row %zu: %s", i, err.text);
		cr_assert_eq(err.kind, table[i].kind, "row %zu", i);
	}
}

Test(items, every_cut_and_every_flip_ends_in_a_status)
{
	struct logtest_random random = {2};
	struct am_arena *arena = am_arena_new();
	struct am_items *items = am_items_new();
	struct am_message meta = {.origin = "o"};
	struct am_item_flags source = {7, 0, NULL};
	struct am_item_placement p = {1, 2, 3, 4, &meta, 5, &source};
	struct am_item_message message = {.id = 5, .content = 5};
	size_t len;

	make_meta(&random, arena, &meta);
	make_recipe(&random, arena, &message.recipe);
	am_items_add_placement(items, &p);
	am_items_add_message(items, &message);
	const uint8_t *bytes = am_items_bytes(items, &len);
	for (size_t i = 0; i < len; i++) {
		uint8_t *copy = g_memdup2(bytes, len);
		(void)read_all(copy, i, NULL);
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1u << bit);
			(void)read_all(copy, len, NULL);
			copy[i] ^= (uint8_t)(1u << bit);
		}
		g_free(copy);
	}
	am_items_free(&items);
	am_arena_free(&arena);
}
