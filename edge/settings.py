"""What an operator sets: the environment (BARBACK_EDGE_*) or a TOML file. Owns ranges and their sentences.

Every setting stands in docs/gateway.md; a test compares the two.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    IPvAnyAddress,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

from contract.base import Slug
from contract.device import ChannelName
from contract.layout import SiteLayout

PREFIX = "BARBACK_EDGE_"


class SettingsError(ValueError):
    """The settings do not hold; the message names each setting, its value and what is allowed."""


def _http(value: str) -> str:
    TypeAdapter(HttpUrl).validate_python(value)
    return value.rstrip("/")


CloudUrl = Annotated[str, AfterValidator(_http)]
Pin = Annotated[int, Field(ge=0, le=27)]
"""A pin of the header by its BCM number (GPIO17 is 17)."""
Level = Annotated[str, StringConstraints(pattern=r"^[^/#+\s][^#+\s]{0,127}$")]
"""A part of an MQTT topic without wildcards."""


class LocalCell(BaseModel):
    """A load cell on the gateway's own pins: it takes the place of a node's channel in the layout."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node: Slug
    channel: ChannelName
    kind: Literal["hx711", "iio"]
    dout: Pin | None = None
    sck: Pin | None = None
    gain: Literal[128, 64, 32] = 128
    rate_sps: Literal[10, 80] = 10
    path: Path | None = None
    iio_channel: Literal[0, 1] = 0

    @model_validator(mode="after")
    def _is_whole(self) -> "LocalCell":
        if self.kind == "hx711" and (self.dout is None or self.sck is None or self.dout == self.sck):
            raise ValueError("kind hx711 needs two different pins, dout and sck")
        if self.kind == "iio" and self.path is None:
            raise ValueError("kind iio needs path, such as /sys/bus/iio/devices/iio:device0")
        return self


class EsphomeCell(BaseModel):
    """A sensor of an ESPHome node: it takes the place of a node's channel in the layout."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: Level
    sensor: Level
    node: Slug
    channel: ChannelName
    counts_per_unit: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    rate_hz: Annotated[int, Field(ge=1, le=80)] = 10


class Camera(BaseModel):
    """A camera of this gateway and where its pictures come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    source: Annotated[
        str, StringConstraints(pattern=r"^(socket:/|usb:\d{1,2}$|rtsp://|file:/).*", max_length=300)
    ]
    rotate: Literal[0, 90, 180, 270] = 0


MAX_CAMERAS = 4
"""They take turns on one thread; more want another gateway."""
MAX_LOCAL_CELLS = 8
"""Each is a thread that times pulses; more cells want shelf nodes."""


