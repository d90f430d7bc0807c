/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/opt.h"

#include "base/bytes.h"
#include "model/format.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

/* Edits that lead from a to b (Levenshtein), at most 63 characters of each. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t n = strnlen(b, 63);

	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < 63 && a[i]; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < n; j++) {
			unsigned best = corner + (a[i] != b[j]);
			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (corner + 1 < best)
				best = corner + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

const char *opt_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, names[i]);
		/* A name cut short is a near miss, whatever its length. */
		if (strlen(word) >= 3 && g_str_has_prefix(names[i], word))
			d = 1;
		if (d < least && d < strlen(names[i])) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

static const struct opt *find_long(const struct cmd *cmd, const char *name,
                                   size_t len)
{
	for (const struct opt *o = cmd->options; o && o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct opt *find_short(const struct cmd *cmd, char letter)
{
	for (const struct opt *o = cmd->options; o && o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int fail_unknown(const struct cmd *cmd, const char *name, size_t len,
                        struct am_error *err)
{
	GPtrArray *names = g_ptr_array_new();
	char *word = g_strndup(name, len);

	for (const struct opt *o = cmd->options; o && o->name; o++)
		g_ptr_array_add(names, (gpointer)o->name);
	const char *near = opt_nearest(word, (const char *const *)names->pdata,
	                               names->len);
	int r = near ? am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                       "no option --%s; did you mean --%s?", word, near)
	             : am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                       "no option --%s (see mailark %s --help)", word,
	                       cmd->name);
	g_free(word);
	g_ptr_array_unref(names);
	return r;
}

static int parse_number(const char *s, uint64_t least, uint64_t *out,
                        struct am_error *err)
{
	uint64_t n = 0;
	const char *p = s;

	for (; g_ascii_isdigit(*p); p++)
		if (!am_mul_u64(n, 10, &n) ||
		    !am_add_u64(n, (uint64_t)(*p - '0'), &n))
			break;
	if (p == s || *p)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%.60s\" is no number", s);
	if (n < least)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s makes no sense: %" PRIu64 " is the least", s,
		               least);
	*out = n;
	return AM_OK;
}

static int set(const struct opt *o, void *values, const char *value,
               struct am_error *err)
{
	void *at = (char *)values + o->offset;
	int r = AM_OK;

	switch (o->kind) {
	case OPT_SWITCH:
		*(bool *)at = true;
		break;
	case OPT_STRING:
		*(const char **)at = value;
		break;
	case OPT_NUMBER:
	case OPT_COUNT:
		r = parse_number(value, o->kind == OPT_COUNT, at, err);
		break;
	case OPT_SIZE:
		r = am_parse_size(value, at, err);
		break;
	case OPT_MANY: {
		struct opt_list *list = at;
		list->items = g_renew(const char *, list->items, list->n + 1);
		list->met = g_renew(bool, list->met, list->n + 1);
		list->met[list->n] = false;
		list->items[list->n++] = value;
		break;
	}
	}
	return r ? am_wrap(err, r, "--%s", o->name) : AM_OK;
}

struct args {
	int argc;
	char **argv;
	int at;
};

/* The value behind an option: what follows in its word, else the next word. */
static int take_value(struct args *args, const struct opt *o, const char *rest,
                      const char **out, struct am_error *err)
{
	if (rest) {
		*out = rest;
		return AM_OK;
	}
	if (args->at + 1 >= args->argc)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "--%s needs a %s",
		               o->name, o->arg);
	*out = args->argv[++args->at];
	return AM_OK;
}

static int parse_long(const struct cmd *cmd, void *values, struct args *args,
                      bool *help, struct am_error *err)
{
	const char *name = args->argv[args->at] + 2;
	size_t len = strcspn(name, "=");
	const char *rest = name[len] ? name + len + 1 : NULL;
	const char *value = NULL;

	if (len == 4 && !strncmp(name, "help", 4)) {
		*help = true;
		return AM_OK;
	}
	const struct opt *o = find_long(cmd, name, len);
	if (!o)
		return fail_unknown(cmd, name, len, err);
	if (o->kind == OPT_SWITCH && rest)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "--%s takes no value", o->name);
	if (o->kind != OPT_SWITCH) {
		int r = take_value(args, o, rest, &value, err);
		if (r)
			return r;
	}
	return set(o, values, value, err);
}

static int parse_short(const struct cmd *cmd, void *values, struct args *args,
                       bool *help, struct am_error *err)
{
	const char *p = args->argv[args->at] + 1;

	for (; *p; p++) {
		const char *value = NULL;
		const struct opt *o = find_short(cmd, *p);
		if (!o && *p == 'h') {
			*help = true;
			continue;
		}
		if (!o)
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "no option -%c (see mailark %s --help)",
			               *p, cmd->name);
		if (o->kind == OPT_SWITCH) {
			int r = set(o, values, NULL, err);
			if (r)
				return r;
			continue;
		}
		int r = take_value(args, o, p[1] ? p + 1 : NULL, &value, err);
		return r ? r : set(o, values, value, err);
	}
	return AM_OK;
}

int opt_parse(const struct cmd *cmd, void *values, int *argc, char **argv,
              bool *help, struct am_error *err)
{
	struct args args = {.argc = *argc, .argv = argv};
	bool ended = false;
	int n = 0, r = AM_OK;

	*help = false;
	for (; args.at < args.argc && !r; args.at++) {
		char *word = argv[args.at];
		if (!ended && !strcmp(word, "--"))
			ended = true;
		else if (ended || word[0] != '-' || !word[1])
			argv[n++] = word;
		else if (word[1] == '-')
			r = parse_long(cmd, values, &args, help, err);
		else
			r = parse_short(cmd, values, &args, help, err);
	}
	*argc = n;
	argv[n] = NULL;
	return r;
}

void opt_free(const struct cmd *cmd, void *values)
{
	for (const struct opt *o = cmd->options; o && o->name; o++) {
		if (o->kind != OPT_MANY)
			continue;
		struct opt_list *list = (void *)((char *)values + o->offset);
		g_free(list->items);
		g_free(list->met);
		*list = (struct opt_list){0};
	}
}

void opt_help(const struct cmd *cmd)
{
	printf("usage: mailark %s %s\n\n%s\n", cmd->name, cmd->usage,
	       cmd->summary);
	printf("\noptions:\n");
	for (const struct opt *o = cmd->options; o && o->name; o++) {
		char *left =
			o->arg ? g_strdup_printf("--%s %s", o->name, o->arg)
			       : g_strdup_printf("--%s", o->name);
		if (o->letter)
			printf("  -%c, %-26s %s\n", o->letter, left, o->help);
		else
			printf("      %-26s %s\n", left, o->help);
		g_free(left);
	}
	printf("  -h, %-26s %s\n", "--help", "this text");
	if (cmd->examples)
		printf("\nexamples:\n%s", cmd->examples);
	printf("\nThe manual: mailark help %s\n", cmd->name);
}
