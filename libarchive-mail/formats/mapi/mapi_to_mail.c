/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts, from the outside in, each level only where it is needed:
 *
 *   multipart/mixed
 *     multipart/related
 *       multipart/alternative
 *         text/plain, text/rtf, text/html, the class's own part
 *       attachments that the HTML shows
 *     other attachments, messages among them
 *
 * Messages within messages stand on a stack of ours, not on the processor's.
 */
#include "formats/mapi/mapi_to_mail.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "formats/mapi/aside.h"
#include "formats/mapi/mapi_attachment.h"
#include "formats/mapi/mapi_body.h"
#include "formats/mapi/mapi_class.h"
#include "formats/mapi/mapi_headers.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

enum { DEPTH = 32, MESSAGES = 10000 };

/* One message that is being written. */
struct frame {
	struct am_arena *arena; /* NULL: the caller's message */
	struct am_mapi_message msg;
	struct am_mapi_enclosure *atts;
	size_t n_atts, next;
	bool *shown; /* by the HTML: already written */
	bool mixed;
	char boundary[48];
};

struct work {
	const struct am_mapi_to_mail *job;
	struct am_mail_out out;
	struct frame frames[DEPTH];
	unsigned depth, n_messages;
	struct am_error err;
};

/* No line of quoted-printable or base64 begins like that; the hash keeps apart
 * what stands within each other as it came. */
static void name_boundary(struct frame *f, unsigned serial)
{
	const char *subject = am_mapi_text(&f->msg.props, AM_PR_SUBJECT);
	const char *id = am_mapi_text(&f->msg.props, AM_PR_MESSAGE_ID);
	struct am_when when = {0};
	uint8_t hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];

	(void)am_mapi_date(&f->msg.props, &when);
	char *seed =
		g_strdup_printf("%x %u %" PRId64 " %s %s", f->msg.id, serial,
	                        when.sec, id ? id : "", subject ? subject : "");
	am_sha256(seed, strlen(seed), hash);
	am_hex(hash, 8, hex);
	g_snprintf(f->boundary, sizeof(f->boundary), "=_%s_%u_", hex, serial);
	g_free(seed);
}

static void begin(struct am_mail_out *out, const char *kind,
                  const struct frame *f, char level)
{
	am_mail_out_printf(
		out,
		"Content-Type: multipart/%s;\r\n boundary=\"%s%c\"\r\n"
		"\r\n",
		kind, f->boundary, level);
}

static void next_part(struct am_mail_out *out, const struct frame *f,
                      char level)
{
	am_mail_out_printf(out, "--%s%c\r\n", f->boundary, level);
}

static void end(struct am_mail_out *out, const struct frame *f, char level)
{
	am_mail_out_printf(out, "--%s%c--\r\n", f->boundary, level);
}

/* What is said in the innermost level. */
struct contents {
	struct am_mapi_bodies bodies;
	char *item; /* the class's own part */
	const char *item_type, *item_name;
	char *dump; /* all properties, a file */
	unsigned n_bodies;
};

static void put_text(struct am_mail_out *out, const char *type,
                     const char *name, const char *text)
{
	am_mail_out_printf(out, "Content-Type: %s", type);
	am_mail_out_param(out, "name", name);
	am_mail_out_text(out, "\r\n");
	am_mail_out_body(out, (const uint8_t *)text, strlen(text));
}

/* part: "body" in a PST makes the code "pst.body". */
static void note_bad(const struct work *w, const struct frame *f,
                     const char *part, const char *what, const char *why)
{
	char code[40];

	if (w->job->incomplete)
		*w->job->incomplete = true;
	g_snprintf(code, sizeof(code), "%s.%s", f->msg.in->format, part);
	am_ctx_note(w->job->ctx, AM_NOTE_ERROR, code, w->job->folder,
	            w->job->origin, "message 0x%x, %s: %s", f->msg.id, what,
	            why);
}

