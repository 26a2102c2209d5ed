"""WeChat Pay V3 signatures: RSA with SHA-256 (PKCS #1 v1.5), verified from the public numbers alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from pathlib import Path

from exporter.bills.der import BIT_STRING, INTEGER, SEQUENCE, DerError, children, element
from exporter.bills.nouns import RsaKey

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.+?)-----END \1-----", re.DOTALL)
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in a signature (RFC 8017, 9.2)."""
_FEWEST_BITS = 2048
_RSA = bytes.fromhex("2a864886f70d010101")
_SPKI_IN_CERTIFICATE = 5
"""Its place after the version: serial, algorithm, issuer, validity, subject, key."""


def verified(key: RsaKey, timestamp: str, nonce: str, body: str, signature: str) -> bool:
    """Did the owner of the key sign this: the headers Wechatpay-Timestamp and -Nonce, and the body as it came."""
    size = (key.modulus.bit_length() + 7) // 8
    try:
        signed = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    number = int.from_bytes(signed)
    if len(signed) != size or number >= key.modulus:
        return False
    digest = _SHA256 + hashlib.sha256(f"{timestamp}\n{nonce}\n{body}\n".encode()).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(number, key.exponent, key.modulus).to_bytes(size), expected)


def public_key(path: Path) -> RsaKey:
    """The key in a PEM file: the platform's certificate, or its public key. ValueError says what is wrong with it."""
    advice = "give WeChat Pay's platform certificate or public key (wechatpay_….pem / pub_key.pem), not the merchant's"
    found = _PEM.search(path.read_text(encoding="ascii", errors="replace"))
    if not found:
        raise ValueError(f"{path.name} is not a PEM file; {advice}")
    try:
        key = _key(found[1], base64.b64decode("".join(found[2].split()), validate=True))
    except (DerError, binascii.Error, IndexError):
        raise ValueError(f"{path.name}: no RSA key can be read from this {found[1].lower()}; {advice}") from None
    if key.modulus.bit_length() < _FEWEST_BITS or key.exponent < 3 or not key.exponent & 1:  # noqa: PLR2004 - RSA's least
        raise ValueError(
            f"{path.name}: an RSA key of {key.modulus.bit_length()} bits is no key of WeChat Pay; {advice}"
        )
    return key


def _key(label: str, data: bytes) -> RsaKey:
    if label == "CERTIFICATE":
        signed = children(children(data, SEQUENCE)[0].data, SEQUENCE, bare=True)
        versioned = signed[0].tag != INTEGER
        data = signed[_SPKI_IN_CERTIFICATE + versioned].whole
    elif label != "PUBLIC KEY":
        raise DerError(label)
    algorithm, key = children(data, SEQUENCE)
    if key.tag != BIT_STRING or element(algorithm.data).data != _RSA:
        raise DerError("not an RSA key")
    modulus, exponent = children(key.data[1:], SEQUENCE)
    return RsaKey(int.from_bytes(modulus.data), int.from_bytes(exponent.data))
