"""Lob (lob.com), who prints and mails our letters: API 1.22, https://docs.lob.com."""

from infrastructure.vendors.lob.client import LobPost
from infrastructure.vendors.lob.webhooks import EventKind, ForgedWebhook, ProviderEvent, parse, sign, verify

__all__ = ["EventKind", "ForgedWebhook", "LobPost", "ProviderEvent", "parse", "sign", "verify"]
