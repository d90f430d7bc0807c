#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The picture of `mailark browse` in the README: a real screen over samples/.
# usage: browse-picture.sh build/mailark OUT.svg
set -eu
mailark=$(realpath "$1")
out=$(realpath "$2")
samples=$(realpath samples)
here=$(realpath "$(dirname "$0")")
dir=$(mktemp -d)
tmux() { command tmux -u -f /dev/null -S "$dir/tmux" "$@"; }
trap 'tmux kill-server 2>/dev/null; rm -rf "$dir"' EXIT
wait_for() {
	n=0
	until tmux capture-pane -p | grep -qF "$1"; do
		n=$((n + 1))
		[ $n -lt 300 ] || { echo "no \"$1\" to be seen" >&2; exit 1; }
		sleep 0.1
	done
}
cd "$dir"
"$mailark" copy --quiet "$samples/mbox/lists.mbox" "$samples/mbox/takeout.mbox" \
	"$samples/mbox/thunderbird" "$samples/eml/tree" \
	"$samples/maildir/plusplus" mail.mailark
tmux new-session -d -x 96 -y 24 -e LC_ALL=C.UTF-8 "$mailark" browse mail.mailark
wait_for '24 messages'
tmux send-keys /
tmux send-keys -l 'bob OR peppers'
wait_for '15 messages'
tmux send-keys Down
sleep 1 # what is beside it comes a little later
at=$(tmux display-message -p '#{cursor_y} #{cursor_x}')
# shellcheck disable=SC2086
tmux capture-pane -e -N -p | python3 "$here/screen_svg.py" 96 $at >"$out"
