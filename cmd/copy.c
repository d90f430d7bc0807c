/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark copy: the one command that moves mail. */
#include "base/json.h"
#include "base/minisign.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/copy_impl.h"
#include "cmd/copy_loss.h"
#include "cmd/copy_mark.h"
#include "cmd/copy_target.h"
#include "cmd/folder_globs.h"
#include "cmd/indexing.h"
#include "cmd/manifest.h"
#include "cmd/session.h"
#include "extract/extractor.h"
#include "index/index.h"
#include "store/archive.h"
#include "transfer/known.h"
#include "transfer/loss.h"
#include "transfer/registry.h"
#include "transfer/state.h"
#include "transfer/transfer.h"

#include <glib.h>

#include <string.h>

/* Mail from a server is committed so often. */
#define REMOTE_COMMIT_BYTES (UINT64_C(32) << 20)
#define REMOTE_COMMIT_SECS  2
#define REMOTE_QUEUE_BYTES  (UINT64_C(2) << 20)
#define REMOTE_ASK_AHEAD    1200

static int target_left(void *user, uint64_t *size, struct am_tally **tally,
                       struct am_error *err)
{
	const struct copy *c = user;

	*size = copy_target_size(c->target);
	return copy_target_tally(c->s, c->target, tally, err);
}

/* What is counted of the whole source says nothing of a part of it. */
static bool takes_all(const struct options *o)
{
	return !o->folders.n && !o->exclude.n && !o->since && !o->until &&
	       !o->larger && !o->smaller && !o->query && !o->limit;
}

/* The words before it starts: once for each kind of source. */
static void say_losses(const struct copy *c, int at,
                       const struct am_source *src)
{
	const struct am_format *from = am_place_format(c->sources[at]);
	bool known = false;

	for (int i = 0; i < at; i++)
		known |= am_place_format(c->sources[i]) == from;
	copy_loss_before(c->losses, from,
	                 !c->picks && takes_all(c->o) ? src : NULL, !known);
}

/* The name in front of an error, unless what failed below gave it already. */
static int fail_named(const char *name, int r, struct am_error *err)
{
	return g_str_has_prefix(err->text, name) ? r
	                                         : am_wrap(err, r, "%s", name);
}

static int open_target(struct copy *c, const struct am_source *src,
                       struct am_sink **sink, struct am_known **known,
                       struct am_state **state, struct am_error *err)
{
	bool there = copy_target_exists(c->target), trusted = false;
	int r = AM_OK;

	asker_begin(c->s->asker);
	/* A dry run does not even open what it would write. */
	*sink = c->held;
	c->held = NULL;
	if (!*sink && !c->o->dry_run)
		r = am_place_open_sink(c->target, sink, &c->s->ctx, err);
	if (!r && *sink) {
		c->mark = copy_mark_set(c->target);
		(*sink)->unsettled = copy_mark_was_there(c->mark);
	}
	/* It tells duplicates itself; of servers only a run of one source is
	 * remembered. */
	if (!r && *sink && (*sink)->whole_at_end && c->n_sources > 1)
		return AM_OK;
	if (!r)
		r = copy_target_state(c->s, c->target, src, *sink, state,
		                      &trusted, err);
	if (!r && there && !trusted && (!*sink || !(*sink)->knows_duplicates))
		r = copy_target_known(c->s, c->target, src, *sink, *state,
		                      known, err);
	return r ? fail_named(c->target_name, r, err) : AM_OK;
}

static int run_one(struct copy *c, int at, struct am_report *report,
                   struct am_error *err)
{
	const struct am_format *from = am_place_format(c->sources[at]);
	const struct am_format *to = am_place_format(c->target);
	struct am_source *src = NULL;
	struct am_sink *sink = NULL;
	struct am_known *known = NULL;
	struct am_state *state = NULL;
	const struct am_job_info info = {
		.command = c->s->line,
		.source = c->names[at],
		.format = from->name,
		.program = "mailark " AM_VERSION,
		.started = am_time_now(),
		.once = am_place_once(c->sources[at]),
	};
	struct am_transfer_opts opts = {
		.workers = c->o->jobs ? (unsigned)MIN(c->o->jobs, 64)
	                              : g_get_num_processors(),
		.dry_run = c->o->dry_run,
		.want = copy_wants,
		.want_loaded = c->query || c->manifest || c->filter.larger ||
	                                       c->filter.smaller ||
	                                       c->filter.since.known ||
	                                       c->filter.until.known
	                               ? copy_wants_loaded
	                               : NULL,
		.whole = copy_is_whole(c),
		.want_folder = copy_wants_folder,
		.target_left = target_left,
		.user = c,
		.limit = c->left,
		.target_keeps = am_loss_keeps(to, am_place_location(c->target)),
		.count_losses = to != from && to->keeps,
		.info = &info,
	};

