/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <xapian.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <cassert>
#include <cinttypes>
#include <cstddef>
#include <cstdint>

#include "index/xapian_guard.h"
#include "index/xapian_published.h"

/* As in xapian_shim.cc: each function is one lambda inside guard(). */

/* ---- writing ---------------------------------------------------------------
 */

struct am_xwriter {
	Xapian::WritableDatabase db;
	Xapian::Document doc;
};

int am_xwriter_open(struct am_xwriter **out, const char *dir,
                    struct am_error *err)
{
	*out = nullptr;
	return guard(err, [&] {
		std::unique_ptr<am_xwriter> w(new am_xwriter);
		w->db = Xapian::WritableDatabase(
			dir, Xapian::DB_CREATE | Xapian::DB_NO_SYNC |
				     Xapian::DB_BACKEND_GLASS);
		*out = w.release();
		return int(AM_OK);
	});
}

int am_xwriter_word(struct am_xwriter *w, const char *term, size_t len,
                    uint32_t position, uint32_t weight, struct am_error *err)
{
	return guard(err, [&] {
		w->doc.add_posting(std::string(term, len), position, weight);
		return int(AM_OK);
	});
}

int am_xwriter_term(struct am_xwriter *w, const char *term, size_t len,
                    struct am_error *err)
{
	return guard(err, [&] {
		w->doc.add_boolean_term(std::string(term, len));
		return int(AM_OK);
	});
}

int am_xwriter_value(struct am_xwriter *w, unsigned slot, double value,
                     struct am_error *err)
{
	return guard(err, [&] {
		w->doc.add_value(slot, Xapian::sortable_serialise(value));
		return int(AM_OK);
	});
}

int am_xwriter_add(struct am_xwriter *w, const void *data, size_t len,
                   struct am_error *err)
{
	return guard(err, [&] {
		w->doc.set_data(
			std::string(static_cast<const char *>(data), len));
		w->db.add_document(w->doc);
		w->doc = Xapian::Document();
		return int(AM_OK);
	});
}

int am_xwriter_metadata(struct am_xwriter *w, const char *key,
                        const char *value, struct am_error *err)
{
	return guard(err, [&] {
		w->db.set_metadata(key, value);
		return int(AM_OK);
	});
}

int am_xwriter_commit(struct am_xwriter *w, struct am_error *err)
{
	return guard(err, [&] {
		w->db.commit();
		return int(AM_OK);
	});
}

void am_xwriter_close(struct am_xwriter **writer)
{
	(void)guard(nullptr, [&] {
		delete *writer;
		return int(AM_OK);
	});
	*writer = nullptr;
}

int am_xwriter_pack(const char *dir, const char *file, struct am_error *err)
{
	return guard(err, [&] {
		Xapian::Database db(dir, Xapian::DB_OPEN);
		db.compact(file, Xapian::DBCOMPACT_SINGLE_FILE |
		                         Xapian::DBCOMPACT_NO_RENUMBER |
		                         unsigned(Xapian::Compactor::FULL));
		return int(AM_OK);
	});
}

/* ---- reading ---------------------------------------------------------------
 */

struct am_xreader {
	Xapian::Database db;
};

int am_xreader_open(struct am_xreader **out, const struct am_xplace *place,
                    unsigned timeout_ms, struct am_error *err)
{
	*out = nullptr;
	return guard(err, [&] {
		std::unique_ptr<am_xreader> r(new am_xreader);
		switch (place->kind) {
		case AM_XPLACE_LOCAL:
			r->db = Xapian::Database(place->name, Xapian::DB_OPEN);
			break;
		case AM_XPLACE_TCP:
			r->db = Xapian::Remote::open(place->name, place->port,
			                             timeout_ms, timeout_ms);
			break;
		case AM_XPLACE_PROGRAM:
			r->db = Xapian::Remote::open(
				place->name, place->arguments, timeout_ms);
			break;
		}
		*out = r.release();
		return int(AM_OK);
	});
}

