/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/settings.h"

#include "formats/mbox/deliver.h"
#include "formats/mbox/source.h"

#include <glib.h>

#include <string.h>

/* "1234:5678"; every offset but the last ends with ':', ';', '+' or blank. */
static int read_offsets(uint64_t **out, size_t *n,
                        const struct am_location *where, const char *key,
                        struct am_error *err)
{
	const char *s = am_location_option(where, am_mbox_options, key);
	GArray *offsets = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = AM_OK;

	while (s && *s && !r) {
		char *end;
		uint64_t at = g_ascii_strtoull(s, &end, 10);
		if (end == s || (*end && !strchr(":;+ ", *end)))
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "%s: no byte offset: %s", key, s);
		g_array_append_val(offsets, at);
		s = *end ? end + 1 : end;
	}
	*n = offsets->len;
	*out = (uint64_t *)(void *)g_array_free(offsets, FALSE);
	return r;
}

int am_mbox_settings_read(struct am_mbox_settings *out,
                          const struct am_location *where, struct am_error *err)
{
	int r = am_location_check(where, am_mbox_options, "mbox", err);
	if (!r)
		r = am_location_switch(where, am_mbox_options,
		                       "include-deleted", &out->include_deleted,
		                       err);
	if (!r)
		r = am_location_switch(where, am_mbox_options, "rebuild",
		                       &out->rebuild, err);
	if (!r)
		r = read_offsets(&out->split, &out->n_split, where, "split-at",
		                 err);
	if (!r)
		r = read_offsets(&out->join, &out->n_join, where, "join-at",
		                 err);
	if (r)
		return r;
	const char *v =
		am_location_option(where, am_mbox_options, "checkpoint");
	char *end = NULL;
	out->checkpoint = v ? g_ascii_strtoull(v, &end, 10) : 0;
	if (v && (end == v || *end))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "checkpoint: no number of bytes: %s", v);
	v = where->of_sink
	            ? NULL
	            : am_location_option(where, am_mbox_options, "dialect");
	if (v && !am_mbox_flavour_parse(&out->flavour, v))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "no mbox dialect: %s", v);
	v = am_location_option(where, am_mbox_options, "from-tz");
	if (v && !am_mbox_zone_valid(v))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "no time zone: %s", v);
	const char *name = am_location_option(where, am_mbox_options, "name");
	if (name && !*name)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "an empty name");
	out->name = g_strdup(name);
	out->attachments = g_strdup(
		am_location_option(where, am_mbox_options, "attachments"));
	if (out->attachments &&
	    !g_file_test(out->attachments, G_FILE_TEST_IS_DIR))
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "attachments: %s is no directory",
		               out->attachments);
	const char *leave = am_location_option(where, am_mbox_options, "leave");
	out->leave_mail = leave && !strcmp(leave, "mail");
	out->leave_maildirs =
		out->leave_mail || (leave && !strcmp(leave, "maildirs"));
	if (leave && !out->leave_maildirs && strcmp(leave, "nothing"))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "leave is nothing, maildirs or mail, not \"%s\"",
		               leave);
	out->from_tz = v && g_ascii_strcasecmp(v, "UTC") ? g_strdup(v) : NULL;
	/* What another way of reading the file said is not gone on with. */
	if (out->flavour != AM_MBOX_AUTO || out->n_split || out->n_join ||
	    out->from_tz || !out->include_deleted || !out->rebuild ||
	    out->attachments)
		out->checkpoint = 0;
	return AM_OK;
}

void am_mbox_settings_clear(struct am_mbox_settings *settings)
{
	g_free(settings->split);
	g_free(settings->join);
	g_free(settings->from_tz);
	g_free(settings->name);
	g_free(settings->attachments);
	*settings = (struct am_mbox_settings){0};
}
