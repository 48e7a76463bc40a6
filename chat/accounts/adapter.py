"""What we ask of allauth that it does not do by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import is_headless_request
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from chat.accounts import avatars

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialAccount, SocialLogin
    from django.http import HttpRequest

    from chat.models import User


class AccountAdapter(DefaultAccountAdapter):
    def post_login(
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: dict[str, Any] | None,
        **kwargs: Any,
    ) -> HttpResponse:
        """Go on to where the person wanted to go; on the first visit, by `welcome`."""
        response: HttpResponse = super().post_login(
            request, user, signal_kwargs=signal_kwargs, **kwargs
        )
        if signal_kwargs and (login := signal_kwargs.get("sociallogin")):
            avatars.fetch_later(login.account)
        if user.display_name or not isinstance(response, HttpResponseRedirect):
            return response
        return HttpResponseRedirect(welcome_url(response.url))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_app(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> SocialApp:
        """Without keys, Google's pages do not exist."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            if is_headless_request(request):
                raise
            raise Http404 from None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Stop a first sign-in whose address belongs to an account of ours.

        An address proves nothing about the account that has it here: it may have been
        typed by anybody. The person signs in there once, then connects Google. Only
        one to whom Google vouches for the address is told that there is an account.
        """
        is_sign_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        is_for_app = sociallogin.is_headless or is_headless_request(request)
        if sociallogin.is_existing or not is_sign_in or is_for_app:
            return  # an app is told by allauth, which never merges the two either
        for address in sociallogin.email_addresses:
            may_tell = address.verified or not hides_accounts()
            if may_tell and filter_users_by_email(address.email):
                page = render(
                    request,
                    "socialaccount/email_taken.html",
                    {"email": address.email},
                    status=409,
                )
                raise ImmediateHttpResponse(page)

    def get_connect_redirect_url(
        self, request: HttpRequest, socialaccount: SocialAccount
    ) -> str:
        return reverse("settings")


def welcome_url(next_url: str) -> str:
    return f"{reverse('welcome')}?{urlencode({'next': next_url})}"


def hides_accounts() -> bool:
    """allauth hides who has an account only where addresses must be verified."""
    return bool(
        app_settings.PREVENT_ENUMERATION
        and app_settings.EMAIL_VERIFICATION == "mandatory"
    )
