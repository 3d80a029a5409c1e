"""The back office of the shop: every command, with channels that answer and with channels that fail."""
import sqlite3
from pathlib import Path

from drivers.tools import answer_http, cli, programs

HELPERS = ["src/shop/telemetry/*"]

ORDERS = {"orders": [{"id": "a1", "total": 12}, {"id": "a2", "total": 3}, {"id": "a2", "total": 3}]}


def with_sdk() -> None:
    from shop.cli import app

    connection = sqlite3.connect("shop.sqlite")
    connection.execute("create table orders (id text primary key, body text)")
    connection.execute("create table stock (article text, pieces int, warehouse text)")
    connection.execute("insert into stock values ('nut', 7, 'north')")
    connection.commit()
    Path("labels").mkdir()
    for name in ("one", "two"):
        Path(f"labels/{name}.svg").write_text("<svg/>")
    with answer_http({"/web/orders": ORDERS, "/today": {"EUR": 1.0}}), programs("rsvg-convert", "rsync"):
        cli(app, "orders", "import", "web")
        cli(app, "orders", "import", "web", "--dry-run")
        cli(app, "orders", "import", "nowhere", fails=True)
        cli(app, "orders", "print-labels", "labels")
        cli(app, "stock", "count", "north")
        cli(app, "stock", "sync", "labels")
    with programs("rsvg-convert", status=3):
        cli(app, "orders", "print-labels", "labels", fails=True)


def without_sdk() -> None:
    from shop.cli import app

    sqlite3.connect("shop.sqlite").execute("create table stock (article text, pieces int, warehouse text)")
    cli(app, "stock", "count", "north")
