/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/dialect.h"

#include "base/file.h"
#include "base/reader.h"
#include "formats/mbox/mmdf.h"
#include "formats/mbox/state_headers.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum am_mbox_flavour flavour;
} flavours[] = {{"auto", AM_MBOX_AUTO},   {"mboxrd", AM_MBOX_RD},
                {"mboxo", AM_MBOX_O},     {"mboxcl", AM_MBOX_CL},
                {"mboxcl2", AM_MBOX_CL2}, {"mmdf", AM_MBOX_MMDF}};

bool am_mbox_flavour_parse(enum am_mbox_flavour *out, const char *name)
{
	for (size_t i = 0; i < AM_COUNT(flavours); i++)
		if (!strcmp(flavours[i].name, name)) {
			*out = flavours[i].flavour;
			return true;
		}
	return false;
}

/* What the sample showed. */
struct tally {
	unsigned n;       /* messages */
	unsigned own;     /* of these, without a mark of ours */
	unsigned ends;    /* separators behind a message */
	unsigned blanks;  /* of these, behind an empty line */
	unsigned bare;    /* "From " alone */
	unsigned shallow; /* lines with one '>' */
	unsigned plain, plain_blank;
	int deepest;
	unsigned backup; /* ">From:" in place of "From:" */
	unsigned lengths, judged, exact;
	unsigned status, status_kin;
	unsigned mozilla, evolution;
	bool imap, patches;
	unsigned dated, same_day, far;
	int64_t day;
	unsigned quoting, leaving; /* mails with a '>' line, with a plain one */
	bool more;                 /* the file goes on behind the sample */
};

size_t am_mbox_tail_run(const struct am_mbox_header *h)
{
	size_t i = h->n_fields;
	uint32_t ordinal = h->n_lines;
	while (i && h->fields[i - 1].ordinal == ordinal - 1) {
		enum am_mbox_field_kind kind = h->fields[i - 1].kind;
		if (kind > AM_MBOX_F_LINES)
			break;
		i--;
		ordinal--;
	}
	return i;
}

static void count_fields(struct tally *t, const struct am_mbox_cut *cut)
{
	const struct am_mbox_header *h = &cut->header;
	bool length = false, status = false, kin = false;
	for (size_t i = am_mbox_tail_run(h); i < h->n_fields; i++)
		switch (h->fields[i].kind) {
		case AM_MBOX_F_LENGTH:
			length = true;
			break;
		case AM_MBOX_F_STATUS:
			status = true;
			break;
		case AM_MBOX_F_X_STATUS:
		case AM_MBOX_F_X_UID:
			kin = true;
			break;
		case AM_MBOX_F_X_IMAP:
			t->imap |= t->n == 1;
			break;
		default:
			break;
		}
	t->lengths += length;
	/* A last message that was cut short proves nothing. */
	if (length &&
	    !(cut->at_end && (!cut->claim || cut->claim > cut->end))) {
		t->judged++;
		t->exact += cut->by_length ||
		            (cut->at_end && cut->end - cut->claim <= 2);
	}
	t->status += status;
	t->status_kin += status && kin;
	for (size_t i = 0; i < h->n_fields; i++)
		if (h->fields[i].kind == AM_MBOX_F_MOZ_STATUS &&
		    h->fields[i].ordinal < AM_MBOX_TOP) {
			t->mozilla++;
			break;
		}
	t->evolution +=
		h->n_fields &&
		h->fields[h->n_fields - 1].kind == AM_MBOX_F_EVOLUTION &&
		h->fields[h->n_fields - 1].ordinal + 1 == h->n_lines;
	t->backup += h->quoted_from && !h->from_field;
}

static void count_dates(struct tally *t, const struct am_mbox_cut *cut)
{
	struct am_when date;
	if (!am_mbox_from_dated(&cut->from) || !cut->header.date ||
	    !am_time_parse_mail((const char *)cut->head + cut->header.date,
	                        cut->header.date_len, &date))
		return;
	int64_t day = cut->from.when.sec / 86400;
	if (!t->dated++)
		t->day = day;
	t->same_day += day == t->day;
	t->far += llabs(date.sec - cut->from.when.sec) > 2 * 86400;
}

static void count(struct tally *t, const struct am_mbox_cut *cut)
{
	struct am_mbox_mark mark;
	t->ends += !cut->at_end && !cut->hole;
	t->blanks += !cut->at_end && !cut->hole && cut->blank;
	t->bare += cut->from.kind == AM_MBOX_FROM_BARE;
	if (!t->n && cut->from.kind == AM_MBOX_FROM_PATCH)
		t->patches = true;
	t->n++;
	/* What our own sink has marked speaks for itself alone. */
	if (am_mbox_mark_find(&mark, &cut->header, cut->head))
		return;
	t->own++;
	count_fields(t, cut);
	t->quoting += cut->n_quoted != 0;
	t->leaving += cut->n_plain_blank != 0;
	for (size_t i = 0; i < cut->n_quoted; i++)
		t->shallow += cut->quoted[i].depth == 1;
	if (cut->deepest > t->deepest)
		t->deepest = cut->deepest;
	t->plain += cut->n_plain;
	t->plain_blank += cut->n_plain_blank;
}

