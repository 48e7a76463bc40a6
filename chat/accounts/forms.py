"""allauth's forms, worded and shaped like the rest of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import app_settings
from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.socialaccount import forms as social_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from chat.accounts.adapter import hides_accounts
from chat.accounts.names import clean_name

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from chat.models import User

    _Form = forms.Form
else:
    _Form = object

PASSWORD_HINT = _("At least 8 characters, and not one that many people use.")


class Labelled(_Form):
    """Say it in the label: no placeholders, one short hint for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"email", "login"} & self.fields.keys():
            self.fields[name].label = _("E-mail address")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        if password := self.fields.get("password1"):
            password.help_text = PASSWORD_HINT

    def full_clean(self) -> None:
        """Start, when the page comes back, in the first field that needs a change."""
        super().full_clean()
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                break


class AddEmailForm(Labelled, account_forms.AddEmailForm):
    """Change the address: at once where none is verified, else after its code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not hides_accounts() and filter_users_by_email(email):
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        """allauth would first forget the old address, which here is never verified."""
        if app_settings.EMAIL_VERIFICATION != EmailVerificationMethod.NONE:
            return super().save(request)
        with transaction.atomic():
            new = EmailAddress(user=self.user, email=self.cleaned_data["email"])
            new.set_as_primary()
            EmailAddress.objects.filter(user=self.user).exclude(pk=new.pk).delete()
        return new


class ChangePasswordForm(Labelled, account_forms.ChangePasswordForm):
    pass


class ConfirmEmailCodeForm(Labelled, account_forms.ConfirmEmailVerificationCodeForm):
    pass


class LoginForm(Labelled, account_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ReauthenticateForm(Labelled, account_forms.ReauthenticateForm):
    pass


class ResetPasswordForm(Labelled, account_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Labelled, account_forms.ResetPasswordKeyForm):
    pass


class SetPasswordForm(Labelled, account_forms.SetPasswordForm):
    pass


class SocialSignupForm(Labelled, social_forms.SignupForm):
    pass


class SignupForm(Labelled, account_forms.SignupForm):
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Sign up; what is seen and how long it takes do not tell a known address.

        Two posts of one form at the same moment are one sign-up and one attempt with
        an address that is known by then.
        """
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    return self._saved(request)
            except IntegrityError:
                if not hides_accounts():
                    return None, redirect("account_login")
                self.account_already_exists = True
        make_password(self.cleaned_data["password1"])
        return self._saved(request)

    def _saved(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
        error_messages={"required": _("Any name will do, but we need one.")},
    )

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])
