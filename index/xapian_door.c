/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/xapian_door.h"

#include <glib.h>

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static const struct am_xapian_door *loaded;
static char why[sizeof((struct am_error){0}).text];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Beside the program as it is built, or its tests one folder below, or where
 * `make install` puts it.  g_free() it. */
static char *find_library(void)
{
	static const char *const places[] = {".", "..", "../libexec/mailark"};
	char *self = g_file_read_link("/proc/self/exe", NULL);
	char *dir = g_path_get_dirname(self ? self : ".");
	char *found = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_free(found);
		found = g_build_filename(dir, places[i], "mailark-xapian.so",
		                         NULL);
		if (g_file_test(found, G_FILE_TEST_IS_REGULAR))
			break;
	}
	g_free(self);
	g_free(dir);
	return found;
}

static void load(void)
{
	char *path = find_library();
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	const struct am_xapian_door *table =
		library ? dlsym(library, "am_xapian_table") : NULL;

	if (!table)
		g_strlcpy(why, dlerror(), sizeof why);
	else if (strcmp(table->version, AM_VERSION) != 0)
		g_snprintf(why, sizeof why, "%s belongs to mailark %s", path,
		           table->version);
	else
		loaded = table;
	g_free(path);
}

int am_xapian_load(struct am_error *err)
{
	pthread_once(&once, load);
	return loaded ? AM_OK
	              : am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
	                        "the index needs a part of mailark: %s", why);
}

const struct am_xapian_door *am_xapian(void)
{
	struct am_error err;

	if (am_xapian_load(&err))
		g_error("%s", err.text);
	return loaded;
}
