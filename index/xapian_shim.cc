/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <xapian.h>

#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <cassert>
#include <cinttypes>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <unistd.h>

#include "index/xapian_guard.h"
#include "index/xapian_leaves.hh"
#include "index/xapian_shim.h"

/* May Xapian's own check look?  It opens the lists for writing. */
static bool writable(const char *dir)
{
	std::string lists = std::string(dir) + "/postlist.glass";
	return !faccessat(AT_FDCWD, lists.c_str(), W_OK, AT_EACCESS);
}

/* What can be seen by reading alone: every list, and whether it is as long as
 * it says. */
static size_t read_lists(const char *dir)
{
	Xapian::Database db(dir, Xapian::DB_OPEN);
	size_t wrong = 0;

	for (auto t = db.allterms_begin(); t != db.allterms_end(); ++t) {
		Xapian::doccount n = 0;
		Xapian::docid last = 0;
		bool rising = true;
		for (auto p = db.postlist_begin(*t); p != db.postlist_end(*t);
		     ++p) {
			rising = rising && *p > last;
			last = *p;
			n++;
		}
		if (!rising || n != t.get_termfreq())
			wrong++;
	}
	return wrong;
}

int am_xapian_check(const char *dir, struct am_error *err)
{
	return guard(err, [&] {
		size_t wrong =
			writable(dir) ? Xapian::Database::check(dir, 0, nullptr)
				      : read_lists(dir);
		if (wrong)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "%s: %zu errors", dir, wrong);
		return int(AM_OK);
	});
}

int am_xapian_open(struct am_xapian **out, const char *const *dirs, size_t n,
                   struct am_error *err)
{
	*out = nullptr;
	return guard(err, [&] {
		std::unique_ptr<am_xapian> x(new am_xapian);
		for (size_t i = 0; i < n; i++) {
			x->shards.emplace_back(dirs[i], Xapian::DB_OPEN);
			x->uuids.push_back(x->shards.back().get_uuid());
			x->all.add_database(x->shards.back());
			x->documents += x->shards.back().get_doccount();
		}
		*out = x.release();
		return int(AM_OK);
	});
}

void am_xapian_close(struct am_xapian **xapian)
{
	(void)guard(nullptr, [&] {
		delete *xapian;
		return int(AM_OK);
	});
	*xapian = nullptr;
}

uint64_t am_xapian_documents(const struct am_xapian *xapian)
{
	return xapian->documents;
}

int am_xapian_shard_documents(struct am_xapian *xapian, size_t shard,
                              uint64_t *out, struct am_error *err)
{
	return guard(err, [&] {
		*out = xapian->shards.at(shard).get_doccount();
		return int(AM_OK);
	});
}

int am_xapian_terms(struct am_xapian *xapian, const char *prefix, size_t len,
                    am_xapian_term_fn *fn, void *user, struct am_error *err)
{
	return guard(err, [&] {
		std::string p(prefix, len);
		auto end = xapian->all.allterms_end(p);
		for (auto i = xapian->all.allterms_begin(p); i != end; ++i) {
			std::string term = *i;
			int r = fn(user, term.data(), term.size(),
			           i.get_termfreq(), err);
			if (r)
				return r;
		}
		return int(AM_OK);
	});
}

int am_xapian_frequency(struct am_xapian *xapian, const char *term, size_t len,
                        uint64_t *out, struct am_error *err)
{
	*out = 0;
	return guard(err, [&] {
		*out = xapian->all.get_termfreq(std::string(term, len));
		return int(AM_OK);
	});
}

struct am_xquery *am_xquery_term(const char *text, size_t len, bool weighted)
{
	return build([&] {
		std::string term(text, len);
		if (weighted)
			return Xapian::Query(term);
		return Xapian::Query((new Term(term))->release());
	});
}

struct am_xquery *am_xquery_all(void)
{
	/* Not Query::MatchAll, which all threads would count references on. */
	return build([&] { return Xapian::Query(std::string()); });
}

struct am_xquery *am_xquery_none(void)
{
	return build([&] { return Xapian::Query(); });
}

