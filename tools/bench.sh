#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Speed, size and memory beside the peers, in alternating pairs in one run.
#
#   make bench                       the whole of it (about half an hour)
#   make bench SIZES=10000           one size
#   make bench MAIL=~/mail.mbox      your own mail beside the generated
#   make bench ONLY="archive index"  some parts: archive maildir mbox index search growth
#   make bench PEERS=all             notmuch and mu with the largest sizes too
#
# notmuch and mu index up to 100,000 messages (PEERS: the number; all; 0), once
# above 50,000: a million take them hours.  Maildirs are made up to 100,000.
#
# Times are wall seconds, the median of ROUNDS; a ratio is peer / mailark, so
# above 1 mailark is ahead.  Memory is the peak of the largest process.
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
mailark=$build/mailark
gen=$build/gen-mail
sizes=${SIZES-10000 100000 1000000}
rounds=${ROUNDS:-3}
only=${ONLY:-archive maildir mbox index search growth}
peers=${PEERS:-100000}
[[ $peers == all ]] && peers=1000000000
sh tools/install-deps.sh build bench || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/mailark-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
wants() { [[ " $only " == *" $1 "* ]]; }

# timed FILE COMMAND…: appends "wall cpu peak-KiB" to FILE.
timed() {
	local file=$1
	shift
	command time -q -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" ||
		{ [[ $1 == mu && $? == 4 ]] || # nothing found
			echo "    (failed: $* — $(tail -n1 "$work/err"))"; }
	awk 'END { printf "%s %.2f %s\n", $1, $2 + $3, $4 }' "$work/time" >>"$file"
}
# timed_ms FILE COMMAND…: the same in milliseconds, which time(1) does not tell.
timed_ms() {
	local file=$1 TIMEFORMAT='%3R %3U %3S' t
	shift
	t=$({ time "$@" >"$work/out" 2>"$work/err"; } 2>&1)
	awk '{ printf "%s %s ", $1 * 1000, ($2 + $3) * 1000 }' <<<"$t" >>"$file"
	command time -q -o "$work/time" -f %M "$@" >/dev/null 2>"$work/err" ||
		{ [[ $1 == mu && $? == 4 ]] || # nothing found
			echo "    (failed: $* — $(tail -n1 "$work/err"))"; }
	tail -n1 "$work/time" >>"$file"
}
median() { # FILE COLUMN
	sort -g -k"$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
# The pairs' own ratios, and their median: holds when the machine's speed drifts.
ratio() { # FILE-PEER FILE-OURS
	paste "$1" "$2" | awk '{ o = $4 > 0 ? $4 : 0.005; print $1 / o }' | sort -g |
		awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] }'
}
row() { # NAME FILE BYTES PEER-FILE-OR-NOTHING [EXTRA]
	local r=-
	[[ -n ${4:-} ]] && r=$(ratio "$2" "$4")
	printf '  %-34s %8.2f s %8.2f cpu %8.1f MB/s %6.0f MiB  ratio %-6s %s\n' "$1" \
		"$(median "$2" 1)" "$(median "$2" 2)" \
		"$(awk -v b="$3" -v t="$(median "$2" 1)" 'BEGIN { print b / 1e6 / (t > 0 ? t : 0.005) }')" \
		"$(awk -v k="$(median "$2" 3)" 'BEGIN { print k / 1024 }')" "$r" "${5:-}"
}
bytes() { stat -c %s "$1"; }
tree() { du -sb "$1" | cut -f1; }
warm() { cat "$1" >/dev/null; }

