"""Addresses as Prometheus' tools write them."""

import socket

import pytest

from exporter.web.listen import ListenError, bound, split


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:9847", ("127.0.0.1", 9847)),
        (":9847", ("", 9847)),
        ("[::1]:9847", ("::1", 9847)),
        ("monitor.example.com:80", ("monitor.example.com", 80)),
    ],
)
def test_an_address_is_a_host_and_a_port(address, parts):
    assert split(address) == parts


@pytest.mark.parametrize("address", ["9847", "127.0.0.1", "::1:9847", "host:port", "a:99999", "", "http://a:1"])
def test_what_is_no_address_says_what_to_write(address):
    with pytest.raises(ListenError, match=r"write host:port, for example 127\.0\.0\.1:9847"):
        split(address)


def test_every_interface_takes_both_kinds_of_address():
    (sock,) = bound([":0"])
    with sock:
        assert sock.family == (socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET)
        with socket.create_connection(("127.0.0.1", sock.getsockname()[1]), timeout=5):
            pass


def test_a_port_that_is_taken_is_named_and_the_others_are_given_back():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (free,) = bound(["127.0.0.1:0"])
        where = free.getsockname()[1]
        free.close()
        busy = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match=rf"{busy}: Address already in use; stop what listens there"):
            bound([f"127.0.0.1:{where}", busy])
        (again,) = bound([f"127.0.0.1:{where}"])
        again.close()


def test_a_host_that_is_not_here_is_named():
    with pytest.raises(ListenError, match="no address of this machine"):
        bound(["no-such-host.invalid:1"])
