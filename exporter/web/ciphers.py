"""Go's names for TLS versions, cipher suites and curves: mapped to OpenSSL's, or refused with what to write."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_TLS13_SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
_SUITES = {
    f"TLS_ECDHE_{key}_WITH_{go}": f"ECDHE-{key}-{openssl}"
    for key in ("ECDSA", "RSA")
    for go, openssl in {
        "AES_128_GCM_SHA256": "AES128-GCM-SHA256",
        "AES_256_GCM_SHA384": "AES256-GCM-SHA384",
        "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
        "AES_128_CBC_SHA": "AES128-SHA",
        "AES_256_CBC_SHA": "AES256-SHA",
    }.items()
}
_CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}


def versions(made: ssl.SSLContext, lowest: str, highest: str) -> Iterator[tuple[str, str]]:
    for key, version in (("min_version", lowest), ("max_version", highest)):
        if version not in _VERSIONS:
            yield key, f"{version} is broken and not offered here; write TLS12 or TLS13"
        else:
            setattr(made, "minimum_version" if key == "min_version" else "maximum_version", _VERSIONS[version])
    if lowest > highest:
        yield "min_version", f"{lowest} is above max_version {highest}; exchange them"


def suites(made: ssl.SSLContext, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    unknown = [each for each in wanted if each not in _SUITES and each not in _TLS13_SUITES]
    for each in unknown:
        yield "cipher_suites", f"{each} is not offered; write some of {', '.join(_SUITES)}"
    older = [_SUITES[each] for each in wanted if each in _SUITES]
    if older:
        made.set_ciphers(":".join(older))
    elif wanted and not unknown:  # only suites of TLS 1.3, which cannot be chosen among
        made.minimum_version = ssl.TLSVersion.TLSv1_3


def curves(made: ssl.SSLContext, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    unknown = [each for each in wanted if each not in _CURVES]
    for each in unknown:
        yield "curve_preferences", f"{each} is not offered; write one of {', '.join(_CURVES)}"
    if unknown or not wanted or set(wanted) == set(_CURVES):
        return
    if len(wanted) > 1:
        yield "curve_preferences", "Python's TLS takes one curve or all of them; write one, or leave it out"
    else:
        made.set_ecdh_curve(_CURVES[wanted[0]])