void am_xreader_close(struct am_xreader **reader)
{
	(void)guard(nullptr, [&] {
		delete *reader;
		return int(AM_OK);
	});
	*reader = nullptr;
}

int am_xreader_metadata(struct am_xreader *x, const char *key, char **out,
                        struct am_error *err)
{
	*out = nullptr;
	return guard(err, [&] {
		std::string value = x->db.get_metadata(key);
		*out = strndup(value.data(), value.size());
		if (!*out)
			throw std::bad_alloc();
		return int(AM_OK);
	});
}

int am_xreader_terms(struct am_xreader *x, const char *prefix, size_t len,
                     am_xapian_term_fn *fn, void *user, struct am_error *err)
{
	return guard(err, [&] {
		std::string p(prefix, len);
		auto end = x->db.allterms_end(p);
		for (auto i = x->db.allterms_begin(p); i != end; ++i) {
			std::string term = *i;
			int r = fn(user, term.data(), term.size(),
			           i.get_termfreq(), err);
			if (r)
				return r;
		}
		return int(AM_OK);
	});
}

struct am_xquery *am_xquery_phrase(const struct am_xterm *terms, size_t n)
{
	return build([&] {
		std::vector<std::string> all;
		for (size_t i = 0; i < n; i++)
			all.emplace_back(terms[i].text, terms[i].len);
		return Xapian::Query(Xapian::Query::OP_PHRASE, all.begin(),
		                     all.end(), Xapian::termcount(n));
	});
}

struct am_xquery *am_xquery_near(const struct am_xterm *terms, size_t n,
                                 unsigned window, bool in_order)
{
	return build([&] {
		std::vector<std::string> all;
		for (size_t i = 0; i < n; i++)
			all.emplace_back(terms[i].text, terms[i].len);
		return Xapian::Query(in_order ? Xapian::Query::OP_PHRASE
		                              : Xapian::Query::OP_NEAR,
		                     all.begin(), all.end(), window);
	});
}

struct am_xquery *am_xquery_beginning(const char *text, size_t len)
{
	return build([&] {
		return Xapian::Query(
			Xapian::Query::OP_WILDCARD, std::string(text, len),
			1000, Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT,
			Xapian::Query::OP_OR);
	});
}

struct am_xquery *am_xquery_range(unsigned slot, double least, double most)
{
	return build([&] {
		return Xapian::Query(Xapian::Query::OP_VALUE_RANGE, slot,
		                     Xapian::sortable_serialise(least),
		                     Xapian::sortable_serialise(most));
	});
}

int am_xreader_search(struct am_xreader *x, const struct am_xquery *query,
                      enum am_xorder order, unsigned slot, size_t room,
                      bool exact, am_xreader_hit_fn *fn, void *user,
                      uint64_t *total, bool *is_exact, struct am_error *err)
{
	*total = 0;
	*is_exact = true;
	return guard(
		err,
		[&] {
			Xapian::Enquire enquire(x->db);
			auto count = x->db.get_doccount();
			enquire.set_query(query->query);
			if (order != AM_XORDER_RELEVANCE)
				enquire.set_weighting_scheme(
					Xapian::BoolWeight());
			enquire.set_docid_order(
				order == AM_XORDER_FILED_LAST
					? Xapian::Enquire::DESCENDING
					: Xapian::Enquire::ASCENDING);
			if (order == AM_XORDER_VALUE)
				enquire.set_sort_by_value(slot, true);
			Xapian::MSet found = enquire.get_mset(
				0,
				Xapian::doccount(room > count ? count : room),
				exact ? count : 0);
			/* All data in one message. */
			found.fetch();
			*total = found.get_matches_estimated();
			*is_exact = found.get_matches_lower_bound() ==
		                    found.get_matches_upper_bound();
			for (auto i = found.begin(); i != found.end(); ++i) {
				std::string data = i.get_document().get_data();
				int r = fn(user, i.get_weight(), data.data(),
			                   data.size(), err);
				if (r)
					return r;
			}
			return int(AM_OK);
		},
		[&] { x->db.reopen(); });
}
