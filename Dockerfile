# otcov and git, which --diff asks. Scan what is mounted: docker run --rm -v "$PWD:/code:ro" otcov scan
FROM rust:1.95-slim-bookworm AS build
WORKDIR /otcov
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY rules rules
# The manifest names it.
COPY tests/fixtures.rs tests/fixtures.rs
RUN cargo build --release --locked --bin otcov

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    # What is mounted belongs to somebody else, and is only read.
    && git config --system --add safe.directory '*'
COPY --from=build /otcov/target/release/otcov /usr/local/bin/otcov
USER 65534:65534
WORKDIR /code
ENTRYPOINT ["otcov"]
