#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Text files to C arrays: FORMAT.md becomes `static const char am_embedded_FORMAT_md[]`.
echo '/* Made by tools/embed.sh; do not edit. */'
for f; do
	name=$(basename "$f" | tr -c 'A-Za-z0-9\n' '_')
	printf 'static const unsigned char am_embedded_%s[] = {\n' "$name"
	od -An -v -tu1 "$f" | sed 's/  */,/g; s/^,//; s/$/,/'
	echo '};'
done
