#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Searching beside the peers on the same mail, in one run.
#
#   make bench-search                  100,000 generated messages
#   make bench-search N=1000000        as many; notmuch and mu take hours then
#   make bench-search MAIL=~/x.mbox    your own mail
#   make bench-search PEERS=mu         beside one of them; PEERS= beside none
#   make bench-search WORK=DIR         what is made (mail, databases, times of
#                                      indexing) stays in DIR, and what is there
#                                      is not made again: asks the queries anew
#   make bench-search RT=1             queries at real-time priority, for a machine
#                                      that others use as well
#
# 100 queries: words of all frequencies, pairs, phrases, fields, dates, sizes and
# what all of mail has.  First the whole program, as a shell starts it, newest
# first, 50 hits: each query of each tool in turn, the best of ROUNDS in
# microseconds of processor time and of the clock (command-clock).  Then our
# index alone (search-clock), in microseconds of the clock.
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
n=${N:-100000}
rounds=${ROUNDS:-15}
read -ra peers <<<"${PEERS-notmuch mu}"
quiet=() # what commands are started with
[[ -n ${RT:-} ]] && quiet=(chrt -f 10)
sh tools/install-deps.sh build bench || exit 2
if [[ -n ${WORK:-} ]]; then
	mkdir -p "$WORK"
	work=$(realpath "$WORK")
else
	work=$(mktemp -d "${TMPDIR:-/tmp}/mailark-bench-XXXXXX")
	trap 'rm -rf "$work"' EXIT
fi
export NOTMUCH_CONFIG=$work/notmuch-config MUHOME=$work/mu

# ---- the mail, and 100 queries of it that all three understand ---------------
queries() { # MBOX
	grep -a '^Subject: ' "$1" | head -n 300000 | cut -c10- | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' |
		awk 'length > 3' | sort | uniq -c | sort -rn | awk '{ w[NR] = $2 } END {
			for (i = 0; i < 40; i++) print w[int(exp(i / 40 * log(NR))) + 1]
			for (i = 0; i < 15; i++) print w[i + 2], w[2 * i + 5]
			for (i = 0; i < 10; i++) print "subject:" w[int(exp(i / 10 * log(NR))) + 3]
			for (i = 0; i < 10; i++) print "\"" w[i + 2] " " w[i + 7] "\""
			for (i = 0; i < 5; i++) print w[i + 2] " OR " w[i + 40]
		}'
	grep -a '^From: ' "$1" | head -n 100000 | grep -ao '[A-Za-z0-9._-]*@[A-Za-z0-9.-]*' | sort | uniq -c | sort -rn |
		awk '{ a[NR] = $2 } END { for (i = 0; i < 20; i++) print "from:" a[int(exp(i / 20 * log(NR))) + 1] }'
}
mbox=${MAIL:-$work/mail.mbox}
if [[ ! -s $work/queries ]]; then
	[[ -n ${MAIL:-} || -s $mbox ]] || "$build/gen-mail" -n "$n" >"$mbox"
	queries "$mbox" >"$work/queries"
fi
if [[ ! -s $work/messages ]]; then
	"$build/mailark" copy --quiet --no-index "$mbox" "$work/a.mailark"
	echo "$(grep -ac '^From ' "$mbox") $(($(stat -c %s "$mbox") / 1000000))" >"$work/messages"
fi
read -r n megabytes <"$work/messages"
echo "machine: $(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo)"
echo "mail: $n messages, $megabytes MB"

# ---- indexing: what is stored already ---------------------------------------
timed() { # NAME DIRECTORY COMMAND…
	local name=$1 dir=$2 t
	shift 2
	if [[ ! -s $work/$name.time ]]; then
		command time -q -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" || {
			echo "    (failed: $* — $(tail -n1 "$work/err"))"
			exit 1
		}
		tail -n1 "$work/time" >"$work/$name.time"
	fi
	read -r t <"$work/$name.time"
	awk -v name="$name" -v n="$n" -v bytes="$(du -sb "$dir" | cut -f1)" '{ c = $2 + $3
		printf "  %-14s %8.2f s %8.2f cpu  %7.0f msg/s  %5.0f MiB  index %.1f MB\n",
		name, $1, c, n / ($1 > 0 ? $1 : 0.01), $4 / 1024, bytes / 1e6 }' <<<"$t"
}
echo "indexing, the mail being where the tool keeps it"
if [[ ! -s $work/mailark.time ]]; then
	rm -rf "$work/a.mailark.cache/xapian"
	mkdir -p "$work/a.mailark.cache/xapian"
