/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one list of formats, and telling which one lies at a path.
 */
#include "transfer/registry.h"

#include "transfer/mixed.h"
#include "transfer/sample.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

/* To add a format: its declaration and its row. */
extern const struct am_format am_format_archive;
extern const struct am_format am_format_mbox;
extern const struct am_format am_format_mmdf;
extern const struct am_format am_format_maildir;
extern const struct am_format am_format_mh;
extern const struct am_format am_format_emlx;
extern const struct am_format am_format_dbx;
extern const struct am_format am_format_thebat;
extern const struct am_format am_format_pegasus;
extern const struct am_format am_format_babyl;
extern const struct am_format am_format_listserv;
extern const struct am_format am_format_uwmbx;
extern const struct am_format am_format_dbox;
extern const struct am_format am_format_eml;
extern const struct am_format am_format_pst;
extern const struct am_format am_format_msg;
extern const struct am_format am_format_olm;
extern const struct am_format am_format_imap;
extern const struct am_format am_format_pop3;
extern const struct am_format am_format_jsonl;
extern const struct am_format am_format_csv;
extern const struct am_format am_format_attachments;
extern const struct am_format am_format_html;
extern const struct am_format am_format_mailbag;
extern const struct am_format am_format_eaxs;
extern const struct am_format am_format_pdf;
extern const struct am_format am_format_null;

const struct am_format *const am_formats[] = {
	&am_format_archive,  &am_format_mbox,
	&am_format_mmdf,     &am_format_maildir,
	&am_format_mh,       &am_format_emlx,
	&am_format_dbx,      &am_format_thebat,
	&am_format_pegasus,  &am_format_babyl,
	&am_format_listserv, &am_format_uwmbx,
	&am_format_dbox,     &am_format_eml,
	&am_format_pst,      &am_format_msg,
	&am_format_olm,      &am_format_imap,
	&am_format_pop3,     &am_format_jsonl,
	&am_format_csv,      &am_format_attachments,
	&am_format_html,     &am_format_mailbag,
	&am_format_eaxs,     &am_format_pdf,
	&am_format_null,     NULL,
};

const struct am_format *am_format_find(const char *name)
{
	for (size_t i = 0; am_formats[i]; i++)
		if (!g_ascii_strcasecmp(am_formats[i]->name, name))
			return am_formats[i];
	/* The archive is the program's own, so it may be called so. */
	if (!g_ascii_strcasecmp(name, "mailark"))
		return &am_format_archive;
	/* An OST is a PST that a server has too. */
	if (!g_ascii_strcasecmp(name, "ost"))
		return &am_format_pst;
	return NULL;
}

static int fail_unknown(const struct am_probe *probe, struct am_error *err)
{
	const char *looks = am_sample_looks_like(probe);

	if (probe->is_directory && !probe->n_entries)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "an empty folder: no mail in it");
	if (probe->is_directory)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a folder, but nothing in it looks like mail "
		               "(name one further in, or say FORMAT:PATH)");
	if (!probe->size)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "an empty file: not a mailbox "
		               "(mbox:PATH takes it as an empty one)");
	if (!looks && probe->head_len &&
	    memchr(probe->head, 0, probe->head_len))
		looks = "binary data";
	if (looks)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "looks like %s: not a mailbox", looks);
	return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
	               "not a mailbox of any kind that is known here "
	               "(FORMAT:PATH says which it is)");
}

/* How far, at how many folders a level and in all, a folder of folders is
 * looked into. */
enum { BELOW_DEPTH = 12, BELOW_FOLDERS = 64, BELOW_ALL = 400 };
/* Once it is clear that there is mail of mixed kinds: how many of all may be
 * left when no more is asked. */
enum { BELOW_LEFT = 300 };

/* What is left of these, and whether something was not looked at for it. */
struct search {
	unsigned depth, *folders;
	bool *cut;
};

static int detect(const struct am_location *where, struct search search,
                  const struct am_format **out, struct am_error *err);

/* Folders of both are read to the end, whichever is named: see mixed.h. */
static bool mix(const struct am_format *a, const struct am_format *b)
{
	return am_mixed_wants(a) && am_mixed_wants(b);
}

/*
 * A folder without mail of its own is what the folders in it are, when they
 * agree.  Mailboxes beside single mails are a tree of mailboxes: that source
 * reads both.
 */
