/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/fetch_items.h"

#include <errno.h>
#include <string.h>

enum { ITEMS_MOST = 500 };

static const struct {
	const char *word;
	enum am_fetch_kind kind;
} plain[] = {
	{"UID", AM_FETCH_UID},           {"FLAGS", AM_FETCH_FLAGS},
	{"INTERNALDATE", AM_FETCH_DATE}, {"RFC822.SIZE", AM_FETCH_SIZE},
	{"ENVELOPE", AM_FETCH_ENVELOPE}, {"BODYSTRUCTURE", AM_FETCH_STRUCTURE},
	{"BODY", AM_FETCH_BODY},         {"MODSEQ", AM_FETCH_MODSEQ},
	{"EMAILID", AM_FETCH_EMAILID},   {"THREADID", AM_FETCH_THREADID},
	{"PREVIEW", AM_FETCH_PREVIEW},   {"SAVEDATE", AM_FETCH_SAVED},
};

/* Old names for sections. */
static const struct {
	const char *word, *section;
	bool peek;
} old[] = {{"RFC822", "", false},
           {"RFC822.HEADER", "HEADER", true},
           {"RFC822.TEXT", "TEXT", false}};

static void add(struct am_fetch *f, struct am_fetch_item item)
{
	switch (item.kind) {
	case AM_FETCH_SECTION:
	case AM_FETCH_BINARY:
		item.common = item.kind == AM_FETCH_SECTION &&
		              am_section_is_common(&item.section);
		f->sees |= !item.peek;
		f->reads |= !item.common;
		f->facts |= item.common;
		break;
	case AM_FETCH_BODY:
	case AM_FETCH_BINARY_SIZE:
	case AM_FETCH_PREVIEW:
		f->reads = true;
		break;
	case AM_FETCH_SIZE:
		f->sizes = true;
		break;
	case AM_FETCH_ENVELOPE:
	case AM_FETCH_STRUCTURE:
		f->facts = true;
		break;
	default:
		break;
	}
	g_array_append_val(f->items, item);
}

static void add_kind(struct am_fetch *f, enum am_fetch_kind kind)
{
	for (guint i = 0; i < f->items->len; i++)
		if (g_array_index(f->items, struct am_fetch_item, i).kind ==
		    kind)
			return;
	add(f, (struct am_fetch_item){.kind = kind});
}

/* "<0.2048>", in a client's FETCH always with a count. */
static bool take_partial(struct am_fetch_item *item, const char *text)
{
	char *end;

	if (!*text)
		return true;
	if (*text++ != '<' || !g_ascii_isdigit(*text))
		return false;
	item->partial = true;
	errno = 0;
	item->from = g_ascii_strtoull(text, &end, 10);
	if (*end != '.' || !g_ascii_isdigit(end[1]))
		return false;
	item->count = g_ascii_strtoull(end + 1, &end, 10);
	return item->count && !errno && !strcmp(end, ">");
}

/* "BODY.PEEK[TEXT]<0.10>" */
static bool add_section(struct am_fetch *f, const char *text)
{
	static const struct {
		const char *word;
		enum am_fetch_kind kind;
		bool peek;
	} words[] = {{"BODY[", AM_FETCH_SECTION, false},
	             {"BODY.PEEK[", AM_FETCH_SECTION, true},
	             {"BINARY[", AM_FETCH_BINARY, false},
	             {"BINARY.PEEK[", AM_FETCH_BINARY, true},
	             {"BINARY.SIZE[", AM_FETCH_BINARY_SIZE, true}};

	for (size_t i = 0; i < AM_COUNT(words); i++) {
		size_t len = strlen(words[i].word);
		if (g_ascii_strncasecmp(text, words[i].word, len))
			continue;
		const char *close = strrchr(text, ']');
		struct am_fetch_item item = {.kind = words[i].kind,
		                             .peek = words[i].peek};
		if (!close || !am_section_parse(&item.section, text + len,
		                                (size_t)(close - text) - len))
			return false;
		bool good = take_partial(&item, close + 1);
		if (item.kind != AM_FETCH_SECTION)
			good &= item.section.kind == AM_SECTION_ALL;
		if (item.kind == AM_FETCH_BINARY_SIZE)
			good &= !item.partial;
		if (!good) {
			am_section_clear(&item.section);
			return false;
		}
		add(f, item);
		return true;
	}
	return false;
}

