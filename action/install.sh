#!/usr/bin/env bash
# Gets the program: from the cache, from the pinned release, or from the sources that this action comes with.
set -euo pipefail

name=otcov
[ "${RUNNER_OS:-}" = Windows ] && name=otcov.exe
program=$DIRECTORY/$name

if [ ! -x "$program" ]; then
    mkdir -p "$DIRECTORY"
    if [ -n "$RELEASE" ]; then
        archive=${RELEASE#*  }
        version=${archive#otcov-}
        version=${version%%-*}
        cd "$RUNNER_TEMP"
        curl --fail --silent --show-error --location --retry 3 --proto '=https' --output "$archive" \
            "${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases/download/v$version/$archive"
        # Nothing is unpacked, let alone run, that is not what was pinned.
        if command -v sha256sum >/dev/null; then
            printf '%s\n' "$RELEASE" | sha256sum --check --strict -
        else
            printf '%s\n' "$RELEASE" | shasum --algorithm 256 --check --strict -
        fi
        tar --extract --gzip --file "$archive" --directory "$DIRECTORY" "$name"
    else
        command -v cargo >/dev/null || {
            echo "::error::there is no release of otcov for this machine, and no cargo to build it with"
            exit 1
        }
        # Where the action lies, its toolchain and its lock file hold, not those of the project that is scanned.
        cd "$GITHUB_ACTION_PATH"
        cargo build --release --locked --bin otcov --target-dir "$RUNNER_TEMP/otcov-target"
        cp "$RUNNER_TEMP/otcov-target/release/$name" "$program"
    fi
fi

"$program" --version
echo "otcov=$program" >>"$GITHUB_OUTPUT"