	c->at = at;
	asker_begin(c->s->asker);
	int r = am_place_open_source(c->sources[at], &src, &c->s->ctx, err);
	if (r)
		return fail_named(c->names[at], r, err);
	if (!c->again)
		say_losses(c, at, src);
	/* What comes over a network is dear: it is made safe soon. */
	if ((src->identity && !am_source_is_local(src->identity)) ||
	    am_place_location(c->target)->url) {
		opts.commit_bytes = REMOTE_COMMIT_BYTES;
		opts.commit_secs = REMOTE_COMMIT_SECS;
		/* It holds a window of its own. */
		opts.queue_bytes = REMOTE_QUEUE_BYTES;
		opts.ask_ahead = REMOTE_ASK_AHEAD;
	}
	r = open_target(c, src, &sink, &known, &state, err);
	if (!r) {
		opts.known = known;
		opts.state = state;
		opts.hold = at + 1 < c->n_sources;
		opts.held = c->total;
		r = am_transfer_run(src, sink, &opts, report, err);
		if (r && err->kind != AM_E_CANCELLED)
			am_wrap(err, r, "%s to %s", c->names[at],
			        c->target_name);
	}
	if (!r && c->o->watch && src->ops->watch)
		c->waiting = src;
	else
		am_source_close(&src);
	if (!r && opts.hold && sink && sink->whole_at_end) {
		c->held = sink;
		sink = NULL;
	}
	am_sink_close(&sink);
	copy_mark_end(&c->mark, !r);
	am_known_free(&known);
	am_state_free(&state);
	return r;
}

/* The last source could not be opened, or was not wanted any more: what the
 * others gave is whole all the same. */
static int end_held(struct copy *c)
{
	struct am_error err = {0};

	if (!c->held)
		return EXIT_DONE;
	int r = am_sink_finish(c->held, am_report_total(c->total), false, &err);
	if (!r)
		r = am_sink_commit(c->held, &err);
	am_sink_close(&c->held);
	if (!r)
		return EXIT_DONE;
	am_report_not_committed(c->total, "target.error", &err);
	return session_error(c->s, c->target_name, &err);
}

/* One source with its report and its line. */
static int copy_one(struct copy *c, int at)
{
	struct am_report *report = am_report_new();
	struct am_error err = {0};
	int64_t started = am_time_now();
	int64_t clock = g_get_monotonic_time();
	const char *name = c->n_sources > 1 ? c->names[at] : NULL;

	c->s->report = report;
	c->s->subject = c->names[at];
	int r = run_one(c, at, report, &err);
	c->s->report = NULL;
	double seconds =
		(double)(g_get_monotonic_time() - clock) / G_USEC_PER_SEC;
	const struct am_ledger *l = am_report_total(report);
	session_sum_up(c->s);
	/* With --watch once is enough. */
	if (!c->again)
		copy_loss_after(c->losses, report);
	/* What could not even be opened has no ledger. */
	if (!r || l->found)
		copy_print_ledger(c, name, l, seconds);
	if (!am_report_adds_up(report)) {
		session_say(c->s, "the ledger does not add up: this is a "
		                  "fault of the program");
		c->s->n_errors++;
	}
	if (r && err.kind == AM_E_CANCELLED) {
		c->stopped = true;
		session_say(c->s,
		            "stopped; what was stored is safe in %s: run "
		            "the same command again to go on",
		            c->target_name);
	} else if (r) {
		session_error(c->s, NULL, &err);
	}
	if (r)
		c->broke = g_strdup(err.text);
	if (c->left && !r)
		c->left -= MIN(c->left, l->found - l->filtered);
	am_report_add(c->total, report);
	if (c->n_sources > 1)
		am_report_json(report, c->json, c->names[at], c->target_name,
		               started, am_time_now());
	am_report_free(&report);
	return r;
}

static bool should_index(const struct copy *c)
{
	return am_place_format(c->target) == &am_format_archive &&
	       !c->o->no_index && !c->o->dry_run && !c->stopped;
}

