/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_XAPIAN_LEAVES_HH
#define AM_INDEX_XAPIAN_LEAVES_HH

#include "index/xapian_guard.h"
#include "index/xapian_shim.h"

#include <cmath>
#include <string>
#include <vector>

/*
 * What Xapian calls while it matches: leaves of queries that are answered
 * outside, and deciders.  Part of xapian_shim.cc, which alone includes Xapian
 * and guards against what is thrown.
 */

struct am_xapian {
	std::vector<Xapian::Database> shards;
	std::vector<std::string> uuids;
	Xapian::Database all;
	uint64_t documents = 0;

	void reopen()
	{
		for (auto &shard : shards)
			shard.reopen();
		all.reopen();
	}
	size_t shard_of(const Xapian::Database &db) const
	{
		std::string uuid = db.get_uuid();
		for (size_t i = 0; i < uuids.size(); i++)
			if (uuids[i] == uuid)
				return i;
		throw Xapian::DatabaseError("shard without a number");
	}
};

namespace
{

/* What a running query needs of its handle reaches the sources through here:
 * Xapian copies them once per shard and gives each copy only its database. */
thread_local const am_xapian *running;

class Source : public Xapian::PostingSource
{
	const struct am_xsource_ops *ops;
	void *self;
	void *state = nullptr;
	Xapian::docid at = 0;
	Xapian::doccount documents = 0;
	bool ended = false;

	void stop()
	{
		if (state)
			ops->stop(state);
		state = nullptr;
	}

      public:
	Source(const struct am_xsource_ops *ops_, void *self_)
	    : ops(ops_), self(self_)
	{
	}
	Source(const Source &) = delete;
	Source &operator=(const Source &) = delete;
	~Source() override
	{
		stop();
	}
	Xapian::PostingSource *clone() const override
	{
		return new Source(ops, self);
	}
	void init(const Xapian::Database &db) override
	{
		stop();
		documents = db.get_doccount();
		state = ops->start(self, running ? running->shard_of(db) : 0);
		at = 0;
		ended = !state;
		set_maxweight(0.0);
	}
	/* The most, so that AND asks this last and only about candidates. */
	Xapian::doccount get_termfreq_min() const override
	{
		return 0;
	}
	Xapian::doccount get_termfreq_est() const override
	{
		return documents;
	}
	Xapian::doccount get_termfreq_max() const override
	{
		return documents;
	}
	void next(double) override
	{
		go(at + 1);
	}
	void skip_to(Xapian::docid did, double) override
	{
		if (did > at)
			go(did);
	}
	bool check(Xapian::docid did, double) override
	{
		if (ended || did <= at)
			return true;
		at = did;
		return ops->check(state, did);
	}
	bool at_end() const override
	{
		return ended;
	}
	Xapian::docid get_docid() const override
	{
		return at;
	}

      private:
	void go(Xapian::docid from)
	{
		if (ended)
			return;
		if (from == 0 || (at = ops->next(state, from)) == 0)
			ended = true;
	}
};

/*
 * A term without weight.  Xapian 1.4.22 replaces such a term by the list of all
 * documents when it is in each of them, but goes on checking that list's chunks
 * for the term's name: "Unexpected end of posting list" as soon as there are
 * two.  Read from outside, the list is left alone.
 */
class Term : public Xapian::PostingSource
{
	std::string term;
	Xapian::Database db;
	Xapian::PostingIterator it, end;
	Xapian::doccount documents = 0;
	bool started = false;

	void begin()
	{
		it = db.postlist_begin(term);
		end = db.postlist_end(term);
		started = true;
	}

      public:
	explicit Term(const std::string &term_) : term(term_)
	{
	}
	Xapian::PostingSource *clone() const override
	{
		return new Term(term);
	}
	void init(const Xapian::Database &db_) override
	{
		db = db_;
		documents = db.get_termfreq(term);
		started = false;
		set_maxweight(0.0);
	}
	Xapian::doccount get_termfreq_min() const override
	{
		return documents;
	}
	Xapian::doccount get_termfreq_est() const override
	{
		return documents;
	}
	Xapian::doccount get_termfreq_max() const override
	{
		return documents;
	}
	void next(double) override
	{
		if (started)
			++it;
		else
			begin();
	}
	void skip_to(Xapian::docid did, double) override
	{
		if (!started)
			begin();
		if (it != end)
			it.skip_to(did);
	}
	bool at_end() const override
	{
		return started && it == end;
	}
	Xapian::docid get_docid() const override
	{
		return *it;
	}
};

/*
 * A term's weight in the document, times its rarity: what TfIdfWeight calls
 * "ntn", which takes the logarithm anew for each document.
 */
class Rarity : public Xapian::Weight
{
	double rarity = 0;

