"""That an account was deleted: the job while it runs, the receipt afterwards."""

from __future__ import annotations

import uuid

from django.db import models


class Deletion(models.Model):
    """One account's deletion. `user` is a plain id, gone once the job is done.

    What stays says that something was deleted, when and how much of it: nobody's name,
    no text, and no id that leads anywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.BigIntegerField(null=True, unique=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.id)
