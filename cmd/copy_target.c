/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/copy_target.h"

#include "base/file.h"
#include "cmd/session.h"
#include "model/sink.h"
#include "transfer/known.h"
#include "transfer/registry.h"
#include "transfer/state.h"
#include "transfer/tally.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STATE_NAME ".mailark-state"

bool copy_target_exists(const struct am_place *target)
{
	const char *path = am_place_location(target)->path;
	struct stat st;

	return path && !stat(path, &st);
}

/* The real path, also of what is not there yet: that of the nearest folder
 * above that is, and the rest.  g_free() it, or NULL. */
static char *real_path(const char *path)
{
	char *above = g_strdup(path);
	char *real, *out = NULL;

	for (;;) {
		size_t len = strlen(above);
		while (len > 1 && above[len - 1] == '/')
			above[--len] = '\0';
		real = realpath(above, NULL);
		if (real || !strcmp(above, "/") || !strcmp(above, "."))
			break;
		char *parent = g_path_get_dirname(above);
		g_free(above);
		above = parent;
	}
	/* "." stands in no path that has no slash. */
	const char *rest =
		g_str_has_prefix(path, above) ? path + strlen(above) : path;
	if (real)
		out = g_build_filename(real, rest, NULL);
	for (size_t n = out ? strlen(out) : 0; n > 1 && out[n - 1] == '/';)
		out[--n] = '\0';
	free(real);
	g_free(above);
	return out;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || dir[n - 1] == '/');
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

int copy_target_apart(const struct am_place *source,
                      const struct am_place *target, struct am_error *err)
{
	const char *from = am_place_location(source)->path;
	const char *to = am_place_location(target)->path;
	bool alike = am_place_format(source) == am_place_format(target);
	int r = AM_OK;

	if (!from || !to || !*from || !*to)
		return AM_OK;
	char *a = real_path(from);
	char *b = real_path(to);
	if (same_file(from, to) || (a && b && !strcmp(a, b)))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "is source and target at once");
	else if (a && b && lies_in(b, a))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "the target lies inside the source %s", from);
	else if (a && b && alike && lies_in(a, b))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "the source %s lies inside the target", from);
	g_free(a);
	g_free(b);
	return r;
}

static bool is_file(const struct am_place *target)
{
	const char *path = am_place_location(target)->path;
	struct stat st;

	return path && !stat(path, &st) && S_ISREG(st.st_mode);
}

uint64_t copy_target_size(const struct am_place *target)
{
	const char *path = am_place_location(target)->path;
	struct stat st;

	if (!path || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	const struct am_format *format = am_place_format(target);
	return format->target_size
	               ? format->target_size(am_place_location(target))
	               : (uint64_t)st.st_size;
}

/* Where the state of this target lies; g_free(). */
static char *state_path(const struct am_place *target)
{
	const struct am_location *where = am_place_location(target);
	const char *path = where->path;
	struct stat st;

	if (path && *path) {
		size_t n = strlen(path);
		bool folder = path[n - 1] == '/' ||
		              (!stat(path, &st) && S_ISDIR(st.st_mode));
		return folder ? g_build_filename(path, STATE_NAME, NULL)
		              : g_strconcat(path, STATE_NAME, NULL);
	}
	char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, where->url,
	                                          -1);
	char *dir = g_build_filename(g_get_user_state_dir(), "mailark", NULL);
	char *name = g_strconcat(sum, STATE_NAME, NULL);
	/* Without it the state cannot be saved, which is told then. */
	(void)!g_mkdir_with_parents(dir, 0700);
	char *out = g_build_filename(dir, name, NULL);
	g_free(name);
	g_free(dir);
	g_free(sum);
	return out;
}

/* The target's own source; NULL where nothing is there that can be read.  Goes
 * with *ctx, which the caller keeps. */
static int open_there(struct session *s, const struct am_place *target,
                      struct am_source **out, struct am_ctx *ctx,
                      struct am_error *err)
{
	int r = AM_OK;

