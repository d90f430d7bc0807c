#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make demo` shows: samples/ into one archive, searched.
# usage: demo.sh build/mailark
set -eu
mailark=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
say() { printf '\n\033[1m$ %s\033[0m\n' "$*" | sed "s|$out/||g;s|$mailark|mailark|g"; }
run() {
	say "$@"
	"$@"
}
run "$mailark" list samples/mbox/lists.mbox
run "$mailark" copy samples/mbox/lists.mbox samples/mbox/takeout.mbox \
	samples/mbox/thunderbird samples/eml/tree samples/maildir/plusplus \
	"$out/demo.mailark"
run "$mailark" list "$out/demo.mailark"
run "$mailark" search "$out/demo.mailark" 'subject:invoice OR attachment:pdf'
run "$mailark" search --count "$out/demo.mailark" 'from:alice date:2024'
run "$mailark" verify --full "$out/demo.mailark"
run "$mailark" copy samples/mbox/lists.mbox "$out/Maildir/"
run "$mailark" compare samples/mbox/lists.mbox "$out/Maildir/"
