/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/libarchive.h"

#include "base/compiler.h"

#include <glib.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* The interface that archive.h describes: libarchive 3. */
#define LIBRARY "libarchive.so.13"

static struct am_libarchive loaded;
static char why[sizeof((struct am_error){0}).text];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	static const struct {
		const char *name;
		size_t at;
	} wanted[] = {
#define NAMED(name) {#name, offsetof(struct am_libarchive, name)},
		AM_LIBARCHIVE(NAMED)
#undef NAMED
	};
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void *found = library;

	for (size_t i = 0; i < AM_COUNT(wanted) && found; i++) {
		found = dlsym(library, wanted[i].name);
		/* ISO C has no cast from an object to a function. */
		memcpy((char *)&loaded + wanted[i].at, &found, sizeof found);
	}
	if (!found)
		g_strlcpy(why, dlerror(), sizeof why);
}

bool am_libarchive(struct am_error *err)
{
	pthread_once(&once, load);
	if (*why)
		am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		        "zip, tar and lz4 need libarchive: %s", why);
	return !*why;
}

const struct am_libarchive *am_la(void)
{
	return &loaded;
}
