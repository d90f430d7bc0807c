#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install the named groups of packages.txt, if any of them is missing.
# usage: install-deps.sh build [test] [bench] [lint]
set -eu
cd "$(dirname "$0")/.."
want=
for group; do
	want="$want $(awk -v g="$group" '$1 == g { print $2 }' packages.txt)"
done
missing=
for p in $want; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "install-deps: needs root or sudo to install:$missing" >&2
		exit 2
	}
	as_root=sudo
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends $missing >/dev/null
