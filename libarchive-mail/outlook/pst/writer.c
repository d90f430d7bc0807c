/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/writer.h"

#include "base/file_replace.h"

#include <glib.h>

struct am_pst_writer {
	char *path, *temp;
	int fd;
};

int am_pst_writer_open(struct am_pst_writer **out, const char *path,
                       const struct am_pst_writer_options *options,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct am_pst_writer *w = g_new0(struct am_pst_writer, 1);

	(void)options;
	(void)ctx;
	w->path = g_strdup(path);
	int r = am_file_replace_open(&w->fd, &w->temp, path, err);
	if (r)
		am_pst_writer_drop(&w);
	*out = w;
	return r;
}

int am_pst_writer_folder(struct am_pst_writer *w, am_pst_nid parent,
                         const char *name, const char *class, enum am_role role,
                         am_pst_nid *out, struct am_error *err)
{
	(void)parent;
	(void)class;
	(void)role;
	*out = 0;
	return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
	               "%s: folder %s cannot be written", w->path, name);
}

int am_pst_writer_put(struct am_pst_writer *w, am_pst_nid folder,
                      const struct am_mapi_item *item, bool associated,
                      struct am_error *err)
{
	(void)item;
	(void)associated;
	return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
	               "%s: no item can be put into folder 0x%x", w->path,
	               folder);
}

uint64_t am_pst_writer_size(const struct am_pst_writer *w)
{
	(void)w;
	return 0;
}

int am_pst_writer_finish(struct am_pst_writer **w, struct am_error *err)
{
	int r = am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
	                "%s: a PST cannot be written", (*w)->path);

	am_pst_writer_drop(w);
	return r;
}

void am_pst_writer_drop(struct am_pst_writer **w)
{
	if (!*w)
		return;
	am_file_replace_drop(&(*w)->fd, &(*w)->temp);
	g_free((*w)->path);
	g_free(*w);
	*w = NULL;
}
