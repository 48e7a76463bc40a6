"""The admin in the product's look (static/css/tokens.css has the same colours)."""

from __future__ import annotations

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "emochat",
    "SITE_HEADER": "emochat",
    "SITE_ICON": lambda request: static("icons/favicon.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("icons/favicon.svg"),
        }
    ],
    "STYLES": [
        lambda request: static("css/tokens.css"),
        lambda request: static("css/desk.css"),
    ],
    "DASHBOARD_CALLBACK": "chat.desk.dashboard.dashboard",
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "10px",
    "SIDEBAR": {"navigation": "chat.admin_menu.navigation"},
    "COLORS": {
        "base": {
            "50": "#F6F6F3",
            "100": "#ECECE9",
            "200": "#DDDEDC",
            "300": "#C5C8CC",
            "400": "#A4ACB9",
            "500": "#69717E",
            "600": "#565D69",
            "700": "#343B46",
            "800": "#262C35",
            "900": "#1B1F26",
            "950": "#14171C",
        },
        "primary": {
            "50": "#F0F4FE",
            "100": "#DFE8FD",
            "200": "#C6D6FB",
            "300": "#ABC4FF",
            "400": "#8FB0FF",
            "500": "#6E94F4",
            "600": "#2F5BD7",
            "700": "#274CB5",
            "800": "#223F92",
            "900": "#1D3474",
            "950": "#141F45",
        },
    },
}