fi
timed mailark "$work/a.mailark.cache/xapian" "$build/mailark" index --quiet "$work/a.mailark"
if [[ ${#peers[@]} != 0 && ! -s $work/maildir ]]; then
	"$build/mailark" copy --quiet --no-index "$work/a.mailark" "$work/md/"
	printf '[database]\npath=%s\n[user]\nname=x\nprimary_email=x@example.org\n[new]\ntags=unread\nignore=\n[search]\nexclude_tags=\n[maildir]\nsynchronize_flags=true\n' "$work/md" >"$NOTMUCH_CONFIG"
	mu init --quiet --muhome="$MUHOME" --maildir="$work/md" >/dev/null 2>&1
	mkdir -p "$work/md/.notmuch"
	echo "$n" >"$work/maildir"
fi
for p in "${peers[@]}"; do
	case $p in
	notmuch) timed notmuch "$work/md/.notmuch" notmuch new --quiet ;;
	mu) timed mu "$MUHOME" mu index --quiet --muhome="$MUHOME" ;;
	*) echo "no peer is called $p" >&2 && exit 2 ;;
	esac
done

# ---- whole programs ----------------------------------------------------------
commands=("$build/mailark" search --sort date --no-snippets --limit 50 "$work/a.mailark" {})
for p in "${peers[@]}"; do
	case $p in
	notmuch) commands+=(::: notmuch search --limit=50 {}) ;;
	mu) commands+=(::: =4 mu find "--muhome=$MUHOME" --maxnum=50 --sortfield=date --reverse {}) ;;
	esac
done
"${quiet[@]}" "$build/command-clock" "$rounds" "${commands[@]}" <"$work/queries" >"$work/times" || exit 1
tell() { # NAME COLUMN KIND
	cut -f"$2" "$work/times" | sort -g | awk -v name="$1" -v kind="$3" '{ v[NR] = $1 / 1000 } END {
		printf "  %-14s %-5s median %8.2f ms  p95 %8.2f ms  most %8.2f ms\n",
		name, kind, v[int((NR + 1) / 2)], v[int(NR * 0.95)], v[NR] }'
}
echo "$(wc -l <"$work/queries") queries, the whole program, newest first, 50 hits, best of $rounds"
column=1
for p in mailark "${peers[@]}"; do
	tell "$p" $column cpu
	tell "$p" $((column + 1)) clock
	column=$((column + 2))
done
column=3
for p in "${peers[@]}"; do
	awk -F'\t' -v p="$p" -v c=$column '{
			cpu += $1 < $c; clock += $2 < $(c + 1)
			if ($1 >= $c || $2 >= $(c + 1)) slow = slow "\n    " $0
			r = $c / $1; if (NR == 1 || r < least) least = r }
		END { printf "  mailark is ahead of %s on %d of %d by processor time, on %d by the clock (least factor %.2f)%s\n",
			p, cpu, NR, clock, least, slow ? "; not on (cpu and clock of each):" slow : "" }' "$work/times"
	column=$((column + 2))
done

# ---- the index alone --------------------------------------------------------
cp "$work/queries" "$work/clocked"
cat >>"$work/clocked" <<'EOF'
*
date:2005
since:2002-06
larger:8k
has:attachment
is:unread
body:mi
a*
co*
com*
-has:attachment
EOF
echo "the index alone, 50 hits (search-clock, microseconds of the clock)"
"$build/search-clock" "$work/a.mailark" 3 <"$work/clocked" >"$work/clock" || {
	cat "$work/clock"
	exit 1
}
head -n1 "$work/clock" | sed 's/^/  /'
tail -n4 "$work/clock" | sed 's/^/  /'
[[ -n ${VERBOSE:-} ]] && cat "$work/clock" "$work/times"
exit 0
