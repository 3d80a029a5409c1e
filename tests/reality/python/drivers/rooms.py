"""The service, called through its routes: free rooms, bookings that succeed and that do not, prices from a service that fails."""
from drivers.tools import answer_http, programs

HELPERS = ["src/rooms/telemetry.py:*"]


def with_sdk() -> None:
    from fastapi.testclient import TestClient

    prices = {"/1": {"price": 77}, "/2": 503, "/4": {"cost": 3}}
    with programs("rooms-backup", "rooms-version", prints="1.2"), answer_http(prices):
        from rooms.app import app

        with TestClient(app, raise_server_exceptions=False) as client:
            use(client)


TRIGGER = """create trigger refuse before insert on bookings when new.guest = 'Mallory'
begin select raise(abort, 'not this one'); end"""


def use(client) -> None:
    def get(path: str) -> int:
        return client.get(path).status_code

    from rooms.store.database import engine

    with engine.begin() as connection:
        connection.exec_driver_sql(TRIGGER)
    wish = {"room": 2, "guest": "Ada", "day": "2026-05-01"}
    assert client.post("/bookings/", json=wish).status_code == 200
    assert client.post("/bookings/", json=wish).status_code == 409
    assert client.post("/bookings/", json={**wish, "room": 1, "guest": ""}).status_code == 200
    assert client.post("/bookings/", json={**wish, "room": 3, "guest": "Mallory"}).status_code == 409
    assert client.post("/bookings/", json={**wish, "room": None}).status_code == 422
    assert [get("/rooms/?day=2026-05-01&guests=2"), get("/rooms/?day=never")] == [200, 422]
    assert [get("/rooms/prices?beds=1,2,4"), get("/rooms/1/price"), get("/rooms/4/price")] == [200, 200, 500]
    assert client.post("/bookings/remind", json=["Ada", "Grace"]).json() == {"reminded": 2}
    assert client.get("/bookings/report").text.startswith("2026-05-01: 2")
    assert client.get("/bookings/total").json() == {"total": 2}
    assert [client.delete("/bookings/1").status_code, client.delete("/bookings/9").status_code] == [200, 404]
    assert [get("/health"), get("/admin/version"), client.post("/admin/backup").status_code] == [200, 200, 200]