struct am_xquery *am_xquery_source(const struct am_xsource_ops *ops, void *self)
{
	return build([&] {
		return Xapian::Query((new Source(ops, self))->release());
	});
}

struct am_xquery *am_xquery_join(enum am_xjoin join, struct am_xquery **queries,
                                 size_t n)
{
	struct am_xquery *out = build([&] {
		std::vector<Xapian::Query> all;
		for (size_t i = 0; i < n; i++) {
			if (!queries[i])
				throw std::bad_alloc();
			all.push_back(queries[i]->query);
		}
		switch (join) {
		case AM_XJOIN_NOT:
			return Xapian::Query(Xapian::Query::OP_AND_NOT,
			                     all.at(0), all.at(1));
		case AM_XJOIN_SYNONYM:
			return Xapian::Query(Xapian::Query::OP_SYNONYM,
			                     all.begin(), all.end());
		case AM_XJOIN_OR:
			return Xapian::Query(Xapian::Query::OP_OR, all.begin(),
			                     all.end());
		case AM_XJOIN_AND:
			break;
		}
		return Xapian::Query(Xapian::Query::OP_AND, all.begin(),
		                     all.end());
	});
	for (size_t i = 0; i < n; i++)
		am_xquery_free(&queries[i]);
	return out;
}

void am_xquery_free(struct am_xquery **query)
{
	(void)guard(nullptr, [&] {
		delete *query;
		return int(AM_OK);
	});
	*query = nullptr;
}

int am_xapian_rank(struct am_xapian *xapian, const struct am_xquery *query,
                   am_xapian_accept_fn *accept, void *user, size_t skip,
                   size_t room, bool exact, struct am_xhit *hits, size_t *got,
                   uint64_t *total, bool *is_exact, struct am_error *err)
{
	*got = 0;
	*total = 0;
	*is_exact = true;
	return guard(
		err,
		[&] {
			if (xapian->shards.empty())
				return int(AM_OK);
			Running keep(xapian);
			Xapian::Enquire enquire(xapian->all);
			size_t shard = 0;
			Xapian::Query all = query->query;
			if (accept && xapian->shards.size() > 1)
				all = Xapian::Query(
					Xapian::Query::OP_AND, all,
					Xapian::Query((new WhichShard(&shard))
			                                      ->release()));
			enquire.set_query(all);
			/* What a document's length does to a word's weight is
		         * in the index (document.c): asking for lengths would
		         * be a third of the work. */
			enquire.set_weighting_scheme(Rarity());
			auto count = xapian->all.get_doccount();
			if (skip > count)
				skip = count;
			auto n = xapian->shards.size();
			Accept decider(accept, user, &shard);
			Xapian::MSet found = enquire.get_mset(
				Xapian::doccount(skip),
				Xapian::doccount(room > count ? count : room),
				exact ? count : 0, nullptr,
				accept ? &decider : nullptr);
			*got = 0;
			for (auto i = found.begin(); i != found.end(); ++i) {
				hits[*got].shard = (*i - 1) % n;
				hits[*got].document =
					Xapian::docid((*i - 1) / n + 1);
				hits[*got].weight = i.get_weight();
				++*got;
			}
			*total = found.get_matches_estimated();
			*is_exact = found.get_matches_lower_bound() ==
		                    found.get_matches_upper_bound();
			return int(AM_OK);
		},
		[&] { xapian->reopen(); });
}

int am_xapian_first(struct am_xapian *xapian, size_t shard,
                    const struct am_xquery *query, size_t room, uint32_t count,
                    uint32_t *documents, size_t *got, uint64_t *total,
                    bool *exact, struct am_error *err)
{
	*got = 0;
	*total = 0;
	*exact = true;
	return guard(
		err,
		[&] {
			Running keep(xapian);
			Xapian::Database &db = xapian->shards.at(shard);
			Xapian::Enquire enquire(db);
			enquire.set_query(query->query);
			enquire.set_weighting_scheme(Xapian::BoolWeight());
			auto all = db.get_doccount();
			Xapian::MSet found = enquire.get_mset(
				0, Xapian::doccount(room > all ? all : room),
				count > all ? all : count);
			*got = 0;
			for (auto i = found.begin(); i != found.end(); ++i)
				documents[(*got)++] = *i;
			*total = found.get_matches_estimated();
			*exact = found.get_matches_lower_bound() ==
		                 found.get_matches_upper_bound();
			return int(AM_OK);
		},
		[&] { xapian->reopen(); });
}

