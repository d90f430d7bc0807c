/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/loss.h"

#include "model/ctx.h"
#include "model/folder.h"
#include "model/source.h"
#include "transfer/report.h"

#include <glib.h>

#include <string.h>

static const struct {
	enum am_keeps bit;
	const char *code;
	const char *word; /* in the table of formats */
	const char *lost; /* "the … of 3 messages": of one, "is not kept" */
	bool many;        /* "are not kept" */
} table[] = {
	{AM_KEEPS_BYTES, "loss.bytes", "bytes", NULL, true},
	{AM_KEEPS_FOLDERS, "loss.folders", "folders", "folder", false},
	{AM_KEEPS_EMPTY_FOLDERS, "loss.empty-folders", "empty folders", NULL,
         true},
	{AM_KEEPS_FLAGS, "loss.flags", "flags", "flags", true},
	{AM_KEEPS_KEYWORDS, "loss.keywords", "keywords", "keywords", true},
	{AM_KEEPS_LABELS, "loss.labels", "labels", "labels", true},
	{AM_KEEPS_RECEIVED, "loss.received", "received date", "received date",
         false},
	{AM_KEEPS_SENDER, "loss.sender", "envelope sender", "envelope sender",
         false},
	{AM_KEEPS_PROPS, "loss.props", "source details",
         "source details (separator lines, UIDs …)", true},
};

/* What a target that knows folders only makes of labels: the words of its
 * option "labels". */
static const struct {
	const char *value, *code, *becomes, *became;
} label_ways[] = {
	{"folders", "loss.labels-copied",
         "will be written once more for each label",
         "were written once more for each label"},
	{"first", "loss.labels",
         "will be written once; their labels are not kept",
         "were written once; their labels are not kept"},
	{"keywords", "loss.labels-keywords", "will have them as keywords",
         "have them as keywords"},
};

/* Which of them, for a target that keeps so much; -1: none, they are lost. */
static int label_way(const struct am_format *to, uint32_t keeps,
                     const struct am_location *options)
{
	const char *way =
		options && to->options
			? am_location_option(options, to->options, "labels")
			: NULL;

	for (size_t i = 0; way && i < AM_COUNT(label_ways); i++) {
		if (strcmp(way, label_ways[i].value) != 0)
			continue;
		/* It could keep them, and was told not to. */
		bool told_not = to->keeps & ~keeps & AM_KEEPS_LABELS;
		return !strcmp(way, "keywords") && told_not ? -1 : (int)i;
	}
	return -1;
}

static void say_one(const struct am_format *to, size_t row, uint64_t n,
                    am_loss_fn *say, void *user)
{
	char *sentence = g_strdup_printf(
		"%s: the %s of %" PRIu64 " message%s %s not kept", to->name,
		table[row].lost, n, n == 1 ? "" : "s",
		table[row].many ? "are" : "is");

	say(user, table[row].code, sentence);
	g_free(sentence);
}

static void say_labels(const struct am_format *to, int way, bool after,
                       uint64_t n, am_loss_fn *say, void *user)
{
	char *sentence = g_strdup_printf(
		"%s: %" PRIu64 " message%s with labels %s", to->name, n,
		n == 1 ? "" : "s",
		after ? label_ways[way].became : label_ways[way].becomes);

	say(user, label_ways[way].code, sentence);
	g_free(sentence);
}

uint32_t am_loss_keeps(const struct am_format *to,
                       const struct am_location *where)
{
	return where && to->keeps_with ? to->keeps_with(where) : to->keeps;
}

