"""Every read has a name, and the first is whose it is: `for_user`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now

from chat import models as rows  # which imports these classes in turn

if TYPE_CHECKING:
    import uuid

    from chat.people import User


class ConversationQuerySet(QuerySet["rows.Conversation"]):
    def for_user(self, user: User) -> ConversationQuerySet:
        """The person's own conversations that are not deleted."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> ConversationQuerySet:
        return self.filter(user=user, deleted_at__isnull=False)

    def search(self, text: str) -> ConversationQuerySet:
        """Those whose title, or a message or reply in it, contains the text."""
        said = {"conversation": OuterRef("pk"), "text__icontains": text}
        return self.filter(
            Q(title__icontains=text)
            | Exists(rows.Message.objects.filter(**said))
            | Exists(rows.Reply.objects.filter(**said))
        )

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
