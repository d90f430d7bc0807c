/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_LIMITS_H
#define AM_EXTRACTOR_LIMITS_H

/*
 * What one document may cost.  The first three end it in an orderly way, with
 * what was found so far; the others are the kernel's, and deadly.
 */
#define AM_EXTRACTOR_UNPACK       (256ull << 20) /* bytes out of containers */
#define AM_EXTRACTOR_MEMBERS      10000u
#define AM_EXTRACTOR_SOFT_SECONDS 8  /* of processor */
#define AM_EXTRACTOR_CPU_SECONDS  10 /* of processor */
#define AM_EXTRACTOR_WALL_SECONDS 60
#define AM_EXTRACTOR_MEMORY       (256ull << 20) /* beside the document */

/* A member is unpacked no further than this many times its own bytes, once it
 * is larger than the second. */
#define AM_EXTRACTOR_RATIO      400u
#define AM_EXTRACTOR_RATIO_FROM (8u << 20)
/* A file within another is held in memory up to here. */
#define AM_EXTRACTOR_MEMBER_MAX (48u << 20)

#endif