static void put_alternatives(struct work *w, const struct frame *f,
                             const struct contents *c)
{
	const struct am_mapi_body *const list[] = {
		&c->bodies.text, &c->bodies.rich, &c->bodies.html};
	static const char *const types[] = {"text/plain", "text/rtf",
	                                    "text/html"};
	bool many = c->n_bodies > 1;

	if (many)
		begin(&w->out, "alternative", f, 'a');
	for (unsigned i = 0; i < AM_COUNT(list); i++) {
		if (!am_mapi_body_there(list[i]))
			continue;
		if (many)
			next_part(&w->out, f, 'a');
		struct am_error why = {0};
		if (am_mapi_body_put(&w->out, list[i], types[i], f->msg.in,
		                     &why) &&
		    !w->out.status)
			note_bad(w, f, "body", "its body", why.text);
	}
	if (c->item) {
		if (many)
			next_part(&w->out, f, 'a');
		put_text(&w->out, c->item_type, c->item_name, c->item);
	}
	if (many)
		end(&w->out, f, 'a');
	if (!c->n_bodies) {
		am_mail_out_text(
			&w->out,
			"Content-Type: text/plain; charset=us-ascii\r\n");
		am_mail_out_body(&w->out, NULL, 0);
	}
}

/* A file: what cannot be read is told and said in its place.  What is in an
 * object stands behind it. */
static void put_file(struct work *w, const struct frame *f,
                     const struct am_mapi_enclosure *att, bool shown)
{
	struct am_error why = {0};
	struct am_mapi_ole ole;
	char what[40];

	(void)am_mapi_attachment_ole(&ole, att, f->msg.in, w->job->ctx);
	int r = am_mapi_attachment_put(&w->out, att, shown, f->msg.in, &ole,
	                               &why);
	if (!r && ole.from && !shown) {
		next_part(&w->out, f, 'm');
		r = am_mapi_ole_put(&w->out, &ole, &why);
	}
	am_mapi_ole_close(&ole);
	if (!r || w->out.status)
		return;
	g_snprintf(what, sizeof(what), "attachment 0x%x", att->id);
	note_bad(w, f, "attachment", what, why.text);
}

/* Which attachments does the HTML show? */
static bool choose_shown(struct frame *f, const struct contents *c)
{
	bool any = false;

	f->shown = am_arena_alloc(f->msg.props.arena, f->n_atts + 1);
	if (!am_mapi_body_there(&c->bodies.html))
		return false;
	for (size_t i = 0; i < f->n_atts; i++) {
		f->shown[i] = am_mapi_attachment_shown(
			&f->atts[i], (const char *)c->bodies.html.data,
			c->bodies.html.len);
		any |= f->shown[i];
	}
	return any;
}

/* Everything up to the attachments that are still to come. */
static void put_contents(struct work *w, struct frame *f, struct contents *c)
{
	bool related = choose_shown(f, c);
	size_t n_shown = 0;

	for (size_t i = 0; i < f->n_atts; i++)
		n_shown += f->shown[i];
	f->mixed = n_shown < f->n_atts || c->dump;
	if (f->mixed)
		begin(&w->out, "mixed", f, 'm');
	/* Of a part, bodies that are elsewhere leave no gap. */
	bool inner = c->n_bodies || related || !f->mixed || f->arena ||
	             !w->job->part;
	if (f->mixed && inner)
		next_part(&w->out, f, 'm');
	if (related) {
		begin(&w->out, "related", f, 'r');
		next_part(&w->out, f, 'r');
	}
	if (inner)
		put_alternatives(w, f, c);
	for (size_t i = 0; related && i < f->n_atts; i++) {
		if (!f->shown[i])
			continue;
		next_part(&w->out, f, 'r');
		put_file(w, f, &f->atts[i], true);
	}
	if (related)
		end(&w->out, f, 'r');
	if (c->dump) {
		next_part(&w->out, f, 'm');
		put_text(&w->out, "application/json; charset=utf-8",
		         "outlook-properties.json", c->dump);
	}
}

/* Its first event is there, and the words Outlook has for the others. */
static void note_rule(const struct work *w, const struct frame *f)
{
	char code[40];

	g_snprintf(code, sizeof(code), "%s.series", f->msg.in->format);
	am_ctx_note(w->job->ctx, AM_NOTE_WARN, code, w->job->folder,
	            w->job->origin,
	            "message 0x%x is a series by a rule that no calendar has: "
	            "its first event alone, the rule in words",
	            f->msg.id);
}

static void fill_contents(struct work *w, struct frame *f,
                          enum am_mapi_class class,
                          const struct am_mapi_props *recipients, size_t n,
                          struct contents *c)
{
	const struct am_mapi_addressed item = {&f->msg, recipients, n, f->atts,
	                                       f->n_atts};

