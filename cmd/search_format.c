/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --format: "{date} {from:30} {subject}\t{id}". */
#include "cmd/search_impl.h"

#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "model/folder.h"
#include "model/message.h"
#include "store/archive.h"

#include <stdio.h>
#include <string.h>

struct hit {
	const struct search *q;
	const struct found *f;
	struct am_archive_message m;
};

/* What stands for a field in the line; g_free(). */
typedef char *value_fn(const struct hit *h);

static char *value_id(const struct hit *h)
{
	return g_strdup_printf("%" PRId64, h->f->id);
}

static char *value_archive(const struct hit *h)
{
	return g_strdup(h->f->in->in.name);
}

static char *value_date(const struct hit *h)
{
	char when[OUT_ROOM];

	out_when(&h->m.date, when);
	return g_strdup(g_strstrip(when));
}

static char *value_iso(const struct hit *h)
{
	char iso[AM_TIME_ROOM];

	am_time_iso(&h->m.date, iso);
	return g_strdup(iso);
}

static char *value_from(const struct hit *h)
{
	return g_strdup(h->m.from);
}

static char *value_to(const struct hit *h)
{
	return g_strdup(h->m.to);
}

static char *value_cc(const struct hit *h)
{
	return g_strdup(h->m.cc);
}

static char *value_subject(const struct hit *h)
{
	return g_strdup(h->m.subject);
}

static char *value_message_id(const struct hit *h)
{
	return g_strdup(h->m.message_id);
}

static char *value_thread(const struct hit *h)
{
	return g_strdup(h->m.thread);
}

static char *value_size(const struct hit *h)
{
	return g_strdup_printf("%" PRIu64, h->m.size);
}

static char *value_attachments(const struct hit *h)
{
	return g_strdup_printf("%" PRIu32, h->m.n_attachments);
}

static char *value_score(const struct hit *h)
{
	return g_strdup_printf("%.2f", h->f->score);
}

static char *value_copies(const struct hit *h)
{
	return g_strdup_printf("%" PRIu32, h->f->copies);
}

static char *value_sha256(const struct hit *h)
{
	char hex[AM_SHA256_HEX];

	am_hex(h->m.hash, AM_SHA256_LEN, hex);
	return g_strdup(hex);
}

static char *value_snippet(const struct hit *h)
{
	char *text =
		g_strdup(h->f->matched.snippet ? h->f->matched.snippet : "");
	GString *s = g_string_new(text);

	g_string_replace(s, MARK_ON, "", 0);
	g_string_replace(s, MARK_OFF, "", 0);
	g_free(text);
	return g_string_free(s, FALSE);
}

static char *value_matched(const struct hit *h)
{
	GString *s = g_string_new(NULL);

	for (int i = 0; i < AM_REGION_COUNT; i++)
		if (h->f->matched.regions & AM_REGION_BIT(i))
			g_string_append_printf(
				s, "%s%s", s->len ? "," : "",
				am_region_name((enum am_region)i));
	return g_string_free(s, FALSE);
}

struct places {
	GString *folders;
	uint32_t flags;
};

static int on_place(void *user, const struct am_archive_placement *p,
                    struct am_error *err)
{
	struct places *places = user;

	(void)err;
	if (p->gone)
		return AM_OK;
	char *name = am_folder_print(p->folder);
	g_string_append_printf(places->folders, "%s%s",
	                       places->folders->len ? ", " : "", name);
	places->flags |= p->meta->flags;
	g_free(name);
	return AM_OK;
}

static char *value_folder(const struct hit *h)
{
	struct places places = {g_string_new(NULL), 0};

	if (am_archive_placements(h->f->in->in.archive, h->f->id, on_place,
	                          &places, NULL))
		g_string_truncate(places.folders, 0);
	return g_string_free(places.folders, FALSE);
}

static char *value_flags(const struct hit *h)
{
	struct places places = {g_string_new(NULL), 0};
	GString *s = g_string_new(NULL);

	if (am_archive_placements(h->f->in->in.archive, h->f->id, on_place,
	                          &places, NULL))
		places.flags = 0;
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (places.flags & (1u << i))
			g_string_append_printf(
				s, "%s%s", s->len ? "," : "",
				am_flag_name((enum am_flag)(1u << i)));
	g_string_free(places.folders, TRUE);
	return g_string_free(s, FALSE);
}