	void init(double factor) override
	{
		double n = get_collection_size(), having = get_termfreq();
		rarity = having > 0 ? std::log(n / having) * get_wqf() * factor
		                    : 0;
	}

      public:
	Rarity()
	{
		need_stat(COLLECTION_SIZE);
		need_stat(TERMFREQ);
		need_stat(WDF);
		need_stat(WDF_MAX);
		need_stat(WQF);
	}
	Rarity *clone() const override
	{
		return new Rarity;
	}
	std::string name() const override
	{
		return "mailark::Rarity";
	}
	double get_sumpart(Xapian::termcount wdf, Xapian::termcount,
	                   Xapian::termcount) const override
	{
		return wdf * rarity;
	}
	double get_maxpart() const override
	{
		return get_wdf_upper_bound() * rarity;
	}
	double get_sumextra(Xapian::termcount, Xapian::termcount) const override
	{
		return 0;
	}
	double get_maxextra() const override
	{
		return 0;
	}
};

/* Sees every match and keeps none: no result list grows. */
class Each : public Xapian::MatchDecider
{
	am_xapian_match_fn *fn;
	void *user;
	size_t shard;

      public:
	Each(am_xapian_match_fn *fn_, void *user_, size_t shard_)
	    : fn(fn_), user(user_), shard(shard_)
	{
	}
	bool operator()(const Xapian::Document &doc) const override
	{
		fn(user, shard, doc.get_docid());
		return false;
	}
};

/*
 * A decider is told the document's number in its shard, but not which shard
 * that is.  This, at the end of an AND, is asked about each document just
 * before, and knows.
 */
class WhichShard : public Xapian::PostingSource
{
	size_t *current;
	size_t shard = 0;
	Xapian::docid at = 0;
	Xapian::doccount documents = 0;

      public:
	explicit WhichShard(size_t *current_) : current(current_)
	{
	}
	WhichShard(const WhichShard &) = delete;
	WhichShard &operator=(const WhichShard &) = delete;
	~WhichShard() override = default;
	Xapian::PostingSource *clone() const override
	{
		return new WhichShard(current);
	}
	void init(const Xapian::Database &db) override
	{
		documents = db.get_doccount();
		shard = running ? running->shard_of(db) : 0;
		at = 0;
		set_maxweight(0.0);
	}
	Xapian::doccount get_termfreq_min() const override
	{
		return documents;
	}
	Xapian::doccount get_termfreq_est() const override
	{
		return documents;
	}
	Xapian::doccount get_termfreq_max() const override
	{
		return documents;
	}
	/* All numbers from 1 on are there. */
	void next(double) override
	{
		at++;
		*current = shard;
	}
	void skip_to(Xapian::docid did, double) override
	{
		at = did > at ? did : at;
		*current = shard;
	}
	bool check(Xapian::docid did, double) override
	{
		at = did;
		*current = shard;
		return true;
	}
	bool at_end() const override
	{
		return at > documents;
	}
	Xapian::docid get_docid() const override
	{
		return at;
	}
};

/* Says yes or no to documents that are heavy enough. */
class Accept : public Xapian::MatchDecider
{
	am_xapian_accept_fn *fn;
	void *user;
	const size_t *shard;

      public:
	Accept(am_xapian_accept_fn *fn_, void *user_, const size_t *shard_)
	    : fn(fn_), user(user_), shard(shard_)
	{
	}
	bool operator()(const Xapian::Document &doc) const override
	{
		return fn(user, *shard, doc.get_docid());
	}
};

class Running
{
      public:
	explicit Running(const am_xapian *x)
	{
		running = x;
	}
	Running(const Running &) = delete;
	Running &operator=(const Running &) = delete;
	~Running()
	{
		running = nullptr;
	}
};

} // namespace

#endif
