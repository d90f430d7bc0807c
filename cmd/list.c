/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark list: folders with counts, or one line a message. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/dates.h"
#include "cmd/folder_globs.h"
#include "cmd/lister.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "model/folder.h"
#include "model/source.h"
#include "store/archive.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

struct options {
	bool messages, dates, json, quiet, verbose;
	struct opt_list folders;
	const char *from;
	uint64_t jobs;
};

struct list {
	struct session *s;
	const struct options *o;
	struct am_archive *archive; /* for ids; NULL: not an archive */
	struct am_json *json;
};

static bool wanted(const struct options *o, const struct am_folder *folder)
{
	return !o->folders.n || folder_globs_fit(&o->folders, folder);
}

/* ---- messages --------------------------------------------------------------
 */

/* Ids are the archive's own; a message is found by its hash. */
static int64_t id_of(struct list *list, const struct lister_item *item)
{
	char hex[AM_SHA256_HEX];
	int64_t id = 0;

	am_hex(item->digest.raw, AM_SHA256_LEN, hex);
	if (am_archive_find_hash(list->archive, hex, &id, NULL))
		return 0;
	return id;
}

static void write_hash(struct am_json *json, const char *key,
                       const uint8_t hash[AM_SHA256_LEN])
{
	char hex[AM_SHA256_HEX];

	am_hex(hash, AM_SHA256_LEN, hex);
	out_json_text(json, key, hex);
}

/* What would be believed, and why. */
static void write_dates(const struct list *list, const struct lister_item *item)
{
	struct am_arena *arena = am_arena_new();
	struct dates d;

	if (!dates_read(&d, item->msg, item->msg->raw, &list->s->ctx.limits,
	                arena, NULL)) {
		out_json_when(list->json, "choice", &d.choice.date.when);
		out_json_text(list->json, "choice_from", d.choice.date.from);
		am_json_key(list->json, "keep");
		am_json_bool(list->json, d.choice.keep);
		out_json_text(list->json, "why", d.choice.why);
	}
	am_arena_free(&arena);
}

static void write_message(struct list *list, const struct lister_item *item)
{
	const struct am_message *msg = item->msg;
	const struct am_overview *v = &item->overview;
	struct am_json *json = list->json;

	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, msg->folder);
	if (list->archive) {
		am_json_key(json, "id");
		am_json_int(json, id_of(list, item));
	}
	out_json_text(json, "origin", msg->origin);
	am_json_key(json, "size");
	am_json_uint(json, am_blob_size(msg->raw));
	write_hash(json, "sha256", item->digest.raw);
	write_hash(json, "sha256_lf", item->digest.lf);
	out_json_text(json, "exactness", am_exactness_name(msg->exactness));
	am_json_key(json, "flags");
	out_json_flags(json, msg->flags);
	am_json_key(json, "keywords");
	out_json_words(json, msg->keywords, msg->n_keywords);
	am_json_key(json, "labels");
	out_json_words(json, msg->labels, msg->n_labels);
	out_json_when(json, "received", &msg->received);
	out_json_text(json, "received_from", msg->received_from);
	if (list->o->dates)
		write_dates(list, item);
	out_json_text(json, "message_id", v->message_id);
	out_json_text(json, "subject", v->subject);
	out_json_text(json, "from", v->from);
	out_json_when(json, "date", &v->date);
	am_json_key(json, "attachments");
	am_json_uint(json, v->n_attachments);
	am_json_close(json, '}');
	out_json_line(json);
}

static void print_field(const char *text, size_t columns)
{
	char *fitted = out_fit(text, columns);

	out_padded(fitted, columns);
	fputs("  ", stdout);
	g_free(fitted);
}