static bool add_item(struct am_fetch *f, const struct am_imap_value *v)
{
	const char *text = am_imap_text(v);

	if (!text || v->type != AM_IMAP_ATOM || f->items->len >= ITEMS_MOST)
		return false;
	for (size_t i = 0; i < AM_COUNT(plain); i++)
		if (am_imap_is(v, plain[i].word)) {
			add_kind(f, plain[i].kind);
			return true;
		}
	for (size_t i = 0; i < AM_COUNT(old); i++)
		if (am_imap_is(v, old[i].word)) {
			struct am_fetch_item item = {.kind = AM_FETCH_SECTION,
			                             .name = old[i].word,
			                             .peek = old[i].peek};
			if (!am_section_parse(&item.section, old[i].section,
			                      strlen(old[i].section)))
				return false;
			add(f, item);
			return true;
		}
	return add_section(f, text);
}

static bool add_macro(struct am_fetch *f, const struct am_imap_value *v)
{
	bool full = am_imap_is(v, "FULL"), all = am_imap_is(v, "ALL");

	if (!full && !all && !am_imap_is(v, "FAST"))
		return false;
	add_kind(f, AM_FETCH_FLAGS);
	add_kind(f, AM_FETCH_DATE);
	add_kind(f, AM_FETCH_SIZE);
	if (all || full)
		add_kind(f, AM_FETCH_ENVELOPE);
	if (full)
		add_kind(f, AM_FETCH_BODY);
	return true;
}

/* PREVIEW (LAZY), RFC 8970: there is never a reason to put it off. */
static bool is_lazy_preview(const struct am_imap_value *items, size_t n)
{
	if (n < 2 || !am_imap_is(&items[0], "PREVIEW") ||
	    items[1].type != AM_IMAP_LIST || !items[1].n_items)
		return false;
	for (size_t i = 0; i < items[1].n_items; i++)
		if (!am_imap_is(&items[1].items[i], "LAZY"))
			return false;
	return true;
}

static bool add_items(struct am_fetch *f, const struct am_imap_value *items,
                      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!add_item(f, &items[i]))
			return false;
		i += is_lazy_preview(items + i, n - i);
	}
	return n > 0;
}

static bool read_modifiers(struct am_fetch *f, struct am_session *s,
                           const struct am_imap_value *v, bool uid)
{
	if (v->type != AM_IMAP_LIST)
		return false;
	for (size_t i = 0; i < v->n_items; i++) {
		if (am_imap_is(&v->items[i], "CHANGEDSINCE") &&
		    s->snap->highest && i + 1 < v->n_items &&
		    am_imap_number(&v->items[i + 1], &f->changed_since)) {
			f->since = true;
			am_enable_condstore(s);
			i++;
		} else if (am_imap_is(&v->items[i], "PARTIAL") &&
		           i + 1 < v->n_items &&
		           am_partial_read(&f->part, &v->items[i + 1])) {
			f->partial = true;
			i++;
		} else if (am_imap_is(&v->items[i], "VANISHED") && uid &&
		           s->qresync) {
			f->vanished = true;
		} else {
			return false;
		}
	}
	return !f->vanished || f->since;
}

bool am_fetch_parse(struct am_fetch *f, struct am_session *s, am_args args,
                    size_t n, bool uid)
{
	*f = (struct am_fetch){.sees = false};
	f->items = g_array_new(FALSE, FALSE, sizeof(struct am_fetch_item));
	if (uid && !s->uidonly)
		add_kind(f, AM_FETCH_UID);
	/* Also without brackets around it. */
	size_t items = is_lazy_preview(args, n) ? 2 : 1;
	bool good = n == items || n == items + 1;
	if (good && args[0].type == AM_IMAP_LIST)
		good = add_items(f, args[0].items, args[0].n_items);
	else if (good)
		good = add_macro(f, &args[0]) || add_item(f, &args[0]);
	if (good && n > items)
		good = read_modifiers(f, s, &args[items], uid);
	if (good && f->since)
		add_kind(f, AM_FETCH_MODSEQ);
	for (guint i = 0; good && i < f->items->len; i++)
		if (g_array_index(f->items, struct am_fetch_item, i).kind ==
		    AM_FETCH_MODSEQ) {
			good = s->snap->highest;
			am_enable_condstore(s);
		}
	if (!good) {
		am_fetch_clear(f);
		am_bad(s, "that is nothing a FETCH can ask for");
	}
	return good;
}

void am_fetch_clear(struct am_fetch *f)
{
	for (guint i = 0; f->items && i < f->items->len; i++)
		am_section_clear(
			&g_array_index(f->items, struct am_fetch_item, i)
				 .section);
	if (f->items)
		g_array_free(f->items, TRUE);
	f->items = NULL;
}
