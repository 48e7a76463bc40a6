"""The pages about oneself that are not allauth's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from chat.accounts import avatars, names, second_factor
from chat.accounts.forms import NameForm
from chat.accounts.reads import reads_of
from chat.services import profiles

if TYPE_CHECKING:
    from chat.models import User

    class SignedInRequest(HttpRequest):
        user: User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: SignedInRequest) -> HttpResponse:
    """Ask a person on the first visit what to call them."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    onward = wanted if get_adapter(request).is_safe_url(wanted) else ""
    onward = onward or resolve_url(settings.LOGIN_REDIRECT_URL)
    initial = {"name": _suggested_name(request.user)}
    form = NameForm(request.POST or None, initial=initial)
    if request.user.display_name or _is_saved(request, form):
        return HttpResponseRedirect(onward)
    return render(request, "accounts/welcome.html", {"form": form, "next": onward})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: SignedInRequest) -> HttpResponse:
    initial = {"name": request.user.display_name}
    form = NameForm(request.POST or None, initial=initial)
    if _is_saved(request, form):
        messages.success(request, _("Your name is saved."))
        return redirect("settings")
    primary = EmailAddress.objects.get_primary(request.user)
    context = {
        "form": form,
        "google_accounts": SocialAccount.objects.filter(user=request.user),
        "is_verified": bool(primary and primary.verified),
        "reads": reads_of(request.user),
        "second_factor": second_factor.state_of(request.user),
    }
    return render(request, "accounts/settings.html", context)


@login_required
@require_POST
def training_consent(request: SignedInRequest) -> HttpResponse:
    """Keep whether the person's messages may be labelled and trained on."""
    is_given = "is_given" in request.POST
    profiles.set_training_consent(user=request.user, is_given=is_given)
    messages.success(request, _("Your choice is saved."))
    return redirect("settings")


@require_GET
def avatar(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture to whoever was given its name, which cannot be guessed."""
    data = avatars.read(name) if avatars.NAME.fullmatch(name) else None
    if data is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return HttpResponse(data, content_type="image/webp", headers=headers)


def _is_saved(request: SignedInRequest, form: NameForm) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    profiles.set_name(user=request.user, name=form.cleaned_data["name"])
    return True


def _suggested_name(user: User) -> str:
    """What Google calls the person, if it told us."""
    for account in SocialAccount.objects.filter(user=user):
        if name := names.suggest(str(account.extra_data.get("name", ""))):
            return name
    return ""
