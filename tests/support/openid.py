"""An OpenID provider that nobody here wrote: installed once for each lock file, and run for a test module."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from infrastructure.vendors.smartcredit.endpoints import Endpoints
from tests.support.odd_provider import BACK

FOLDER = Path(__file__).parent.parent / "oidc"
OLDEST_NODE = 18
INSTALL_S = 120
UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|FETCH_ERROR)\b"
)


class CannotInstall(Exception):
    """The packages were not installed; the message says why."""


class OutOfReach(CannotInstall):
    """The packages are not kept here, and where they are to be had from cannot be reached."""


@dataclass
class OpenId:
    """A running provider."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str

    def endpoints(self, **changes: Any) -> Endpoints:
        """Its only client."""
        usual: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "issuer": self.issuer,
            "authorize_url": f"{self.issuer}/auth",
            "token_url": f"{self.issuer}/token",
            "revoke_url": f"{self.issuer}/token/revocation",
            "reports_url": f"{self.issuer}/reports",
            "tradelines_url": f"{self.issuer}/tradelines",
            "scores_url": f"{self.issuer}/scores",
            "alerts_url": f"{self.issuer}/alerts",
            "scope": self.scope,
            "redirect_uri": BACK,
            "jwks_url": f"{self.issuer}/jwks",
            "sends_iss": True,
        }
        return Endpoints(**{**usual, **changes})

    @property
    def counts(self) -> dict[str, int]:
        """How often tokens were asked for, and refused."""
        found: dict[str, int] = httpx.get(f"{self.issuer}/counts", trust_env=False).json()
        return found

    def allow(self, url: str, login: str = "ann") -> dict[str, str]:
        """What a person does in a browser: signs in, consents, and is sent back with this."""
        with httpx.Client(timeout=20, trust_env=False) as browser:
            answer = browser.get(url)
            for _ in range(12):
                if answer.is_redirect:
                    target = urljoin(str(answer.url), answer.headers["location"])
                    if target.startswith(BACK):
                        return dict(parse_qsl(urlsplit(target).query))
                    answer = browser.get(target)
                    continue
                assert answer.status_code == 200, answer.text
                action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
                prompt = re.search(r'name="prompt" value="([a-z]+)"', answer.text)
                assert action, answer.text
                assert prompt, answer.text
                form = {"prompt": prompt[1]} | ({"login": login, "password": "x"} if prompt[1] == "login" else {})
                answer = browser.post(urljoin(str(answer.url), unescape(action[1])), data=form)
        raise AssertionError("the way back was not found")


def install(cache: Path, npm: str, seconds: float = INSTALL_S) -> Path:
    """The folder with the packages of the lock file, made by whoever comes first. Raises CannotInstall."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    made = cache / f"oidc-{hashlib.sha256(lock).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{made.name}.lock").open("w") as guard:
        _wait_for(guard.fileno(), seconds + 30)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=cache, prefix="draft-") as draft:
                for name in ("package.json", "package-lock.json"):
                    shutil.copy(FOLDER / name, draft)
                _npm_ci(npm, draft, seconds)
                Path(draft).rename(made)
                Path(draft).mkdir()
    return made


def _wait_for(guard: int, seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends_at:
                raise CannotInstall("another process has been installing for too long") from None
            time.sleep(0.1)
        else:
            return


def _npm_ci(npm: str, folder: str, seconds: float) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"npm ci did not end within {seconds:g} s") from None
    if done.returncode != 0:
        found = UNREACHABLE.search(done.stderr + done.stdout)
        if found:
            raise OutOfReach(f"the packages cannot be fetched from here ({found[1]})")
        raise CannotInstall(done.stderr[-2000:] or done.stdout[-2000:])


def node_or_skip() -> tuple[str, str]:
    """The programs node and npm; the test is skipped without them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed: the OpenID provider that nobody here wrote needs them")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node {version.strip()} is too old for the OpenID provider; it needs {OLDEST_NODE}")
    return node, npm


def cache_folder() -> Path:
    """Outside the tree, and kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sfdify-tests"


@contextmanager
def open_id() -> Iterator[OpenId]:
    """The provider on a port of its own; skips where it cannot be had."""
    node, npm = node_or_skip()
    try:
        folder = install(cache_folder(), npm)
    except OutOfReach as missing:
        pytest.skip(str(missing))
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [node, str(FOLDER / "server.mjs"), str(folder), BACK], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            errors.seek(0)
            assert line, errors.read()[-2000:]
            told = json.loads(line)
            yield OpenId(told["ready"], told["client_id"], told["client_secret"], told["scope"])
        finally:
            process.kill()
