#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Searching beside the peers on the same mail, in one run.
#
#   make bench-search                  100,000 generated messages
#   make bench-search N=1000000        as many; notmuch and mu take hours then
#   make bench-search MAIL=~/x.mbox    your own mail
#   make bench-search PEERS=0          without notmuch and mu
#   make bench-search RT=1             queries at real-time priority, for a machine
#                                      that others use as well
#
# 100 queries: words of all frequencies, pairs, phrases, fields, dates, sizes and
# what all of mail has.  First the whole program, as a shell starts it, newest
# first, 50 hits: each query of each tool in turn, the best of ROUNDS.  Then our
# index alone (search-clock), in microseconds of processor time.
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
n=${N:-100000}
rounds=${ROUNDS:-3}
peers=${PEERS:-1}
quiet=(env) # what commands are started with
[[ -n ${RT:-} ]] && quiet=(chrt -f 10)
sh tools/install-deps.sh build bench || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/mailark-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
mbox=${MAIL:-$work/mail.mbox}
[[ -n ${MAIL:-} ]] || "$build/gen-mail" -n "$n" >"$mbox"
n=$(grep -ac '^From ' "$mbox")
echo "machine: $(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo)"
echo "mail: $n messages, $(($(stat -c %s "$mbox") / 1000000)) MB"

# ---- indexing: what is stored already ---------------------------------------
timed() { # NAME DIRECTORY COMMAND…
	local name=$1 dir=$2 t
	shift 2
	command time -q -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" ||
		echo "    (failed: $* — $(tail -n1 "$work/err"))"
	read -r t < <(tail -n1 "$work/time")
	awk -v name="$name" -v n="$n" -v bytes="$(du -sb "$dir" | cut -f1)" '{ c = $2 + $3
		printf "  %-14s %8.2f s %8.2f cpu  %7.0f msg/s  %5.0f MiB  index %.1f MB\n",
		name, $1, c, n / ($1 > 0 ? $1 : 0.01), $4 / 1024, bytes / 1e6 }' <<<"$t"
}
echo "indexing, the mail being where the tool keeps it"
"$build/mailark" copy --quiet --no-index "$mbox" "$work/a.mailark"
mkdir -p "$work/a.mailark.cache/xapian"
timed mailark "$work/a.mailark.cache/xapian" "$build/mailark" index --quiet "$work/a.mailark"
if [[ $peers != 0 ]]; then
	"$build/mailark" copy --quiet "$mbox" "$work/md/"
	export NOTMUCH_CONFIG=$work/notmuch-config MUHOME=$work/mu
	printf '[database]\npath=%s\n[user]\nname=x\nprimary_email=x@example.org\n[new]\ntags=unread\nignore=\n[search]\nexclude_tags=\n[maildir]\nsynchronize_flags=true\n' "$work/md" >"$NOTMUCH_CONFIG"
	mu init --quiet --muhome="$MUHOME" --maildir="$work/md" >/dev/null 2>&1
	mkdir -p "$work/md/.notmuch"
	timed notmuch "$work/md/.notmuch" notmuch new --quiet
	timed mu "$MUHOME" mu index --quiet --muhome="$MUHOME"
fi

# ---- 100 queries that all three understand -----------------------------------
grep -a '^Subject: ' "$mbox" | head -n 300000 | cut -c10- | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' |
	awk 'length > 3' | sort | uniq -c | sort -rn | awk '{ w[NR] = $2 } END {
		for (i = 0; i < 40; i++) print w[int(exp(i / 40 * log(NR))) + 1]
		for (i = 0; i < 15; i++) print w[i + 2], w[2 * i + 5]
		for (i = 0; i < 10; i++) print "subject:" w[int(exp(i / 10 * log(NR))) + 3]
		for (i = 0; i < 10; i++) print "\"" w[i + 2] " " w[i + 7] "\""
		for (i = 0; i < 5; i++) print w[i + 2] " or " w[i + 40]
	}' >"$work/queries"
grep -a '^From: ' "$mbox" | head -n 100000 | grep -ao '[A-Za-z0-9._-]*@[A-Za-z0-9.-]*' | sort | uniq -c | sort -rn |
	awk '{ a[NR] = $2 } END { for (i = 0; i < 20; i++) print "from:" a[int(exp(i / 20 * log(NR))) + 1] }' >>"$work/queries"
total=$(wc -l <"$work/queries")

best() { # COMMAND…: milliseconds
	local TIMEFORMAT=%3R t least=
	for ((i = 0; i < rounds; i++)); do
		t=$({ time "${quiet[@]}" "$@" >/dev/null 2>&1; } 2>&1)
		least=$(awk -v a="$t" -v b="${least:-1e9}" 'BEGIN { t = a * 1000; print t < b ? t : b }')
	done
	echo "$least"
}
while read -r q; do
	# OR is written in capitals here.
	a=$(best "$build/mailark" search --sort date --no-snippets --limit 50 "$work/a.mailark" "${q// or / OR }")
	if [[ $peers != 0 ]]; then
		b=$(best notmuch search --limit=50 "$q")
		c=$(best mu find --muhome="$MUHOME" --maxnum=50 --sortfield=date --reverse "$q")
	fi
	printf '%s\t%s\t%s\t%s\n' "$a" "${b:--}" "${c:--}" "$q"
done <"$work/queries" >"$work/times"
tell() { # NAME COLUMN
	cut -f"$2" "$work/times" | sort -g | awk -v name="$1" '{ v[NR] = $1 } END {
		printf "  %-14s median %7.1f ms  p95 %7.1f ms  most %7.1f ms\n",
		name, v[int((NR + 1) / 2)], v[int(NR * 0.95)], v[NR] }'
}
echo "$total queries, the whole program, newest first, 50 hits, best of $rounds"
tell mailark 1
if [[ $peers != 0 ]]; then
	tell notmuch 2
	tell mu 3
	awk -F'\t' '{ n++; if ($1 < $2) a++; if ($1 < $3) b++; if ($1 >= $2 || $1 >= $3) slow = slow "\n    " $0 } END {
		printf "  mailark is ahead of notmuch on %d of %d, of mu on %d%s\n", a, n, b,
		slow ? "; not on (mailark, notmuch, mu, query):" slow : "" }' "$work/times"
fi

# ---- the index alone --------------------------------------------------------
sed 's/ or / OR /' "$work/queries" >"$work/clocked"
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
echo "the index alone, 50 hits (search-clock, microseconds of processor time)"
"$build/search-clock" "$work/a.mailark" "$rounds" <"$work/clocked" >"$work/clock"
head -n1 "$work/clock" | sed 's/^/  /'
tail -n4 "$work/clock" | sed 's/^/  /'
[[ -n ${VERBOSE:-} ]] && cat "$work/clock" "$work/times"
exit 0