bench_archive() { # NAME MBOX
	local f=$work/a n=$1 mbox=$2 b
	b=$(bytes "$mbox")
	rm -f "$f".*
	warm "$mbox"
	for ((i = 0; i < rounds; i++)); do
		rm -rf "$work/x.mailark"*
		timed "$f.ours" "$mailark" copy --quiet --no-index "$mbox" "$work/x.mailark"
		timed "$f.zstd" sh -c "zstd -3 -q -f '$mbox' -o '$work/x.zst' && sync '$work/x.zst'"
		((i == 0 && b < 2000000000)) &&
			timed "$f.gzip" sh -c "gzip -6 -c '$mbox' >'$work/x.gz' && sync '$work/x.gz'"
	done
	echo "mbox -> archive: $n, $((b / 1000000)) MB"
	local ours
	ours=$(bytes "$work/x.mailark")
	row "mailark copy --no-index" "$f.ours" "$b" "" "$((ours / 1000)) kB"
	row "zstd -3" "$f.zstd" "$b" "$f.ours" \
		"$(($(bytes "$work/x.zst") / 1000)) kB; archive is $(awk -v a="$ours" -v z="$(bytes "$work/x.zst")" 'BEGIN { printf "%.2f", a / z }') of it"
	[[ -e $f.gzip ]] && row "gzip -6" "$f.gzip" "$b" "$f.ours" "$(($(bytes "$work/x.gz") / 1000)) kB"
	rm -rf "$work"/x.*
}
# No deleting between the rounds: ext4 avoids inodes freed in the last seconds and
# searches past them, which makes whoever creates files next look slow.
bench_maildir() { # NAME MBOX
	local f=$work/m n=$1 mbox=$2 b d
	b=$(bytes "$mbox")
	rm -f "$f".*
	warm "$mbox"
	sleep 6
	for ((i = 0; i < rounds; i++)); do
		d=$work/md/$i
		mkdir -p "$d/b"/{cur,new,tmp}
		timed "$f.ours" "$mailark" copy --quiet "$mbox" "$d/ours/"
		timed "$f.mdeliver" sh -c "mdeliver -M '$d/b' <'$mbox' && sync -f '$d/b'"
		timed "$f.each" "$mailark" copy --quiet --to maildir,durable=each "$mbox" "$d/each/"
		timed "$f.mb2md" sh -c "mb2md -s '$mbox' -d '$d/c' && sync -f '$d/c'"
	done
	echo "mbox -> Maildir: $n"
	row "mailark copy" "$f.ours" "$b" ""
	row "mailark copy, durable=each" "$f.each" "$b" "" "(each message synced, as mdeliver does)"
	row "mblaze mdeliver" "$f.mdeliver" "$b" "$f.each"
	row "mb2md + sync" "$f.mb2md" "$b" "$f.ours"
	rm -rf "$work"/md
}
bench_mbox() { # NAME MBOX
	local f=$work/b n=$1 mbox=$2 b
	b=$(bytes "$mbox")
	rm -f "$f".*
	warm "$mbox"
	for ((i = 0; i < rounds; i++)); do
		rm -f "$work"/o.*
		timed "$f.ours" "$mailark" copy --quiet "$mbox" "$work/o.mbox"
		timed "$f.cat" sh -c "cat '$mbox' >'$work/o.cat' && sync '$work/o.cat'"
	done
	echo "mbox -> mbox: $n"
	row "mailark copy" "$f.ours" "$b" ""
	row "cat + sync" "$f.cat" "$b" "$f.ours"
	rm -f "$work"/o.*
}
setup_peers() { # MAILDIR
	export NOTMUCH_CONFIG=$work/notmuch-config MUHOME=$work/mu
	rm -rf "$1/.notmuch" "$MUHOME"
	printf '[database]\npath=%s\n[user]\nname=x\nprimary_email=x@example.org\n[new]\ntags=unread\nignore=\n[search]\nexclude_tags=\n[maildir]\nsynchronize_flags=true\n' "$1" >"$NOTMUCH_CONFIG"
	mu init --quiet --muhome="$MUHOME" --maildir="$1" >/dev/null 2>&1
}
bench_index() { # NAME MBOX MESSAGES
	local f=$work/i n=$1 mbox=$2 count=$3 b
	b=$(bytes "$mbox")
	rm -f "$f".*
	((count <= peers)) && "$mailark" copy --quiet "$mbox" "$work/peer/"
	for ((i = 0; i < rounds; i++)); do
		rm -rf "$work/i.mailark"*
		timed "$f.ours" "$mailark" copy --quiet "$mbox" "$work/i.mailark"
		((count <= peers)) || break
		setup_peers "$work/peer"
		timed "$f.notmuch" notmuch new --quiet
		timed "$f.mu" mu index --quiet --muhome="$MUHOME"
		((count > 50000)) && break
	done
	echo "archive + index: $n, $count messages"
	row "mailark copy (archive and index)" "$f.ours" "$b" "" \
		"$(awk -v n="$count" -v t="$(median "$f.ours" 1)" 'BEGIN { printf "%.0f msg/s", n / t }'), index $(($(tree "$work/i.mailark.cache/xapian") / 1000)) kB"
	((count <= peers)) || return
	row "notmuch new" "$f.notmuch" "$b" "$f.ours" "index $(($(tree "$work/peer/.notmuch/xapian") / 1000)) kB"
	row "mu index" "$f.mu" "$b" "$f.ours" "index $(($(tree "$MUHOME") / 1000)) kB"
}
bench_search() { # NAME MBOX: the index of bench_index is there
	local n=$1 mbox=$2 count=$3
	# 50 queries: subject words of all frequencies, pairs, senders, phrases.
	grep -a '^Subject: ' "$mbox" | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | awk 'length > 3' | sort | uniq -c |
		sort -rn | awk '{ w[NR] = $2 } END {
			for (i = 0; i < 20; i++) print w[int(exp(i / 20 * log(NR))) + 1]
			for (i = 0; i < 10; i++) print w[i + 2], w[2 * i + 5]
			for (i = 0; i < 10; i++) print "subject:" w[int(exp(i / 10 * log(NR))) + 3]
			for (i = 0; i < 10; i++) print "from:" w[i + 20]
		}' >"$work/queries"
	rm -f "$work"/q.*
	# As they print by themselves, the first 50.
	while read -r q; do
		timed_ms "$work/q.ours" "$mailark" search --no-snippets "$work/i.mailark" "$q"
		timed_ms "$work/q.snip" "$mailark" search "$work/i.mailark" "$q"
		((count <= peers)) || continue
		timed_ms "$work/q.notmuch" notmuch search --limit=50 "$q"
		timed_ms "$work/q.mu" mu find --muhome="$MUHOME" --maxnum=50 "$q"
	done <"$work/queries"
	echo "search: $n, $(wc -l <"$work/queries") queries, whole process, the first 50 hits"
	local name
	for p in snip ours notmuch mu; do
		[[ -e $work/q.$p ]] || continue
		case $p in
		snip) name="mailark search" ;;
		ours) name="mailark search --no-snippets" ;;
		notmuch) name="notmuch search (no text)" ;;
		mu) name="mu find (no text)" ;;
		esac
		sort -g "$work/q.$p" | awk -v p="$name" '{ v[NR] = $1; c[NR] = $2; if ($3 > m) m = $3 } END {
			n = asort_(c, NR)
			printf "  %-34s median %6.1f ms  p95 %6.1f ms  max %6.1f ms  cpu median %5.1f ms  peak %.0f MiB\n",
			p, v[int((NR + 1) / 2)], v[int(NR * 0.95)], v[NR], c[int((NR + 1) / 2)], m / 1024 }
			function asort_(a, n, i, j, t) {
				for (i = 2; i <= n; i++)
					for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
				return n
			}'
	done
}

