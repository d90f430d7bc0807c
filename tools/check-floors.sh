#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Complain of every #include that goes up a floor or across to a neighbour, and
# of library headers outside the one folder that may know them.
files=$(find libarchive-mail index cmd -name '*.[ch]' -o -name '*.cc' | sort)
awk '
NR == FNR {
	if ($1 ~ /^[0-9]+$/) {
		n = $2; sub(/^libarchive-mail\//, "", n); floor[n] = $1
	}
	next
}
match($0, /^[ \t]*#[ \t]*include "[^"]+"/) {
	split($0, q, "\""); to = q[2]; sub(/\/.*/, "", to)
	from = FILENAME; sub(/^libarchive-mail\//, "", from); sub(/\/.*/, "", from)
	if (to in floor && from in floor && to != from && floor[to] >= floor[from]) {
		printf "%s:%d: floor %d may not include floor %d: %s\n", FILENAME, FNR, floor[from], floor[to], q[2]
		bad = 1
	}
}
/^[ \t]*#[ \t]*include <gmime\// && FILENAME !~ /\/mime\// {
	printf "%s:%d: only mime/ may include GMime\n", FILENAME, FNR; bad = 1
}
/^[ \t]*#[ \t]*include <xapian/ && FILENAME !~ /^index\/xapian_/ {
	printf "%s:%d: only index/xapian_* may include Xapian\n", FILENAME, FNR; bad = 1
}
# The one kind of mailbox whose list is an SQLite file has a reader for it, and
# a site is made from rows that do not fit into memory.
/^[ \t]*#[ \t]*include <sqlite3/ && FILENAME !~ /\/(store|extract)\// &&
FILENAME !~ /\/formats\/(eml\/gyb\.c|html\/site_db\.[ch])$/ {
	printf "%s:%d: only store/ and extract/ may include SQLite\n", FILENAME, FNR; bad = 1
}
END { exit bad }' libarchive-mail/floors $files
