/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MH_MH_SEQUENCES_H
#define AM_FORMATS_MH_MH_SEQUENCES_H

#include "base/error.h"

struct am_message;

/*
 * The file .mh_sequences: a line for each sequence, "name: 1-5 9".
 *
 *   unseen    everything else has been seen
 *   replied, answered   flagged   forwarded   deleted   draft   junk, spam
 *   cur       where somebody was reading: says nothing of the message
 *   others    keywords; what our sink writes has "_XX" for what is neither
 *             letter nor digit
 */
#define AM_MH_SEQUENCES ".mh_sequences"

struct am_mh_sequences;

struct am_mh_sequences *am_mh_sequences_new(void);
void am_mh_sequences_free(struct am_mh_sequences **seq);
/* Takes what is in a text; lines that are none are passed over. */
void am_mh_sequences_parse(struct am_mh_sequences *seq, const char *text,
                           size_t len);
/* The file in an open directory; false when there is none. */
bool am_mh_sequences_read(struct am_mh_sequences *seq, int dir_fd);

/* What they say of message n, into msg. */
void am_mh_sequences_apply(const struct am_mh_sequences *seq, uint32_t n,
                           struct am_message *msg);
/* The flags and keywords of msg, which has become message n. */
void am_mh_sequences_add(struct am_mh_sequences *seq, uint32_t n,
                         const struct am_message *msg);
/* As the file has it; g_free() it. */
char *am_mh_sequences_text(const struct am_mh_sequences *seq);

#endif
