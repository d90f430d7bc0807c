/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/name_template.h"

#include <glib.h>

#include <string.h>

#define MAX_TEMPLATE 1024

enum field {
	FIELD_TEXT, /* no field: what stands between them */
	FIELD_DATE,
	FIELD_RECEIVED,
	FIELD_FROM,
	FIELD_TO,
	FIELD_SUBJECT,
	FIELD_MESSAGE_ID,
	FIELD_FOLDER,
	FIELD_STEM,
	FIELD_ENDING,
	FIELD_ID8,
	FIELD_N,
	FIELD_SIZE
};

static const struct {
	const char *name;
	enum field field;
} names[] = {
	{"date", FIELD_DATE},
	{"received", FIELD_RECEIVED},
	{"from", FIELD_FROM},
	{"to", FIELD_TO},
	{"subject", FIELD_SUBJECT},
	{"message-id", FIELD_MESSAGE_ID},
	{"folder", FIELD_FOLDER},
	{"id8", FIELD_ID8},
	{"n", FIELD_N},
	{"size", FIELD_SIZE},
	/* Of attached files alone: */
	{"stem", FIELD_STEM},
	{"ending", FIELD_ENDING},
};

struct piece {
	enum field field;
	char *text;       /* of FIELD_TEXT, or the format of a date */
	size_t max_chars; /* 0: no limit */
};

struct am_name_template {
	GArray *pieces;
};

static void piece_clear(void *user)
{
	g_free(((struct piece *)user)->text);
}

static int bad(struct am_error *err, const char *what, const char *where)
{
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "name template: %s at \"%.40s\"", what, where);
}

static bool is_date(enum field f)
{
	return f == FIELD_DATE || f == FIELD_RECEIVED;
}

/* What follows the colon of "{field:…}". */
static int read_argument(struct piece *p, const char *arg, struct am_error *err)
{
	char *end;
	guint64 n;

	if (strchr(arg, '%')) {
		if (!is_date(p->field))
			return bad(err, "a date format without a date", arg);
		for (const char *at = arg; (at = strchr(at, '%')); at += 2)
			if (!at[1] || !strchr("YmdHMSyjFs%", at[1]))
				return bad(err, "unknown date letter", at);
		p->text = g_strdup(arg);
		return AM_OK;
	}
	n = g_ascii_strtoull(arg, &end, 10);
	if (!g_ascii_isdigit(*arg) || *end || n < 1 || n > AM_SAFE_MAX)
		return bad(err, "a number from 1 to 240 is meant", arg);
	p->max_chars = (size_t)n;
	return AM_OK;
}

static bool of_file(enum field f)
{
	return f == FIELD_STEM || f == FIELD_ENDING;
}

/* at: behind the brace; *end: on the closing one. */
static int read_field(struct piece *p, const char *at, const char **end,
                      bool files, struct am_error *err)
{
	char *name, *colon;
	int r = AM_OK;

	if (!strchr(at, '}')) {
		*end = at;
		return bad(err, "no closing brace", at);
	}
	*end = strchr(at, '}');
	name = g_strndup(at, (size_t)(*end - at));
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!strcmp(names[i].name, name) &&
		    (files || !of_file(names[i].field)))
			p->field = names[i].field;
	if (p->field == FIELD_TEXT)
		r = bad(err, "unknown field", name);
	else if (colon)
		r = read_argument(p, colon + 1, err);
	g_free(name);
	return r;
}

static void add_text(GArray *pieces, GString *text)
{
	struct piece p = {.field = FIELD_TEXT};

	if (!text->len)
		return;
	p.text = g_strdup(text->str);
	g_string_truncate(text, 0);
	g_array_append_val(pieces, p);
}

static int parse(struct am_name_template **out, const char *text, bool files,
                 struct am_error *err)
{
	struct am_name_template *t = g_new0(struct am_name_template, 1);
	GString *plain = g_string_new(NULL);
	int r = AM_OK;

	t->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	g_array_set_clear_func(t->pieces, piece_clear);
	if (!*text || strlen(text) > MAX_TEMPLATE ||
	    !g_utf8_validate(text, -1, NULL))
		r = bad(err, "1 to 1024 bytes of UTF-8 are meant", "");
	if (!r && strchr(text, '/'))
		r = bad(err, "a name, not a path: no '/'", strchr(text, '/'));
	for (const char *at = text, *end; !r && *at; at++) {
		struct piece p = {.field = FIELD_TEXT};

		if ((*at == '{' || *at == '}') && at[1] == *at) {
			g_string_append_c(plain, *at++);
		} else if (*at == '}') {
			r = bad(err, "no opening brace", at);
		} else if (*at != '{') {
			g_string_append_c(plain, *at);
		} else {
			add_text(t->pieces, plain);
			r = read_field(&p, at + 1, &end, files, err);
			at = end;
			if (r)
				g_free(p.text);
			else
				g_array_append_val(t->pieces, p);
		}
	}
	add_text(t->pieces, plain);
	g_string_free(plain, TRUE);
	if (r)
		am_name_template_free(&t);
	else
		*out = t;
	return r;
}

int am_name_template_parse(struct am_name_template **out, const char *text,
                           struct am_error *err)
{
	return parse(out, text, false, err);
}

int am_name_template_parse_file(struct am_name_template **out, const char *text,
                                struct am_error *err)
{
	return parse(out, text, true, err);
}

void am_name_template_free(struct am_name_template **t)
{
	if (!*t)
		return;
	g_array_free((*t)->pieces, TRUE);
	g_free(*t);
	*t = NULL;
}

