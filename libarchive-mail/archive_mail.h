/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCHIVE_MAIL_H
#define ARCHIVE_MAIL_H

/*
 * libarchive-mail, all of it, in the order to read it.  Data flows one way:
 * source -> message -> sink; see README.md for the floors.
 */

/* clang-format off: the order is for readers */

/* What to do next and what went wrong; bytes once, bytes for good. */
#include "base/error.h"
#include "base/reader.h"
#include "base/blob.h"

/* Mail: the message that travels, a job's world, and the two contracts. */
#include "model/message.h"
#include "model/folder.h"
#include "model/ctx.h"
#include "model/source.h"
#include "model/sink.h"
#include "model/format.h"

/* Reading what is inside a message. */
#include "mime/scan.h"
#include "mime/walk.h"
#include "mime/text.h"
#include "mime/overview.h"

/* The archive. */
#include "store/archive.h"

/* Finding formats and moving mail. */
#include "transfer/registry.h"
#include "transfer/filter.h"
#include "transfer/loss.h"
#include "transfer/known.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#endif
