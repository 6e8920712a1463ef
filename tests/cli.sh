#!/bin/sh
# The command-line program as a user meets it: exit codes, errors that help, output that goes where it should.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
out=build/cli.out err=build/cli.err

# expect CODE TEXT FILE ARGUMENTS...: build/r0 ARGUMENTS exits with CODE and FILE (out or err) holds TEXT.
expect() {
    code=$1 text=$2 file=build/cli.$3
    shift 3
    build/r0 "$@" >$out 2>$err </dev/null
    got=$?
    if [ "$got" = "$code" ] && grep -qF -- "$text" "$file"; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL cli: r0 $*: exit code $got, expected $code and \"$text\" in $file: $(head -c 200 "$file")"
    fi
}

expect 0 "Usage: r0" out --help
expect 0 "Usage: r0" out -h
expect 2 "Usage: r0" out
expect 0 "r0 " out --version
expect 2 'did you mean "evolve"?' err evolv
expect 2 'no command "xyzzy"; see r0 --help' err xyzzy
expect 2 'did you mean --threads?' err --thread 2 evolve
expect 2 '--threads needs a whole number' err --threads
expect 2 '--threads: "two" is not a whole number' err --threads two evolve
expect 1 'none of auto, cpu, vulkan' err --device abacus evolve
expect 1 '9999 is not within' err --threads 9999 evolve

# Every command that the help names explains itself, and refuses an option that it does not know.
for command in $(build/r0 --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
    expect 0 "$command" out "$command" --help
    expect 2 "" err "$command" --no-such-option
done

# Results that cannot be written are an error.
if [ -e /dev/full ]; then
    if build/r0 --help >/dev/full 2>$err; then failed=$((failed + 1)); echo "FAIL cli: a full disk goes unnoticed"
    else passed=$((passed + 1))
    fi
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
