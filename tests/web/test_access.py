"""The web-config file: what it may say, what is wrong with it, and what it does on a real socket."""

import re
import socket
import ssl

import bcrypt
import pytest

from exporter.web.access import Access, AccessError

HASH = bcrypt.hashpw(b"s3cret-canary", bcrypt.gensalt(4)).decode()


@pytest.fixture
def load(certificates):
    """Writes the file beside the certificates and loads it: relative paths start there."""

    def write_and_load(text):
        file = certificates / "web-config.yml"
        file.write_text(text)
        return Access.load(file)

    return write_and_load


def faults(load, text):
    with pytest.raises(AccessError) as caught:
        load(text)
    return caught.value.faults


TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key"
MTLS = f"{TLS}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt"


def test_an_empty_file_opens_everything(load):
    access = load("")
    assert (access.users, access.tls, access.headers, access.rate) == ({}, None, {}, None)


def test_all_faults_are_told_at_once_with_their_lines_and_what_to_write(load):
    found = faults(
        load,
        "tls_server_config:\n"
        "  cert_fil: server.crt\n"
        "  min_version: TLS9\n"
        "http_server_config:\n"
        "  http2: true\n"
        "  headers:\n"
        "    X-Powered-By: us\n"
        "basic_auth_users:\n"
        "  alice: plain-text-canary\n"
        "basic_auth_user: {}\n",
    )
    assert found[0].startswith("web-config.yml:2: tls_server_config.cert_fil: unknown key; did you mean 'cert_file'?")
    assert re.match(r"web-config\.yml:3: tls_server_config\.min_version: it should be .*'TLS12'", found[1])
    assert found[2].startswith("web-config.yml:5: http_server_config.http2: it should be False")
    assert (
        "web-config.yml:6: http_server_config.headers: the header 'X-Powered-By' cannot be set; write one of"
        in found[3]
    )
    assert "web-config.yml:9: basic_auth_users.alice: this is not a bcrypt hash; write what `htpasswd" in found[4]
    assert "web-config.yml:10: basic_auth_user: unknown key; did you mean 'basic_auth_users'?" in found[5]
    assert not any("canary" in each for each in found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("tls_server_config: {}", "1: tls_server_config.cert_file: is missing; write cert_file: PATH"),
        ("tls_server_config: {cert_file: no.crt, key_file: server.key}", "no.crt cannot be read: No such file"),
        ("tls_server_config: {cert_file: server.crt, key_file: ca.key}", "the key does not belong to the certificate"),
        ("tls_server_config: {cert_file: ca.key, key_file: server.key}", "write a PEM certificate"),
        (f"{TLS}, cert: x}}", "both cert and cert_file are given; keep one"),
        (f"{TLS}, client_ca_file: ca.crt}}", "a client CA is given but no policy; write RequireAndVerifyClientCert"),
        (f"{TLS}, client_auth_type: RequireAnyClientCert}}", "write RequireAndVerifyClientCert with a client_ca_file"),
        (f"{TLS}, client_allowed_sans: [a]}}", "needs client_auth_type: RequireAndVerifyClientCert"),
        (
            f"{TLS}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: server.key}}",
            "it holds no PEM certificate",
        ),
        (f"{TLS}, client_auth_type: Always}}", "it should be '', 'NoClientCert'"),
        (f"{TLS}, min_version: TLS10}}", "TLS10 is broken and not offered here; write TLS12 or TLS13"),
        (f"{TLS}, min_version: TLS13, max_version: TLS12}}", "TLS13 is above max_version TLS12"),
        (
            f"{TLS}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}}",
            "TLS_RSA_WITH_RC4_128_SHA is not offered; write some of",
        ),
        (f"{TLS}, curve_preferences: [Curve1]}}", "Curve1 is not offered; write one of CurveP256"),
        (f"{TLS}, curve_preferences: [X25519, CurveP256]}}", "takes one curve or all of them"),
        ("http_server_config: {headers: {X-Frame-Options: maybe}}", "X-Frame-Options cannot be 'maybe'; write deny or"),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\nb"}}', "characters that no header may carry"),
        ("rate_limit: {interval: often}", "is not a duration; write for example"),
        ("basic_auth_users: [alice]", "web-config.yml:1: basic_auth_users: it should be a valid dictionary"),
        ("basic_auth_users: {a: x, a: y}", "stands here a second time"),
        ("- a", "it should be a valid dictionary"),
        ("tls_server_config: {", "is not YAML"),
    ],
)
def test_each_fault_says_what_to_write_instead(load, text, fault):
    assert fault in "\n".join(faults(load, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AccessError, match=r"nowhere\.yml: cannot be read: No such file"):
        Access.load(tmp_path / "nowhere.yml")


def test_an_encrypted_key_is_refused_rather_than_asked_about_on_the_terminal(load, certificates):
    from .conftest import openssl

    openssl("ec", "-in", "server.key", "-aes128", "-passout", "pass:x", "-out", "locked.key", cwd=certificates)
    text = "tls_server_config: {cert_file: server.crt, key_file: locked.key}"
    assert "the key is encrypted; write one without a passphrase" in faults(load, text)[0]


@pytest.mark.parametrize(
    "more",
    [
        "",
        ", client_auth_type: NoClientCert",
        ", client_auth_type: RequestClientCert",
        ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt",
        ", min_version: TLS13",
        ", max_version: TLS12",
        ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256], max_version: TLS12",
        ", cipher_suites: [TLS_AES_128_GCM_SHA256]",
        ", curve_preferences: [CurveP384]",
        ", curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]",
        ", prefer_server_cipher_suites: false",
    ],
)
def test_metrics_are_served_over_tls(serve, ask, load, trusting, more):
    server = serve(access=load(f"{TLS}{more}}}"))
    assert ask(server, tls=trusting()).status == 200


