/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CMD_COPY_IMPL_H
#define CMD_COPY_IMPL_H

#include "cmd/copy_picked.h"
#include "cmd/opt.h"
#include "transfer/filter.h"
#include "transfer/report.h"

struct am_json;
struct am_place;
struct am_extractor;
struct am_query;
struct am_sink;
struct am_source;
struct copy_loss;
struct session;

/* The inside of mailark copy: copy.c runs it, copy_report.c has its ledger and
 * report, copy_choice.c says what is wanted, copy_watch.c does it again and
 * again. */
struct options {
	const char *from, *to, *since, *until, *query, *report, *manifest,
		*sign;
	struct opt_list folders, exclude;
	uint64_t larger, smaller, limit, jobs;
	uint64_t every;
	bool no_index, quiet, verbose, dry_run, watch;
};

/* One command: several runs, one for each source. */
struct copy {
	struct session *s;
	const struct options *o;
	struct am_filter filter;
	struct am_query *query;
	struct am_extractor *files; /* what it reads of attached ones */
	struct am_place *target;
	const char *target_name;
	struct am_place **sources;
	char **names;
	int n_sources;
	const struct copy_pick *picks; /* one a source; NULL: all is taken */
	int at;                        /* the source that is copied */
	uint64_t left;                 /* of --limit */
	struct am_report *total;
	struct am_json *json; /* the report of each, when there are several */
	int64_t started;
	bool stopped;
	/* With --watch: what is waited on, and that it is not the first run. */
	struct am_source *waiting;
	bool again;
	/* A target that is whole only at its end, from source to source. */
	struct am_sink *held;
	struct copy_mark *mark; /* of the target, while it is written to */
	char *broke; /* why it did not come to its end; NULL: it did */
	struct copy_loss *losses;
	struct manifest *manifest; /* NULL: none is asked for */
};

/* What the options say of which messages, checked. */
AM_MUST_USE int copy_parse_filter(struct copy *c, struct am_error *err);
/* For am_transfer_opts: by what is known before a message is loaded, and after;
 * user is the copy. */
int copy_wants(void *user, const struct am_message *msg, struct am_error *err);
int copy_wants_loaded(void *user, const struct am_message *msg,
                      struct am_error *err);
bool copy_wants_folder(void *user, const struct am_folder *folder);
/* Nothing of a source is left out, and nobody else wants to see all of it. */
bool copy_is_whole(const struct copy *c);

/* All sources, each with its line; the exit status. */
int copy_all(struct copy *c);
/* The same until somebody ends it. */
int copy_watch(struct copy *c);

/* The line of one source, or of all (name NULL or "in all"). */
void copy_print_ledger(const struct copy *c, const char *name,
                       const struct am_ledger *l, double seconds);
/* Whether the report can be written: before the work, not after it. */
AM_MUST_USE int copy_check_report(const char *path, struct am_error *err);
AM_MUST_USE int copy_write_report(struct copy *c, struct am_error *err);

#endif