int am_xapian_each(struct am_xapian *xapian, const struct am_xquery *query,
                   am_xapian_match_fn *fn, void *user, struct am_error *err)
{
	/* No second attempt: fn has seen some of them. */
	return guard(err, [&] {
		Running keep(xapian);
		for (size_t s = 0; s < xapian->shards.size(); s++) {
			Xapian::Enquire enquire(xapian->shards[s]);
			enquire.set_query(query->query);
			enquire.set_weighting_scheme(Xapian::BoolWeight());
			Each each(fn, user, s);
			auto n = xapian->shards[s].get_doccount();
			(void)enquire.get_mset(0, 1, n, nullptr, &each);
		}
		return int(AM_OK);
	});
}

int am_xapian_count(struct am_xapian *xapian, const struct am_xquery *query,
                    uint64_t *out, struct am_error *err)
{
	return guard(
		err,
		[&] {
			Running keep(xapian);
			*out = 0;
			for (auto &shard : xapian->shards) {
				Xapian::Enquire enquire(shard);
				enquire.set_query(query->query);
				enquire.set_weighting_scheme(
					Xapian::BoolWeight());
				auto found = enquire.get_mset(
					0, 0, shard.get_doccount());
				*out += found.get_matches_lower_bound();
			}
			return int(AM_OK);
		},
		[&] { xapian->reopen(); });
}

struct am_stem {
	Xapian::Stem stem;
};

const char *am_stem_language(const char *name)
{
	/* Codes first; the names are Snowball's. */
	static const char *const languages[][2] = {
		{"ar", "arabic"},        {"hy", "armenian"},
		{"eu", "basque"},        {"ca", "catalan"},
		{"da", "danish"},        {"nl", "dutch"},
		{"en", "english"},       {"fi", "finnish"},
		{"fr", "french"},        {"de", "german"},
		{"hu", "hungarian"},     {"id", "indonesian"},
		{"ga", "irish"},         {"it", "italian"},
		{"lt", "lithuanian"},    {"ne", "nepali"},
		{"no", "norwegian"},     {"nb", "norwegian"},
		{"nn", "norwegian"},     {"pt", "portuguese"},
		{"ro", "romanian"},      {"ru", "russian"},
		{"es", "spanish"},       {"sv", "swedish"},
		{"ta", "tamil"},         {"tr", "turkish"},
		{"", "earlyenglish"},    {"", "german2"},
		{"", "kraaij_pohlmann"}, {"", "lovins"},
		{"", "porter"},
	};

	for (const auto &language : languages)
		if (*name &&
		    (!strcmp(name, language[0]) || !strcmp(name, language[1])))
			return language[1];
	return nullptr;
}

struct am_stem *am_stem_new(const char *language)
{
	struct am_stem *out = nullptr;

	(void)guard(nullptr, [&] {
		out = new am_stem{Xapian::Stem(language)};
		return int(AM_OK);
	});
	return out;
}

void am_stem_free(struct am_stem **stem)
{
	(void)guard(nullptr, [&] {
		delete *stem;
		return int(AM_OK);
	});
	*stem = nullptr;
}

void am_stem_form(const struct am_stem *stem, const char *word, size_t len,
                  char *out, size_t room)
{
	if (len >= room)
		len = room - 1;
	memcpy(out, word, len);
	out[len] = '\0';
	if (!stem)
		return;
	(void)guard(nullptr, [&] {
		std::string found = stem->stem(std::string(word, len));
		if (!found.empty() && found.size() < room) {
			memcpy(out, found.data(), found.size());
			out[found.size()] = '\0';
		}
		return int(AM_OK);
	});
}
