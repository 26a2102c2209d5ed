from __future__ import annotations

from exporter.shop.notes import AtHome


class Kept(dict):
    def recall(self, shop, probe):
        return dict(self.get((shop, probe), {}))

    def remember(self, shop, probe, memory):
        self[shop, probe] = memory


def home(kept, *urls):
    return AtHome(kept, urls)


def test_what_was_remembered_is_recalled_with_another_account_and_password():
    kept = Kept()
    home(kept, "mysql+pymysql://a:old@db/shop").remember("main", "pending_paid", {"read": 7})
    assert home(kept, "mysql+pymysql://b:new@db/shop").recall("main", "pending_paid") == {"read": 7}


def test_a_shop_that_comes_to_stand_in_another_database_begins_without_memory():
    kept = Kept()
    home(kept, "mysql+pymysql://a@db/shop").remember("main", "pending_paid", {"read": 7})
    assert home(kept, "mysql+pymysql://a@db/shop_2").recall("main", "pending_paid") == {}
    assert home(kept, "mysql+pymysql://a@db/shop", "mysql+pymysql://a@pay/pay").recall("main", "pending_paid") == {}


def test_no_address_is_written_down():
    kept = Kept()
    home(kept, "mysql+pymysql://user:pw@db.example/shop").remember("main", "pending_paid", {})
    assert "example" not in str(kept)
    assert "pw" not in str(kept)
