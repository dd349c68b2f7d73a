"""The certificate that this cloud itself shows: its fingerprint, and how to make a self-signed one."""

import datetime
import hashlib
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cloud.problems import Malformed

DEFAULT_DAYS = 825


def fingerprint_of(pem: Path) -> str:
    """Return the SHA-256 of the first certificate of a PEM file, hexadecimal. Raises Malformed."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.read_bytes())
    except ValueError as error:
        raise Malformed(f"{pem} is no certificate in PEM: {error}") from None
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def make_certificate(
    folder: Path, names: list[str], now: datetime.datetime, days: int = DEFAULT_DAYS
) -> Path:
    """Write cloud.pem and cloud.key (mode 0600) of a self-signed certificate; return the former's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / "cloud.key"
    private.unlink(missing_ok=True)
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = folder / "cloud.pem"
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    return public


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
