"""Which cloud is believed to be ours: by a certificate authority, or by the certificate pinned at enrolment.

While this machine's clock is not believed, a certificate's dates are not asked: a Pi that woke up in 1970
must reach its cloud to learn anything. Chain and name, or the pin, must hold all the same.
"""

import hashlib
import ssl
from pathlib import Path

import httpx

PIN_NAME = "cloud.pem"
"""In the data directory: the cloud's own certificate, if no authority vouches for it."""
NO_CHECK_TIME = 0x200000
PARTIAL_CHAIN = 0x80000
"""X509_V_FLAG_NO_CHECK_TIME and X509_V_FLAG_PARTIAL_CHAIN of OpenSSL's x509_vfy.h."""


class TrustError(RuntimeError):
    """The file of a certificate cannot be used; the message says what to do."""


def trust(data_dir: Path, ca_file: Path | None, *, believes_clock: bool) -> ssl.SSLContext:
    """Return the context for calls to the cloud. Raises TrustError."""
    pin = data_dir / PIN_NAME
    try:
        if ca_file is not None:
            context = ssl.create_default_context(cafile=ca_file)
        elif pin.exists():
            return pinned(pin.read_text())
        else:
            context = httpx.create_ssl_context()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise TrustError(f"{ca_file or pin} is no certificate in PEM ({error}): replace it") from None
    if not believes_clock:
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | NO_CHECK_TIME)
    return context


def pinned(pem: str) -> ssl.SSLContext:
    """Return a context that believes this one certificate, whatever name or dates it bears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=pem)
    flags = int(context.verify_flags) | NO_CHECK_TIME | PARTIAL_CHAIN
    context.verify_flags = ssl.VerifyFlags(flags)
    return context


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of a certificate, hexadecimal."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
