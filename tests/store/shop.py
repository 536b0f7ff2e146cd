"""A Saleor with one connection to the provider, to hang transfers on."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from saleor_kupikupi.domain.connection import Connection, Credentials, WireFormat
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import Environment, SourceKind, State, Transfer
from saleor_kupikupi.store import connections, credentials, installations, transfers
from saleor_kupikupi.store.database import Database, Tx
from saleor_kupikupi.store.sealing import Vault

NOW = datetime(2030, 5, 17, 12, 30, 15, 250_000, tzinfo=UTC)
PHONE = "79991234567"


@dataclass(frozen=True)
class Shop:
    database: Database
    vault: Vault
    installation: Installation
    connection: Connection
    credentials: Credentials

    def draft(self, **changes: Any) -> Transfer:
        draft = Transfer(
            id=0,
            installation_id=self.installation.id,
            connection_id=self.connection.id,
            credentials_id=self.credentials.id,
            environment=Environment.PRODUCTION,
            reference=reference_of(str(uuid4())),
            source_kind=SourceKind.CHECKOUT,
            source_id="Q2hlY2tvdXQ6MQ==",
            source_key="Q2hlY2tvdXQ6MQ==",
            channel="default-channel",
            amount=123_450,
            phone_last4=PHONE[-4:],
            language="ru",
            state=State.REQUESTED,
            created_at=NOW,
            sent_at=NOW,
        )
        return replace(draft, **changes)

    def add(self, tx: Tx, *, due_at: datetime | None = None, **changes: Any) -> Transfer:
        return transfers.insert_new(tx, self.vault, self.draft(**changes), PHONE, due_at)

    def new(self, *, due_at: datetime | None = None, **changes: Any) -> Transfer:
        with self.database.write() as tx:
            return self.add(tx, due_at=due_at, **changes)

    def now(self, transfer: Transfer) -> Transfer:
        with self.database.read() as tx:
            found = transfers.by_id(tx, transfer.id)
        assert found is not None
        return found


def open_shop(database: Database, vault: Vault, api_url: str = "https://shop.example/graphql/") -> Shop:
    draft = Installation(0, api_url, "saleor.app.payment.kupikupi", "QXBwOjE=", "token of the app", "3.22.5")
    with database.write() as tx:
        installation = installations.register(tx, vault, draft, '{"keys":[]}', NOW)
        connection = connections.add(
            tx,
            vault,
            Connection(id=0, installation_id=installation.id, name="main", environment=Environment.PRODUCTION),
        )
        made = credentials.replace_current(tx, vault, draft_credentials(connection), NOW)
    return Shop(database, vault, installation, connection, made)


def draft_credentials(connection: Connection, **changes: Any) -> Credentials:
    draft = Credentials(
        id=0,
        connection_id=connection.id,
        environment=Environment.PRODUCTION,
        platform_uid="platform",
        secret="the shop's secret",
        base_url="https://provider.example/api/v1/transfer/",
        wire_format=WireFormat.DOCUMENTED,
        settled=True,
    )
    return replace(draft, **changes)
