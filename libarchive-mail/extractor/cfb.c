/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compound files, told apart by the names of their streams. */
#include "outlook/cfb/cfb.h"

#include "base/blob.h"
#include "extractor/any.h"
#include "extractor/message.h"

static uint32_t find_any(const struct am_cfb *cfb, const char *const *names)
{
	uint32_t at = AM_CFB_NONE;

	for (; *names && at == AM_CFB_NONE; names++)
		at = am_cfb_find(cfb, 0, *names);
	return at;
}

static void read_cfb(struct am_found *f, struct am_cfb *cfb,
                     struct am_blob *blob, unsigned depth)
{
	static const char *const word[] = {"WordDocument", NULL};
	static const char *const excel[] = {"Workbook", "Book", NULL};
	static const char *const slides[] = {"PowerPoint Document", NULL};
	static const char *const mail[] = {"__properties_version1.0", NULL};
	/* OOXML with a password, or with rights management ([MS-OFFCRYPTO]). */
	static const char *const cipher[] = {"EncryptedPackage", NULL};
	/* Project, Publisher, Works, Visio. */
	static const char *const other[] = {
		"   1",          "   2",   "Props12",  "Quill",
		"VisioDocument", "MatOST", "CONTENTS", NULL};
	uint32_t at;

	if (find_any(cfb, cipher) != AM_CFB_NONE) {
		f->known = f->encrypted = true;
	} else if (find_any(cfb, mail) != AM_CFB_NONE) {
		am_extract_msg(f, blob, depth);
	} else if ((at = find_any(cfb, word)) != AM_CFB_NONE) {
		am_extract_doc(f, cfb, at);
	} else if ((at = find_any(cfb, slides)) != AM_CFB_NONE) {
		am_extract_ppt(f, cfb, at);
	} else if ((at = find_any(cfb, excel)) != AM_CFB_NONE) {
		am_extract_xls(f, cfb, at);
	} else if (find_any(cfb, other) != AM_CFB_NONE) {
		f->known = f->unsupported = true;
	}
}

void am_extract_cfb(struct am_found *f, const uint8_t *data, size_t len,
                    unsigned depth)
{
	struct am_blob *blob = NULL;
	struct am_cfb *cfb = NULL;

	if (am_blob_copy(&blob, data, len, NULL) ||
	    am_cfb_open(&cfb, blob, NULL))
		f->known = f->damaged = true;
	else
		read_cfb(f, cfb, blob, depth);
	am_cfb_close(&cfb);
	am_blob_unref(&blob);
}