	memset(c, 0, sizeof(*c));
	am_mapi_bodies_find(&c->bodies, &f->msg);
	if (c->bodies.trouble)
		note_bad(w, f, "body", "its body", c->bodies.trouble);
	if (w->depth == 1 && w->job->part) {
		if (w->job->has_html)
			memset(&c->bodies.html, 0, sizeof(c->bodies.html));
		if (w->job->has_html || w->job->has_text)
			memset(&c->bodies.text, 0, sizeof(c->bodies.text));
	}
	c->item =
		am_mapi_class_text(&item, class, &c->item_type, &c->item_name);
	if (am_mapi_rule_lost(&item, class))
		note_rule(w, f);
	c->dump = am_mapi_class_dumped(class) ? am_mapi_dump(&item) : NULL;
	c->n_bodies = (unsigned)am_mapi_body_there(&c->bodies.text) +
	              (unsigned)am_mapi_body_there(&c->bodies.rich) +
	              (unsigned)am_mapi_body_there(&c->bodies.html) +
	              (c->item != NULL);
}

/*
 * Mail under a signature: what was signed is the one attachment, header and
 * all, and stands here as it is.  Encrypted mail is one too, in DER.
 */
static bool put_secured(struct work *w, struct frame *f,
                        enum am_mapi_class class)
{
	struct am_error why = {0};

	if (f->n_atts != 1 ||
	    (class != AM_MAPI_CLASS_SIGNED && class != AM_MAPI_CLASS_OPAQUE))
		return false;
	const struct am_mapi_enclosure *att = &f->atts[0];
	if (class == AM_MAPI_CLASS_SIGNED
	            ? !am_mapi_attachment_is_entity(att, f->msg.in)
	            : !am_mapi_attachment_is_cms(att))
		return false;
	/* What was signed brings its own, or none: a mail wants one. */
	if (class == AM_MAPI_CLASS_SIGNED &&
	    !am_mapi_attachment_has_version(att, f->msg.in))
		am_mail_out_text(&w->out, "MIME-Version: 1.0\r\n");
	int r = class == AM_MAPI_CLASS_SIGNED
	                ? am_mapi_attachment_raw(&w->out, att, f->msg.in, &why)
	                : am_mapi_attachment_cms(&w->out, att, f->msg.in, &why);
	f->next = 1;
	if (r && !w->out.status) {
		w->out.status =
			am_fail(&w->err, AM_FAILED, why.kind,
		                "message 0x%x: %s", f->msg.id, why.text);
	}
	return true;
}

/* Header and bodies of the message on top of the stack. */
static int begin_message(struct work *w)
{
	struct frame *f = &w->frames[w->depth - 1];
	struct am_arena *arena = f->msg.props.arena;
	struct am_mapi_props *recipients = NULL;
	enum am_mapi_class class = am_mapi_class(&f->msg.props);
	struct am_error why = {0};
	struct contents c;
	size_t n = 0;

	if (f->msg.in->ops->recipients(&f->msg, arena, &recipients, &n, &why))
		note_bad(w, f, "recipients", "its recipients", why.text);
	if (f->msg.in->ops->attachments(&f->msg, arena, &f->atts, &f->n_atts,
	                                &why)) {
		note_bad(w, f, "attachment", "its attachments", why.text);
		f->n_atts = 0;
	}
	am_aside_find(f->msg.in, f->atts, f->n_atts, true);
	for (size_t i = 0; i < f->n_atts; i++) {
		const struct am_mapi_prop *data =
			am_mapi_find(&f->atts[i].props, AM_PR_ATTACH_DATA);
		if (data && data->file && !f->atts[i].why.kind)
			w->out.limit += 2 * data->size;
	}
	name_boundary(f, w->n_messages++);
	if (w->depth == 1 && w->job->part) {
		fill_contents(w, f, class, recipients, n, &c);
		if (!f->n_atts && !c.n_bodies && !c.item && !c.dump)
			return AM_END;
	} else {
		am_mapi_headers(&w->out, &f->msg.props, recipients, n);
		if (put_secured(w, f, class))
			return w->out.status;
		fill_contents(w, f, class, recipients, n, &c);
		am_mail_out_text(&w->out, "MIME-Version: 1.0\r\n");
	}
	put_contents(w, f, &c);
	g_free(c.item);
	g_free(c.dump);
	return w->out.status;
}

