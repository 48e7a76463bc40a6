"""`classifiers/`, `classify/`, `explain/`, and all addresses that there are not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from chat import classifiers as choice
from chat.api import docs
from chat.api.base import ApiView
from chat.batch_inputs import classify_input
from chat.batches import classify_texts
from chat.errors import NotFound
from chat.explain_inputs import ExplainInput
from chat.explaining import explain
from chat.inputs import parse
from chat.services.explanations import Wanted, ask_about_text

if TYPE_CHECKING:
    from rest_framework.request import Request

    from inference.types import Classified


class ClassifierList(ApiView):
    @docs.classifiers_list
    def get(self, request: Request) -> Response:
        return Response([choice.described(spec) for spec in choice.listed()])


class Classify(ApiView):
    @docs.classify
    def post(self, request: Request) -> Response:
        given = parse(classify_input(request.data), request.data)
        read = self.run(
            classify_texts,
            session_key=self.session_key,
            texts=given["texts"],
            task=given["task"],
            classifiers=given.get("classifiers"),
        )
        rows = [[_body(name, result) for name, result in row] for row in read]
        return Response({"results": rows})


def _body(name: str, result: Classified) -> dict[str, Any]:
    return {
        "classifier": name,
        "label": result.label,
        "scores": result.scores,
        "model_version": result.model_version,
    }


class Explain(ApiView):
    @docs.explain
    def post(self, request: Request) -> Response:
        given = parse(ExplainInput, request.data)
        text = given.pop("text")
        wanted = Wanted(**{"task": None} | given)
        asked = ask_about_text(session_key=self.session_key, text=text, wanted=wanted)
        return self.later(partial(explain, asked))


class Unknown(ApiView):
    """Any other address under `/api/`: told in the same words, whoever asks."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address.")
