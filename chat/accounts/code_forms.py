"""allauth's forms that ask for a code; loaded only where EMOCHAT_MFA is on."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base import forms as base_forms
from allauth.mfa.totp import forms as totp_forms
from django.utils.translation import gettext_lazy as _

from chat.accounts.forms import Labelled


class AskingForCode(Labelled):
    hint = _("From your authenticator app, or one of your recovery codes.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label, code.help_text = _("Code"), self.hint
        code.widget.attrs["inputmode"] = "numeric"


class ActivateForm(AskingForCode, totp_forms.ActivateTOTPForm):
    hint = _("The six digits that the app shows now.")


class AuthenticateForm(AskingForCode, base_forms.AuthenticateForm):
    pass


class ReauthenticateForm(AskingForCode, base_forms.ReauthenticateForm):
    pass
