"""The promises of static/css/tokens.css, recomputed from the file itself.

Contrast: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
Colour blindness: Machado, Oliveira, Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009, at full severity:
https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
Distance: CIEDE2000, as in Sharma, Wu, Dalal, Color Research & Application 30(1), 2005.
"""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

from inference.registry import EMOTION_LABELS

TOKENS = Path(__file__).parent.parent / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([a-z-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\);")
THEMES = ("light", "dark")

MACHADO = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
WHITE_D65 = (0.95047, 1.0, 1.08883)

Linear = tuple[float, float, float]


def tokens() -> dict[str, dict[str, str]]:
    pairs = PAIR.findall(TOKENS.read_text())
    return {
        "light": {name: light for name, light, _ in pairs},
        "dark": {name: dark for name, _, dark in pairs},
    }


COLOURS = tokens()


def linear(colour: str) -> Linear:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return r, g, b


def contrast(one: str, other: str) -> float:
    weights = (0.2126, 0.7152, 0.0722)
    lights = sorted(
        sum(w * c for w, c in zip(weights, linear(colour), strict=True)) + 0.05
        for colour in (one, other)
    )
    return lights[1] / lights[0]


def seen_with(vision: str, colour: str) -> Linear:
    """The colour as that eye sees it, in linear sRGB, kept within the gamut."""
    rgb = linear(colour)
    r, g, b = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True))))
        for row in MACHADO[vision]
    )
    return r, g, b


