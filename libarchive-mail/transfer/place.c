/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locations as people write them: PATH, FORMAT:PATH, URL, with the word of
 * --from or --to beside them.
 */
#include "transfer/expand.h"
#include "transfer/mixed.h"
#include "transfer/registry.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

struct am_place {
	const struct am_format *format;
	bool mixed;       /* a folder or zip, and nobody said of which format */
	const char *tnef; /* "expand" or "keep", when it was said */
	struct am_location where;
	char *path, *url;
	char **options; /* NULL-terminated */
};

void am_place_free(struct am_place **place)
{
	struct am_place *p = *place;

	*place = NULL;
	if (!p)
		return;
	g_free(p->path);
	g_free(p->url);
	g_strfreev(p->options);
	g_free(p);
}

const struct am_format *am_place_format(const struct am_place *place)
{
	return place->format;
}

const struct am_location *am_place_location(const struct am_place *place)
{
	return &place->where;
}

static int fail_format(const char *name, struct am_error *err)
{
	GString *known = g_string_new(NULL);

	for (size_t i = 0; am_formats[i]; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "",
		                       am_formats[i]->name);
	int r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                "no format is called \"%.40s\" (there are %s)", name,
	                known->str);
	g_string_free(known, TRUE);
	return r;
}

/* What every source has for an option, whatever its format: taken out. */
static int take_common(struct am_place *place, struct am_error *err)
{
	static const char *const words[] = {"expand", "keep"};
	char **to = place->options, *bad = NULL;

	for (char **o = place->options; *o; o++) {
		if (strncmp(*o, "tnef=", 5) != 0) {
			*to++ = *o;
			continue;
		}
		place->tnef = NULL;
		for (size_t i = 0; i < AM_COUNT(words); i++)
			if (!strcmp(*o + 5, words[i]))
				place->tnef = words[i];
		if (!place->tnef && !bad)
			bad = g_strdup(*o);
		g_free(*o);
	}
	*to = NULL;
	int r = bad ? am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                      "%.60s: tnef=expand or tnef=keep", bad)
	            : AM_OK;
	g_free(bad);
	return r;
}

/*
 * "mbox,dialect=mboxrd", "segment=1G", "as-imported".  The first word is a
 * format when one is called so; a word with '=' never is.
 */
static int parse_options(struct am_place *place, const char *text,
                         struct am_error *err)
{
	char **words = g_strsplit(text, ",", -1);
	char **first = words;

	if (*first && !strchr(*first, '=')) {
		place->format = am_format_find(*first);
		if (place->format)
			first++;
	}
	place->options = g_strdupv(first);
	g_strfreev(words);
	for (char **o = place->options; *o; o++)
		if (!**o || **o == '=')
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "\"%.60s\": an empty option", text);
	return take_common(place, err);
}

/* "imaps" of "imaps://user@host/"; NULL when it is no URL. */
static char *scheme_of(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	return n > 1 && !strncmp(text + n, "://", 3) ? g_strndup(text, n)
	                                             : NULL;
}

/* "imaps" is imap from the first byte over TLS, and so on. */
static const struct am_format *format_of(const char *scheme)
{
	const struct am_format *format = am_format_find(scheme);
	size_t n = strlen(scheme);

	if (!format && n > 1 && scheme[n - 1] == 's') {
		char *clear = g_strndup(scheme, n - 1);
		format = am_format_find(clear);
		g_free(clear);
	}
	return format;
}

static int parse_url(struct am_place *place, const char *text,
                     const char *scheme, struct am_error *err)
{
	if (!strcmp(scheme, "file")) {
		place->path = g_uri_unescape_string(text + 7, NULL);
		if (!place->path || *place->path != '/')
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "not a file:///path");
		return AM_OK;
	}
	const struct am_format *format = format_of(scheme);
	if (!format)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s:// is not built in", scheme);
	if (place->format && place->format != format)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "is %s, not %s",
		               format->name, place->format->name);
	place->format = format;
	place->url = g_strdup(text);
	return AM_OK;
}

/* FORMAT:PATH, unless a file has that very name. */
static int parse_path(struct am_place *place, const char *text,
                      struct am_error *err)
{
	const char *colon = strchr(text, ':');
	const struct am_format *format = NULL;
	struct stat st;

	if (colon && colon != text && stat(text, &st)) {
		char *name = g_strndup(text, (gsize)(colon - text));
		if (!strchr(name, '/'))
			format = am_format_find(name);
		g_free(name);
	}
	if (format && place->format && place->format != format)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "is to be %s and %s", format->name,
		               place->format->name);
	if (format)
		place->format = format;
	place->path = g_strdup(format ? colon + 1 : text);
	if (!*place->path && place->format != am_format_find("null"))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "empty path");
	return AM_OK;
}

static int fail_missing(const char *text, struct am_error *err)
{
	const char *colon = strchr(text, ':');

	if (colon && colon - text > 1 &&
	    (size_t)(colon - text) ==
	            strspn(text, "abcdefghijklmnopqrstuvwxyz"))
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "no such file, and no format is called "
		               "\"%.*s\"",
		               (int)(colon - text), text);
	return am_fail(err, AM_FAILED, AM_E_NOTFOUND, "no such file");
}

/* What comes by once: no looking, so it must have been said what it is. */
static int check_stream(const struct am_place *place, bool target,
                        struct am_error *err)
{
	bool in = !strcmp(place->path, "-");

