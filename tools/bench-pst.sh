#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# PST beside the peers, in alternating pairs in one run.
#
#   make bench-pst                   1 GiB of generated mail, 100,000 messages written
#   make bench-pst SIZE=300          so many MiB instead
#   make bench-pst PST=~/mail.pst    your own file (several: in quotes) beside the generated
#   make bench-pst ONLY=read         some parts: read write
#   make bench-pst PEERS=readpst     some peers: readpst pffexport
#
# Reading: every tool writes what it writes; readpst and mailark mboxes, a file a
# folder, pffexport files, a folder a message.  readpst runs with -j 0, for with
# several jobs it loses mail.  Small files are read again and again, until a
# second is full.  Writing: the same mail as a PST and as an mbox, both from an
# mbox.
#
# Times are wall seconds, the median of ROUNDS; a ratio is peer / mailark, so above
# 1 mailark is ahead.  Memory is the peak of the largest process.  Everything is
# in TMPDIR: in memory (/dev/shm) the disk has no say.
set -u
cd "$(dirname "$0")/.." || exit
build=$(realpath "${BUILD:-build}")
mailark=$build/mailark
size=${SIZE:-1024}
messages=${MESSAGES:-100000}
rounds=${ROUNDS:-3}
only=${ONLY:-read write}
peers=${PEERS:-readpst pffexport}
sh tools/install-deps.sh build bench || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/mailark-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
wants() { [[ " $only " == *" $1 "* ]]; }
has_peer() { [[ " $peers " == *" $1 "* ]]; }
bytes() { stat -c %s "$1"; }

# timed FILE TIMES COMMAND…: appends "wall cpu peak-KiB" of one run to FILE.  OUT in
# the command is a new folder each time.
timed() {
	local file=$1 times=$2
	shift 2
	rm -rf "$work"/out*
	command time -q -o "$work/time" -f '%e %U %S %M' bash -c '
		times=$1 out=$2; shift 2
		for ((i = 0; i < times; i++)); do
			mkdir -p "$out$i"
			"${@//OUT/$out$i}" >/dev/null 2>"$out.err" ||
				{ status=$?; tail -n1 "$out.err" >&2; }
		done
		exit ${status:-0}' - "$times" "$work/out" "$@" 2>"$work/err" ||
		echo "    ($1 failed: $(tail -n1 "$work/err"))"
	awk -v n="$times" 'END { printf "%.4f %.4f %s\n", $1 / n, ($2 + $3) / n, $4 }' \
		"$work/time" >>"$file"
}
median() { # FILE COLUMN
	sort -g -k"$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
# The pairs' own ratios, and their median: holds when the machine's speed drifts.
ratio() { # FILE-PEER FILE-OURS COLUMN
	paste "$1" "$2" | awk -v c="$3" '{ o = $(c + 3); print $c / (o > 0 ? o : 0.0001) }' |
		sort -g | awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] }'
}
row() { # NAME FILE MESSAGES [OURS]
	local r=
	[[ -n ${4:-} ]] && r="ratio $(ratio "$2" "$4" 1) (cpu $(ratio "$2" "$4" 2))"
	awk -v n="$1" -v w="$(median "$2" 1)" -v c="$(median "$2" 2)" -v m="$3" \
		-v k="$(median "$2" 3)" -v r="$r" 'BEGIN {
			printf "  %-22s %8.3f s %8.3f cpu %9.0f items/s %5.0f MiB  %s\n",
				n, w, c, m / (w > 0 ? w : 0.0001), k / 1024, r }'
}
# How many items a tool has brought out, by what it left in the first folder; what
# is no mail readpst writes as calendars and cards.
count_items() { find "$work/out0" -type f -print0 | xargs -0 cat | grep -acE "$1"; }
count_pff() { find "$work/out0" -path '*.export/*' \( -name OutlookHeaders.txt -o -name Item.txt \
	-o -name Contact.txt -o -name Appointment.txt -o -name Task.txt -o -name Meeting.txt \
	-o -name Note.txt -o -name Activity.txt \) | wc -l; }

bench_read() { # NAME PST
	local f=$work/r pst n times=1 theirs=0 pff=0
	pst=$(realpath "$2")
	rm -f "$f".*
	cat "$pst" >/dev/null
	timed "$f.try" 1 "$mailark" copy --quiet "pst:$pst" mbox:OUT/m/
	times=$(awk '{ n = int(0.5 / ($1 + 0.01)); print (n < 1 ? 1 : (n > 20 ? 20 : n)) }' "$f.try")
	for ((i = 0; i < rounds; i++)); do
		has_peer readpst && {
			timed "$f.readpst" "$times" readpst -q -D -j 0 -o OUT "$pst"
			theirs=$(count_items '^(From |BEGIN:(VEVENT|VCARD|VJOURNAL))')
		}
		timed "$f.ours" "$times" "$mailark" copy --quiet "pst:$pst" mbox:OUT/m/
		n=$(count_items '^From ')
		((i == 0)) && has_peer pffexport && {
			timed "$f.pffexport" "$times" pffexport -q -t OUT/m "$pst"
			pff=$(count_pff)
			head -n1 "$f.ours" >"$f.first"
		}
	done
	rm -rf "$work"/out*
	echo "PST -> mail: $1, $(($(bytes "$pst") / 1000000)) MB"
	row "mailark copy" "$f.ours" "$n"
	has_peer readpst && row "readpst -j 0 ($theirs)" "$f.readpst" "$theirs" "$f.ours"
	has_peer pffexport && row "pffexport ($pff)" "$f.pffexport" "$pff" "$f.first"
}

bench_write() {
	local f=$work/w mbox=$work/in.mbox pst=0
	"$mailark" formats --json | grep -q '"name":"pst".*"write":true' || {
		echo "PST from mail: this mailark does not write PST"
		return
	}
	"$build/gen-mail" -n "$messages" >"$mbox" || return
	rm -f "$f".*
	cat "$mbox" >/dev/null
	for ((i = 0; i < rounds; i++)); do
		timed "$f.pst" 1 "$mailark" copy --quiet "mbox:$mbox" pst:OUT/x.pst
		pst=$(cat "$work"/out0/*.pst | wc -c)
		timed "$f.mbox" 1 "$mailark" copy --quiet "mbox:$mbox" mbox:OUT/x.mbox
	done
	echo "mbox -> PST: $messages messages, $(($(bytes "$mbox") / 1000000)) MB"
	row "mailark, as PST" "$f.pst" "$messages"
	row "mailark, as mbox" "$f.mbox" "$messages" "$f.pst"
	# The bytes are not the same: a PST has text in two bytes a letter, and more.
	awk -v p="$pst" -v m="$(bytes "$mbox")" -v tp="$(median "$f.pst" 1)" \
		-v tm="$(median "$f.mbox" 1)" 'BEGIN {
			printf "  the PST has %d MB: %.0f MB/s, the mbox %.0f MB/s, %.2f of it a byte\n",
				p / 1e6, p / 1e6 / tp, m / 1e6 / tm, (p / tp) / (m / tm) }'
	rm -f "$mbox"
}

if wants read; then
	for pst in ${PST:-}; do
		bench_read "$(basename "$pst")" "$pst"
	done
	"$build/gen-pst" "$work/gen.pst" "$size" && bench_read "generated" "$work/gen.pst"
	# readpst takes time that grows with the square of the number of messages.
	"$build/gen-pst" "$work/gen.pst" 8 tiny &&
		bench_read "generated, four properties each" "$work/gen.pst"
	rm -f "$work/gen.pst"
fi
wants write && bench_write
exit 0
