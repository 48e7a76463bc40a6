"""Reviews in the admin: what was said, and the pages on which it is said and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from chat.desk.explaining import explain_reviewed
from chat.desk.lists import LongListAdmin
from chat.desk.queue import queue
from chat.desk.sets import download, sets

if TYPE_CHECKING:
    from django.urls import URLPattern


class ReviewAdmin(LongListAdmin):
    list_display = ("message", "reviewer", "verdict", "label", "updated_at")
    list_filter = ("verdict",)
    list_select_related = ("message", "reviewer")
    search_fields = ("id",)
    uuid_lookups = ("message__uuid",)
    person_lookup = "reviewer"
    ordering = ("-pk",)
    fields = ("message", "reviewer", "verdict", "label", "note", "updated_at")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        urls: list[URLPattern] = super().get_urls()
        return [
            path("queue/", wrap(queue), name="chat_review_queue"),
            path("queue/explain/", wrap(explain_reviewed), name="chat_review_explain"),
            path("sets/", wrap(sets), name="chat_review_sets"),
            path(
                "sets/<int:version>/<str:name>",
                wrap(download),
                name="chat_review_set_file",
            ),
            *urls,
        ]
