#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make bench-imap: an IMAP account into an archive and a Maildir, beside peers
# and beside the floor: the same bytes read with one pipelined FETCH a folder,
# to nowhere (imap-lab read, C).  The server is the tests' Dovecot.
#
#   MESSAGES=10000 ROUNDS=3   size of the account (about 27 kB each), pairs
#   SMALL=100000              messages of the account that has nothing new
#   ONLY="plain tls again far"  parts: loopback, over TLS, nothing new, 50 ms
#   RIVALS=all                offlineimap and getmail too; they take minutes
#   LIMIT=300                 seconds after which a peer has not finished
#   RIVALS_WITH=…             only these of: doveadm mbsync mbsync-nosync
#                             mbsync-compress
#
# Runs alternate, and ratios are of neighbours in time; above 1: we are faster.
# Peers do not sync their files (as fast as they can be set to) but for mbsync,
# which is measured both ways; mailark does, but for the row that says so.
# A peer whose copy is not complete is named and given no figures.
set -u
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
mailark=$build/mailark lab=$build/imap-lab
messages=${MESSAGES:-10000} small=${SMALL:-100000} rounds=${ROUNDS:-3}
only=${ONLY:-plain tls again far} limit=${LIMIT:-300}
peers=${RIVALS_WITH:-doveadm mbsync mbsync-nosync mbsync-compress}
[[ ${RIVALS:-} == all ]] && peers+=" offlineimap getmail"
sh tools/install-deps.sh build test bench || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/mailark-bench-XXXXXX")
chmod 755 "$work"
export HOME=$work XDG_CONFIG_HOME=$work
wants() { [[ " $only " == *" $1 "* ]]; }

# ---- the server, and lines to it ----
mkfifo "$work/server" "$work/line"
"$lab" serve <"$work/server" >"$work/ports" & server=$!
exec 7>"$work/server"
trap 'exec 7>&- 8>&-; wait "$server"; rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP
while [[ ! -s $work/ports ]]; do
	kill -0 "$server" 2>/dev/null || exit 2
	sleep 0.1
done
read -r dir imap imaps _ <"$work/ports"
echo secret >"$work/password"
chmod 600 "$work/password"

open_line() { # MILLISECONDS: $line is then the port of a line so long
	rm -f "$work/line.out"
	"$lab" relay "$imap" "$1" <"$work/line" >"$work/line.out" & relay=$!
	exec 8>"$work/line"
	while [[ ! -s $work/line.out ]]; do sleep 0.05; done
	read -r line <"$work/line.out"
}
set_line() { # MILLISECONDS: from now on; $turns: how often the client waited till now
	local lines
	lines=$(wc -l <"$work/line.out")
	echo "$1" >&8
	while (($(wc -l <"$work/line.out") == lines)); do sleep 0.05; done
	turns=$(tail -n1 "$work/line.out")
}
close_line() {
	exec 8>&-
	wait "$relay"
}

