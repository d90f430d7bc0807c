/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stubs, as Xapian's own documentation has them (admin_notes: stub databases).
 */
#include "index/published.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

static char *resolved(const char *stub, const char *path)
{
	if (g_path_is_absolute(path))
		return g_strdup(path);
	char *dir = g_path_get_dirname(stub);
	char *out = g_build_filename(dir, path, NULL);
	g_free(dir);
	return out;
}

static char *keep(GPtrArray *owned, char *s)
{
	g_ptr_array_add(owned, s);
	return s;
}

/* false: no such line. */
static bool parse_line(const char *line, const char *stub, GPtrArray *owned,
                       struct am_xplace *out)
{
	const char *value = strpbrk(line, " \t");
	size_t n = value ? (size_t)(value - line) : 0;

	while (value && (*value == ' ' || *value == '\t'))
		value++;
	if (!value || !*value)
		return false;
	if ((n == 4 && !memcmp(line, "auto", n)) ||
	    (n == 5 && !memcmp(line, "glass", n))) {
		*out = (struct am_xplace){
			.kind = AM_XPLACE_LOCAL,
			.name = keep(owned, resolved(stub, value))};
		return true;
	}
	if (n != 6 || memcmp(line, "remote", n) != 0)
		return false;
	if (*value == ':') {
		const char *arguments = strchr(value, ' ');
		size_t len =
			arguments ? (size_t)(arguments - value) : strlen(value);
		*out = (struct am_xplace){
			.kind = AM_XPLACE_PROGRAM,
			.name = keep(owned, g_strndup(value + 1, len - 1)),
			.arguments =
				keep(owned,
		                     g_strdup(arguments ? arguments + 1 : ""))};
		return len > 1;
	}
	const char *colon = strrchr(value, ':');
	char *end = NULL;
	uint64_t port = colon ? g_ascii_strtoull(colon + 1, &end, 10) : 0;
	if (!colon || colon == value || *end || !port || port > 65535)
		return false;
	*out = (struct am_xplace){
		.kind = AM_XPLACE_TCP,
		.name = keep(owned, g_strndup(value, (gsize)(colon - value))),
		.port = (unsigned)port};
	return true;
}

int am_stub_read(struct am_stub *out, const char *path, struct am_error *err)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(struct am_xplace));
	GPtrArray *names = g_ptr_array_new(), *owned = g_ptr_array_new();
	char *text = NULL;
	GError *why = NULL;
	int r = AM_OK;

	if (!g_file_get_contents(path, &text, NULL, &why))
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND, "%s", why->message);
	g_clear_error(&why);
	char **lines = g_strsplit(text ? text : "", "\n", -1);
	for (size_t i = 0; lines[i] && !r; i++) {
		const char *line = g_strstrip(lines[i]);
		struct am_xplace place;
		if (!*line || *line == '#')
			continue;
		if (!parse_line(line, path, owned, &place)) {
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "%s: line %zu: neither \"auto PATH\" nor "
			            "\"remote HOST:PORT\" nor \"remote "
			            ":PROGRAM ARGUMENTS\"",
			            path, i + 1);
			continue;
		}
		g_array_append_val(places, place);
		g_ptr_array_add(names, g_strdup(line));
	}
	if (!r && !places->len)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: names no database", path);
	g_strfreev(lines);
	g_free(text);
	g_ptr_array_add(names, NULL);
	g_ptr_array_add(owned, NULL);
	out->n = places->len;
	out->places = (void *)g_array_free(places, FALSE);
	out->names = (char **)g_ptr_array_free(names, FALSE);
	out->owned = (char **)g_ptr_array_free(owned, FALSE);
	if (r)
		am_stub_clear(out);
	return r;
}

void am_stub_clear(struct am_stub *stub)
{
	g_free(stub->places);
	g_strfreev(stub->names);
	g_strfreev(stub->owned);
	*stub = (struct am_stub){0};
}
