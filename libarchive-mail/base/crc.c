/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <libdeflate.h>

/* With the processor's carry-less multiplication, where it has one. */
uint32_t am_crc32(uint32_t crc, const void *data, size_t len)
{
	/* It takes NULL for "the initial value, please". */
	return len ? libdeflate_crc32(crc, data, len) : crc;
}
