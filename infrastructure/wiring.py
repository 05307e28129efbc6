"""The composition root: one process's parts, put together once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg_pool import ConnectionPool

from application import processes as processes
from application.feeding import CreditFeed, FeedLinks
from application.kernel import Bus
from application.ports import Ports
from application.posting import Post
from infrastructure import postgres
from infrastructure.clocks import TenantClocks
from infrastructure.credentials import CredentialRecords
from infrastructure.databases import Urls, urls_of
from infrastructure.directory import TenantDirectory
from infrastructure.event_store.application import Engine
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.wakeup import Wakeup
from infrastructure.feed_links import FeedLinkStore
from infrastructure.feed_news import StoredNews
from infrastructure.feed_tokens import FeedTokens
from infrastructure.feeds import Feeds
from infrastructure.ids import new_id
from infrastructure.inbox import Inbox
from infrastructure.jobs import JobTable
from infrastructure.postgres import Connection
from infrastructure.posts import Posts
from infrastructure.printing import LetterPress
from infrastructure.reads import QueryTables
from infrastructure.reports import parse
from infrastructure.sealing import SecretSeal
from infrastructure.settings import Settings
from infrastructure.sign_ins import SignInRecords
from infrastructure.stores import Backend, SealedStore
from infrastructure.vault import vault_of
from infrastructure.vendors.files import Files

APP_POOL = 16


@dataclass(frozen=True)
class Sfdify:
    """Everything a process may need, ready to use."""

    settings: Settings
    urls: Urls
    pool: ConnectionPool[Connection]
    engine: Engine
    keyring: Keyring
    store: SealedStore
    directory: TenantDirectory
    clocks: TenantClocks
    inbox: Inbox
    seal: SecretSeal
    jobs: JobTable
    post: Callable[[UUID], Post]
    feeds: Callable[[UUID, str], CreditFeed]
    meets_sandbox_feed: bool
    bus: Bus


class ReportDesk:
    """Reads reports in every encoding there is a parser for."""

    read = staticmethod(parse)


def backend_of(settings: Settings) -> Backend:
    """Where sealed objects lie: a bucket when one is configured, else a folder of the home."""
    if settings.s3_bucket is not None:
        from infrastructure.vendors.s3 import S3

        return S3(settings.s3_bucket, settings.s3_endpoint, settings.s3_region)
    return Files(settings.home / "objects")


@contextmanager
def wire(
    settings: Settings,
    admin_url: str,
    *,
    pool_size: int = APP_POOL,
    post: Callable[[UUID], Post] | None = None,
    feeds: Callable[[UUID, str], CreditFeed] | None = None,
    links: FeedLinks | None = None,
) -> Iterator[Sfdify]:
    """Put a process together; leaving closes what it holds. `post` replaces the print provider in tests, `feeds` and
    `links` the report providers."""
    urls = urls_of(settings, admin_url)
    with ExitStack() as closing:
        pool = postgres.pool(urls.app, "app", pool_size)
        closing.callback(pool.close)
        with pool.connection() as conn:
            postgres.require_schema(conn)
        keyring = Keyring(pool, vault_of(settings))
        keyring.listen()
        closing.callback(keyring.close)
        wakeup = Wakeup(pool)
        closing.callback(wakeup.close)
        engine = Engine(pool, keyring, wakeup)
        closing.callback(engine.close)
        seal = SecretSeal(settings.secret("seal"))
        store = SealedStore(keyring, backend_of(settings))
        directory = TenantDirectory(pool)
        clocks = TenantClocks(pool)
        inbox = Inbox(pool, seal)
        posts = post or Posts(settings, directory).of
        own_links = FeedLinkStore(pool, keyring)
        own_feeds = Feeds(settings, directory, own_links, FeedTokens(pool, keyring))
        closing.callback(own_feeds.close)
        ports = Ports(
            clock=clocks,
            keys=keyring,
            store=store,
            reads=QueryTables(pool),
            printer=LetterPress(),
            post=posts,
            feeds=feeds or own_feeds.of,
            links=links or own_links,
            reports=ReportDesk(),
            directory=directory,
            inbox=StoredNews(inbox),
            sign_ins=SignInRecords(pool),
            credentials=CredentialRecords(pool, seal),
            new_id=new_id,
        )
        yield Sfdify(
            settings=settings,
            urls=urls,
            pool=pool,
            engine=engine,
            keyring=keyring,
            store=store,
            directory=directory,
            clocks=clocks,
            inbox=inbox,
            seal=seal,
            jobs=JobTable(pool),
            post=posts,
            feeds=feeds or own_feeds.of,
            meets_sandbox_feed=feeds is None,
            bus=Bus(engine, ports),
        )