class Settings(BaseSettings):
    """Settings of one gateway."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    gateway_id: Slug
    """Name of this gateway in the site's layout."""
    layout_file: Path
    """JSON of the site's layout, as `python -m cloud admin layout GATEWAY` prints it."""
    data_dir: Path
    """Directory of the outbox, the key and status.json; must survive a reboot."""
    cloud_url: CloudUrl
    """Address of the cloud, such as https://barback.example."""
    cloud_ca_file: Path | None = None
    """PEM of the authority that vouches for the cloud; without it, the usual ones, or the pin."""
    relay_urls: Annotated[tuple[CloudUrl, ...], Field(max_length=8)] = ()
    """Neighbours that may carry our batches while the cloud cannot be reached, such as http://192.0.2.7:8081."""
    relay_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Port on which neighbours' batches are carried; without it none are."""
    relay_address: IPvAnyAddress = IPv4Address("0.0.0.0")  # noqa: S104 - neighbours are elsewhere
    """Address of this machine to which that port is bound."""
    broker_host: str = "localhost"
    """Address of the shelf's MQTT broker."""
    broker_port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    """Port of the broker."""
    broker_user: str | None = None
    """User name at the broker, if it asks for one."""
    broker_password: SecretStr | None = None
    """Password at the broker, if it asks for one."""
    broker_ca_file: Path | None = None
    """PEM of the authority that vouches for the broker; with it, the broker is spoken to over TLS."""
    reading_interval_s: Annotated[float, Field(ge=1, le=3600)] = 5.0
    """Bar seconds between two readings of a scale that stands still."""
    health_interval_s: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """Bar seconds between two health records."""
    commit_every_s: Annotated[float, Field(ge=0.05, le=60)] = 5.0
    """Real seconds after which accepted states are durable (movements are at once)."""
    outbox_max_mb: Annotated[int, Field(ge=32, le=100_000)] = 3072
    """Size at which the oldest waiting readings are thinned; files, log and ballast together."""
    keep_acknowledged_h: Annotated[float, Field(ge=0, le=720)] = 24.0
    """Running hours for which records stay after the cloud has them."""
    retry_cap_s: Annotated[float, Field(ge=1, le=3600)] = 20.0
    """Longest real wait between two attempts to reach the cloud or the broker."""
    neighbour_nodes: tuple[Slug, ...] = ()
    """Nodes on the same broker that other gateways read: passed over without counting."""
    local_cells: Annotated[tuple[LocalCell, ...], Field(max_length=MAX_LOCAL_CELLS)] = ()
    """Load cells on this gateway's own pins."""
    esphome_cells: Annotated[tuple[EsphomeCell, ...], Field(max_length=64)] = ()
    """Sensors of ESPHome nodes on the shelf's broker."""
    cameras: Annotated[tuple[Camera, ...], Field(max_length=MAX_CAMERAS)] = ()
    """Cameras that look at this gateway's shelves."""
    look_every_s: Annotated[float, Field(ge=2, le=86_400)] = 60.0
    """Bar seconds between two looks of a camera while nothing moves."""
    send_crops: bool = False
    """True lets the picture of a single bottle leave with a finding; whole pictures never leave."""
    models_dir: Path | None = None
    """Folder of the shipped models; without it the one beside this software."""
    model_keys: Annotated[tuple[str, ...], Field(max_length=16)] = ()
    """Public keys (base64) of other gateways of this site whose signed models are taken here too."""
    tare_button_pin: Pin | None = None
    """Pin of a button to ground; held for 3 s it tares every empty scale."""
    status_led_pin: Pin | None = None
    """Pin of a lamp that is steady while all is well."""
    local_page_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Port of the technician's page; without it there is none."""
    local_page_address: IPvAnyAddress = IPv4Address("127.0.0.1")
    """Address of this machine to which the page is bound; 0.0.0.0 is every network it is in."""
    trust_host_clock: bool = False
    """True where the host keeps the clock right and the kernel cannot say so (a container)."""
    acceptance_log: Path | None = None
    """File that gets a line per accepted record, for tests; grows without end."""
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    """One of debug, info, warning, error."""

    @model_validator(mode="after")
    def _no_place_twice(self) -> "Settings":
        places = [f"{cell.node}/{cell.channel}" for cell in self.local_cells]
        places += [f"{cell.node}/{cell.channel}" for cell in self.esphome_cells]
        pins = [pin for cell in self.local_cells for pin in (cell.dout, cell.sck)]
        pins += [self.tare_button_pin, self.status_led_pin]
        numbers = [f"GPIO{pin}" for pin in pins if pin is not None]
        cameras = [camera.id for camera in self.cameras]
        for what, names in (("node and channel", places), ("pin", numbers), ("camera", cameras)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} used twice: {', '.join(twice)}")
        return self


def load(config_file: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; the environment wins over the file.

    Raises SettingsError with one line per setting that does not hold.
    """
    _refuse_unknown(environment)
    written = {} if config_file is None else _read_file(config_file)
    set_outside = {name.lower().removeprefix(PREFIX.lower()) for name in environment}
    try:
        return Settings(**{name: value for name, value in written.items() if name not in set_outside})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(dict(item)) for item in error.errors())) from None
    except PydanticSettingsError as error:
        raise SettingsError(f'{error}; lists are written as JSON, such as ["node-top"]') from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"--config {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"--config {path} is not TOML: {error}") from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """pydantic-settings overlooks a mistyped variable in the real environment; an operator must not."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known
    )
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _sentence(error: Mapping[str, object]) -> str:
    location = error["loc"]
    if not location:
        return f"the settings contradict each other: {str(error['msg']).removeprefix('Value error, ')}"
    name = str(location[0]) if isinstance(location, tuple) else "?"
    if error["type"] == "missing":
        return f"{PREFIX}{name.upper()} is not set (or `{name}` in the --config file)"
    secret = "password" in name
    value = "its value" if secret else repr(error.get("input"))
    return f"{PREFIX}{name.upper()} ({name}): {value} is not allowed: {error['msg']}"


def read_layout(settings: Settings) -> tuple[SiteLayout, frozenset[str]]:
    """Return this gateway's part of the layout, and the nodes that other gateways of the site read.

    Raises SettingsError when the file is missing, is not a layout, or has no such gateway.
    """
    try:
        site = SiteLayout.model_validate_json(settings.layout_file.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"{PREFIX}LAYOUT_FILE {settings.layout_file}: {error.strerror}; "
            "`python -m edge enrol --token CODE` brings it"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{settings.layout_file} is not a layout: {where}: {first['msg']}") from None
    try:
        own = site.for_gateway(settings.gateway_id)
    except KeyError as error:
        raise SettingsError(f"{settings.layout_file}: {error.args[0]}; check {PREFIX}GATEWAY_ID") from None
    nodes = {scale.node for shelf in own.shelves for scale in shelf.scales}
    everyone = {scale.node for shelf in site.shelves for scale in shelf.scales}
    return own, frozenset(everyone - nodes) | frozenset(settings.neighbour_nodes)