	*out = NULL;
	*ctx = s->ctx;
	/* What is odd in the target is not this copy's to tell. */
	ctx->on_note = NULL;
	if (am_place_format(target)->open_source)
		r = am_place_open_there(target, out, ctx, err);
	return r == AM_FAILED && err->kind == AM_E_UNSUPPORTED ? AM_OK : r;
}

static int read_tally(struct session *s, const struct am_place *target,
                      struct am_tally **out, struct am_error *err)
{
	struct am_tally *tally = am_tally_new();
	struct am_source *src = NULL;
	struct am_ctx ctx;
	int r = open_there(s, target, &src, &ctx, err);

	if (!r && src)
		r = am_tally_read(tally, src, err);
	am_source_close(&src);
	if (r)
		am_tally_free(&tally);
	*out = tally;
	return r;
}

int copy_target_tally(struct session *s, const struct am_place *target,
                      struct am_tally **out, struct am_error *err)
{
	*out = NULL;
	if (am_place_location(target)->url || is_file(target) ||
	    !copy_target_exists(target))
		return AM_OK;
	return read_tally(s, target, out, err);
}

struct gone {
	struct session *s;
	bool back;
};

static void tell_gone(void *user, const char *path, uint64_t n)
{
	const struct gone *g = user;

	am_ctx_note(&g->s->ctx, AM_NOTE_WARN, "target.gone", NULL,
	            *path ? path : "INBOX",
	            "%" PRIu64 " %s copied before %s not there any more: %s", n,
	            n == 1 ? "message that was" : "messages that were",
	            n == 1 ? "is" : "are",
	            g->back ? "copied again" : "left so (bring-back=no)");
}

/* A server is asked for what it was given. */
static int check_server(struct session *s, const struct am_place *target,
                        struct am_sink *sink, struct am_state *state,
                        struct am_error *err)
{
	struct gone gone = {.s = s, .back = true};

	if (!sink->ops->missing)
		return AM_OK;
	int r = am_location_switch(am_place_location(target),
	                           am_place_format(target)->options,
	                           "bring-back", &gone.back, err);
	return r ? r
	         : am_state_check_placed(state, sink, gone.back, tell_gone,
	                                 &gone, err);
}

/* ---- what the target holds ---- */

/* One file is one folder, whatever it is called there. */
static bool has_folders(const struct am_place *target,
                        const struct am_sink *sink)
{
	return am_place_format(target)->keeps & AM_KEEPS_FOLDERS &&
	       !(sink ? sink->one_folder : is_file(target));
}

typedef int read_fn(struct am_known *known, struct am_source *target,
                    struct am_known *only, struct am_error *err);

static int read_names(struct am_known *known, struct am_source *target,
                      struct am_known *only, struct am_error *err)
{
	(void)only;
	return am_known_read_names(known, target, err);
}

/* The target, read by its own source. */
static int read_target(struct session *s, const struct am_place *target,
                       struct am_known *known, struct am_known *only,
                       read_fn *read, struct am_error *err)
{
	struct am_source *src = NULL;
	struct am_ctx ctx;
	int r = open_there(s, target, &src, &ctx, err);

	if (!r && src)
		r = read(known, src, only, err);
	am_source_close(&src);
	return r;
}

struct proving {
	struct session *s;
	const char *source;
	bool names;
	struct am_known *own, *others;
};

/* What is remembered of this source is spoken for.  To another one it is there
 * to be found again, but each but once. */
static bool is_there(void *user, const char *source,
                     const struct am_known_key *key)
{
	struct proving *p = user;

	if (!strcmp(source, p->source))
		return am_known_take_key(p->own, key);
	return p->names ? am_known_has_key(p->others, key)
	                : am_known_take_key(p->others, key);
}

