#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the test binaries of a build; all of them, or -t FOLDER/NAME for one file.
# A leak does not fail a Criterion test by itself (it is reported after the
# verdict), so sanitizer reports go to files and any file fails the run.
set -u
build=$1
only=
[ "${2:-}" = -t ] && only=$3
logs=$(mktemp -d)
verdict=$(mktemp)
trap 'rm -rf "$logs" "$verdict"' EXIT
# Xapian's own check() deletes what it made by another size.
export ASAN_OPTIONS="log_path=$logs/asan:detect_stack_use_after_return=1:allocator_may_return_null=1:new_delete_type_mismatch=0"
export LSAN_OPTIONS="suppressions=$PWD/tools/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$logs/ubsan"
export G_SLICE=always-malloc LC_ALL=C.UTF-8
bad=0
# A test binary whose runner hangs (Criterion's does when a test dies badly)
# fails instead of holding everything up.
run() {
	timeout -k 10 "${TEST_SECONDS:-1800}" "$@" || { echo "FAILED: $*"; bad=1; }
}
# And one that ran no test at all (no such file; no /proc, without which Criterion
# starts none and calls that success) has not passed.
run_tests() {
	rm -f "$verdict"
	run "$@" -j2 --short-filename --json="$verdict"
	if grep -q '^  "passed": 0,' "$verdict" 2>/dev/null &&
		grep -q '^  "failed": 0,' "$verdict" && grep -q '^  "errored": 0,' "$verdict"; then
		echo "FAILED: no test was run: $*"
		bad=1
	fi
}
if [ -n "$only" ]; then
	folder=${only%%/*} name=${only#*/}
	if [ "$name" = "$only" ]; then
		run_tests "$build/tests/$folder"
	else
		run_tests "$build/tests/$folder" --filter "$(echo "$name" | sed 's/^test_//')/*"
	fi
else
	for t in "$build"/tests/*; do
		case $t in
		*.a) continue ;;
		*/stress-*) echo "$t"; run "$t" ;;
		*) [ -x "$t" ] && { echo "$t"; run_tests "$t"; } ;;
		esac
	done
fi
for f in "$logs"/*; do
	[ -e "$f" ] || continue
	echo "sanitizer report $f:"; head -60 "$f"; bad=1
done
exit $bad
