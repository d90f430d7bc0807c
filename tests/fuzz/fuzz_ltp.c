/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heaps, property contexts and tables without their file: the bytes are what
 * is in the nodes of a message, in a PST that is sound otherwise.
 *
 * The first byte says the layout; then come lengths of two bytes and data:
 * the message, its recipients, an attachment, and two values.
 */
#include "base/blob.h"
#include "base/bytes.h"
#include "formats/outlook/pst.h"
#include "support/pst_builder.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROOT = 0x122, TOP = 0x8022, INBOX = 0x8042, MESSAGE = 0x200024 };

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (!note->code || !*note->code || !*note->text)
		abort();
}

/* The next piece of the input, as the data of a node. */
static am_pst_bid take(struct am_test_pst *pst, const uint8_t **data,
                       size_t *len)
{
	size_t n = 0;

	if (*len >= 2) {
		n = (*data)[0] | (size_t)(*data)[1] << 8;
		*data += 2;
		*len -= 2;
	}
	n = MIN(n, *len);
	am_pst_bid bid = am_test_pst_data(pst, *data, n);
	*data += n;
	*len -= n;
	return bid;
}

static void put_folder(struct am_test_pst *pst, am_pst_nid nid,
                       am_pst_nid parent, const uint32_t *items, size_t n)
{
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x3001, "Folder")};
	GArray *subs =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));

	am_test_pst_node(pst, nid, parent, am_test_pst_pc(pst, props, 1, subs),
	                 0);
	am_pst_bid table = am_test_pst_tc(pst, NULL, 0, items, n, NULL, subs);
	am_test_pst_node(pst, (nid & ~0x1fu) | 0x0e, 0, table, 0);
	g_array_free(subs, TRUE);
}

/* Names for 8000 and on: start, end, whole day, series, zone, definition of a
 * zone; task's series, progress; members. */
static void put_names(struct am_test_pst *pst)
{
	static const struct {
		uint16_t number;
		uint8_t set;
	} names[] = {{0x820d, 0}, {0x820e, 0}, {0x8215, 0},
	             {0x8216, 0}, {0x8233, 0}, {0x8260, 0},
	             {0x8116, 1}, {0x8102, 1}, {0x8054, 2}};
	uint8_t guids[48] = {0}, entries[8 * G_N_ELEMENTS(names)] = {0};
	GArray *subs =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));

	for (unsigned i = 0; i < 3; i++) {
		am_put_le32(guids + 16 * i, 0x00062002u + i);
		guids[16 * i + 8] = 0xc0;
		guids[16 * i + 15] = 0x46;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		am_put_le32(entries + 8 * i, names[i].number);
		am_put_le16(entries + 8 * i + 4,
		            (uint16_t)(2 * (names[i].set + 3)));
		am_put_le16(entries + 8 * i + 6, (uint16_t)i);
	}
	const struct am_test_prop props[] = {
		AM_TEST_BYTES(2, guids, sizeof(guids)),
		AM_TEST_BYTES(3, entries, sizeof(entries)),
		AM_TEST_BYTES(4, guids, 4)};
	am_test_pst_node(pst, 0x61, 0, am_test_pst_pc(pst, props, 3, subs), 0);
	g_array_free(subs, TRUE);
}

static GByteArray *make_file(const uint8_t *data, size_t len)
{
	enum am_pst_kind kind = len ? data[0] % 3 : 0;
	struct am_test_pst *pst = am_test_pst_new(kind, AM_PST_CRYPT_NONE);
	const uint32_t nid = MESSAGE;
	struct am_pst_sl_entry entries[5] = {{.nid = 0x692},
	                                     {.nid = 0x8005},
	                                     {.nid = 0x1ff},
	                                     {.nid = 0x21f},
	                                     {.nid = 0x24004}};
	GArray *subs =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));

	if (len) {
		data++;
		len--;
	}
	am_test_pst_deflate(pst, false);
	am_pst_bid message = take(pst, &data, &len);
	for (unsigned i = 0; i < 4; i++)
		entries[i].data = take(pst, &data, &len);
	/* A message in the attachment: the same once more. */
	entries[4].data = message;
	g_array_append_val(subs, entries[2]);
	g_array_append_val(subs, entries[4]);
	entries[1].sub = am_test_pst_sub(pst, subs);
	g_array_set_size(subs, 0);
	g_array_append_vals(subs, entries, 4);
	am_test_pst_node(pst, MESSAGE, INBOX, message,
	                 am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
	put_names(pst);
	put_folder(pst, ROOT, ROOT, NULL, 0);
	put_folder(pst, TOP, ROOT, NULL, 0);
	put_folder(pst, INBOX, TOP, &nid, 1);
	return am_test_pst_finish(pst);
}

static void read_all(struct am_source *src)
{
	struct am_error err = {0};
	struct am_item item = {0};
	uint8_t buf[256];
	size_t got;
	int r;

	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		if (r == AM_FATAL || (r && !*err.text))
			abort();
		if (r || !item.message)
			continue;
		r = am_source_load(src, item.message, &err);
		if (r == AM_FATAL || (r && !*err.text))
			abort();
		if (!r && (am_blob_read(item.message->raw, 0, buf, sizeof(buf),
		                        &got, NULL) ||
		           got > am_blob_size(item.message->raw)))
			abort();
		am_message_free(&item.message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_ctx ctx = {.on_note = on_note};
	struct am_source *src = NULL;
	struct am_error err = {0};
	char path[64];
	GByteArray *file = make_file(data, len);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, file->data, file->len) != (ssize_t)file->len)
		abort();
	g_byte_array_free(file, TRUE);
	g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct am_location where = {.path = path};
	if (am_format_pst.open_source(&src, &where, &ctx, &err))
		abort(); /* but for the message, it is sound */
	read_all(src);
	am_source_close(&src);
	close(fd);
	return 0;
}
