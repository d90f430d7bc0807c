/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders: a counted struct whose parts lie in one allocation behind it.
 */
#include "model/folder.h"

#include <glib.h>

#include <fnmatch.h>
#include <stdatomic.h>
#include <string.h>

struct folder {
	struct am_folder public;
	atomic_uint refs;
	const char *parts[];
};

static struct folder *folder_of(const struct am_folder *folder)
{
	/* The count changes while the folder itself does not. */
	return (struct folder *)(uintptr_t)AM_CONTAINER((uintptr_t)folder,
	                                                struct folder, public);
}

int am_folder_new(struct am_folder **out, const char *const *parts,
                  size_t depth, enum am_role role, struct am_error *err)
{
	size_t bytes = 0;

	*out = NULL;
	for (size_t i = 0; i < depth; i++) {
		if (!parts[i] || !*parts[i])
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "part %zu of a folder name is empty",
			               i + 1);
		bytes += strlen(parts[i]) + 1;
	}
	struct folder *f =
		g_malloc0(sizeof *f + (depth + 1) * sizeof f->parts[0] + bytes);
	char *to = (char *)(f->parts + depth + 1);
	for (size_t i = 0; i < depth; i++) {
		size_t size = strlen(parts[i]) + 1;
		memcpy(to, parts[i], size);
		f->parts[i] = to;
		to += size;
	}
	f->public.depth = depth;
	f->public.parts = f->parts;
	f->public.role = role;
	atomic_init(&f->refs, 1);
	*out = &f->public;
	return AM_OK;
}

const struct am_folder *am_folder_ref(const struct am_folder *folder)
{
	if (folder)
		atomic_fetch_add_explicit(&folder_of(folder)->refs, 1,
		                          memory_order_relaxed);
	return folder;
}

void am_folder_unref(const struct am_folder **folder)
{
	if (!*folder)
		return;
	struct folder *f = folder_of(*folder);
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
		g_free(f);
	*folder = NULL;
}

bool am_folder_equal(const struct am_folder *a, const struct am_folder *b)
{
	if (a == b)
		return true;
	if (a->depth != b->depth)
		return false;
	for (size_t i = 0; i < a->depth; i++)
		if (strcmp(a->parts[i], b->parts[i]))
			return false;
	return true;
}

/* FNV-1a, the NUL of each part included: "ab","c" is not "a","bc". */
uint64_t am_folder_hash(const struct am_folder *folder)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < folder->depth; i++) {
		const char *s = folder->parts[i];
		do {
			h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
		} while (*s++);
	}
	return h;
}

char *am_folder_print(const struct am_folder *folder)
{
	GString *s = g_string_new(NULL);

	for (size_t i = 0; i < folder->depth; i++) {
		if (i)
			g_string_append_c(s, '/');
		for (const char *p = folder->parts[i]; *p; p++) {
			if (*p == '/' || *p == '\\')
				g_string_append_c(s, '\\');
			g_string_append_c(s, *p);
		}
	}
	return g_string_free(s, FALSE);
}

/* Case folded if it is UTF-8 (fnmatch's own folding knows the process's
 * locale only), else in ASCII. */
static char *fold(const char *s)
{
	return g_utf8_validate(s, -1, NULL) ? g_utf8_casefold(s, -1)
	                                    : g_ascii_strdown(s, -1);
}

/* The pattern with its '[' taken as they are: "[Gmail]/" followed by a star
 * is meant for the folder that is really called so. */
static char *literal_brackets(const char *glob)
{
	GString *s = g_string_new(NULL);

	for (const char *p = glob; *p; p++) {
		if (*p == '\\' && p[1])
			g_string_append_c(s, *p++);
		else if (*p == '[')
			g_string_append_c(s, '\\');
		g_string_append_c(s, *p);
	}
	return g_string_free(s, FALSE);
}

bool am_folder_matches(const struct am_folder *folder, const char *glob)
{
	char *printed = am_folder_print(folder);
	char *text = fold(printed), *pattern = fold(glob);
	size_t len = strlen(pattern);

	/* As it is printed comes first: a copied name must always work. */
	bool hit = !strcmp(text, pattern);
	if (!hit && len && !strncmp(text, pattern, len))
		hit = text[len] == '/';
	if (!hit && strpbrk(pattern, "*?[\\")) {
		char *plain = literal_brackets(pattern);
		hit = !fnmatch(pattern, text, 0) ||
		      !fnmatch(pattern, text, FNM_NOESCAPE) ||
		      !fnmatch(plain, text, 0);
		g_free(plain);
	}
	g_free(pattern);
	g_free(text);
	g_free(printed);
	return hit;
}
