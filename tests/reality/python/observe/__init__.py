"""Watches a project while it runs under the real SDK: which of its functions ran, inside which spans, and what it emitted. The rows
that come out of it are described in tests/reality/README.md."""
