/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of a copy: the line it ends with, and the report in JSON. */
#include "cmd/copy_impl.h"

#include "base/file.h"
#include "base/json.h"
#include "cmd/out.h"
#include "cmd/session.h"

#include <glib.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

void copy_print_ledger(const struct copy *c, const char *name,
                       const struct am_ledger *l, double seconds)
{
	char found[OUT_ROOM], stored[OUT_ROOM], dup[OUT_ROOM], filt[OUT_ROOM];
	char failed[OUT_ROOM], size[OUT_ROOM], took[OUT_ROOM];

	/* Of looking again only what came of it is worth a line. */
	if (c->o->quiet ||
	    (c->again && !c->o->verbose && !l->stored && !l->failed))
		return;
	session_before_output(c->s);
	out_count(l->found, found);
	out_count(l->stored, stored);
	out_count(l->duplicates, dup);
	out_count(l->filtered, filt);
	out_count(l->failed, failed);
	out_size(l->bytes, size);
	out_duration(seconds, took);
	printf("%s%s%sfound %s = stored %s + duplicates %s + filtered %s + "
	       "failed %s, %s in %s\n",
	       c->o->dry_run ? "dry run: " : "", name ? name : "",
	       name ? ": " : "", found, stored, dup, filt, failed, size, took);
	if (l->incomplete) {
		out_count(l->incomplete, found);
		printf("%s%s%s %s with parts missing, told above\n",
		       name ? name : "", name ? ": " : "", found,
		       l->incomplete > 1 ? "messages" : "message");
	}
	fflush(stdout);
}

int copy_write_report(struct copy *c, struct am_error *err)
{
	struct am_json *json = am_json_new();
	char *source = g_strjoinv(" ", c->names);
	GString *text = g_string_new(NULL);
	size_t len;

	am_json_open(json, '{');
	am_report_json_members(c->total, json, source, c->target_name,
	                       c->started, am_time_now());
	out_json_text(json, "error", c->broke);
	am_json_close(json, '}');
	const char *whole = am_json_text(json, &len);
	g_string_append_len(text, whole, (gssize)len);
	if (c->n_sources > 1) {
		/* The single reports are a finished array: hang it in. */
		size_t n;
		const char *each = am_json_text(c->json, &n);
		g_string_truncate(text, text->len - 1);
		g_string_append(text, ",\"sources\":");
		g_string_append_len(text, each, (gssize)n);
		g_string_append_c(text, '}');
	}
	g_string_append_c(text, '\n');
	int r = am_file_replace(c->o->report, text->str, text->len, err);
	g_string_free(text, TRUE);
	g_free(source);
	am_json_free(&json);
	return r ? am_wrap(err, r, "%s", c->o->report) : AM_OK;
}

int copy_check_report(const char *path, struct am_error *err)
{
	char *dir = g_path_get_dirname(path);
	int r = AM_OK;

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: is a folder",
		            path);
	else if (access(dir, W_OK | X_OK)) {
		int why = errno;
		if (access(path, W_OK)) {
			errno = why;
			r = am_fail_sys(err, AM_FAILED, "%s", path);
		}
	}
	g_free(dir);
	return r;
}
