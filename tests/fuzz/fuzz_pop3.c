/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POP3 answers: a status line, then by the first byte a list or a message.
 * Read whole and byte by byte they must be the same; and a message without its
 * end is an error, never a shorter message.
 */
#include "base/reader.h"
#include "support/drip.h"
#include "wire/pop3.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int read_status(struct am_reader *in, GString *out)
{
	struct am_pop3_status status = {0};
	char room[100];

	int r = am_pop3_status_read(in, &status, room, sizeof room, NULL);
	if (!r)
		g_string_append_printf(
			out, "%d%d %s %s\n", status.ok, status.go_on,
			status.code ? status.code : "-", status.text);
	if (!r && !g_utf8_validate(status.text, -1, NULL))
		abort();
	return r;
}

static int read_list(struct am_reader *in, GString *out)
{
	const char *line, *rest;
	size_t len, rest_len;
	uint32_t number;
	int r;

	while (!(r = am_pop3_line(in, &line, &len, NULL))) {
		g_string_append_len(out, line, (gssize)len);
		if (!am_pop3_list(line, len, &number, &rest, &rest_len))
			continue;
		if (rest < line || rest + rest_len > line + len)
			abort();
		g_string_append_printf(out, "|%u|", number);
		g_string_append_len(out, rest, (gssize)rest_len);
	}
	return r;
}

static int read_body(struct am_reader *in, GString *out)
{
	struct am_reader *body = NULL;
	const uint8_t *data;
	size_t len;

	int r = am_pop3_body(&body, in, NULL);
	while (!r && !(r = am_reader_peek(body, 1, &data, &len, NULL))) {
		g_string_append_len(out, (const char *)data, (gssize)len);
		am_reader_skip(body, len);
	}
	am_reader_close(&body);
	return r;
}

static int read_all(GString *out, const uint8_t *data, size_t len, size_t step,
                    uint8_t how)
{
	struct am_test_drip d = {data, len, step};
	struct am_reader *in = NULL;

	if (am_reader_new(&in, &am_test_drip_ops, &d, NULL))
		abort();
	int r = read_status(in, out);
	for (unsigned i = 0; !r && i < 3; i++) {
		r = how >> i & 1 ? read_body(in, out) : read_list(in, out);
		r = r == AM_END ? AM_OK : r;
		g_string_append_c(out, '\n');
	}
	am_reader_close(&in);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	GString *whole = g_string_new(NULL), *dripped = g_string_new(NULL);

	if (len) {
		int r = read_all(whole, data + 1, len - 1, SIZE_MAX, *data);
		int q = read_all(dripped, data + 1, len - 1, 1, *data);
		if (r != q || !g_string_equal(whole, dripped))
			abort();
	}
	g_string_free(whole, TRUE);
	g_string_free(dripped, TRUE);
	return 0;
}