def lab(rgb: Linear) -> tuple[float, float, float]:
    r, g, b = rgb
    xyz = (
        0.4124564 * r + 0.3575761 * g + 0.1804375 * b,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        0.0193339 * r + 0.1191920 * g + 0.9503041 * b,
    )
    x, y, z = (_f(value / white) for value, white in zip(xyz, WHITE_D65, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _f(t: float) -> float:
    return t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29


def ciede2000(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> float:
    """The names are those of Sharma, Wu and Dalal's equations 2 to 22."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(c_mean**7 / (c_mean**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    is_grey = c1 * c2 == 0
    dh = 0.0 if is_grey else (h2 - h1 + 180) % 360 - 180
    dl, dc = l2 - l1, c2 - c1
    dh_chord = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2))
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    h_mean = h1 + h2 if is_grey else (h1 + h2) / 2 + (180 if abs(h1 - h2) > 180 else 0)
    t = (
        1
        - 0.17 * math.cos(math.radians(h_mean - 30))
        + 0.24 * math.cos(math.radians(2 * h_mean))
        + 0.32 * math.cos(math.radians(3 * h_mean + 6))
        - 0.20 * math.cos(math.radians(4 * h_mean - 63))
    )
    turn = 30 * math.exp(-(((h_mean % 360 - 275) / 25) ** 2))
    r_c = 2 * math.sqrt(c_mean**7 / (c_mean**7 + 25**7))
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / math.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    r_t = -math.sin(math.radians(2 * turn)) * r_c
    l_term, c_term, h_term = dl / s_l, dc / s_c, dh_chord / s_h
    return math.sqrt(l_term**2 + c_term**2 + h_term**2 + r_t * c_term * h_term)


def smallest_distance(theme: str) -> float:
    fills = [COLOURS[theme][f"{label}-fill"] for label in EMOTION_LABELS]
    return min(
        ciede2000(lab(seen_with(vision, one)), lab(seen_with(vision, other)))
        for vision in MACHADO
        for one, other in itertools.combinations(fills, 2)
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # The hardest rows of the paper's own test data (its table 1).
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_the_distance_is_ciede2000(
    one: tuple[float, float, float],
    other: tuple[float, float, float],
    expected: float,
) -> None:
    assert ciede2000(one, other) == pytest.approx(expected, abs=5e-5)


def test_the_file_names_every_colour() -> None:
    neutrals = [
        "page",
        "surface",
        "text",
        "muted",
        "control-border",
        "accent",
        "on-accent",
        "danger",
    ]
    emotions = [
        f"{label}-{role}"
        for label in EMOTION_LABELS
        for role in ("fill", "soft", "ink")
    ]
    assert sorted(COLOURS["light"]) == sorted(neutrals + emotions)


@pytest.mark.parametrize(("theme", "at_least"), [("light", 16.6), ("dark", 15.1)])
def test_emotions_stay_apart_for_colour_blind_eyes(theme: str, at_least: float) -> None:
    assert round(smallest_distance(theme), 1) >= at_least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("label", EMOTION_LABELS)
def test_a_fill_stands_out_from_what_is_behind_it(theme: str, label: str) -> None:
    colours = COLOURS[theme]
    for behind in ("surface", "page", f"{label}-soft"):
        assert contrast(colours[f"{label}-fill"], colours[behind]) >= 3, behind


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("label", EMOTION_LABELS)
def test_ink_can_be_read(theme: str, label: str) -> None:
    colours = COLOURS[theme]
    for behind in ("surface", f"{label}-soft"):
        assert round(contrast(colours[f"{label}-ink"], colours[behind]), 1) >= 5.0, (
            behind
        )


@pytest.mark.parametrize(
    ("theme", "ratios"),
    [
        ("light", (6.8, 5.0, 5.0, 5.1, 10.6, 5.1)),
        ("dark", (5.0, 5.4, 8.4, 5.2, 5.1, 8.4)),
    ],
)
def test_ink_on_soft_is_as_the_design_says(
    theme: str, ratios: tuple[float, ...]
) -> None:
    colours = COLOURS[theme]
    found = tuple(
        round(contrast(colours[f"{label}-ink"], colours[f"{label}-soft"]), 1)
        for label in EMOTION_LABELS
    )
    assert found == ratios


@pytest.mark.parametrize(
    ("theme", "front", "behind", "ratio"),
    [
        ("light", "text", "surface", 16.9),
        ("light", "muted", "surface", 6.6),
        ("light", "control-border", "surface", 3.4),
        ("light", "accent", "surface", 5.8),
        ("light", "on-accent", "accent", 5.8),
        ("dark", "text", "page", 15.1),
        ("dark", "muted", "surface", 7.2),
        ("dark", "control-border", "page", 3.7),
        ("dark", "accent", "page", 8.4),
        ("dark", "on-accent", "accent", 8.7),
    ],
)
def test_neutrals_are_as_the_design_says(
    theme: str, front: str, behind: str, ratio: float
) -> None:
    colours = COLOURS[theme]
    assert contrast(colours[front], colours[behind]) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("front", ["text", "muted", "accent", "danger"])
@pytest.mark.parametrize("behind", ["surface", "page"])
def test_all_words_can_be_read(theme: str, front: str, behind: str) -> None:
    assert contrast(COLOURS[theme][front], COLOURS[theme][behind]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("behind", ["surface", "page"])
def test_controls_can_be_seen(theme: str, behind: str) -> None:
    colours = COLOURS[theme]
    assert contrast(colours["control-border"], colours[behind]) >= 3


def mixed(front: str, behind: str, share: float) -> str:
    """As color-mix() in sRGB does it."""
    parts = [
        share * int(front[i : i + 2], 16) + (1 - share) * int(behind[i : i + 2], 16)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(part):02X}" for part in parts)


@pytest.mark.parametrize("theme", THEMES)
def test_words_tinted_by_what_they_weigh_can_be_read(theme: str) -> None:
    colours = COLOURS[theme]
    css = TOKENS.with_name("explain.css").read_text()
    shares = [int(share) / 100 for share in re.findall(r"--share: (\d+)%", css)]
    assert len(shares) == 5
    bubble = mixed(colours["accent"], colours["surface"], 0.09)  # --tint
    tints = [colours[f"{label}-fill"] for label in EMOTION_LABELS]
    for tint in [*tints, colours["accent"], colours["muted"]]:
        for behind in (bubble, colours["surface"], colours["page"]):
            word = mixed(tint, behind, max(shares))
            assert contrast(colours["text"], word) >= 4.5, (tint, behind)
