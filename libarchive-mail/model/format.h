/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_FORMAT_H
#define AM_MODEL_FORMAT_H

#include "model/sink.h"
#include "model/source.h"

/* What survives a stay in this format.  Loss = source keeps & ~sink keeps. */
enum am_keeps {
	AM_KEEPS_BYTES = 1 << 0, /* raw bytes come back identical */
	AM_KEEPS_FOLDERS = 1 << 1,
	AM_KEEPS_EMPTY_FOLDERS = 1 << 2,
	AM_KEEPS_FLAGS = 1 << 3,
	AM_KEEPS_KEYWORDS = 1 << 4,
	AM_KEEPS_LABELS = 1 << 5,
	AM_KEEPS_RECEIVED = 1 << 6,
	AM_KEEPS_SENDER = 1 << 7,
	AM_KEEPS_PROPS = 1 << 8
};

/* One `--from key=value` or `--to key=value`; the table ends with name NULL. */
struct am_option {
	const char *name, *argument, *help;
	const char *preset; /* default, as the user would write it */
};

/*
 * Where to open: exactly one of path and url is set.  A path ending in '/'
 * means a directory to a sink even where none is yet.
 */
struct am_location {
	const char *path;
	const char *url;
	/* What it is called, where the path does not say it; else NULL. */
	const char *name;
	const char *const *options; /* "key=value", NULL-terminated, checked;
	                             * a bare "key" counts as "key=yes" */
	/* To a source: the options are a sink's, whose target is read for what
	 * is there.  How it is to be written on says nothing about that. */
	bool of_sink;
};

/* The value of an option, or its preset from the table, or NULL. */
const char *am_location_option(const struct am_location *where,
                               const struct am_option *table, const char *key);
/* The same as yes/no; AM_FAILED with AM_E_ARGUMENT for other words. */
AM_MUST_USE int am_location_switch(const struct am_location *where,
                                   const struct am_option *table,
                                   const char *key, bool *out,
                                   struct am_error *err);
/* The same as a size: 10, 10k, 5M, 1.5G (powers of 1024). */
AM_MUST_USE int am_location_size(const struct am_location *where,
                                 const struct am_option *table, const char *key,
                                 uint64_t *out, struct am_error *err);
/* Every option is in the table, or AM_E_ARGUMENT naming it. */
AM_MUST_USE int am_location_check(const struct am_location *where,
                                  const struct am_option *table,
                                  const char *format, struct am_error *err);
AM_MUST_USE int am_parse_size(const char *s, uint64_t *out,
                              struct am_error *err);

/* One entry of a directory that is looked at. */
struct am_probe_entry {
	const char *name;
	bool is_directory;
	const char *const *inside; /* of a directory: its names, else NULL */
	const uint8_t *head;       /* of a file: its first bytes, unpacked */
	size_t head_len;
	uint64_t size;
};

/*
 * What a probe may look at.  Probes never open or read anything themselves.
 * Bounded samples: at most 256 entries (files with heads first come, first
 * served, names sorted), 2 KiB of each head, 64 KiB of the file itself.
 */
struct am_probe {
	const struct am_location *where;
	const char *name; /* last part of the path */
	bool is_directory;
	size_t n_entries;
	const struct am_probe_entry *entries; /* of a directory */
	bool more_entries;                    /* there were more than that */
	const uint8_t *head; /* the first bytes of a file, unpacked if it was
	                      * compressed (packed then names how) */
	size_t head_len;
	const char *packed; /* "gzip" …, "zip", "tar", or NULL */
	uint64_t size;
};

struct am_format {
	const char *name;  /* "mbox": what the user types */
	const char *title; /* "Unix mbox (mboxo, mboxrd, mboxcl, mboxcl2)" */
	uint32_t keeps;    /* enum am_keeps */
	bool remote;       /* on a server: opened by URL, never by path */
	bool streams;      /* reads a pipe, and "-", which is standard input */
	const struct am_option *options;
	/* What a target opened with these options keeps, where that differs;
	 * NULL: `keeps`, whatever they are. */
	uint32_t (*keeps_with)(const struct am_location *where);

	/* Endings of names that a bare target takes this format from, as
	 * ".mbox .mbx", or NULL. */
	const char *suffixes;
	/* What a person should know of what it keeps and loses; for `mailark
	 * formats NAME`.  May be NULL. */
	const char *about;
	/* For the table of formats, in Markdown: which of it is read, which is
	 * written, what that keeps; where NULL: yes, no, and the words of
	 * `keeps`. */
	const char *reads, *writes, *kept;

	/* Bits of evidence found, 0 for "not mine": a 4-byte magic is 32. */
	int (*probe)(const struct am_probe *probe);
	/* NULL where the format cannot be read, or cannot be written. */
	int (*open_source)(struct am_source **out,
	                   const struct am_location *where, struct am_ctx *ctx,
	                   struct am_error *err);
	int (*open_sink)(struct am_sink **out, const struct am_location *where,
	                 struct am_ctx *ctx, struct am_error *err);
	/* Bytes of a target that goes by the name of one file and is several;
	 * NULL: that file's. */
	uint64_t (*target_size)(const struct am_location *where);
};

#endif