static const struct {
	const char *name;
	value_fn *value;
} fields[] = {{"archive", value_archive},
              {"attachments", value_attachments},
              {"cc", value_cc},
              {"copies", value_copies},
              {"date", value_date},
              {"flags", value_flags},
              {"folder", value_folder},
              {"from", value_from},
              {"id", value_id},
              {"iso", value_iso},
              {"matched", value_matched},
              {"message-id", value_message_id},
              {"score", value_score},
              {"sha256", value_sha256},
              {"size", value_size},
              {"snippet", value_snippet},
              {"subject", value_subject},
              {"thread", value_thread},
              {"to", value_to}};

/* "{name}" or "{name:20}" at p, which is behind the brace. */
struct field {
	size_t number;  /* in fields */
	size_t columns; /* 0: as long as it is */
	const char *end;
};

static bool parse_field(const char *p, struct field *out)
{
	const char *close = strchr(p, '}');
	char *end = NULL;

	if (!close)
		return false;
	const char *colon = memchr(p, ':', (size_t)(close - p));
	size_t len = (size_t)((colon ? colon : close) - p);
	*out = (struct field){.end = close + 1};
	while (out->number < AM_COUNT(fields) &&
	       (strlen(fields[out->number].name) != len ||
	        g_ascii_strncasecmp(fields[out->number].name, p, len) != 0))
		out->number++;
	if (!colon)
		return out->number < AM_COUNT(fields);
	out->columns = (size_t)g_ascii_strtoull(colon + 1, &end, 10);
	return out->number < AM_COUNT(fields) && end == close && out->columns &&
	       out->columns <= 1000;
}

static bool is_format(const char *p)
{
	while (*p) {
		struct field f;
		if (*p == '{' && p[1] != '{') {
			if (!parse_field(p + 1, &f))
				return false;
			p = f.end;
		} else {
			p += *p == '{' || (*p == '\\' && p[1]) ? 2 : 1;
		}
	}
	return true;
}

int search_format_check(const struct search *q)
{
	if (!q->o->format || is_format(q->o->format))
		return EXIT_DONE;
	GString *names = g_string_new(NULL);
	for (size_t i = 0; i < AM_COUNT(fields); i++)
		g_string_append_printf(names, " {%s}", fields[i].name);
	session_usage(q->s,
	              "--format \"%s\": fields are%s, with a width as in "
	              "{from:30}; {{ is a brace",
	              q->o->format, names->str);
	g_string_free(names, TRUE);
	return EXIT_COULD_NOT;
}

static void print_value(const char *value, size_t columns)
{
	char *clean =
		columns ? out_fit(value, columns) : out_clean(value, false);

	if (columns)
		out_padded(clean, columns);
	else
		fputs(clean, stdout);
	g_free(clean);
}

static char escaped(char c)
{
	static const char from[] = "ntr0\\", to[] = "\n\t\r\0\\";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : c;
}

void search_format_line(const char *format, search_value_fn *value, void *user)
{
	for (const char *p = format; *p; p++) {
		struct field field;
		if (*p == '\\' && p[1]) {
			putchar(escaped(*++p));
		} else if (*p == '{' && p[1] == '{') {
			putchar(*p++);
		} else if (*p == '{' && parse_field(p + 1, &field)) {
			char *text = value(user, fields[field.number].name);
			print_value(text ? text : "", field.columns);
			g_free(text);
			p = field.end - 1;
		} else {
			putchar(*p);
		}
	}
	putchar('\n');
}

bool search_format_asks(const char *format, const char *name)
{
	for (const char *p = format; *p; p++) {
		struct field field;
		if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == '{' && p[1] == '{') {
			p++;
		} else if (*p == '{' && parse_field(p + 1, &field)) {
			if (!strcmp(fields[field.number].name, name))
				return true;
			p = field.end - 1;
		}
	}
	return false;
}

/* Another question to the archive ends its strings: it is asked for each
 * field. */
static char *value_of(void *user, const char *name)
{
	struct hit *h = user;
	size_t i = 0;

	if (am_archive_message(h->f->in->in.archive, h->f->id, &h->m, NULL))
		return NULL;
	while (strcmp(fields[i].name, name) != 0)
		i++;
	return fields[i].value(h);
}

void search_format_print(const struct search *q, const struct found *f)
{
	struct hit h = {.q = q, .f = f};

	search_format_line(q->o->format, value_of, &h);
}
