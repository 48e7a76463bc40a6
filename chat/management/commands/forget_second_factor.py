"""`manage.py forget_second_factor EMAIL`: for who lost the app and all recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from chat.models import User
from chat.services import second_factor

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Let a person sign in with the password alone again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        is_gone = second_factor.forget(user=user) > 0
        said = "signs in without a code" if is_gone else "needed no code"
        self.stdout.write(f"{user.email}: {said}")