def test_certificate_and_key_may_stand_in_the_file_itself(serve, ask, load, certificates, trusting):
    def block(name):
        return "|\n" + "".join(f"    {line}\n" for line in (certificates / name).read_text().splitlines())

    server = serve(access=load(f"tls_server_config:\n  cert: {block('server.crt')}  key: {block('server.key')}"))
    assert ask(server, tls=trusting()).status == 200


def handshake(server, context):
    plain = socket.create_connection(("localhost", server.port), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as wrapped:
        wrapped.sendall(b"GET /-/healthy HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        return wrapped.recv(1000), wrapped.version(), wrapped.cipher()[0]


def test_versions_and_suites_are_those_of_the_file(serve, load, trusting):
    suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    server = serve(access=load(f"{TLS}, max_version: TLS12, cipher_suites: [{suite}]}}"))
    assert handshake(server, trusting())[1:] == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
    only_new = serve(access=load(f"{TLS}, cipher_suites: [TLS_AES_128_GCM_SHA256]}}"))
    old = trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        handshake(only_new, old)


def refused(server, context):
    """TLS 1.3 tells a client about its certificate only after the handshake."""
    try:
        return not handshake(server, context)[0]
    except (ssl.SSLError, ConnectionError):
        return True


def test_only_a_client_with_a_certificate_of_the_authority_is_served(serve, load, trusting, certificates):
    server = serve(access=load(f"{MTLS}}}"))
    stranger = trusting()
    stranger.load_cert_chain(certificates / "stranger.crt", certificates / "stranger.key")
    assert not refused(server, trusting("prometheus"))
    assert refused(server, trusting())
    assert refused(server, stranger)


@pytest.mark.parametrize("name", ["prometheus.example.com", "10.0.0.9"])
def test_only_a_client_with_an_allowed_name_is_served(serve, load, trusting, name):
    server = serve(access=load(f"{MTLS}, client_allowed_sans: [{name}]}}"))
    assert not refused(server, trusting("prometheus"))
    assert refused(server, trusting("somebody"))


def test_a_certificate_is_optional_where_it_is_only_verified_if_given(serve, load, trusting, certificates):
    server = serve(access=load(f"{TLS}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt}}"))
    stranger = trusting()
    stranger.load_cert_chain(certificates / "stranger.crt", certificates / "stranger.key")
    assert not refused(server, trusting())
    assert not refused(server, trusting("prometheus"))
    assert refused(server, stranger)


def presented(server, context):
    plain = socket.create_connection(("localhost", server.port), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as wrapped:
        return dict(each[0] for each in wrapped.getpeercert()["subject"])["commonName"]


def test_a_new_certificate_is_used_without_a_restart(serve, load, trusting):
    server = serve(access=load(f"{TLS}}}"))
    assert presented(server, trusting()) == "server"
    server.replace(load("tls_server_config: {cert_file: renewed.crt, key_file: renewed.key}"))
    assert presented(server, trusting()) == "renewed"


def test_tls_can_be_switched_off_and_on_by_a_reload(serve, ask, load, trusting):
    server = serve()
    assert ask(server).status == 200
    server.replace(load(f"{MTLS}}}"))
    assert ask(server, tls=trusting("prometheus")).status == 200
    assert refused(server, trusting())
    server.replace(None)
    assert ask(server).status == 200


def test_a_client_that_speaks_plain_http_to_tls_is_dropped_and_nobody_else_notices(serve, ask, load, trusting):
    server = serve(access=load(f"{TLS}}}"))
    with socket.create_connection(("localhost", server.port), timeout=5) as plain:
        plain.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert b"200" not in plain.recv(1000)
    assert ask(server, tls=trusting()).status == 200


def test_headers_of_the_file_take_the_place_of_ours(serve, ask, load):
    text = "http_server_config: {http2: false, headers: {X-Frame-Options: sameorigin, Strict-Transport-Security: max-age=1}}"
    server = serve(access=load(text))
    for path in ("/", "/metrics"):
        headers = ask(server, path).headers
        assert headers.get_all("strict-transport-security") == ["max-age=1"]
        assert headers.get_all("x-frame-options") == ["sameorigin"]
