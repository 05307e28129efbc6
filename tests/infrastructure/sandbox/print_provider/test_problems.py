"""Refusals look like the vendor's."""

from infrastructure.sandbox.print_provider.problems import Refused


def test_a_refusal_has_code_message_and_status() -> None:
    assert Refused("not_found", "letter not found").body == {
        "error": {"code": "not_found", "message": "letter not found", "status_code": 404}
    }
    assert [Refused(code, "").status for code in ("invalid", "rate_limit_exceeded", "unauthorized")] == [422, 429, 401]