static int detect_below(const struct am_location *where,
                        const struct am_probe *probe, struct search search,
                        const struct am_format **out, struct am_error *err)
{
	const struct am_format *best = NULL;
	struct search below_it = search;
	unsigned looked = 0;

	*search.cut |= probe->more_entries;
	for (size_t i = 0; i < probe->n_entries; i++) {
		const struct am_probe_entry *e = &probe->entries[i];
		const struct am_format *f = NULL;
		if (!e->is_directory || e->name[0] == '.')
			continue;
		if (best && am_mixed_wants(best) &&
		    *search.folders < BELOW_LEFT)
			break;
		if (!search.depth || looked++ == BELOW_FOLDERS ||
		    !*search.folders) {
			*search.cut = true;
			break;
		}
		--*search.folders;
		below_it.depth = search.depth - 1;
		char *path = g_build_filename(where->path, e->name, NULL);
		struct am_location below = {.path = path,
		                            .options = where->options};
		int r = detect(&below, below_it, &f, NULL);
		g_free(path);
		if (r || !f || f == best)
			continue;
		if (!best || (best == &am_format_eml && f == &am_format_mbox))
			best = f;
		else if (!mix(best, f))
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "holds %s and %s: name one further in, "
			               "or say FORMAT:PATH",
			               best->name, f->name);
	}
	/* Not all was looked at: whoever reads it will see. */
	if (!best && *search.cut)
		best = &am_format_mbox;
	*out = best;
	return best ? AM_OK : fail_unknown(probe, err);
}

/* Does the name end in one of ".mbox .mbx"? */
static bool has_suffix(const char *name, size_t len, const char *suffixes)
{
	for (const char *s = suffixes; s && *s;) {
		size_t n = strcspn(s, " ");
		if (n && n < len && !g_ascii_strncasecmp(name + len - n, s, n))
			return true;
		s += n;
		s += strspn(s, " ");
	}
	return false;
}

static const struct am_format *by_suffix(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (size_t i = 0; am_formats[i]; i++)
		if (has_suffix(path, len, am_formats[i]->suffixes))
			return am_formats[i];
	return NULL;
}

static int detect(const struct am_location *where, struct search search,
                  const struct am_format **out, struct am_error *err)
{
	const struct am_format *best = NULL, *rival = NULL;
	struct am_sample *sample = NULL;
	int highest = 0;

	*out = NULL;
	int r = am_sample_take(&sample, where, err);
	if (r)
		return r;
	const struct am_probe *probe = am_sample_probe(sample);
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = am_formats[i];
		int bid = f->probe ? f->probe(probe) : 0;
		if (bid > highest) {
			highest = bid;
			best = f;
			rival = NULL;
		} else if (bid && bid == highest &&
		           !(probe->is_directory && mix(best, f))) {
			rival = f;
		}
	}
	/* An archive whose beginning is damaged has only its name left to tell
	 * by, and it is the one that has to be known again. */
	if (!best && !probe->is_directory && probe->size &&
	    by_suffix(where->path) == &am_format_archive)
		best = &am_format_archive;
	if (!best && probe->is_directory)
		r = detect_below(where, probe, search, out, err);
	else if (!best)
		r = fail_unknown(probe, err);
	else if (rival)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "may be %s or %s: say which with %s:PATH",
		            best->name, rival->name, best->name);
	else
		*out = best;
	am_sample_free(&sample);
	return r;
}

int am_format_detect(const struct am_location *where,
                     const struct am_format **out, struct am_error *err)
{
	unsigned folders = BELOW_ALL;
	bool cut = false;
	struct search search = {BELOW_DEPTH, &folders, &cut};

	return detect(where, search, out, err);
}

static bool holds_something(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	bool yes = dir && g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return yes;
}

int am_format_for_target(const struct am_location *where,
                         const struct am_format **out, struct am_error *err)
{
	const char *path = where->path;
	const struct am_format *named = by_suffix(path);
	struct am_error why = {0};
	struct stat st;

	bool there = !stat(path, &st);
	if (there && am_format_detect(where, out, &why) == AM_OK)
		return AM_OK;
	/* Nothing in it yet says what it is: then its name does. */
	bool blank = !there || why.kind != AM_E_UNSUPPORTED ||
	             (S_ISREG(st.st_mode) && !st.st_size) ||
	             S_ISDIR(st.st_mode);
	if (there && !blank) {
		size_t len = strlen(path);
		bool named_twice = !strncmp(why.text, path, len) &&
		                   !strncmp(why.text + len, ": ", 2);
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "is there already and %s; nothing is written "
		               "over it",
		               why.text + (named_twice ? len + 2 : 0));
	}
	*out = named;
	if (!named && g_str_has_suffix(path, "/"))
		*out = am_format_find("maildir");
	else if (!named && there && S_ISDIR(st.st_mode)) {
		/* Somebody's documents are no place for cur, new and tmp. */
		if (holds_something(path))
			return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			               "is a folder with other things in it: "
			               "name a new one, or say --to FORMAT");
		*out = am_format_find("maildir");
	}
	if (*out)
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "no telling which format to write: end the name in "
	               ".mailark, .mbox, .eml or / (Maildir), or say --to "
	               "FORMAT");
}
