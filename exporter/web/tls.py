"""`tls_server_config` as a live TLS context; Go's names are mapped to OpenSSL's, or refused with what to write."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr

from exporter.strict import Strict
from exporter.web import ciphers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Policy = Literal[
    "", "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "RequireClientCert",
    "VerifyClientCertIfGiven", "RequireAndVerifyClientCert",
]  # fmt: skip
Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]


class Settings(Strict):
    """Field by field as exporter-toolkit documents it."""

    cert: str = ""
    key: SecretStr = SecretStr("")
    client_ca: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_auth_type: Policy = ""
    client_ca_file: str = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[str, ...] = ()


def certifies(settings: Settings | None) -> bool:
    """Whether only clients whose certificate was verified get in."""
    return settings is not None and settings.client_auth_type == "RequireAndVerifyClientCert"


class TlsError(Exception):
    """`faults` are (key of tls_server_config, what is wrong and what to write instead)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(f"{len(faults)} faults in tls_server_config")
        self.faults = faults


def context(settings: Settings, folder: Path) -> ssl.SSLContext:
    """Files are relative to `folder`. Raises TlsError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["http/1.1"])
    faults = [
        *_own_certificate(made, settings, folder),
        *_client_certificates(made, settings, folder),
        *ciphers.versions(made, settings.min_version, settings.max_version),
        *ciphers.suites(made, settings.cipher_suites),
        *ciphers.curves(made, settings.curve_preferences),
    ]
    if not settings.prefer_server_cipher_suites:
        made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if faults:
        raise TlsError(faults)
    return made


def _own_certificate(made: ssl.SSLContext, settings: Settings, folder: Path) -> Iterator[tuple[str, str]]:
    key = settings.key.get_secret_value()
    missing = False
    for name, inline, file in (("cert", settings.cert, settings.cert_file), ("key", key, settings.key_file)):
        if bool(inline) == bool(file):
            missing = True
            yield (
                f"{name}_file",
                f"both {name} and {name}_file are given; keep one"
                if file
                else (f"is missing; write {name}_file: PATH (or {name}: with the PEM text)"),
            )
        elif file:
            fault = _unreadable(folder / file)
            missing = missing or bool(fault)
            yield from [(f"{name}_file", fault)] if fault else []
    if missing:
        return
    with (
        _as_file(settings.cert, folder / settings.cert_file) as cert,
        _as_file(key, folder / settings.key_file) as secret,
    ):
        try:
            made.load_cert_chain(cert, secret, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            yield ("key_file" if settings.key_file else "key"), _certificate_fault(error)


def _certificate_fault(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "the key is encrypted; write one without a passphrase, readable by this user only"
    reason = getattr(error, "reason", None) or "PEM"
    if reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate; write the two that were made together"
    return f"certificate and key cannot be loaded ({reason}); write a PEM certificate (with its chain) and its PEM key"


def _client_certificates(made: ssl.SSLContext, settings: Settings, folder: Path) -> Iterator[tuple[str, str]]:
    policy = settings.client_auth_type
    named = bool(settings.client_ca or settings.client_ca_file)
    if policy in {"RequireAnyClientCert", "RequireClientCert"}:
        yield (
            "client_auth_type",
            (
                f"{policy} takes any certificate, even one made by the client itself, and is not offered here; "
                "write RequireAndVerifyClientCert with a client_ca_file"
            ),
        )
    if named and policy in {"", "NoClientCert"}:
        yield "client_auth_type", "a client CA is given but no policy; write RequireAndVerifyClientCert"
    if settings.client_allowed_sans and policy != "RequireAndVerifyClientCert":
        yield "client_allowed_sans", "needs client_auth_type: RequireAndVerifyClientCert"
    try:
        if settings.client_ca_file:
            made.load_verify_locations(folder / settings.client_ca_file)
        elif settings.client_ca:
            made.load_verify_locations(cadata=settings.client_ca)
        elif policy in {"VerifyClientCertIfGiven", "RequireAndVerifyClientCert"}:
            made.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = "it holds no PEM certificate" if isinstance(error, ssl.SSLError | ValueError) else error.strerror
        yield (
            "client_ca_file" if settings.client_ca_file else "client_ca",
            f"cannot be loaded: {reason}; write a PEM file",
        )
    verify = {"VerifyClientCertIfGiven": ssl.CERT_OPTIONAL, "RequireAndVerifyClientCert": ssl.CERT_REQUIRED}
    made.verify_mode = verify.get(policy, ssl.CERT_NONE)


def _unreadable(path: Path) -> str | None:
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}; relative paths start at the folder of this file"


@contextlib.contextmanager
def _as_file(text: str, otherwise: Path) -> Iterator[str]:
    """OpenSSL wants a path: inline PEM goes through memory where the system can do that, and never stays on a disk."""
    if not text:
        yield str(otherwise)
    elif hasattr(os, "memfd_create"):
        number = os.memfd_create("pem")
        with open(number, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(text.encode())
            file.flush()
            yield f"/proc/self/fd/{number}"
    else:
        with tempfile.NamedTemporaryFile("w") as named:
            named.write(text)
            named.flush()
            yield named.name


def _no_password() -> str:
    raise ValueError("encrypted")  # without this OpenSSL would ask on the terminal
