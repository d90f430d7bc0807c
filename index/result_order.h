/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RESULT_ORDER_H
#define AM_INDEX_RESULT_ORDER_H

#include "index/result.h"

/*
 * A whole result set in the order of a text: of the senders' addresses, or of
 * the bare subjects, so that answers stand by what they answer.  Of one text,
 * the message that was stored first comes first.  (By date, size and relevance
 * am_index_search() gives page after page.)
 */
enum am_text_order { AM_ORDER_FROM, AM_ORDER_SUBJECT };
/* Message ids; g_free(*ids).  *n is am_result_count(). */
AM_MUST_USE int am_result_order(const struct am_result *result,
                                enum am_text_order order, uint32_t **ids,
                                size_t *n, struct am_error *err);
/* All ids, ascending. */
uint32_t *am_result_ids(const struct am_result *result, size_t *n);

#endif
