"""Who may do what. Checked once, in the bus, for every door into the system."""

from __future__ import annotations

from enum import StrEnum

from domain.kernel import Role


class Permission(StrEnum):
    """An act that a role may be allowed to do."""

    MANAGE_TENANT = "manage_tenant"
    MANAGE_USERS = "manage_users"
    WRITE_CONSUMERS = "write_consumers"
    READ_CASES = "read_cases"
    GIVE_CONSENT = "give_consent"
    CONNECT_REPORTS = "connect_reports"
    ERASE_CONSUMERS = "erase_consumers"
    IMPORT_REPORTS = "import_reports"
    SELECT_FINDINGS = "select_findings"
    WRITE_DISPUTES = "write_disputes"
    SIGN_LETTERS = "sign_letters"
    APPROVE_AS_CONSUMER = "approve_as_consumer"
    APPROVE_AS_OPERATOR = "approve_as_operator"
    CONFIRM_OUTCOMES = "confirm_outcomes"
    SETTLE_MATCHES = "settle_matches"
    WORK_TASKS = "work_tasks"
    READ_NOTIFICATIONS = "read_notifications"
    READ_AUDIT = "read_audit"
    READ_JOBS = "read_jobs"
    MANAGE_JOBS = "manage_jobs"
    MOVE_TEST_CLOCK = "move_test_clock"
    RUN_ENGINE = "run_engine"


P = Permission
_READ = {P.READ_CASES, P.READ_NOTIFICATIONS}
_OPERATOR = _READ | {
    P.WRITE_CONSUMERS,
    P.IMPORT_REPORTS,
    P.WRITE_DISPUTES,
    P.APPROVE_AS_OPERATOR,
    P.CONFIRM_OUTCOMES,
    P.SETTLE_MATCHES,
    P.WORK_TASKS,
    P.READ_JOBS,
    P.MANAGE_JOBS,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(
        _OPERATOR | {P.MANAGE_TENANT, P.MANAGE_USERS, P.ERASE_CONSUMERS, P.READ_AUDIT, P.MOVE_TEST_CLOCK}
    ),
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.VIEWER: frozenset(_READ | {P.READ_JOBS}),
    Role.AUDITOR: frozenset(_READ | {P.READ_AUDIT, P.READ_JOBS}),
    Role.CONSUMER: frozenset(
        _READ
        | {
            P.GIVE_CONSENT,
            P.CONNECT_REPORTS,
            P.IMPORT_REPORTS,
            P.SELECT_FINDINGS,
            P.WRITE_DISPUTES,
            P.SIGN_LETTERS,
            P.APPROVE_AS_CONSUMER,
        }
    ),
    Role.SYSTEM: frozenset(Permission),
}
"""A consumer's own decisions (consent, connecting a provider of reports, choosing items, signing, approving the exact
bytes) are in no operator's reach: a dispute that the consumer did not make themselves starts no duty under
15 U.S.C. 1681i (Warner v. Experian, 9th Cir. 2019)."""


def allowed(role: Role, permission: Permission) -> bool:
    """Whether `role` may do what `permission` names."""
    return permission in GRANTS[role]


def covers(role: Role, other: Role) -> bool:
    """Whether whoever has `role` may do all that `other` may."""
    return GRANTS[other] <= GRANTS[role]
