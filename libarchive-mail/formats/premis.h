/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_PREMIS_H
#define AM_FORMATS_PREMIS_H

#include "base/error.h"

struct am_job_info;
struct am_ledger;

/*
 * The log of what was done to a package of mail, as PREMIS 3 XML: an object,
 * the program as agent, and events, to which each run adds its own.
 */
struct am_premis;

/* id: of the object. */
struct am_premis *am_premis_new(const char *id);
void am_premis_free(struct am_premis **premis);
/* What is being copied, told at the beginning (am_sink_ops.begin). */
void am_premis_job(struct am_premis *premis, const struct am_job_info *info);
/* type: of the Library of Congress's list, "packing"; detail and note may be
 * NULL.  It happened now. */
void am_premis_event(struct am_premis *premis, const char *type,
                     const char *detail, const char *outcome, const char *note);
/* "ingestion" of the job, with its ledger. */
void am_premis_ingested(struct am_premis *premis,
                        const struct am_ledger *ledger, bool complete);
/* The file with these events behind those it has already; they are then told.
 */
AM_MUST_USE int am_premis_write(struct am_premis *premis, const char *path,
                                struct am_error *err);

#endif
