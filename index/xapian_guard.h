/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_XAPIAN_GUARD_H
#define AM_INDEX_XAPIAN_GUARD_H

/* What the C++ files of this folder share; for nobody else. */
#include <xapian.h>

#include <cstring>
#include <exception>
#include <new>
#include <string>

extern "C" {
#include "base/error.h"
}

struct am_xquery {
	Xapian::Query query;
};

/*
 * Each function here is one lambda inside guard(): the only place that knows
 * what may be thrown.  An exception that left a function would end the program
 * in C, so nothing with a constructor stands outside a guard.
 */

namespace am_xapian_guard
{

inline int failed(struct am_error *err, enum am_kind kind, const char *type,
                  const char *text)
{
	return am_fail(err, AM_FAILED, kind, "%s: %s", type, text);
}

inline enum am_kind kind_of(const Xapian::Error &e)
{
	if (!strcmp(e.get_type(), "DatabaseCorruptError") ||
	    !strcmp(e.get_type(), "DatabaseVersionError") ||
	    !strcmp(e.get_type(), "DatabaseModifiedError"))
		return AM_E_CORRUPT;
	/* A file that was cut off is no trouble of the disk's. */
	if (!strcmp(e.get_type(), "DatabaseError") &&
	    !e.get_msg().compare(0, 4, "EOF "))
		return AM_E_CORRUPT;
	if (!strcmp(e.get_type(), "DatabaseNotFoundError") ||
	    !strcmp(e.get_type(), "DatabaseOpeningError"))
		return AM_E_NOTFOUND;
	if (!strcmp(e.get_type(), "DatabaseLockError"))
		return AM_E_BUSY;
	return AM_E_IO;
}

/* Run it; turn whatever is thrown into a status.  `again` makes a second and
 * third attempt possible after somebody changed the database. */
template <typename Work, typename Again>
int guard(struct am_error *err, Work work, Again again) noexcept
{
	for (int attempt = 0;; attempt++) {
		try {
			try {
				return work();
			} catch (const Xapian::DatabaseModifiedError &e) {
				if (attempt == 3)
					throw;
			}
			again();
		} catch (const Xapian::Error &e) {
			return failed(err, kind_of(e), e.get_type(),
			              e.get_msg().c_str());
		} catch (const std::bad_alloc &) {
			return am_fail(err, AM_FAILED, AM_E_MEMORY,
			               "out of memory in the index");
		} catch (const std::exception &e) {
			return failed(err, AM_E_IO, "index", e.what());
		} catch (...) {
			return failed(err, AM_E_IO, "index",
			              "something unknown was thrown");
		}
	}
}

template <typename Work> int guard(struct am_error *err, Work work) noexcept
{
	return guard(err, work, [] {});
}

inline struct am_xquery *made(const Xapian::Query &query)
{
	return new (std::nothrow) am_xquery{query};
}

/* For queries there is no text to an error but lack of memory: NULL. */
template <typename Work> struct am_xquery *build(Work work) noexcept
{
	struct am_xquery *out = nullptr;
	int r = guard(nullptr, [&] {
		out = made(work());
		return AM_OK;
	});
	return r ? nullptr : out;
}

} // namespace am_xapian_guard

using namespace am_xapian_guard;

#endif
