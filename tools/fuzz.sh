#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz one parser, or each in turn, seeded from samples/.
# usage: fuzz.sh 'NAME or nothing' SECONDS NAME…
set -eu
only=$1 seconds=$2
shift 2
[ -n "$only" ] && set -- "$only"
mkdir -p build-fuzz
for name; do
	make --no-print-directory fuzz-bin F="$name" BUILD=build-fuzz CC=clang CXX=clang++ \
		OPT='-O1 -g' WERROR=0 \
		SAN='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all' >build-fuzz/build.log 2>&1 || {
		tail -20 build-fuzz/build.log
		exit 1
	}
	corpus=build-fuzz/corpus-$name
	mkdir -p "$corpus"
	seeds=
	for d in samples/"$name" tests/fuzz/"$name"; do
		[ -d "$d" ] && seeds="$seeds $d"
	done
	[ -d samples/"$name" ] || seeds="$seeds samples"
	dict=
	[ -f "tests/fuzz/fuzz_$name.dict" ] && dict=-dict=tests/fuzz/fuzz_$name.dict
	echo "== $name, $seconds s"
	# shellcheck disable=SC2086
	build-fuzz/fuzz-"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-max_len=65536 -print_final_stats=0 -verbosity=0 \
		-artifact_prefix=build-fuzz/crash-"$name"- $dict "$corpus" $seeds
done
