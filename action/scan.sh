#!/usr/bin/env bash
# Runs otcov once and hands over what it says. What was typed comes as variables and is never part of a command.
set -euo pipefail

reports=$RUNNER_TEMP/otcov-reports
rm -rf "$reports"
mkdir -p "$reports"

options=(scan --color never "--fail-on=$FAIL_ON")
[ -z "$CONFIG" ] || options+=("--config=$CONFIG")
[ -z "$FAIL_UNDER" ] || options+=("--fail-under=$FAIL_UNDER")
[ -z "$BASELINE" ] || options+=("--baseline=$BASELINE")
case "$DIFF" in
"" | false) ;;
true) options+=("--diff=") ;;
*) options+=("--diff=$DIFF") ;;
esac
for format in human json sarif markdown; do
    options+=("--format=$format=$reports/otcov.$format")
done
[ "$ANNOTATIONS" != true ] || options+=("--format=github")

paths=()
while IFS= read -r path; do
    [ -z "$path" ] || paths+=("$path")
done <<<"$LISTED"
[ ${#paths[@]} -gt 0 ] || paths=(.)

status=0
"$OTCOV" "${options[@]}" -- "${paths[@]}" || status=$?
if [ "$status" -gt 1 ]; then
    # It has said why.
    exit "$status"
fi

# What is in the report was written by whoever wrote the code: while it is printed, no line of it is a command.
stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$stop"
cat "$reports/otcov.human"
echo "::$stop::"

# One key of the report is one line, and one entry of a list is one.
percent() {
    sed -n "s/^  \"coverage\": .*\"$1\":{\"covered\":[0-9]*,\"total\":[0-9]*,\"percent\":\([0-9.]*\).*/\1/p" "$reports/otcov.json"
}
findings=$(grep -c '^    {"rule":' "$reports/otcov.json" || true)
if [ -n "$DIFF" ] && [ "$DIFF" != false ]; then
    findings=$(grep -c '^    {"rule":.*"in_diff":true}' "$reports/otcov.json" || true)
fi
{
    echo "coverage=$(percent functions)"
    echo "reach=$(percent reach)"
    echo "findings=$findings"
    if [ "$status" = 0 ]; then echo "passed=true"; else echo "passed=false"; fi
    echo "json-path=$reports/otcov.json"
    echo "sarif-path=$reports/otcov.sarif"
    echo "comment-path=$reports/otcov.markdown"
    # Nobody can guess where the text ends.
    end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "comment<<$end"
    cat "$reports/otcov.markdown"
    echo "$end"
} >>"$GITHUB_OUTPUT"

[ "$SUMMARY" != true ] || cat "$reports/otcov.markdown" >>"$GITHUB_STEP_SUMMARY"