# ---- the runs: USER PORT DEST, and $secure empty or "1" ----
as_nobody=
[[ $(id -u) == 0 ]] && as_nobody="setpriv --reuid=nobody --regid=nogroup --clear-groups"
url() { # USER PORT
	[[ -n $secure ]] && echo "imaps://$1@localhost:$2/" || echo "imap://$1@127.0.0.1:$2/"
}
options() {
	echo "imap,password-file=$work/password,$([[ -n $secure ]] && echo "tls-ca=$dir/cert.pem" || echo tls=off)"
}
run_floor() { "$lab" read "$imap" "$1" "$([[ $2 != "$imap" ]] && echo "$2")" ${secure:+tls}; }
run_ours() { "$mailark" copy --quiet --no-index --from "$(options)" "$(url "$1" "$2")" "$3.mailark"; }
run_ours-index() { "$mailark" copy --quiet --from "$(options)" "$(url "$1" "$2")" "$3.mailark"; }
run_ours-maildir() { "$mailark" copy --quiet --from "$(options)" "$(url "$1" "$2")" "$3/"; }
run_ours-nosync() { "$mailark" copy --quiet --from "$(options)" --to maildir,durable=no "$(url "$1" "$2")" "$3/"; }
run_doveadm() {
	mkdir -p "$3/mail" "$3/run"
	[[ $(id -u) == 0 ]] && chown -R nobody:nogroup "$3"
	local user=nobody group=nogroup
	[[ $(id -u) == 0 ]] || { user=$(id -un) group=$(id -gn); }
	cat >"$3/conf" <<-C
		base_dir=$3/run
		log_path=/dev/stderr
		ssl=no
		mail_uid=$user
		mail_gid=$group
		first_valid_uid=1
		first_valid_gid=1
		mail_home=$3
		mail_location=maildir:$3/mail
		mail_fsync=never
		namespace inbox {
		  inbox=yes
		  separator=/
		}
		imapc_host=127.0.0.1
		imapc_port=$2
		imapc_user=$1
		imapc_password=secret
		imapc_features=rfc822.size fetch-headers
		imapc_ssl=$([[ -n $secure ]] && echo imaps || echo no)
		ssl_client_ca_file=$dir/cert.pem
		mail_prefetch_count=20
		protocol doveadm {
		  passdb {
		    driver=static
		    args=nopassword
		  }
		}
	C
	USER=$user HOME=$3 doveadm -c "$3/conf" backup -R imapc:
}
mbsync_with() { # USER PORT DEST MORE-OF-THE-SERVER MORE
	mkdir -p "$3"
	cat >"$3/.rc" <<-C
		$5
		IMAPStore far
		Host $([[ -n $secure ]] && echo localhost || echo 127.0.0.1)
		Port $2
		User $1
		Pass secret
		SSLType $([[ -n $secure ]] && echo IMAPS || echo None)
		CertificateFile $dir/cert.pem
		AuthMechs LOGIN
		PipelineDepth 50
		$4

		MaildirStore near
		Path $3/
		Inbox $3/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Near
		Sync Pull
		CopyArrivalDate yes
		SyncState *
	C
	mbsync -q -c "$3/.rc" -a
}
run_mbsync() { mbsync_with "$1" "$2" "$3" "DisableExtension COMPRESS=DEFLATE" ""; }
run_mbsync-nosync() { mbsync_with "$1" "$2" "$3" "DisableExtension COMPRESS=DEFLATE" "FSync no"; }
run_mbsync-compress() { mbsync_with "$1" "$2" "$3" "" ""; }
run_offlineimap() {
	mkdir -p "$3"
	cat >"$3/.rc" <<-C
		[general]
		accounts=a
		metadata=$3/.meta
		ui=Quiet
		fsync=False
		[Account a]
		localrepository=l
		remoterepository=r
		[Repository l]
		type=Maildir
		localfolders=$3
		[Repository r]
		type=IMAP
		remotehost=$([[ -n $secure ]] && echo localhost || echo 127.0.0.1)
		remoteport=$2
		remoteuser=$1
		remotepass=secret
		readonly=yes
		auth_mechanisms=LOGIN
		maxconnections=4
		ssl=$([[ -n $secure ]] && echo yes || echo no)
		starttls=no
		sslcacertfile=$dir/cert.pem
	C
	offlineimap -o -c "$3/.rc"
}
run_getmail() {
	mkdir -p "$3/.g" "$3/all/"{cur,new,tmp}
	cat >"$3/.g/getmailrc" <<-C
		[retriever]
		type=SimpleIMAP$([[ -n $secure ]] && echo SSL)Retriever
		server=$([[ -n $secure ]] && echo localhost || echo 127.0.0.1)
		port=$2
		username=$1
		password=secret
		mailboxes=ALL
		[destination]
		type=Maildir
		path=$3/all/
		[options]
		read_all=false
		delivered_to=false
		received=false
		verbose=0
	C
	[[ $(id -u) == 0 ]] && chown -R nobody:nogroup "$3" # it refuses to be root
	HOME=$3 $as_nobody getmail -q --getmaildir="$3/.g"
}
export -f url options run_floor run_ours run_ours-index run_ours-maildir run_ours-nosync run_doveadm mbsync_with \
	run_mbsync run_mbsync-nosync run_mbsync-compress run_offlineimap run_getmail
export lab mailark imap dir work as_nobody secure=

