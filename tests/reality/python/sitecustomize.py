"""Children of a project that runs under watch are watched too."""
import os

if "OTCOV_WATCH" in os.environ:
    from observe.watcher import start_in_a_child

    start_in_a_child()
