/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCHIVE_MAIL_H
#define ARCHIVE_MAIL_H

/*
 * libarchive-mail, all of it, in the order to read it.  Data flows one way:
 * source -> message -> sink; see README.md for the floors.
 */

/* clang-format off: the order is for readers */

/* What to do next and what went wrong; bytes once, bytes for good. */
#include "base/blob.h"
#include "base/error.h"
#include "base/reader.h"

/* Mail: the message that travels, a job's world, and the two contracts. */
#include "model/ctx.h"
#include "model/folder.h"
#include "model/format.h"
#include "model/message.h"
#include "model/sink.h"
#include "model/source.h"

/* Reading what is inside a message. */
#include "mime/overview.h"
#include "mime/scan.h"
#include "mime/text.h"
#include "mime/walk.h"

/* The archive. */
#include "store/archive.h"

/* Finding formats and moving mail. */
#include "transfer/filter.h"
#include "transfer/known.h"
#include "transfer/loss.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#endif
