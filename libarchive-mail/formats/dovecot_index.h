/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_DOVECOT_INDEX_H
#define AM_FORMATS_DOVECOT_INDEX_H

#include "base/compiler.h"

/*
 * What Dovecot knows of the messages of one mailbox, by their UIDs: the file
 * dovecot.index, and what dovecot.index.log.2 and dovecot.index.log have
 * changed since.  For sdbox and mdbox flags and keywords are nowhere else.
 *
 * The log is read from its beginning whatever the index has of it already:
 * who sets and clears the same flags again comes to the same end.  Damaged or
 * of another version, they say nothing from there on.
 */
struct am_dovecot_index;

/* In that directory; NULL: there is none that can be read. */
struct am_dovecot_index *am_dovecot_index_read(const char *dir);
void am_dovecot_index_free(struct am_dovecot_index *index);

struct am_dovecot_facts {
	uint32_t flags;              /* enum am_flag */
	uint64_t keyword_bits;       /* of the first 64 */
	const char *const *keywords; /* NULL behind the last; the index's */
};
/* false: it says nothing of this message. */
bool am_dovecot_index_of(const struct am_dovecot_index *index, uint32_t uid,
                         struct am_dovecot_facts *out);
uint32_t am_dovecot_index_uidvalidity(const struct am_dovecot_index *index);

#endif
