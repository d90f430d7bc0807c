/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_EXIT_H
#define AM_EXTRACTOR_EXIT_H

/* How the process that reads a document says why it ends. */
enum am_exit { AM_EXIT_OK = 0, AM_EXIT_NO_SANDBOX = 40, AM_EXIT_MEMORY = 41 };

#endif