title() {
	case $1 in
	floor) echo "one pipelined FETCH to nowhere" ;;
	ours) echo "mailark -> archive, --no-index" ;;
	ours-index) echo "mailark -> archive and index" ;;
	ours-maildir) echo "mailark -> Maildir" ;;
	ours-nosync) echo "mailark -> Maildir, durable=no" ;;
	doveadm) echo "doveadm backup over imapc -> Maildir" ;;
	mbsync) echo "mbsync, COMPRESS off -> Maildir" ;;
	mbsync-nosync) echo "... and its files not synced" ;;
	mbsync-compress) echo "mbsync as it comes -> Maildir" ;;
	offlineimap) echo "offlineimap, 4 connections -> Maildir" ;;
	getmail) echo "getmail6 -> one Maildir" ;;
	esac
}
# What a run left behind is all of it; a floor leaves nothing.
complete() { # RUN DEST MESSAGES
	case $1 in
	floor) return 0 ;;
	ours | ours-index) "$mailark" list --json "$2.mailark" | grep -o '"messages":[0-9]*' |
		awk -F: -v n="$3" '{ s += $2 } END { exit s != n }' ;;
	*) [[ $(find "$2" -type f \( -path '*/cur/*' -o -path '*/new/*' \) | wc -l) == "$3" ]] ;;
	esac
}
# run NAME USER PORT DEST MESSAGES: adds "wall cpu peak-KiB" to $work/NAME.t
run() {
	command time -q -o "$work/time" -f '%e %U %S %M' timeout "$limit" \
		bash -c "run_$1 \"\$@\"" run "$2" "$3" "$4" >"$work/out" 2>"$work/err"
	local status=$?
	if [[ $status != 0 ]] || ! complete "$1" "$4" "$5"; then
		echo "  $(title "$1"): not complete (status $status) $(tail -n1 "$work/err" | cut -c1-100)"
		echo "$1" >>"$work/failed"
		return
	fi
	awk 'END { printf "%s %.2f %s\n", $1, $2 + $3, $4 }' "$work/time" >>"$work/$1.t"
}
failed() { grep -qx "$1" "$work/failed" 2>/dev/null; }
median() { sort -g -k"$2,$2" "$work/$1.t" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }
ratio() { # NAME OURS: the pairs' own ratios, and their median
	paste "$work/$1.t" "$work/$2.t" | awk 'NF == 6 { print $1 / ($4 > 0 ? $4 : 0.005) }' | sort -g |
		awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] }'
}
row() { # NAME BYTES
	[[ -e $work/$1.t ]] || return
	local own=ours
	case $1 in
	floor | ours*) ;;
	mbsync | mbsync-compress) own=ours-maildir ;; # they sync, as we do
	*) own=ours-nosync ;;
	esac
	[[ -e $work/$own.t ]] || own=ours
	printf '  %-38s %7.2f s %7.2f cpu %7.1f MB/s %5.0f MiB  ratio %s\n' "$(title "$1")" \
		"$(median "$1" 1)" "$(median "$1" 2)" \
		"$(awk -v b="$2" -v t="$(median "$1" 1)" 'BEGIN { print b / 1e6 / (t > 0 ? t : 0.005) }')" \
		"$(awk -v k="$(median "$1" 3)" 'BEGIN { print k / 1024 }')" "$(ratio "$1" "$own")"
}
# An account from nothing.  Nothing is deleted between the rounds: see bench.sh.
fetch() { # TITLE USER PORT MESSAGES BYTES ROUNDS RUN…
	local what=$1 user=$2 port=$3 n=$4 bytes=$5 times=$6 i name
	shift 6
	rm -rf "$work"/*.t "$work/failed" "$work"/[0-9]*
	echo "$what: $n messages, $((bytes / 1000000)) MB; ratio: of peers to our Maildir, synced as theirs; else to the archive's"
	for ((i = 0; i < times; i++)); do
		for name; do
			failed "$name" || run "$name" "$user" "$port" "$work/$i-$name" "$n"
		done
	done
	for name; do row "$name" "$bytes"; done
	rm -rf "$work"/[0-9]*
}
# And once more with nothing new.
again() { # TITLE USER PORT MESSAGES ROUNDS RUN…
	local what=$1 user=$2 port=$3 n=$4 times=$5 i name
	shift 5
	rm -f "$work"/*.t
	echo "$what"
	for ((i = 0; i < times; i++)); do
		for name; do
			failed "$name" || run "$name" "$user" "$port" "$work/again-$name" "$n"
		done
	done
	for name; do row "$name" 0; done
}

echo "machine: $(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo), $(uname -r)"
bytes=0
if wants plain || wants tls || wants far; then
	"$build/gen-mail" -n "$messages" -a 26 >"$work/mbox"
	"$lab" load "$dir" user1 8 <"$work/mbox" >/dev/null
	rm -f "$work/mbox"
	bytes=$("$lab" read "$imap" user1 | cut -d' ' -f1) # and Dovecot makes its indexes
fi
# shellcheck disable=SC2086
wants plain && fetch "loopback, in the clear" user1 "$imap" "$messages" "$bytes" "$rounds" \
	floor ours ours-maildir ours-nosync ours-index $peers
if wants tls; then
	secure=1
	# shellcheck disable=SC2086
	fetch "loopback, TLS" user1 "$imaps" "$messages" "$bytes" "$rounds" \
		floor ours ours-maildir ours-nosync $peers
	secure=
fi
if wants far; then
	open_line 50
	# shellcheck disable=SC2086
	fetch "50 ms there and back" user1 "$line" "$messages" "$bytes" 1 \
		floor ours ours-maildir ours-nosync $peers
	close_line
fi
if wants again; then
	"$lab" fill "$dir" user2 50 "$small" 200
	"$lab" read "$imap" user2 >/dev/null
	rm -f "$work/failed"
	open_line 0 # of one port throughout: another port is another account
	# shellcheck disable=SC2086
	again "50 folders, $small small messages: the first time" user2 "$line" "$small" 1 \
		ours ours-maildir ours-nosync $peers
	# shellcheck disable=SC2086
	again "nothing new" user2 "$line" "$small" "$rounds" ours ours-maildir ours-nosync $peers
	set_line 0
	before=$turns
	run ours user2 "$line" "$work/again-ours" "$small"
	set_line 50
	echo "  mailark waited $((turns - before)) times for the server, login included"
	# shellcheck disable=SC2086
	again "nothing new, 50 ms there and back" user2 "$line" "$small" 1 ours ours-maildir ours-nosync $peers
	close_line
fi