void am_loss_explain(const struct am_format *from, const struct am_source *src,
                     const struct am_format *to,
                     const struct am_location *options, am_loss_fn *say,
                     void *user)
{
	uint32_t keeps = am_loss_keeps(to, options);
	uint32_t lost = from->keeps & ~keeps;
	int way = label_way(to, keeps, options);

	if (lost & AM_KEEPS_BYTES) {
		char *sentence = g_strdup_printf(
			"%s: messages do not come back byte for byte",
			to->name);
		say(user, "loss.bytes", sentence);
		g_free(sentence);
	}
	for (size_t i = 0; i < AM_COUNT(table); i++) {
		bool labels = table[i].bit == AM_KEEPS_LABELS;
		uint64_t n = labels ? src->n_with_labels
		             : table[i].bit == AM_KEEPS_KEYWORDS
		                     ? src->n_with_keywords
		                     : 0;
		if (!n || !(from->keeps & (uint32_t)table[i].bit))
			continue;
		/* Those in a header of the message are kept whatever else is
		 * made of them. */
		if (labels && way >= 0 &&
		    !(keeps & AM_KEEPS_LABELS &&
		      label_ways[way].value[0] == 'k'))
			say_labels(to, way, false, n, say, user);
		else if (lost & (uint32_t)table[i].bit)
			say_one(to, i, n, say, user);
	}
}

struct summing {
	const struct am_format *to;
	int way;
	const char *const *before;
	am_loss_fn *say;
	void *user;
};

static bool said(const struct summing *s, const char *code)
{
	for (const char *const *c = s->before; c && *c; c++)
		if (!strcmp(*c, code))
			return true;
	return false;
}

static void sum_up(void *user, const char *code, uint64_t n)
{
	const struct summing *s = user;

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		if (!table[i].lost || strcmp(code, table[i].code) != 0 ||
		    said(s, code))
			continue;
		if (table[i].bit != AM_KEEPS_LABELS || s->way < 0)
			say_one(s->to, i, n, s->say, s->user);
		else if (!said(s, label_ways[s->way].code))
			say_labels(s->to, s->way, true, n, s->say, s->user);
	}
}

void am_loss_sum_up(const struct am_format *to,
                    const struct am_location *options,
                    const struct am_report *report,
                    const char *const *said_before, am_loss_fn *say, void *user)
{
	struct summing s = {
		.to = to,
		.way = label_way(to, am_loss_keeps(to, options), options),
		.before = said_before,
		.say = say,
		.user = user,
	};

	am_report_notes(report, sum_up, &s);
}

char *am_keeps_words(uint32_t keeps)
{
	GString *words = g_string_new(NULL);

	for (size_t i = 0; i < AM_COUNT(table); i++)
		if (keeps & (uint32_t)table[i].bit)
			g_string_append_printf(words, "%s%s",
			                       words->len ? ", " : "",
			                       table[i].word);
	return g_string_free(words, FALSE);
}

void am_loss_count(struct am_ctx *ctx, uint32_t keeps,
                   const struct am_message *msg)
{
	const struct {
		enum am_keeps bit;
		bool has;
		const char *code, *what;
	} losses[] = {
		{AM_KEEPS_FLAGS, msg->flags != 0, "loss.flags", "flags"},
		{AM_KEEPS_KEYWORDS, msg->n_keywords > 0, "loss.keywords",
	         "keywords"},
		{AM_KEEPS_LABELS, msg->n_labels > 0, "loss.labels", "labels"},
		{AM_KEEPS_RECEIVED, msg->received.known, "loss.received",
	         "received date"},
		{AM_KEEPS_SENDER, msg->envelope_sender != NULL, "loss.sender",
	         "envelope sender"},
		{AM_KEEPS_PROPS, msg->n_props > 0, "loss.props",
	         "source details"},
		{AM_KEEPS_FOLDERS, msg->folder && msg->folder->depth > 0,
	         "loss.folders", "folder"},
	};

	for (size_t i = 0; i < AM_COUNT(losses); i++)
		if (losses[i].has && !(keeps & (uint32_t)losses[i].bit))
			am_ctx_note(ctx, AM_NOTE_LOSS, losses[i].code,
			            msg->folder, msg->origin,
			            "its %s cannot be kept", losses[i].what);
}
