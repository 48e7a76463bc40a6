"""`manage.py recover_replies`: put back what a dead process left, without a server."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chat.models import Reply
from chat.services.recovery import sweep


class Command(BaseCommand):
    help = (
        "Requeue or end the replies whose process died (every server does so itself)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        events = sweep()
        waiting = Reply.objects.open().count()
        self.stdout.write(f"{len(events)} replies ended, {waiting} open.")