static void tell_asked(void *user, const char *path, uint64_t n)
{
	const struct proving *p = user;

	am_ctx_note(&p->s->ctx, AM_NOTE_WARN, "target.gone", NULL,
	            *path ? path : "INBOX",
	            "%" PRIu64 " %s copied before %s not known to be there: "
	            "asked for again",
	            n, n == 1 ? "message that was" : "messages that were",
	            n == 1 ? "is" : "are");
}

/* In doubt is what the state says: message by message.  What is left in
 * *names, where the target's have such, is only known by reading it. */
static int prove(struct session *s, const struct am_place *target,
                 const char *source, struct am_state *state,
                 struct am_known *known, struct am_known **names,
                 struct am_error *err)
{
	struct proving p = {.s = s, .source = source, .names = *names};
	struct am_known *copy = NULL;

	p.own = p.others = *names ? *names : known;
	if (*names) {
		int r = read_target(s, target, *names, NULL, read_names, err);
		if (r)
			return r;
	} else if (am_state_knows_others(state, source)) {
		p.others = copy = am_known_copy(known);
	}
	am_state_prove(state, is_there, tell_asked, &p);
	am_known_free(&copy);
	return AM_OK;
}

int copy_target_known(struct session *s, const struct am_place *target,
                      const struct am_source *src, const struct am_sink *sink,
                      struct am_state *state, struct am_known **out,
                      struct am_error *err)
{
	bool with_names = state && sink && sink->names;
	struct am_known *known = am_known_new(), *names = NULL;
	int r = AM_OK;

	if (!has_folders(target, sink))
		am_known_ignore_folders(known);
	if (with_names) {
		am_known_keep_names(known);
		names = am_known_new();
		r = prove(s, target, src->identity, state, known, &names, err);
	}
	if (!r)
		r = read_target(s, target, known, names, am_known_read, err);
	if (!r && state && !with_names)
		r = prove(s, target, src->identity, state, known, &names, err);
	am_known_free(&names);
	if (r)
		am_known_free(&known);
	*out = known;
	return r;
}

/* ---- the state ---- */

/* Is the target as it was left?  Where it is not, the state is in doubt. */
static int check_state(struct session *s, const struct am_place *target,
                       struct am_sink *sink, struct am_state *state, bool *same,
                       struct am_error *err)
{
	struct am_tally *tally = NULL;
	int r = AM_OK;

	*same = am_state_is_clean(state);
	if (am_place_location(target)->url)
		return check_server(s, target, sink, state, err);
	if (copy_target_exists(target) && !is_file(target))
		r = read_tally(s, target, &tally, err);
	if (!r)
		*same = am_state_check(state, copy_target_size(target), tally);
	/* Nothing is there, or it is not read to be copied to. */
	if (!r && !*same &&
	    (!copy_target_exists(target) || sink->knows_duplicates))
		am_state_forget(state);
	am_tally_free(&tally);
	return r;
}

int copy_target_state(struct session *s, const struct am_place *target,
                      const struct am_source *src, struct am_sink *sink,
                      struct am_state **out, bool *trusted,
                      struct am_error *err)
{
	bool server = src->ops->resume && src->identity &&
	              !am_source_is_local(src->identity);
	bool same = false;
	int r = AM_OK;

	*out = NULL;
	*trusted = false;
	if (!sink || sink->ops->remember || !am_place_format(target)->keeps)
		return AM_OK;
	char *path = state_path(target);
	if (server || g_file_test(path, G_FILE_TEST_EXISTS))
		r = am_state_open(out, path, err);
	g_free(path);
	if (r || !*out)
		return r;
	bool clean = am_state_is_clean(*out);
	if (server)
		r = check_state(s, target, sink, *out, &same, err);
	*trusted = !r && same && am_state_knows(*out, src->identity);
	/* Until a run of the same server ends well, what others leave here,
	 * or this one half done, is to be looked at. */
	if (!r && clean)
		r = am_state_save(*out, false, 0, NULL, err);
	if (r || !server)
		am_state_free(out);
	return r;
}
