"""The queue: a worker in this process, parcels that go through and parcels that do not, customers that cannot be reached."""
import time

from drivers.tools import programs

HELPERS = ["src/courier/observability.py:*"]


def with_sdk() -> None:
    from celery.contrib.testing.worker import start_worker
    from courier import sender
    from courier.app import app
    from courier.tasks import messages, parcels, upkeep

    app.loader.import_default_modules()
    with programs("courier-vacuum", "courier-compact", prints="gone\n"), start_worker(
        app, perform_ping_check=False, pool="solo", loglevel="warning"
    ):
        wait = [parcels.accept.AsyncResult(it) for it in sender.hand_in([{"id": "c1"}, {"id": "x2"}, {"id": "e3", "weight": 31}])]
        sender.tell("ada", ["c1"])
        wait += [messages.notify.delay(it, ["c1", "x2"]) for it in ("", "-")]
        wait += [messages.survey.delay(it) for it in ("-", None)]
        wait.append(upkeep.sweep.delay(3))
        finish(wait)
        time.sleep(1)
    with programs("courier-vacuum", "courier-compact", status=2):
        upkeep.sweep.apply(args=(4,))
        upkeep.rebuild()


def finish(results) -> None:
    for it in results:
        it.get(timeout=30, propagate=False)