static void print_message(struct list *list, const struct lister_item *item)
{
	const struct am_message *msg = item->msg;
	const struct am_overview *v = &item->overview;
	char when[OUT_ROOM], size[OUT_ROOM];
	const struct {
		uint32_t flag;
		char letter;
	} letters[] = {{AM_FLAGGED, 'F'},
	               {AM_ANSWERED, 'R'},
	               {AM_DRAFT, 'D'},
	               {AM_DELETED, 'T'},
	               {AM_JUNK, 'J'}};
	char *folder = am_folder_print(msg->folder);

	out_when(msg->received.known ? &msg->received : &v->date, when);
	out_size(am_blob_size(msg->raw), size);
	if (list->archive)
		printf("%6" PRId64 "  ", id_of(list, item));
	printf("%s  ", when);
	putchar(msg->flags & AM_SEEN ? ' ' : 'N');
	for (size_t i = 0; i < AM_COUNT(letters); i++)
		putchar(msg->flags & letters[i].flag ? letters[i].letter : ' ');
	printf(" %10s  ", size);
	print_field(folder, 16);
	print_field(v->from, 28);
	char *subject = out_clean(v->subject, false);
	printf("%s\n", subject);
	g_free(subject);
	g_free(folder);
}

/* When it came, who says so, and whether that can be. */
static int print_dates(struct list *list, const struct lister_item *item,
                       struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	char was[OUT_ROOM], now[AM_TIME_ROOM];
	struct dates d;
	int r = dates_read(&d, item->msg, item->msg->raw, &list->s->ctx.limits,
	                   arena, err);

	if (r)
		goto out;
	out_when(&d.present.when, was);
	am_time_iso(&d.choice.date.when, now);
	if (list->archive)
		printf("%6" PRId64 "  ", id_of(list, item));
	printf("%s  ", was);
	print_field(d.present.from ? d.present.from : "nothing", 20);
	if (d.choice.keep)
		printf("%s\n", d.choice.why);
	else
		printf("-> %s %s: %s\n", *now ? now : "none",
		       d.choice.date.from ? d.choice.date.from : "",
		       d.choice.why);
out:
	am_arena_free(&arena);
	return r;
}

static int each_message(void *user, const struct lister_item *item,
                        struct am_error *err)
{
	struct list *list = user;

	if (!wanted(list->o, item->folder) || !item->msg)
		return AM_OK;
	session_before_output(list->s);
	if (list->o->dates && !list->o->json)
		return print_dates(list, item, err);
	if (list->o->json)
		write_message(list, item);
	else
		print_message(list, item);
	return AM_OK;
}

static int list_messages(struct list *list, const struct am_place *place)
{
	const struct lister lister = {
		.each = each_message,
		.user = list,
		.overview = true,
		.jobs = (unsigned)list->o->jobs,
		.phase = "listing",
	};

	return lister_run(list->s, place, &lister);
}

/* ---- folders ----------------------------------------------------------------
 */

struct count {
	const struct am_folder *folder;
	uint64_t messages, unseen, bytes;
	bool about; /* bytes are what the source says, not those of a mail */
};

static guint hash_folder(gconstpointer folder)
{
	return (guint)am_folder_hash(folder);
}

static gboolean equal_folders(gconstpointer a, gconstpointer b)
{
	return am_folder_equal(a, b);
}

static void free_count(gpointer data)
{
	struct count *c = data;

	am_folder_unref(&c->folder);
	g_free(c);
}

static struct count *count_of(GPtrArray *counts, GHashTable *by_folder,
                              const struct am_folder *folder)
{
	struct count *c = g_hash_table_lookup(by_folder, folder);

	if (c)
		return c;
	c = g_new0(struct count, 1);
	c->folder = am_folder_ref(folder);
	g_ptr_array_add(counts, c);
	g_hash_table_insert(by_folder, (gpointer)c->folder, c);
	return c;
}

static int add_folder(void *user, int64_t id, const struct am_folder *folder,
                      uint64_t messages, uint64_t unseen, uint64_t bytes,
                      struct am_error *err)
{
	struct count *c = g_new0(struct count, 1);