static void append_date_letter(GString *out, char letter, const int civil[6],
                               int64_t sec)
{
	static const int place[] = {['Y'] = 0, ['m'] = 1, ['d'] = 2,
	                            ['H'] = 3, ['M'] = 4, ['S'] = 5};
	int64_t day;

	switch (letter) {
	case 'Y':
		g_string_append_printf(out, "%04d", civil[0]);
		break;
	case 'y':
		g_string_append_printf(out, "%02d", ABS(civil[0]) % 100);
		break;
	case 'F':
		g_string_append_printf(out, "%04d-%02d-%02d", civil[0],
		                       civil[1], civil[2]);
		break;
	case 'j':
		day = sec - am_time_from_civil(civil[0], 1, 1, 0, 0, 0);
		g_string_append_printf(out, "%03d", (int)(day / 86400) + 1);
		break;
	case 's':
		g_string_append_printf(out, "%" PRId64, sec);
		break;
	case '%':
		g_string_append_c(out, '%');
		break;
	default:
		g_string_append_printf(out, "%02d",
		                       civil[place[(uint8_t)letter]]);
	}
}

static char *date_text(const struct am_when *when, const char *format)
{
	GString *out;
	int c[6];

	if (!when->known)
		return g_strdup("undated");
	out = g_string_new(NULL);
	am_time_civil(when->sec, &c[0], &c[1], &c[2], &c[3], &c[4], &c[5]);
	for (const char *at = format; *at; at++) {
		if (*at == '%')
			append_date_letter(out, *++at, c, when->sec);
		else
			g_string_append_c(out, *at);
	}
	return g_string_free(out, FALSE);
}

/* "Ann <ann@a.example>, …" and "ann@a.example (Ann)" to "ann@a.example"; else
 * the text up to a comma. */
static char *address_text(const char *value)
{
	const char *open = value ? strchr(value, '<') : NULL;
	const char *close = open ? strchr(open, '>') : NULL;
	const char *comma = value ? strchr(value, ',') : NULL;
	size_t word;

	if (!value || !*value)
		return g_strdup("unknown");
	if (close && close > open + 1)
		return g_strndup(open + 1, (size_t)(close - open - 1));
	word = strcspn(value, " \t,(");
	if (memchr(value, '@', word))
		return g_strndup(value, word);
	return comma && comma > value
	               ? g_strndup(value, (size_t)(comma - value))
	               : g_strdup(value);
}

static char *value_of(const struct piece *p, const struct am_name_fields *f)
{
	const char *format = p->text ? p->text : "%Y%m%d-%H%M%S";
	const struct am_when *date = f->date.known ? &f->date : &f->received;

	switch (p->field) {
	case FIELD_TEXT:
		return g_strdup(p->text);
	case FIELD_DATE:
		return date_text(date, format);
	case FIELD_RECEIVED:
		return date_text(f->received.known ? &f->received : date,
		                 format);
	case FIELD_FROM:
		return address_text(f->from);
	case FIELD_TO:
		return address_text(f->to);
	case FIELD_SUBJECT:
		return g_strdup(f->subject && *f->subject ? f->subject
		                                          : "no subject");
	case FIELD_MESSAGE_ID:
		return g_strdup(f->message_id && *f->message_id ? f->message_id
		                                                : "no id");
	case FIELD_FOLDER:
		return g_strdup(f->folder ? f->folder : "");
	case FIELD_STEM:
		return g_strdup(f->stem && *f->stem ? f->stem : "attachment");
	case FIELD_ENDING:
		return g_strdup(f->ending ? f->ending : "");
	case FIELD_ID8:
		return g_strdup(f->id8 ? f->id8 : "");
	case FIELD_N:
		return g_strdup_printf("%06" PRIu64, f->n);
	case FIELD_SIZE:
		return g_strdup_printf("%" PRIu64, f->size);
	}
	return g_strdup("");
}

static bool shrinkable(enum field f)
{
	return f >= FIELD_FROM && f <= FIELD_STEM;
}

/* Take from the longest text what is too much, until it fits or no text has
 * anything left. */
static void shrink(const GArray *pieces, char **values, size_t max_bytes)
{
	for (;;) {
		size_t total = 0, longest = 0, which = 0;

		for (guint i = 0; i < pieces->len; i++) {
			struct piece *p =
				&g_array_index(pieces, struct piece, i);
			size_t len = strlen(values[i]);

			total += len;
			if (shrinkable(p->field) && len > longest) {
				longest = len;
				which = i;
			}
		}
		if (total <= max_bytes || !longest)
			return;
		/* Halving at most, so that two long texts share the pain. */
		size_t target =
			longest - MIN(total - max_bytes, (longest + 1) / 2);

		values[which][am_safe_name_cut(values[which], target,
		                               SIZE_MAX)] = '\0';
	}
}

char *am_name_template_make(const struct am_name_template *t,
                            const struct am_name_fields *fields,
                            enum am_safe_profile profile, size_t max_bytes)
{
	char **values = g_new0(char *, t->pieces->len + 1);
	char *joined, *name;

	for (guint i = 0; i < t->pieces->len; i++) {
		struct piece *p = &g_array_index(t->pieces, struct piece, i);
		char *value = value_of(p, fields);

		values[i] = am_safe_name_chars(value, profile);
		g_free(value);
		if (p->max_chars)
			values[i][am_safe_name_cut(values[i], SIZE_MAX,
			                           p->max_chars)] = '\0';
		if (shrinkable(p->field))
			g_strstrip(values[i]);
	}
	/* One byte is kept back for the '_' before a reserved name. */
	shrink(t->pieces, values, max_bytes - 1);
	joined = g_strjoinv(NULL, values);
	name = am_safe_name(joined, profile, max_bytes);
	g_free(joined);
	g_strfreev(values);
	return name;
}
