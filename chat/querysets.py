"""Every read has a name, and the first is whose it is: `for_user`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from django.db.models import (
    Count,
    Exists,
    Manager,
    Min,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.db.models.functions import Now

from chat import models as rows  # which imports these classes in turn
from chat.searching import MAX_QUERY, Wanted, wanted_conversations

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from chat.people import User


Row = TypeVar("Row", bound=Model)


class _WithoutWords(Manager[Row]):
    """Rows as they are shown: what only a search looks at stays in the database."""

    def get_queryset(self) -> QuerySet[Row]:
        return super().get_queryset().defer("words")


class ConversationQuerySet(QuerySet["rows.Conversation"]):
    def for_user(self, user: User) -> ConversationQuerySet:
        """The person's own conversations that are not deleted."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> ConversationQuerySet:
        return self.filter(user=user, deleted_at__isnull=False)

    def search(self, text: str) -> ConversationQuerySet:
        """Those whose title, or a message or reply in it, says the text."""
        return self.wanted(Wanted(text[:MAX_QUERY]))

    def wanted(self, wanted: Wanted) -> ConversationQuerySet:
        """Those that hold such a turn; see `chat.searching`."""
        return cast("ConversationQuerySet", wanted_conversations(self, wanted))

    def progress(self) -> dict[uuid.UUID, tuple[int, bool]]:
        """The last seq of each, and whether a reply is open; one query."""
        replies = rows.Reply.objects.open().filter(conversation=OuterRef("pk"))
        counted = self.annotate(is_busy=Exists(replies))
        found = counted.values_list("pk", "last_seq", "is_busy")
        return {pk: (seq, is_busy) for pk, seq, is_busy in found}

    def latest_first(self) -> ConversationQuerySet:
        return self.order_by("-updated_at", "-id")


class MessageQuerySet(QuerySet["rows.Message"]):
    def for_user(self, user: User) -> MessageQuerySet:
        return self.filter(user=user, conversation__deleted_at=None)

    def written(
        self, since: datetime | None, until: datetime | None
    ) -> MessageQuerySet:
        """Those written from `since` on and before `until`."""
        found = self.filter(created_at__gte=since) if since else self
        return found.filter(created_at__lt=until) if until else found

    def read_as(self, label: str, classifier: str) -> MessageQuerySet:
        """Those of that emotion: as corrected, else as any classifier read it.

        With `classifier`, what that one read. Empty means whichever.
        """
        readings = rows.Classification.objects.filter(message=OuterRef("pk"))
        readings = readings.filter(label=label) if label else readings
        if classifier:
            return self.filter(Exists(readings.filter(classifier=classifier)))
        if not label:
            return self
        said = rows.Correction.objects.filter(message=OuterRef("pk"))
        is_so = Exists(said.filter(label=label))
        return self.filter(is_so | (~Exists(said) & Exists(readings)))

    def with_turn(self) -> MessageQuerySet:
        """Each with all that its turn shows; four queries in all."""
        return self.prefetch_related(
            "classifications",
            "corrections",
            Prefetch("replies", rows.Reply.objects.order_by("ordinal")),
            "replies__feedback",
        )


class ReplyQuerySet(QuerySet["rows.Reply"]):
    def for_user(self, user: User) -> ReplyQuerySet:
        return self.filter(conversation__user=user, conversation__deleted_at=None)

    def open(self) -> ReplyQuerySet:
        return self.filter(
            state__in=[rows.Reply.State.PENDING, rows.Reply.State.RUNNING]
        )

    def queue_figures(self) -> tuple[int, int, float]:
        """How many are pending and running, and the seconds the oldest pending waited."""
        pending = Q(state=rows.Reply.State.PENDING)
        figures = self.open().aggregate(
            n_pending=Count("pk", filter=pending),
            n_running=Count("pk", filter=~pending),
            waited=Now() - Min("created_at", filter=pending),
        )
        waited = figures["waited"]
        waited_s = waited.total_seconds() if waited else 0.0
        return figures["n_pending"], figures["n_running"], waited_s

    def claimable(self) -> ReplyQuerySet:
        """Pending replies that are first of their conversation's queue and may start."""
        rivals = rows.Reply.objects.filter(conversation=OuterRef("conversation"))
        earlier = rivals.filter(state=rows.Reply.State.PENDING).filter(
            Q(queued_seq__lt=OuterRef("queued_seq"))
            | Q(
                queued_seq=OuterRef("queued_seq"),
                created_at__lt=OuterRef("created_at"),
            )
        )
        return self.filter(
            ~Exists(rivals.filter(state=rows.Reply.State.RUNNING)),
            ~Exists(earlier),
            Q(lease_until=None) | Q(lease_until__lte=Now()),
            state=rows.Reply.State.PENDING,
        )


MessageManager = _WithoutWords.from_queryset(MessageQuerySet)
ReplyManager = _WithoutWords.from_queryset(ReplyQuerySet)
