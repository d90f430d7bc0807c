/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accessions: who brought what into the archive, and how it ended.  The source
 * stands first, so that an earlier accession of it is known by its beginning.
 */
#include "store/accession.h"

#include "base/json.h"

#include <glib.h>

#include <string.h>

static char *take_text(struct am_json **json)
{
	char *text = g_strdup(am_json_text(*json, NULL));

	am_json_free(json);
	return text;
}

static void put_when(struct am_json *json, const char *key, int64_t sec)
{
	struct am_when when = {.sec = sec, .known = true};
	char text[AM_TIME_ROOM];

	am_time_iso(&when, text);
	am_json_key(json, key);
	am_json_string(json, text);
}

static void put_text(struct am_json *json, const char *key, const char *text)
{
	am_json_key(json, key);
	am_json_string(json, text);
}

char *am_accession_prefix(const char *source)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	put_text(json, "source", source ? source : "");
	am_json_close(json, '}');
	char *text = take_text(&json);
	/* Up to the end of the string. */
	char *end = strrchr(text, '}');
	if (end)
		*end = '\0';
	return text;
}

bool am_accession_is_of(const char *json, const char *prefix)
{
	size_t len = strlen(prefix);

	/* Not a longer string: the next character is the comma. */
	return !strncmp(json, prefix, len) && json[len] == ',';
}

char *am_accession_begun(const struct am_job_info *info)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	put_text(json, "source", info->source ? info->source : "");
	if (info->identity)
		put_text(json, "identity", info->identity);
	put_text(json, "format", info->format);
	char *who =
		g_strdup_printf("%s@%s", g_get_user_name(), g_get_host_name());
	put_text(json, "who", who);
	g_free(who);
	put_when(json, "started", info->started);
	put_text(json, "program", info->program);
	put_text(json, "command", info->command);
	am_json_close(json, '}');
	return take_text(&json);
}

/*
 * A quote inside a string is escaped, so this cannot be found inside one.  An
 * identity is made of URL characters: nothing in it is escaped.
 */
char *am_accession_identity(const char *json)
{
	static const char key[] = "\"identity\":\"";
	const char *at = json ? strstr(json, key) : NULL;

	if (!at)
		return NULL;
	at += strlen(key);
	return g_strndup(at, strcspn(at, "\""));
}

static void put_count(struct am_json *json, const char *key, uint64_t n)
{
	am_json_key(json, key);
	am_json_uint(json, n);
}

char *am_accession_ended(const struct am_ledger *ledger)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	put_when(json, "ended", am_time_now());
	put_count(json, "found", ledger->found);
	put_count(json, "stored", ledger->stored);
	put_count(json, "duplicates", ledger->duplicates);
	put_count(json, "filtered", ledger->filtered);
	put_count(json, "failed", ledger->failed);
	put_count(json, "bytes", ledger->bytes);
	put_count(json, "folders", ledger->folders);
	am_json_close(json, '}');
	return take_text(&json);
}