	(void)id;
	(void)err;
	*c = (struct count){am_folder_ref(folder), messages, unseen, bytes,
	                    false};
	g_ptr_array_add(user, c);
	return AM_OK;
}

/* One item of the source counted. */
static void count_item(GPtrArray *counts, GHashTable *by_folder,
                       const struct am_item *item)
{
	const struct am_message *msg = item->message;
	const struct am_folder *folder =
		msg && msg->folder ? msg->folder : item->folder;

	if (!folder)
		return;
	struct count *c = count_of(counts, by_folder, folder);
	if (!msg)
		return;
	c->messages++;
	c->unseen += !(msg->flags & AM_SEEN);
	if (msg->raw)
		c->bytes += am_blob_size(msg->raw);
	else if (msg->size != AM_SIZE_UNKNOWN)
		c->bytes += msg->size;
	else if (msg->size_about) {
		c->bytes += msg->size_about;
		c->about = true;
	}
}

/* Whether it was read may stand in the file alone.  One that is damaged is
 * there all the same. */
static void load_flags(struct session *s, struct am_source *src,
                       struct am_message *msg)
{
	struct am_error err = {0};

	if (!msg->raw && msg->flags_at_load && am_source_load(src, msg, &err))
		am_ctx_note_error(&s->ctx, "source.failed", msg->folder,
		                  msg->origin, &err);
}

/* Walk the source without loading a byte that next() does not, nor flags need.
 */
static int count_folders(struct list *list, const struct am_place *place,
                         GPtrArray *counts)
{
	GHashTable *by_folder = g_hash_table_new(hash_folder, equal_folders);
	struct session *s = list->s;
	struct am_source *src = NULL;
	struct am_error err = {0};

	int r = am_place_open_source(place, &src, &s->ctx, &err);
	while (!r || r == AM_FAILED) {
		struct am_item item;
		if (!src)
			break;
		r = am_source_next(src, &item, &err);
		if (r == AM_FAILED)
			am_ctx_note_error(&s->ctx, "source.failed", item.folder,
			                  item.origin, &err);
		if (!r && item.message)
			load_flags(s, src, item.message);
		if (!r)
			count_item(counts, by_folder, &item);
		if (!r)
			am_message_free(&item.message);
	}
	am_source_close(&src);
	g_hash_table_unref(by_folder);
	if (r == AM_END)
		return AM_OK;
	session_error(s, s->subject, &err);
	return AM_FATAL;
}

static void write_folder(struct list *list, const struct count *c)
{
	struct am_json *json = list->json;

	am_json_open(json, '{');
	am_json_key(json, "folder");
	out_json_folder(json, c->folder);
	out_json_text(json, "role", am_role_name(c->folder->role));
	am_json_key(json, "messages");
	am_json_uint(json, c->messages);
	am_json_key(json, "unseen");
	am_json_uint(json, c->unseen);
	am_json_key(json, "bytes");
	am_json_uint(json, c->bytes);
	if (c->about) {
		am_json_key(json, "bytes_about");
		am_json_bool(json, true);
	}
	am_json_close(json, '}');
	out_json_line(json);
}

static void print_row(const char *name, const struct count *c)
{
	char n[OUT_ROOM], unseen[OUT_ROOM], size[OUT_ROOM + 1];

	out_count(c->messages, n);
	out_count(c->unseen, unseen);
	*size = '~';
	out_size(c->bytes, size + c->about);
	printf("%10s %10s %12s  %s\n", n, unseen, size, name);
}

static void print_folders(struct list *list, const GPtrArray *counts)
{
	struct count sum = {0};
	guint shown = 0;

	printf("%10s %10s %12s  %s\n", "messages", "unseen", "size", "folder");
	for (guint i = 0; i < counts->len; i++) {
		const struct count *c = g_ptr_array_index(counts, i);
		if (!wanted(list->o, c->folder))
			continue;
		char *name = am_folder_print(c->folder);
		char *clean = out_clean(*name ? name : "(top)", false);
		print_row(clean, c);
		g_free(clean);
		g_free(name);
		sum.messages += c->messages;
		sum.unseen += c->unseen;
		sum.bytes += c->bytes;
		sum.about |= c->about;
		shown++;
	}
	if (shown != 1)
		print_row("in all", &sum);
}

