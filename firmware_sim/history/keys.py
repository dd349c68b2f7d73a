"""A gateway's Ed25519 private key, read from its data directory; cryptography lives only here."""

import base64
import binascii
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract.batch import signing_input
from firmware_sim.errors import SimulatorError

KEY_NAME = "gateway.key"


class GatewayKey:
    """Signs batches of one gateway."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def sign(self, body: bytes) -> str:
        """Return the signature over a batch's body, base64."""
        return base64.b64encode(self._private.sign(signing_input(body))).decode()


def read_key(folder: Path, gateway_id: str) -> GatewayKey:
    """Read FOLDER/<gateway>/gateway.key (or FOLDER/<gateway>.key): PKCS8 PEM, or 32 raw bytes in base64.

    Raises SimulatorError saying what was looked for.
    """
    candidates = [folder / gateway_id / KEY_NAME, folder / f"{gateway_id}.key"]
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        raise SimulatorError(
            f"no key of {gateway_id}: neither {candidates[0]} nor {candidates[1]} exists; make it with "
            "`python -m edge enrol` and point --keys at the folder of the gateways' data directories"
        )
    return GatewayKey(_private(path, path.read_bytes().strip()))


def _private(path: Path, text: bytes) -> Ed25519PrivateKey:
    try:
        if text.startswith(b"-----BEGIN"):
            key = load_pem_private_key(text, password=None)
        else:
            key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise SimulatorError(f"{path} is neither a PEM nor a base64 Ed25519 key: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SimulatorError(f"{path} holds a key of another kind; a gateway's key is Ed25519")
    return key