set_mail() { # MBOX NAME: everything with one mailbox
	local mbox=$1 n=$2 count
	count=$(grep -ac '^From ' "$mbox")
	wants archive && bench_archive "$n" "$mbox"
	((count <= 100000)) && wants maildir && bench_maildir "$n" "$mbox"
	wants mbox && bench_mbox "$n" "$mbox"
	if wants index || wants search; then
		bench_index "$n" "$mbox" "$count"
		wants search && bench_search "$n" "$mbox" "$count"
		rm -rf "$work/peer" "$work/mu" "$work"/i.*
	fi
}

echo "machine: $(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo), $(uname -r)"
if [[ -n ${MAIL:-} ]]; then
	set_mail "$MAIL" "$(basename "$MAIL")"
fi
for n in $sizes; do
	"$gen" -n "$n" >"$work/text.mbox"
	set_mail "$work/text.mbox" "generated text, $n"
	if ((n <= 100000)); then
		"$gen" -n "$((n / 5))" -a 40 >"$work/attach.mbox"
		set_mail "$work/attach.mbox" "generated with attachments, $((n / 5))"
		rm -f "$work/attach.mbox"
	fi
	rm -f "$work/text.mbox"
done
if wants growth; then
	echo "growth: generated text, archive without and with the index"
	for n in $sizes; do
		"$gen" -n "$n" >"$work/g.mbox"
		b=$(bytes "$work/g.mbox")
		rm -f "$work"/g.t*
		rm -rf "$work"/g.mailark*
		timed "$work/g.t1" "$mailark" copy --quiet --no-index "$work/g.mbox" "$work/g.mailark"
		timed "$work/g.t2" "$mailark" index "$work/g.mailark"
		row "$n messages: archive" "$work/g.t1" "$b" ""
		row "$n messages: index" "$work/g.t2" "$b" "" \
			"$(awk -v n="$n" -v t="$(median "$work/g.t2" 1)" 'BEGIN { printf "%.0f msg/s", n / t }')"
		rm -rf "$work"/g.*
	done
fi
