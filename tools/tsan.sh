#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The threaded parts under ThreadSanitizer: the stress programs, then the
# program itself over generated mail.  Any race fails the run.
# usage: tsan.sh BUILD STRESS…
set -eu
build=$1
shift
# GLib hands memory from thread to thread unseen, unless it is told not to.
export G_SLICE=always-malloc
export TSAN_OPTIONS="halt_on_error=0:exitcode=66${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
for s; do
	echo "$s"
	"$s"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build"/gen-mail -n 3000 >"$work/in.mbox"
run() {
	echo "mailark $*"
	"$build"/mailark "$@" >/dev/null
}
run copy -j4 "$work/in.mbox" "$work/a.mailark"
run copy -j4 "$work/in.mbox" "$work/a.mailark"
run copy -j4 "$work/a.mailark" "$work/Maildir/"
run copy -j4 --no-index "$work/Maildir/" "$work/b.mailark"
run copy -j4 pst:samples/pst "mbox:$work/pst/"
run index -j4 "$work/b.mailark"
run index -j4 --rebuild "$work/a.mailark"
run list -j4 --messages "$work/a.mailark"
run search --limit 100 "$work/a.mailark" "$work/b.mailark" date:1990..2100
run verify --full --against "$work/in.mbox" "$work/b.mailark"
run compact "$work/a.mailark"
run rebuild -j4 --index "$work/a.mailark"
