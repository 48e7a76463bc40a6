"""The page Analyse: any text or file of texts, read for a task by its classifiers.

A file is read in the browser and sent in parts to REST `classify/`; a text is also read
by the form, without scripts. Nothing of either is stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse

from chat import classifiers as choice
from chat.batch_inputs import classify_input
from chat.batches import classify_texts
from chat.errors import ChatError, Unauthenticated, UnknownClassifier
from chat.inputs import MAX_TEXT, parse
from chat.perform import in_database
from chat.readings import SPLIT_BELOW, reading_shown
from inference.registry import CLASSIFIERS, EMOTION, FRAMEWORKS, TASKS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from chat.readings import Reading
    from inference.types import Classified

MAX_ROWS = 10_000
MAX_FILE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds, why it could not be done, or what was read."""

    text: str = ""
    task: str = EMOTION
    framework: str = ""
    classifiers: list[str] = field(default_factory=list)
    error: str = ""
    readings: list[Reading] = field(default_factory=list)


async def analyse(request: HttpRequest) -> HttpResponse:
    """Show the form, or with a text in it what its classifiers read there."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if not (await request.auser()).is_authenticated:
        return redirect_to_login(reverse("analyse"))
    if request.method != "POST":
        return await in_database(_page, request, Asked())
    asked = _asked(request)
    try:
        readings = await _read(request, asked)
    except Unauthenticated:
        return redirect_to_login(reverse("analyse"))
    except ChatError as error:
        return await in_database(_refused, request, asked, error)
    return await in_database(_page, request, replace(asked, readings=readings))


def _asked(request: HttpRequest) -> Asked:
    posted = request.POST
    framework = posted.get("framework", "")
    return Asked(
        # Forms send CRLF; the same text sent by a script has LF.
        text=posted.get("text", "").replace("\r\n", "\n"),
        task=posted.get("task", EMOTION),
        framework=framework if framework in FRAMEWORKS else "",
        classifiers=posted.getlist("classifiers"),
    )


async def _read(request: HttpRequest, asked: Asked) -> list[Reading]:
    """Raise ChatError where form or engine does not allow it."""
    data = {"texts": [asked.text], "task": asked.task}
    given = parse(classify_input(data), data)
    names = _wanted(asked)
    (row,) = await classify_texts(
        session_key=request.session.session_key,
        texts=given["texts"],
        task=given["task"],
        classifiers=names or None,
    )
    return [_shown(name, result) for name, result in row]


def _wanted(asked: Asked) -> list[str]:
    """Return those of the task and the framework that were chosen; the form has them all.

    Raises UnknownClassifier where the task has none that the framework runs.
    """
    there = [
        spec.name
        for spec in choice.for_task(asked.task)
        if asked.framework in ("", spec.framework)
    ]
    if not there:
        titles = {str(name): f"in {title}" for name, title in FRAMEWORKS.items()}
        where = titles.get(asked.framework, "here")
        raise UnknownClassifier(f"No classifier of this task runs {where}.")
    return [name for name in there if name in asked.classifiers] or there[:1]


def _shown(name: str, result: Classified) -> Reading:
    classification = {
        "classifier": name,
        "scores": dict(result.scores),
        "model_version": result.model_version,
        "duration_ms": result.duration_ms,
    }
    return reading_shown(classification, choice.sure_from().get(name, 0.0))


def _refused(request: HttpRequest, asked: Asked, error: ChatError) -> HttpResponse:
    words = error.message.removeprefix("texts[0]: ")
    response = _page(request, replace(asked, error=words))
    response.status_code = error.status
    if error.retry_after_s is not None:
        response["Retry-After"] = str(math.ceil(error.retry_after_s))
    return response


def _page(request: HttpRequest, asked: Asked) -> HttpResponse:
    tasks = [(task, choice.for_task(task.name)) for task in TASKS.values()]
    served = [(task, specs) for task, specs in tasks if specs]
    frameworks = {spec.framework for _, specs in served for spec in specs}
    context = {
        "asked": asked,
        "tasks": served,
        "chosen": asked.classifiers or [specs[0].name for _, specs in served],
        "frameworks": FRAMEWORKS if len(frameworks) > 1 else {},
        "max_rows": MAX_ROWS,
        "explainers": choice.listed(),
        "data": page_data(),
    }
    return render(request, "chat/analyse.html", context)


def page_data() -> dict[str, Any]:
    """What the page's scripts start from."""
    return {
        "tasks": {
            task.name: {"labels": task.labels, "max_text": task.max_text}
            for task in TASKS.values()
        },
        "titles": {spec.name: spec.title for spec in CLASSIFIERS.values()},
        "sure_from": choice.sure_from(),
        "split_below": SPLIT_BELOW,
        "max_rows": MAX_ROWS,
        "max_file_bytes": MAX_FILE_BYTES,
        "max_classifiers": choice.MAX_CHOSEN,
        "part_characters": 8 * MAX_TEXT,
    }
