/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_SCHEMA_SQL_H
#define AM_STORE_SCHEMA_SQL_H

#include "store/catalog_keys.h"

/*
 * The tables of the catalog, as SQLite is told them.
 *
 * meta       what it reflects: "archive" (its id), "commit" (catalog.c),
 *            "seq" (the last sequence number), "rebuilding" (it does not
 *            reflect enough yet)
 * feature    what a program must know to read or write this catalog
 * block/blob where the log has them
 * folder     path: parts, each behind its varint length; the counts are of
 *            live placements; subscribed: 1 yes, 2 no, and 4 for removed
 * message    hash_lf only where it differs from hash; dropped: compact took
 *            its content; thread is NULL where it is message_id; hop: thread
 *            comes from In-Reply-To alone, so that message may know a better
 *            one.  Found by hash or Message-ID through keys: catalog_keys.h
 * placement  meta: the placement item as the log has it, but with the present
 *            keywords and labels; words: bit 0 keywords, bit 1 labels in it.
 *            gone: enum am_catalog_gone.  Found by message, folder or seq
 *            through keys
 * origin     servers by identity; remote: their messages, catalog_remote.h
 */
#define AM_SCHEMA_TABLES                                                       \
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"       \
	"CREATE TABLE feature(name TEXT PRIMARY KEY, scope TEXT NOT NULL)"     \
	" WITHOUT ROWID;"                                                      \
	"CREATE TABLE block(id INTEGER PRIMARY KEY, pos INTEGER NOT NULL);"    \
	"CREATE TABLE blob(hash BLOB PRIMARY KEY, size INTEGER NOT NULL,"      \
	" pos INTEGER NOT NULL) WITHOUT ROWID;"                                \
	"CREATE TABLE folder(id INTEGER PRIMARY KEY, path BLOB NOT NULL,"      \
	" depth INTEGER NOT NULL, role INTEGER NOT NULL,"                      \
	" subscribed INTEGER NOT NULL, uidvalidity INTEGER NOT NULL,"          \
	" uidnext INTEGER NOT NULL, messages INTEGER NOT NULL,"                \
	" unseen INTEGER NOT NULL, bytes INTEGER NOT NULL);"                   \
	"CREATE TABLE message(id INTEGER PRIMARY KEY, size INTEGER NOT NULL,"  \
	" hash BLOB NOT NULL, hash_lf BLOB, eol INTEGER NOT NULL,"             \
	" content INTEGER NOT NULL, dropped INTEGER NOT NULL, recipe BLOB,"    \
	" message_id TEXT, thread TEXT, hop INTEGER NOT NULL, sender TEXT,"    \
	" rcpt TEXT, cc TEXT, subject TEXT, date INTEGER, zone INTEGER,"       \
	" n_attachments INTEGER NOT NULL);"                                    \
	"CREATE TABLE placement(id INTEGER PRIMARY KEY,"                       \
	" message INTEGER NOT NULL, folder INTEGER NOT NULL,"                  \
	" uid INTEGER NOT NULL, seq INTEGER NOT NULL, flags INTEGER NOT NULL," \
	" gone INTEGER NOT NULL, words INTEGER NOT NULL,"                      \
	" accession INTEGER NOT NULL, meta BLOB NOT NULL);"                    \
	"CREATE INDEX placement_words ON placement(words, gone)"               \
	" WHERE words <> 0;"                                                   \
	"CREATE TABLE cursor(source TEXT, folder TEXT, value TEXT NOT NULL,"   \
	" PRIMARY KEY(source, folder)) WITHOUT ROWID;"                         \
	"CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"       \
	"CREATE TABLE remote(origin INTEGER, folder INTEGER,"                  \
	" uidvalidity INTEGER, uid INTEGER, placement INTEGER NOT NULL,"       \
	" gone INTEGER NOT NULL, PRIMARY KEY(origin, folder, uidvalidity,"     \
	" uid)) WITHOUT ROWID;"                                                \
	"CREATE INDEX remote_placement ON remote(placement);"                  \
	"CREATE TABLE accession(n INTEGER PRIMARY KEY, id INTEGER NOT NULL,"   \
	" state INTEGER NOT NULL, json TEXT NOT NULL);" AM_SCHEMA_KEYS

#endif