	if (in && target)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "standard output is no target: what is written "
		               "is written in place (./- is a file of that "
		               "name)");
	if (!place->format)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               in ? "of what is it? mbox:- reads a mailbox "
		                    "from standard input (./- is a file of "
		                    "that name)"
		                  : "a pipe, and of what? mbox:PATH reads a "
		                    "mailbox from it");
	return AM_OK;
}

bool am_place_once(const struct am_place *place)
{
	struct stat st;

	return place->path &&
	       (!strcmp(place->path, "-") ||
	        (!stat(place->path, &st) && S_ISFIFO(st.st_mode)));
}

/* The format by looking, where nothing was said. */
static int find_format(struct am_place *place, const char *text, bool target,
                       struct am_error *err)
{
	struct stat st;

	if (place->url)
		return AM_OK;
	/* NOLINTNEXTLINE(*NonNullParamChecker) no URL, a path */
	if (!strcmp(place->path, "-") || (!target && am_place_once(place))) {
		int r = check_stream(place, target, err);
		if (r || place->format->streams)
			return r;
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s is not read from a pipe",
		               place->format->name);
	}
	if (!target && stat(place->path, &st) &&
	    place->format != am_format_find("null"))
		return fail_missing(text, err);
	if (place->format)
		return AM_OK;
	if (target)
		return am_format_for_target(&place->where, &place->format, err);
	int r = am_format_detect(&place->where, &place->format, err);
	/* A zip or tar is a tree, too. */
	place->mixed =
		!r && !stat(place->path, &st) &&
		am_mixed_wants(place->format) &&
		(S_ISDIR(st.st_mode) || place->format == am_format_find("eml"));
	return r;
}

static int check(struct am_place *place, bool target, struct am_error *err)
{
	const struct am_format *f = place->format;
	/* NOLINTNEXTLINE(*NullDereference) found by now */
	const char *why = !f->open_source && !f->open_sink ? "not built in"
	                  : target                         ? "read only"
	                                                   : "write only";

	if (target ? !f->open_sink : !f->open_source)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s: %s",
		               f->name, why);
	if (target && place->tnef)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "tnef= is for what is read (--from)");
	return am_location_check(&place->where, f->options, f->name, err);
}

int am_place_parse(struct am_place **out, const char *text,
                   const char *format_and_options, bool target,
                   struct am_error *err)
{
	struct am_place *place = g_new0(struct am_place, 1);
	char *scheme = scheme_of(text);
	int r = AM_OK;

	*out = NULL;
	r = parse_options(place, format_and_options ? format_and_options : "",
	                  err);
	if (r)
		goto out;
	place->where.options = (const char *const *)place->options;
	r = scheme ? parse_url(place, text, scheme, err)
	           : parse_path(place, text, err);
	place->where.path = place->path;
	place->where.url = place->url;
	/* "--from mbxo": a word that is neither format nor option of one. */
	if (!r && !place->format && *place->options &&
	    !strchr(*place->options, '='))
		r = fail_format(*place->options, err);
	if (!r)
		r = find_format(place, text, target, err);
	if (!r)
		r = check(place, target, err);
out:
	g_free(scheme);
	if (r)
		am_place_free(&place);
	*out = place;
	return r;
}

/* Those of the account first: of two the last one counts. */
static void put_first(struct am_place *place, const char *const *options)
{
	GPtrArray *all = g_ptr_array_new();

	for (const char *const *o = options; o && *o; o++)
		g_ptr_array_add(all, g_strdup(*o));
	for (char **o = place->options; *o; o++)
		g_ptr_array_add(all, *o);
	g_ptr_array_add(all, NULL);
	g_free(place->options);
	place->options = (char **)g_ptr_array_free(all, FALSE);
	place->where.options = (const char *const *)place->options;
}

int am_place_url(struct am_place **out, const char *url,
                 const char *const *options, const char *format_and_options,
                 bool target, struct am_error *err)
{
	struct am_place *place = g_new0(struct am_place, 1);
	char *scheme = scheme_of(url);

	*out = NULL;
	int r = parse_options(
		place, format_and_options ? format_and_options : "", err);
	if (!r && !scheme)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "not a URL");
	if (!r)
		r = parse_url(place, url, scheme, err);
	if (!r && !place->url)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "not a server");
	if (!r) {
		put_first(place, options);
		place->where.url = place->url;
		r = check(place, target, err);
	}
	g_free(scheme);
	if (r)
		am_place_free(&place);
	*out = place;
	return r;
}

int am_place_open_source(const struct am_place *place, struct am_source **out,
                         struct am_ctx *ctx, struct am_error *err)
{
	*out = NULL;
	int r = place->mixed ? am_mixed_open(out, place->format, &place->where,
	                                     ctx, err)
	                     : place->format->open_source(out, &place->where,
	                                                  ctx, err);
	if (!r && place->tnef && !strcmp(place->tnef, "expand"))
		*out = am_expand_new(*out);
	return r;
}

int am_place_open_there(const struct am_place *place, struct am_source **out,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct am_place there = *place;

	there.where.of_sink = true;
	return am_place_open_source(&there, out, ctx, err);
}

int am_place_open_sink(const struct am_place *place, struct am_sink **out,
                       struct am_ctx *ctx, struct am_error *err)
{
	*out = NULL;
	return place->format->open_sink(out, &place->where, ctx, err);
}