/* The copy stands whatever comes of it. */
static int bring_up_index(struct copy *c)
{
	const char *path = am_place_location(c->target)->path;
	struct am_error err = {0};

	c->s->subject = c->target_name;
	int r = indexing_update(c->s, path, false, (unsigned)c->o->jobs, &err);
	if (!r)
		return EXIT_DONE;
	if (err.kind == AM_E_CANCELLED) {
		session_say(c->s,
		            "stopped; the mail is safe, but the index is not "
		            "up to date: mailark index %s goes on",
		            c->target_name);
		return EXIT_COULD_NOT;
	}
	session_error(c->s, c->target_name, &err);
	session_say(c->s,
	            "the mail is safe, but the index is not up to date: "
	            "mailark index %s goes on",
	            c->target_name);
	return EXIT_SOME_FAILED;
}

static int open_places(struct copy *c, char **argv)
{
	const struct options *o = c->o;
	struct am_error err = {0};

	c->target = session_place(c->s, c->target_name, o->to, true);
	if (!c->target)
		return EXIT_COULD_NOT;
	for (int i = 0; i < c->n_sources; i++) {
		c->sources[i] = session_place(c->s, argv[i], o->from, false);
		if (!c->sources[i])
			return EXIT_COULD_NOT;
		if (copy_target_apart(c->sources[i], c->target, &err))
			return session_error(c->s, c->target_name, &err);
	}
	c->losses = copy_loss_new(c->s, c->target);
	return EXIT_DONE;
}

/* All is in the target: read it again, and write down what is there. */
static int prove(struct copy *c)
{
	const struct am_location *where = am_place_location(c->target);
	/* As it was written, whatever it would be taken for. */
	char *text = where->path ? g_strconcat(am_place_format(c->target)->name,
	                                       ":", where->path, NULL)
	                         : g_strdup(c->target_name);
	struct am_place *place = session_place(c->s, text, NULL, false);
	struct am_error err = {0};
	uint64_t absent = 0;
	int status = EXIT_COULD_NOT;

	g_free(text);
	c->s->subject = c->target_name;
	if (!place)
		return status;
	if (manifest_finish(c->manifest, place, c->target_name, c->started,
	                    &absent, &err) ||
	    (c->o->sign && am_minisign_sign(c->o->sign, c->o->manifest, &err)))
		session_error(c->s, c->o->manifest, &err);
	else
		status = absent ? EXIT_SOME_FAILED : EXIT_DONE;
	am_place_free(&place);
	return status;
}

int copy_all(struct copy *c)
{
	struct session *s = c->s;
	struct am_error err = {0};
	int64_t clock = g_get_monotonic_time();
	bool limited = c->left > 0;
	int status = EXIT_DONE;

	session_catch_signals(s);
	am_json_open(c->json, '[');
	for (int i = 0; i < c->n_sources && status == EXIT_DONE; i++) {
		if (limited && !c->left)
			break;
		if (copy_one(c, i))
			status = EXIT_COULD_NOT;
	}
	if (end_held(c))
		status = EXIT_COULD_NOT;
	am_json_close(c->json, ']');
	if (c->n_sources > 1 && (!c->broke || am_report_total(c->total)->found))
		copy_print_ledger(c, "in all", am_report_total(c->total),
		                  (double)(g_get_monotonic_time() - clock) /
		                          G_USEC_PER_SEC);
	if (c->o->report && copy_write_report(c, &err)) {
		session_error(s, NULL, &err);
		status = EXIT_COULD_NOT;
	}
	if (c->manifest && !status && !c->stopped) {
		int proven = prove(c);
		status = status ? status : proven;
	}
	/* What was stored before something broke is searchable too. */
	if (should_index(c) && (!status || am_report_total(c->total)->stored)) {
		int indexed = bring_up_index(c);
		status = status ? status : indexed;
	}
	if (!status && !limited && !c->stopped) {
		folder_globs_tell(s, &c->o->folders);
		folder_globs_tell(s, &c->o->exclude);
	}
	session_sum_up(s);
	if (!status && (am_report_total(c->total)->failed || s->n_errors))
		status = EXIT_SOME_FAILED;
	return status;
}

/* From these locations to that one, as the options say. */
static int copy_names(struct session *s, const struct options *o, char **names,
                      int n, const struct copy_pick *picks, const char *target)
{
	struct am_error err = {0};
	int status = EXIT_COULD_NOT;
	struct copy c = {
		.s = s,
		.o = o,
		.target_name = target,
		.names = names,
		.n_sources = n,
		.picks = picks,
		.sources = g_new0(struct am_place *, (size_t)n + 1),
		.left = o->limit,
		.total = am_report_new(),
		.json = am_json_new(),
		.started = am_time_now(),
	};

	if (copy_parse_filter(&c, &err) ||
	    (o->report && copy_check_report(o->report, &err)) ||
	    (o->manifest && manifest_open(&c.manifest, o->manifest, s, &err)) ||
	    (o->sign && am_minisign_check(o->sign, &err)))
		session_error(s, NULL, &err);
	else if (open_places(&c, names) == EXIT_DONE)
		status = o->watch ? copy_watch(&c) : copy_all(&c);
	for (int i = 0; i < c.n_sources; i++)
		am_place_free(&c.sources[i]);
	g_free(c.sources);
	am_place_free(&c.target);
	am_query_free(&c.query);
	am_extractor_free(&c.files);
	am_report_free(&c.total);
	am_json_free(&c.json);
	copy_loss_free(&c.losses);
	manifest_free(&c.manifest);
	g_free(c.broke);
	return status;
}