static int list_folders(struct list *list, const struct am_place *place)
{
	GPtrArray *counts = g_ptr_array_new_with_free_func(free_count);
	struct am_error err = {0};
	int r;

	if (list->archive) {
		r = am_archive_folders(list->archive, add_folder, counts, &err);
		if (r)
			session_error(list->s, list->s->subject, &err);
	} else {
		r = count_folders(list, place, counts);
	}
	if (!list->o->json) {
		/* After an error that let nothing be seen, its line is all. */
		if (!r || counts->len)
			print_folders(list, counts);
	} else {
		for (guint i = 0; i < counts->len; i++) {
			const struct count *c = g_ptr_array_index(counts, i);
			if (wanted(list->o, c->folder))
				write_folder(list, c);
		}
	}
	g_ptr_array_unref(counts);
	return r;
}

/* ---- the command
 * ---------------------------------------------------------------- */

static int list_one(struct list *list, const char *name)
{
	struct session *s = list->s;
	struct am_error err = {0};
	int r = AM_OK;

	struct am_place *place = session_place(s, name, list->o->from, false);
	if (!place)
		return AM_FATAL;
	s->subject = name;
	if (am_place_format(place) == &am_format_archive)
		r = am_archive_open(&list->archive,
		                    am_place_location(place)->path, false,
		                    &s->ctx, &err);
	if (r)
		session_error(s, name, &err);
	else if (list->o->messages || list->o->dates)
		r = list_messages(list, place);
	else
		r = list_folders(list, place);
	am_archive_close(&list->archive);
	am_place_free(&place);
	return r;
}

static int run(struct session *s, void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct list list = {.s = s, .o = o};
	int status = EXIT_DONE;

	session_voice(s, o->quiet, o->verbose);
	if (!argc)
		return session_usage(s, "a location is needed");
	list.json = am_json_new();
	for (int i = 0; i < argc; i++) {
		if (argc > 1 && !o->json)
			printf("%s%s:\n", i ? "\n" : "", argv[i]);
		if (list_one(&list, argv[i]))
			status = EXIT_COULD_NOT;
		fflush(stdout);
	}
	am_json_free(&list.json);
	if (!status)
		folder_globs_tell(s, &o->folders);
	session_sum_up(s);
	if (!status && s->n_errors)
		status = EXIT_SOME_FAILED;
	return status;
}

static const struct opt table[] = {
	{'m', "messages", NULL, "one line a message", OPT_SWITCH,
         offsetof(struct options, messages)},
	{0, "dates", NULL,
         "a line a message: when it came, who says so, and whether it can be",
         OPT_SWITCH, offsetof(struct options, dates)},
	{0, "json", NULL, "one JSON object a line", OPT_SWITCH,
         offsetof(struct options, json)},
	{0, "from", "FORMAT", "what the locations are, and its options",
         OPT_STRING, offsetof(struct options, from)},
	{0, "folder", "GLOB", "only these folders", OPT_MANY,
         offsetof(struct options, folders)},
	OPT_JOBS,
	OPT_QUIET,
	OPT_VERBOSE,
	{0},
};

const struct cmd cmd_list = {
	.name = "list",
	.usage = "[options] LOCATION…",
	.summary = "Show the folders of mail anywhere, or its messages",
	.examples = "  mailark list mail.mailark\n"
		    "  mailark list --messages ~/Maildir\n"
		    "  mailark list --messages --json old.mbox | jq .subject\n",
	.options = table,
	.options_size = sizeof(struct options),
	.run = run,
};
