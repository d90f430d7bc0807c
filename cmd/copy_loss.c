/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/copy_loss.h"

#include "cmd/session.h"
#include "model/source.h"
#include "transfer/loss.h"
#include "transfer/registry.h"

#include <glib.h>

struct copy_loss {
	struct session *s;
	const struct am_place *target;
	GPtrArray *said; /* codes that were told of this source */
};

struct copy_loss *copy_loss_new(struct session *s,
                                const struct am_place *target)
{
	struct copy_loss *l = g_new(struct copy_loss, 1);

	l->s = s;
	l->target = target;
	l->said = g_ptr_array_new();
	return l;
}

void copy_loss_free(struct copy_loss **losses)
{
	struct copy_loss *l = *losses;

	*losses = NULL;
	if (!l)
		return;
	g_ptr_array_unref(l->said);
	g_free(l);
}

static void say(void *user, const char *code, const char *sentence)
{
	const struct copy_loss *l = user;

	(void)code;
	session_say(l->s, "note: %s", sentence);
}

static void say_and_remember(void *user, const char *code, const char *sentence)
{
	const struct copy_loss *l = user;

	say(user, code, sentence);
	g_ptr_array_add(l->said, (gpointer)code);
}

void copy_loss_before(struct copy_loss *l, const struct am_format *from,
                      const struct am_source *src, bool aloud)
{
	const struct am_format *to = am_place_format(l->target);
	const struct am_source part = {0};

	g_ptr_array_set_size(l->said, 0);
	/* A format that keeps nothing at all needs no words. */
	if (aloud && to->keeps)
		am_loss_explain(from, src ? src : &part, to,
		                am_place_location(l->target), say_and_remember,
		                l);
}

void copy_loss_after(struct copy_loss *l, const struct am_report *report)
{
	g_ptr_array_add(l->said, NULL);
	am_loss_sum_up(am_place_format(l->target), am_place_location(l->target),
	               report, (const char *const *)l->said->pdata, say, l);
	g_ptr_array_set_size(l->said, 0);
}
