"""Every setting of emochat, read from the environment (and `.env`, if there is one).

The defaults suit a laptop: loopback only, an embedded PostgreSQL, no keys needed.
DEBUG defaults to on only where no SECRET_KEY is given; a server that is reached by
others sets SECRET_KEY, and must then also set ALLOWED_HOSTS.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from chat.admin_look import UNFOLD  # noqa: F401  read by django-unfold
from emochat.secret_key import load_or_create

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- Where things lie, and which way we run ----------------------------------------
TESTING = "pytest" in sys.modules
_var = BASE_DIR / "var" / ("test" if TESTING else "")
VAR_DIR = Path(env.str("EMOCHAT_VAR", default=str(_var))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=not env.str("SECRET_KEY", default=""))
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    load_or_create(VAR_DIR / "secret_key") if DEBUG else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured("DEBUG is off: set SECRET_KEY.")
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Django ------------------------------------------------------------------------
# A second step at sign-in, for who wants one; its app brings tables and addresses.
EMOCHAT_MFA = env.bool("EMOCHAT_MFA", default=False)
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "rest_framework",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.headless",
    "allauth.usersessions",
    *(["allauth.mfa"] if EMOCHAT_MFA else []),
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "chat.middleware.AdminContentPolicy",
    "chat.middleware.ApiAnswers",
    *(["chat.middleware.SecondFactorPages"] if EMOCHAT_MFA else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "emochat.urls"
ASGI_APPLICATION = "emochat.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "chat.context.product",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Database ----------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
_database: dict[str, Any] = (
    env.db_url_config(DATABASE_URL)
    if DATABASE_URL
    else {"ENGINE": "emochat.embedded_postgres", "NAME": "emochat"}
)
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 0,  # the pool keeps them; see docs/decisions/0002
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Planned once a connection, not once a query: a third of PostgreSQL's work.
            "server_side_binding": True,
            "prepare_threshold": 5,
            **_database.get("OPTIONS", {}),
            "pool": {
                "min_size": 0 if TESTING else 2,
                "max_size": env.int("EMOCHAT_DB_POOL", default=8),
                "timeout": 3,
                # Longer, and it would back off for minutes after a long outage.
                "reconnect_timeout": 3,
            },
            "options": "-c statement_timeout=5000 -c lock_timeout=2000"
            " -c idle_in_transaction_session_timeout=10000",
        },
    }
}
EMBEDDED_POSTGRES_DIR = VAR_DIR / "postgres"

# --- Channels and cache ------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {
        "BACKEND": "emochat.layers.LocalChannelLayer",
        "CONFIG": {"capacity": 500},
    }
}
# allauth counts its rate limits here, so it must be shared by all web processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}

# --- People ------------------------------------------------------------------------
AUTH_USER_MODEL = "chat.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "chat.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    name: f"chat.accounts.forms.{form}"
    for name, form in {
        "add_email": "AddEmailForm",
        "change_password": "ChangePasswordForm",
        "confirm_email_verification_code": "ConfirmEmailCodeForm",
        "login": "LoginForm",
        "reauthenticate": "ReauthenticateForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "ResetPasswordKeyForm",
        "set_password": "SetPasswordForm",
        "signup": "SignupForm",
    }.items()
}
# Verification is also what hides, at sign-up, whether an address has an account.
ACCOUNT_EMAIL_VERIFICATION = "none" if DEBUG else "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = not DEBUG
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("EMOCHAT_PROXIES", default=0)

# Read by allauth.mfa, where it is installed: see docs/decisions/0058.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "emochat"
MFA_ALLOW_UNVERIFIED_EMAIL = DEBUG  # under DEBUG none is ever verified
MFA_FORMS = {
    name: f"chat.accounts.code_forms.{form}"
    for name, form in {
        "activate_totp": "ActivateForm",
        "authenticate": "AuthenticateForm",
        "reauthenticate": "ReauthenticateForm",
    }.items()
}

GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="")
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="")
# A stand-in for Google in tests; only ever on this machine.
GOOGLE_ISSUER = env.str("GOOGLE_ISSUER", default="")
if GOOGLE_ISSUER and not GOOGLE_ISSUER.startswith(
    ("http://127.0.0.1:", "http://localhost:")
):
    raise ImproperlyConfigured("GOOGLE_ISSUER is for tests: it must be on loopback.")
SOCIALACCOUNT_ADAPTER = "chat.accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "chat.accounts.forms.SocialSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # no silent merge with a local account
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "SCOPE": ["openid", "profile", "email"],
        "AUTH_PARAMS": {"access_type": "online"},
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {"client_id": GOOGLE_CLIENT_ID, "secret": GOOGLE_CLIENT_SECRET, "key": ""}
        ]
        if GOOGLE_CLIENT_ID
        else [],
        **(
            {
                "AUTHORIZE_URL": f"{GOOGLE_ISSUER}/oauth2/authorize",
                "ACCESS_TOKEN_URL": f"{GOOGLE_ISSUER}/oauth2/token",
                "IDENTITY_URL": f"{GOOGLE_ISSUER}/userinfo",
                "CERTS_URL": f"{GOOGLE_ISSUER}/certs",
                "ID_TOKEN_ISSUER": GOOGLE_ISSUER,
            }
            if GOOGLE_ISSUER
            else {}
        ),
    }
}

# --- Mail --------------------------------------------------------------------------
EMAIL_CONFIG = env.str("EMAIL_URL", default="")
if EMAIL_CONFIG:
    vars().update(env.email_url_config(EMAIL_CONFIG))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="emochat <noreply@localhost>"
)

# --- Static files and avatars ------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns where there is none yet
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING  # nothing is collected for tests
        else "emochat.static.ModuleManifestStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"  # nothing answers there: pictures go through a view

# --- Security ----------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, GOOGLE_ISSUER or "https://accounts.google.com"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REDIRECT_EXEMPT = ["^(livez|readyz|metrics)$"]  # asked by machines, inside
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL_REDIRECT
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- REST --------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chat.api.authentication.TokenAuthentication",
        "chat.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["chat.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chat.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is ours: export/
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "emochat",
    "DESCRIPTION": "Write what you feel; see the emotion; watch the reply arrive."
    " Start with docs/api.md.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "deepLinking": True},
    "ENUM_NAME_OVERRIDES": {
        "Emotion": "inference.registry.EMOTION_LABELS",
        "EmotionClassifier": "chat.api.schema.emotion_classifier",
        "AnyClassifier": "chat.api.schema.any_classifier",
        "ReplyState": "chat.api.shapes.REPLY_STATES",
        "DeletionState": "chat.api.shapes.DELETION_STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chat.api.schema.add_sign_in",
        "chat.api.schema.add_links",
    ],
}
# For apps; browsers have the pages.
HEADLESS_CLIENTS = ("app",)
USERSESSIONS_ADAPTER = "chat.accounts.sessions.SessionsAdapter"

# --- emochat -----------------------------------------------------------------------
EMOCHAT_ENGINE = env.str("EMOCHAT_ENGINE", default="helper")
EMOCHAT_DEVICE = env.str("EMOCHAT_DEVICE", default="auto")
EMOCHAT_REPLY_MODEL = env.str("EMOCHAT_REPLY_MODEL", default="")
EMOCHAT_REPLY_PROMPT = env.str("EMOCHAT_REPLY_PROMPT", default="")
EMOCHAT_CLASSIFIERS: list[str] = env.list("EMOCHAT_CLASSIFIERS", default=[])
# The interpreter that has TensorFlow; else .venv-tf, else this one if it has it.
EMOCHAT_TENSORFLOW_PYTHON = env.str("EMOCHAT_TENSORFLOW_PYTHON", default="")
# For EMOCHAT_ENGINE=ray: where the cluster is, and what `manage.py serve_ray` runs on it.
EMOCHAT_RAY_ADDRESS = env.str("EMOCHAT_RAY_ADDRESS", default="")
EMOCHAT_RAY_REPLICAS = env.str("EMOCHAT_RAY_REPLICAS", default="1")
EMOCHAT_RAY_CPUS = env.float("EMOCHAT_RAY_CPUS", default=1.0)
EMOCHAT_RAY_GPUS = env.float("EMOCHAT_RAY_GPUS", default=0.0)
# Whose helplines are shown where a browser names no region (chat/care/helplines.json).
EMOCHAT_COUNTRY = env.str("EMOCHAT_COUNTRY", default="")
EMOCHAT_LEASE_S = env.float("EMOCHAT_LEASE_S", default=15.0)
EMOCHAT_MAX_TURNS = env.int("EMOCHAT_MAX_TURNS", default=64)
EMOCHAT_DB_THREADS = env.int("EMOCHAT_DB_THREADS", default=4)
EMOCHAT_METRICS_TOKEN = env.str("EMOCHAT_METRICS_TOKEN", default="")
EMOCHAT_MESSAGES_PER_MINUTE = env.int("EMOCHAT_MESSAGES_PER_MINUTE", default=20)
EMOCHAT_MESSAGES_BURST = env.int("EMOCHAT_MESSAGES_BURST", default=10)
EMOCHAT_EXPLANATIONS_PER_MINUTE = env.int("EMOCHAT_EXPLANATIONS_PER_MINUTE", default=30)
EMOCHAT_READINGS_PER_MINUTE = env.int("EMOCHAT_READINGS_PER_MINUTE", default=6000)

# --- Logs: ids, counts and durations; never what a person wrote ---------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"level": env.str("EMOCHAT_LOG_LEVEL", default="INFO")}
        for name in ("chat", "inference", "emochat")
    },
}
