#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Format, licence lines, exported names, static analysis, man pages.
# usage: BUILD=… CPPFLAGS=… lint.sh FILE.c…
set -u
build=${BUILD:-build}
bad=0
say() { echo "lint: $*"; bad=1; }

# Every file of ours says its licence.
for f in $(git ls-files '*.c' '*.h' '*.cc' '*.sh' '*.py' Makefile); do
	head -3 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
		say "$f: no SPDX line"
done
# Format: clang-format decides.
for f in $(git ls-files '*.c' '*.h' '*.cc'); do
	clang-format --dry-run -Werror "$f" >/dev/null 2>&1 ||
		say "$f: make format"
done
# Libraries export am_ names only.
for lib in "$build"/libam-*.a; do
	case $lib in *-cmd.a | *-index.a) continue ;; esac
	nm -g --defined-only "$lib" 2>/dev/null |
		awk '$2 ~ /[TDBR]/ && $3 !~ /^am_/ { print $3 }' |
		while read -r s; do echo "lint: $lib exports $s"; done | grep . && bad=1
done
# Man pages.
for m in cmd/man/*.[15]; do
	out=$(mandoc -Tlint -W warning "$m") || say "$m: $out"
done
cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	--enable=warning,portability --suppress=missingIncludeSystem \
	-Ilibarchive-mail -I. -I"$build"/gen -D_GNU_SOURCE "$@" || bad=1
# clang-tidy says on stderr only how much it did not show.
export CPPFLAGS
printf '%s\n' "$@" | xargs -P"$(nproc)" -n2 sh -c '
	bad=0
	for f; do
		# error.c defines what analyzer.h describes.
		told="-include tools/analyzer.h"
		[ "$f" = libarchive-mail/base/error.c ] && told=
		clang-tidy --quiet "$f" -- -std=c17 $CPPFLAGS \
			-DAM_VERSION=\"0\" $told 2>/dev/null || bad=1
	done
	exit $bad' sh || bad=1
[ $bad = 0 ] && echo 'lint: clean'
exit $bad
