/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/log.h"

#include "base/json.h"
#include "base/time.h"
#include "serve/server.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>

struct serve_log {
	GMutex lock;
	char *path; /* NULL: standard error */
	FILE *file;
};

static int open_file(FILE **out, const char *path, struct am_error *err)
{
	*out = path ? fopen(path, "ae") : stderr;
	return *out ? AM_OK : am_fail_sys(err, AM_FAILED, "%s", path);
}

int serve_log_open(struct serve_log **out, const char *path,
                   struct am_error *err)
{
	struct serve_log *log = g_new0(struct serve_log, 1);

	log->path = strcmp(path, "-") != 0 ? g_strdup(path) : NULL;
	int r = open_file(&log->file, log->path, err);
	if (r) {
		g_free(log->path);
		g_free(log);
		return r;
	}
	g_mutex_init(&log->lock);
	*out = log;
	return AM_OK;
}

void serve_log_close(struct serve_log **log)
{
	struct serve_log *l = *log;

	*log = NULL;
	if (!l)
		return;
	if (l->path)
		(void)fclose(l->file);
	g_mutex_clear(&l->lock);
	g_free(l->path);
	g_free(l);
}

int serve_log_reopen(struct serve_log *log, struct am_error *err)
{
	FILE *file;

	if (!log->path)
		return AM_OK;
	int r = open_file(&file, log->path, err);
	if (r)
		return r;
	g_mutex_lock(&log->lock);
	(void)fclose(log->file);
	log->file = file;
	g_mutex_unlock(&log->lock);
	return AM_OK;
}

static void put(struct am_json *json, const char *key, const char *text)
{
	if (!text)
		return;
	am_json_key(json, key);
	am_json_string(json, text);
}

void serve_log_event(void *user, const struct am_server_event *e)
{
	struct serve_log *log = user;
	struct am_when now = {.sec = am_time_now(), .known = true};
	struct am_json *json = am_json_new();
	char when[AM_TIME_ROOM];
	size_t len;

	am_time_iso(&now, when);
	am_json_open(json, '{');
	put(json, "time", when);
	put(json, "event", e->event);
	if (e->connection) {
		am_json_key(json, "connection");
		am_json_uint(json, e->connection);
	}
	put(json, "protocol", e->protocol);
	put(json, "peer", e->peer);
	put(json, "user", e->user);
	put(json, "why", e->why);
	if (!strcmp(e->event, "gone")) {
		am_json_key(json, "seconds");
		am_json_int(json, e->seconds);
	}
	am_json_close(json, '}');
	const char *text = am_json_text(json, &len);
	g_mutex_lock(&log->lock);
	(void)fwrite(text, 1, len, log->file);
	(void)fputc('\n', log->file);
	(void)fflush(log->file);
	g_mutex_unlock(&log->lock);
	am_json_free(&json);
}

void serve_log_note(struct serve_log *log, const char *event)
{
	const struct am_server_event e = {.event = event};

	if (log)
		serve_log_event(log, &e);
}
