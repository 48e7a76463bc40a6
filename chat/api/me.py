"""`me/`: oneself, one's picture, all one's data, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from chat import actions, exporting
from chat.accounts import avatars
from chat.accounts.names import clean_name
from chat.api import docs
from chat.api.base import ApiView, found
from chat.api.parsers import BytesParser, ImageParser
from chat.errors import BadRequest, Empty, TooLong
from chat.inputs import ExportInput, PersonInput, parse
from chat.models import Deletion
from chat.services import profiles, quota

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from chat.models import User

NAME_ERRORS: dict[str | None, type[BadRequest]] = {"empty": Empty, "too_long": TooLong}


def person_body(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.display_name,
        "avatar_url": user.avatar_url,
        "classifiers": user.default_classifiers,
        "created_at": user.date_joined.isoformat(),
    }


def deletion_body(job: Deletion) -> dict[str, Any]:
    return {
        "receipt": str(job.id),
        "state": "done" if job.finished_at else "running",
        "requested_at": job.requested_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "deleted": job.counts,
    }


def _name(given: str) -> str:
    try:
        return clean_name(given)
    except ValidationError as error:
        raise NAME_ERRORS.get(error.code, BadRequest)(error.messages[0]) from error


class Me(ApiView):
    @docs.me_read
    def get(self, request: Request) -> Response:
        return Response(person_body(self.person))

    @docs.me_update
    def patch(self, request: Request) -> Response:
        given = parse(PersonInput, request.data)
        user = profiles.update_profile(
            session_key=self.session_key,
            name=_name(given["name"]) if "name" in given else None,
            classifiers=given.get("classifiers"),
        )
        return Response(person_body(user))

    @docs.me_delete
    def delete(self, request: Request) -> Response:
        """Deleted when this answers; a receipt that is `running` will be within seconds."""
        job = self.run(actions.delete_account, session_key=self.session_key)
        status = 200 if job.finished_at else 202
        where = {"Location": f"/api/v1/deletions/{job.id}/"}
        return Response(deletion_body(job), status, headers=where)


class MyPicture(ApiView):
    parser_classes = (ImageParser, BytesParser)

    @docs.picture_set
    def put(self, request: Request) -> Response:
        """Draws the picture anew, so that nothing else of the file is kept."""
        given: object = request.data  # no body at all is parsed by nobody
        try:
            url = avatars.keep(avatars.draw(given if isinstance(given, bytes) else b""))
        except avatars.AvatarError as error:
            raise BadRequest(f"We cannot show this picture: {error}.") from error
        return self._replaced(url)

    @docs.picture_remove
    def delete(self, request: Request) -> Response:
        return self._replaced("")

    def _replaced(self, url: str) -> Response:
        try:
            user, old = profiles.set_picture(session_key=self.session_key, url=url)
        except Exception:
            avatars.forget(url)
            raise
        avatars.forget(old)
        return Response(person_body(user))


class Export(ApiView):
    @docs.export
    def get(self, request: Request) -> HttpResponse:
        """Counts as a send: it reads all that there is."""
        given = parse(ExportInput, self.asked())
        tables = exporting.read_all(quota.take_one(session_key=self.session_key))
        if given["format"] == "csv":
            return _file(exporting.as_zip(tables), "application/zip", "zip")
        return _file(exporting.as_json(tables), "application/json", "json")


def _file(body: bytes, content_type: str, ending: str) -> HttpResponse:
    name = f'attachment; filename="emochat-export.{ending}"'
    headers = {"Content-Disposition": name}
    return HttpResponse(body, content_type=content_type, headers=headers)


class DeletionDetail(ApiView):
    """For whoever holds the receipt: the account that could sign in is gone."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @docs.deletions_read
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(deletion_body(found(Deletion.objects.filter(pk=pk))))
