"""The exported data sets: what each holds, its hash, and the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from chat.agreement import agreements
from chat.desk.pages import needs, page, staff_of
from chat.errors import ChatError
from chat.services import reviewed_sets

if TYPE_CHECKING:
    from django.http import HttpRequest


@needs("chat.export_review")
def sets(request: HttpRequest) -> HttpResponse:
    """List the sets; make the next one where a reason is given."""
    if request.method != "POST":
        return _list(request)
    try:
        found = reviewed_sets.export_set(
            staff=staff_of(request), reason=request.POST.get("reason", "")
        )
    except ChatError as error:
        return _list(request, error.message)
    n = found.manifest["n"]
    told = ngettext("%(n)d message.", "%(n)d messages.", n) % {"n": n}
    messages.success(request, f"Version {found.version} has {told}")
    return redirect(request.path)


def _list(request: HttpRequest, fault: str = "") -> HttpResponse:
    manifests = [found.manifest for found in reviewed_sets.all_sets()]
    context = {
        "sets": [one for one in manifests if one],
        "fault": fault,
        "agreements": agreements(),
    }
    response = page(request, "sets.html", "Data sets", context)
    response.status_code = 400 if fault else 200
    return response


@needs("chat.export_review")
def download(request: HttpRequest, version: int, name: str) -> HttpResponse:
    """One file of a set; that of the texts counts as reading every conversation in it."""
    try:
        data = reviewed_sets.read_file(
            staff=staff_of(request), version=version, name=name
        )
    except ChatError as error:
        raise Http404 from error
    response = HttpResponse(data, content_type="application/octet-stream")
    filename = f"reviews-{version}-{name}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response