/* The file's own words on its quoting: its name, or what was told. */
static enum am_mbox_flavour named(const char *name)
{
	static const struct {
		const char *suffix;
		enum am_mbox_flavour flavour;
	} suffixes[] = {{".mboxrd", AM_MBOX_RD},
	                {".mboxo", AM_MBOX_O},
	                {".mboxcl", AM_MBOX_CL},
	                {".mboxcl2", AM_MBOX_CL2}};
	for (size_t i = 0; name && i < AM_COUNT(suffixes); i++) {
		const char *at = strstr(name, suffixes[i].suffix);
		size_t len = strlen(suffixes[i].suffix);
		if (at && (!at[len] || at[len] == '.'))
			return suffixes[i].flavour;
	}
	return AM_MBOX_AUTO;
}

static void say(struct am_mbox_dialect *d, const char *name,
                enum am_mbox_quote quote, bool sure)
{
	d->name = name;
	d->quote = quote;
	d->sure = sure;
}

static void judge_quoting(struct am_mbox_dialect *d, const struct tally *t,
                          enum am_mbox_flavour told, const char *name)
{
	bool exact = t->judged && t->exact * 20 >= t->judged * 19;
	if (told == AM_MBOX_AUTO)
		told = named(name);
	d->told = told != AM_MBOX_AUTO;
	d->wide = false;
	if (d->mmdf)
		say(d, "MMDF", AM_MBOX_QUOTE_NONE, true);
	else if (told == AM_MBOX_RD)
		say(d, "mboxrd", AM_MBOX_QUOTE_RD, true);
	else if (told == AM_MBOX_O)
		say(d, "mboxo", AM_MBOX_QUOTE_O, false);
	else if (told == AM_MBOX_CL)
		say(d, "mboxcl", AM_MBOX_QUOTE_O, false);
	else if (told == AM_MBOX_CL2)
		say(d, "mboxcl2", AM_MBOX_QUOTE_NONE, true);
	else if (t->backup && t->backup * 2 >= t->own)
		say(d, "imap-backup", AM_MBOX_QUOTE_BACKUP, true);
	else if (d->lengths && exact && t->plain >= t->shallow && t->plain)
		say(d, "mboxcl2", AM_MBOX_QUOTE_NONE, true);
	else if (t->plain_blank && t->plain_blank * 4 >= t->shallow)
		/* Who quotes leaves no such line, whatever depth of '>' the
		 * mails themselves brought along: one for three of theirs in
		 * old list mail, one for fifteen in new. */
		say(d, "unquoted", AM_MBOX_QUOTE_NONE, true);
	else if (t->deepest >= 2)
		say(d, "mboxrd", AM_MBOX_QUOTE_RD, true);
	else if (t->bare * 2 > t->n)
		/* Thunderbird's; but others write such separators too, and
		 * what comes later may tell. */
		say(d, "mboxrd", AM_MBOX_QUOTE_RD, d->far || !t->more);
	else
		say(d, d->lengths ? "mboxcl" : "mboxo or mboxrd",
		    AM_MBOX_QUOTE_RD, false);
	d->wide = d->quote == AM_MBOX_QUOTE_BACKUP;
	d->trust_length = exact;
}

/*
 * `bare` of n separators stand behind no empty line.  A writer that puts one
 * leaves perhaps 2 % of them so; under one that puts none, two mails in three
 * still end with an empty line of their own.  Such writers are one in ten.
 * The logarithms of these, times a hundred, decide; so 1 of 4 is an exception
 * and 9 of 25 are the rule.
 */
static bool writes_blank(unsigned n, unsigned bare)
{
	return 220 + 41 * (uint64_t)(n - bare) >= 286 * (uint64_t)bare;
}

static void judge_fields(struct am_mbox_dialect *d, const struct tally *t)
{
	unsigned n = t->own;
	d->blank = !d->mmdf && writes_blank(t->ends, t->ends - t->blanks);
	d->patches = t->patches;
	d->n_messages = t->n;
	d->lengths = n && t->lengths * 4 >= n * 3 && (n >= 2 || t->exact);
	d->imap = t->imap;
	d->status = t->imap || (n >= 2 && t->status * 3 >= n * 2) ||
	            (n && t->status_kin * 2 >= n);
	d->evolution = n && t->evolution * 2 >= n;
	d->mozilla = n && t->mozilla * 2 >= n;
	d->rewritten = t->dated >= 10 && t->same_day * 10 > t->dated * 9 &&
	               t->far * 2 > t->dated;
}

/* The first line end of any kind decides. */
static uint8_t line_ending(const struct am_mbox_window *w)
{
	if (memchr(w->buf, '\n', w->len) || !memchr(w->buf, '\r', w->len))
		return '\n';
	return '\r';
}

