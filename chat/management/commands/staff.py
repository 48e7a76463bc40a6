"""`manage.py staff EMAIL reviewer|support|none`: who may do what in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from chat.errors import NotFound
from chat.services.staffing import GROUPS, set_group

if TYPE_CHECKING:
    from argparse import ArgumentParser

NOBODY = "none"


class Command(BaseCommand):
    help = "Let a person into the admin, as one group or as none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("group", choices=[*GROUPS, NOBODY])

    def handle(self, *args: Any, **options: Any) -> None:
        group = None if options["group"] == NOBODY else options["group"]
        try:
            user = set_group(email=options["email"], group=group)
        except NotFound as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.email}: {options['group']}")