/* Is it one of those it stands in? */
static bool is_above(const struct work *w, const uint64_t place[2])
{
	for (unsigned i = 0; i < w->depth; i++)
		if (w->frames[i].msg.place[0] == place[0] &&
		    w->frames[i].msg.place[1] == place[1])
			return true;
	return false;
}

static int push_embedded(struct work *w, const struct am_mapi_enclosure *att,
                         struct am_error *why)
{
	struct frame *f = &w->frames[w->depth];
	struct am_mapi_container *in = w->frames[0].msg.in;

	if (w->depth == DEPTH)
		return am_fail(why, AM_FAILED, AM_E_LIMIT,
		               "more than %d messages in each other", DEPTH);
	if (w->n_messages >= MESSAGES)
		return am_fail(why, AM_FAILED, AM_E_LIMIT,
		               "more than %d messages in one", MESSAGES);
	if (is_above(w, att->place))
		return am_fail(why, AM_FAILED, AM_E_FORMAT,
		               "it is the message that it stands in");
	memset(f, 0, sizeof(*f));
	f->arena = am_arena_new();
	int r = in->ops->embedded(in, att, f->arena, &f->msg, why);
	if (r) {
		am_arena_free(&f->arena);
		return r;
	}
	w->depth++;
	return AM_OK;
}

/* The next attachment of the message on top; a message goes on top of it. */
static int next_attachment(struct work *w)
{
	struct frame *f = &w->frames[w->depth - 1];
	const struct am_mapi_enclosure *att = &f->atts[f->next++];
	struct am_error why = {0};

	if (f->shown && f->shown[f->next - 1])
		return AM_OK;
	next_part(&w->out, f, 'm');
	if (att->method != AM_ATTACH_EMBEDDED || !att->has_message) {
		put_file(w, f, att, false);
		return w->out.status;
	}
	if (push_embedded(w, att, &why)) {
		struct am_mapi_enclosure lost = *att;
		lost.why = why;
		lost.has_message = false;
		put_file(w, f, &lost, false);
		return w->out.status;
	}
	am_mail_out_text(&w->out, "Content-Type: message/rfc822\r\n"
	                          "Content-Disposition: attachment\r\n\r\n");
	return begin_message(w);
}

static int write_all(struct work *w)
{
	int r = begin_message(w);

	while (!r && w->depth) {
		struct frame *f = &w->frames[w->depth - 1];
		if (am_ctx_cancelled(w->job->ctx))
			return am_ctx_fail_cancelled(&w->err);
		if (f->next < f->n_atts) {
			r = next_attachment(w);
			continue;
		}
		if (f->mixed)
			end(&w->out, f, 'm');
		if (f->arena)
			am_arena_free(&f->arena);
		if (--w->depth)
			am_mail_out_text(&w->out, "\r\n");
		r = w->out.status;
	}
	return r;
}

int am_mapi_to_mail(const struct am_mapi_to_mail *job,
                    const struct am_mapi_message *msg, struct am_blob **out,
                    struct am_error *err)
{
	/* Frames are cleared one by one, as they come to be used. */
	struct work *w = g_new(struct work, 1);
	struct am_limits limits = am_limits_or_default(&job->ctx->limits);

	w->job = job;
	w->n_messages = 0;
	w->err = (struct am_error){0};
	w->out = (struct am_mail_out){.err = &w->err};
	w->out.limit = 16 * msg->in->size + (1 << 20);
	w->frames[0] = (struct frame){.msg = *msg};
	w->depth = 1;
	/* Mail is composed here, not passed through: what is written to a file
	 * in between is read again at once. */
	int r = am_spool_open(&w->out.spool, 8 * limits.spool_memory,
	                      am_ctx_tmpdir(job->ctx), &w->err);
	if (!r)
		r = write_all(w);
	if (!r)
		r = am_spool_seal(&w->out.spool, out, &w->err);
	am_spool_drop(&w->out.spool);
	while (w->depth)
		if (w->frames[--w->depth].arena)
			am_arena_free(&w->frames[w->depth].arena);
	if (r && err)
		*err = w->err;
	g_free(w);
	return r;
}
