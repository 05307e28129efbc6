"""What letters are made of: items and the people's present names and addresses; old drafts give way to new ones."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import ValidationError

from application.bureau_addresses import address_in_force
from application.kernel import Answer, Command, Work, handles
from application.moot_tasks import SettleDraftTasks
from application.ports import snooze_until_reached
from application.tasks import OpenTask
from domain.address_book import NoDisputeAddress
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, ConsentMissing, Consumer, Profile
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import DomainError, IllegalMove, Invalid, NotFound
from domain.letter_facts import NAME_MAX, Recipient, ReportReference, Sender
from domain.letters import Draft, Letter, LetterStatus
from domain.local_days import local_day
from domain.permissions import Permission
from domain.reports import Report
from domain.tasks import TaskKind
from domain.templates import VERSIONS
from domain.tenants import Tenant


class NotForALetter(Invalid):
    """The profile holds a name or text that no envelope takes."""

    code = "profile_not_for_a_letter"


class LetterOutdated(IllegalMove):
    """The letter names its writer, or the bureau's address, as it was before; another takes its place."""

    code = "letter_outdated"


class DraftLetters(Command):
    """Put the chosen items of one bureau into letters, as many as the tenant's item limit takes."""

    needs: ClassVar[Permission] = Permission.WRITE_DISPUTES

    consumer_id: UUID
    bureau: Bureau
    dispute_ids: tuple[UUID, ...]


class RefreshLetters(Command):
    """The profile or a consent has changed: look which letters, not posted yet, still say what was so before.

    Items that could not be put into a letter as it was are drafted now.
    """

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    consumer_id: UUID


