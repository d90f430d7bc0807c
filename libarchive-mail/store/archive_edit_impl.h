/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_EDIT_IMPL_H
#define AM_STORE_ARCHIVE_EDIT_IMPL_H

#include "store/archive_edit.h"
#include "store/archive_sink.h"

/* What the files of the editor share. */
struct am_archive_edit {
	struct am_sink *sink;
	struct am_archive_sink *s; /* the same */
};

/* AM_FAILED, AM_E_NOTFOUND: there is none of this id. */
AM_MUST_USE int am_archive_edit_find_folder(struct am_archive_edit *edit,
                                            uint64_t id,
                                            struct am_catalog_folder **out,
                                            struct am_error *err);

#endif