/*
 * Whether a look further ahead has seen enough.  Where nobody quotes, three
 * lines in four or more are plain ones, where somebody does, none; so this many
 * mails of one sort and none of the other are no chance.
 */
static bool settled(const struct tally *t)
{
	const unsigned enough = 12;
	if (t->backup || t->lengths)
		return false;
	return t->deepest >= 2 ? t->quoting >= enough && !t->plain
	                       : t->leaving >= enough && !t->shallow;
}

/* Count what an opened scan shows of the first bytes; of a look `far` ahead
 * only what tells of quoting, and no more than that takes. */
static int take_sample(struct tally *t, struct am_mbox_scan *scan,
                       uint64_t limit, bool far, struct am_mbox_dialect *d,
                       struct am_error *err)
{
	int r;
	am_mbox_window_more(&scan->window, 0);
	d->mmdf = am_mbox_mmdf_head(scan->window.buf, scan->window.len);
	scan->rules.mmdf = d->mmdf;
	scan->rules.eol = d->eol = line_ending(&scan->window);
	while (!(r = am_mbox_scan_next(scan, err))) {
		/* The sample's end is not the file's. */
		struct am_mbox_cut *cut = &scan->cut;
		t->more = cut->at_end && cut->end >= limit;
		if (t->more && t->n)
			break;
		count(t, cut);
		if (far && settled(t))
			break;
		if (!far)
			count_dates(t, cut);
	}
	return r < 0 ? r : AM_OK;
}

static const struct am_mbox_rules sample_rules = {.eol = '\n',
                                                  .keep = AM_MBOX_HEADER_MAX};

static int sample_file(struct tally *t, struct am_file *file, bool far,
                       struct am_mbox_dialect *d, struct am_ctx *ctx,
                       struct am_error *err)
{
	const uint64_t limit = far ? AM_MBOX_FAR : AM_MBOX_SAMPLE;
	struct am_mbox_scan scan;
	int r = am_mbox_scan_open(&scan, file, limit, &sample_rules, ctx, err);
	if (r)
		return r;
	r = take_sample(t, &scan, limit, far, d, err);
	am_mbox_scan_close(&scan);
	return r;
}

static int judge_all(struct am_mbox_dialect *d, const struct tally *t,
                     enum am_mbox_flavour told, const char *name, uint64_t size,
                     struct am_error *err)
{
	if (told == AM_MBOX_MMDF && !d->mmdf && size)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: no MMDF: it does not begin with a line of "
		               "four bytes 1",
		               name);
	judge_fields(d, t);
	judge_quoting(d, t, told, name);
	return AM_OK;
}

int am_mbox_dialect_sample(struct am_mbox_dialect *out, struct am_file *file,
                           const char *name, enum am_mbox_flavour told,
                           struct am_ctx *ctx, struct am_error *err)
{
	struct tally t = {0};
	*out = (struct am_mbox_dialect){.eol = '\n', .blank = true};
	int r = sample_file(&t, file, false, out, ctx, err);
	if (r)
		return r;
	r = judge_all(out, &t, told, name, am_file_size(file), err);
	out->far = !t.more;
	return r;
}

int am_mbox_dialect_sample_bytes(struct am_mbox_dialect *out, const void *data,
                                 size_t len, bool more, const char *name,
                                 enum am_mbox_flavour told, struct am_ctx *ctx,
                                 struct am_error *err)
{
	struct tally t = {0};
	struct am_reader *reader = NULL;
	struct am_mbox_scan scan;
	*out = (struct am_mbox_dialect){.eol = '\n', .blank = true};
	int r = am_reader_memory(&reader, data, len, err);
	if (r)
		return r;
	am_mbox_scan_open_reader(&scan, reader, UINT64_MAX, &sample_rules, ctx);
	r = take_sample(&t, &scan, more ? len : UINT64_MAX, false, out, err);
	am_mbox_scan_close(&scan);
	if (r)
		return r;
	r = judge_all(out, &t, told, name, len, err);
	out->far = true; /* there is nothing to look at again */
	return r;
}

void am_mbox_dialect_look_far(struct am_mbox_dialect *dialect,
                              struct am_file *file, struct am_ctx *ctx)
{
	struct tally t = {0};
	dialect->far = true;
	struct am_mbox_dialect seen = *dialect;
	if (sample_file(&t, file, true, &seen, ctx, NULL))
		return;
	judge_quoting(&seen, &t, AM_MBOX_AUTO, NULL);
	/* How it is separated has been decided, and messages were cut so. */
	if (seen.sure && !seen.wide) {
		dialect->name = seen.name;
		dialect->quote = seen.quote;
		dialect->sure = true;
	}
}

struct am_mbox_rules am_mbox_dialect_rules(const struct am_mbox_dialect *d)
{
	return (struct am_mbox_rules){
		.eol = d->eol,
		.wide = d->wide,
		.patches = d->patches,
		.trust_length = d->trust_length,
		.tight = !d->blank,
		.mmdf = d->mmdf,
	};
}
