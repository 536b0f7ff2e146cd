"""The only place that reads the environment. A wrong setting stops the start and names its variable."""

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from saleor_kupikupi.domain.addresses import UnusableAddress, read_address
from saleor_kupikupi.domain.secret_key import SHORTEST as SHORTEST_KEY
from saleor_kupikupi.domain.secret_key import flaw

_KEY_FILE = Path("saleor-kupikupi.key")


class WrongSettings(Exception):
    """The environment does not make a configuration; the text names each variable and what is expected of it."""


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://points.example.com")
    return value.rstrip("/")


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(filter(None, (entry.strip() for entry in re.split(r"[,\s]+", value))))
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?", value):
            raise ValueError("expected origins such as https://dashboard.example.com, without a path")
    return values


def _api_urls(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:*]+/(?:[A-Za-z0-9._~\-*]+/)*", value):
            raise ValueError(f"{value} is no API URL such as https://shop.example.com/graphql/, to its last slash")
    return values


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            unusable = bool(read_address(value).query)
        except UnusableAddress:
            unusable = True
        if unusable:
            raise ValueError(f"{value} is no base address such as https://payapi.example.com/api/v1/transfer/")
    return values


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression: {error}") from None
    return value


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if not parts.username:
        raise ValueError("names no user for DATABASE_PASSWORD; expected postgresql://user@host/name")
    if parts.password is not None:
        raise ValueError("holds a password already; give it there or as DATABASE_PASSWORD")
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseSettings):
    """Everything that the environment decides; each field is one variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    env: Literal["local", "production"] = Field(
        "local", description="`production` refuses to start without `SECRET_KEY` and `APP_API_BASE_URL`."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Any text of 32 characters or more that secrets are sealed with, such as `openssl rand -hex 32` "
        "prints; several, separated by commas, to rotate: the first seals, all open. Locally a file "
        "`saleor-kupikupi.key` is made when it is empty.",
    )
    app_api_base_url: HttpUrl | None = Field(
        None, description="Where Saleor and Kupi-Kupi reach this app. Locally `http://127.0.0.1:PORT` when empty."
    )
    app_iframe_base_url: HttpUrl | None = Field(
        None, description="Where a browser reaches this app; `APP_API_BASE_URL` when empty."
    )
    host: str = Field("127.0.0.1", description="The address to listen on; the image sets `0.0.0.0`.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    database_password: SecretStr = Field(
        SecretStr(""), description="The password that belongs into `DATABASE_URL`, of any characters."
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:///saleor-kupikupi.db"),
        validate_default=True,
        description="`sqlite:///file.db` or `postgresql://user:password@host/name`; `postgres://` works too.",
    )
    allowed_saleor_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_api_urls)] = (
        Field(
            (),
            description="The Saleor API URLs that may install the app, separated by commas, exact or with `*`, such as "
            "`https://*.saleor.cloud/graphql/`. Empty refuses all. What is not public, such as a Saleor on this "
            "machine or in a private network, has to be listed with a host without `*`.",
        )
    )
    allowed_domain_pattern: Annotated[str, AfterValidator(_expression)] = Field(
        "",
        description="The ecosystem's other spelling of the same: a regular expression that the whole API URL must "
        "match, at public addresses only.",
    )
    allowed_provider_urls: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_addresses)
    ] = Field(
        (),
        description="Base addresses, separated by commas, that a merchant may type on the page for Kupi-Kupi's server "
        "beside its own two hosts; what lies below one may be typed too. An app without TLS on this machine may call "
        "this machine. The command line may set any.",
    )
    dashboard_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_origins)] = Field(
        (),
        description="The origins, separated by commas, of Dashboards that are served from another host than their "
        "Saleor's API, such as `https://dashboard.example.com`; the API's own origin may always show the page.",
    )
    manifest_app_id: str = Field(
        "saleor.app.payment.kupikupi",
        min_length=1,
        max_length=256,
        description="The app's id in Saleor; change it to install a second copy beside the first.",
    )
    web_workers: int = Field(2, ge=1, le=64, description="How many processes answer HTTP.")
    web_threads: int = Field(16, ge=1, le=256, description="How many requests one process answers at a time.")
    worker_in_process: bool = Field(
        True, description="Whether `serve` also does the background work; `false` where `worker` runs elsewhere."
    )
    worker_threads: int = Field(8, ge=1, le=64, description="How many pieces of background work run at a time.")
    worker_beat_file: Path | None = Field(
        None,
        description="A file whose time says when the background work last looked for something to do, for `health "
        "--worker`; the image sets `/tmp/worker.beat`. Each worker needs its own.",
    )
    staff_language: Literal["ru", "en"] = Field("ru", description="The language of messages to the shop's staff.")
    session_max_age: int = Field(
        600, ge=1, description="Seconds after which a gateway, initialize or process webhook is too old."
    )
    session_max_ahead: int = Field(120, ge=0, description="Seconds that Saleor's clock may be ahead of ours.")
    action_max_age: int = Field(
        604800, ge=1, description="Seconds after which a charge, cancel, refund or uninstall webhook is too old."
    )
    provider_problem_after: int = Field(
        600, ge=60, description="Seconds for which Kupi-Kupi fails or refuses us before that is shown as a problem."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level that is logged."
    )
    log_format: Literal["json", "text"] = Field("json", description="One JSON object a line, or text for people.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic gives it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic gives it by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Puts `NAME_FILE` beside `NAME` for everything that is secret."""
        return init_settings, env_settings, _NamedFiles(settings_cls)

    @field_validator("database_url")
    @classmethod
    def _put_password_in(cls, url: SecretStr, others: ValidationInfo) -> SecretStr:
        password = others.data["database_password"].get_secret_value()
        return SecretStr(_with_password(url.get_secret_value(), password)) if password else url

    @model_validator(mode="after")
    def _complete(self) -> Self:
        keys = self.secret_keys
        if keys and (wrong := flaw(keys[0])):
            raise ValueError(
                f"SECRET_KEY: {wrong}. Make one: openssl rand -hex 32. If something is sealed with the present one "
                "already, keep it behind the new one: SECRET_KEY=new,present"
            )
        if any(len(key) < SHORTEST_KEY for key in keys):  # those behind the first only open what they have sealed
            raise ValueError(f"SECRET_KEY: each key needs {SHORTEST_KEY} characters or more")
        if self.env == "production" and not keys:
            raise ValueError(
                f"SECRET_KEY: in production a text of {SHORTEST_KEY} characters or more is needed, "
                "the same on every host, for without it stored secrets cannot be opened"
            )
        if self.env == "production" and self.app_api_base_url is None:
            raise ValueError("APP_API_BASE_URL: in production the public address of this app is needed")
        return self

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys in the order of their use: the first seals."""
        return tuple(filter(None, (key.strip() for key in self.secret_key.get_secret_value().split(","))))

    @property
    def base_url(self) -> str:
        """Where the two counterparts reach this app."""
        return self.app_api_base_url or f"http://127.0.0.1:{self.port}"

    @property
    def iframe_url(self) -> str:
        """Where a browser reaches this app."""
        return self.app_iframe_base_url or self.base_url


class _NamedFiles(PydanticBaseSettingsSource):
    """Reads a secret from the file that `NAME_FILE` names; a named file that cannot be read is an error."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        if not path or field.annotation is not SecretStr:
            return None, field_name, False
        try:
            secret = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WrongSettings(
                f"{field_name.upper()}_FILE: cannot be read by uid {os.getuid()}: {type(error).__name__}"
            ) from None
        if not secret:
            raise WrongSettings(f"{field_name.upper()}_FILE: the file is empty")
        return secret, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def read_settings(**overrides: Any) -> Settings:
    """Reads the environment; raises WrongSettings. Locally it makes a key file where no key is given."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise WrongSettings("\n".join(_explained(problem) for problem in error.errors())) from None
    if settings.secret_keys:
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_local_key())})


def _explained(problem: Any) -> str:
    text = problem["msg"].removeprefix("Value error, ")
    name = "_".join(str(part) for part in problem["loc"][:1]).upper()
    return f"{name}: {text}" if name else text


def _local_key() -> str:
    """Reads or makes the key of this machine, readable by its owner alone."""
    try:
        descriptor = os.open(_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _KEY_FILE.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    return _KEY_FILE.read_text(encoding="utf-8").strip()