int copy_picked(struct session *s, const struct copy_pick *picks, size_t n,
                const char *target)
{
	static const struct options all;
	char **names = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		names[i] = (char *)picks[i].archive;
	int status = copy_names(s, &all, names, (int)n, picks, target);
	g_free(names);
	return status;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;

	session_voice(s, o->quiet, o->verbose);
	if (argc < 2)
		return session_usage(s, "a source and a target are needed");
	if (o->watch && (argc > 2 || o->dry_run || o->limit))
		return session_usage(s, "--watch is for one source, without "
		                        "--dry-run and --limit");
	if (o->manifest && (o->watch || o->dry_run))
		return session_usage(s, "--manifest is of what was written: "
		                        "without --watch and --dry-run");
	if (o->sign && !o->manifest)
		return session_usage(s, "--sign is for --manifest");
	char **names = g_new0(char *, (size_t)argc);
	for (int i = 0; i < argc - 1; i++)
		names[i] = argv[i];
	int status = copy_names(s, o, names, argc - 1, NULL, argv[argc - 1]);
	g_free(names);
	return status;
}

static const struct opt table[] = {
	{0, "from", "FORMAT", "what the sources are, and its options",
         OPT_STRING, offsetof(struct options, from)},
	{0, "to", "FORMAT", "what to write, and its options: mbox,eol=crlf",
         OPT_STRING, offsetof(struct options, to)},
	{0, "folder", "GLOB", "only these folders", OPT_MANY,
         offsetof(struct options, folders)},
	{0, "exclude-folder", "GLOB", "not these folders", OPT_MANY,
         offsetof(struct options, exclude)},
	{0, "since", "DATE", "received then or later: 2020, 2020-05-01, 3d",
         OPT_STRING, offsetof(struct options, since)},
	{0, "until", "DATE", "received then or earlier, that day included",
         OPT_STRING, offsetof(struct options, until)},
	{0, "larger", "SIZE", "more bytes than this: 10k, 5M", OPT_SIZE,
         offsetof(struct options, larger)},
	{0, "smaller", "SIZE", "fewer bytes than this", OPT_SIZE,
         offsetof(struct options, smaller)},
	{0, "query", "QUERY", "only what a search for this finds", OPT_STRING,
         offsetof(struct options, query)},
	{0, "limit", "N", "at most so many messages", OPT_COUNT,
         offsetof(struct options, limit)},
	OPT_JOBS,
	{0, "no-index", NULL, "do not bring the archive's index up to date",
         OPT_SWITCH, offsetof(struct options, no_index)},
	{'n', "dry-run", NULL, "do everything but write", OPT_SWITCH,
         offsetof(struct options, dry_run)},
	{'w', "watch", NULL,
         "go on for ever: wait for new mail (IMAP: IDLE) and take it",
         OPT_SWITCH, offsetof(struct options, watch)},
	{0, "every", "MINUTES", "with --watch, look at least so often (10)",
         OPT_COUNT, offsetof(struct options, every)},
	{0, "report", "FILE", "write the ledger in full as JSON", OPT_STRING,
         offsetof(struct options, report)},
	{0, "manifest", "FILE",
         "read the target again; write what became of each message", OPT_STRING,
         offsetof(struct options, manifest)},
	{0, "sign", "KEY", "sign the manifest with this key (mailark sign)",
         OPT_STRING, offsetof(struct options, sign)},
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_copy = {
	.name = "copy",
	.usage = "[options] SOURCE… TARGET",
	.summary = "Copy mail from any format into any other; run again, it "
		   "adds what is new",
	.examples = "  mailark copy old.mbox mail.mailark\n"
		    "  mailark copy ~/Maildir takeout.mbox.gz mail.mailark\n"
		    "  mailark copy --to maildir mail.mailark out/\n"
		    "  mailark copy --folder Work --since 2020 mail.mailark "
		    "work.mbox\n"
		    "  mailark copy --dry-run --report r.json old.mbox "
		    "mail.mailark\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
