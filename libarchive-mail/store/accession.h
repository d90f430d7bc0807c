/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ACCESSION_H
#define AM_STORE_ACCESSION_H

#include "model/sink.h"

/* The JSON of an accession: of what begins and of what ended.  g_free(). */
char *am_accession_begun(const struct am_job_info *info);
char *am_accession_ended(const struct am_ledger *ledger);
/* How the JSON of every accession of this source begins. */
char *am_accession_prefix(const char *source);
/* Is it one that so begins? */
bool am_accession_is_of(const char *json, const char *prefix);
/* Of one that began: the identity of the server it took from, or NULL. */
char *am_accession_identity(const char *json);

#endif
