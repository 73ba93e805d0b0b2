#!/bin/sh
# Installs into a directory of its own, and then is somebody who has nothing but that: the headers compile alone, in C
# and C++; two programs are built with pkg-config's answer and run; the archive has the interface and nothing else;
# uninstall leaves nothing. Prints TAP for tests/run.
: "${CC:=cc}" "${MAKE:=make}" "${BUILD:=build}"
case $CC in
*clang*) CXX=${CXX:-$(echo "$CC" | sed 's/clang/clang++/')} ;;
*) CXX=${CXX:-$(command -v g++ || echo c++)} ;;
esac
sanitize=${SANITIZE:+-fsanitize=$SANITIZE}
strict='-Wall -Wextra -Wpedantic -Werror'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
prefix=/opt/elsewhere
at=$work$prefix
. tests/help/tap.sh

# Nothing is built anew: the flags are those that the caller gave to make, in MAKEFLAGS.
installs_all() {
    $MAKE -s install DESTDIR="$work" PREFIX="$prefix" || return
    for file in bin/rawshake lib/librawshake.a lib/pkgconfig/rawshake.pc share/man/man1/rawshake.1; do
        [ -s "$at/$file" ] || { echo "$file is missing"; return 1; }
    done
    for header in include/rawshake/*.h; do
        cmp "$header" "$at/$header" || return
    done
}

# Each header alone, in both languages; the oldest C is C99 for everything that the headers use.
headers_stand_alone() {
    for header in "$at"/include/rawshake/*.h; do
        name=rawshake/${header##*/}
        for how in "$CC -xc -std=c99" "$CC -xc -std=c11" ${have_cxx:+"$CXX -xc++ -std=c++11" "$CXX -xc++ -std=c++20"}; do
            printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
                $how $strict -fsyntax-only -I"$at/include" - || { echo "$name, $how"; return 1; }
        done
    done
}

macros() { printf "$1" | $CC -xc -std=c11 -dM -E -I"$at/include" - | awk '{print $2}' | sed 's/(.*//' | sort -u; }

# Whoever includes the headers gets no macro that is not ours by name.
macros_have_our_prefix() {
    macros '#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n' >"$work/theirs"
    macros '#include <rawshake/rawshake.h>\n' >"$work/all"
    comm -13 "$work/theirs" "$work/all" >"$work/ours"
    grep -q '^RS_VERSION$' "$work/ours" && ! grep -vE '^(RS_|RAWSHAKE_)' "$work/ours"
}

defined() { nm -g --defined-only "$at/lib/librawshake.a" | awk 'NF == 3 {print $3}' | sort -u; }

symbols_have_our_prefix() {
    defined >"$work/defined"
    grep -q '^rs_conn_open$' "$work/defined" && ! grep -v '^rs_' "$work/defined"
}

# What the headers declare (a line that begins in the first column and names a function or a table) is what there is.
interface_is_complete() {
    sed -nE '/^(typedef|static|#)/d; s/^[a-z].*[ *](rs_[a-z0-9_]+)(\(|\[\];|;$).*/\1/p' "$at"/include/rawshake/*.h |
        sort -u >"$work/declared"
    grep -q '^rs_conn_open$' "$work/declared" || return
    defined | diff "$work/declared" - # < declared, but not there; > there, but not declared
}

flags() {
    PKG_CONFIG_PATH=$at/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work pkg-config "$@" rawshake
}

version_is_the_headers() {
    [ "$(flags --modversion)" = "$(sed -n 's/^#define RS_VERSION "\(.*\)"/\1/p' include/rawshake/rawshake.h)" ]
}

# The program prints exactly what docs/library.md shows.
example_prints_what_its_page_shows() {
    [ "$(wc -l <docs/example.c)" -le 100 ] || { echo "docs/example.c has more than 100 lines"; return 1; }
    $CC -std=c11 $strict $sanitize docs/example.c $(flags --cflags --libs --static) -o "$work/example" || return
    "$work/example" >"$work/out" || return
    awk '/^```/ {inside = !inside; wanted = inside && $0 == "```"; next} wanted' docs/library.md | diff - "$work/out"
}

program_in_cpp() {
    $CXX -std=c++11 $strict $sanitize tests/library/open.cpp $(flags --cflags --libs --static) -o "$work/open" || return
    [ "$("$work/open")" = ESTABLISHED ]
}

uninstall_leaves_nothing() {
    $MAKE -s uninstall DESTDIR="$work" PREFIX="$prefix" || return
    [ -z "$(find "$at" ! -type d; find "$at" -name 'rawshake*')" ]
}

have_cxx=
echo 'int main() {}' | $CXX -xc++ -fsyntax-only - 2>/dev/null && have_cxx=yes
command -v pkg-config >/dev/null && have_pkg_config=yes || have_pkg_config=

echo "1..9"
try installs_all
try headers_stand_alone
try macros_have_our_prefix
try symbols_have_our_prefix
try interface_is_complete
if [ "$have_pkg_config" ]; then
    try version_is_the_headers
    try example_prints_what_its_page_shows
else
    skip version_is_the_headers "no pkg-config here"
    skip example_prints_what_its_page_shows "no pkg-config here"
fi
if [ "$have_pkg_config" ] && [ "$have_cxx" ]; then
    try program_in_cpp
else
    skip program_in_cpp "no pkg-config or no C++ compiler here"
fi
try uninstall_leaves_nothing
exit $status
