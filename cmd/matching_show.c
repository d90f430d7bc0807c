/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What matching found, for people and for programs. */
#include "base/json.h"
#include "cmd/matching_impl.h"
#include "cmd/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_names(const GPtrArray *names, uint64_t n, const char *mark)
{
	guint show = names->len < 20 ? names->len : 20;

	for (guint i = 0; i < show; i++) {
		char *clean = out_clean(g_ptr_array_index(names, i), false);
		printf("  %s %s\n", mark, clean);
		g_free(clean);
	}
	if (n > show)
		printf("  %s … and %" PRIu64 " more (--json names up to %d)\n",
		       mark, n - show, MATCHING_NAMED);
}

static void print_count(uint64_t n, const char *what, const char *where)
{
	char count[OUT_ROOM];

	out_count(n, count);
	printf("%10s %s%s\n", count, what, where);
}

struct why {
	const char *words;
	uint64_t n;
};

static int by_number(const void *a, const void *b)
{
	const struct why *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->words, y->words);
}

/* What differs, the commonest first. */
static struct why *sorted_why(const struct matching *m, size_t *n)
{
	struct why *out =
		g_new(struct why, g_hash_table_size(m->changed_why) + 1);
	GHashTableIter iter;
	gpointer key, value;

	*n = 0;
	g_hash_table_iter_init(&iter, m->changed_why);
	while (g_hash_table_iter_next(&iter, &key, &value))
		out[(*n)++] = (struct why){key, *(const uint64_t *)value};
	qsort(out, *n, sizeof *out, by_number);
	return out;
}

static void print_why(const struct matching *m)
{
	size_t n;
	struct why *why = sorted_why(m, &n);

	for (size_t i = 0; i < n && i < 20; i++) {
		char *clean = out_clean(why[i].words, false);
		printf("%10s %8" PRIu64 "  %s\n", "", why[i].n, clean);
		g_free(clean);
	}
	g_free(why);
}

void matching_print(const struct matching *m)
{
	print_count(m->same + m->moved, "in both, byte for byte", "");
	if (m->moved) {
		print_count(m->moved, "of these in another folder", "");
		print_names(m->moved_names, m->moved, "~");
	}
	if (m->line_ends)
		print_count(m->line_ends, "the same but for their line ends",
		            "");
	if (m->flags) {
		print_count(m->flags, "with other flags or keywords", "");
		print_names(m->flag_names, m->flags, "~");
	}
	if (m->dates) {
		print_count(m->dates, "with another received date", "");
		print_names(m->date_names, m->dates, "~");
	}
	if (m->changed) {
		print_count(m->changed, "the same mail, in other bytes", "");
		print_why(m);
		print_names(m->changed_names, m->changed, "~");
	}
	print_count(m->a.unmatched, "only in ", m->a.name);
	print_names(m->a.names, m->a.unmatched, "-");
	print_count(m->b.unmatched, "only in ", m->b.name);
	print_names(m->b.names, m->b.unmatched, "+");
}

static void write_count(struct am_json *json, const char *key, uint64_t n)
{
	am_json_key(json, key);
	am_json_uint(json, n);
}

static void write_names(struct am_json *json, const char *key,
                        const GPtrArray *names)
{
	am_json_key(json, key);
	out_json_words(json, (const char *const *)names->pdata, names->len);
}

void matching_json(const struct matching *m, struct am_json *json,
                   const char *key)
{
	if (key) {
		am_json_key(json, key);
		am_json_open(json, '{');
	}
	out_json_text(json, "a", m->a.name);
	out_json_text(json, "b", m->b.name);
	am_json_key(json, "equal");
	am_json_bool(json, matching_all_equal(m));
	write_count(json, "messages_a", m->a.entries->len);
	write_count(json, "messages_b", m->b.entries->len);
	write_count(json, "same", m->same + m->moved);
	write_count(json, "moved", m->moved);
	write_count(json, "line_ends", m->line_ends);
	write_count(json, "flags", m->flags);
	write_count(json, "dates", m->dates);
	write_count(json, "changed", m->changed);
	write_count(json, "other_text", m->other_text);
	write_count(json, "only_a", m->a.unmatched);
	write_count(json, "only_b", m->b.unmatched);
	write_names(json, "names_only_a", m->a.names);
	write_names(json, "names_only_b", m->b.names);
	write_names(json, "names_flags", m->flag_names);
	write_names(json, "names_dates", m->date_names);
	write_names(json, "names_moved", m->moved_names);
	write_names(json, "names_changed", m->changed_names);
	size_t n;
	struct why *why = sorted_why(m, &n);
	am_json_key(json, "why_changed");
	am_json_open(json, '{');
	for (size_t i = 0; i < n; i++)
		write_count(json, why[i].words, why[i].n);
	am_json_close(json, '}');
	g_free(why);
	if (key)
		am_json_close(json, '}');
}
