/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_LIBARCHIVE_H
#define AM_BASE_LIBARCHIVE_H

#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>

#include <stdbool.h>

/*
 * libarchive, opened when the first zip, tar or lz4 file is.  It brings seven
 * libraries along, ICU's 30 MB of tables among them, and to load these at every
 * start would be a tenth of the time that a search takes.
 *
 * Loaded once, for all threads, and never unloaded.
 */
#define AM_LIBARCHIVE(X)                           \
	X(archive_entry_filetype)                  \
	X(archive_entry_free)                      \
	X(archive_entry_hardlink)                  \
	X(archive_entry_mtime)                     \
	X(archive_entry_mtime_is_set)              \
	X(archive_entry_new2)                      \
	X(archive_entry_pathname)                  \
	X(archive_entry_pathname_utf8)             \
	X(archive_entry_set_filetype)              \
	X(archive_entry_set_mtime)                 \
	X(archive_entry_set_pathname)              \
	X(archive_entry_set_perm)                  \
	X(archive_entry_set_size)                  \
	X(archive_entry_size)                      \
	X(archive_entry_size_is_set)               \
	X(archive_entry_symlink)                   \
	X(archive_errno)                           \
	X(archive_error_string)                    \
	X(archive_read_data_block)                 \
	X(archive_read_free)                       \
	X(archive_read_new)                        \
	X(archive_read_next_header)                \
	X(archive_read_open1)                      \
	X(archive_read_set_callback_data)          \
	X(archive_read_set_read_callback)          \
	X(archive_read_set_seek_callback)          \
	X(archive_read_set_skip_callback)          \
	X(archive_read_support_filter_lz4)         \
	X(archive_read_support_format_empty)       \
	X(archive_read_support_format_raw)         \
	X(archive_read_support_format_tar)         \
	X(archive_read_support_format_zip)         \
	X(archive_set_error)                       \
	X(archive_write_add_filter_gzip)           \
	X(archive_write_add_filter_xz)             \
	X(archive_write_add_filter_zstd)           \
	X(archive_write_close)                     \
	X(archive_write_data)                      \
	X(archive_write_finish_entry)              \
	X(archive_write_free)                      \
	X(archive_write_header)                    \
	X(archive_write_new)                       \
	X(archive_write_open)                      \
	X(archive_write_set_bytes_in_last_block)   \
	X(archive_write_set_bytes_per_block)       \
	X(archive_write_set_format_pax_restricted) \
	X(archive_write_set_format_zip)

struct am_libarchive {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared */
#define AM_LIBARCHIVE_MEMBER(name) __typeof__(name) *name;
	AM_LIBARCHIVE(AM_LIBARCHIVE_MEMBER)
#undef AM_LIBARCHIVE_MEMBER
};

/* Load it; false with err when it is not there. */
bool am_libarchive(struct am_error *err);
/* Its functions under their own names, once it is. */
const struct am_libarchive *am_la(void);

#endif