class RefreshLetter(Command):
    """Draft one letter anew if it is outdated."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    letter_id: UUID


@handles(DraftLetters)
def draft_letters(command: DraftLetters, work: Work) -> Answer:
    """One letter for a few items of one report and letter type each; what is in a letter or withdrawn is left alone."""
    consumer = work.load(Consumer, command.consumer_id)
    if consumer.erased and work.context.job is not None:
        return {"letter_ids": []}
    profile = consumer.known()
    tenant = work.load(Tenant, work.caller.tenant_id)
    disputes = [work.load(Dispute, dispute_id) for dispute_id in command.dispute_ids]
    if any(dispute.owner_id != consumer.id for dispute in disputes):
        raise NotFound("there is no dispute of this id")
    waiting: dict[tuple[UUID, str], list[Dispute]] = {}
    for dispute in disputes:
        if dispute.status is DisputeStatus.SELECTED and dispute.bureau is command.bureau:
            waiting.setdefault((dispute.report_id, dispute.letter_type), []).append(dispute)
    if not waiting:
        return {"letter_ids": []}
    size = tenant.policies.items_per_letter_max
    try:
        consumer.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
        parties = _parties(profile, command.bureau, work)
    except (ConsentMissing, NotForALetter) as refused:
        if work.context.job is None:
            raise
        _ask_operator(refused, consumer, command, work)
        return {"letter_ids": [], "refused": refused.code}
    except NoDisputeAddress as refused:
        if work.context.job is not None:
            _ask_operator(refused, consumer, command, work)
            work.save_now(f"refused-{work.now.isoformat()}")
        raise
    letters = [
        _draft_one(consumer.id, parties, tenant, items[start : start + size], work)
        for items in waiting.values()
        for start in range(0, len(items), size)
    ]
    work.ask(SettleDraftTasks(dispute_ids=command.dispute_ids), f"drafted:{letters[0].id}")
    return {"letter_ids": [letter.id for letter in letters]}


def _parties(profile: Profile, bureau: Bureau, work: Work) -> tuple[Sender, Recipient]:
    """Who writes and who is written to, as it is today. Raises `NotForALetter` and `NoDisputeAddress`."""
    sender = sender_of(profile)
    entry = address_in_force(bureau, local_day(work.now, sender.address.state).on, work)
    return sender, Recipient(bureau=bureau, company=entry.company, address=entry.address)


def _ask_operator(refused: DomainError, consumer: Consumer, command: DraftLetters, work: Work) -> None:
    """A draft that fails by itself is nobody's answer: a task says so.

    What the consumer can put right, by another profile or their consent, has the items drafted then.
    """
    about, cause = command.dispute_ids[0], f"{refused.code}:{consumer.version}"
    task = OpenTask(kind=TaskKind.LETTER_REFUSED, consumer_id=consumer.id, about_id=about, cause=cause)
    work.ask(task, f"not_drafted:{about}:{cause}")


def _draft_one(
    consumer_id: UUID, parties: tuple[Sender, Recipient], tenant: Tenant, disputes: list[Dispute], work: Work
) -> Letter:
    sender, recipient = parties
    report = work.load(Report, disputes[0].report_id)
    items = [d.challenge.item for d in disputes if d.challenge is not None]
    letter = Letter.open(
        work.ports.new_id(),
        work.now,
        consumer_id=consumer_id,
        bureau=disputes[0].bureau,
        letter_type=disputes[0].letter_type,
        template_version=VERSIONS[disputes[0].letter_type],
        dispute_ids=tuple(d.id for d in disputes),
        letter_date=local_day(work.now, sender.address.state).on,
        approvals=tenant.policies.approvals,
        draft=Draft(
            sender=sender,
            recipient=recipient,
            report=ReportReference(
                dated=report.pulled_from(disputes[0].bureau), free_annual=disputes[0].free_annual
            ),
            items=tuple(item.model_copy(update={"number": n}) for n, item in enumerate(items, start=1)),
            tenant_kind=tenant.kind.value,
        ),
    )
    for dispute in disputes:
        dispute.note_letter(letter.id, work.now)
    return work.add(letter)


@handles(RefreshLetters)
def refresh_letters(command: RefreshLetters, work: Work) -> Answer:
    """One job for each letter; the query tables must have seen the change first."""
    tenant_id, job = work.caller.tenant_id, work.context.job
    if job is not None:
        snooze_until_reached(work.ports.reads, tenant_id, job.after_position)
    letter_ids = work.ports.reads.letters_before_posting(tenant_id, command.consumer_id)
    version = work.load(Consumer, command.consumer_id).version
    for letter_id in letter_ids:
        work.ask(RefreshLetter(letter_id=letter_id), f"refresh:{letter_id}:{version}")
    for bureau, dispute_ids in work.ports.reads.disputes_without_letter(tenant_id, command.consumer_id).items():
        draft = DraftLetters(consumer_id=command.consumer_id, bureau=bureau, dispute_ids=tuple(dispute_ids))
        work.ask(draft, f"draft_again:{command.consumer_id}:{bureau.value}:{version}")
    return {"letters": len(letter_ids)}


@handles(RefreshLetter)
def refresh_letter(command: RefreshLetter, work: Work) -> Answer:
    """The old draft gives way to one that the consumer can sign."""
    letter = work.load(Letter, command.letter_id)
    give_way_if_outdated(letter, work)
    return {"letter_id": letter.id, "version": letter.version}


def is_outdated(letter: Letter, work: Work) -> bool:
    """Whether this letter, printed today, would carry a name or an address that is no longer so."""
    consumer = work.load(Consumer, letter.owner_id)
    if consumer.erased or consumer.profile is None:
        return False
    try:
        return letter.is_outdated(*_parties(consumer.profile, letter.bureau, work))
    except (NotForALetter, NoDisputeAddress):
        return True


def give_way_if_outdated(letter: Letter, work: Work) -> bool:
    """Void an outdated letter that is not with the post yet; its items go into a new one, to be signed anew."""
    if letter.status in (LetterStatus.SUBMITTED, LetterStatus.VOID) or not is_outdated(letter, work):
        return False
    void(letter, "the profile or the bureau's address changed after it was drafted", work)
    return True


def refuse_outdated(letter: Letter, work: Work) -> None:
    """Nobody puts their name to an outdated letter. Raises `LetterOutdated` once its successor is on the way."""
    if give_way_if_outdated(letter, work):
        work.save_now("outdated")
        raise LetterOutdated("the profile or the bureau's address has changed; sign the letter that is drafted anew")


def sender_of(profile: Profile) -> Sender:
    """The consumer under the fullest form of their name that an envelope takes. Raises `NotForALetter`."""
    middle = profile.middle_name or ""
    forms = [
        " ".join(part for part in (profile.given_name, form, profile.family_name) if part)
        for form in (middle, f"{middle[:1]}." if middle else "", "")
    ]
    room = NAME_MAX - (len(profile.suffix) + 1 if profile.suffix else 0)
    try:
        return Sender(
            name=next((form for form in forms if len(form) <= room), forms[-1]),
            suffix=profile.suffix,
            address=profile.address,
            previous_addresses=profile.previous_addresses,
            phone=profile.phone,
            birth_date=profile.birth_date,
            ssn_last4=profile.ssn_last4,
        )
    except ValidationError:
        raise NotForALetter(
            f"letters need a first and last name of at most {room} characters together and text that can be printed;"
            " correct the profile"
        ) from None


def void(letter: Letter, reason: str, work: Work) -> None:
    """Void a letter together with the items' hold on it; items still wanted go into another letter."""
    letter.void(reason, work.now)
    disputes = [work.load(Dispute, dispute_id) for dispute_id in letter.dispute_ids]
    for dispute in disputes:
        dispute.drop_letter(letter.id, work.now)
    freed = tuple(dispute.id for dispute in disputes if dispute.status is DisputeStatus.SELECTED)
    if freed:
        again = DraftLetters(consumer_id=letter.owner_id, bureau=letter.bureau, dispute_ids=freed)
        work.ask(again, f"redraft:{letter.id}")
