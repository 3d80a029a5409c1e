#!/usr/bin/env bash
# Which otcov belongs to this version of the action: a release for this machine if one is pinned in `releases`, else its sources.
set -euo pipefail

here=$GITHUB_ACTION_PATH
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/Cargo.toml" | head -n 1)
case "$OS-$ARCH" in
Linux-X64) target=x86_64-unknown-linux-musl ;;
Linux-ARM64) target=aarch64-unknown-linux-musl ;;
macOS-X64) target=x86_64-apple-darwin ;;
macOS-ARM64) target=aarch64-apple-darwin ;;
Windows-X64) target=x86_64-pc-windows-msvc ;;
*) target=none ;;
esac
# `<sha256>  otcov-<version>-<target>.tar.gz`, as sha256sum prints it.
release=$(grep -F "  otcov-$version-$target.tar.gz" "$here/action/releases" || true)

# Everything that the program is built from.
sources=$(cd "$here" && find Cargo.toml Cargo.lock src rules -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum | tr ' ' -)
{
    echo "release=$release"
    echo "directory=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/otcov/$version-$sources"
    echo "key=otcov-$version-$OS-$ARCH-$sources"
} >>"$GITHUB_OUTPUT"
